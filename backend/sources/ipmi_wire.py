"""Many baseboards on one thread: pyghmi's sessions, moved by what comes from their baseboards.

pyghmi hands every packet from the thread that receives to one that waits for it, and wakes with
packets to itself: of a hundred baseboards that are logged in to at once, that took more time than
the packets. Here the thread that receives a packet also answers it; only what pyghmi can but ask
and wait for (sensors, log, inventory, orders) still runs on a thread of its own.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any, Callable, ClassVar, Deque, Dict, Generator, List, Mapping, Optional, Tuple

from pyghmi import exceptions
from pyghmi.ipmi.private import session as pyghmi_session
from pyghmi.ipmi.private.session import Session
from pyghmi.ipmi.private.util import _monotonic_time

Question = Tuple[int, int, Tuple[int, ...]]
"""Net function, command and data of one request."""
Questions = Generator[Question, Any, Any]
"""Asks one question after the other; what it returns is the answer of all."""
Done = Callable[[Any, Optional[BaseException]], None]
"""Told once how it ended, on the wire's thread: what was returned, or what was raised."""

TRIES_S = 3
"""pyghmi asks anew after about 1, 2 and 3 s, then the session is over (5 to 6 s)."""
LOOK_MS = 100
"""How often it looks whose answer is late, while one is waited for."""
SOCKETS = 8
"""So many share all baseboards: each has one packet on the way, and a socket room for hundreds."""
LONGEST = 3000
APPLICATION, SET_PRIVILEGE = 0x06, 0x3B
NOT_SO_MUCH = (0x80, 0x81)
ADMINISTRATOR, OPERATOR = 4, 3
NONSENSE = (
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
)
"""What pyghmi, or what it is given by a baseboard that answers nonsense, ends in."""


def data_of(answer: Mapping[str, Any]) -> List[int]:
    """Return the data of an answer; raises what pyghmi would where it is a refusal."""
    if "error" in answer:
        raise exceptions.IpmiException(answer["error"], code=answer["code"])
    return list(answer["data"])


def asked_here(command: Any, questions: Questions) -> Any:
    """Ask them on this thread, each waiting for its answer; for a session that is not driven."""
    answer: Any = None
    while True:
        try:
            netfn, number, data = questions.send(answer)
        except StopIteration as end:
            return end.value
        answer = command.raw_command(netfn=netfn, command=number, data=data)


def no_questions() -> Questions:
    """Ask nothing, once it is logged in."""
    yield from ()


class LoginRefused(exceptions.PyghmiException):  # type: ignore[misc]
    """The log-in ended without a session: the baseboard's or pyghmi's words."""


