"""One baseboard over IPMI: asked by pyghmi on a thread, with deadlines, one question at a time.

pyghmi blocks, retries by its own mind and keeps what all its sessions share in its classes. So:
before a thread is taken, one datagram tells whether anybody is there at all; of one baseboard one
call runs at a time; a call that takes too long is left to itself and its session given up; a
password that was refused is not tried again before somebody asks for it.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from pyghmi import exceptions
from pyghmi.ipmi.command import Command
from pyghmi.ipmi.private import session as pyghmi_session
from pyghmi.ipmi.private.session import Session

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
from backend.sources.presence import is_there
from backend.sources.threads import Threads

if TYPE_CHECKING:
    from backend.sources.upload import Told

CALL_S = 8.0
"""Within this an answer of one call is there, or the baseboard counts as away."""
LONG_S = 90.0
"""The same where many calls follow each other: sensors, log, inventory of a slow baseboard."""
IDLE_S = 25.0
"""A session nobody used for so long is closed: maintenance needs some too, and there are few."""
TRIES_S = 3
"""pyghmi asks anew after about 1, 2 and 3 s, then the session is over (5 to 6 s)."""
LOOK_S = 0.05
"""How long one that waits for a packet sleeps at most before it looks."""

QUICK = frozenset({"power"})
THREADS = Threads("baseboard", most=100)
"""A baseboard takes tens of ms a packet, and ten packets to be read: these wait, and work little.

Of a hundred that are asked at once none waits for another; idle threads end by themselves.
"""

# What pyghmi, or what it is given by a baseboard that answers nonsense, ends in.
_NONSENSE = (
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
)


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
        self._command: Optional[Any] = None
        self._one_at_a_time = asyncio.Lock()
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
        call: Optional[Callable[[Any], List[Dict[str, Any]]]] = getattr(self._calls, facet, None)
        if call is None:
            raise NotConfigured(f"{self.service}: IPMI has no {facet}", "Redfish may: protocol")
        rows: List[Dict[str, Any]] = await self._call(call, CALL_S if facet in QUICK else LONG_S)
        return rows

    async def send(self, write: BmcWrite, _told: Optional[Told] = None, /) -> None:
        """Have one order done; ``Unreachable.sent`` where it may have arrived."""
        order = ORDERS.get(write.verb)
        if order is None:
            raise NotConfigured(f"{self.service}: IPMI has no {write.verb}")
        values = dict(write.values)
        await self._call(lambda command: order(command, values), CALL_S, is_order=True)

    async def open(self, session: Sol) -> Channel:
        """Open the serial console."""
        from backend.sources.ipmi_sol import SolChannel

        if self.sol is not None and self.sol.is_open:
            raise Rejected(self.service, 0, "this console has it open already")
        await self._ready()
        user, password = await self._credentials()
        self.sol = SolChannel(self, user, password, takes_over=session.takes_over)
        await self.sol.begin()
        channel: Channel = self.sol
        return channel

    def retry(self) -> None:
        """Let a password that was refused be tried once more."""
        self._refused = None

    async def close(self) -> None:
        """Log out; a baseboard that does not answer any more is left as it is."""
        if self.sol is not None:
            await self.sol.close()
        await self._log_out()

    # --- one call ------------------------------------------------------------------------------

    async def _call(
        self, call: Callable[[Any], Any], within_s: float, *, is_order: bool = False
    ) -> Any:
        """Return what ``call`` returns of a command that is logged in."""
        async with self._one_at_a_time:
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            await self._ready()
            if self._command is None or _is_over(self._command):
                self._command = await self._log_in()
            command = self._command
            try:
                return await self._on_thread(lambda: call(command), within_s, is_order=is_order)
            finally:
                self._leave_later()

    async def _ready(self) -> None:
        """Raise what is known already, without asking anybody; else see whether it is there."""
        if self._refused is not None:
            raise self._refused
        if self._password.is_missing:
            # Nor is anybody asked whether they are there, who is not to be logged in to.
            words = f"no password of the baseboard of {self.name} is known"
            raise NotConfigured(words, "log-in takes one (s), or bmc: in clouds.yaml")
        if self._late is not None and not self._late.done():
            raise Unreachable(self.service, "still waits for the answer to what was asked before")
        self._late = None
        if self._command is None or _is_over(self._command):
            await is_there(self.service, self.address)

    async def _credentials(self) -> Tuple[bytes, bytes]:
        secret = await asyncio.to_thread(self._password.read)
        # With text instead of bytes a second login to the same baseboard never returns.
        return self._username.encode(), secret.text.encode()

    async def _log_in(self) -> Any:
        user, password = await self._credentials()
        host, port = self.address

        def log_in() -> Any:
            command = Command(bmc=host, userid=user, password=password, port=port)
            hasten(command.ipmi_session)
            return command

        return await self._on_thread(log_in, CALL_S, is_login=True)

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
            return await asyncio.wait_for(asyncio.shield(future), within_s)
        except asyncio.TimeoutError:
            self._late, self._command = future, None
            future.add_done_callback(_heard)
            words = f"no answer within {within_s:.0f} s"
            raise Unreachable(self.service, words, sent=is_order) from None
        except (*_NONSENSE, exceptions.PyghmiException, OSError) as error:
            raise self._told(error, is_login=is_login, is_order=is_order) from error

    def _told(self, error: Exception, *, is_login: bool, is_order: bool) -> StxError:
        words = str(error.args[0] if error.args and error.args[0] else "")
        if isinstance(error, _NONSENSE):
            self._command = None
            said = f"{type(error).__name__} {error}".strip()
            return Malformed(self.service, "answer", f"cannot be read: {said}")
        if is_login:
            return self._not_logged_in(words, error)
        is_over = self._command is None or _is_over(self._command)
        if is_over or "no longer connected" in words or words == "timeout":
            self._command = None
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

    # --- its session ---------------------------------------------------------------------------

    def _leave_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._leaving = loop.call_later(IDLE_S, lambda: asyncio.ensure_future(self._log_out()))

    async def _log_out(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self.sol is not None and self.sol.is_open:
            return
        command, self._command = self._command, None
        if command is None or _is_over(command):
            return

        def log_out() -> None:
            command.ipmi_session.logout()

        future = THREADS.run(log_out)
        future.add_done_callback(_heard)
        await asyncio.wait([future], timeout=1.0)


class Prompt(Session):  # type: ignore[misc]
    """pyghmi's session, which does not sleep over an answer that came before it lay down."""

    def awaitresponse(self, retry: bool, netfn: int, command: int) -> None:
        """Take what came already, and only then wait for more.

        An answer that its other thread received between sending and waiting wakes nobody: without
        this one call in ten takes as long as its time-out, 0.5 to 1 s.
        """
        self.process_pktqueue()
        super().awaitresponse(retry, netfn, command)


