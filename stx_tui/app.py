"""The console: holds the station and what is known, and opens one screen from another."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Mapping, Optional, Tuple, Type

from rich.text import Text
from textual import events
from textual.app import App
from textual.driver import Driver
from textual.events import Event
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from backend.clean import clean
from backend.daemons import Pool
from backend.errors import StxError
from backend.figure import Jump
from backend.kind import Action, Kind
from backend.known import Known, Reading
from backend.place import Place, find_place
from backend.streams import Logs, Stream
from backend.tone import Tone, Verdict
from backend.units import system_ms
from stx_tui import going, keys, start, theme
from stx_tui.alone import LOOK_ROUND_S, Alone
from stx_tui.lock import Lock
from stx_tui.messages import KnownChanged, StationOpened
from stx_tui.panes.late import Heard, is_news
from stx_tui.rooms import Rooms, all_rooms
from stx_tui.screens import doing
from stx_tui.screens.listing import ListingScreen
from stx_tui.screens.quit import QuitScreen
from stx_tui.terminal import interval_s, repaint
from stx_tui.trust import Trust
from stx_tui.typed import TypedAhead

if TYPE_CHECKING:
    from backend.logs.line import Log
    from backend.station import Station
    from backend.store.glance import Glance

Opener = Callable[[], Awaitable["Station"]]


class StxApp(App[None], inherit_bindings=False):
    """The whole console. ``station`` is None until the network and the record were opened.

    ``known`` is replaced at each reading, and ``KnownChanged`` posted to the screen on top.
    """

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = None
    ESCAPE_TO_MINIMIZE = False
    BINDINGS = [keys.REPAINT, keys.LEAVE]

    def __init__(
        self,
        glance: Optional[Glance],
        opener: Opener,
        driver_class: Optional[Type[Driver]] = None,
        *,
        rooms: Optional[Rooms] = None,
        now_ms: Callable[[], int] = system_ms,
        place: Optional[Place] = None,
        keymap: Optional[Mapping[str, str]] = None,
        cloud: str = "",
        begin: Optional[doing.Begin] = None,
    ) -> None:
        """``glance`` is the last known state; ``opener`` opens the rest after the first paint.

        ``keymap`` binds what ``keys`` names to other keys: ``{"filter": "f"}``; ``cloud`` is its
        name as long as nothing is remembered of it; ``begin`` is what is asked for at once.
        """
        super().__init__(driver_class=driver_class, ansi_color=True)
        self.theme = theme.GROUND
        self.animation_level = "none"
        # The first screen does not wait for what stands in other areas.
        self.rooms = replace(rooms or all_rooms(), is_whole=False)
        self.set_keymap(dict(keymap or {}))
        self.station: Optional[Station] = None
        self.trouble: Optional[Verdict] = None
        self._opener = opener
        self._begin = begin
        self._is_shown = False
        self._now_ms = now_ms
        self.lock = Lock(self)
        self.heard = Heard()
        self._ahead = TypedAhead(self)
        self.trust = Trust(self)
        self._told_s = 0.0
        place = place or find_place()
        self.known = (
            glance.known(
                self.rooms.some(seen.kind for seen in glance.seen), now_ms=now_ms(), place=place
            )
            if glance is not None
            else Known(cloud=cloud, now_ms=now_ms(), place=place)
        )

    # --- the start -----------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return ListingScreen(self.rooms.first_kind)

    def on_load(self) -> None:
        loop = asyncio.get_running_loop()
        # Also what else blocks on a disk (a copy, a log) holds nobody up who leaves.
        loop.set_default_executor(Pool())
        # From Python 3.12 on the library has tasks begin inside of what begins them: an answer that
        # is there at once would come before the question stands. On 3.9, and in a test, none does.
        loop.set_task_factory(None)

    def on_ready(self) -> None:
        self.set_interval(LOOK_ROUND_S, self.lock.look_round, name="alone")

    def shown(self) -> None:
        """The first screen is whole: open the rest as soon as it is painted."""
        if not self._is_shown:
            self._is_shown = True
            self.call_after_refresh(self.run_worker, self._open(), name="open", group="station")

    async def _open(self) -> None:
        """Open the station and watch until the end."""
        await start.painted(self)
        start.go_on()
        await start.load(lambda: self.rooms.kinds)
        self.rooms = replace(self.rooms, is_whole=True)
        try:
            station = await self._opener()
        except StxError as error:
            self._fail(error)
            return
        self.station, self.trouble = station, None
        self.lock.begin(Alone(station.settings, self._now_ms))
        # What is remembered stays in sight until it was read anew.
        for (name, parent), reading in self.known.readings.items():
            if not station.watch.known.has(name, parent):
                station.watch.put(reading)
        self.known = station.watch.known
        station.watch.listen(self._hear)
        for name in self.rooms.banner_needs:
            station.watch.look(name)
        for screen in self.screen_stack:
            screen.post_message(StationOpened())
        self._tell(None)
        if self._begin is not None:
            self.run_worker(doing.begin(self, station, self._begin), name="begin")
        await station.run()

    def _fail(self, error: StxError) -> None:
        """Say on every listing why there is no station; what is remembered stays."""
        self.trouble = Verdict(word="CANNOT", text=str(error), more=error.advice, tone=Tone.BAD)
        self._tell(None)

    def run_worker(self, work: Any, *more: Any, **how: Any) -> Any:
        """Have it done; a defect in it ends it alone."""
        return super().run_worker(work, *more, **{"exit_on_error": False, **how})

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect of ours ends the worker, not the console; it is said where the verdict is."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            words = f"{type(error).__name__}: {error}"
            more = f"a defect of this program, in {event.worker.name!r}; please report it"
            self.trouble = Verdict(word="CANNOT", text=words, more=more, tone=Tone.BAD)
            self._tell(None)

    def _fatal_error(self) -> None:
        """Leave, and say where the defect is: the library would show what each variable held."""
        self.bell()
        self._exit_renderables.append(Text("\n".join(map(clean, format_exc().splitlines()))))
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        if self.station is not None:
            await self.station.close()

    # --- what is known -------------------------------------------------------------------------

    def _hear(self, known: Known, reading: Optional[Reading[Any]]) -> None:
        before, self.known = self.known, known
        if reading is not None:
            self.heard.note(reading)
            start.set_aside(reading)
        # That only time went on is shown no faster than the line can carry.
        is_due = time.monotonic() - self._told_s >= interval_s(self, 0.0)
        if is_due or is_news(before, known, reading):
            self._tell(reading)
        if reading is not None:
            self.trust.heard(reading.error)

    def say(self, words: str) -> None:
        """Say something where the keys stand, if a listing is on top."""
        if isinstance(self.screen, ListingScreen):
            self.screen.say(words)

    def _tell(self, reading: Optional[Reading[Any]]) -> None:
        self._told_s = time.monotonic()
        for screen in self.screen_stack[-1:]:
            screen.post_message(KnownChanged(self.known, reading))

    # --- from one screen to another ------------------------------------------------------------

    def push_screen(self, screen: Any, *more: Any, **how: Any) -> Any:
        """Open a screen; beneath the lock where that is on."""
        if not self.lock.is_on:
            return super().push_screen(screen, *more, **how)
        with self.lock.aside():
            return super().push_screen(screen, *more, **how)

    def go(self, name: str, row: str = "") -> str:
        """List the kind of that name, or open the row of it; return why not, or nothing."""
        return going.go(self, name, row)

    def open(self, jump: Jump) -> str:
        """Open a row, or the list of its kind; return why not, or nothing."""
        return going.open_jump(self, jump)

    def open_logs(self, logs: Logs) -> None:
        """Open logs at their moment."""
        from stx_tui.screens.stream import StreamScreen

        self.push_screen(StreamScreen(logs))

    async def open_stream(self, stream: Stream) -> Log:
        """Open a stream for a screen. Raises ``StxError``."""
        if self.station is not None:
            return await self.station.open(stream)
        from backend.listening import open_here

        return await open_here(stream)

    async def action_area(self, digit: str) -> None:
        await going.to_area(self, digit)

    async def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.action_ask_quit()

    def action_ask_quit(self) -> None:
        if not isinstance(self.screen, QuitScreen) and not self.lock.is_on:
            self.push_screen(QuitScreen())

    def action_keys(self) -> None:
        from stx_tui.screens.keys import KeysScreen

        kind = getattr(self.screen, "kind", None)
        bindings = tuple(active.binding for active in self.screen.active_bindings.values())
        self.push_screen(KeysScreen(bindings, kind))

    def action_history(self) -> None:
        from stx_tui.screens.history import HistoryScreen

        self.push_screen(HistoryScreen())

    def action_repaint(self) -> None:
        """Paint all anew: a kernel's message may stand where no program knows of it."""
        repaint(self)
        self.screen.refresh(layout=True)

    # --- what any screen may ask; each returns what to say, or nothing -------------------------

    def offer_acts(self, kind: Kind[Any], row_ids: Tuple[str, ...], of: str = "") -> str:
        """Open what can be done with these rows, and what can't, and why."""
        return doing.offer_acts(self, kind, row_ids, of)

    def act(self, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]) -> str:
        """Ask to confirm an action; what harms nobody and asks nothing is done at once."""
        return doing.act(self, kind, action, row_ids)

    def ask_again(self, kind: Kind[Any], parent: str = "") -> str:
        """Read a kind now."""
        return doing.ask_again(self, kind, parent)

    def copy(self, command: str) -> str:
        """Give a command to the terminal's clipboard where it is known to have one."""
        return doing.copy(self, command)

    # --- left alone ----------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """Remember that somebody typed, and give it to where it belongs when that is there."""
        if not isinstance(event, (events.Key, events.Paste)):
            await super().on_event(event)
            return
        self.lock.used()
        if not self._ahead.take(event):
            await super().on_event(event)
            self._ahead.used(event)
