"""One baseboard over IPMI, by pyghmi, with deadlines, one question at a time.

pyghmi blocks, retries by its own mind and keeps what all its sessions share in its classes. So:
the log-in and power are asked on one thread for all baseboards (``ipmi_wire``), the rest on a
thread each; of one baseboard one call runs at a time; a call that takes too long is left to itself
and its session given up; a password that was refused is not tried again before somebody asks for
it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Dict, List, Optional, Tuple

from pyghmi import exceptions
from pyghmi.ipmi.command import Command

from backend.baseboard import BmcWrite, Sol
from backend.channel import Channel
from backend.errors import (
    Malformed,
    NotConfigured,
    Rejected,
    StxError,
    Unauthorized,
    Unreachable,
)
from backend.secret import Password
from backend.sources.ipmi_calls import ORDERS, Calls
from backend.sources.ipmi_wire import (
    NONSENSE,
    WIRE,
    Done,
    Driven,
    Login,
    LoginRefused,
    Questions,
    asked_here,
    no_questions,
)
from backend.sources.presence import is_there
from backend.sources.threads import Threads, settle

if TYPE_CHECKING:
    from backend.sources.upload import Told

CALL_S = 8.0
"""Within this an answer of one call is there, or the baseboard counts as away."""
LONG_S = 90.0
"""The same where many calls follow each other: sensors, log, inventory of a slow baseboard."""
IDLE_S = 25.0
"""A session nobody used for so long is closed: maintenance needs some too, and there are few."""
QUIET_S = 0.3
"""After so long without any answer to a log-in it is asked whether anybody is there at all."""

QUICK = frozenset({"power"})
LONG = frozenset({"sel-clear"})
"""Orders before which all of a log is read once more."""
THREADS = Threads("baseboard", most=100)
"""A baseboard takes tens of ms a packet, and ten packets to be read: these wait, and work little.

