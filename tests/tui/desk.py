"""A desk for dialogs: machines that can be stopped, on a real door, watch and following."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, AsyncIterator, Dict, List, Mapping, Optional, Sequence, Tuple

from textual import events
from textual.pilot import Pilot

from backend.act import Acts
from backend.deed import Deed, Outcome
from backend.errors import StxError
from backend.follow import Follow
from backend.kind import Read, Rest, RestWrite
from backend.place import Place
from backend.watch import Watch
from stx_tui.app import StxApp
from tests.tui.machines import ROOMS
from tests.tui.things import screen_text

NOW_MS = 1_795_300_860_000  # 2026-11-22 22:41Z
PLACE = Place(hostname="laptop", user="sysadmin", terminal="ttyS0")


def machine(name: str, **more: Any) -> Dict[str, Any]:
    return {"uuid": f"id-{name}", "name": name, **more}


class Clock:
    """Epoch milliseconds that stand still until a test moves them."""

    def __init__(self, ms: int = NOW_MS) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


@dataclass
class Wire:
    """Stands where the cloud stands: bodies by path, what was sent, and how it fails."""

    bodies: Dict[str, List[Mapping[str, Any]]] = field(default_factory=dict)
    sent: List[RestWrite] = field(default_factory=list)
    error: Optional[StxError] = None
    send_error: Optional[StxError] = None
    asked: List[str] = field(default_factory=list)
    slow: Optional[asyncio.Event] = None

    async def ask(self, read: Read, parent: str) -> Any:
        assert isinstance(read, Rest)
        self.asked.append(read.path)
        if self.error is not None:
            raise self.error
        bodies = list(self.bodies.get(read.path, []))
        return lambda: iter(bodies)

    async def send(self, write: RestWrite, _told: object = None) -> Any:
        if self.slow is not None:
            await self.slow.wait()
        self.sent.append(write)
        if self.send_error is not None:
            raise self.send_error
        return {}


@dataclass
class Book:
    """Stands where the store stands."""

    deeds: List[Deed] = field(default_factory=list)
    found: Sequence[Any] = ()
    past: Tuple[Deed, ...] = ()
    error: Optional[StxError] = None

    async def open_deed(self, deed: Deed) -> Deed:
        if self.error is not None:
            raise self.error
        deed = replace(deed, number=f"2211-{len(self.deeds):04d}")
        self.deeds.append(deed)
        return deed

    async def update_deed(self, deed: Deed) -> None:
        self.deeds.append(deed)

    async def mark(self, kind: str, row_id: str, values: Any) -> None:
        raise AssertionError("nothing of these tests is marked")

    async def changes(self, cloud: str, **of: str) -> Tuple[Any, ...]:
        if self.error is not None:
            raise self.error
        return tuple(self.found)

    async def deeds_of(self, cloud: str, **of: str) -> Tuple[Deed, ...]:
        return self.past


class Desk:
    """A console on a pretend wire, with the keys pressed as a hand presses them."""

    def __init__(self, *machines: Mapping[str, Any], read_only: bool = False) -> None:
        self.clock = Clock()
        self.wire = Wire(bodies={"/machines": list(machines), "/parts": [machine("bolt")]})
        self.book = Book()
        kinds = ROOMS.by_name
        self.watch = Watch(
            kinds,
            self.wire.ask,
            cloud="site-7",
            place=PLACE,
            now_ms=self.clock,
            read_only=read_only,
            seed=1,
        )
        self.acts = Acts(self.watch, self.wire, self.book, kinds, self.clock, self._on_deed)
        self.follow = Follow(self.watch, kinds, self._update, self.clock)
        self.app = StxApp(None, self._open, rooms=ROOMS, now_ms=self.clock, place=PLACE)
        self.pilot: Pilot[None]
        self._hand_s = 0.0

    async def _open(self) -> Any:
        async def close() -> None:
            self.follow.close()

        async def run() -> None:
            # Tests read when they want something read.
            await asyncio.Event().wait()

        self.watch.run = run  # type: ignore[method-assign]
        return SimpleNamespace(
            watch=self.watch,
            acts=self.acts,
            store=SimpleNamespace(changes=self.book.changes, deeds=self.book.deeds_of),
            key="system-uuid",
            follow=self.follow,
            timeline=self.follow.timeline,
            settings=SimpleNamespace(lock_after_s=0, keys={}),
            start=self._start,
            run=run,
            close=close,
            found=(),
        )

    async def _start(self) -> None:
        return None

    def _on_deed(self, deed: Deed) -> None:
        memory = self.watch.known.memory
        others = tuple(one for one in memory.deeds if one.number != deed.number)
        self.watch.remember(replace(memory, deeds=(deed, *others)))
        if deed.outcome in (Outcome.FOLLOWED, Outcome.UNKNOWN):
            self.follow.begin(deed)

    async def _update(self, deed: Deed) -> Deed:
        self._on_deed(deed)
        return deed

    @asynccontextmanager
    async def sat_at(self, size: Tuple[int, int] = (80, 24)) -> AsyncIterator[Desk]:
        """Open the console and read everything once."""
        async with self.app.run_test(size=size) as self.pilot:
            await self.pilot.pause()
            await self.read("machines", "parts")
            yield self

    async def read(self, *kinds: str) -> None:
        """Have these kinds read now, and the deeds followed on what was found."""
        for kind in kinds or ("machines",):
            reading = await self.watch.read_now(kind)
            await self.follow.heard(self.watch.known, reading)
        await self.pilot.pause()

    async def wait(self, ms: int) -> None:
        """Let time go on and everybody hear of it."""
        self.clock.ms += ms
        self.watch.known = replace(self.watch.known, now_ms=self.clock.ms)
        self.watch.remember(self.watch.known.memory)
        await self.pilot.pause()

    async def open(self, screen: Any) -> Any:
        """Put a screen on top and wait until it hears keys."""
        self.app.push_screen(screen)
        await self.settle()
        return screen

    async def settle(self) -> None:
        """Let half a second pass for the dialog, by moving the hand that types, not the clock."""
        await self.pilot.pause()
        self._hand_s = time.monotonic() + 1.0
        await self.pilot.pause()

    async def press(self, *keys: str, every_s: float = 0.15, on: Any = object) -> None:
        """Press keys with a hand's pauses in their time stamps, as long as ``on`` is on top."""
        self._hand_s = max(self._hand_s, time.monotonic()) + 0.15
        for one in keys:
            if not isinstance(self.app.screen, on):
                return
            self._hand_s += every_s
            name = {" ": "space", ".": "full_stop", "-": "minus"}.get(one, one)
            character = {"enter": "\r", "tab": "\t", "escape": "\x1b"}.get(one, one)
            event = events.Key(name, character if len(character) == 1 else None)
            event.time = self._hand_s
            self.app.post_message(event)
            await self.pilot.pause()

    async def type(self, text: str, every_s: float = 0.15) -> None:
        await self.press(*text, every_s=every_s)

    async def paste(self, text: str) -> None:
        event = events.Paste(text)
        self._hand_s = max(self._hand_s, time.monotonic()) + 0.15
        event.time = self._hand_s
        self.app.post_message(event)
        await self.pilot.pause()

    @property
    def focused(self) -> str:
        """The id of what keys go to, "" where that is the screen itself."""
        return (self.app.focused.id or "") if self.app.focused is not None else ""

    @property
    def lines(self) -> List[str]:
        return screen_text(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)
