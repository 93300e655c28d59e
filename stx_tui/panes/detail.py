"""The pages of a row's detail: those its kind declares, and those derived from what there is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Container,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from backend.called import none_of
from backend.clean import cells, pad
from backend.deed import Deed
from backend.errors import Absent
from backend.figure import Figure, Jump, Line, Lines
from backend.kind import Kind
from backend.known import Known, Reading
from backend.render import rows_text
from backend.tone import Tone, Verdict
from backend.units import stopwatch, when
from stx_tui.panes.columns import fit
from stx_tui.panes.late import as_it_was, unread
from stx_tui.panes.text import safe

if TYPE_CHECKING:
    from backend.store.glance import Changed

# Letters that mean the same on every page; a page that is derived takes none of them.
TAKEN = frozenset("acghjklnqrvwDGHL")
HISTORY, YAML = "h", "y"
_WORDS = {Tone.BAD: "NOT WELL", Tone.WARN: "WARN", Tone.BUSY: "BUSY"}


@dataclass(frozen=True)
class Page:
    """One page: a figure of the row, or (``kind``) rows of another kind, all or the related ones.

    ``of`` says that those rows are read under this row, as its children.
    """

    key: str
    title: str
    figure: Optional[Callable[[Any, Known], Figure]] = None
    kind: Optional[Kind[Any]] = None
    related: Optional[Callable[[Any, Any], bool]] = None
    of: bool = False
    needs: Tuple[str, ...] = ()
    under: Optional[Callable[[Any, Known], Tuple[Tuple[str, str], ...]]] = None

    def looks_at(
        self, row: Optional[Any], row_id: str, known: Known, kinds: Container[str]
    ) -> Tuple[Tuple[str, str], ...]:
        """Return the readings it shows, beside the row's own, of the kinds that there are."""
        wanted = [(name, "") for name in self.needs]
        if self.kind is not None:
            wanted.append((self.kind.name, row_id if self.of else ""))
        if self.under is not None and row is not None:
            wanted += self.under(row, known)
        return tuple(key for key in dict.fromkeys(wanted) if key[0] in kinds)

    @property
    def is_history(self) -> bool:
        """Whether the record, too, is asked for it."""
        return self.figure is None and self.kind is None


def pages_of(kind: Kind[Any], kinds: Iterable[Kind[Any]]) -> Tuple[Page, ...]:
    """Return the pages of a row of ``kind``: overview, declared ones, children, history, fields."""
    by_name = {one.name: one for one in kinds}
    declared = [
        Page(
            key=tab.key,
            title=tab.title,
            figure=tab.figure,
            kind=by_name.get(tab.kind),
            related=tab.related,
            needs=tab.needs,
            under=tab.under,
        )
        for tab in kind.tabs
        if tab.figure is not None or tab.kind in by_name
    ]
    taken: Set[str] = {page.key for page in declared} | set(TAKEN) | {HISTORY, YAML}
    pages: List[Page] = []
    if not declared or declared[0].figure is None:
        key = _letter("overview", taken)
        pages.append(Page(key=key, title="Overview", figure=lambda r, k: overview(kind, r, k)))
    pages += declared
    for child in by_name.values():
        if child.parent == kind.name and not any(page.kind is child for page in pages):
            wanted, _, title = child.tab.partition(" ")
            key = _letter(wanted + child.name, taken)
            title = title or child.name.replace("-", " ").capitalize()
            pages.append(Page(key=key, title=title, kind=child, of=True))
    mine = {page.key for page in declared}
    if HISTORY not in mine:
        pages.append(Page(key=HISTORY, title="History"))
    # Where a row can be fetched whole, that letter opens all of it and not what we keep.
    if YAML not in mine and kind.whole is None:
        pages.append(Page(key=YAML, title="YAML", figure=lambda r, k: fields(kind, r, k)))
    return tuple(pages)


def _letter(name: str, taken: Set[str]) -> str:
    """Return a letter for a page, of its name if one is left; "" where none is."""
    letters = [one for one in name + name.upper() if one.isalpha()]
    letters += list("bdefimopstuwxzABCDEFIJKMNOPQRSTUVWXYZ")
    key = next((one for one in letters if one not in taken), "")
    taken.add(key)
    return key


# --- what stands on them -----------------------------------------------------------------------


def overview(kind: Kind[Any], row: Any, known: Known) -> Lines:
    """Return what the kind says of a row, then each of its columns in a line."""
    lines: List[Line] = [
        Line(text=note, tone=kind.look(row, known).tone) for note in kind.look(row, known).notes
    ]
    if kind.strip is not None:
        lines += kind.strip(row, known).lines
    if lines:
        lines.append(Line(rule=True))
    for column in kind.columns:
        value = column.cell(row, known)
        lines.append(Line(heading=column.heading.lower(), text=safe(value)))
    since = known.since(kind.name, kind.id(row), *kind.state_fields)
    if since is not None:
        words = f"{'at least since' if since.at_least else 'since'} {when(since.ms, known.now_ms)}"
        lines.append(Line(heading="so", text=words))
    return Lines(lines=tuple(lines))


def fields(kind: Kind[Any], row: Any, known: Known) -> Lines:
    """Return every field of a row as YAML, without secrets."""
    text = rows_text(kind, (row,), known, "yaml")
    return Lines(lines=tuple(Line(text=line[2:]) for line in text.splitlines()))


