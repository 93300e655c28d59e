"""What waits for the first screen: the collector, the libraries, the screens not yet asked for."""

from __future__ import annotations

import asyncio
import gc
import sys
from importlib import import_module
from typing import Any, Callable

from backend.known import Reading
from stx_tui.terminal import far

# How long the first screen may keep the rest waiting: a line of 9600 baud takes two seconds for it.
_PAINT_S = 0.05
_LOOK_S = 0.002
# How long one thread may keep the interpreter from another: at 5 ms as shipped, a key pressed while
# a thread reads an answer waits two of them.
_TURN_S = 0.001

# Rounds of the middle generation before all is looked through: ten as shipped.
_ROUNDS = 100
# A reading with so many new rows is worth setting aside.
_MANY = 250

# What a station needs, and what the first request and the first keys do.
_LATER = (
    "backend.station",
    "backend.store.store",
    "backend.sources.keystone",
    "backend.sources.rest",
    "backend.sources.bodies",
    "stx_tui.screens.detail",
    "stx_tui.screens.actions",
    "stx_tui.screens.act",
    "stx_tui.screens.history",
    "stx_tui.screens.keys",
)


def go_on() -> None:
    """Collect from now on, but seldom through all, and never through what was loaded: it stays.

    Rows are trees without cycles: they go when nobody holds them. A look through those of 10,000
    hosts finds nothing and takes 200 ms in which no key is answered.
    """
    gc.freeze()
    young, middle, _old = gc.get_threshold()
    gc.set_threshold(young, middle, _ROUNDS)
    gc.enable()
    sys.setswitchinterval(_TURN_S)


def set_aside(reading: Reading[Any]) -> None:
    """Let the collector not look through rows that just came, where they are many."""
    if len(reading.changed) >= _MANY:
        gc.freeze()


async def painted(app: Any) -> None:
    """Return when the far screen has what was painted, or soon: loading takes the interpreter."""
    driver = far(app)
    loop = asyncio.get_running_loop()
    until = loop.time() + _PAINT_S
    # Looked at, not waited for: what sends is a thread that knows no event loop.
    while driver is not None and not driver.settled and loop.time() < until:  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_S)


async def load(declared: Callable[[], object]) -> None:
    """Import on a thread what the first screen does without: keys are answered meanwhile.

    ``declared`` loads the kinds that nobody has asked for yet.
    """

    def work() -> None:
        for name in _LATER:
            import_module(name)
        declared()

    await asyncio.to_thread(work)
