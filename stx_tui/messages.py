"""What the console's parts say to each other."""

from __future__ import annotations

from typing import Any, Optional

from textual.message import Message

from backend.known import Known, Reading


class KnownChanged(Message):
    """More is known, or time went on: posted to the screen on top after each reading.

    ``reading`` is None when only memory or time changed. A screen that was covered reads
    ``app.known`` when it is resumed.
    """

    bubble = False

    def __init__(self, known: Known, reading: Optional[Reading[Any]]) -> None:
        super().__init__()
        self.known = known
        self.reading = reading

    def can_replace(self, message: Message) -> bool:
        """Only the newest is worth painting: each holds all that is known."""
        return isinstance(message, KnownChanged)


class StationOpened(Message):
    """The network and the record are there: posted once to every screen of the stack."""

    bubble = False


class RowChosen(Message):
    """The table's cursor stands on another row than before ("": on none)."""

    def __init__(self, row_id: str) -> None:
        super().__init__()
        self.row_id = row_id


class FilterTyped(Message):
    """The text rows must contain; ``done`` when the prompt closed."""

    def __init__(self, text: str, *, done: bool = False) -> None:
        super().__init__()
        self.text = text
        self.done = done


class PlaceNamed(Message):
    """Somebody typed where to go: a kind's name or alias, perhaps a row's name after it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class PromptLeft(Message):
    """The prompt was closed and nothing is wanted of it."""
