"""The pretend cloud as one thing: started, driven, asked what it saw, and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import ssl
import uuid
from collections import deque
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Callable, Optional, Union

from backend.simulator import fm, orchestration, patching, refuse, scenes, sysinv, usm
from backend.simulator.apiserver import TOKEN, ApiServer
from backend.simulator.ceph_manager import PASSWORD as CEPH_PASSWORD
from backend.simulator.ceph_manager import USER, Manager
from backend.simulator.clock import START, Clock
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.faults import Faults, told
from backend.simulator.images import TOKEN_PATH
from backend.simulator.keystone import PASSWORD, Keystone
from backend.simulator.rack import Rack
from backend.simulator.refuse import Refusal
from backend.simulator.server import HOST, Server

REQUESTS_KEPT = 10_000
TICK_S = 0.05

Tls = Union[ssl.SSLContext, tuple[str, str], None]


class Simulator:
    """A pretend StarlingX cloud on one port of the loopback.

    `scene` is site-7, site-9 or standard; `hosts` and `alarms` fill it up to so many. `speed` is
    pretend seconds a second; `frozen` lets the clock stand at `start` until `advance` moves it.
    `tls` is a server context, or the paths of a certificate and its key. With `bmc` each host's
    baseboard answers on UDP as well, and its power moves the host. An ``older`` one has sw-patch in
    the place of USM.
    """

    def __init__(
        self,
        scene: str = "site-7",
        *,
        hosts: Optional[int] = None,
        alarms: Optional[int] = None,
        seed: int = 7,
        speed: float = 20.0,
        port: int = 0,
        frozen: bool = False,
        token_lifetime_s: float = 3600,
        tls: Tls = None,
        start: Optional[datetime] = None,
        page_max: Optional[int] = None,
        bmc: bool = False,
        older: bool = False,
    ) -> None:
        self.clock = Clock(start=start or START, speed=speed, frozen=frozen)
        self._cloud = scenes.build(
            scene, clock=self.clock, seed=seed, hosts=hosts, alarm_count=alarms
        )
        if older:
            self._cloud.older = patching.older(self._cloud)
        if page_max is not None:
            self._cloud.page_max = page_max
        self.keystone = Keystone(self._cloud, lifetime_s=token_lifetime_s, seed=seed)
        self.requests: deque[tuple[str, str, int]] = deque(maxlen=REQUESTS_KEPT)
        self._faults = Faults(self._cloud, self.keystone)
        self._server = Server(self._reply, tls=_context(tls))
        self.rack = Rack(self._cloud)
        self._apiserver = ApiServer(self._cloud)
        self._ceph = Manager(self._cloud, self._apiserver.images)
        self._has_boards = bmc
        self._port = port
        self._cacert = tls[0] if isinstance(tls, tuple) else None
        self._answered = 0
        self._ticker: Optional[asyncio.Task[None]] = None
        self._following: Optional[asyncio.Lock] = None

    async def __aenter__(self) -> Simulator:
        self._following = asyncio.Lock()
        await self._server.listen(self._port)
        if self._has_boards:
            await self.rack.plug()
        self._ticker = asyncio.create_task(self._tick(), name="pretend cloud's clock")
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        self.rack.unplug()
        await self._server.close()

    @property
    def cloud(self) -> Cloud:
        """The model, with all that is due already done."""
        self.clock.catch_up()
        return self._cloud

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return f"{self._server.scheme}://{HOST}:{self.port}"

    @property
    def auth_url(self) -> str:
        return f"{self.url}/identity/v3"

    @property
    def password(self) -> str:
        """Of every user: admin, operator and reader."""
        return PASSWORD

    def openrc(self, user: str = "admin") -> str:
        """Shell text that sets what /etc/platform/openrc sets on a controller."""
        told = {
            "OS_ENDPOINT_TYPE": "internalURL",
            "OS_USERNAME": user,
            "OS_PASSWORD": PASSWORD,
            "OS_AUTH_TYPE": "password",
            "OS_AUTH_URL": self.auth_url,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
        }
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in told.items())

    def kubeconfig(self) -> dict[str, Any]:
        """What reaches the pretend cluster, in the shape of a kubeconfig."""
        cluster: dict[str, Any] = {"server": f"{self.url}/kubernetes"}
        if self._cacert:
            cluster["certificate-authority"] = self._cacert
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "pretend", "cluster": cluster}],
            "users": [{"name": "kubernetes-admin", "user": {"token": TOKEN}}],
            "contexts": [
                {"name": "pretend", "context": {"cluster": "pretend", "user": "kubernetes-admin"}}
            ],
            "current-context": "pretend",
        }

    def ceph(self) -> dict[str, Any]:
        """``ceph:`` of a cloud: how the pretend Ceph is asked, by its pretend manager."""
        return {"manager": f"{self.url}/ceph", "username": USER, "password": CEPH_PASSWORD}

    def settings(self, user: str = "admin") -> dict[str, Any]:
        """One cloud of a clouds.yaml."""
        return {
            "auth": {
                "auth_url": self.auth_url,
                "username": user,
                "password": PASSWORD,
                "project_name": "admin",
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            **({"cacert": self._cacert} if self._cacert else {}),
            "region_name": "RegionOne",
            "interface": "internal",
            "identity_api_version": "3",
            "registry": {"url": self.url},
            **({"bmc": self.rack.settings()} if self._has_boards else {}),
        }

    def order(self, fault: str, **args: Any) -> None:
        """Let a fault happen: host-dies, disk-fills, api-away ... (`faults.py` has them all)."""
        self._faults.order(fault, **args)

    async def advance(self, seconds: float) -> None:
        """Move the pretend clock, and let the port follow what happened."""
        self.clock.advance(seconds)
        await self._follow()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.clock.catch_up()
            await self._follow()

    async def _follow(self) -> None:
        """Listen or not, as the cloud's troubles want it."""
        if self._following is None:
            return
        async with self._following:
            refused = self._cloud.trouble.refused or self._cloud.dark
            if refused and self._server.listening:
                await self._server.close()
            elif not refused and not self._server.listening:
                await self._server.listen(self._server.port)

    def _reply(self, request: Request) -> Answer:
        self.clock.catch_up()
        try:
            reply = self._answer(request)
        except Refusal as refusal:
            reply = refusal.reply
        if request.path.startswith("/faultmanagement"):
            reply = self._numbered(reply)
        self.requests.append((request.method, request.path, 0 if reply.silent else reply.status))
        date = format_datetime(self._cloud.now().astimezone(timezone.utc), usegmt=True)
        return replace(reply, headers=(*reply.headers, ("Date", date)))

    def _numbered(self, reply: Answer) -> Answer:
        """Fault management numbers its answers, so that its log can be searched for them."""
        self._answered += 1
        number = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.url}/{self._answered}")
        header = ("X-Openstack-Request-Id", f"req-{number}")
        return replace(reply, headers=(*reply.headers, header))

    def _answer(self, request: Request) -> Answer:
        path = [part for part in request.path.split("/") if part]
        service, rest = (path[0], path[1:]) if path else ("", [])
        own = self._beside_the_catalogue().get(service)
        if own is not None:
            return own(request, rest)
        away = self._cloud.trouble.away.get(service)
        if away == "silent":
            return Answer(status=0, silent=True)
        if away is not None:
            return refuse.unavailable()
        older = self._cloud.older is not None
        rooms = {
            "identity": self.keystone.reply,
            "platform": self._platform,
            "faultmanagement": self._faultmanagement,
            **({"patching": self._patching} if older else {"usm": self._usm}),
        }
        if service in rooms:
            return rooms[service](request, rest)
        if service == "vim":
            token = self.keystone.token(request.headers.get("x-auth-token"))
            return orchestration.reply(self._cloud, request, rest, token)
        raise refuse.no_such_path()

    def _beside_the_catalogue(self) -> dict[str, Callable[[Request, list[str]], Answer]]:
        images = self._cloud.images
        return {
            "pretend": self._door,
            "kubernetes": self._apiserver.reply,
            "ceph": self._ceph.reply,
            "v2": images.reply,
            TOKEN_PATH: lambda request, _rest: images.token(request, self.keystone.knows),
        }

    def _platform(self, request: Request, path: list[str]) -> Answer:
        base = f"{request.base}/platform"
        if path in ([], ["v1"]):
            return answer(sysinv.version(base) if path else sysinv.root(base))
        given = request.headers.get("x-auth-token")
        if not given:
            raise refuse.no_token()
        if self._cloud.trouble.away.get("identity") is not None:
            return refuse.unavailable()
        token = self.keystone.token(given)
        if token is None:
            raise refuse.keystone(f"{request.base}/identity/v3")
        if path[0] != "v1":
            raise refuse.no_such_path()
        return sysinv.reply(self._cloud, request, path[1:], token)

    def _faultmanagement(self, request: Request, path: list[str]) -> Answer:
        base = f"{request.base}/faultmanagement"
        if path in ([], ["v1"]):
            return answer(fm.version(base) if path else fm.root(base))
        if self._cloud.trouble.away.get("identity") is not None:
            return refuse.unavailable()
        token = self.keystone.token(request.headers.get("x-auth-token"))
        if token is None:
            raise refuse.keystone(f"{request.base}/identity/v3")
        if path[0] != "v1":
            raise refuse.titled("Not Found", 404, "")
        return fm.reply(self._cloud, request, path[1:], token)

    def _usm(self, request: Request, path: list[str]) -> Answer:
        if path == ["v1"]:
            return answer(usm.version(f"{request.base}/usm"))
        token = self.keystone.token(request.headers.get("x-auth-token"))
        if token is None:
            raise refuse.keystone(f"{request.base}/identity/v3")
        if len(path) < 2 or path[0] != "v1":
            raise refuse.software("The resource could not be found.", 404)
        return usm.reply(self._cloud, request, path[1:], token)

    def _patching(self, request: Request, path: list[str]) -> Answer:
        token = self.keystone.token(request.headers.get("x-auth-token"))
        if token is None:
            raise refuse.keystone(f"{request.base}/identity/v3")
        if len(path) < 2 or path[0] not in {"v1", "patch"}:
            raise refuse.software("The resource could not be found.", 404)
        return patching.reply(self._cloud, request, path[1:], token)

    def _door(self, request: Request, path: list[str]) -> Answer:
        """The control door, which no real cloud has: GET and POST order, POST advance."""
        if (request.method, path) == ("GET", ["order"]):
            return answer({"orders": told()})
        if request.method != "POST" or path not in (["order"], ["advance"]):
            raise refuse.no_such_path()
        try:
            body = json.loads(request.body)
            if path == ["advance"]:
                self.clock.advance(float(body["seconds"]))
            else:
                self.order(**body)
        except (ValueError, KeyError, TypeError) as error:
            return answer({"pretend": str(error)}, 400)
        return answer({"pretend": "done", "now": self.clock.now().isoformat()})


def _context(tls: Tls) -> Optional[ssl.SSLContext]:
    if not isinstance(tls, tuple):
        return tls
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context
