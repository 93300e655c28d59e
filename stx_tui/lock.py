"""The lock of a console that was left alone: nothing lies over it, whatever opens meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Optional

from stx_tui.screens.locked import LockedScreen

if TYPE_CHECKING:
    from stx_tui.alone import Alone
    from stx_tui.app import StxApp


class Lock:
    """On top of all screens while it is on; what opens by itself then opens beneath it."""

    def __init__(self, app: StxApp) -> None:
        """It is never on before ``begin``."""
        self._app = app
        self._alone: Optional[Alone] = None
        self._screen: Optional[LockedScreen] = None

    @property
    def is_on(self) -> bool:
        """Whether nobody is let at anything now."""
        return self._screen is not None and self._screen in self._app.screen_stack

    def begin(self, alone: Alone) -> None:
        """Count from now on; ``alone`` knows for how long nobody typed, and the password."""
        self._alone = alone

    def used(self) -> None:
        """Somebody typed."""
        if self._alone is not None:
            self._alone.used()

    def look_round(self) -> None:
        """Lock where nobody typed for long enough."""
        if self._alone is not None and self._alone.is_long and not self.is_on:
            self._screen = LockedScreen(self._alone.is_password)
            self._app.push_screen(self._screen)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let screens come and go beneath it: it is on top again before anything is painted.

        A log that took its time to be found, or a session to be opened, comes to a console that
        was locked meanwhile.
        """
        lock = self._screen if self.is_on else None
        if lock is None:
            yield
            return
        self._app.pop_screen()
        try:
            yield
        finally:
            self._app.push_screen(lock)
