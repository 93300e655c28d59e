"""An open session as whoever sits before it has it: bytes and notices one way, bytes the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Awaitable, Callable, Protocol, Union

from backend.units import stopwatch


@dataclass(frozen=True)
class Notice:
    """What became of the line itself: dropped, reconnected, taken by somebody else.

    Words of ours or of the service; ``is_down`` as long as nothing typed would arrive.
    """

    words: str
    is_down: bool = False


Heard = Union[bytes, Notice]


class Channel(Protocol):
    """One open session. What it carries is raw: it goes through a terminal emulator, never out."""

    async def read(self) -> Heard:
        """Return what came next, waiting for it; ``b""`` once it is over for good."""

    async def write(self, data: bytes) -> None:
        """Send what was typed; raises ``Unreachable`` where the line is down."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the far end how large the screen is, where it can be told."""

    async def close(self) -> None:
        """End it; a second time does nothing."""


class Recorded:
    """A channel that tells at its end how long it stood and how much went over it; never what."""

    def __init__(
        self,
        channel: Channel,
        closed: Callable[[str], Awaitable[None]],
        now_ms: Callable[[], int],
    ) -> None:
        """``closed`` writes the words into the deed that opened it."""
        self._channel = channel
        self._closed = closed
        self._now_ms = now_ms
        self._began_ms = now_ms()
        self._heard = self._typed = 0
        self._is_over = False

    async def read(self) -> Heard:
        """Return what came next."""
        heard = await self._channel.read()
        self._heard += len(heard) if isinstance(heard, bytes) else 0
        return heard

    async def write(self, data: bytes) -> None:
        """Send what was typed."""
        await self._channel.write(data)
        self._typed += len(data)

    def resize(self, columns: int, rows: int) -> None:
        """Tell the far end how large the screen is."""
        self._channel.resize(columns, rows)

    async def close(self) -> None:
        """End it, and have that written; a second time does nothing."""
        if self._is_over:
            return
        self._is_over = True
        await self._channel.close()
        stood = stopwatch(self._now_ms() - self._began_ms)
        await self._closed(f"stood {stood}: {self._heard} bytes seen, {self._typed} typed")
