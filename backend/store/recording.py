"""A reading becomes rows: what changed against what is written, within the writer's transaction."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple, TypeVar

from sqlalchemy import insert
from sqlmodel import Session, col, select

from backend.kind import Kind
from backend.known import Reading
from backend.store.diff import differences, kept, text
from backend.store.tables import Change, Cloud, Contact, DeedRow, Event, Item, Name, Source
from backend.units import instant_ms

T = TypeVar("T")

# SQLite before 3.32 took 999 values in one statement; fewer also keeps statements short.
_CHUNK = 500
# Beyond this many missed rounds (or this long, in ms) nobody can say when a change happened.
_MISSED_ROUNDS, _MISSED_MS = 3, 60_000
# A deed that ended this long ago, in ms, may still be the cause of what is seen now.
_AFTERMATH_MS = 60_000
# Another console may have written something newer than this reading; further ahead than this, in
# ms, it is no newer reading but a clock that was wrong.
_NEWER_MS = 60_000


class Recording:
    """Writes readings into one database; what it wrote last costs nothing to see again."""

    def __init__(self) -> None:
        """Nothing is known of what is written."""
        self._names: Dict[str, int] = {}
        self._clouds: Dict[str, int] = {}
        self._last: Dict[Tuple[str, str, str], Mapping[str, Any]] = {}

    def forget(self) -> None:
        """Take nothing for written: the last transaction failed, or the file is another one."""
        self._names.clear()
        self._clouds.clear()
        self._last.clear()

    # --- small numbers -------------------------------------------------------------------------

    def cloud(self, session: Session, key: str, name: str = "") -> int:
        """Return the number of the cloud of that uuid (else of that name), new where needed."""
        if key in self._clouds and not name:
            return self._clouds[key]
        found = session.exec(select(Cloud).where(Cloud.uuid == key)).first()
        if found is None and name:
            # Until the system said its uuid, it stood under its name.
            found = session.exec(select(Cloud).where(Cloud.uuid == name)).first()
        elif found is None:
            by_name = select(Cloud).where(Cloud.name == key).order_by(col(Cloud.seen_ms).desc())
            found = session.exec(by_name).first()
        if found is None:
            found = Cloud(uuid=key, name=name or key)
        if name:
            found.uuid, found.name = key, name
        session.add(found)
        session.flush()
        self._clouds[key] = _number(found.id)
        return self._clouds[key]

    def name(self, session: Session, word: str) -> int:
        """Return the number of a word, new where needed; 0 is the word of no characters."""
        if not word:
            return 0
        if word not in self._names:
            found = session.exec(select(Name).where(Name.text == word)).first()
            if found is None:
                found = Name(text=word)
                session.add(found)
                session.flush()
            self._names[word] = _number(found.id)
        return self._names[word]

    # --- a reading -----------------------------------------------------------------------------

    def contact(
        self, session: Session, key: Tuple[str, str, str], answered_ms: int, error: str = ""
    ) -> None:
        """Write when (cloud, kind, parent) last answered, and what it said since."""
        cloud, kind, parent = key
        session.merge(
            Contact(
                cloud=self.cloud(session, cloud),
                kind=self.name(session, kind),
                parent=self.name(session, parent),
                answered_ms=answered_ms,
                error=error,
            )
        )

    def record(
        self,
        session: Session,
        cloud: str,
        kind: Kind[Any],
        reading: Reading[Any],
        looked_ms: Optional[int],
    ) -> bool:
        """Write what is new in ``reading``, and return whether there was anything.

        ``looked_ms`` is when the kind last answered before.
        """
        key = (cloud, kind.name, reading.parent)
        last = self._last.get(key)
        news = _news(kind, last or {}, reading)
        self._last[key] = reading.by_id
        if last is not None and not news and last.keys() == reading.by_id.keys():
            return False
        cloud_id, kind_id = self.cloud(session, cloud), self.name(session, kind.name)
        if kind.is_log:
            _record_log(session, cloud_id, kind_id, kind, reading, news)
        else:
            parent = self.name(session, reading.parent)
            of = _Round(self, session, cloud_id, kind_id, parent, kind, reading, looked_ms)
            of.record(news, was_empty=last is not None and not last)
        return True


def _news(kind: Kind[Any], last: Mapping[str, Any], reading: Reading[Any]) -> Dict[str, Any]:
    """Return the rows that say more than what was written last; compared without the database."""
    without = kind.noise | kind.secret | kind.drop

    def is_same(old: Any, new: Any) -> bool:
        return old is new or (
            old is not None
            and kept(old.body, without) == kept(new.body, without)
            and kind.name_of(old) == kind.name_of(new)
        )

    return {
        row_id: row for row_id, row in reading.by_id.items() if not is_same(last.get(row_id), row)
    }


class _Round:
    """One reading of one kind, in one transaction."""

    def __init__(
        self,
        recording: Recording,
        session: Session,
        cloud: int,
        kind_id: int,
        parent: int,
        kind: Kind[Any],
        reading: Reading[Any],
        looked_ms: Optional[int],
    ) -> None:
        self._recording = recording
        self._session = session
        self._cloud, self._kind_id, self._parent = cloud, kind_id, parent
        self._kind = kind
        self._reading = reading
        self._at_ms = reading.at_ms
        missed_ms = max(_MISSED_ROUNDS * kind.every_s * 1000, _MISSED_MS)
        self._was_asked = looked_ms is not None
        self._was_watched = looked_ms is not None and self._at_ms - looked_ms <= missed_ms
        self._without = kind.noise | kind.secret | kind.drop
        self._under_deed: Set[str] = set()
        # Rows that were never there before, and what changed, to be written together.
        self._new: List[Dict[str, Any]] = []
        self._changes: List[Dict[str, Any]] = []

    def record(self, news: Mapping[str, Any], *, was_empty: bool) -> None:
        """Write rows that came, changed, came back or went; ``was_empty``: before there was none.

        The first ones of a kind are no news, unless they were looked for and not there.
        """
        here = select(Item.row_id, Item.id).where(
            Item.cloud == self._cloud, Item.kind == self._kind_id
        )
        if self._parent:
            here = here.where(Item.parent == self._parent)
        is_first = not was_empty and self._is_first(here)
        there = dict(self._session.exec(here.where(col(Item.gone_ms).is_(None))).all())
        # A row that could not be read is not a row that is gone.
        gone = [] if self._reading.malformed else [i for i in there if i not in self._reading.by_id]
        self._under_deed = self._rows_under_deed()
        for ids in _chunks(news):
            items = {item.row_id: item for item in self._items(ids)}
            for row_id in ids:
                self._record_row(row_id, news[row_id], items.get(row_id))
            self._write_new(is_first)
        for ids in _chunks(gone):
            for item in self._items(ids):
                if not self._is_newer(item):
                    self._change(item, ("", text(item.label), None))
                    item.gone_ms = item.changed_ms = self._at_ms
        if self._changes:
            self._session.execute(insert(Change), self._changes)

    def _is_first(self, here: Any) -> bool:
        """Whether nothing of it was read before: then its rows are no news.

        What was read under some parents only does not make the rows of the others news.
        """
        if self._session.exec(here.limit(1)).first() is None:
            return True
        of_this = here.where(Item.parent == self._parent)
        return not self._was_asked and self._session.exec(of_this.limit(1)).first() is None

    def _items(self, ids: List[str]) -> Iterable[Item]:
        return self._session.exec(
            select(Item).where(
                Item.cloud == self._cloud, Item.kind == self._kind_id, col(Item.row_id).in_(ids)
            )
        ).all()

    def _record_row(self, row_id: str, row: Any, item: Optional[Item]) -> None:
        body = kept(row.body, self._without)
        label = _storable(self._kind.name_of(row))
        if item is None:
            self._new.append({"row_id": row_id, "label": label, "body": text(body)})
            return
        if self._is_newer(item):
            return
        found = [] if item.body == text(body) else differences(json.loads(item.body), body)
        if item.gone_ms is not None:
            self._change(item, ("", None, text(label)))
            item.gone_ms, item.seen_ms = None, self._at_ms
        elif not found and item.label == label:
            # Read for all parents before and now under one: this is that one's row.
            item.parent = self._parent or item.parent
            return
        for difference in found:
            self._change(item, difference)
        item.body, item.label, item.changed_ms = text(body), label, self._at_ms
        item.parent = self._parent or item.parent

    def _write_new(self, is_first: bool) -> None:
        """Write the rows that came: ten thousand together cost a tenth of what each alone does.

        The first ones of a kind are no news.
        """
        new, self._new = self._new, []
        if not new:
            return
        alike = {"cloud": self._cloud, "kind": self._kind_id, "parent": self._parent}
        alike.update(seen_ms=self._at_ms, changed_ms=self._at_ms)
        self._session.execute(insert(Item), [{**alike, **one} for one in new])
        if not is_first:
            for item in self._items([one["row_id"] for one in new]):
                self._change(item, ("", None, text(item.label)))

    def _change(self, item: Item, difference: Tuple[str, Optional[str], Optional[str]]) -> None:
        field, old, new = difference
        source = Source.POLL if self._was_watched else Source.FOUND
        if item.row_id in self._under_deed:
            source = Source.DEED
        self._changes.append(
            {
                "item": _number(item.id),
                "field": self._recording.name(self._session, _storable(field)),
                "old": old,
                "new": new,
                "at_ms": self._at_ms,
                "source": source,
            }
        )

    def _is_newer(self, item: Item) -> bool:
        return 0 < item.changed_ms - self._at_ms < _NEWER_MS

    def _rows_under_deed(self) -> Set[str]:
        since_ms = self._at_ms - _AFTERMATH_MS
        asked = select(DeedRow.row_id).where(
            DeedRow.cloud == self._cloud,
            DeedRow.kind == self._kind.name,
            DeedRow.began_ms <= self._at_ms,
            col(DeedRow.ended_ms).is_(None) | (col(DeedRow.ended_ms) >= since_ms),
        )
        return set(self._session.exec(asked))


def _record_log(
    session: Session,
    cloud: int,
    kind_id: int,
    kind: Kind[Any],
    reading: Reading[Any],
    news: Mapping[str, Any],
) -> None:
    """Store the rows of a log that are not stored yet, the oldest first."""
    unknown = dict(news)
    for ids in _chunks(news):
        asked = select(Event.row_id).where(
            Event.cloud == cloud, Event.kind == kind_id, col(Event.row_id).in_(ids)
        )
        for row_id in session.exec(asked):
            del unknown[row_id]
    events = [
        Event(
            cloud=cloud,
            kind=kind_id,
            row_id=row_id,
            at_ms=_instant(row.body, reading.at_ms),
            body=text(kept(row.body, kind.secret)),
        )
        for row_id, row in unknown.items()
    ]
    events.sort(key=_at)
    session.add_all(events)


def _at(event: Event) -> int:
    return event.at_ms


def _instant(body: Mapping[str, Any], otherwise_ms: int) -> int:
    """Return when an event says it was, else when it was read."""
    said_ms = instant_ms(body.get("timestamp"))
    return otherwise_ms if said_ms is None else said_ms


def _chunks(ids: Iterable[str]) -> Iterator[List[str]]:
    whole = list(ids)
    for start in range(0, len(whole), _CHUNK):
        yield whole[start : start + _CHUNK]


def _number(number: Optional[int]) -> int:
    assert number is not None, "flushed before"
    return number


def _storable(words: str) -> str:
    """Return text that every database takes: no half characters, no NUL."""
    return words.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
