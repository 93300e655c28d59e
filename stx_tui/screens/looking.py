"""What is looked at in logs: the end, a time, what is bad, what has a text in it, one log alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Optional

from backend.kinds.log_adding import NEEDS
from backend.logs.reader import Reader
from stx_tui.panes.status import FootPane
from stx_tui.panes.stream import StreamPane
from stx_tui.screens.screen import ConsoleScreen

if TYPE_CHECKING:
    from stx_tui.app import StxApp

# How long typing in the filter must pause before it is searched.
PAUSE_S = 0.15


class LookingScreen(ConsoleScreen[None], inherit_bindings=False):
    """A screen of logs as far as it looks at them; each look ends the one before."""

    def __init__(self) -> None:
        super().__init__()
        self._reader: Optional[Reader] = None
        self._follows = False

    @property
    def pane(self) -> StreamPane:
        """The lines."""
        return self.query_one(StreamPane)

    def _show(self) -> None:
        """Say where one is."""
        # Textual's metaclass leaves no room for an abstract method.
        raise NotImplementedError(f"{type(self).__name__} does not say where one is")

    async def _more(self, *, up: bool) -> None:
        reader = self._reader
        if reader is None:
            return
        came = await (reader.more_up() if up else reader.more_down())
        if came:
            self.pane.show(reader.view.lines)
            self._show()

    def _look(self, work: object) -> None:
        self.run_worker(work, name="look", group="look", exclusive=True)
        self._show()

    async def _to_last(self) -> None:
        reader = self._reader
        if reader is not None and await reader.to_last():
            self.pane.show(reader.view.lines, max(len(reader.view.lines) - 1, 0))
            self._show()

    async def _to_first(self) -> None:
        reader = self._reader
        if reader is not None and await reader.to_first():
            self.pane.show(reader.view.lines, 0)
            self._show()

    async def _go_to(self, ms: int) -> None:
        reader = self._reader
        if reader is None:
            return
        index = await reader.to_time(ms)
        if index is not None:
            self.pane.show(reader.view.lines, index)
            self._show()

    async def _to_bad(self, *, back: bool) -> None:
        reader = self._reader
        if reader is None:
            return
        index = await reader.next_bad(self.pane.line, back=back)
        if index is None:
            where = "before" if back else "after"
            self.query_one(FootPane).say(f"no line {where} this one says it is bad")
        else:
            self.pane.show(reader.view.lines, index)
        self._show()

    async def _search(self, text: str, *, pause_s: float = PAUSE_S) -> None:
        await asyncio.sleep(pause_s)
        reader = self._reader
        if reader is None:
            return
        anchor = None if self._follows else self.pane.line
        self.pane.empty = f"no line has {text!r} in it" if text else "there is nothing in it"
        index = await reader.search(text, anchor)
        if index is None:
            return
        self.pane.show(reader.view.lines, index)
        self._show()
        if text and reader.matching is None:
            self.run_worker(self._count(reader), name="count", group="count", exclusive=True)

    async def _count(self, reader: Reader) -> None:
        if await reader.count() is not None:
            self._show()

    async def _to_only(self) -> None:
        """Look at the log of the cursor's line alone, or at all again."""
        reader, here = self._reader, self.pane.line
        if reader is None or here is None:
            return
        index = await reader.only("" if reader.view.only else here.log, here)
        if index is not None:
            self.pane.show(reader.view.lines, index)
            self._show()


async def read_beside(console: StxApp) -> None:
    """Read which pods and baseboards there are, where nobody did."""
    if console.station is not None:
        for name in NEEDS:
            if not console.known.has(name):
                await console.station.watch.read_now(name)
