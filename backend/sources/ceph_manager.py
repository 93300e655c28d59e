"""Ceph by its manager's REST: the last way, where neither library nor program can be had.

One of the managers is active; the others send there (303), or say that nobody is. A token lasts
eight hours unless the site says otherwise, and holds at whichever manager is active.
"""

from __future__ import annotations

import asyncio
import errno
import json
import re
from typing import Any, Dict, List, Mapping, Optional, Set
from urllib.parse import urlsplit

import httpx

from backend.ceph import CephCommand
from backend.ceph_settings import CephWay
from backend.errors import Malformed, NotFound, Rejected, StxError, Unauthorized, Unreachable
from backend.settings import CloudSettings
from backend.sources.ceph_rest import READS, Order, Reading, order_of
from backend.sources.ceph_said import SOURCE, Said
from backend.sources.fresh import Fresh
from backend.sources.refusals import refusal
from backend.sources.tls import Pins
from backend.sources.wire import Answer, Wire

# What several commands are made of is asked once; which disks there are changes seldom.
FRESH_S, SELDOM_S = 0.3, 60.0
_SELDOM = "/devices"
# The version of most paths; one that has another says which.
_VERSION = "1.0"
_HAS = re.compile(r"endpoint is '(\d+\.\d+)'")
# Lists that come in pages (in Ceph 16 images, in 18 hosts and OSDs too, five or ten a page), how
# all of one is asked for, and the header that says of how many a page is.
_LISTS = ("/block/image", "/host", "/osd")
_WHOLE = "?offset=0&limit=-1&search=&sort=%2Bname"
_COUNT = "x-total-count"
_ELSEWHERE = (301, 302, 303, 307, 308)
_NO_PATH = "the manager's REST has nothing for it (Ceph itself has: give ceph: a machine or a pod)"
_NOBODY = "no manager is active now"


