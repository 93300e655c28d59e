"""The only loop: polls what is looked at, sweeps the rest, backs off, speaks once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace
from types import MappingProxyType
from typing import Any, AsyncContextManager, Callable, Dict, List, Mapping, Optional, Set, Tuple

from backend.baseboard import Bmc
from backend.cables import CablePlan
from backend.errors import NotConfigured
from backend.feed import Feeds, Tellers
from backend.kind import Command, Derived, Kind, Reach
from backend.known import Key, Known, Memory, Reading
from backend.needs import came, is_told_in_part
from backend.pace import Pace
from backend.place import Place
from backend.refresh import Ask, derive, made_of, refresh, spare_of, unite
from backend.since import noted

log = logging.getLogger(__name__)

# Requests under way at once to one service: it answers a handful in parallel, not fifty; and one
# that hangs holds no other.
PARALLEL = 4
# How long what is under way may take at the end, in seconds.
GRACE_S = 1.5
# Parents asked at once for what answers only under one, and how often what came is shown, in s.
FAN_OUT, UNITE_S = 2, 0.5
# Machines that run a program at once: each works for itself, and one that hangs holds no other.
MACHINES = 64
# How often listeners hear that time went on, in seconds: idle, and while a deed is open.
TICK_S, TICK_RUNNING_S = 10.0, 1.0

Heard = Callable[[Known, Optional[Reading[Any]]], None]
Record = Callable[[Kind[Any], Reading[Any]], None]


class Watch:
    """Polls one cloud and holds what is known of it; ``known`` is replaced, never changed."""

    def __init__(
        self,
        kinds: Mapping[str, Kind[Any]],
        ask: Ask,
        *,
        cloud: str,
        place: Place,
        now_ms: Callable[[], int],
        record: Optional[Record] = None,
        read_only: bool = False,
        seed: Optional[int] = None,
        tellers: Optional[Tellers] = None,
    ) -> None:
        """``record`` is told each good reading; ``seed`` fixes the jitter of the back-off.

        Kinds of ``tellers`` are heard as they change while looked at, not polled.
        """
        self._kinds = kinds
        self._ask = ask
        self._now_ms = now_ms
        self._record = record
        self._under_way: Dict[Key, asyncio.Task[Reading[Any]]] = {}
        self._tasks: Set[asyncio.Task[Reading[Any]]] = set()
        # What tells of itself and waits for its turn, for nobody looked.
        self._queued: Set[Key] = set()
        self._listeners: List[Heard] = []
        self._woken = asyncio.Event()
        self._pace = Pace(kinds, self._woken, seed)
        self._limits: Dict[str, asyncio.Semaphore] = {}
        self._fan_out = asyncio.Semaphore(FAN_OUT)
        self._machines = asyncio.Semaphore(MACHINES)
        self._is_closing = False
        self._feeds = Feeds(tellers, now_ms, self._hear, seed)
        self.known = Known(cloud=cloud, now_ms=now_ms(), place=place, read_only=read_only)

    # --- who looks, who listens ----------------------------------------------------------------

    def look(self, kind: str, parent: str = "", every_s: float = 0.0) -> Callable[[], None]:
        """Poll ``kind`` and what it needs until the returned function is called.

        ``every_s`` asks for a faster pace than the kind's own, as while a deed is followed.
        """
        return self._pace.look(kind, parent, every_s)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Call ``heard`` after each reading, and with None when only time or memory went on."""
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    def remember(self, memory: Memory) -> None:
        """Take what the record says now."""
        self.known = replace(self.known, memory=memory)
        self._tell(None)

    def take(
        self,
        *,
        cloud: Optional[str] = None,
        roles: Optional[frozenset[str]] = None,
        cable_plan: Optional[CablePlan] = None,
    ) -> None:
        """Take what a first token, the system's own name or a plan beside the settings told us."""
        self.known = replace(
            self.known,
            cloud=self.known.cloud if cloud is None else cloud,
            roles=self.known.roles if roles is None else roles,
            cable_plan=self.known.cable_plan if cable_plan is None else cable_plan,
        )

    def hurry(self, source: str) -> None:
        """Read at once what is looked at of a source: what it said is old."""
        self._pace.hurry_source(source, self._under_way)

    def put(self, reading: Reading[Any]) -> None:
        """Take a reading that came another way (from the record, at the start)."""
        before = self.known.reading(reading.kind, reading.parent)
        if reading.changed or reading.gone or reading.error != before.error:
            self._pace.hurry_derived(reading.kind, self._under_way)
        readings = dict(self.known.readings)
        readings.pop((reading.kind, reading.parent), None)
        readings[reading.kind, reading.parent] = reading  # last, for it came last
        self.known = replace(self.known, readings=MappingProxyType(readings), now_ms=self._now_ms())
        self._tell(reading)

    # --- the loop ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Poll until cancelled."""
        last_tick = self._loop_s()
        reads: Set[asyncio.Task[Reading[Any]]] = set()
        try:
            while True:
                now_s = self._loop_s()
                reads.update(self._begin(*key) for key in self._pace.due(self._awaited()))
                swept = None if reads else self._pace.sweep_due()
                if swept is not None:
                    reads.add(self._begin(swept))  # one at a time, when idle
                await self._pause()
                for task in [task for task in reads if task.done()]:
                    reads.remove(task)
                    task.result()  # a defect of ours ends the loop, and is shown
                self._feeds.rest(self._pace.looked_at, now_s)
                if now_s - last_tick >= self._tick_s():
                    last_tick = now_s
                    self.known = replace(self.known, now_ms=self._now_ms())
                    self._tell(None)
        finally:
            for task in reads:
                task.cancel()

    async def close(self) -> None:
        """End the readings that are under way, so that none opens a connection any more.

        They are given a moment: a connection that is cut off while it is made leaks its socket.
        """
        self._is_closing = True
        await self._feeds.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_S)
        while self._tasks:
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.1)

    async def read_now(self, kind: str, parent: str = "") -> Reading[Any]:
        """Read ``kind`` now, or join the reading that is under way.

        Of what this cloud has nothing configured for it is an empty one: absent, not broken.
        """
        key = (kind, parent)
        if kind not in self._kinds:
            return self.known.reading(*key)
        task = self._awaited().get(key)
        # The console's tasks begin at once: one may be over before anybody was told.
        if task is None or task.done():
            task = asyncio.ensure_future(self._read(key))
            self._under_way[key] = task
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._finish(key, done))
        return await asyncio.shield(task)

    def under_way(self, kind: str, parent: str = "") -> Optional[asyncio.Task[Reading[Any]]]:
        """Return the reading of ``kind`` that was begun, and has not come yet."""
        return self._under_way.get((kind, parent))

    async def read_anew(self, kind: str, parent: str = "") -> Reading[Any]:
        """Read ``kind`` from now on: one that is under way began before somebody asked."""
        if (kind, parent) in self._under_way:
            await self.read_now(kind, parent)
        return await self.read_now(kind, parent)

    async def sweep(self) -> Tuple[Reading[Any], ...]:
        """Read every inventory kind once, one after the other."""
        return tuple(
            [
                await self.read_now(kind.name)
                for kind in self._kinds.values()
                if kind.is_inventory or kind.is_log
            ]
        )

    def _finish(self, key: Key, done: asyncio.Task[Reading[Any]]) -> None:
        self._tasks.discard(done)
        if self._under_way.get(key) is done:
            del self._under_way[key]
        self._woken.set()

    def _awaited(self) -> Mapping[Key, asyncio.Task[Reading[Any]]]:
        """Return what is under way, but for what waits and somebody came to look at meanwhile."""
        if not self._queued:
            return self._under_way
        looked_at = self._pace.looked_at
        late = {key for key in self._queued if key in looked_at and not self._feeds.hears(key)}
        return {key: task for key, task in self._under_way.items() if key not in late}

    def _begin(self, kind: str, parent: str = "") -> asyncio.Task[Reading[Any]]:
        """Begin a reading of the loop's own; its end wakes the loop."""
        task = asyncio.ensure_future(self.read_now(kind, parent))
        task.add_done_callback(lambda _: self._woken.set())
        return task

    async def _read(self, key: Key) -> Reading[Any]:
        kind = self._kinds[key[0]]
        if kind.parent and kind.reach is Reach.PER_PARENT and not key[1]:
            return await self._read_under_all(kind)
        if self._feeds.tells(kind):
            reading = await self._hear_of(kind, key)
            self._pace.plan_next(key, reading.error)
            return reading
        is_derived = isinstance(kind.read, Derived)
        reading = await (self._derive(kind, key) if is_derived else self._read_one(kind, key))
        self._note(key, kind, reading)
        return reading

    async def _hear_of(self, kind: Kind[Any], key: Key) -> Reading[Any]:
        """Hear what tells of itself, page by page; where nobody looks it takes its turn."""

        def is_looked_at() -> bool:
            return key in self._pace.looked_at

        last = self.known.reading(*key)
        if is_looked_at() or self._feeds.hears(key):
            return await self._feeds.read(kind, last, is_looked_at)
        self._queued.add(key)
        try:
            async with self._room(kind):
                self._queued.discard(key)
                if self._is_closing:
                    return last
                return await self._feeds.read(kind, self.known.reading(*key), is_looked_at)
        finally:
            self._queued.discard(key)

    def _hear(self, kind: Kind[Any], reading: Reading[Any]) -> None:
        """Take a reading that came by itself."""
        key = (kind.name, reading.parent)
        self._speak(self.known.reading(*key), reading)
        self._note(key, kind, reading)

    async def _derive(self, kind: Kind[Any], key: Key) -> Reading[Any]:
        """Work out a derived kind, after reading those of its needs that nobody just read."""
        now_ms = self._now_ms()

        def is_wanted(name: str, parent: str = "") -> bool:
            last = self.known.reading(name, parent)
            is_old = now_ms - last.tried_ms >= self._kinds[name].every_s * 1000
            return is_old or last.is_remembered or (name, parent) in self._under_way

        # What is not configured here is absent: nothing is known of it, and nothing is asked.
        there = [name for name in made_of(kind) if name in self._kinds]
        is_partly = is_told_in_part(kind, is_looked_at=key in self._pace.looked_at)
        if is_partly:
            there = [name for name in there if not self._comes_by_itself(name)]
        reads = [asyncio.ensure_future(self.read_now(name)) for name in there if is_wanted(name)]
        await came(kind, reads, lambda: self.known, is_partly=is_partly)
        for spare in spare_of(kind, self.known):
            if spare[0] in self._kinds and is_wanted(*spare):
                await self.read_now(*spare)
        self._pace.begin(key)
        return await derive(kind, self.known.reading(*key), self.known, self._now_ms)

    def _comes_by_itself(self, name: str) -> bool:
        """Whether a need is looked at and was tried: what it says is worked in when it comes."""
        last = self.known.reading(name)
        return (name, "") in self._pace.looked_at and last.tried_ms > 0 and not last.is_remembered

    async def _read_one(self, kind: Kind[Any], key: Key) -> Reading[Any]:
        last = self.known.reading(*key)
        async with self._room(kind):
            if self._is_closing:
                return last
            reading = await refresh(kind, last, self._ask, self._now_ms)
        self._speak(last, reading)
        return reading

    def _room(self, kind: Kind[Any]) -> AsyncContextManager[Any]:
        """Return what keeps too many questions from one service: none of baseboards waits."""
        if isinstance(kind.read, Bmc):
            return AsyncExitStack()
        if isinstance(kind.read, Command):
            return self._machines
        return self._limits.setdefault(kind.read.source, asyncio.Semaphore(PARALLEL))

    async def _read_under_all(self, kind: Kind[Any]) -> Reading[Any]:
        """Fan out over the parents; the union is shown as it comes."""
        parent = self._kinds[str(kind.parent)]
        if not self.known.has(parent.name):
            error = (await self.read_now(parent.name)).error
            if error is not None:
                # Without parents nothing was asked: that is no empty list.
                last = self.known.reading(kind.name)
                whole = replace(last, error=error, tried_ms=self._now_ms(), changed=(), gone=())
                self._pace.plan_next((kind.name, ""), whole.error)
                self.put(whole)
                return whole
        ids = [parent.id(row) for row in self.known.rows(parent.name)]
        waiting = {asyncio.ensure_future(self._read_under(kind, of)) for of in ids}
        news: List[Reading[Any]] = []
        while waiting:
            # What came is shown though others are still awaited: a dead one holds nobody.
            came, waiting = await asyncio.wait(waiting, timeout=UNITE_S)
            news = [task.result() for task in came]
            if news and waiting:
                self.put(self._unite(kind, news, ids))
        whole = self._unite(kind, news, ids)
        self.put(whole)
        self._pace.plan_next((kind.name, ""), whole.error)
        return whole

    def _unite(self, kind: Kind[Any], news: List[Reading[Any]], ids: List[str]) -> Reading[Any]:
        parts = [self.known.reading(kind.name, of) for of in ids]
        return unite(kind, self.known.reading(kind.name), parts, news, self._now_ms())

    async def _read_under(self, kind: Kind[Any], of: str) -> Reading[Any]:
        """Read under one of many parents, leaving room for what somebody looks at."""
        if isinstance(kind.read, (Command, Bmc)):
            return await self.read_now(kind.name, of)
        async with self._fan_out:
            return await self.read_now(kind.name, of)

    # --- after a reading -----------------------------------------------------------------------

    def _note(self, key: Key, kind: Kind[Any], reading: Reading[Any]) -> None:
        if reading.error is None:
            before = self.known.reading(*key)
            if before.error is not None:
                self._pace.hurry_failed()
            self.known = replace(self.known, memory=noted(self.known.memory, kind, before, reading))
            if self._record is not None and self._feeds.is_to_record(kind, reading, self._loop_s()):
                self._record(kind, reading)
        self._pace.plan_next(key, reading.error)
        self.put(reading)

    def _speak(self, last: Reading[Any], reading: Reading[Any]) -> None:
        """Log one line when a source goes, and one when it comes back."""
        is_absent = isinstance(reading.error, NotConfigured)
        if reading.error is not None and last.error != reading.error and not is_absent:
            log.warning("%s: %s", reading.kind, reading.error)
        if reading.error is None and last.error is not None:
            log.info("%s answers again", reading.kind)

    def _tell(self, reading: Optional[Reading[Any]]) -> None:
        for heard in list(self._listeners):
            heard(self.known, reading)

    # --- time ----------------------------------------------------------------------------------

    def _tick_s(self) -> float:
        return TICK_RUNNING_S if self.known.running() else TICK_S

    async def _pause(self) -> None:
        """Sleep until something is due, or somebody new looks."""
        self._woken.clear()
        # Not wait_for: on Python 3.9 it loses a cancellation that meets the end of the wait.
        pause_s = self._pace.pause_s(self._under_way, self._tick_s())
        timer = asyncio.get_running_loop().call_later(pause_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()

    @staticmethod
    def _loop_s() -> float:
        return asyncio.get_running_loop().time()
