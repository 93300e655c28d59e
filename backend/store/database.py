"""One database: opened, written and read; the only place that knows a database's own errors."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from backend.errors import StoreError
from backend.folders import record_file
from backend.store.glance import open_read_only
from backend.store.schema import prepare

T = TypeVar("T")

# How long a write waits for another console's, in seconds.
BUSY_S = 5.0
# Writers of a shared PostgreSQL take turns by this number: two consoles record a change once.
TURN = 7_281_953


class Cause(Enum):
    """Why a database does not do what it should; the value says it."""

    DAMAGED = "is damaged"
    LOCKED = "is locked by another program"
    READ_ONLY = "can only be read"
    FULL = "has no room left"
    AWAY = "does not answer"


_ADVICE = {
    Cause.DAMAGED: "it was kept beside the new one; copy it away before anything else",
    Cause.LOCKED: "end the other program; nothing is lost meanwhile, it is tried again",
    Cause.READ_ONLY: "mount it for writing, or name another file as the store",
    Cause.FULL: "make room on that file system; it is tried again",
    Cause.AWAY: "it is tried again",
}

_WORDS = (
    ("malformed", Cause.DAMAGED),
    ("not a database", Cause.DAMAGED),
    ("database corruption", Cause.DAMAGED),
    ("locked", Cause.LOCKED),
    ("readonly", Cause.READ_ONLY),
    ("read-only", Cause.READ_ONLY),
    ("permission denied", Cause.READ_ONLY),
    ("unable to open", Cause.READ_ONLY),
    ("full", Cause.FULL),
    ("no space", Cause.FULL),
    ("disk i/o", Cause.FULL),
)


class Trouble(StoreError):
    """A ``StoreError`` that says which of the usual five it is."""

    def __init__(self, where: str, cause: Cause, words: str) -> None:
        """``words`` are the database's own."""
        super().__init__(f"the record {where} {cause.value}: {words}", _ADVICE[cause])
        self.cause = cause


class Database:
    """An SQLite file (a path) or any other database (an SQLAlchemy URL).

    ``write`` belongs to one thread, ``read`` to another: each has a connection of its own. Both
    raise ``StoreError`` and nothing else, and may be called again.
    """

    def __init__(self, where: str, *, now_ms: Callable[[], int]) -> None:
        """Nothing is opened yet."""
        self.path = record_file(where)
        self._url = where if self.path is None else ""
        # A URL may hold a password.
        self._said = str(self.path or where.rpartition("@")[2])
        self._now_ms = now_ms
        self._writer: Optional[Engine] = None
        self._reader: Optional[Engine] = None
        self._raw: Optional[sqlite3.Connection] = None
        self._read_raw: Optional[sqlite3.Connection] = None
        self._inode = 0
        # Whether the reader sees what is written from now on.
        self._is_live = True
        self.notices: List[str] = []

    # --- writing -------------------------------------------------------------------------------

    def write(self, work: Callable[[Session], T], *, synced: bool = False) -> T:
        """Run ``work`` in one transaction that no other writer comes between.

        With ``synced`` it is on the disk when this returns: a power cut keeps it.
        """
        try:
            with self._faults():
                engine = self._open_writer()
                if self._raw is not None:
                    self._raw.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
                with Session(engine, expire_on_commit=False) as session, session.begin():
                    self._take_turn(session)
                    return work(session)
        except StoreError as error:
            if isinstance(error, Trouble) or self._writer is None:
                self._close_writer()
            if isinstance(error, Trouble) and error.cause is Cause.DAMAGED and self.path:
                self._move_aside()
            raise

    def _take_turn(self, session: Session) -> None:
        """Keep other consoles out of a shared database; SQLite's BEGIN IMMEDIATE does it there."""
        if self._raw is None and self._open_writer().dialect.name == "postgresql":
            session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN:d})")

    def _open_writer(self) -> Engine:
        if self._writer is None:
            engine = self._engine_of_file() if self.path else create_engine(self._url)
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN:d})")
                prepare(connection)
            self._writer = engine
        return self._writer

    def _engine_of_file(self) -> Engine:
        assert self.path is not None
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made by us and for us alone before SQLite would make it for everybody.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self._inode = self.path.stat().st_ino
        raw = sqlite3.connect(
            str(self.path), timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._raw = raw
        found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Trouble(self._said, Cause.DAMAGED, str(found).replace("\n", " "))
        raw.execute("PRAGMA journal_mode = WAL")
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        event.listen(engine, "begin", _begin_immediate)
        return engine

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.dispose()
        if self._raw is not None:
            self._raw.close()
        self._writer = self._raw = None

    def _move_aside(self) -> None:
        """Keep the damaged file under another name; the next write begins a new one.

        Another console on the same file may have done so already: then the file of this name is
        another one than we had open, and stays.
        """
        assert self.path is not None
        aside = self.path.with_name(f"{self.path.name}.damaged-{self._now_ms()}")
        with _alone_in(self.path.parent):
            if not self.path.exists() or self.path.stat().st_ino != self._inode:
                return
            for end in ("-wal", "-shm", ""):
                part = Path(f"{self.path}{end}")
                if part.exists():
                    part.rename(f"{aside}{end}")
        self._close_reader()
        self.notices.append(f"the record was damaged: kept as {aside}, a new one was begun")

    # --- reading -------------------------------------------------------------------------------

    def read(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` on a connection that cannot write."""
        try:
            with self._faults(), Session(self._open_reader()) as session:
                return work(session)
        except Trouble:
            self._is_live = False
            raise
        finally:
            if not self._is_live:
                self._close_reader()

    def _open_reader(self) -> Engine:
        if self._reader is None:
            path = self.path
            self._is_live = True
            if path is None:
                self._reader = create_engine(
                    self._url, execution_options={"postgresql_readonly": True}
                )
            else:
                raw, self._is_live = open_read_only(path)
                self._read_raw = raw
                self._reader = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.dispose()
        if self._read_raw is not None:
            self._read_raw.close()
        self._reader = self._read_raw = None

    # --- both ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Close both connections; the writer's last, for it puts the WAL into the file."""
        self._close_reader()
        self._close_writer()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            words = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            low = words.lower()
            cause = next((cause for word, cause in _WORDS if word in low), Cause.AWAY)
            raise Trouble(self._said, cause, words) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other consoles from putting a file of this folder aside meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
