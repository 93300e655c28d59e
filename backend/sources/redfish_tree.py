"""The tree of resources that one baseboard shows over Redfish: logged in to, read and changed.

Over the project's own wire: a certificate is held against its pin before a credential is sent, an
answer is bounded, and nothing that changes something is sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, List, Mapping, Optional, Set, Tuple
from urllib.parse import urlsplit

from backend.errors import (
    Forbidden,
    Malformed,
    NotConfigured,
    NotFound,
    Rejected,
    StxError,
    Unauthorized,
    Unreachable,
    Untrusted,
)
from backend.secret import Password
from backend.settings import CloudSettings
from backend.sources.redfish_resource import Resource, inside, linked, listed, troubled
from backend.sources.refusals import sentence
from backend.sources.tls import Pins
from backend.sources.wire import Answer, Content, Wire

ROOT = "/redfish/v1/"
CALL_S = 8.0
"""Within this an answer is there, or the baseboard counts as away."""
LONG_S = 30.0
"""The same of what a slow baseboard gathers first: its log, its parts."""
IDLE_S = 25.0
"""A session nobody used for so long is closed: a baseboard has few."""
MOST_MEMBERS = 2000
"""Of one collection: a log may have more than anybody reads."""

# It has no such thing: HTTP's ways to say so.
ABSENT = frozenset({404, 405, 410, 501})

# What messages of DMTF's registry are called where there are sessions enough.
_FULL = (b"SessionLimitExceeded", b"CreateLimitReachedForResource")


class Tree:
    """Asks one baseboard. ``Unauthorized`` is remembered, and asked again only after ``retry``.

    A session is opened where it offers that, and closed when idle; else each request carries name
    and password. What is quick does not wait for what is slow: two requests at most are under way.
    """

    def __init__(
        self,
        service: str,
        address: Tuple[str, int],
        username: str,
        password: Password,
        settings: CloudSettings,
        pins: Pins,
    ) -> None:
        """``service`` is how errors name it; nothing is asked yet."""
        self.service = service
        host, port = address
        self._base = f"https://{f'[{host}]' if ':' in host else host}:{port}"
        self._username = username
        self._password = password
        self._wire = Wire(service, settings, pins, whole_s=LONG_S)
        self._turns = {True: asyncio.Lock(), False: asyncio.Lock()}
        self._login: Optional[asyncio.Future[None]] = None
        self._signature: Mapping[str, str] = {}
        self._session = ""
        self._refused: Optional[StxError] = None
        self._leaving: Optional[asyncio.TimerHandle] = None
        self.root: Resource = {}

    # --- asked and changed ---------------------------------------------------------------------

    async def enter(self) -> None:
        """Log in where nobody did: from then on ``root`` tells where things are."""
        await self._signed()

    async def get(self, path: str, *, is_quick: bool = False) -> Resource:
        """Return the resource at ``path``."""
        answer = await self._ask("GET", path, is_quick=is_quick)
        return self._read(answer, path)

    async def members(self, path: str) -> List[Resource]:
        """Return the members of a collection, each whole.

        One that cannot be read stands as ``{"Id": …, "trouble": why}``; what is only named and not
        there is left out.
        """
        found: List[Resource] = []
        can_expand = _can_expand(self.root)
        page = path + "?$expand=." if can_expand else path
        seen: Set[str] = set()
        while page and page not in seen and len(found) < MOST_MEMBERS:
            seen.add(page)
            whole = await self.get(page)
            for one in listed(whole, "Members"):
                member = one if len(one) > 1 else await self._member(linked(one))
                if member is not None:
                    found.append(member)
            following = whole.get("Members@odata.nextLink")
            page = following if isinstance(following, str) else ""
        return found

    async def optional(self, path: str) -> Resource:
        """Return the resource at ``path``, an empty one where it is only named and not there."""
        if not path:
            return {}
        try:
            return await self.get(path)
        except Rejected as error:
            if error.status in ABSENT:
                return {}
            raise

    async def part(self, path: str) -> Resource:
        """Return the resource at ``path`` as ``optional`` does; one that fails says its trouble.

        So what is read beside it is still shown. That nobody answers, or lets us in, is no matter
        of a part: it is raised.
        """
        try:
            return await self.optional(path)
        except (Rejected, Malformed) as error:
            return troubled(path, error)

    async def collected(self, path: str) -> List[Resource]:
        """Return the members of a collection, none where it is only named and not there."""
        try:
            return await self.members(path) if path else []
        except NotFound:
            return []

    async def patch(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Change the resource at ``path``; where it wants to know of which version, it is told."""
        try:
            return await self._ask("PATCH", path, body)
        except Rejected as error:
            if error.status not in {412, 428}:
                raise
        # Nothing was done: it holds changes that do not name what they change.
        there = await self._ask("GET", path)
        tag = there.headers.get("etag", "") or str(self._read(there, path).get("@odata.etag", ""))
        return await self._ask("PATCH", path, body, headers={"If-Match": tag or "*"})

    async def post(
        self, path: str, body: Mapping[str, Any], upload: Optional[Any] = None
    ) -> Answer:
        """Have an action done, or something added."""
        return await self._ask("POST", path, body, upload=upload)

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._refused = None

    async def close(self) -> None:
        """Log out and close the connections; one that answers no more is left as it is."""
        await self._log_out()
        await self._wire.close()

    # --- one request ---------------------------------------------------------------------------

    async def _ask(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        headers: Optional[Mapping[str, str]] = None,
        upload: Optional[Any] = None,
        is_quick: bool = False,
    ) -> Answer:
        content: Content = None if body is None else json.dumps(body).encode()
        within_s = CALL_S if is_quick or method != "GET" else LONG_S
        async with self._turns[is_quick]:
            self._stay()
            try:
                signature = await self._signed()
                asked = (method, path, {**signature, **(headers or {})}, upload or content)
                answer = await self._cross(*asked, within_s)
                if answer.status == 401 and self._session:
                    # The session ended there; a password that is refused is another matter.
                    self._forget(signature)
                    signature = await self._signed()
                    asked = (method, path, {**signature, **(headers or {})}, upload or content)
                    answer = await self._cross(*asked, within_s)
            finally:
                self._leave_later()
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 401:
            raise self._not_let_in(answer)
        raise refusal(self.service, answer)

    async def _cross(
        self, method: str, path: str, headers: Mapping[str, str], content: Content, within_s: float
    ) -> Answer:
        if not path.startswith("/"):
            raise Malformed(self.service, "@odata.id", f"{path[:80]!r} is no path of it")
        try:
            return await self._wire.cross(
                method,
                self._base + path,
                {"OData-Version": "4.0", **headers},
                content,
                within_s=within_s,
            )
        except Untrusted as error:
            if not error.pinned:
                error.advice = "compare it in the baseboard's own menus, then accept it once"
            raise

    def _read(self, answer: Answer, path: str) -> Resource:
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise Malformed(self.service, path, f"is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise Malformed(self.service, path, f"an object is wanted, got {str(found)[:40]!r}")
        return found

    async def _member(self, path: str) -> Optional[Resource]:
        return await self.part(path) or None

    # --- its session ---------------------------------------------------------------------------

    async def _signed(self) -> Mapping[str, str]:
        """Return what tells who we are, logging in where nobody did; one login serves all."""
        if self._refused is not None:
            raise self._refused
        if self._password.is_missing:
            words = f"{self.service}: no password is known"
            raise NotConfigured(words, "log-in takes one (s), or bmc: in clouds.yaml")
        if not self._signature:
            if self._login is None or self._login.done():
                self._login = asyncio.ensure_future(self._log_in())
                self._login.add_done_callback(_heard)
            await asyncio.shield(self._login)
        return self._signature

    async def _log_in(self) -> None:
        """Open a session where there are any; the root is told to everybody."""
        answer = await self._cross("GET", ROOT, {}, None, CALL_S)
        if answer.status != 200:
            raise refusal(self.service, answer)
        self.root = self._read(answer, ROOT)
        secret = (await asyncio.to_thread(self._password.read)).text
        sessions = linked(self.root.get("Links"), "Sessions")
        if sessions:
            body = json.dumps({"UserName": self._username, "Password": secret}).encode()
            answer = await self._cross("POST", sessions, {}, body, CALL_S)
            token = answer.headers.get("x-auth-token", "")
            if _is_about_us(answer):
                raise self._not_let_in(answer)
            if 200 <= answer.status < 300 and token:
                self._session = urlsplit(answer.headers.get("location", "")).path
                self._signature = {"X-Auth-Token": token}
                return
            if answer.status not in ABSENT and not 200 <= answer.status < 300:
                raise refusal(self.service, answer)
        await self._try_basic(secret)

    async def _try_basic(self, secret: str) -> None:
        """Try name and password alone once, before several requests carry them at a time."""
        pair = base64.b64encode(f"{self._username}:{secret}".encode()).decode()
        signature = {"Authorization": f"Basic {pair}"}
        answer = await self._cross(
            "GET", linked(self.root, "Systems") or ROOT, signature, None, CALL_S
        )
        if answer.status == 401:
            raise self._not_let_in(answer)
        self._signature = signature

    def _not_let_in(self, answer: Answer) -> StxError:
        words = reason(answer) or "user or password refused"
        advice = "it is not tried again before you ask for it: too many tries lock an account"
        self._signature, self._session = {}, ""
        self._refused = Unauthorized(self.service, words, advice)
        return self._refused

    def _forget(self, signature: Mapping[str, str]) -> None:
        """Forget a session that ended, unless somebody opened a new one meanwhile."""
        if self._signature is signature:
            self._signature, self._session = {}, ""

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _leave_later(self) -> None:
        self._stay()
        loop = asyncio.get_running_loop()
        self._leaving = loop.call_later(IDLE_S, lambda: asyncio.ensure_future(self._log_out()))

    async def _log_out(self) -> None:
        self._stay()
        session, signature = self._session, self._signature
        self._session, self._signature = "", {}
        if session:
            try:
                await self._cross("DELETE", session, signature, None, 2.0)
            except (Unreachable, Malformed):
                return  # it ends there by itself


def _is_about_us(answer: Answer) -> bool:
    """Whether a log-in was refused for who we are: some say so by 400, and lock the account too.

    That there is no session left, or no such way to log in, says nothing of the password.
    """
    is_full = any(word in answer.body for word in _FULL)
    return 400 <= answer.status < 500 and answer.status not in ABSENT | {429} and not is_full


def refusal(service: str, answer: Answer) -> StxError:
    """Return the error of an answer that is no success, in the baseboard's own words."""
    status, words = answer.status, reason(answer)
    if status in {301, 302, 303, 307, 308}:
        where = answer.headers.get("location", "nowhere")[:200]
        return Rejected(service, status, f"sends us elsewhere ({where}); nobody follows")
    if status == 403:
        return Forbidden(service, status, words or "this user may not", "it takes more privilege")
    if status in ABSENT:
        return NotFound(service, status, words or "it has no such thing")
    if status == 503:
        return Rejected(service, status, words or "it cannot serve now", "it may be starting")
    return Rejected(service, status, words or "without a word why")


def reason(answer: Answer) -> str:
    """Return what an answer says to a person: Redfish puts it into extended messages."""
    try:
        said = json.loads(answer.body)["error"]["@Message.ExtendedInfo"]
        told = [one for one in said if isinstance(one, dict)]
    except (ValueError, LookupError, TypeError, RecursionError):
        told = []
    words = [str(one.get("Message") or "").strip() for one in told]
    found = "; ".join(dict.fromkeys(word for word in words if word))
    return " ".join(found.split())[:600] or sentence(answer.body)


def _heard(ended: asyncio.Future[None]) -> None:
    """Take how a login ended, where nobody waits for it any more."""
    if not ended.cancelled():
        ended.exception()


def _can_expand(root: Resource) -> bool:
    return inside(root, "ProtocolFeaturesSupported", "ExpandQuery", "NoLinks") is True
