"""The fast look at the record, for the first screen and offline: plain sqlite3, read-only."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from backend.deed import Deed, Outcome
from backend.errors import StoreError

if TYPE_CHECKING:
    from backend.kind import Kind
    from backend.known import Known
    from backend.place import Place

# How long to wait for a writer that just begins or ends, in seconds.
_WAIT_S = 1.0

Since = Mapping[Tuple[str, str, str], Tuple[int, bool]]
Marks = Mapping[Tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class Seen:
    """Rows of one kind (under one parent) as they were last written.

    ``bodies`` are JSON texts, in the order in which the rows first came. ``at_ms`` is when the kind
    last answered, ``error`` what it said since.
    """

    kind: str
    parent: str = ""
    bodies: Tuple[str, ...] = ()
    at_ms: int = 0
    error: str = ""


@dataclass(frozen=True)
class Glance:
    """One cloud as it was last written; all empty where nothing ever was."""

    uuid: str = ""
    name: str = ""
    seen: Tuple[Seen, ...] = ()
    open_deeds: Tuple[Deed, ...] = ()
    baseline_ms: int = 0
    baseline_ids: Optional[frozenset[str]] = None
    visit_ms: int = 0
    # (kind, row id, field) to (instant, whether it may be longer); the field "" is the row itself.
    since: Since = field(default_factory=dict)
    # What people said of a row, by (kind, row id) and field.
    marks: Marks = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.seen

    def known(
        self, kinds: Mapping[str, Kind[Any]], *, now_ms: int, place: Place, read_only: bool = False
    ) -> Known:
        """Return it as what the panes look at, each reading ``is_remembered``.

        A body that its kind does not take any more is left out and stands in ``malformed``.
        """
        from backend.store.remembered import known

        return known(self, kinds, now_ms=now_ms, place=place, read_only=read_only)


@dataclass(frozen=True)
class Changed:
    """One change of the record: ``old`` and ``new`` are JSON texts, None where there was none.

    ``source`` is ``poll``, ``deed`` (seen while a deed of ours ran) or ``found`` (nobody had looked
    for a while: it happened at some time before). ``body`` is the JSON text of the row as it is, or
    was last.
    """

    kind: str
    row_id: str
    label: str
    field: str
    old: Optional[str]
    new: Optional[str]
    at_ms: int
    source: str
    body: str = ""


SOURCES = ("poll", "deed", "found")

# Without ORDER BY: SQLite would copy all bodies to sort them, 16 ms of 22 for 5,000 alarms.
_BODIES = """
SELECT id, body FROM item
WHERE cloud = ? AND kind = ? AND gone_ms IS NULL AND (? = 0 OR parent = ?)"""

_SINCE = """
SELECT item.row_id, name.text, change.at_ms, change.source FROM (
  SELECT max(change.id) AS id FROM item JOIN change ON change.item = item.id
  WHERE item.cloud = ? AND item.kind = ? AND item.gone_ms IS NULL
  GROUP BY change.item, change.field) AS last
JOIN change ON change.id = last.id
JOIN item ON item.id = change.item
JOIN name ON name.id = change.field
WHERE change.at_ms > item.seen_ms"""

_CHANGES = """
SELECT kind.text, item.row_id, item.label, coalesce(field.text, ''),
  change.old, change.new, change.at_ms, change.source, item.body
FROM change JOIN item ON item.id = change.item JOIN name AS kind ON kind.id = item.kind
LEFT JOIN name AS field ON field.id = change.field
WHERE item.cloud = ? AND change.at_ms >= ? AND (? = '' OR kind.text = ?)
  AND (? = '' OR item.row_id = ? OR item.label = ?)
ORDER BY change.id DESC LIMIT ?"""

_EVENTS = """
SELECT body FROM event WHERE cloud = ? AND at_ms >= ? ORDER BY at_ms DESC, id DESC LIMIT ?"""

_DEEDS = """
SELECT * FROM deed WHERE cloud = ? AND began_ms >= ? AND (? = '' OR row_id = ? OR label = ?
  OR instr(label, ? || ' (') = 1)
