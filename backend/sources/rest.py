"""One REST service of the catalogue: asked with a token, its refusals in its own words."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Mapping, Optional
from urllib.parse import urlencode

from backend.errors import StxError, Unauthorized, Unreachable
from backend.kind import Json
from backend.sources.keystone import Keystone
from backend.sources.refusals import refusal
from backend.sources.upload import FileForm
from backend.sources.wire import CONNECT_S, WHOLE_S, Answer, Content, Wire

# The catalogue has sysinv with its version and fm without; the VIM's paths have none.
_VERSIONS = {"keystone": "v3", "dcmanager": "v1.0", "vim": ""}
# A Date header has whole seconds, and an answer is on its way for a while.
CLOCKS_AGREE_MS = 3000
_HAS_VERSION = re.compile(r"/v\d+(\.\d+)?$")


class RestService:
    """``get`` asks, ``send`` changes; both raise the errors of ``backend.errors`` and no other.

    A token that ended is renewed once, silently. Connections are this service's own, so that one
    that never answers takes nobody else's.
    """

    def __init__(
        self,
        name: str,
        keystone: Keystone,
        *,
        connect_s: float = CONNECT_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        """``name`` is what the catalogue calls it; deadlines are in seconds."""
        self.name = name
        self._keystone = keystone
        self._wire = Wire(
            name,
            keystone.settings,
            keystone.pins,
            connect_s=connect_s,
            whole_s=whole_s,
            transport=keystone.transport,
        )
        # By how much the service's clock is ahead of ours, in ms, as its last answer said.
        self.clock_off_ms = 0
        # A token that was new and still refused: logging in again would not help.
        self._vain = ""

    async def get(self, path: str, query: Optional[Mapping[str, str]] = None) -> bytes:
        """Return the body of the answer, unread; asked again once where a connection was cut."""
        return (await self._ask("GET", path + _query(path, query), None)).body

    async def send(
        self, method: str, path: str, body: Json = None, upload: Optional[FileForm] = None
    ) -> Json:
        """Send one change and return its answer; None where it has no body, text where no JSON.

        Never repeated, but for a 401, which says that nothing was done. ``Unreachable.sent`` says
        whether it may have arrived.
        """
        content: Content = None if body is None else json.dumps(body).encode()
        answer = await self._ask(method, path, upload or content)
        if not answer.body.strip():
            return None
        try:
            found: Json = json.loads(answer.body)
        except (ValueError, RecursionError):
            # It was done: a body that cannot be read must not make it look undone.
            return answer.body.decode("utf-8", "replace")
        return found

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def _ask(self, method: str, path: str, content: Content) -> Answer:
        token = await self._keystone.token()
        answer = await self._cross(method, path, content, token)
        if answer.status == 401 and token != self._vain:
            token = await self._keystone.token(stale=token)
            answer = await self._cross(method, path, content, token)
            self._vain = token if answer.status == 401 else ""
        if 200 <= answer.status < 300:
            return answer
        raise self._refusal(answer)

    async def _cross(self, method: str, path: str, content: Content, token: str) -> Answer:
        base = self._keystone.endpoint(self.name).rstrip("/")
        if not _HAS_VERSION.search(base):
            base = f"{base}/{_VERSIONS.get(self.name, 'v1')}".rstrip("/")
        answer = await self._wire.cross(method, base + path, {"X-Auth-Token": token}, content)
        said_ms = instant_of(answer.headers.get("date", ""))
        self.clock_off_ms = 0 if said_ms is None else said_ms - self._keystone.now_ms()
        return answer

    def _refusal(self, answer: Answer) -> StxError:
        if answer.status in {502, 504}:
            # A proxy speaks here: the service behind it may have got the request.
            words = f"the proxy before it got no answer (HTTP {answer.status})"
            return Unreachable(self.name, words, sent=True)
        error = refusal(self.name, answer.status, answer.body, answer.headers.get("location", ""))
        if isinstance(error, Unauthorized):
            error.advice = "it refuses a token that Keystone has just given: look at its log"
        elif answer.status == 403:
            roles = ", ".join(self._keystone.roles) or "none"
            error.advice = f"{self._keystone.user} has in {self._keystone.project}: {roles}"
        return error


def instant_of(date: str) -> Optional[int]:
    """Return epoch ms of a ``Date`` header (to the second), None where there is none that reads."""
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000) if date else None
    except (TypeError, ValueError):
        return None


def _query(path: str, query: Optional[Mapping[str, str]]) -> str:
    if not query:
        return ""
    return ("&" if "?" in path else "?") + urlencode(query)
