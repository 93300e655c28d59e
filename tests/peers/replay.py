"""The recorded real system, replayed over HTTP: its Keystone, sysinv and fault management.

One port of the loopback; the catalogue's URLs lead to it: ``/identity``, ``/sysinv``, ``/fm``. What
was never recorded is answered with 501, so that no test passes on an answer nobody ever gave; but
for ``TOLD``, which the recorded system was not asked: written by hand after the service's source.
"""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List, Optional, Tuple, Union
from urllib.parse import urlsplit

from backend.settings import CloudSettings
from tests.backend.sources import clouds
from tests.backend.sources.loopback import Asked, Reply, Server, serving

SAMPLES = Path(__file__).parents[1] / "samples"
INDEX: List[Dict[str, Any]] = json.loads((SAMPLES / "index.json").read_text(encoding="utf-8"))

# What the services' clocks show: the minute in which the recorded token was issued.
NOW_MS = 1_795_343_220_000
PASSWORD = "s3cret-word"

# The ports that the recorded catalogue names, and where the replay serves the same.
_ROOMS = {15000: "identity", 16385: "sysinv", 28002: "fm", 25493: "usm", 24545: "vim"}
_SERVICES = {"keystone": "identity", "sysinv": "sysinv", "fm": "fm", "usm": "usm", "vim": "vim"}

TOLD = {
    "/sysinv/v1/certificate/get_all_certs": "get_all_certs.json",
    "/sysinv/v1/certificate/get_all_k8s_certs": "get_all_k8s_certs.json",
    "/sysinv/v1/license/get_license_file": "get_license_file.json",
    "/sysinv/v1/kube_rootca_update/hosts": "kube_rootca_hosts.json",
}

Instead = Union[Reply, Callable[[Asked], Reply]]


def recorded(file: str) -> Reply:
    """Return a recorded answer by the name of its file."""
    (entry,) = [one for one in INDEX if one["file"] == file]
    body = (SAMPLES / file).read_bytes()
    return Reply(body, status=entry["status"], headers=dict(entry["headers"]))


def rows_of(target: str, items: str, named: str = "") -> List[Dict[str, Any]]:
    """Return the recorded rows of one answer, to be changed: ``/sysinv/v1/ihosts``."""
    whole = json.loads(_ANSWERS["GET", target].body)
    if named:
        return [{named: name, **row} for name, row in whole.items()]
    if items:
        rows: Any = whole[items]
        return rows if isinstance(rows, list) else [rows] if rows is not None else []
    if isinstance(whole, list):
        return whole
    return [whole if isinstance(whole, dict) else {"value": whole}]


def listed(items: str, rows: List[Dict[str, Any]], named: str = "") -> Reply:
    """Return rows as the service would list them."""
    if named:
        by_name = {str(row[named]): {k: v for k, v in row.items() if k != named} for row in rows}
        return Reply(json.dumps(by_name).encode())
    whole = {items: rows} if items else rows if len(rows) > 1 else rows[0]
    return Reply(json.dumps(whole).encode())


def _answers() -> Dict[Tuple[str, str], Reply]:
    found = {
        ("GET", target): Reply((SAMPLES / "told" / file).read_bytes())
        for target, file in TOLD.items()
    }
    for entry in INDEX:
        method, target = entry["request"].split(" ", 1)
        room = _SERVICES.get(entry["service"])
        if room and (method, entry["status"]) == ("GET", 200):
            found[method, f"/{room}{target}"] = recorded(entry["file"])
    return found


_ANSWERS = _answers()


