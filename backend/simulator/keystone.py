"""Keystone as far as StarlingX's clients need it: tokens by password, and the catalogue."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json, iso
from backend.simulator.refuse import UNAUTHORIZED

PASSWORD = "Pretend-7*"  # noqa: S105 (the pretend cloud's, printed in its openrc)

# Which roles a user's token carries; Keystone implies the lower ones.
USERS = {
    "admin": ("manager", "reader", "member", "admin"),
    "operator": ("member", "reader", "operator"),
    "reader": ("reader",),
}

# Prefix below the one port, type, name, and what the catalogue's URL ends in.
CATALOGUE = (
    ("identity", "identity", "keystone", "/v3"),
    ("platform", "platform", "sysinv", "/v1"),
    ("faultmanagement", "faultmanagement", "fm", ""),
    ("usm", "usm", "usm", ""),
    ("patching", "patching", "patching", ""),
    ("vim", "nfv", "vim", ""),
)


@dataclass(frozen=True)
class Token:
    """One issued token."""

    id: str
    user: str
    issued_at: datetime
    expires_at: datetime
    audit: str

    @property
    def roles(self) -> tuple[str, ...]:
        return USERS[self.user]


class Keystone:
    """Issues tokens, knows them until they expire or are revoked."""

    def __init__(self, cloud: Cloud, *, lifetime_s: float, seed: int) -> None:
        self.lifetime_s = lifetime_s
        self._cloud = cloud
        self._rng = random.Random(seed + 1)  # noqa: S311 (a pretend token)
        self._tokens: dict[str, Token] = {}

    @property
    def _absent(self) -> str:
        """The one of USM and sw-patch that this system has not."""
        return "patching" if self._cloud.older is None else "usm"

    def token(self, token_id: Optional[str]) -> Optional[Token]:
        """The token of that id while it is good."""
        found = self._tokens.get(token_id or "")
        return found if found and found.expires_at > self._cloud.now() else None

    def revoke_all(self) -> None:
        self._tokens.clear()

    def knows(self, name: str, password: str) -> bool:
        """Whether somebody of that name has that password."""
        return name in USERS and password == PASSWORD

    def reply(self, request: Request, path: list[str]) -> Answer:
        """Answer what came below /identity."""
        if path in ([], ["v3"]):
            return self._versions(request, path)
        if path == ["v3", "auth", "tokens"]:
            if request.method == "POST":
                return self._issue(request)
            if request.method in {"GET", "HEAD"}:
                return self._look(request)
            if request.method == "DELETE":
                return self._revoke(request)
            return _error(405, "Method Not Allowed", "The method is not allowed.")
        if path == ["v3", "auth", "catalog"]:
            if self.token(request.headers.get("x-auth-token")) is None:
                return _unauthorized()
            return answer({"catalog": catalogue(request.base, self._absent)})
        return _error(404, "Not Found", f"The path {request.path} does not exist.")

    def _issue(self, request: Request) -> Answer:
        try:
            body = json.loads(request.body)
            identity = body["auth"]["identity"]
            user = _user(identity, self)
        except (ValueError, KeyError, TypeError):
            return _error(400, "Bad Request", "Expecting to find auth in request body.")
        if user is None:
            return _unauthorized()
        token = self._new(user)
        headers = (("X-Subject-Token", token.id), ("Vary", "X-Auth-Token"))
        return answer(self._body(token, request.base), 201, *headers)

    def _new(self, user: str) -> Token:
        now = self._cloud.now()
        dice = self._rng.getrandbits(256)
        token = Token(
            id="gAAAAA" + f"{dice:064x}" * 2,
            user=user,
            issued_at=now,
            expires_at=now + timedelta(seconds=self.lifetime_s),
            audit=f"{self._rng.getrandbits(128):032x}"[:22],
        )
        self._tokens[token.id] = token
        return token

    def _look(self, request: Request) -> Answer:
        if self.token(request.headers.get("x-auth-token")) is None:
            return _unauthorized()
        token = self.token(request.headers.get("x-subject-token"))
        if token is None:
            return _error(404, "Not Found", "Could not find token: it is gone or never was.")
        return answer(self._body(token, request.base), 200, ("X-Subject-Token", token.id))

    def _revoke(self, request: Request) -> Answer:
        if self.token(request.headers.get("x-auth-token")) is None:
            return _unauthorized()
        self._tokens.pop(request.headers.get("x-subject-token", ""), None)
        return Answer(status=204)

    def _body(self, token: Token, base: str) -> Json:
        domain = {"id": "default", "name": "Default"}
        return {
            "token": {
                "methods": ["password"],
                "user": {
                    "domain": domain,
                    "id": _id("user", token.user),
                    "name": token.user,
                    "password_expires_at": None,
                },
                "audit_ids": [token.audit],
                "expires_at": _zulu(token.expires_at),
                "issued_at": _zulu(token.issued_at),
                "project": {"domain": domain, "id": _id("project", "admin"), "name": "admin"},
                "is_domain": False,
                "roles": [{"id": _id("role", role), "name": role} for role in token.roles],
                "catalog": catalogue(base, self._absent),
            }
        }

    def _versions(self, request: Request, path: list[str]) -> Answer:
        here = f"{request.base}/identity/v3/"
        media = "application/vnd.openstack.identity-v3+json"
        version = {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": here}],
            "media-types": [{"base": "application/json", "type": media}],
        }
        if path:
            return answer({"version": version})
        return answer({"versions": {"values": [version]}}, 300, ("Location", here))


def catalogue(base: str, absent: str) -> list[Json]:
    """The service catalogue, each service with its three interfaces; one is not there."""
    return [
        {
            "endpoints": [
                {
                    "id": _id(name, interface),
                    "interface": interface,
                    "region_id": "RegionOne",
                    "url": f"{base}/{prefix}{end}",
                    "region": "RegionOne",
                }
                for interface in ("public", "internal", "admin")
            ],
            "id": _id("service", name),
            "type": kind,
            "name": name,
        }
        for prefix, kind, name, end in CATALOGUE
        if prefix != absent
    ]


def _user(identity: Any, keystone: Keystone) -> Optional[str]:
    """The name of who proved himself, by password or by a token he has."""
    if "password" in identity["methods"]:
        user = identity["password"]["user"]
        by_id = {_id("user", name): name for name in USERS}
        name = user.get("name") or by_id.get(user.get("id"))
        return name if name in USERS and user["password"] == PASSWORD else None
    if "token" in identity["methods"]:
        token = keystone.token(identity["token"]["id"])
        return token.user if token else None
    return None


def _id(*words: str) -> str:
    """A steady id made of words, so that two runs agree."""
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:32]


def _zulu(instant: datetime) -> str:
    return iso(instant).replace("+00:00", "Z")


def _error(status: int, title: str, message: str) -> Answer:
    return answer({"error": {"code": status, "message": message, "title": title}}, status)


def _unauthorized() -> Answer:
    return _error(401, "Unauthorized", UNAUTHORIZED)