Of a hundred that are asked at once none waits for another; idle threads end by themselves.
"""


class Ipmi:
    """A baseboard that speaks IPMI 2.0 over LAN."""

    def __init__(
        self, name: str, address: Tuple[str, int], username: str, password: Password
    ) -> None:
        """``address`` is host and UDP port; nothing is asked yet."""
        self.name = name
        self.address = address
        self._username = username
        self._password = password
        self._calls = Calls()
        self._session: Optional[Driven] = None
        # What pyghmi asks more by, of the session or of the open console's.
        self._command: Optional[Any] = None
        self._one_at_a_time = asyncio.Lock()
        # A call that nobody waits for any more, and that still speaks with the baseboard.
        self._left: Optional[asyncio.Future[Any]] = None
        self._refused: Optional[StxError] = None
        self._late: Optional[asyncio.Future[Any]] = None
        self._leaving: Optional[asyncio.TimerHandle] = None
        self.sol: Optional[Any] = None

    @property
    def service(self) -> str:
        """How errors name it."""
        return f"BMC of {self.name}"

    async def ask(self, facet: str) -> List[Dict[str, Any]]:
        """Return the bodies of one facet."""
        call: Optional[Callable[..., Any]] = getattr(self._calls, facet, None)
        if call is None:
            raise NotConfigured(f"{self.service}: IPMI has no {facet}", "Redfish may: protocol")
        rows: List[Dict[str, Any]]
        rows = await (self._quick(call) if facet in QUICK else self._call(call, LONG_S))
        return rows

    async def send(self, write: BmcWrite, _told: Optional[Told] = None, /) -> None:
        """Have one order done; ``Unreachable.sent`` where it may have arrived."""
        order = ORDERS.get(write.verb)
        if order is None:
            raise NotConfigured(f"{self.service}: IPMI has no {write.verb}")
        values = dict(write.values)
        within_s = LONG_S if write.verb in LONG else CALL_S
        await self._call(lambda command: order(command, values), within_s, is_order=True)

    async def open(self, session: Sol) -> Channel:
        """Open the serial console."""
        from backend.sources.ipmi_sol import SolChannel

        if self.sol is not None and self.sol.is_held:
            raise Rejected(self.service, 0, "this console has it open already")
        async with self._turn():
            if self.sol is not None:
                await self.sol.close()
            how = await self._how()
            await is_there(self.service, self.address)
            # The console's session is the one to the baseboard, as long as it is open.
            await self._log_out()
            self.sol = SolChannel(self, how, takes_over=session.takes_over)
            await self.sol.begin()
        channel: Channel = self.sol
        return channel

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._refused = None

    async def leave(self) -> None:
        """Log out; a console that is open stays."""
        await self._log_out()

    async def close(self) -> None:
        """Log out; a baseboard that does not answer any more is left as it is."""
        if self.sol is not None:
            await self.sol.close()
        await self._log_out()

    # --- one call ------------------------------------------------------------------------------

    async def _call(
        self, call: Callable[[Any], Any], within_s: float, *, is_order: bool = False
    ) -> Any:
        """Return what ``call`` returns of a command that is logged in; it may block."""
        async with self._turn():
            command = await self._commanded()
            return await self._on_thread(lambda: call(command), within_s, is_order=is_order)

    async def _quick(self, ask: Callable[[], Questions]) -> Any:
        """Return what these questions return, which take no thread."""
        async with self._turn():
            if self.sol is None or not self.sol.is_open:
                return await self._driven(ask())
            command = await self._commanded()
            return await self._on_thread(lambda: asked_here(command, ask()), CALL_S)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Be the only one who asks."""
        async with self._one_at_a_time:
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            await self._ready()
            try:
                yield
            finally:
                self._leave_later()

    async def _ready(self) -> None:
        """Raise what is known already, without asking anybody."""
        if self._refused is not None:
            raise self._refused
        if self._password.is_missing:
            # Nor is anybody asked whether they are there, who is not to be logged in to.
            words = f"no password of the baseboard of {self.name} is known"
            raise NotConfigured(words, "log-in takes one (s), or bmc: in clouds.yaml")
        if self._left is not None and not self._left.done():
            await asyncio.wait([self._left], timeout=CALL_S)
        if self._left is not None and not self._left.done():
            raise Unreachable(self.service, "still waits for the answer to what was asked before")
        self._left = None

    async def _credentials(self) -> Tuple[bytes, bytes]:
        given = self._password.given
        secret = given if given is not None else await asyncio.to_thread(self._password.read)
        # With text instead of bytes a second login to the same baseboard never returns.
        return self._username.encode(), secret.text.encode()

    async def _how(self) -> Dict[str, Any]:
        """Return what pyghmi takes to log in: names are looked up before, not on its thread."""
        user, password = await self._credentials()
        host, port = self.address
        with suppress(ValueError):
            ipaddress.ip_address(host.partition("%")[0])
            return {"bmc": host, "port": port, "userid": user, "password": password}
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except socket.gaierror as error:
            words = f"the name {host} is unknown"
            raise Unreachable(self.service, words, "check DNS, or give an address") from error
        return {"bmc": found[0][4][0], "port": port, "userid": user, "password": password}

    # --- without a thread ----------------------------------------------------------------------

    async def _driven(self, questions: Questions) -> Any:
        """Return what the questions return, of a session that is opened for them if need be."""
        session = self._session
        if session is None or session.is_over:
            self._session = self._command = None
            return await self._log_in(questions)
        answer, done = _promised()
        WIRE.do(lambda: session.ask(questions, done))
        return await self._answered(answer, lambda: WIRE.do(session.leave), CALL_S)

    async def _log_in(self, questions: Questions) -> Any:
        how = await self._how()
        answer, done = _promised()
        login = Login(how, questions, done)
        ends = asyncio.get_running_loop().time() + CALL_S
        try:
            await asyncio.wait([answer], timeout=QUIET_S)
            if not (answer.done() or login.is_heard):
                await is_there(self.service, self.address)
        except (StxError, asyncio.CancelledError):
            login.give_up()
            raise
        within_s = ends - asyncio.get_running_loop().time()
        try:
            return await self._answered(answer, login.give_up, within_s)
        finally:
            if login.session is not None and not login.session.is_over:
                self._session = login.session

    async def _answered(
        self, answer: asyncio.Future[Any], give_up: Callable[[], None], within_s: float
    ) -> Any:
        """Return what is answered in time; what is not, or nobody waits for, is given up."""
        try:
            await asyncio.wait([answer], timeout=within_s)
        finally:
            if not answer.done():
                give_up()
                self._session = self._command = None
        if not answer.done():
            raise Unreachable(self.service, f"no answer within {CALL_S:.0f} s")
        try:
            return answer.result()
        except (*NONSENSE, exceptions.PyghmiException, OSError) as error:
            is_login = isinstance(error, (LoginRefused, OSError))
            raise self._told(error, is_login=is_login, is_order=False) from error

    # --- on a thread ---------------------------------------------------------------------------

    async def _commanded(self) -> Any:
        """Return what pyghmi asks by, of the one session to the baseboard."""
        if self._command is not None and not _is_over(self._command):
            return self._command
        is_by_console = self.sol is not None and self.sol.is_open
        if not is_by_console and (self._session is None or self._session.is_over):
            await self._driven(no_questions())
        how = await self._how()
        command = await self._on_thread(lambda: Command(**how), CALL_S, is_login=True)
        if not is_by_console:
            command.ipmi_session = self._session  # not that of another who logged in alike
        self._command = command
        return command

    async def _on_thread(
        self,
        call: Callable[[], Any],
        within_s: float,
        *,
        is_login: bool = False,
        is_order: bool = False,
    ) -> Any:
        """Run a call of pyghmi; its exceptions become ours, and what takes too long is left."""
        run = self.sol.run if self.sol is not None and self.sol.is_open else THREADS.run
        future: asyncio.Future[Any] = run(call)
        try:
            await asyncio.wait([future], timeout=within_s)
        finally:
            if not future.done():
                self._left = future
                future.add_done_callback(_heard)
        if not future.done():
            self._give_up()  # with its session it ends, where it would ask for ever
            words = f"no answer within {within_s:.0f} s"
            raise Unreachable(self.service, words, sent=is_order)
        try:
            return future.result()
        except (*NONSENSE, exceptions.PyghmiException, OSError) as error:
            raise self._told(error, is_login=is_login, is_order=is_order) from error

    def _told(self, error: Exception, *, is_login: bool, is_order: bool) -> StxError:
        words = str(error.args[0] if error.args and error.args[0] else "")
        if isinstance(error, NONSENSE):
            self._give_up()
            said = f"{type(error).__name__} {error}".strip()
            return Malformed(self.service, "answer", f"cannot be read: {said}")
        if is_login:
            return self._not_logged_in(words, error)
        is_over = self._session is not None and self._session.is_over
        if is_over or "no longer connected" in words or words == "timeout":
            self._give_up()
            return Unreachable(self.service, "fell silent while it was asked", sent=is_order)
        status = int(getattr(error, "ipmicode", 0) or 0)
        if status == 0xD4:
            return Rejected(
                self.service, status, words or "insufficient privilege", "this user may not"
            )
        return Rejected(self.service, status, words or type(error).__name__)

    def _not_logged_in(self, words: str, error: Exception) -> StxError:
        if isinstance(error, OSError):
            return Unreachable(self.service, f"{self.address[0]}: {error.strerror or error}")
        if not words or words == "timeout" or words.startswith("Session failed"):
            return Unreachable(self.service, "answered once, then fell silent at the login")
        lowered = words.casefold()
        if "password" in lowered or "unauthorized name" in lowered or "privilege" in lowered:
            advice = "it is not tried again before you ask for it: too many tries lock an account"
            self._refused = Unauthorized(self.service, words, advice)
            return self._refused
        return Rejected(self.service, 0, words, "what it allows over LAN is set in its own menus")

    def _give_up(self) -> None:
        """Begin anew with the next question."""
        session, self._session, self._command = self._session, None, None
        if session is not None:
            WIRE.do(session.leave)

    # --- its session ---------------------------------------------------------------------------

    def _leave_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._leaving = loop.call_later(IDLE_S, lambda: asyncio.ensure_future(self._log_out()))

    async def _log_out(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        session, self._session, self._command = self._session, None, None
        if session is None or session.is_over:
            return
        left, done = _promised()

        def leave() -> None:
            session.leave()
            done(None, None)

        WIRE.do(leave)
        await asyncio.wait([left], timeout=1.0)


def _promised() -> Tuple[asyncio.Future[Any], Done]:
    """Return what is awaited on this loop, and what keeps it on another thread."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    future.add_done_callback(_heard)

    def done(result: Any, error: Optional[BaseException]) -> None:
        # The loop may have ended meanwhile: then nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, future, result, error)

    return future, done


def _is_over(command: Any) -> bool:
    session = command.ipmi_session
    return bool(session.broken or not session.logged)


def _heard(future: asyncio.Future[Any]) -> None:
    """Take what nobody waits for any more, so that the loop does not complain of it."""
    if not future.cancelled():
        future.exception()
