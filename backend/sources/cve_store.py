"""Our own file of known vulnerabilities: each format is replaced as a whole, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Sequence, Tuple

from backend.cves import Entry
from backend.errors import NotConfigured, StoreError
from backend.sources import cve_files

_COLUMNS = tuple(field.name for field in fields(Entry))
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS entry (format TEXT NOT NULL, {', '.join(_COLUMNS)})",
    "CREATE INDEX IF NOT EXISTS entry_cve ON entry (cve)",
    "CREATE INDEX IF NOT EXISTS entry_package ON entry (package)",
    """CREATE TABLE IF NOT EXISTS file (format TEXT PRIMARY KEY, path TEXT, digest TEXT,
    entries INTEGER, told_ms INTEGER, imported_ms INTEGER)""",
)
_ROWS, _ASKED = 5000, 500


@dataclass(frozen=True)
class Imported:
    """A file that was taken: its format, how many entries, and of when it is (epoch ms)."""

    format: str
    path: str
    digest: str
    entries: int
    told_ms: int
    imported_ms: int


def nothing_taken() -> NotConfigured:
    """Return what is said where no file was taken yet."""
    words = "no CVE data was imported"
    return NotConfigured(words, "stx-tui cves import FILE, as carried in on a medium")


class CveStore:
    """What was imported, in an SQLite file at ``path``; one transaction takes a whole file.

    Raises ``StoreError`` where the disk or the file fails, ``NotConfigured`` where none was
    imported.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path

    def take(self, file: Path, now_ms: int, told: Callable[[int, int], None]) -> Imported:
        """Take a file in the place of the last one of its format; one that is bad changes nothing.

        Raises what ``cve_files`` does.
        """
        form, digest = cve_files.format_of(file), cve_files.digest(file)
        # Its own date stays with it on a medium; within, only some formats have one.
        dated_ms = cve_files.dated_ms(file)
        with self._connected(writes=True) as connection:
            connection.execute("DELETE FROM entry WHERE format = ?", (form,))
            count = self._insert(connection, form, cve_files.entries(file, told))
            made = Imported(form, str(file), digest, count, dated_ms, now_ms)
            connection.execute("REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?)", astuple(made))
        return made

    def _insert(self, connection: sqlite3.Connection, form: str, found: Iterable[Entry]) -> int:
        count, rows = 0, []
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        statement = f"INSERT INTO entry VALUES ({marks})"  # noqa: S608 (marks alone)
        for entry in found:
            rows.append((form, *(getattr(entry, name) for name in _COLUMNS)))
            if len(rows) >= _ROWS:
                connection.executemany(statement, rows)
                count, rows = count + len(rows), []
        connection.executemany(statement, rows)
        return count + len(rows)

    def files(self) -> Tuple[Imported, ...]:
        """Return what was imported; nothing where nothing was."""
        if not self.path.exists():
            return ()
        with self._connected() as connection:
            return tuple(Imported(*row) for row in connection.execute("SELECT * FROM file"))

    def of_packages(self, packages: Sequence[str], releases: Sequence[str]) -> Iterator[Entry]:
        """Yield what is known of these packages in these releases, or in none that is told."""
        told = ["", *releases]
        for at in range(0, len(packages), _ASKED):
            part = list(packages[at : at + _ASKED])
            of, among = ", ".join("?" * len(told)), ", ".join("?" * len(part))
            yield from self._found(f"release IN ({of}) AND package IN ({among})", [*told, *part])

    def find(self, word: str, most: int = 200) -> List[Entry]:
        """Return what is known of a CVE or a package that begins with ``word``."""
        top = word + "\uffff"
        where = "(cve >= ? AND cve < ?) OR (package >= ? AND package < ?)"
        return list(self._found(f"{where} LIMIT {most:d}", [word, top, word, top]))

    def _found(self, where: str, values: List[str]) -> Iterator[Entry]:
        with self._connected() as connection:
            asked = f"SELECT {', '.join(_COLUMNS)} FROM entry WHERE {where}"  # noqa: S608
            yield from (Entry(*row) for row in connection.execute(asked, values).fetchall())

    @contextmanager
    def _connected(self, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        if not writes and not self.path.exists():
            raise nothing_taken()
        try:
            if writes:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(str(self.path), timeout=5.0)) as connection:
                for statement in _TABLES if writes else ():
                    connection.execute(statement)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self.path}: {error}", "look at its disk; nothing was lost"
            ) from error