class Driven(Session):  # type: ignore[misc]
    """A session that lives on the wire's thread; made there, by ``Wire.do``."""

    logging: bool
    lastresponse: Optional[Dict[str, Any]]
    privlevel: int
    # Its own, beside those that pyghmi receives on itself.
    socketpool: ClassVar[Dict[socket.socket, int]] = {}
    socketchecking = threading.Lock()

    def __new__(cls, **of: Any) -> Driven:
        """Make one of its own: pyghmi would give one session to all who log in alike."""
        session = object.__new__(cls)
        others = Session.bmc_handlers.get(_as_seen(of["bmc"], of["port"]), {})
        session.forbidsock = [one.socket for one in others.values()]
        return session

    def __init__(self, **of: Any) -> None:
        """``of`` is as pyghmi's: ``bmc`` (an address, no name), userid, password, port."""
        if hasattr(self, "came"):
            return  # pyghmi found it again
        self.came = threading.Event()
        self.raised: Optional[BaseException] = None
        self._done: Optional[Done] = None
        self._questions: Optional[Questions] = None
        self._answer: Optional[Dict[str, Any]] = None
        super().__init__(onlogon=self._logged_in, **of)

    @classmethod
    def _assignsocket(cls, **of: Any) -> socket.socket:
        return WIRE.one_but(of["forbiddensockets"])

    @property
    def is_heard(self) -> bool:
        """Whether the baseboard answered anything yet."""
        return self.sockaddr is not None

    @property
    def is_over(self) -> bool:
        """Whether it has to be logged in again."""
        return bool(self.broken or not self.logged)

    # --- on the wire's thread ------------------------------------------------------------------

    def ask(self, questions: Questions, done: Done) -> None:
        """Ask them as soon as it is logged in."""
        self._questions, self._done = questions, done
        if self.logged and not self.logging:
            self._move(lambda: self._next(None))

    def leave(self) -> None:
        """Log out, whatever it waits for."""
        self._done = self._questions = None
        self.incommand = False
        with suppress(OSError):  # where the network is gone nobody hears of it
            self._mark_broken()
        self.logged, self.broken = 0, True
        self.came.set()

    def take(self, packet: bytes, where: Any, by: socket.socket) -> None:
        """Take a packet of its baseboard, and ask what is next."""
        self.pktqueue.append((packet, where, by, True))
        self._move(self.process_pktqueue)

    def be_late(self) -> None:
        """Ask again, or be over, where no answer came in time."""
        with pyghmi_session.WAITING_SESSIONS:
            Session.waiting_sessions.pop(self, None)
            is_late = self.expiration <= _monotonic_time()
            if not is_late and self.lastpayload:
                # It was seen to meanwhile, and waits anew: who called us had taken that out.
                waiting = {"ipmisession": self, "timeout": self.expiration}
                Session.waiting_sessions[self] = waiting
        if is_late and self.lastpayload:
            self._move(super()._timedout)

    def _move(self, how: Callable[[], None]) -> None:
        try:
            how()
            # pyghmi forgets what is asked while it hands an answer over: so it is asked after.
            answer, self._answer = self._answer, None
            if answer is not None:
                self._next(answer)
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self._fail(error)
        self.came.set()

    def _fail(self, error: BaseException) -> None:
        self.raised = error
        self._end(None, error)
        if isinstance(error, OSError):
            self.leave()

    def _next(self, answer: Optional[Dict[str, Any]]) -> None:
        if self._questions is None:
            return
        try:
            netfn, command, data = self._questions.send(answer)
        except StopIteration as end:
            self._end(end.value, None)
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self._end(None, error)
        else:
            self.raw_command(netfn=netfn, command=command, data=data, callback=self._answered)

    def _answered(self, answer: Dict[str, Any]) -> None:
        self.incommand = False
        self._generic_callback(answer)
        self._answer, self.lastresponse = self.lastresponse, None

    def _end(self, result: Any, error: Optional[BaseException]) -> None:
        done, self._done, self._questions = self._done, None, None
        if done is not None:
            done(result, error)

    # --- as pyghmi calls it --------------------------------------------------------------------

    def _req_priv_level(self) -> None:
        """Go on with the log-in, whose last step pyghmi would wait for right here."""
        self.logged = 1
        self.logoutexpiry = None
        self.logontries = 0
        self.maxtimeout = TRIES_S
        self._questions = self._privileged(self._questions or no_questions())
        self._next(None)

    def _privileged(self, questions: Questions) -> Questions:
        """Ask for the privilege first, and then what was to be asked."""
        answer = yield (APPLICATION, SET_PRIVILEGE, (self.privlevel,))
        if answer["code"] in NOT_SO_MUCH and self.privlevel == ADMINISTRATOR:
            self.privlevel = OPERATOR
            answer = yield (APPLICATION, SET_PRIVILEGE, (self.privlevel,))
        self.logging = False
        self.logonwaiters.clear()
        if "error" in answer:
            raise LoginRefused(str(answer["error"]))
        return (yield from questions)

    def _logged_in(self, said: Dict[str, Any]) -> None:
        if "error" in said:
            self._end(None, LoginRefused(str(said["error"])))

    def _timedout(self) -> None:
        """Leave it to the wire: a serial console's thread tells all sessions, ours too."""
        WIRE.do(self.be_late)

    def _cmdwait(self) -> None:
        """Wait for nobody: of one baseboard one thing is asked at a time."""

    def awaitresponse(self, retry: bool, _netfn: int, _command: int) -> None:
        """Wait on another thread until the wire's has the answer, or gave the session up."""
        WIRE.ring()  # so that it looks whether the answer is late
        while retry and self.lastresponse is None and not self.broken:
            self.came.wait()
            self.came.clear()
            raised, self.raised = self.raised, None
            if raised is not None:
                raise raised


