"""The rows that a table shows: kept by identity, sorted, filtered; no widget."""

from __future__ import annotations

import math
import re
from itertools import islice
from operator import attrgetter, is_
from time import perf_counter
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from backend.kind import Kind
from backend.known import Known, Reading
from backend.places import changed_places
from backend.tone import Look, Mark, Tone
from stx_tui.panes.text import safe

_DIGITS = re.compile(r"(\d+)")
# Rows looked at between two looks at the clock while working in the background.
_CHUNK = 64
_by_key = attrgetter("key")


class Entry:
    """One row: ``key`` sorts it, ``text`` is what the filter searches (None: stale)."""

    __slots__ = ("id", "key", "row", "text")

    def __init__(self, row_id: str, row: Any) -> None:
        self.id = row_id
        self.row = row
        self.key: Any = None
        self.text: Optional[str] = None


class Rows:
    """Entries of one kind in their order; ``shown`` are those the filter lets through.

    A row that did not change keeps its object from reading to reading, so rows are compared by
    identity and only what differs is looked at. What follows from other readings (joined columns,
    sort keys) is brought up to date by ``work``, a little at a time.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self.known: Optional[Known] = None
        self.shown: List[Entry] = []
        self.needle = ""
        self.column: Optional[int] = None
        self.down = False
        self._order: List[Entry] = []
        self._entries: Dict[str, Entry] = {}
        self._rows: Tuple[Any, ...] = ()
        self._inputs: Tuple[Any, ...] = ()
        self._stale: Optional[Iterator[Entry]] = None
        self._searching = False

    def __len__(self) -> int:
        """How many rows there are, filter or not."""
        return len(self._order)

    # --- what there is -------------------------------------------------------------------------

    def show(self, reading: Reading[Any], known: Known) -> bool:
        """Take a reading; return whether a row came, went, changed or moved."""
        self.known = known
        inputs = (known.memory, *(known.reading(name).rows for name in self.kind.needs))
        joins_changed = len(inputs) != len(self._inputs) or not all(map(is_, inputs, self._inputs))
        self._inputs = inputs
        is_first = not self._entries
        changed = self._take(reading)
        if joins_changed and not is_first and (self._sorts or self._searching):
            self._stale = iter(tuple(self._order))
        return changed

    def entry(self, row_id: str) -> Optional[Entry]:
        """Return the entry of a row, filtered out or not."""
        return self._entries.get(row_id)

    def look(self, entry: Entry) -> Look:
        """Return how a row looks now."""
        assert self.known is not None
        return self.kind.look(entry.row, self.known)

    def is_bad(self, entry: Entry) -> bool:
        """Whether ``n`` stops at this row."""
        look = self.look(entry)
        return look.mark is Mark.BAD or look.tone in (Tone.BAD, Tone.WARN)

    # --- filter and sort -----------------------------------------------------------------------

    def search(self, needle: str) -> None:
        """Let through only rows with ``needle`` in a cell or their name, small or capital."""
        self._searching = True
        self.needle = needle.casefold()
        if self._stale is None and any(entry.text is None for entry in self._order):
            self._stale = iter(tuple(self._order))
        self._filter()

    def sort(self, column: Optional[int], *, down: bool = False) -> None:
        """Sort by a column of the kind, or (None) as the kind itself does."""
        self.column, self.down = column, down
        self._key_all()
        self._sort()

    def work(self, budget_s: float) -> bool:
        """Go on with what is stale for ``budget_s``; return whether something is left."""
        if self._stale is None:
            return False
        ends = perf_counter() + budget_s
        while perf_counter() < ends:
            chunk = list(islice(self._stale, _CHUNK))
            if not chunk:
                self._stale = None
                break
            for entry in chunk:
                entry.key = self._key(entry)
                if self._searching:
                    entry.text = self._text(entry)
        if self._stale is None:
            self._sort()
        else:
            self._filter()
        return self._stale is not None

    # --- private -------------------------------------------------------------------------------

    @property
    def _sorts(self) -> bool:
        return self.column is not None or self.kind.sort is not None

    def _take(self, reading: Reading[Any]) -> bool:
        rows, before = reading.rows, self._rows
        if rows is before:
            return False
        self._rows = rows
        if len(rows) == len(before) == len(self._entries):
            changed = changed_places(before, rows)
            if not changed:
                return False
            if self._renew_some(rows, before, changed):
                return True
        by_id = reading.by_id
        if len(by_id) != len(rows):
            by_id = {self.kind.id(row): row for row in rows}
        self._take_all(by_id)
        return True

    def _renew_some(
        self, rows: Tuple[Any, ...], before: Tuple[Any, ...], changed: Tuple[int, ...]
    ) -> bool:
        """Take only the rows that changed in their places; False where others stand there now.

        Of 10,000 rows twenty change five times a second: what stayed is not looked at.
        """
        id_of = self.kind.id
        found = [(id_of(rows[at]), rows[at]) for at in changed]
        if any(id_of(before[at]) != row_id for at, (row_id, _) in zip(changed, found)):
            return False
        moved = False
        for row_id, row in found:
            moved = self._renew(self._entries[row_id], row) or moved
        self._settle(moved=moved)
        return True

    def _take_all(self, by_id: Mapping[str, Any]) -> None:
        moved = False
        entries: Dict[str, Entry] = {}
        for row_id, row in by_id.items():
            entry = self._entries.get(row_id)
            if entry is None:
                entry = Entry(row_id, row)
                entry.key = self._key(entry)
                moved = True
            elif entry.row is not row:
                moved = self._renew(entry, row) or moved
            entries[row_id] = entry
        moved = moved or list(entries) != list(self._entries)
        self._entries = entries
        self._settle(moved=moved)

    def _settle(self, *, moved: bool) -> None:
        """Put changed rows where they belong, and make their text searchable."""
        if self._searching:
            for entry in self._entries.values():
                if entry.text is None and self._stale is None:
                    self._stale = iter(tuple(self._entries.values()))
                    break
        if moved:
            self._order = list(self._entries.values())
            self._sort()
        elif self.needle:
            self._filter()

    def _renew(self, entry: Entry, row: Any) -> bool:
        """Give an entry its new row; return whether that may move it."""
        entry.row = row
        if self._searching:
            entry.text = self._text(entry)
        before, entry.key = entry.key, self._key(entry)
        return bool(before != entry.key)

    def _key_all(self) -> None:
        for entry in self._order:
            entry.key = self._key(entry)

    def _sort(self) -> None:
        if not self._sorts:
            self._order = list(self._entries.values())
        else:
            self._order.sort(key=_by_key, reverse=self.down)
        self._filter()

    def _filter(self) -> None:
        needle = self.needle
        if not needle:
            self.shown = self._order
            return
        self.shown = [e for e in self._order if e.text is not None and needle in e.text]

    def _key(self, entry: Entry) -> Any:
        if self.known is None:
            return None
        if self.column is not None:
            return _natural(self.kind.columns[self.column].rank(entry.row, self.known))
        if self.kind.sort is not None:
            return self.kind.sort(entry.row, self.known)
        return None

    def _text(self, entry: Entry) -> str:
        row, known = entry.row, self.known
        assert known is not None
        values = [column.cell(row, known) for column in self.kind.columns]
        words = [value if isinstance(value, str) else safe(value) for value in values if value]
        words.append(self.kind.name_of(row))
        return "\n".join(words).casefold()


def _natural(value: Any) -> Tuple[Any, ...]:
    """Return a key that sorts numbers by size, ``worker-10`` after ``worker-2``, None last.

    What is split by its digits has text at even places and digits at odd ones: two such keys never
    compare one with the other.
    """
    if value is None or value == "":
        return (2,)
    if isinstance(value, (int, float)):
        return (0, int(value * 1000)) if math.isfinite(value) else (2,)
    parts: List[Any] = _DIGITS.split(str(value).casefold()[:200])
    parts[1::2] = map(int, parts[1::2])
    return (1, parts)
