"""Kinds whose source goes on telling: its list page by page, then what changes, as readings."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Collection, Dict, List, Optional, Set, Tuple

from pydantic import ValidationError

from backend.errors import NotConfigured, StxError
from backend.kind import Kind, Kube
from backend.known import Key, Reading
from backend.refresh import malformed, read_row
from backend.told import Teller, Told, telling

# Pauses after failures, in seconds: the first, and the longest; how often it is doubled at most.
FIRST_S, CEILING_S, DOUBLED = 1.0, 30.0, 5
# How long nobody need look before a feed ends: going away and back lists nothing anew.
LINGER_S = 60.0

Tellers = Callable[[Kube], Teller]
Heard = Callable[[Kind[Any], Reading[Any]], None]


class Feed:
    """One kind as it is told; ``run`` says each reading until cancelled.

    While a list comes, what was there before stays until the list has ended without it.
    """

    def __init__(
        self,
        kind: Kind[Any],
        last: Reading[Any],
        teller: Teller,
        now_ms: Callable[[], int],
        heard: Heard,
    ) -> None:
        """``last`` is what was known before; ``heard`` is told each reading."""
        self.reading = last
        self.settled = asyncio.Event()
        self._kind = kind
        self._teller = teller
        self._now_ms = now_ms
        self._heard = heard
        self._rows: Dict[str, Any] = dict(last.by_id)
        self._untold: Optional[Set[str]] = None
        self._malformed: List[StxError] = []

    async def run(self, jitter: random.Random, is_looked_at: Callable[[], bool]) -> None:
        """Hear until cancelled; after a failure the rows stay, and it is asked again.

        Where nobody looks by when the list is whole, or failed, that is all.
        """
        failures = 0
        while True:
            try:
                async with telling(self._teller.tell()) as said:
                    async for told in said:
                        failures = 0
                        if self._say(await asyncio.to_thread(self._take, told), is_looked_at):
                            return
            except StxError as error:
                now_ms = self._now_ms()
                last = replace(self.reading, error=error, tried_ms=now_ms, changed=(), gone=())
                if self._say(last, is_looked_at):
                    return
                failures += 1
                # What is not there at all is not asked for over and over.
                is_absent = isinstance(error, NotConfigured)
                pause_s = min(FIRST_S * 2.0 ** min(failures, DOUBLED), CEILING_S)
                await asyncio.sleep(
                    (CEILING_S if is_absent else pause_s) * jitter.uniform(0.8, 1.2)
                )

    def _say(self, reading: Reading[Any], is_looked_at: Callable[[], bool]) -> bool:
        """Tell a reading; return whether it was what was asked for, and nobody hears more."""
        self.reading = reading
        is_settled = reading.error is not None or self._untold is None
        is_enough = is_settled and not self.settled.is_set() and not is_looked_at()
        if is_settled:
            self.settled.set()
        self._heard(self._kind, reading)
        return is_enough

    def _take(self, told: Told) -> Reading[Any]:
        """Return the reading after what was told; on a thread, for a page takes tens of ms."""
        if told.begins:
            self._untold = set(self._rows)
            self._malformed = []
        changed, is_same = self._put(told)
        gone = [row_id for row_id in told.gone if self._rows.pop(row_id, None) is not None]
        if told.ends and self._untold is not None:
            if not self._malformed:
                # A row that cannot be read is not a row that is gone.
                gone += self._untold
                for row_id in self._untold:
                    del self._rows[row_id]
            self._untold = None
        return self._reading(changed, gone, is_same=is_same and not gone)

    def _put(self, told: Told) -> Tuple[List[str], bool]:
        """Take the objects told; return the ids of those that say something new, and if none is."""
        changed: List[str] = []
        is_same = True
        for index, body in enumerate(told.bodies):
            try:
                row, is_news = read_row(self._kind, self._rows, body)
            except ValidationError as error:
                self._malformed.append(malformed(self._kind, index, error))
                continue
            row_id = self._kind.id(row)
            if self._untold is not None:
                self._untold.discard(row_id)
            if is_news:
                changed.append(row_id)
            is_same = is_same and self._rows.get(row_id) is row
            self._rows[row_id] = row
        return changed, is_same

    def _reading(self, changed: List[str], gone: List[str], *, is_same: bool) -> Reading[Any]:
        last, now_ms = self.reading, self._now_ms()
        is_whole = self._untold is None
        return replace(
            last,
            rows=last.rows if is_same else tuple(self._rows.values()),
            by_id=last.by_id if is_same else MappingProxyType(dict(self._rows)),
            at_ms=now_ms if is_whole else last.at_ms,
            tried_ms=now_ms,
            error=None,
            changed=tuple(changed),
            gone=tuple(gone),
            is_remembered=last.is_remembered and not is_whole,
            malformed=tuple(self._malformed),
        )


class Feeds:
    """The feeds of one cloud: begun when somebody looks, ended when nobody did for a while."""

    def __init__(
        self,
        tellers: Optional[Tellers],
        now_ms: Callable[[], int],
        heard: Heard,
        seed: Optional[int] = None,
    ) -> None:
        """Without ``tellers`` nothing is heard: such a kind is polled as any other."""
        self._tellers = tellers
        self._now_ms = now_ms
        self._heard = heard
        self._jitter = random.Random(seed)  # noqa: S311 - spreads questions, guards nothing
        self._feeds: Dict[Key, Tuple[Feed, asyncio.Task[None]]] = {}
        self._left_s: Dict[Key, float] = {}
        self._recorded_s: Dict[Key, float] = {}

    async def read(
        self, kind: Kind[Any], last: Reading[Any], is_looked_at: Callable[[], bool]
    ) -> Reading[Any]:
        """Return what is told of ``kind``, once its list is whole or failed.

        From then on it is heard, if somebody looks by then.
        """
        key = (kind.name, last.parent)
        if not self.hears(key):
            self._forget(key)
            assert isinstance(kind.read, Kube)
            assert self._tellers is not None
            feed = Feed(kind, last, self._tellers(kind.read), self._now_ms, self._heard)
            task = asyncio.ensure_future(feed.run(self._jitter, is_looked_at))
            self._feeds[key] = (feed, task)
        feed, task = self._feeds[key]
        settled = asyncio.ensure_future(feed.settled.wait())
        try:
            await asyncio.wait([settled, task], return_when=asyncio.FIRST_COMPLETED)
        finally:
            settled.cancel()
        if task.done():
            task.result()
        return feed.reading

    def tells(self, kind: Kind[Any]) -> bool:
        """Whether a kind can be heard."""
        return self._tellers is not None and isinstance(kind.read, Kube)

    def hears(self, key: Key) -> bool:
        """Whether a kind is heard now."""
        return key in self._feeds and not self._feeds[key][1].done()

    def _forget(self, key: Key) -> None:
        """Let a feed go that ended; raises what a defect of ours did to it."""
        _, task = self._feeds.pop(key, (None, None))
        self._left_s.pop(key, None)
        if task is not None:
            task.result()

    def is_to_record(self, kind: Kind[Any], reading: Reading[Any], now_s: float) -> bool:
        """Whether a reading is whole, and not of a kind that was recorded just now.

        What is told five times a second is written as often as it would be polled.
        """
        if not reading.was_read or reading.is_remembered:
            return False
        key = (kind.name, reading.parent)
        if key in self._feeds and now_s - self._recorded_s.get(key, -kind.every_s) < kind.every_s:
            return False
        self._recorded_s[key] = now_s
        return True

    def rest(self, looked_at: Collection[Key], now_s: float) -> None:
        """End the feeds nobody looked at for a while; raises what a defect of ours did to one."""
        for key, (_, task) in list(self._feeds.items()):
            if task.done():
                self._forget(key)
            elif key in looked_at:
                self._left_s.pop(key, None)
            elif now_s - self._left_s.setdefault(key, now_s) >= LINGER_S:
                task.cancel()
                del self._feeds[key], self._left_s[key]

    async def close(self) -> None:
        """Hear nothing more."""
        tasks = [task for _, task in self._feeds.values()]
        self._feeds.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
