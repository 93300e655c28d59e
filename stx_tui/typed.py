"""Keys typed ahead: to open a line to type in takes a moment, and the next key is text already."""

from __future__ import annotations

from typing import Optional
from weakref import WeakKeyDictionary

from textual import events
from textual.widget import Widget


class TypedAhead:
    """Finds keys that were given to a screen before the focus went to a widget of it.

    The library gives a key to whatever has the focus when it arrives. "/" and a letter in one
    packet are two keys for the screen; the letter would come back from it as a verb.
    """

    def __init__(self) -> None:
        self._given: WeakKeyDictionary[events.Key, Optional[Widget]] = WeakKeyDictionary()

    def pass_on(self, key: events.Key, focused: Optional[Widget]) -> bool:
        """Give a key that nobody used to what has the focus by now; return whether it was."""
        if not key.is_forwarded:
            self._given[key] = focused
            return False
        if focused is None or self._given.get(key) is focused:
            return False
        self._given[key] = focused
        focused._forward_event(key)
        return True
