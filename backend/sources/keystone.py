"""Keystone v3: one token for all services, renewed silently, and the catalogue it brings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import anyio
import anyio.to_thread
import httpx

from backend.errors import Malformed, NotConfigured, StxError, Unauthorized, Unreachable
from backend.kind import Json
from backend.secret import Secret
from backend.settings import Auth, CloudSettings
from backend.sources.refusals import refusal, sentence
from backend.sources.tls import Pins
from backend.sources.wire import CONNECT_S, WHOLE_S, Answer, Wire
from backend.units import instant_ms

EARLY_MS = 60_000
"""How long before its end a token is renewed, at most a tenth of its life."""

# What the catalogue calls a service, where a type of it is registered under another name.
_TYPES = {"sysinv": "platform", "fm": "faultmanagement", "keystone": "identity", "vim": "nfv"}


@dataclass(frozen=True)
class Endpoint:
    """One row of the catalogue."""

    name: str
    type: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True)
class _Token:
    """What a login brought; ``renew_ms`` is by our clock, from the life that Keystone gave."""

    id: str = field(repr=False)
    renew_ms: int
    ends_ms: int
    clock_off_ms: int
    user: str
    project: str
    roles: Tuple[str, ...]
    catalogue: Tuple[Endpoint, ...]
    said: Mapping[str, Any]


class Keystone:
    """Who one is to this cloud. Also the keeper of the settings and pins that services share.

    A password that Keystone refused is not tried again, lest it locks the account; ``retry``
    forgets that, and a new ``Keystone`` has another password.
    """

    def __init__(
        self,
        settings: CloudSettings,
        pins: Pins,
        now_ms: Callable[[], int],
        *,
        connect_s: float = CONNECT_S,
        whole_s: float = WHOLE_S,
        transport: Optional[httpx.AsyncBaseTransport] = None,
    ) -> None:
        """``now_ms`` is epoch ms; ``transport`` stands in for the network, of services too."""
        self.settings = settings
        self.pins = pins
        self.transport = transport
        self.now_ms = now_ms
        self._wire = Wire(
            "keystone", settings, pins, connect_s=connect_s, whole_s=whole_s, transport=transport
        )
        self._token: Optional[_Token] = None
        self._logging_in = anyio.Lock()
        self._tries = 0
        self._failure: Optional[StxError] = None
        self._refused: Optional[Tuple[Secret, Unauthorized]] = None

    @property
    def user(self) -> str:
        """The name Keystone has for us, "" before the first token."""
        return self._token.user if self._token else ""

    @property
    def project(self) -> str:
        """The project that the token is for."""
        return self._token.project if self._token else ""

    @property
    def roles(self) -> Tuple[str, ...]:
        """The names of our roles in that project."""
        return self._token.roles if self._token else ()

    @property
    def said(self) -> Mapping[str, Any]:
        """What Keystone says of us with the token: user, project, roles, and when they end."""
        return self._token.said if self._token else {}

    @property
    def ends_ms(self) -> int:
        """When the token ends, by our own clock; 0 before the first."""
        return self._token.ends_ms if self._token else 0

    @property
    def clock_off_ms(self) -> int:
        """By how much Keystone's clock is ahead of ours."""
        return self._token.clock_off_ms if self._token else 0

    async def token(self, stale: str = "") -> str:
        """Return a token that holds; ``stale`` is one that a service has just refused.

        However many requests wait, one login is under way; its failure is everyone's.
        """
        held = self._held(stale)
        if held is not None:
            return held.id
        tries = self._tries
        async with self._logging_in:
            held = self._held(stale)
            if held is not None:
                return held.id
            if self._tries != tries and self._failure is not None:
                raise self._failure
            self._tries += 1
            self._failure = None
            try:
                self._token = await self._log_in()
            except StxError as error:
                if isinstance(error, Unreachable):
                    # The login may have arrived: what was to be sent with its token did not.
                    error.sent = False
                self._failure = error
                raise
            return self._token.id

    def endpoint(self, service: str) -> str:
        """Return the URL of ``service``; needs a token. Raises ``NotConfigured`` in words."""
        url = self.settings.endpoints.get(service)
        if url:
            return url
        if self._token is None:
            raise NotConfigured(f"{service}: the catalogue was not read yet")
        return _chosen(service, self._token.catalogue, self.settings)

    def retry(self) -> None:
        """Let a refused password be tried once more: somebody asked for it."""
        self._refused = None
        self._failure = None

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    def _held(self, stale: str) -> Optional[_Token]:
        token = self._token
        if token is None or token.id == stale or self.now_ms() >= token.renew_ms:
            return None
        return token

    async def _log_in(self) -> _Token:
        auth = self.settings.auth
        if auth is None:
            raise NotConfigured(f"{self.settings.name} has no auth in its settings")
        if auth.password.is_missing:
            raise Unauthorized("keystone", "no password is known", "set one, or answer when asked")
        # A command may ask a vault: seconds, on a thread.
        secret = await anyio.to_thread.run_sync(auth.password.read)
        if self._refused is not None and self._refused[0] == secret:
            raise self._refused[1]
        asked_ms = self.now_ms()
        answer = await self._wire.cross(
            "POST",
            f"{_v3(auth.auth_url)}/auth/tokens",
            {},
            json.dumps(_question(auth, secret)).encode(),
        )
        if answer.status == 401:
            who = f"{auth.username or auth.user_id} in {auth.project_name or auth.project_id}"
            error = Unauthorized("keystone", f"{sentence(answer.body)} ({who})")
            self._refused = (secret, error)
            raise error
        if answer.status != 201:
            raise refusal(
                "keystone", answer.status, answer.body, answer.headers.get("location", "")
            )
        return _read(answer, asked_ms, self.now_ms())