class Wire:
    """The thread, its sockets, and what it is asked to do."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._work: Deque[Callable[[], None]] = deque()
        self._poll = select.poll()
        self._by_number: Dict[int, Tuple[socket.socket, int]] = {}
        self._turn = 0
        self._bell, self._ear = socket.socketpair()

    def do(self, call: Callable[[], None]) -> None:
        """Have something done on the thread, after what was asked before."""
        self._work.append(call)
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="wire", daemon=True)
                self._thread.start()
        self.ring()

    def ring(self) -> None:
        """Wake the thread."""
        # Full is rung too.
        with suppress(BlockingIOError):
            self._bell.send(b"!", socket.MSG_DONTWAIT)

    def one_but(self, but: Any) -> socket.socket:
        """Return one to speak by, none of those that speak to the same baseboard already."""
        for _ in range(SOCKETS):
            self._turn = (self._turn + 1) % SOCKETS
            sockets = [one for one, _port in self._by_number.values()]
            if self._turn >= len(sockets):
                return self._opened()
            if sockets[self._turn] not in but:
                return sockets[self._turn]
        return self._opened()

    def _opened(self) -> socket.socket:
        family = socket.AF_INET6 if pyghmi_session.ipv6support else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(("", 0))
        self._by_number[opened.fileno()] = opened, opened.getsockname()[1]
        Driven.socketpool[opened] = 0
        self._poll.register(opened, select.POLLIN)
        return opened

    def _live(self) -> None:
        try:
            self._hear()
        finally:
            # By a defect: the next who asks has another, and this one's end is not silent.
            with self._guard:
                self._thread = None

    def _hear(self) -> None:
        self._poll.register(self._ear, select.POLLIN)
        looked = time.monotonic()
        while True:
            ready = self._poll.poll(LOOK_MS if Session.waiting_sessions else None)
            for number, _event in ready:
                if number == self._ear.fileno():
                    self._obey()
                else:
                    self._receive(*self._by_number[number])
            if time.monotonic() - looked >= LOOK_MS / 1000:
                looked = time.monotonic()
                _look()

    def _obey(self) -> None:
        self._ear.recv(4096)
        while self._work:
            self._work.popleft()()

    def _receive(self, by: socket.socket, port: int) -> None:
        while True:
            try:
                packet, where = by.recvfrom(LONGEST, socket.MSG_DONTWAIT)
            except OSError:
                return  # there is no more
            session = Session.bmc_handlers.get(where, {}).get(port)
            if isinstance(session, Driven) and len(packet) > 4:
                session.take(packet, where, by)


def _look() -> None:
    now = _monotonic_time()
    for session in [one for one in list(Session.waiting_sessions) if isinstance(one, Driven)]:
        if session.expiration <= now:
            session.be_late()


def _as_seen(address: str, port: int) -> Any:
    """Return where packets from there come from, as a socket tells."""
    _learn_family()
    family, _, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
    if pyghmi_session.ipv6support and family == socket.AF_INET:
        return (f"::ffff:{where[0]}", port, 0, 0)
    return where


def _learn_family() -> None:
    """Let pyghmi know, as it would find out itself, how this machine's addresses are written."""
    if pyghmi_session.ipv6support is not None:
        return
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()
        pyghmi_session.ipv6support = True
    except OSError:
        pyghmi_session.ipv6support, pyghmi_session.myself = False, "127.0.0.1"


class Login:
    """A session that is being opened, with what is to be asked once it stands."""

    def __init__(self, of: Mapping[str, Any], questions: Questions, done: Done) -> None:
        """``of`` is what ``Driven`` takes."""
        self.session: Optional[Driven] = None
        self._of, self._questions, self._done = of, questions, done
        WIRE.do(self._begin)

    @property
    def is_heard(self) -> bool:
        """Whether anything was answered yet."""
        return self.session is not None and self.session.is_heard

    def give_up(self) -> None:
        """Wait no longer for it."""
        WIRE.do(lambda: self.session.leave() if self.session is not None else None)

    def _begin(self) -> None:
        try:
            self.session = Driven(**self._of)
            self.session.ask(self._questions, self._done)
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            self._done(None, error)


WIRE = Wire()