_receive = pyghmi_session._io_graball


def _receiving(sockets: Any, waiting: Any) -> Any:
    """Receive what came; a session that goes while a packet of it is looked at ends nothing.

    pyghmi receives for all baseboards on one thread and looks sessions up while others end theirs.
    What it raises there ends that thread, and from then on no baseboard is heard any more. The
    packet is lost, as any may be over UDP, and what waits for it asks again.
    """
    try:
        return _receive(sockets, waiting)
    except LookupError:
        return []


pyghmi_session._io_graball = _receiving
_wait = pyghmi_session._io_wait


def _waiting(timeout: float, *where: Any, **how: Any) -> None:
    """Wait for a packet, and look after a moment whether it was there before.

    What is received between asking and waiting wakes nobody, nor does what another thread handled
    meanwhile: one log-in in ten slept until its own time-out, 0.5 to 1 s.
    """
    _wait(min(timeout, LOOK_S), *where, **how)


pyghmi_session._io_wait = _waiting


def hasten(session: Any) -> None:
    """Let a session answer at once, and be over in 5 s without one: pyghmi tries for 30."""
    session.__class__ = Prompt
    session.logontries = 0
    session.maxtimeout = TRIES_S


def _is_over(command: Any) -> bool:
    session = command.ipmi_session
    return bool(session.broken or not session.logged)


def _heard(future: asyncio.Future[Any]) -> None:
    """Take what nobody waits for any more, so that the loop does not complain of it."""
    if not future.cancelled():
        future.exception()
