"""The console: holds the station and what is known, and opens one screen from another."""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Mapping, Optional, Tuple, Type

from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from backend.clean import clean
from backend.errors import Refused, StxError
from backend.figure import Jump
from backend.kind import Action, Kind, Nothing, Risk
from backend.known import Known, Reading
from backend.place import Place, find_place
from backend.tone import Tone, Verdict
from stx_tui import keys, theme
from stx_tui.messages import KnownChanged, StationOpened
from stx_tui.rooms import Rooms, all_rooms
from stx_tui.screens.listing import ListingScreen
from stx_tui.screens.locked import LockedScreen
from stx_tui.screens.quit import QuitScreen

if TYPE_CHECKING:
    from backend.station import Station
    from backend.store.glance import Glance

Opener = Callable[[], Awaitable["Station"]]
# Screens that may stand on each other before the oldest listing is forgotten.
DEEPEST = 12
# How often it is looked whether somebody is still there, in seconds.
LOOK_ROUND_S = 5.0


def system_ms() -> int:
    """Return now, in epoch ms."""
    return time.time_ns() // 1_000_000


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
    ) -> None:
        """``glance`` is the last known state; ``opener`` opens the rest after the first paint.

        ``keymap`` binds what ``keys`` names to other keys: ``{"filter": "f"}``.
        """
        super().__init__(driver_class=driver_class, ansi_color=True)
        self.theme = theme.GROUND
        self.animation_level = "none"
        self.rooms = rooms or all_rooms()
        self.set_keymap(dict(keymap or {}))
        self.station: Optional[Station] = None
        self.trouble: Optional[Verdict] = None
        self._opener = opener
        self._now_ms = now_ms
        self._used_ms = now_ms()
        place = place or find_place()
        self.known = (
            glance.known(self.rooms.by_name, now_ms=now_ms(), place=place)
            if glance is not None
            else Known(cloud="", now_ms=now_ms(), place=place)
        )

    # --- the start -----------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return ListingScreen(self.rooms.areas[0].kinds[0])

    def on_ready(self) -> None:
        self.set_interval(LOOK_ROUND_S, self._look_round, name="alone")
        self.run_worker(self._open(), name="open", group="station", exit_on_error=False)

    async def _open(self) -> None:
        """Open the station and watch until the end."""
        try:
            station = await self._opener()
        except StxError as error:
            self._fail(error)
            return
        self.station = station
        self.trouble = None
        self.known = station.watch.known
        station.watch.listen(self._hear)
        for screen in self.screen_stack:
            screen.post_message(StationOpened())
        for name in self.rooms.banner_needs:
            station.watch.look(name)
        self._tell(None)
        await station.watch.run()

    def _fail(self, error: StxError) -> None:
        """Say on every listing why there is no station; what is remembered stays."""
        word = "CANNOT"
        self.trouble = Verdict(word=word, text=str(error), more=error.advice, tone=Tone.BAD)
        self._tell(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A defect of ours ends the worker, not the console; it is said where the verdict is."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            words = f"{type(error).__name__}: {error}"
            more = f"a defect of this program, in {event.worker.name!r}; please report it"
            self.trouble = Verdict(word="CANNOT", text=words, more=more, tone=Tone.BAD)
            self._tell(None)

    async def on_unmount(self) -> None:
        if self.station is not None:
            await self.station.close()

    # --- what is known -------------------------------------------------------------------------

    def _hear(self, known: Known, reading: Optional[Reading[Any]]) -> None:
        self.known = known
        self._tell(reading)

    def _tell(self, reading: Optional[Reading[Any]]) -> None:
        self.screen.post_message(KnownChanged(self.known, reading))

    # --- from one screen to another ------------------------------------------------------------

    def go(self, name: str, row: str = "") -> str:
        """List the kind of that name, with the cursor on ``row``; return why not, or nothing."""
        kind = self.rooms.kind(name) or next(map(self.rooms.kind, self.rooms.named(name)), None)
        if kind is None:
            return f"there is no kind {clean(name)!r}; : and Tab lists them"
        found = kind.find(self.known.rows(kind.name), row) if row else None
        if row and found is not None:
            return self.open(Jump(kind=kind.name, id=kind.id(found)))
        self._list(kind, row)
        return f"no {kind.singular} {clean(row)!r} is known" if row else ""

    def open(self, jump: Jump) -> str:
        """Open a row, or the list of its kind; return why not, or nothing."""
        kind = self.rooms.kind(jump.kind)
        if kind is None:
            return f"there is no kind {clean(jump.kind)!r}"
        if not jump.id:
            self._list(kind)
            return ""
        from stx_tui.screens.detail import DetailScreen

        self.push_screen(DetailScreen(kind, jump.id))
        return ""

    def _list(self, kind: Kind[Any], row_id: str = "") -> None:
        top = self.screen
        if isinstance(top, ListingScreen) and top.kind is kind and not top.of:
            if row_id:
                top.table.move_to(row_id)
            return
        if len(self.screen_stack) >= DEEPEST:
            self.screen_stack[1].remove()
        self.push_screen(ListingScreen(kind, row_id=row_id))

    async def action_area(self, digit: str) -> None:
        area = self.rooms.area(digit)
        if area is None:
            return
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        bottom = self.screen
        if not (isinstance(bottom, ListingScreen) and bottom.kind is area.kinds[0]):
            await self.switch_screen(ListingScreen(area.kinds[0]))

    async def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.action_ask_quit()

    def action_ask_quit(self) -> None:
        if not isinstance(self.screen, (QuitScreen, LockedScreen)):
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
        repaint = getattr(self._driver, "repaint", None)
        if repaint is not None:
            repaint()
        self.screen.refresh(layout=True)

    # --- acts ----------------------------------------------------------------------------------

    def offer_acts(self, kind: Kind[Any], row_ids: Tuple[str, ...]) -> str:
        """Open what can be done with these rows; return why not, or nothing."""
        if self.station is None:
            return self._not_open()
        from stx_tui.screens.actions import ActionsScreen

        self.push_screen(ActionsScreen(kind, row_ids))
        return ""

    def act(self, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]) -> str:
        """Ask to confirm an action, or do at once what harms nobody; return why not."""
        if self.station is None:
            return self._not_open()
        from stx_tui.screens.act import ActScreen

        if action.form is Nothing:
            try:
                preview = self.station.acts.preview(kind, action, row_ids, Nothing())
            except Refused as error:
                return str(error)
            if preview.risk is Risk.HARMLESS and not preview.blocked and not preview.wants:
                self.run_worker(self._do(preview), name=preview.title, exit_on_error=False)
                return ""
        self.push_screen(ActScreen(kind, action.name, row_ids))
        return ""

    async def _do(self, preview: Any) -> None:
        assert self.station is not None
        try:
            deeds = await self.station.acts.do(preview, typed="", why="")
        except Refused as error:
            self._said(str(error))
            return
        answers = [f"{deed.outcome.value} {deed.answer}".strip() for deed in deeds]
        self._said(f"{preview.title}: {', '.join(answers)}")

    def _said(self, words: str) -> None:
        if isinstance(self.screen, ListingScreen):
            self.screen.say(words)

    def _not_open(self) -> str:
        return (
            self.trouble.text if self.trouble else "not connected yet: what is shown is remembered"
        )

    # --- what the keys of a listing want -------------------------------------------------------

    def copy(self, command: str) -> str:
        """Give a command to the terminal's clipboard where it has one; return what to show."""
        profile = getattr(self._driver, "profile", None)
        if profile is not None and profile.abilities.clipboard:
            self.copy_to_clipboard(command)
            return f"copied: {command}"
        return command

    def ask_again(self, kind: Kind[Any], parent: str = "") -> str:
        """Read a kind now."""
        if self.station is None:
            return self._not_open()
        self.run_worker(
            self.station.watch.read_now(kind.name, parent), name="read", exit_on_error=False
        )
        return f"asking for {kind.name} ..."

    def set_baseline(self) -> str:
        """From now on, what comes is new."""
        if self.station is None:
            return self._not_open()
        self.run_worker(self._set_baseline(), name="baseline", exit_on_error=False)
        return ""

    async def _set_baseline(self) -> None:
        assert self.station is not None
        try:
            await self.station.store.set_baseline(self.known)
        except StxError as error:
            self._said(str(error))
        else:
            self._said("from now on, what comes is new")

    # --- left alone ----------------------------------------------------------------------------

    async def on_event(self, event: Any) -> None:
        """Remember when somebody last typed."""
        if getattr(event, "key", None) is not None:
            self._used_ms = self._now_ms()
        await super().on_event(event)

    def _look_round(self) -> None:
        settings = self.station.settings if self.station is not None else None
        if settings is None or settings.auth is None or isinstance(self.screen, LockedScreen):
            return
        after_s = settings.lock_after_s or 0
        if after_s and self._now_ms() - self._used_ms >= after_s * 1000:
            self.push_screen(LockedScreen(self._is_password))

    async def _is_password(self, typed: str) -> bool:
        assert self.station is not None
        assert self.station.settings.auth is not None
        # A password_command may take its time.
        secret = await asyncio.to_thread(self.station.settings.auth.password.read)
        return hmac.compare_digest(typed.encode(), secret.text.encode())
