"""What all pages share: the paper, the keyboard, the station once it is open, what is known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Awaitable, Callable, Iterable, List, Optional, Set, Tuple

from backend.errors import StxError, Untrusted
from backend.known import Key, Known, Reading
from backend.station import Station
from stx_tui.alone import Alone
from stx_tui.plain.keyboard import Ended, Keyboard
from stx_tui.plain.paper import Paper
from stx_tui.rooms import Rooms

Opener = Callable[[], Awaitable[Station]]

# How long a reading is waited for before what is remembered is printed, in seconds.
PATIENCE_S = 6.0
# After so long the wait is said.
SAID_S = 1.0
# What was read so many of its own periods ago is read again before it is printed.
FRESH_PERIODS = 2.0
# A source that just failed is not asked again at once, unless somebody asks for it.
FAILED_MS = 10_000

NOT_CONNECTED = "not connected yet: what is shown is remembered"


class Talk:
    """One person at one terminal, and the station of one cloud.

    ``station`` is None until it was opened; ``trouble`` says why it could not be, or what broke.
    """

    def __init__(
        self,
        paper: Paper,
        keyboard: Keyboard,
        rooms: Rooms,
        known: Known,
        now_ms: Callable[[], int],
    ) -> None:
        """``known`` is what is remembered."""
        self.paper = paper
        self.keyboard = keyboard
        self.rooms = rooms
        self._own_ms = now_ms
        self.station: Optional[Station] = None
        self.trouble: Tuple[str, ...] = ()
        self._remembered = known
        self._alone: Optional[Alone] = None
        self._opened: Optional[asyncio.Task[None]] = None
        self._running: Optional[asyncio.Task[None]] = None
        self._untrusted: Set[StxError] = set()
        self._looks: List[Callable[[], None]] = []

    # --- the station ---------------------------------------------------------------------------

    def open(self, opener: Opener) -> None:
        """Open the station while the person reads what is remembered."""
        self._opened = asyncio.ensure_future(self._open(opener))

    async def _open(self, opener: Opener) -> None:
        try:
            station = await opener()
        except StxError as error:
            self.trouble = (f"CANNOT  {error}", error.advice)
            return
        self.station = station
        self._alone = Alone(station.settings, self._own_ms)
        for (name, parent), reading in self._remembered.readings.items():
            if not station.watch.known.has(name, parent):
                station.watch.put(reading)
        self._running = asyncio.ensure_future(station.run())

    async def close(self) -> None:
        """Close the station; what it follows stays open in the record."""
        for task in (self._opened, self._running):
            # Python 3.9 loses a cancellation that meets the end of a wait_for: it is said again.
            while task is not None and not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.1)
        if self.station is not None:
            await self.station.close()

    def say_trouble(self) -> None:
        """Say once what went wrong with the station: a defect of ours too, and go on."""
        if self._opened is not None and self._note_defect(self._opened):
            self._opened = None
        if self._running is not None and self._note_defect(self._running):
            self._running = None
        for words in filter(None, self.trouble):
            self.paper.say(words)
        self.trouble = ()

    def _note_defect(self, task: asyncio.Task[Any]) -> bool:
        """Take what a task ended with, where it did not end well."""
        error = task.exception() if task.done() and not task.cancelled() else None
        if error is None:
            return False
        words = f"CANNOT  {type(error).__name__}: {error}"
        self.trouble = (words, "a defect of this program; please report it")
        return True

    # --- what is known -------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Return now as the cloud's own clock has it, in epoch ms; as ours before it answered."""
        return self._own_ms() if self.station is None else self.station.lookout.now_ms()

    @property
    def known(self) -> Known:
        """All that is known, seen from now."""
        known = self.station.watch.known if self.station is not None else self._remembered
        return replace(known, now_ms=self.now_ms())

    def look(self, keys: Iterable[Key]) -> None:
        """Have these polled, and what was before no more."""
        leaving, self._looks = self._looks, []
        if self.station is not None:
            there = [key for key in dict.fromkeys(keys) if key[0] in self.rooms.by_name]
            self._looks = [self.station.watch.look(*key) for key in there]
        for leave in leaving:
            leave()

    async def read(self, keys: Iterable[Key], *, again: bool = False) -> None:
        """Read what of these is old, all of them with ``again``; give up waiting, not reading."""
        wanted = [key for key in dict.fromkeys(keys) if key[0] in self.rooms.by_name]
        if self._opened is not None and not self._opened.done():
            await self._wait([self._opened], "connecting")
        if self.station is None:
            return
        watch = self.station.watch
        old = [key for key in wanted if again or self._is_old(self.known.reading(*key))]
        # Asked for by hand it begins now: one under way began before somebody asked.
        read = watch.read_anew if again else watch.read_now
        tasks = [asyncio.ensure_future(read(*key)) for key in old]
        await self._wait(tasks, f"asking for {', '.join(dict.fromkeys(name for name, _ in old))}")

    def _is_old(self, reading: Reading[Any]) -> bool:
        now_ms = self.now_ms()
        if reading.error is not None and now_ms - reading.tried_ms < FAILED_MS:
            return False
        kind = self.rooms.by_name[reading.kind]
        age_ms = now_ms - reading.at_ms
        return reading.is_remembered or age_ms > FRESH_PERIODS * 1000 * kind.every_s

    async def _wait(self, tasks: List[asyncio.Task[Any]], words: str) -> None:
        if not tasks:
            return
        done, waiting = await asyncio.wait(tasks, timeout=SAID_S)
        if waiting:
            self.paper.say(f"{words} ...")
            done, waiting = await asyncio.wait(tasks, timeout=PATIENCE_S)
        if waiting:
            self.paper.say("no answer yet; r asks again. Until then what is known:")
        for task in done:
            self._note_defect(task)

    # --- asking --------------------------------------------------------------------------------

    async def ask(self, prompt: str) -> str:
        """Print what can be typed, and return what was; raises ``Ended``.

        Noise is said and is as if nothing had been typed.
        """
        self.say_trouble()
        await self._ask_to_trust()
        self.paper.prompt(prompt)
        typed = await self.keyboard.line()
        self._echo(typed.text if not typed.is_noise else "(noise)")
        if await self._was_locked():
            return ""
        if typed.is_noise:
            self.paper.say(f"noise on the line: {len(typed.text)} characters were dropped")
            return ""
        return typed.words

    async def ask_secret(self, prompt: str) -> str:
        """Ask for what nobody shall see."""
        self.paper.prompt(prompt)
        with self.keyboard.unseen():
            typed = await self.keyboard.line()
        self.paper.row()
        return "" if typed.is_noise else typed.text

    async def confirm(self, question: str) -> str:
        """Return what was typed by a hand after the question was there to be read, else "".

        What came before, in a burst, or without an end is no answer.
        """
        self.paper.say(question)
        if not await self.keyboard.quiet():
            self.paper.say("the line is never quiet: nothing is confirmed that way")
            return ""
        self.say_trouble()
        self.paper.prompt("confirm>")
        typed = await self.keyboard.line()
        self._echo(typed.text if not typed.is_noise else "(noise)")
        if await self._was_locked():
            return ""
        return typed.text if typed.is_whole and not typed.is_noise else ""

    def _echo(self, text: str) -> None:
        """Let what came from a pipe stand beside its question, as on a terminal."""
        if not self.keyboard.is_terminal:
            self.paper.row(text)

    async def _ask_to_trust(self) -> None:
        """Show a certificate that is new once, and accept it where somebody says so."""
        errors = {one.error for one in self.known.readings.values()} - self._untrusted
        for error in errors:
            if not isinstance(error, Untrusted) or self.station is None:
                continue
            self._untrusted.add(error)
            self.paper.say(f"{error}. {error.advice}")
            if error.pinned or not self.keyboard.is_terminal:
                continue
            if (
                await self.confirm(
                    "TO ACCEPT IT from now on, answer the next line with exactly: yes"
                )
                == "yes"
            ):
                self.station.lookout.accept(error)
                self.paper.say("accepted; r reads again")
            else:
                self.paper.say("not accepted: nothing is asked there")

    async def _was_locked(self) -> bool:
        """Whether nobody typed for so long that what came now is no answer; unlocked since then."""
        if self._alone is None:
            return False
        is_long = self._alone.is_long
        if is_long:
            await self._unlock(self._alone)
        self._alone.used()
        return is_long

    async def _unlock(self, alone: Alone) -> None:
        """Ask for the password until it is typed."""
        self.paper.say("LOCKED: nobody typed for a while. What you typed was dropped.")
        while True:
            typed = await self.ask_secret("password>")
            try:
                if await alone.is_password(typed):
                    return
            except StxError as error:
                self.paper.say(f"{error}. {error.advice}")
            self.paper.say("that is not the password")
            await asyncio.sleep(SAID_S)


__all__ = ["NOT_CONNECTED", "Ended", "Opener", "Talk"]
