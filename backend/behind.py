"""What the door asks of those behind it: the record, and the sources of its cloud."""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Protocol

from backend.channel import Channel
from backend.deed import Deed
from backend.mask import Json
from backend.plan import Session, Write


class Record(Protocol):
    """What the door asks of the store; each call returns when the disk has it."""

    async def open_deed(self, deed: Deed) -> Deed:
        """Write a new deed and return it with its number."""

    async def update_deed(self, deed: Deed) -> None:
        """Write how a deed stands."""

    async def mark(self, kind: str, row_id: str, values: Mapping[str, Optional[str]]) -> None:
        """Remember what somebody said of a row."""


class Wire(Protocol):
    """What the door asks of the cloud."""

    async def send(self, write: Write, told: Callable[[int, int], None]) -> Json:
        """Have one write done by the source it belongs to.

        ``told`` hears how many bytes of how many are on their way, where it carries a file.
        """

    async def connect(self, session: Session) -> Channel:
        """Have one session opened by the source it belongs to."""
