"""The serial console of a server over its baseboard: one thread that alone speaks to it meanwhile.

While it is open, what else is asked of the same baseboard runs on that thread too, between two
looks at the line: pyghmi gives two threads on one session each other's answers.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional

from pyghmi import exceptions
from pyghmi.ipmi.console import Console

from backend.channel import Heard, Notice
from backend.errors import Rejected, Unauthorized, Unreachable
from backend.sources.ipmi_waits import hasten
from backend.sources.ipmi_wire import NONSENSE
from backend.sources.threads import settle

if TYPE_CHECKING:
    from backend.sources.ipmi import Ipmi

OPEN_S = 8.0
"""Until the console stands."""
LOOK_S = 0.03
"""How long the thread sits on the line before it looks for what was typed."""
PROBE_S = 2.5
"""After so much silence it is asked whether the session is still ours: a dead one says nothing."""
AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses between the tries to open it again; the last one goes on for ever."""

HELD = "SOL Session active for another client"
TAKEN = "SOL deactivated"


class SolChannel:
    """One open serial console; a line that drops is opened again, and both are said."""

    def __init__(self, board: Ipmi, how: Mapping[str, Any], *, takes_over: bool) -> None:
        """``how`` is what pyghmi logs in with."""
        self._board = board
        self._how = how
        self._takes_over = takes_over
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._console: Optional[Any] = None
        self._closing = threading.Event()
        self._is_down = True
        self._over = False
        self._quiet_since = 0.0
        self._why = ""
        self.is_open = True

    # --- from the loop -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open it; raises ``Rejected`` where somebody else holds it, ``Unreachable`` in time."""
        threading.Thread(target=self._live, name="serial console", daemon=True).start()
        try:
            await asyncio.wait([self._opened], timeout=OPEN_S)
        finally:
            if not self._opened.done():  # nobody waits any more: it is not to be held in vain
                self._opened.cancel()
                self._stop()
        if self._opened.cancelled():
            await self.close()
            words = f"the console did not open within {OPEN_S:.0f} s"
            raise Unreachable(self._board.service, words, sent=True)
        try:
            self._opened.result()
        except (Rejected, Unauthorized, Unreachable):
            await self.close()
            raise

    async def read(self) -> Heard:
        """Return what came next; ``b""`` once it is over."""
        if self._over and self._heard.empty():
            return b""
        return await self._heard.get()

    async def write(self, data: bytes) -> None:
        """Send what was typed."""
        if self._is_down:
            raise Unreachable(self._board.service, "the console is down; nothing was sent")

        def send() -> None:
            if self._console is not None:
                self._console.send_data(data)

        self._work.put(send)

    def resize(self, columns: int, rows: int) -> None:
        """A serial line has no size."""

    @property
    def is_held(self) -> bool:
        """Whether somebody has it open: it is not being given back."""
        return self.is_open and not self._closing.is_set()

    async def close(self) -> None:
        """Give it back to whoever wants it next."""
        self._stop()
        ends = self._loop.time() + 2.0
        while self.is_open and self._loop.time() < ends:  # noqa: ASYNC110 - a thread ends, no task
            await asyncio.sleep(0.02)

    def run(self, call: Callable[[], Any]) -> asyncio.Future[Any]:
        """Run another call to the same baseboard between two looks at the line."""
        future: asyncio.Future[Any] = self._loop.create_future()

        def work() -> None:
            try:
                result, error = call(), None
            except BaseException as raised:  # noqa: BLE001 - raised where it is awaited
                result, error = None, raised
            self._call_soon(settle, future, result, error)

        self._work.put(work)
        return future

    def _stop(self) -> None:
        self._closing.set()
        self._is_down = self._over = True

    # --- on its thread -------------------------------------------------------------------------

    def _live(self) -> None:
        tries = 0
        try:
            while not self._closing.is_set():
                why = self._connect()
                if why is None:
                    self._tell_up(is_again=tries > 0)
                    tries = 1
                    why = self._pump()
                self._is_down = True
                self._hang_up()
                if self._closing.is_set() or self._is_final(why, is_first=not tries):
                    return
                if tries == 1:
                    self._tell(Notice(words=f"dropped: {why}; trying again", is_down=True))
                self._closing.wait(AGAIN_S[min(tries - 1, len(AGAIN_S) - 1)])
                tries += 1
        finally:
            self._hang_up()
            self._drain()
            self.is_open = False
            self._is_down = self._over = True
            self._tell(b"")

    def _connect(self) -> Optional[str]:
        """Open the console; return why not, in the baseboard's words, None where it stands."""
        self._why = ""
        try:
            self._console = Console(iohandler=self._take, force=self._takes_over, **self._how)
            ends = time.monotonic() + OPEN_S
            while not (self._console.connected or self._console.broken):
                if time.monotonic() > ends or self._closing.is_set():
                    return "no answer"
                Console.wait_for_rsp(LOOK_S)
        except (*NONSENSE, exceptions.PyghmiException, OSError) as error:
            return _words(error)
        if self._console.broken:
            return self._why or "it did not open"
        hasten(self._console.ipmi_session)
        return None

    def _pump(self) -> str:
        """Carry bytes until the line is dropped; return why."""
        console = self._console
        assert console is not None
        self._quiet_since = time.monotonic()
        while not self._closing.is_set():
            try:
                self._turn(console)
            except (*NONSENSE, exceptions.PyghmiException, OSError) as error:
                return _words(error)
            if console.broken:
                return self._why or "the session ended"
        return "closed"

    def _turn(self, console: Any) -> None:
        with suppress(queue.Empty):
            while True:
                self._work.get_nowait()()
        Console.wait_for_rsp(LOOK_S)
        if not console.broken and time.monotonic() - self._quiet_since > PROBE_S:
            # Asks whose the line is now; where nobody answers the session breaks in 5 s.
            self._quiet_since = time.monotonic()
            session = console.ipmi_session
            answer = session.raw_command(netfn=6, command=0x4B, data=(1, 1))
            console._got_payload_instance_info(answer)

    def _take(self, data: Any) -> None:
        """Take what pyghmi hands over: bytes of the line, or a dict that says what became of it."""
        if isinstance(data, dict):
            self._why = str(data.get("error") or data.get("info") or "")
            if "info" in data:
                self._tell(Notice(words=self._why))
            return
        self._quiet_since = time.monotonic()
        self._tell(bytes(data))

    def _tell_up(self, *, is_again: bool) -> None:
        self._is_down = False
        if is_again:
            self._tell(Notice(words="reconnected"))
        # What was thrown off once is not to be thrown off again behind somebody's back.
        self._takes_over = False
        self._call_soon(settle, self._opened, None, None)

    def _is_final(self, why: Optional[str], *, is_first: bool) -> bool:
        """Whether nothing is to be tried again; whoever waits is told why."""
        self._is_down = True
        words = why or "no answer"
        error: Exception
        service = self._board.service
        if words == HELD and is_first:
            error = Rejected(service, 0x80, "somebody else has its serial console open", TAKE)
        elif _is_about_credentials(words):
            error = Unauthorized(service, words, "not tried again before you ask for it")
            self._board._refused = error
        elif is_first and words in {"no answer", "timeout", ""}:
            error = Unreachable(service, "no answer while its console was opened")
        elif is_first:
            error = Rejected(service, 0, words)
        elif words in {HELD, TAKEN}:
            self._tell(Notice(words="somebody else took it over", is_down=True))
            return True
        else:
            return False
        self._call_soon(settle, self._opened, None, error)
        self._tell(Notice(words=str(error), is_down=True))
        return True

    def _hang_up(self) -> None:
        """Give the line back, and log out: pyghmi would leave its session to run out there."""
        console, self._console = self._console, None
        session = console.ipmi_session if console is not None else None
        if console is None or session is None or session.broken:
            return
        if not console.broken:
            with suppress(*NONSENSE, exceptions.PyghmiException, OSError):
                console.close()
        session.sol_handler = None
        with suppress(*NONSENSE, exceptions.PyghmiException, OSError):
            session.logout(sessionok=False)

    def _drain(self) -> None:
        """What was asked of the baseboard meanwhile is still answered."""
        with suppress(queue.Empty):
            while True:
                self._work.get_nowait()()

    def _tell(self, heard: Heard) -> None:
        self._call_soon(self._heard.put_nowait, heard)

    def _call_soon(self, call: Callable[..., None], *of: Any) -> None:
        # The loop may have ended before its thread did: then nobody listens any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *of)


TAKE = "open it with take over: they are thrown off, and see it"


def _words(error: Exception) -> str:
    """Return why the line is not there, in the baseboard's words where it has any."""
    if isinstance(error, NONSENSE):
        return f"its answer cannot be read ({type(error).__name__} {error})"
    return str(error.args[0] if error.args and error.args[0] else "no answer")


def _is_about_credentials(words: str) -> bool:
    lowered = words.casefold()
    return any(word in lowered for word in ("password", "unauthorized name", "privilege"))
