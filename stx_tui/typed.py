"""Keys typed ahead: to open a line or to close a screen takes a moment, and the next key waits."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any, Deque, Optional, Union

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

Typed = Union[events.Key, events.Paste]


@dataclass(frozen=True)
class _Given:
    """What was given to ``screen``, or to the widget of it that had the focus.

    ``back`` is done when it came back, because nobody there stopped it, and its verb was done.
    """

    event: Typed
    screen: Screen[Any]
    focused: Optional[Widget]
    back: asyncio.Future[None]

    @property
    def target(self) -> Widget:
        return self.focused or self.screen

    @property
    def is_seen_to(self) -> bool:
        """Whether nobody has it, or what it set off, before him (none of ours waits midway)."""
        return not any(pump.message_queue_size for pump in self.target.ancestors_with_self)


class TypedAhead:
    """Gives what is typed to where it belongs, one after the other.

    The library gives a key to whatever has the focus when it arrives. Of two in one packet, or two
    that a busy machine reads together, the second is for what the first opens, or for what lies
    beneath what it closes: it is given when all has come about that the first set off.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: Deque[Typed] = deque()
        self._last: Optional[_Given] = None
        self._is_giving = False

    def take(self, event: Typed) -> bool:
        """Give what was typed, now or in its turn; False where it came back to have its verb done.

        One that comes back to another screen or focus than it was given to is for that.
        """
        if event.is_forwarded:
            last = self._last
            if last is None or last.event is not event or not self._is_elsewhere(last):
                return False
            self._give(event, last.back)
        elif not self._is_giving and (self._last is None or self._last.is_seen_to):
            self._give(event, asyncio.get_running_loop().create_future())
        else:
            self._waiting.append(event)
            if not self._is_giving:
                self._is_giving = True
                self._app.run_worker(self._give_rest(), name="keys", group="keys")
        return True

    def used(self, event: Typed) -> None:
        """Its verb, if it has one, was done."""
        if self._last is not None and self._last.event is event:
            self._last.back.set_result(None)
            self._last = None

    def _is_elsewhere(self, given: _Given) -> bool:
        screen, focused = self._app.screen, self._app.focused
        return given.screen is not screen or focused not in (None, given.focused)

    def _give(self, event: Typed, back: asyncio.Future[None]) -> None:
        given = _Given(event=event, screen=self._app.screen, focused=self._app.focused, back=back)
        self._last = given
        self._app.app_focus = True
        # Where it was before, the library stopped it beneath its sender, which is the app.
        event.stop(stop=False)
        event._set_forwarded()
        given.target.post_message(event)

    async def _give_rest(self) -> None:
        try:
            while self._waiting:
                if self._last is not None:
                    await self._come_about(self._last)
                back = asyncio.get_running_loop().create_future()
                self._give(self._waiting.popleft(), back)
        finally:
            self._is_giving = False

    async def _come_about(self, given: _Given) -> None:
        """Wait until all have seen to it or are gone, from where it was given up to the app."""
        for pump in (*given.target.ancestors_with_self, self._app):
            # Twice: what it set off there may have been put behind the first.
            for _time in range(2):
                await _seen_to(pump, given.back)


async def _seen_to(pump: MessagePump, back: asyncio.Future[None]) -> None:
    """Wait until a pump did all that it was given so far, or there is no need to."""
    seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if not back.done() and pump.call_later(partial(_done, seen)):
        ends = () if pump._task is None else (pump._task,)
        await asyncio.wait((seen, back, *ends), return_when=asyncio.FIRST_COMPLETED)


def _done(seen: asyncio.Future[None]) -> None:
    if not seen.done():
        seen.set_result(None)
