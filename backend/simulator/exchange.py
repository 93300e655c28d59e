"""A request as it arrived and an answer as it will leave: values between the wire and the rooms."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional

Headers = tuple[tuple[str, str], ...]

JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """One HTTP request; `path` is unquoted, `base` is scheme and Host as the client sees them."""

    method: str
    path: str
    base: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def arg(self, name: str) -> Optional[str]:
        return next((value for key, value in self.query if key == name), None)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `silent` means the connection is held and nothing is ever sent.

    With `goes_on` it has no end: what that returns is sent as it comes, till the far end hangs up.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()
    silent: bool = False
    goes_on: Optional[Callable[[], bytes]] = None


def answer(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """A JSON answer."""
    return Answer(
        status=status,
        body=json.dumps(value).encode(),
        headers=(("Content-Type", JSON), *headers),
    )
