"""One managed cloud at work: its sources, record, watch, door and following, opened together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, Optional, Tuple

from backend.act import UNRECORDED, Acts
from backend.baseboard import Bmc
from backend.cables import plan_or_fault
from backend.courses import Courses
from backend.deed import Deed, Outcome
from backend.errors import Refused, StoreError, StxError
from backend.figure import Timeline
from backend.follow import Follow
from backend.kind import Body, Kind, Row
from backend.known import Key, Known, Reading
from backend.lookout import Lookout
from backend.place import Place
from backend.rests import is_only_under
from backend.sources.tls import Pins
from backend.store.store import Store
from backend.streams import Stream
from backend.whole import readable

if TYPE_CHECKING:
    from backend.logs.line import Log
    from backend.settings import CloudSettings


# How often the record is looked at for what others did on it.
REMEMBER_MS = 30_000
# How long leaving may take, in seconds: the record's own deadline, and a moment.
LEAVE_S = 15.0


class Station:
    """What the console and the command line work with; nothing of it touches a screen."""

    def __init__(
        self,
        settings: CloudSettings,
        *,
        store: Store,
        place: Place,
        now_ms: Callable[[], int],
        pins: Optional[Pins] = None,
    ) -> None:
        """Nothing is asked yet; ``start`` does. To be made on the event loop it will run on."""
        self.settings = settings
        self.store = store
        self.lookout = Lookout(settings, place=place, now_ms=now_ms, record=self._record, pins=pins)
        kinds = self.lookout.kinds
        self.cloud = self.lookout.cloud
        self.watch = self.lookout.watch
        self._now_ms = self.lookout.now_ms
        self.acts = Acts(self.watch, self.cloud, self, kinds, self._now_ms, self._on_deed)
        self.follow = Follow(self.watch, kinds, self._update, self._now_ms)
        self.courses = Courses(
            lambda *of: self.store.sample(self.key, *of),
            lambda *of: self.store.samples(self.key, *of[:3], since_ms=of[3]),
        )
        self.found: Tuple[Deed, ...] = ()
        self._visit_ms = 0
        self._is_nameless = settings.source.startswith("environment")
        self._remembered_ms = 0
        # How often a deed went on here: what was read of the record before is older than that.
        self._went_on = 0
        self._heard: List[asyncio.Task[None]] = []
        self._leave = self.watch.listen(self._on_reading)

    # --- its life ------------------------------------------------------------------------------

    async def start(self, *, is_visit: bool = False) -> Optional[StxError]:
        """Remember, take up what was left open, log in; return why that failed, None where not.

        A station that could not log in works all the same: what is remembered can be read, acts
        say why they can't, and the loop goes on trying. ``is_visit`` where a person looks from now
        on, and what came since they looked last is new to them.
        """
        if is_visit:
            place = self.watch.known.place
            self._visit_ms = await self.store.visit(self.key, place.user, place.terminal)
        if self.settings.cables:
            plan = await asyncio.to_thread(plan_or_fault, Path(self.settings.cables))
            self.watch.take(cable_plan=plan)
        await self.remember()
        self.found = await self.follow.resume(self.watch.known.memory.deeds)
        if self.settings.auth is not None:
            try:
                self.watch.take(roles=await self.cloud.roles())
            except StxError as error:
                return error
        await self.watch.read_now("system")
        await self.remember()
        # Now it has its own name: deeds may have been left open under another one of ours.
        self.found += await self.follow.resume(self.watch.known.memory.deeds)
        await self.acts.insisting.take_up(self.found)
        return None

    async def run(self) -> None:
        """Poll and follow until cancelled; a defect of ours ends it, and is raised."""
        await self.watch.run()

    async def close(self) -> None:
        """Stop looking, write what waits, close all connections.

        What hangs (a disk, a network) is left after ``LEAVE_S``: nobody waits for it to leave.
        """
        closing = asyncio.ensure_future(self._close())
        await asyncio.wait({closing}, timeout=LEAVE_S)
        if closing.done():
            closing.result()
        else:
            closing.cancel()

    async def _close(self) -> None:
        self._leave()
        await self.acts.insisting.close()
        left = self.follow.close()
        for task in self._heard:
            task.cancel()
        await asyncio.gather(*self._heard, return_exceptions=True)
        await self.lookout.close()
        await self._leave_open(left)
        await self.store.close()

    async def _leave_open(self, deeds: Iterable[Deed]) -> None:
        """Write that nobody follows these now: the next console may be one of this process."""
        for deed in deeds:
            if deed.number.startswith(UNRECORDED):
                continue
            with suppress(StoreError):  # it is found again when this process is gone
                await self.store.update_deed(deed)

    async def settled(self) -> None:
        """Return when all that was heard so far has been followed, and written."""
        while self._heard:
            await asyncio.gather(*self._heard)
            self._heard = [task for task in self._heard if not task.done()]

    # --- the record ----------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """How the record names this cloud: the system's uuid, its settings' name until known."""
        rows = self.watch.known.rows("system")
        return str(rows[0].uuid) if rows else self.settings.name

    async def remember(self) -> None:
        """Take what the record says now into what is known."""
        self._remembered_ms = self._now_ms()
        while True:
            before = self._went_on
            memory = await self.store.memory(self.key)
            if before == self._went_on:
                break
            # A deed went on while the record was read: what was read has it as it was before.
        now = self.watch.known.memory
        # What we saw change ourselves is newer; what we only found so, the record knows better.
        since = dict(memory.since)
        for key, seen in now.since.items():
            if key not in since or not seen.at_least:
                since[key] = seen
        ours = tuple(deed for deed in now.deeds if deed.number.startswith(UNRECORDED))
        self.watch.remember(
            replace(
                memory,
                since=since,
                deeds=ours + memory.deeds,
                visit_ms=self._visit_ms,
                courses=now.courses,
            )
        )

    async def open_deed(self, deed: Deed) -> Deed:
        """Write a new deed under this cloud's key; raises ``StoreError``."""
        return await self.store.open_deed(replace(deed, cloud=self.key))

    async def update_deed(self, deed: Deed) -> None:
        """Write how a deed stands."""
        await self.store.update_deed(deed)

    async def mark(self, kind: str, row_id: str, values: Mapping[str, Optional[str]]) -> None:
        """Remember what somebody said of a row."""
        await self.store.mark(self.key, kind, row_id, values, self.watch.known.place.user)
        await self.remember()

    async def set_baseline(self, kind: str) -> None:
        """Say that the rows of ``kind`` there are now are known: what comes from here on is new.

        Raises ``StoreError``, and ``Refused`` in read-only mode: it is what others see as new.
        """
        if self.watch.known.read_only:
            raise Refused("this console is in read-only mode: the baseline stays as it is")
        reading = self.watch.known.reading(kind)
        await self.store.set_baseline(self.key, reading.by_id, reading.at_ms)
        await self.remember()

    async def open(self, stream: Stream) -> Log:
        """Open a stream of this cloud. Raises ``StxError``."""
        return await self.cloud.open(stream)

    async def whole(self, kind: Kind[Any], row: Row) -> Body:
        """Return a row whole, without the server's bookkeeping. Raises ``StxError``."""
        if kind.whole is None:
            raise Refused(f"{kind.name} are shown whole as they are")
        return readable(await self.cloud.whole(kind.whole(row)))

    def timeline(self, deed: Deed) -> Timeline:
        """Return how far a deed is."""
        return self.follow.timeline(deed)

    def _record(self, kind: Kind[Any], reading: Reading[Any]) -> None:
        if kind.name == "system" and reading.rows:
            self.store.name_cloud(str(reading.rows[0].uuid), self.settings.name)
        self.store.record(kind, reading, self.key)
        was_sampled, is_first = self.courses.take(kind, reading)
        if was_sampled:
            self._show_courses()
        if is_first:
            of = (kind.name, reading.parent)
            self._heard.append(asyncio.ensure_future(self._recall(of)))

    async def _recall(self, key: Key) -> None:
        try:
            await self.courses.remember(key)
        except StoreError:
            return  # the course begins now; that the record cannot be read it says itself
        self._show_courses()

    def _show_courses(self) -> None:
        """Put what is kept of numbers in time into what is known; the reading is told of anyway."""
        known = self.watch.known
        memory = replace(known.memory, courses=self.courses.by_key)
        self.watch.known = replace(known, memory=memory)

    def _on_deed(self, deed: Deed) -> None:
        """Put a deed that went on into what is known, and follow it when it was taken."""
        self._went_on += 1
        memory = self.watch.known.memory
        others = tuple(one for one in memory.deeds if one.number != deed.number)
        self.watch.remember(replace(memory, deeds=(deed, *others)))
        if deed.outcome in (Outcome.FOLLOWED, Outcome.UNKNOWN):
            self.follow.begin(deed)

    async def _update(self, deed: Deed) -> Deed:
        if not deed.number.startswith(UNRECORDED):
            try:
                await self.store.update_deed(deed)
            except StoreError as error:
                self.watch.known = replace(self.watch.known, trouble=str(error))
        self._on_deed(deed)
        if not deed.is_open:
            await self.remember()
        return deed

    async def ask_again(self, kind: str, parent: str = "", row: str = "") -> Reading[Any]:
        """Read a kind because somebody asked for it: a password refused before is tried once.

        Who asks on the page of a ``row`` asks its own baseboard and no other. Which servers there
        are is asked of nobody: what their baseboards say of them is read with it.
        """
        kinds = self.lookout.kinds
        declared = kinds.get(kind)
        self.cloud.retry(declared.read if declared is not None else None, parent or row)
        needs = declared.needs if declared is not None and isinstance(declared.read, Bmc) else ()
        under = [n for n in needs if n in kinds and is_only_under(kinds[n], kinds[kind])]
        beside = (self.watch.read_anew(name, row) for name in under)
        reading, *_ = await asyncio.gather(self.watch.read_anew(kind, parent), *beside)
        return reading

    async def _take_roles(self) -> None:
        """Take the roles of a login that came later than the start; the token is at hand then."""
        try:
            self.watch.take(roles=await self.cloud.roles())
        except StxError:
            return  # the token ended meanwhile: the readings say so, and the next good one asks

    def _on_reading(self, known: Known, reading: Optional[Reading[Any]]) -> None:
        trouble = str(self.store.trouble or "")
        if trouble != known.trouble:
            self.watch.known = replace(known, trouble=trouble)
        if reading is not None and reading.kind == "system" and reading.rows and self._is_nameless:
            # Nobody named it in a file: what it calls itself says more than an address.
            self._is_nameless = False
            self.watch.take(cloud=str(reading.rows[0].name))
        for task in [task for task in self._heard if task.done()]:
            self._heard.remove(task)
            task.result()  # a defect of ours is raised where the loop ends
        has_roles = self.settings.auth is not None
        if reading is not None and reading.error is None and has_roles and not known.roles:
            self._heard.append(asyncio.ensure_future(self._take_roles()))
        if self._now_ms() - self._remembered_ms >= REMEMBER_MS:
            # Another console may have acted, or said something, on the same record.
            self._remembered_ms = self._now_ms()
            self._heard.append(asyncio.ensure_future(self.remember()))
        if known.running():
            self._heard.append(asyncio.ensure_future(self.follow.heard(known, reading)))
