"""Keys typed ahead: to open a line or a screen takes a moment, and the next key is for it."""

from __future__ import annotations

from typing import Any, Optional, Tuple
from weakref import WeakKeyDictionary

from textual import events
from textual.screen import Screen
from textual.widget import Widget


class TypedAhead:
    """Finds keys that were given to a screen before another opened, or a widget got the focus.

    The library gives a key to whatever has the focus when it arrives, and looks for its verb where
    it is by then. "/" and a letter in one packet are two keys for the screen; the letter would come
    back from it as a verb. So would the keys behind the one that opens a dialog, which is deaf.
    """

    def __init__(self) -> None:
        self._given: WeakKeyDictionary[events.Key, Tuple[Screen[Any], Optional[Widget]]]
        self._given = WeakKeyDictionary()

    def pass_on(self, key: events.Key, screen: Screen[Any], focused: Optional[Widget]) -> bool:
        """Give a key that nobody used to what would have it by now; return whether it was."""
        if not key.is_forwarded:
            self._given[key] = screen, focused
            return False
        before, was_focused = self._given.get(key, (screen, None))
        if before is screen and focused in (None, was_focused):
            return False
        self._given[key] = screen, focused
        if focused is not None:
            focused._forward_event(key)
        else:
            screen.post_message(key)
        return True
