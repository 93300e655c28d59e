"""How long a derived kind waits for what it is made of."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Sequence

from backend.kind import Derived, Kind
from backend.known import Known, Reading
from backend.refresh import made_of

# How long a derived kind that knows something without them waits for the others, in seconds; and
# before it is drawn at all: what usually comes within that has no row jump in between.
ALONE_S, FIRST_S = 0.5, 2.0


def is_told_in_part(kind: Kind[Any], *, is_looked_at: bool) -> bool:
    """Whether what is known of a derived kind is told at once: the rest is worked in as it comes.

    Who looks once waits for all of it.
    """
    return isinstance(kind.read, Derived) and kind.read.partly and is_looked_at


async def came(
    kind: Kind[Any],
    reads: Sequence[asyncio.Future[Reading[Any]]],
    known: Callable[[], Known],
    *,
    is_partly: bool,
) -> None:
    """Wait for the readings of what a derived kind is made of.

    What knows something by itself, or tells the part that is known, does not wait for a service
    that hangs: it is worked out again when that answers. Of nothing at all no part is told.
    """
    if not reads:
        return
    is_alone = isinstance(kind.read, Derived) and kind.read.alone
    limit_s = ALONE_S if is_alone or is_partly else None
    if is_partly and not known().has(kind.name):
        limit_s = FIRST_S
    there, left = await asyncio.wait(reads, timeout=limit_s)
    while left and not (is_alone or any(known().has(name) for name in made_of(kind))):
        more, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        there |= more
    for one in there:
        one.result()  # a defect of ours is raised here too
