"""Certificates and host keys that nobody vouches for: each is shown once, pinned if accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Set

from backend.errors import StxError, Untrusted

if TYPE_CHECKING:
    from stx_tui.app import StxApp


class Trust:
    """Asks whoever sits there, one question for each; what changed is not asked about at all."""

    def __init__(self, app: StxApp) -> None:
        """Nothing is asked before a station is there to keep the answer."""
        self._app = app
        self._asked: Set[Untrusted] = set()

    def heard(self, error: Optional[StxError]) -> None:
        """Ask about what a reading met, the first time; what is accepted is read again at once."""
        if self._app.lock.is_on:
            return  # who only plugs in vouches for nothing; the next reading asks
        if isinstance(error, Untrusted) and not error.pinned and error not in self._asked:
            self._asked.add(error)
            self._app.run_worker(self._ask(error), name="trust")

    async def accepts(self, error: Untrusted) -> bool:
        """Show it, and return whether it was accepted, and is pinned now."""
        from stx_tui.screens.trust import TrustScreen

        if error.pinned or self._app.station is None:
            return False
        if not await self._app.push_screen_wait(TrustScreen(error)):
            return False
        self._app.station.lookout.accept(error)
        return True

    async def _ask(self, error: Untrusted) -> None:
        if await self.accepts(error) and self._app.station is not None:
            for name in self._app.rooms.banner_needs:
                await self._app.station.watch.read_now(name)
