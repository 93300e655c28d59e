"""An image registry behind ``ask`` and ``send``: Docker's v2 API, by token or by password."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode, urlsplit

import httpx

from backend.errors import Forbidden, Malformed, Missing, NotFound, Rejected, StxError, Unauthorized
from backend.kind import Body, Json
from backend.refresh import Answer
from backend.registry import PACKAGES, REPOSITORIES, SOURCE, Registry, RegistryDelete
from backend.registry_settings import RegistryWay
from backend.settings import CloudSettings
from backend.sources.image_layers import Layer, packages_of
from backend.sources.latest import Latest
from backend.sources.refusals import refusal
from backend.sources.registry_manifests import (
    blobs_of,
    challenge_of,
    digest_of,
    layers_of,
    listed_of,
    object_of,
    split_of,
    stack_of,
)
from backend.sources.tls import Pins
from backend.sources.together import together
from backend.sources.wire import Answer as Crossed
from backend.sources.wire import Wire

# How many names are asked for at once, and how many pages at most.
PAGE, MOST_PAGES = 1000, 100
# Manifests asked for at once, and how many are kept; of how many images what is inside.
ABREAST, MOST_PARTS, MOST_INSIDE = 4, 4096, 8
# How many indexes may stand in one another; those of many machines stand in none.
DEEPEST = 3
# How long a token holds that does not say so, and how long before its end it is renewed, in s.
TOKEN_S, EARLY_S = 60.0, 10.0
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    *INDEXES,
)
# What the hosts of the platform are.
PLATFORM = "linux/amd64"
_ANY = "*"
_BEARER = "Bearer "
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')
_NOT_DELETED = "its configuration allows no delete (storage.delete.enabled)"


@dataclass(frozen=True)
class _Token:
    header: str = field(repr=False)
    ends_s: float


class RegistrySource:
    """One registry; a manifest is asked for once, as what a digest names never changes.

    A password that was refused is not tried again, lest it locks the account, until ``retry``.
    """

    def __init__(
        self,
        way: RegistryWay,
        settings: CloudSettings,
        pins: Pins,
        *,
        transport: Optional[httpx.AsyncBaseTransport] = None,
    ) -> None:
        """``transport`` stands in for the network."""
        self._way = way
        self._wire = Wire(SOURCE, settings, pins, transport=transport)
        self._tokens: Dict[str, _Token] = {}
        self._entering = asyncio.Lock()
        self._refused: Optional[Unauthorized] = None
        self._parts: Latest[Tuple[str, str], Body] = Latest(MOST_PARTS)
        self._inside: Latest[str, Tuple[str, List[Body]]] = Latest(MOST_INSIDE)
        self._abreast = asyncio.Semaphore(ABREAST)

    async def ask(self, read: Registry, parent: str) -> Answer:
        """List the repositories, or the tags of one with what their manifests say."""
        if read.what == REPOSITORIES:
            names = await self._names("/v2/_catalog", "repositories")
            bodies: List[Body] = [{"name": name, "registry": self._host} for name in names]
            return lambda: iter(bodies)
        if read.what == PACKAGES:
            packages = await self._packages(parent)
            return lambda: iter(packages)
        try:
            tags = await self._names(f"/v2/{quote(parent)}/tags/list", "tags")
        except NotFound:
            # The catalogue names what had tags once.
            tags = []
        found = await together(self._tag(parent, tag) for tag in tags)
        return lambda: iter(found)

    async def send(self, write: RegistryDelete) -> Json:
        """Delete one manifest."""
        scope = f"repository:{write.repository}:delete"
        try:
            await self._crossed("DELETE", write.path, scope, {})
        except Rejected as error:
            if error.status == 405:
                raise Rejected(SOURCE, 405, error.reason, _NOT_DELETED) from error
            raise
        return None

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._refused = None

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    # --- what there is -------------------------------------------------------------------------

    @property
    def _host(self) -> str:
        return urlsplit(self._way.url).netloc

    async def _names(self, path: str, key: str) -> List[str]:
        """Return what a list names, page by page; a list of nothing is said as null."""
        found: List[str] = []
        scope = "registry:catalog:*" if key == "repositories" else _pull(path)
        after = f"{path}?n={PAGE}"
        for _ in range(MOST_PAGES):
            answer = await self._crossed("GET", after, scope, {})
            names = object_of(answer.body).get(key) or []
            if not isinstance(names, list):
                raise Malformed(SOURCE, key, "no list of names")
            found += map(str, names)
            link = _NEXT.search(answer.headers.get("link", ""))
            if link is None:
                break
            # Only where on this registry: it sends nobody elsewhere.
            after = f"{path}?{split_of(link[1]).query}"
        return list(dict.fromkeys(found))

    async def _tag(self, repository: str, tag: str) -> Body:
        body: Body = {"repository": repository, "tag": tag, "registry": self._host}
        try:
            found = await self._manifest(repository, tag)
            return {**body, **{name: value for name, value in found.items() if name != "blobs"}}
        except (NotFound, Malformed) as error:
            # One that cannot be read takes no other with it.
            return {**body, "trouble": str(error)}

    async def _manifest(self, repository: str, reference: str, depth: int = 0) -> Body:
        """Return digest, layers (digest to bytes) and platforms of a manifest or an index.

        An index may name others; ``depth`` is how many it stands in already.
        """
        if depth > DEEPEST:
            raise Malformed(SOURCE, "manifests", f"an index within {DEEPEST} others: without end?")
        path = f"/v2/{quote(repository)}/manifests/{quote(reference, safe=':')}"
        kept = self._parts.get((repository, reference))
        if kept is not None:
            return kept
        async with self._abreast:
            answer = await self._crossed(
                "GET", path, f"repository:{repository}:pull", {"Accept": ", ".join(MANIFESTS)}
            )
        said = object_of(answer.body)
        digest = answer.headers.get("docker-content-digest") or digest_of(answer.body)
        found = self._parts.get((repository, digest)) or await self._read(
            repository, said, digest, depth
        )
        # What a tag names may be another tomorrow; what a digest names may not.
        self._parts.put((repository, digest), found)
        return found

    async def _packages(self, image: str) -> List[Body]:
        """Return the packages of one image, of whose layers only a piece is here at a time."""
        if not image:
            words = "packages of images are read of one at a time: its layers come over for it"
            raise Missing(words, "open an image's page Packages, or name it: --of lab/web:7")
        kept = self._inside.get(image)
        repository, _, tag = image.rpartition(":")
        manifest = await self._manifest(repository, tag)
        if kept is not None and kept[0] == manifest["digest"]:
            return kept[1]
        found = await self._looked_through(image, repository, manifest)
        platform = str(manifest.get("platform") or "")
        found = [{**body, "image": image, "platform": platform} for body in found]
        self._inside.put(image, (str(manifest["digest"]), found))
        return found

    async def _looked_through(self, image: str, repository: str, manifest: Body) -> List[Body]:
        """Read its layers on a thread, that asks for no more once nobody waits for it."""
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def layer(digest: str, size: int) -> Layer:
            def fetch(first: int, end: int) -> bytes:
                if stop.is_set():
                    raise StxError(f"{image}: nobody waits for it any more")
                piece = self._piece(repository, digest, first, end)
                return asyncio.run_coroutine_threadsafe(piece, loop).result()

            return Layer(fetch, size)

        layers = [layer(digest, size) for digest, size in blobs_of(manifest)]
        try:
            return await asyncio.to_thread(packages_of, image, layers)
        finally:
            stop.set()

    async def _piece(self, repository: str, digest: str, first: int, end: int) -> bytes:
        path = f"/v2/{quote(repository)}/blobs/{quote(digest, safe=':')}"
        headers = {"Range": f"bytes={first}-{end - 1}"}
        answer = await self._crossed("GET", path, f"repository:{repository}:pull", headers)
        # Who knows no ranges sends all of it.
        return answer.body if answer.status == 206 else answer.body[first:end]

    async def _read(
        self, repository: str, said: Mapping[str, Any], digest: str, depth: int
    ) -> Body:
        body: Body = {"digest": digest, "media": str(said.get("mediaType") or "")}
        if not listed_of(said, "manifests"):
            return {**body, "layers": layers_of(said), "blobs": stack_of(said)}
        layers: Dict[str, int] = {}
        platforms: List[str] = []
        inside: Dict[str, Body] = {}
        for child in listed_of(said, "manifests"):
            of = child.get("platform")
            of = of if isinstance(of, dict) else {}
            try:
                part = await self._manifest(repository, str(child.get("digest")), depth + 1)
            except NotFound:
                # Of an image for many machines, often only that of ours was copied.
                continue
            layers.update(part["layers"])
            if of.get("architecture") not in (None, "unknown"):
                platforms.append(f"{of.get('os')}/{of.get('architecture')}")
                inside.setdefault(platforms[-1], part)
        # What is inside is told of one: of what the platform's hosts are, where it is there.
        told = PLATFORM if PLATFORM in inside else next(iter(inside), "")
        blobs = inside[told].get("blobs") or [] if told else []
        found = {"layers": layers, "platforms": platforms, "blobs": blobs, "platform": told}
        return {**body, **found}

    # --- on the wire ---------------------------------------------------------------------------

    async def _crossed(
        self, method: str, path: str, scope: str, headers: Mapping[str, str]
    ) -> Crossed:
        """Ask as whom the registry wants one to be; logs in where it says so, once."""
        url = f"{self._way.url}{path}"
        shown = self._held(scope)
        answer = await self._wire.cross(method, url, _shown(headers, shown))
        if answer.status == 401:
            shown = await self._enter(answer.headers.get("www-authenticate", ""), scope, shown)
            answer = await self._wire.cross(method, url, _shown(headers, shown))
        if 200 <= answer.status < 300:
            return answer
        error = self._refusal(answer)
        if isinstance(error, Unauthorized):
            if shown.startswith(_BEARER):
                # Who got a token is known by the right password: he may not do that.
                words = f"{self._way.username or 'nobody'} may not {scope.rpartition(':')[2]} there"
                raise Forbidden(SOURCE, answer.status, error.words, words)
            self._refused = error
        raise error

    async def _enter(self, challenge: str, scope: str, stale: str) -> str:
        """Return the header that answers a challenge: a password, or a token got with one."""
        async with self._entering:
            held = self._held(scope)
            if held not in ("", stale):
                return held
            if self._refused is not None:
                raise self._refused
            sort, _, rest = challenge.partition(" ")
            if sort.lower() == "basic":
                # Where the password itself is shown, it is for whatever is asked.
                scope, header, lasts_s = _ANY, await self._basic(), float("inf")
            elif sort.lower() == "bearer":
                header, lasts_s = await self._token(rest, scope)
            else:
                raise Unauthorized(SOURCE, f"wants a login of a sort not spoken: {sort or '-'}")
            now_s = time.monotonic()
            # Each repository has one of its own: those that ended are not held on to.
            held_on = ((of, one) for of, one in self._tokens.items() if now_s < one.ends_s)
            self._tokens = {**dict(held_on), scope: _Token(header, now_s + lasts_s)}
            return header

    def _held(self, scope: str) -> str:
        held = self._tokens.get(_ANY) or self._tokens.get(scope)
        return held.header if held is not None and time.monotonic() < held.ends_s else ""

    async def _basic(self) -> str:
        if not self._way.username:
            words = "wants a name and a password, and none is set"
            raise Unauthorized(SOURCE, words, "add username and password to registry:")
        secret = await asyncio.to_thread(self._way.password.read)
        pair = f"{self._way.username}:{secret.text}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    async def _token(self, rest: str, scope: str) -> Tuple[str, float]:
        """Return a token for a scope from the server that the challenge names, and how long."""
        said = challenge_of(rest)
        realm = said.get("realm", "")
        if split_of(realm).scheme not in {"https", urlsplit(self._way.url).scheme}:
            words = f"sends us to {realm or 'nowhere'} for a token: a password does not go there"
            raise Unauthorized(SOURCE, words, "a registry on https has its token server there too")
        query = {"service": said.get("service", ""), "scope": said.get("scope") or scope}
        headers = {}
        if self._way.username:
            query["account"] = self._way.username
            headers["Authorization"] = await self._basic()
        sign = "&" if urlsplit(realm).query else "?"
        answer = await self._wire.cross("GET", f"{realm}{sign}{urlencode(query)}", headers)
        if not 200 <= answer.status < 300:
            error = self._refusal(answer)
            if isinstance(error, Unauthorized):
                self._refused = error
            raise error
        body = object_of(answer.body)
        token = body.get("token") or body.get("access_token")
        if not token:
            raise Malformed(SOURCE, "token", "the token server gave none")
        lasts = body.get("expires_in")
        lasts_s = float(lasts) if isinstance(lasts, (int, float)) else TOKEN_S
        return f"{_BEARER}{token}", max(lasts_s - EARLY_S, 0.0)

    def _refusal(self, answer: Crossed) -> StxError:
        """Return what a refusal says: the registry's own words stand in a list of errors."""
        words = _errors(answer.body)
        body = json.dumps({"message": words}).encode() if words else answer.body
        error = refusal(SOURCE, answer.status, body, answer.headers.get("location", ""))
        if isinstance(error, Unauthorized):
            error.advice = f"it does not take {self._way.username or 'nobody'}; see registry:"
        return error


# --- reading what came -------------------------------------------------------------------------


def _pull(path: str) -> str:
    return f"repository:{path[len('/v2/') : -len('/tags/list')]}:pull"


def _shown(headers: Mapping[str, str], shown: str) -> Dict[str, str]:
    return {**headers, "Authorization": shown} if shown else dict(headers)


def _errors(raw: bytes) -> str:
    try:
        errors = object_of(raw[: 64 * 1024]).get("errors")
    except Malformed:
        return ""
    if not isinstance(errors, list):
        return ""
    said = (one for one in errors if isinstance(one, dict))
    return "; ".join(str(one.get("message") or one.get("code") or "") for one in said)
