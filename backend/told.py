"""What a source that goes on telling says at once: objects that are so, and those that are gone."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import AsyncGenerator, AsyncIterator, Protocol, Tuple

from backend.mask import Body


@dataclass(frozen=True)
class Told:
    """Some objects of one kind; without any it says that what was told before still holds.

    A list ``begins`` with one and ``ends`` with one, perhaps the same: what was there before and
    was not told in between is gone then. Between lists ``gone`` are the ids of what went.
    """

    bodies: Tuple[Body, ...] = ()
    gone: Tuple[str, ...] = ()
    begins: bool = False
    ends: bool = False


Telling = AsyncGenerator[Told, None]


@asynccontextmanager
async def telling(source: Telling) -> AsyncIterator[Telling]:
    """Hear it within the block; what it holds open is closed with it (Python 3.9 has no such)."""
    try:
        yield source
    finally:
        await source.aclose()


class Teller(Protocol):
    """Tells of one kind for as long as it is asked, and knows where it stopped."""

    def tell(self) -> Telling:
        """Go on telling; raises the errors of ``backend.errors``, and can be called again then."""
