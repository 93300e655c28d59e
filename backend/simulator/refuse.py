"""Refusals: what the services say no to, in their words, and the envelopes they say it in."""

from __future__ import annotations

import json
from typing import Mapping, Optional

from backend.simulator.exchange import Answer, answer

Headers = tuple[tuple[str, str], ...]

UNAUTHORIZED = "The request you have made requires authentication."


class Refusal(Exception):
    """A request that is answered with no: `sentence` says why, `reply` is the whole answer."""

    def __init__(self, reply: Answer, sentence: str) -> None:
        super().__init__(sentence)
        self.reply = reply
        self.sentence = sentence


def _nested(inner: Mapping[str, object], status: int, *headers: tuple[str, str]) -> Answer:
    return answer({"error_message": json.dumps(inner)}, status, *headers)


def client(sentence: str, status: int = 400) -> Refusal:
    """Shape 1: sysinv and fm refuse what the client asked."""
    inner = {"faultcode": "Client", "faultstring": sentence, "debuginfo": None}
    return Refusal(_nested(inner, status), sentence)


def server(sentence: str, status: int = 500) -> Refusal:
    """Shape 1 with faultcode Server: some user errors are 500s."""
    inner = {"faultcode": "Server", "faultstring": sentence, "debuginfo": None}
    return Refusal(_nested(inner, status), sentence)


def plain(sentence: str, status: int, *headers: tuple[str, str]) -> Refusal:
    """Shape 2: sysinv's 403, unknown path and 405."""
    return Refusal(_nested({"faultstring": sentence}, status, *headers), sentence)


def titled(title: str, status: int, description: Optional[str]) -> Refusal:
    """Shape 3: fm's 403 and unknown path."""
    inner = {"code": status, "title": title, "description": description}
    return Refusal(_nested(inner, status), title)


def keystone(auth_url: str) -> Refusal:
    """Shape 4: a token no service knows."""
    error = {"code": 401, "title": "Unauthorized", "message": UNAUTHORIZED}
    challenge = ("Www-Authenticate", f'Keystone uri="{auth_url}"')
    return Refusal(answer({"error": error}, 401, challenge), UNAUTHORIZED)


def no_token() -> Refusal:
    """Shape 5: sysinv, asked with no token at all."""
    return client("OIDC Authorization failed: Missing OIDC token in the request", 401)


def forbidden() -> Refusal:
    return plain("Access was denied to this resource.", 403)


def no_such_path() -> Refusal:
    return plain("The resource could not be found.", 404)


def no_such_method(method: str, allowed: str) -> Refusal:
    return plain(f"The method {method} is not allowed for this resource.", 405, ("Allow", allowed))


def unknown_argument(name: str) -> Refusal:
    return client(f'Unknown argument: "{name}"')


def software(error: str, status: int = 406, info: str = "") -> Refusal:
    """Shape 6: what USM says no with is JSON sent as HTML."""
    body = json.dumps({"info": info, "warning": "", "error": error}).encode()
    return Refusal(Answer(status, body, (("Content-Type", "text/html; charset=UTF-8"),)), error)


def unavailable() -> Answer:
    """Not one of theirs: said for a service that is gone or can't validate tokens."""
    page = (
        "<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head>\n <body>\n"
        "  <h1>503 Service Unavailable</h1>\n </body>\n</html>"
    )
    return Answer(
        status=503, body=page.encode(), headers=(("Content-Type", "text/html; charset=UTF-8"),)
    )
