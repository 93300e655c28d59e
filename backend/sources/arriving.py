"""A log that arrives while it is open: asked for on the event loop until it is closed."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Callable

from backend.logs.gathered import Gathered

# How long an answer that began may pause before what came is shown, and all of that, in seconds.
PAUSE_S, OPEN_S = 0.2, 2.0


class Arriving(Gathered):
    """What arrives while it is open; ``close`` ends the asking."""

    def __init__(self, name: str, arrives: Callable[[], AsyncIterator[bytes]], **more: Any) -> None:
        """Begin to ask; to be made on the event loop."""
        super().__init__(name, arrives, **more)
        self._loop = asyncio.get_running_loop()
        self.task = asyncio.ensure_future(self._ask())

    async def _ask(self) -> None:
        # Not before whoever makes it has it: the console's tasks begin at once, within that.
        await asyncio.sleep(0)
        await self.gather()

    def close(self) -> None:
        """Ask no more; from any thread."""
        self._loop.call_soon_threadsafe(self.task.cancel)
        super().close()

    async def end(self) -> None:
        """Ask no more, and return when nothing is under way."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def begun(self, within_s: float = OPEN_S) -> None:
        """Return when what was there has come; raises why nothing can, and asks no more then."""
        try:
            await self.opened(within_s)
        except BaseException:  # cancelled too: nobody else knows of what it holds yet
            await self.end()
            raise

    async def opened(self, within_s: float = OPEN_S) -> None:
        """Return when what was there has come; raises why nothing can."""
        ends = self._loop.time() + within_s
        before = -1
        while not self.task.done() and self._loop.time() < ends and before != self.arrived:
            # Before the first line it is the far end that is waited for, then a pause.
            before = self.arrived or -1
            await asyncio.wait([self.task], timeout=PAUSE_S)
        if self.error is not None and not self.arrived:
            raise self.error
        if self.task.done():
            self.task.result()  # a defect of ours is raised where somebody waits