class Dashboard:
    """The managers of one cluster; whichever is active is found again where that changes.

    A password that was refused is not tried again, lest it locks the account, until ``retry``.
    """

    def __init__(
        self,
        way: CephWay,
        settings: CloudSettings,
        pins: Pins,
        *,
        transport: Optional[httpx.AsyncBaseTransport] = None,
    ) -> None:
        """``transport`` stands in for the network."""
        self._way = way
        self._wire = Wire(SOURCE, settings, pins, transport=transport)
        # Who answered last comes first.
        self._active = way.managers[0]
        self._token = ""
        self._entering = asyncio.Lock()
        self._refused: Optional[Unauthorized] = None
        self._versions: Dict[str, str] = {}
        self._paged: Set[str] = set()
        self._fresh: Fresh[Any] = Fresh(FRESH_S)
        self._seldom: Fresh[Any] = Fresh(SELDOM_S)

    async def ask(self, command: CephCommand) -> Said:
        """Ask one command, or have it done. Raises ``StxError``."""
        read = READS.get(command.prefix)
        if read is not None:
            return await self._looked(command, read)
        try:
            order = await order_of(command, self._get)
        except LookupError:
            return Said(errno.ENOSYS, _NO_PATH)
        await self._ordered(order)
        self.forget()
        return Said(0)

    async def _looked(self, command: CephCommand, read: Reading) -> Said:
        try:
            found = await read(self._get, dict(command.args))
        except (LookupError, TypeError, AttributeError) as error:
            # A release that shapes an answer in another way than those we know.
            what = f"the manager's answer has another shape: {type(error).__name__} {error}"
            raise Malformed(SOURCE, command.prefix, what) from error
        return Said(0, "", json.dumps(found).encode())

    def forget(self) -> None:
        """Ask all anew from now on."""
        self._fresh.forget()

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._refused = None

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    # --- one path ------------------------------------------------------------------------------

    async def _get(self, path: str) -> Any:
        """Return the JSON of a path; what holds what monitors said only while it hears them."""
        fresh = self._seldom if path.endswith(_SELDOM) else self._fresh
        return await fresh.ask(path, lambda: self._read(path))

    async def _read(self, path: str) -> Any:
        summary = await self._crossed("GET", "/summary")
        if summary.get("have_mon_connection") is False:
            words = "its manager hears no monitor: what it knows is old"
            raise Unreachable(SOURCE, words, "see that a monitor runs: ceph -s")
        return await self._crossed("GET", path)

    async def _ordered(self, order: Order) -> None:
        try:
            await self._crossed(order.method, order.path, order.body)
        except Rejected as error:
            method, path = order.older
            if not path or not (isinstance(error, NotFound) or error.status == 405):
                raise
            await self._crossed(method, path, order.older_body)

    async def _crossed(
        self, method: str, path: str, body: Optional[Mapping[str, Any]] = None
    ) -> Any:
        """Ask as who we are; where the token ended, log in once and ask again."""
        shown = self._token or await self._enter("")
        answer = await self._spoken(method, path, body, shown)
        if answer.status == 401:
            shown = await self._enter(shown)
            answer = await self._spoken(method, path, body, shown)
        if 200 <= answer.status < 300:
            return await asyncio.to_thread(_json, path, answer.body)
        error = _refusal(answer)
        if isinstance(error, Unauthorized):
            # A token that is new and still refused: another would be too.
            self._refused = error
        raise error

    async def _spoken(
        self, method: str, path: str, body: Optional[Mapping[str, Any]], token: str
    ) -> Answer:
        """Ask for all of it, where a path tells a few rows of a list to whoever asks plainly."""
        if method != "GET" or path not in _LISTS:
            return await self._in_its_version(method, path, body, token)
        if path in self._paged:
            return await self._in_its_version(method, path + _WHOLE, body, token)
        answer = await self._in_its_version(method, path, body, token)
        # It says of how many these are; Ceph 18 stumbles over a page without an order.
        if _COUNT not in answer.headers and answer.status < 500:
            return answer
        whole = await self._in_its_version(method, path + _WHOLE, body, token)
        if not 200 <= whole.status < 300:
            return answer
        self._paged.add(path)
        return whole

    async def _in_its_version(
        self, method: str, path: str, body: Optional[Mapping[str, Any]], token: str
    ) -> Answer:
        """Ask in the version that this path has at this Ceph; it says so where it has another."""
        head, bare = {"Authorization": f"Bearer {token}"}, path.partition("?")[0]
        for _ in range(2):
            version = self._versions.get(bare, _VERSION)
            answer = await self._found(method, path, body, {**head, **_accept(version)})
            has = (
                _HAS.search(answer.body.decode("utf-8", "replace"))
                if answer.status == 415
                else None
            )
            if has is None:
                break
            self._versions[bare] = has[1]
        return answer

    async def _enter(self, stale: str) -> str:
        """Return a token that is not ``stale``: another's, or one got by the password."""
        async with self._entering:
            if self._token not in ("", stale):
                return self._token
            if self._refused is not None:
                raise self._refused
            secret = await asyncio.to_thread(self._way.password.read)
            given = {"username": self._way.username, "password": secret.text}
            answer = await self._found("POST", "/auth", given, _accept(_VERSION))
            if not 200 <= answer.status < 300:
                error = _refusal(answer)
                if answer.status in (400, 401, 403):
                    advice = f"it does not take {self._way.username}; see ceph: of this cloud"
                    error = self._refused = Unauthorized(SOURCE, str(error), advice)
                raise error
            said = await asyncio.to_thread(_json, "/auth", answer.body)
            try:
                self._token = str(said["token"])
            except (LookupError, TypeError) as error:
                raise Malformed(SOURCE, "/auth", "the login brought no token") from error
            return self._token

    # --- who is active -------------------------------------------------------------------------

    async def _found(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]],
        headers: Mapping[str, str],
    ) -> Answer:
        """Ask whoever is active: where a standby sends us, or the next who answers.

        Where it may have arrived it is not sent to another. The certificate of wherever we are
        sent is checked as any, before anything of ours goes there.
        """
        content = None if body is None else json.dumps(body).encode()
        todo: List[str] = list(dict.fromkeys((self._active, *self._way.managers)))
        tried: List[str] = []
        last: StxError = Unreachable(SOURCE, _NOBODY)
        while todo:
            url = todo.pop(0)
            tried.append(url)
            try:
                answer = await self._wire.cross(method, f"{url}/api{path}", headers, content)
            except Unreachable as error:
                if error.sent and method != "GET":
                    raise
                last = error
                continue
            if answer.status in _ELSEWHERE:
                there = _origin(answer.headers.get("location", ""), url)
                todo = [one for one in (there, *todo) if one and one not in tried]
            elif _is_standby(answer):
                last = Unreachable(SOURCE, _NOBODY, "it is electing one, or: ceph mgr dump")
            else:
                self._active = url
                return answer
        raise last


def _accept(version: str) -> Dict[str, str]:
    return {"Accept": f"application/vnd.ceph.api.v{version}+json"}


def _origin(location: str, came_from: str) -> str:
    """Return where a standby sends us, "" where no password or token may go there."""
    parts = urlsplit(location)
    if not parts.hostname or parts.scheme not in ("https", urlsplit(came_from).scheme):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_standby(answer: Answer) -> bool:
    """Whether one that is not active says that nobody is: a page for a browser."""
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    return is_page and answer.status in (200, 500, 503)


def _refusal(answer: Answer) -> StxError:
    return refusal(SOURCE, answer.status, answer.body, answer.headers.get("location", ""))


def _json(path: str, body: bytes) -> Any:
    try:
        return json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Malformed(SOURCE, path, f"no JSON: {error}") from error
