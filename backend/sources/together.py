"""Several questions at once: the first that fails ends the others."""

from __future__ import annotations

import asyncio
from typing import Awaitable, Iterable, List, TypeVar

T = TypeVar("T")


async def together(asked: Iterable[Awaitable[T]]) -> List[T]:
    """Return what each answers, in their order; raises the first error, and then none goes on.

    ``asyncio.gather`` alone leaves the others under way: of ten thousand tags those of a registry
    that went away would be asked for hours, and by the next poll once more.
    """
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