@dataclass
class Replay:
    """Answers as recorded, but where ``instead`` has something for ``GET /sysinv/v1/ihosts``.

    ``asked`` are the requests beyond Keystone's in their order, ``logins`` the logins; tokens in
    ``refused`` are answered as sysinv and fm answer a token that ended.
    """

    instead: Dict[str, Instead] = field(default_factory=dict)
    password: str = PASSWORD
    life_s: float = 86_400.0
    now_ms: Callable[[], int] = lambda: NOW_MS
    without: Tuple[str, ...] = ()
    asked: List[Tuple[str, str]] = field(default_factory=list)
    sent: List[Asked] = field(default_factory=list)
    logins: int = 0
    refused: List[str] = field(default_factory=list)
    server: Optional[Server] = None
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self.server is not None
        return f"{self.scheme}://127.0.0.1:{self.server.port}"

    @property
    def auth_url(self) -> str:
        return f"{self.url}/identity/v3"

    def settings(self, **more: Any) -> CloudSettings:
        """Return settings that lead here."""
        return clouds.settings(auth_url=self.auth_url, **more)

    def env(self) -> Dict[str, str]:
        """Return what a sourced openrc sets."""
        return {
            "OS_AUTH_URL": self.auth_url,
            "OS_USERNAME": "admin",
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": "admin",
        }

    def __call__(self, asked: Asked) -> Reply:
        reply = self._reply(asked)
        reply.headers.setdefault("Date", formatdate(self.now_ms() / 1000, usegmt=True))
        return reply

    def _reply(self, asked: Asked) -> Reply:
        path = asked.target.partition("?")[0]
        instead = self.instead.get(f"{asked.method} {asked.target}")
        instead = instead or self.instead.get(f"{asked.method} {path}")
        if path == "/identity/v3/auth/tokens":
            self.logins += 1
            return _given(instead, asked) if instead else self._login(asked)
        if asked.headers.get("x-auth-token") in self.refused:
            return recorded("errors_401_bad_token.json")
        self.asked.append((asked.method, asked.target))
        if asked.method != "GET":
            self.sent.append(asked)
        if instead:
            return _given(instead, asked)
        answer = _ANSWERS.get((asked.method, asked.target))
        if answer is None:
            words = f"{asked.method} {asked.target} was never recorded"
            return Reply(words.encode(), status=501)
        return Reply(answer.body, status=answer.status, headers=dict(answer.headers))

    def _login(self, asked: Asked) -> Reply:
        question = json.loads(asked.body)["auth"]["identity"]["password"]
        if question["user"]["password"] != self.password:
            return recorded("errors_keystone_401.json")
        reply = recorded("keystone_token.json")
        body = json.loads(reply.body)
        token = body["token"]
        token["expires_at"] = _iso(NOW_MS + round(self.life_s * 1000))
        token["catalog"] = [
            self._moved(row) for row in token["catalog"] if row["name"] not in self.without
        ]
        reply.body = json.dumps(body).encode()
        reply.headers["X-Subject-Token"] = f"token-{self.logins}"
        return reply

    def _moved(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """Return one service of the catalogue with its URLs leading here."""
        ends = []
        for end in row["endpoints"]:
            parts = urlsplit(end["url"])
            room = _ROOMS.get(parts.port or 0, "not-recorded")
            ends.append({**end, "url": f"{self.url}/{room}{parts.path}"})
        return {**row, "endpoints": ends}


def _given(instead: Instead, asked: Asked) -> Reply:
    if isinstance(instead, Reply):
        return Reply(**{**vars(instead), "headers": dict(instead.headers)})
    return instead(asked)


def _iso(ms: int) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@asynccontextmanager
async def replaying(replay: Optional[Replay] = None, **more: Any) -> AsyncIterator[Replay]:
    """Replay the recorded system while the block lasts; ``more`` is for the server (tls, port)."""
    replay = replay or Replay()
    replay.scheme = "https" if more.get("tls") else "http"
    async with serving(replay, **more) as server:
        replay.server = server
        yield replay


def ticking() -> Replay:
    """Return a replay whose clock goes on from the recorded minute."""
    began = time.monotonic()
    return Replay(now_ms=lambda: NOW_MS + round((time.monotonic() - began) * 1000))


def let_it_lock(replay: Replay) -> None:
    """Let controller-1 be locked as it was recorded: the answer, then its states look by look."""
    states = [
        json.loads((SAMPLES / f"actions_lock_controller-1_{when}.json").read_text(encoding="utf-8"))
        for when in ("00s", "04s", "07s")
    ]
    uuid = states[0]["uuid"]

    def looked_at(_: Asked) -> Reply:
        state = states.pop(0) if len(states) > 1 else states[0]
        rows = rows_of("/sysinv/v1/ihosts", "ihosts")
        return listed("ihosts", [state if row["uuid"] == uuid else row for row in rows])

    def ordered(_: Asked) -> Reply:
        replay.instead["GET /sysinv/v1/ihosts"] = looked_at
        return recorded("actions_lock_controller-1_00_patch.json")

    replay.instead[f"PATCH /sysinv/v1/ihosts/{uuid}"] = ordered