def _v3(url: str) -> str:
    trimmed = url.rstrip("/")
    return trimmed if trimmed.endswith("/v3") else f"{trimmed}/v3"


def _question(auth: Auth, secret: Secret) -> Json:
    user = _named("name", auth.username, "id", auth.user_id)
    if "name" in user:
        user["domain"] = _named("name", auth.user_domain_name, "id", auth.user_domain_id)
    user["password"] = secret.text
    project = _named("name", auth.project_name, "id", auth.project_id)
    if "name" in project:
        project["domain"] = _named("name", auth.project_domain_name, "id", auth.project_domain_id)
    identity: Dict[str, Any] = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"project": project}}}


def _named(name: str, text: str, other: str, id_text: str) -> Dict[str, Any]:
    """Return an id where there is one: names may be told to be ambiguous, ids never are."""
    return {other: id_text} if id_text else {name: text}


def _read(answer: Answer, asked_ms: int, now_ms: int) -> _Token:
    """Return the token; its life is counted from now, so that a clock that is off does no harm."""
    token_id = answer.headers.get("X-Subject-Token", "")
    if not token_id:
        raise Malformed("keystone", "X-Subject-Token", "the login brought no token")
    path = "$"
    try:
        body = json.loads(answer.body)["token"]
        path = "$.token"
        issued_ms, expires_ms = _ms(body["issued_at"]), _ms(body["expires_at"])
        life_ms = max(expires_ms - issued_ms, 0)
        return _Token(
            id=token_id,
            renew_ms=asked_ms + life_ms - min(EARLY_MS, life_ms // 10),
            ends_ms=asked_ms + life_ms,
            clock_off_ms=issued_ms - (asked_ms + now_ms) // 2,
            user=str(body["user"]["name"]),
            project=str(body["project"]["name"]),
            roles=tuple(str(role["name"]) for role in body.get("roles", ())),
            catalogue=tuple(_catalogue(body.get("catalog", ()))),
            said={key: value for key, value in body.items() if key != "catalog"},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        words = f"a login is not described like this: {type(error).__name__} {error}"
        raise Malformed("keystone", path, words) from error


def _ms(text: Any) -> int:
    found = instant_ms(text)
    if found is None:
        raise ValueError(f"{text!r} is no instant")
    return found


def _catalogue(services: List[Mapping[str, Any]]) -> List[Endpoint]:
    return [
        Endpoint(
            name=str(service.get("name", "")),
            type=str(service.get("type", "")),
            interface=str(one.get("interface", "")),
            region=str(one.get("region") or one.get("region_id") or ""),
            url=str(one.get("url", "")),
        )
        for service in services
        for one in service.get("endpoints", ())
    ]


def _chosen(service: str, catalogue: Tuple[Endpoint, ...], settings: CloudSettings) -> str:
    """Return the URL of ``service`` in our region, of our interface or else the next best."""
    mine = [one for one in catalogue if service in {one.name, one.type}]
    mine = mine or [one for one in catalogue if one.type == _TYPES.get(service, service)]
    if not mine:
        there = ", ".join(sorted({one.name or one.type for one in catalogue})) or "nothing"
        raise NotConfigured(f"the catalogue of {settings.name} has no {service}", f"it has {there}")
    regions = sorted({one.region for one in mine})
    region = settings.region_name or (regions[0] if len(regions) == 1 else "")
    if region not in regions:
        raise NotConfigured(
            f"{service} is not in region {region}" if region else f"{service} is in many regions",
            f"set region_name to one of {', '.join(regions)}",
        )
    by_interface = {one.interface: one.url for one in mine if one.region == region}
    for interface in (settings.interface, "public", "internal"):
        if by_interface.get(interface):
            return by_interface[interface]
    raise NotConfigured(
        f"{service} has no {settings.interface} endpoint in region {region}",
        f"set interface to one of {', '.join(sorted(by_interface))}",
    )