ORDER BY id DESC LIMIT ?"""


def glance(path: Path, cloud: Optional[str], kinds: Sequence[str], *, who: str = "") -> Glance:
    """Return what was last written of ``cloud`` (uuid or name; None: the one seen last).

    Of kinds but alarms, whose service says since when itself, it tells since when each field is as
    it is. Where there is no file, or no such cloud, it is empty; raises ``StoreError`` where there
    is one that can't be read.
    """
    if not path.exists():
        return Glance()
    with _reading(path) as base:
        found = _cloud(base, cloud)
        if found is None:
            return Glance()
        number, uuid, name = found
        seen: List[Seen] = []
        since: Dict[Tuple[str, str, str], Tuple[int, bool]] = {}
        for kind in kinds:
            seen.extend(_seen(base, number, kind))
            if kind != "alarms":
                since.update(_since(base, number, kind))
        at_ms, ids = _baseline(base, number)
        return Glance(
            uuid=uuid,
            name=name,
            seen=tuple(seen),
            open_deeds=_open_deeds(base, number),
            baseline_ms=at_ms,
            baseline_ids=ids,
            visit_ms=_visit_ms(base, number, who),
            since=MappingProxyType(since),
            marks=MappingProxyType(_marks(base, number)),
        )


def deeds(
    path: Path, cloud: Optional[str] = None, *, since_ms: int = 0, row: str = "", limit: int = 100
) -> Tuple[Deed, ...]:
    """Return the last deeds (of the row of that id or label), newest first.

    A disk is called by its place too (``/dev/sdb (00:1f.2-ata-2 Z1X4)``): its name alone finds it.
    """
    return tuple(deed_of(one) for one in _ask(path, cloud, _DEEDS, since_ms, *[row] * 4, limit))


def events(
    path: Path, cloud: Optional[str] = None, *, since_ms: int = 0, limit: int = 100
) -> Tuple[Mapping[str, Any], ...]:
    """Return the bodies of the last events, newest first."""
    return tuple(json.loads(one["body"]) for one in _ask(path, cloud, _EVENTS, since_ms, limit))


def changes(
    path: Path,
    cloud: Optional[str] = None,
    *,
    kind: str = "",
    row: str = "",
    since_ms: int = 0,
    limit: int = 100,
) -> Tuple[Changed, ...]:
    """Return the last changes (of one kind, of the row of that id or label), newest first."""
    found = _ask(path, cloud, _CHANGES, since_ms, kind, kind, row, row, row, limit)
    return tuple(changed(tuple(one)) for one in found)


def changed(row: Tuple[Any, ...]) -> Changed:
    """Return the value of (kind, row id, label, field, old, new, instant, its source, body)."""
    kind, row_id, label, name, old, new, at_ms, source, body = row
    return Changed(kind, row_id, label, name, old, new, at_ms, SOURCES[source], body)


_COPIED = (
    "number", "kind", "action", "row_id", "label", "who", "terminal", "why", "answer",
    "began_ms", "sent_ms", "answered_ms", "ended_ms",
)  # fmt: skip


def deed_of(row: Any) -> Deed:
    """Return the deed of a row of the table ``deed``, by its columns' names."""
    detail = json.loads(row["detail"])
    return Deed(
        cloud=row["cloud_said"],
        outcome=Outcome(row["outcome"]),
        # A file of the first version has none until it is opened for writing.
        process=row["process"] if "process" in row.keys() else "",  # noqa: SIM118 - sqlite3.Row
        sends=tuple(detail.get("sends", ())),
        commands=tuple(detail.get("commands", ())),
        form=MappingProxyType(detail.get("form", {})),
        before=MappingProxyType(detail.get("before", {})),
        reached=MappingProxyType(dict(detail.get("reached", ()))),
        held=tuple(detail.get("held", ())),
        **{name: row[name] for name in _COPIED},
    )


# --- asking ------------------------------------------------------------------------------------


def open_read_only(path: Path) -> Tuple[sqlite3.Connection, bool]:
    """Open a file so that nothing can be written; also on a disk that can't be written.

    The second value says whether it also shows what is written from now on.

    SQLite reads a WAL file only where it may make files beside it. Where it may not, a copy in
    memory is read, which knows what was written last too. Raises sqlite3's errors and OSError.
    """
    base = _connect(f"{path.absolute().as_uri()}?mode=ro")
    try:
        base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        base.close()
        is_refused = isinstance(error, sqlite3.OperationalError) and "locked" not in str(error)
        if not is_refused or not path.exists():
            raise
        return _copied(path), False
    return base, True


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(
        uri, uri=True, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
    )


