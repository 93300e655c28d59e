"""The one thread that writes: takes work from a queue, tries again what the disk refused."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Optional, Tuple

from sqlmodel import Session

from backend.errors import StoreError
from backend.store.database import Cause, Database
from backend.store.recording import Recording

# Readings that wait while nothing can be written; beyond it the oldest is left out: the next one
# still tells what became of it.
MOST_WAITING = 500
# Pauses between tries, in seconds: the first, and the longest.
_FIRST_S, _LONGEST_S = 1.0, 60.0
# How long who leaves waits for what is not written yet: a disk that hangs never ends.
CLOSE_S = 10.0

Work = Callable[[Session, Recording, Any], Any]


@dataclass
class Job:
    """One piece of work, for one transaction.

    ``work`` gets the session, what is known of this database, and (in the copy, which comes
    second) what it returned in the first. ``lasting`` work is tried until it is written, and its
    future is done when it is, or when that failed once; other work fails at once. ``may_drop`` is
    a reading.
    """

    work: Work
    lasting: bool = False
    synced: bool = False
    may_drop: bool = False
    number: int = 0
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Writes into a database, and then the same into its local copy where there is one."""

    def __init__(self, database: Database, copy: Optional[Database]) -> None:
        """The thread starts at once and opens nothing before the first work."""
        self.trouble: Optional[StoreError] = None
        self.dropped = 0
        # Whether what waited was left, for the disk takes nothing.
        self.is_stuck = False
        # Counts the times that what was taken for written may not be.
        self.doubts = 0
        self._databases = (database,) if copy is None else (database, copy)
        self._recordings = tuple(Recording() for _ in self._databases)
        self._urgent: Deque[Job] = deque()
        self._patient: Deque[Job] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._count = 0
        self._pause_s, self._retry_at_s = 0.0, 0.0
        # A daemon: a disk that hangs must not keep the console from ending.
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> Future[Any]:
        """Queue a job, never waiting: all in order, but for readings that the disk refuses now."""
        with self._changed:
            if self._is_closing or not self._thread.is_alive():
                job.done.set_exception(self.trouble or StoreError("the record was closed"))
                return job.done
            self._count += 1
            job.number = self._count
            (self._patient if job.may_drop else self._urgent).append(job)
            if self.trouble is not None and job.may_drop:
                _finish(job.done, None)
            if len(self._patient) > MOST_WAITING:
                self._drop_one()
            self._changed.notify()
        return job.done

    def close(self) -> None:
        """Write what waits, once, and end the thread; one that hangs is left after ``CLOSE_S``."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(CLOSE_S)
        self.is_stuck = self._thread.is_alive()

    def _drop_one(self) -> None:
        oldest = next((job for job in self._patient if job.may_drop), None)
        if oldest is not None:
            self._patient.remove(oldest)
            oldest.done.cancel()
            self.dropped += 1

    # --- on the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                job = self._next()
                if job is None:
                    break
                self._do(job)
        finally:
            with self._changed:
                # Also where a defect of ours ended it: nobody must wait for ever.
                self._is_closing = True
                waiting: Tuple[Job, ...] = (*self._urgent, *self._patient)
                self.trouble = self.trouble or (
                    StoreError("the record is not written any more") if waiting else None
                )
            for job in waiting:
                if not job.done.done():
                    job.done.set_exception(self.trouble or StoreError("the record was closed"))
            for database in self._databases:
                database.close()

    def _next(self) -> Optional[Job]:
        with self._changed:
            while True:
                if self._urgent and not self._is_overtaken():
                    return self._urgent.popleft()
                rest_s = self._retry_at_s - time.monotonic() if self.trouble else 0.0
                if self._patient and (rest_s <= 0 or self._is_closing):
                    return self._patient.popleft()
                if self._is_closing:
                    return None
                self._changed.wait(rest_s if self._patient else None)

    def _is_overtaken(self) -> bool:
        """Whether a reading came before the first urgent job; while nothing can be written, no."""
        if self.trouble is not None or not self._patient:
            return False
        return self._patient[0].number < self._urgent[0].number

    def _do(self, job: Job) -> None:
        try:
            result = self._write(job)
        except StoreError as error:
            self._fail(job, error)
            return
        except BaseException as error:
            job.done.set_exception(error)
            raise
        self.trouble, self._pause_s = None, 0.0
        _finish(job.done, result)

    def _write(self, job: Job) -> Any:
        result: Any = None
        for database, recording in zip(self._databases, self._recordings):
            work = _bound(job.work, recording, result)
            try:
                found = database.write(work, synced=job.synced)
            except StoreError:
                recording.forget()
                self.doubts += 1
                raise
            result = found if database is self._databases[0] else result
        return result

    def _fail(self, job: Job, error: StoreError) -> None:
        self._pause_s = min(max(self._pause_s * 2, _FIRST_S), _LONGEST_S)
        # A damaged file was put aside just now: the first time a new one is begun at once.
        is_aside = getattr(error, "cause", None) is Cause.DAMAGED and self._pause_s <= _FIRST_S
        # What is lasting is tried again at once: nobody is told of a trouble that may be over.
        self.trouble = None if is_aside and job.lasting else error
        self._retry_at_s = time.monotonic() + (0.0 if is_aside else self._pause_s)
        if not job.lasting:
            job.done.set_exception(error)
            return
        _finish(job.done, None)
        with self._changed:
            for waiting in self._patient:
                _finish(waiting.done, None)
            self._patient.appendleft(job)
            if self._is_closing:
                # Tried once more, in vain: the others would wait as long and fail as well.
                self.dropped += len(self._patient)
                self._patient.clear()


def _bound(work: Work, recording: Recording, first: Any) -> Callable[[Session], Any]:
    return lambda session: work(session, recording, first)


def _finish(done: Future[Any], result: Any) -> None:
    if not done.done():
        done.set_result(result)
