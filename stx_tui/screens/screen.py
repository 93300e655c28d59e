"""What every screen of the console has: the app, what is known, what it looks at, its last row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Generic, List, Optional, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from backend.known import Known
from stx_tui import keys
from stx_tui.panes.status import FootPane

if TYPE_CHECKING:
    from stx_tui.app import StxApp
    from stx_tui.panes.figure import FigurePane

T = TypeVar("T")


class ConsoleScreen(Screen[T], Generic[T], inherit_bindings=False):
    """A screen that sits before the station; what it looks at is polled until it looks away."""

    def __init__(self) -> None:
        super().__init__()
        self._looks: List[Callable[[], None]] = []

    @property
    def console(self) -> StxApp:
        """The app, which holds the station and what is known."""
        from stx_tui.app import StxApp

        assert isinstance(self.app, StxApp)
        return self.app

    @property
    def is_there(self) -> bool:
        """Whether its parts are there: what it meant to show later may come when it was left."""
        return self.is_mounted and self in self.app.screen_stack

    @property
    def known(self) -> Known:
        """All that is known."""
        return self.console.known

    def look_away(self) -> None:
        """Let nobody poll for what is not seen."""
        while self._looks:
            self._looks.pop()()

    async def on_unmount(self) -> None:
        self.look_away()

    def dismiss(self, result: Optional[T] = None) -> AwaitComplete:
        """Leave, where it is on top or beneath the lock: the library would take what else is."""
        if self.console.screen is self:
            return super().dismiss(result)
        with self.console.lock.aside():
            return super().dismiss(result) if self.console.screen is self else AwaitComplete()

    # --- work ----------------------------------------------------------------------------------

    def run_worker(self, work: Any, *more: Any, **how: Any) -> Any:
        """Have it done for as long as this screen is there; a defect in it ends it alone."""
        return super().run_worker(work, *more, **{"exit_on_error": False, **how})

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say a defect of ours: the library tells of it only where the work was begun."""
        self.console.on_worker_state_changed(event)
        if (
            event.state is WorkerState.ERROR
            and self.console.trouble is not None
            and self.is_mounted
        ):
            self.say(f"{self.console.trouble.text}; {self.console.trouble.more}")

    # --- keys ----------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move in the figure it shows, where it has keys for that; others say what they move."""
        self._figure.move(step)

    def action_page(self, step: int) -> None:
        """Move by so many screenfuls of it."""
        self._figure.move_page(step)

    @property
    def _figure(self) -> FigurePane:
        from stx_tui.panes.figure import FigurePane

        return self.query_one(FigurePane)

    # --- the last row --------------------------------------------------------------------------

    def say(self, words: str) -> None:
        """Say something in place of the keys ("" gives them back)."""
        self.query_one(FootPane).say(words)

    def show_keys(self, note: str = "") -> None:
        """Show the keys of where one is, and a note at their right."""
        bindings = (active.binding for active in self.active_bindings.values())
        room = self.size.width - 1 - len(note)
        self.query_one(FootPane).show(keys.footer(bindings, room) + note)
