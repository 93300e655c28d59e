"""A pretend Keystone and its settings, for tests of what stands on a token."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import httpx

from backend.secret import Password, Secret
from backend.settings import Auth, CloudSettings
from backend.sources.keystone import Keystone
from backend.sources.tls import Pins

SAMPLES = Path(__file__).parent / "samples"
TOKEN = json.loads((SAMPLES / "keystone_token.json").read_text(encoding="utf-8"))

# When the sample's token was issued; it ends a day later.
ISSUED_MS = 1_795_343_220_000
HOUR_MS = 3_600_000


class Clock:
    """A clock that only we move; epoch ms."""

    def __init__(self, ms: int = ISSUED_MS) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def settings(**more: Any) -> CloudSettings:
    auth = Auth(
        auth_url=more.pop("auth_url", "http://keystone.test:5000/v3"),
        password=more.pop("password", Password(given=Secret(text="s3cret-word"))),
        username="admin",
        user_domain_name="Default",
        project_name="admin",
        project_domain_name="Default",
    )
    return CloudSettings(name="site-7", auth=auth, **more)


def token(catalogue: Optional[List[Any]] = None) -> Dict[str, Any]:
    body: Dict[str, Any] = copy.deepcopy(TOKEN)
    if catalogue is not None:
        body["token"]["catalog"] = catalogue
    return body


def service(name: str, kind: str, *rows: str) -> Dict[str, Any]:
    """Return a row of the catalogue; each of ``rows`` is ``interface region url``."""
    endpoints = [dict(zip(("interface", "region", "url"), row.split())) for row in rows]
    return {"name": name, "type": kind, "endpoints": endpoints}


class Cloud:
    """Keystone and services on one ``MockTransport``; ``logins`` and ``asked`` are what came."""

    def __init__(self, answer: Optional[Callable[[httpx.Request], httpx.Response]] = None) -> None:
        self.answer = answer or (lambda _: httpx.Response(200, json={"ihosts": []}))
        self.logins: List[Dict[str, Any]] = []
        self.asked: List[httpx.Request] = []
        self.catalogue: Optional[List[Any]] = None
        self.login: Optional[Callable[[], httpx.Response]] = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/tokens"):
            self.logins.append(json.loads(request.content))
            if self.login is not None:
                return self.login()
            headers = {"X-Subject-Token": f"token-{len(self.logins)}"}
            return httpx.Response(201, json=token(self.catalogue), headers=headers)
        self.asked.append(request)
        return self.answer(request)

    def keystone(
        self, path: Path, clock: Optional[Clock] = None, settings_: Optional[CloudSettings] = None
    ) -> Keystone:
        return Keystone(
            settings_ or settings(),
            Pins(path / "pins.json"),
            clock or Clock(),
            transport=httpx.MockTransport(self),
        )