def table(kind: Kind[Any], rows: Sequence[Any], known: Known, width: int) -> Tuple[Line, ...]:
    """Return rows as finished lines with a heading; each jumps to its row."""
    columns = kind.columns
    texts = [[safe(column.cell(row, known)) for column in columns] for row in rows]
    longest = [max((cells(t[n]) for t in texts), default=0) for n in range(len(columns))]
    fitted = fit(columns, longest, width - 2)
    gap = " " * fitted.gap
    heads = (pad(one.column.heading, one.width, right=one.column.right) for one in fitted.columns)
    lines = [Line(heading="  " + gap.join(heads))]
    for row, cell in zip(rows, texts):
        look = kind.look(row, known)
        shown = (pad(cell[one.index], one.width, right=one.column.right) for one in fitted.columns)
        jump = Jump(kind=kind.name, id=kind.id(row))
        text = f"{look.mark.value} {gap.join(shown)}"
        lines.append(Line(text=text, jump=jump))
        lines += [Line(text=f"    {safe(note)}", jump=jump) for note in look.notes]
    return tuple(lines)


def related(page: Page, row: Any, row_id: str, known: Known, width: int) -> Tuple[Line, ...]:
    """Return the rows that a page lists of another kind, or why there are none."""
    kind = page.kind
    assert kind is not None
    reading = known.reading(kind.name, row_id if page.of else "")
    rows = [one for one in reading.rows if page.related is None or page.related(row, one)]
    if not rows:
        is_none = reading.was_read and page.related is not None
        return (Line(text=f"no {kind.name} of it") if is_none else nothing(kind, reading),)
    if kind.sort is not None:
        sort = kind.sort
        rows.sort(key=lambda one: sort(one, known))
    return table(kind, rows, known, width)


def verdict_of(
    kind: Kind[Any], row: Optional[Any], row_id: str, reading: Reading[Any], known: Known, gone: str
) -> Verdict:
    """Return the sentence of a row; above all, whether it is there at all.

    ``row`` is as it was last seen, ``gone`` says since when it is not there ("": it is).
    """
    if row is None:
        if reading.error is not None or not reading.was_read:
            said = nothing(kind, reading)
            return Verdict(word="", text=said.text, tone=said.tone)
        text = f"there is no {kind.singular} with the id {row_id}"
        return Verdict(word="GONE", text=text, tone=Tone.BAD)
    if gone:
        return Verdict(word="GONE", text=f"{gone}; below is how it was.", tone=Tone.BAD)
    if kind.sentence is not None:
        return as_it_was(kind.sentence(row, known), reading, known.now_ms)
    look = kind.look(row, known)
    text = look.notes[0] if look.notes else kind.name_of(row)
    said_so = Verdict(word=_WORDS.get(look.tone, "WELL"), text=text, tone=look.tone)
    return as_it_was(said_so, reading, known.now_ms)


def nothing(kind: Kind[Any], reading: Reading[Any]) -> Line:
    """Return why there are no rows: not asked yet, no answer, or none there."""
    if reading.error is not None and not reading.was_read:
        tone = Tone.PLAIN if isinstance(reading.error, Absent) else Tone.BAD
        return Line(text=unread(kind, reading.error), tone=tone)
    if not reading.was_read:
        return Line(text=f"asking for {kind.name} ...")
    return Line(text=none_of(kind))


def history(deeds: Sequence[Deed], changes: Sequence[Changed], now_ms: int) -> Lines:
    """Return what was done to a row and what changed in it, newest first."""
    lines: List[Tuple[int, Line]] = []
    for deed in deeds:
        took = f" {stopwatch(deed.took_ms)}" if deed.took_ms is not None else ""
        words = f"{deed.action} by {deed.who} ({deed.terminal}): {deed.outcome.value}{took}"
        why = f'  "{deed.why}"' if deed.why else ""
        words += f"  deed {deed.number}{why}{'  ' + deed.answer if deed.answer else ''}"
        line = Line(heading=when(deed.began_ms, now_ms), text=words)
        lines.append((deed.began_ms, line))
    for one in changes:
        line = Line(heading=when(one.at_ms, now_ms), text=_changed(one))
        lines.append((one.at_ms, line))
    lines.sort(key=lambda pair: -pair[0])
    if not lines:
        return Lines(lines=(Line(text="nothing is in the record of it"),))
    return Lines(lines=tuple(line for _at, line in lines))


def _changed(one: Changed) -> str:
    """Return one change as it is read; one that nobody saw happen was at some time before."""
    if one.field:
        words = f"{one.field}: {_value(one.old)} -> {_value(one.new)}"
    else:
        words = "was there first" if one.old is None else "was gone"
    how = {"found": "  (found then; it was at some time before)", "deed": "  (in an act of ours)"}
    return words + how.get(one.source, "")


def _value(text: Optional[str]) -> str:
    """Return the JSON text of a value as people write it."""
    if text is None:
        return "-"
    value = json.loads(text)
    return value if isinstance(value, str) else text


def find(known: Known, kind: str, row_id: str) -> Tuple[Optional[Any], Reading[Any]]:
    """Return a row by its id from whatever reading of its kind has it, and that reading."""
    return known.find(kind, row_id)


def letters(pages: Sequence[Page]) -> Mapping[str, Page]:
    """Return the pages by their letters."""
    return {page.key: page for page in pages if page.key}