def _copied(path: Path) -> sqlite3.Connection:
    wal = Path(f"{path}-wal")
    if not (wal.exists() and wal.stat().st_size):
        return _connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    copy = _connect("file::memory:")
    with tempfile.TemporaryDirectory(prefix="stx-tui-") as folder:
        for part in (path, wal):
            shutil.copyfile(part, Path(folder) / part.name)
        with closing(_connect((Path(folder) / path.name).as_uri())) as base:
            base.backup(copy)
    return copy


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one look at one instant; its own errors become ``StoreError``."""
    try:
        with closing(open_read_only(path)[0]) as base:
            base.row_factory = sqlite3.Row
            base.execute("BEGIN")
            yield base
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the record {path} can't be read: {error}") from error


def _ask(path: Path, cloud: Optional[str], sql: str, *values: Any) -> Tuple[sqlite3.Row, ...]:
    if not path.exists():
        return ()
    with _reading(path) as base:
        found = _cloud(base, cloud)
        return tuple(base.execute(sql, (found[0], *values))) if found else ()


def _cloud(base: sqlite3.Connection, cloud: Optional[str]) -> Optional[Tuple[int, str, str]]:
    if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'cloud'").fetchone():
        return None
    sql = "SELECT id, uuid, name FROM cloud WHERE ? IS NULL OR uuid = ? OR name = ?"
    found = base.execute(f"{sql} ORDER BY seen_ms DESC, id DESC", (cloud, cloud, cloud)).fetchone()
    return tuple(found) if found else None


def _seen(base: sqlite3.Connection, cloud: int, kind: str) -> Iterator[Seen]:
    """Yield what each parent's rows were; kinds that answer for all parents at once have one."""
    asked = base.execute(
        "SELECT contact.kind, contact.parent, coalesce(parent.text, ''), answered_ms, error"
        " FROM contact JOIN name AS kind ON kind.id = contact.kind"
        " LEFT JOIN name AS parent ON parent.id = contact.parent"
        " WHERE contact.cloud = ? AND kind.text = ? AND answered_ms > 0",
        (cloud, kind),
    )
    for kind_id, parent, said, at_ms, error in asked.fetchall():
        found = dict(base.execute(_BODIES, (cloud, kind_id, parent, parent)).fetchall())
        bodies = tuple(found[one] for one in sorted(found))
        yield Seen(kind=kind, parent=said, bodies=bodies, at_ms=at_ms, error=error)


def _since(base: sqlite3.Connection, cloud: int, kind: str) -> Dict[Tuple[str, str, str], Any]:
    found = base.execute("SELECT id FROM name WHERE text = ?", (kind,)).fetchone()
    if found is None:
        return {}
    of = (cloud, found[0])
    rows = "SELECT row_id, seen_ms FROM item WHERE cloud = ? AND kind = ? AND gone_ms IS NULL"
    since: Dict[Tuple[str, str, str], Any] = {
        (kind, row_id, ""): (seen_ms, True) for row_id, seen_ms in base.execute(rows, of)
    }
    for row_id, name, at_ms, source in base.execute(_SINCE, of):
        since[kind, row_id, name] = (at_ms, SOURCES[source] == "found")
    return since


def _open_deeds(base: sqlite3.Connection, cloud: int) -> Tuple[Deed, ...]:
    sql = "SELECT * FROM deed WHERE cloud = ? AND ended_ms IS NULL ORDER BY id DESC"
    return tuple(deed_of(row) for row in base.execute(sql, (cloud,)))


def _baseline(base: sqlite3.Connection, cloud: int) -> Tuple[int, Optional[frozenset[str]]]:
    row = base.execute("SELECT at_ms, ids FROM baseline WHERE cloud = ?", (cloud,)).fetchone()
    return (row[0], frozenset(json.loads(row[1]))) if row else (0, None)


def _marks(base: sqlite3.Connection, cloud: int) -> Dict[Tuple[str, str], Dict[str, str]]:
    sql = (
        "SELECT name.text, row_id, field, value FROM mark JOIN name ON name.id = mark.kind"
        " WHERE cloud = ?"
    )
    found: Dict[Tuple[str, str], Dict[str, str]] = {}
    for kind, row_id, name, value in base.execute(sql, (cloud,)):
        found.setdefault((kind, row_id), {})[name] = value
    return found


def _visit_ms(base: sqlite3.Connection, cloud: int, who: str) -> int:
    sql = "SELECT max(until_ms) FROM visit WHERE cloud = ? AND (? = '' OR who = ?)"
    return base.execute(sql, (cloud, who, who)).fetchone()[0] or 0
