"""The record of our clouds: what was, what was done, what people said; one writer, one reader."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
)

from sqlmodel import Session, col, select

from backend.daemons import Pool
from backend.deed import Deed
from backend.errors import StoreError
from backend.kind import Kind, LocalRead
from backend.known import Memory, Reading
from backend.store import deeds, history, samples
from backend.store.database import Database
from backend.store.glance import Changed
from backend.store.memory import Recollection
from backend.store.recording import Recording
from backend.store.tables import Baseline, Cloud, MarkRow, Visit
from backend.store.writer import CLOSE_S, Job, Writer
from backend.units import HOUR_MS, MINUTE_MS

T = TypeVar("T")
Key = Tuple[str, str, str]  # cloud, kind, parent


class Store:
    """The record of one file (or one shared database).

    A cloud is named by the system's uuid, or by its name while that is not known. What waits for
    the disk is awaited; ``record`` never waits. Where the record cannot be written ``trouble``
    says so and all goes on: readings are kept and tried again, deeds are refused.
    """

    def __init__(
        self,
        where: str | Path,
        *,
        now_ms: Callable[[], int],
        kinds: Iterable[Kind[Any]] = (),
        copy: Optional[Path] = None,
    ) -> None:
        """``where`` is a path or an SQLAlchemy URL; of a URL, ``copy`` is kept for the first look.

        ``kinds`` are those of whose ``state_fields`` the memory tells since when. Nothing is
        opened before the first call.
        """
        self._now_ms = now_ms
        self._state_fields = {kind.name: kind.state_fields for kind in kinds if kind.state_fields}
        self._lasted = {kind.name: kind.lasted for kind in kinds if kind.lasted is not None}
        self._passes = {kind.name: kind.passes for kind in kinds if kind.passes}
        self._database = Database(str(where), now_ms=now_ms)
        self._copy = None if copy is None else Database(str(copy), now_ms=now_ms)
        self._writer = Writer(self._database, self._copy)
        self._reader = Pool("store-reader", most=1)
        self._unread: Optional[StoreError] = None
        self._recollections: Dict[str, Tuple[int, Recollection]] = {}
        self._queued: Dict[Key, Tuple[int, Tuple[Any, ...]]] = {}
        self._contacts: Dict[Key, Tuple[int, str]] = {}
        self._unwritten: Dict[Key, Tuple[int, str]] = {}
        self._visits: Dict[str, int] = {}
        self._visit_ms: Dict[str, int] = {}
        self._flushed_ms = self._thinned_ms = 0

    @property
    def trouble(self) -> Optional[StoreError]:
        """Why the record cannot be written (or read) now, None where it can."""
        return self._writer.trouble or self._unread

    @property
    def notices(self) -> Tuple[str, ...]:
        """What happened to the record that people should know, oldest first."""
        said = [*self._database.notices, *(self._copy.notices if self._copy else ())]
        if self._writer.is_stuck:
            said.append(f"the record took nothing for {CLOSE_S:g} s: what came last is not in it")
        if self._writer.dropped:
            said.append(f"{self._writer.dropped} readings could not be recorded")
        return tuple(said)

    async def written(self) -> None:
        """Wait until all that was queued before has been tried once."""
        nothing = Job(work=lambda _session, _recording, _first: None, may_drop=True, lasting=True)
        await asyncio.wrap_future(self._writer.put(nothing))

    async def close(self) -> None:
        """Write what waits and close the file; a disk that takes nothing is left, and that said."""
        self._flush()
        await asyncio.to_thread(self._reader.shutdown)
        await asyncio.to_thread(self._writer.close)

    # --- readings ------------------------------------------------------------------------------

    def record(self, kind: Kind[Any], reading: Reading[Any], cloud: str) -> None:
        """Queue what is new in ``reading``; one that failed or was remembered is no reading."""
        if reading.is_remembered or isinstance(kind.read, LocalRead):
            return
        key = (cloud, kind.name, reading.parent)
        if reading.error is not None:
            self._note_contact(key, reading.at_ms, str(reading.error))
            return
        looked_ms, _error = self._contacts.get(key, (None, ""))
        self._note_contact(key, reading.at_ms, "")
        queued = (self._writer.doubts, reading.rows)
        former = self._queued.get(key)
        if former is not None and former[0] == queued[0] and former[1] is queued[1]:
            return
        self._queued[key] = queued

        def work(session: Session, recording: Recording, _first: Any) -> None:
            if recording.record(session, cloud, kind, reading, looked_ms):
                recording.contact(session, key, reading.at_ms)

        self._writer.put(Job(work=work, lasting=True, may_drop=True))

    def contact(
        self, cloud: str, kind: str, parent: str, answered_ms: int, error: str = ""
    ) -> None:
        """Note when a kind last answered, and its error; written at most once a minute."""
        self._note_contact((cloud, kind, parent), answered_ms, error)

    def _note_contact(self, key: Key, answered_ms: int, error: str) -> None:
        self._contacts[key] = self._unwritten[key] = (answered_ms, error)
        now_ms = self._now_ms()
        # Either way round: a clock that was set back must not silence it.
        if abs(now_ms - self._flushed_ms) >= MINUTE_MS:
            self._flush()
        if abs(now_ms - self._thinned_ms) >= HOUR_MS:
            self._thinned_ms = now_ms
            self._put_lasting(lambda session, _recording, _first: samples.thin(session, now_ms))

    def _flush(self) -> None:
        """Queue contacts and until when we look."""
        now_ms = self._flushed_ms = self._now_ms()
        contacts, self._unwritten = self._unwritten, {}
        visits = tuple(self._visits.values())

        def work(session: Session, recording: Recording, _first: Any) -> None:
            for key, contact in contacts.items():
                recording.contact(session, key, *contact)
            for visit in visits:
                row = session.get(Visit, visit)
                if row is not None:
                    row.until_ms = now_ms

        if contacts or visits:
            self._put_lasting(work)

    def name_cloud(self, uuid: str, name: str) -> None:
        """Note what the system of that uuid is called; what stood under the name becomes its."""
        now_ms = self._now_ms()

        def work(session: Session, recording: Recording, _first: Any) -> None:
            found = session.get(Cloud, recording.cloud(session, uuid, name))
            assert found is not None
            found.seen_ms = now_ms

        # Before any deed that comes after it, which may say the name or the uuid.
        self._writer.put(Job(work=work, lasting=True))

    def _put_lasting(self, work: Callable[[Session, Recording, Any], Any]) -> None:
        self._writer.put(Job(work=work, lasting=True, may_drop=True))

    # --- deeds ---------------------------------------------------------------------------------

    async def open_deed(self, deed: Deed) -> Deed:
        """Write a new deed and return it with its number, when the disk has it.

        Raises ``StoreError`` where it can't be written: then nothing should be sent.
        """

        def work(session: Session, recording: Recording, first: Optional[Deed]) -> Deed:
            cloud = recording.cloud(session, deed.cloud)
            return deeds.insert(session, cloud, first or deed)

        return await self._write(work, synced=True)

    async def update_deed(self, deed: Deed) -> None:
        """Write how a deed stands; returns when the disk has it.

        That it is about to be sent must be on the disk first: raises ``StoreError`` where that
        fails. What came of it later is kept and tried again.
        """

        def work(session: Session, recording: Recording, _first: Any) -> None:
            deeds.update(session, recording.cloud(session, deed.cloud), deed)

        is_sending = deed.ended_ms is None and deed.answered_ms is None and not deed.answer
        await self._write(work, synced=True, lasting=not is_sending)

    async def deeds(self, cloud: str, *, limit: int = 50, row_id: str = "") -> Tuple[Deed, ...]:
        """Return the last deeds (of one row), newest first."""
        return await self._ask(
            cloud,
            (),
            lambda session, number: deeds.find(session, number, limit=limit, row_id=row_id),
        )

    async def deed(self, cloud: str, number: str) -> Optional[Deed]:
        """Return the deed of that number."""
        found: Tuple[Deed, ...] = await self._ask(
            cloud, (), lambda session, of: deeds.find(session, of, number=number)
        )
        return found[0] if found else None

    # --- what people say -----------------------------------------------------------------------

    async def mark(
        self, cloud: str, kind: str, row_id: str, values: Mapping[str, Optional[str]], who: str = ""
    ) -> None:
        """Remember what somebody said of a row, by the field names of ``known.Mark``.

        None takes a field away. Raises ``StoreError``.
        """
        now_ms = self._now_ms()

        def work(session: Session, recording: Recording, _first: Any) -> None:
            key = (recording.cloud(session, cloud), recording.name(session, kind), row_id)
            for name, value in values.items():
                row = session.get(MarkRow, (*key, name))
                if row is not None:
                    session.delete(row)
                    session.flush()
                if value is not None:
                    mark = MarkRow(
                        cloud=key[0],
                        kind=key[1],
                        row_id=row_id,
                        field=name,
                        value=value,
                        who=who,
                        at_ms=now_ms,
                    )
                    session.add(mark)

        await self._write(work, synced=True)

    async def set_baseline(self, cloud: str, ids: Iterable[str], at_ms: int) -> None:
        """Say that what is there now (``ids`` of alarms) is known, and what comes is new.

        Raises ``StoreError``.
        """
        there = json.dumps(sorted(ids))

        def work(session: Session, recording: Recording, _first: Any) -> None:
            number = recording.cloud(session, cloud)
            session.merge(Baseline(cloud=number, at_ms=at_ms, ids=there))

        await self._write(work, synced=True)

    async def visit(self, cloud: str, who: str, terminal: str) -> int:
        """Note that somebody looks from now on; return until when they did last (0: never).

        Where the record can't be written it is 0, and ``trouble`` says why.
        """
        now_ms = self._now_ms()

        def work(session: Session, recording: Recording, _first: Any) -> Tuple[int, int]:
            number = recording.cloud(session, cloud)
            asked = select(Visit.until_ms).where(Visit.cloud == number, Visit.who == who)
            last_ms = session.exec(asked.order_by(col(Visit.id).desc())).first()
            visit = Visit(cloud=number, who=who, terminal=terminal, at_ms=now_ms, until_ms=now_ms)
            session.add(visit)
            session.flush()
            return last_ms or 0, visit.id or 0

        found = await self._write(work, lasting=True)
        last_ms, self._visits[cloud] = found or (0, 0)
        self._visit_ms[cloud] = last_ms
        return last_ms

    # --- numbers in time -----------------------------------------------------------------------

    def sample(
        self, cloud: str, kind: str, name: str, values: Mapping[str, float], at_ms: int
    ) -> None:
        """Queue the values of one number of some rows, by their ids, at one instant."""

        def work(session: Session, recording: Recording, _first: Any) -> None:
            of = (recording.cloud(session, cloud), recording.name(session, kind))
            for row_id, value in values.items():
                samples.add(session, *of, row_id, name, at_ms, value)

        self._put_lasting(work)

    async def samples(
        self, cloud: str, kind: str, name: str, row_ids: Iterable[str], *, since_ms: int = 0
    ) -> Mapping[str, Tuple[Tuple[int, float], ...]]:
        """Return (instant, value) of some rows since then, oldest first: raw, before them means."""
        wanted = tuple(row_ids)
        return await self._ask(
            cloud,
            {},
            lambda session, number: samples.find(
                session, number, history.number_of(session, kind), name, wanted, since_ms
            ),
        )

    # --- what was ------------------------------------------------------------------------------

    async def changes(
        self, cloud: str, *, kind: str = "", row_id: str = "", since_ms: int = 0, limit: int = 100
    ) -> Tuple[Changed, ...]:
        """Return the last changes (of one kind, of one row), newest first."""

        def work(session: Session, number: int) -> Tuple[Changed, ...]:
            return history.changes(
                session, number, kind=kind, row_id=row_id, since_ms=since_ms, limit=limit
            )

        return await self._ask(cloud, (), work)

    async def events(
        self, cloud: str, *, since_ms: int = 0, limit: int = 1000
    ) -> Tuple[Mapping[str, Any], ...]:
        """Return the bodies of the last events, newest first."""
        return await self._ask(
            cloud,
            (),
            lambda session, number: history.events(session, number, since_ms=since_ms, limit=limit),
        )

    async def memory(self, cloud: str) -> Memory:
        """Return what the record adds to what the services say; the same object where no news.

        Where the record can't be read it is what it was, and ``trouble`` says why.
        """
        epoch = len(self._database.notices)
        former = self._recollections.get(cloud)

        def work(session: Session, number: int) -> Optional[Tuple[int, Recollection]]:
            mine = former[1] if former and former[0] == epoch else Recollection(number)
            mine.read_on(session, self._state_fields, self._now_ms(), self._lasted, self._passes)
            return epoch, mine

        try:
            found = await self._ask(cloud, None, work)
            self._unread = None
        except StoreError as error:
            self._unread, found = error, former
        if found is None:
            return Memory(visit_ms=self._visit_ms.get(cloud, 0))
        self._recollections[cloud] = found
        recollection: Recollection = found[1]
        visit_ms = self._visit_ms.get(cloud, 0)
        if recollection.memory.visit_ms != visit_ms:
            recollection.memory = replace(recollection.memory, visit_ms=visit_ms)
        return recollection.memory

    # --- the two threads -----------------------------------------------------------------------

    async def _write(
        self,
        work: Callable[[Session, Recording, Any], T],
        *,
        synced: bool = False,
        lasting: bool = False,
    ) -> T:
        """Run ``work`` on the writing thread; of lasting work that failed it returns None."""
        done: Future[T] = self._writer.put(Job(work=work, lasting=lasting, synced=synced))
        return await asyncio.wrap_future(done)

    async def _ask(self, cloud: str, nothing: T, work: Callable[[Session, int], T]) -> T:
        """Run ``work`` with the cloud's number on the reading thread; ``nothing`` where unknown."""

        def whole(session: Session) -> T:
            asked = select(Cloud.id).where((Cloud.uuid == cloud) | (Cloud.name == cloud))
            number = session.exec(asked.order_by(col(Cloud.seen_ms).desc())).first()
            return nothing if number is None else work(session, number)

        def run() -> T:
            path = self._database.path
            if path is not None and not path.exists():
                return nothing
            try:
                return self._database.read(whole)
            except StoreError as error:
                if self._copy is not None:
                    return self._copy.read(whole)
                if path is not None and "no such table" in str(error):
                    return nothing  # only just begun: the writer is making them
                raise

        reading: Future[T] = self._reader.submit(run)
        return await asyncio.wrap_future(reading)
