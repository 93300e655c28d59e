"""A kind listed: numbered rows, twenty at a time, filtered, sorted, and the next that is unwell."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple, Union

from backend.called import none_of
from backend.clean import cut, pad
from backend.figure import Jump, Lines
from backend.kind import Kind
from backend.known import Key, Known, Reading
from backend.render import figure_lines
from backend.tone import Tone, Verdict
from backend.units import span
from stx_tui.panes.columns import Fit, fit
from stx_tui.panes.late import as_it_was, unread
from stx_tui.panes.rows import Entry, Rows
from stx_tui.panes.text import safe
from stx_tui.plain import changes
from stx_tui.plain.page import Help, Page, number, upto
from stx_tui.plain.paper import plain
from stx_tui.plain.talk import NOT_CONNECTED, Talk

PAGE = 20
# Cells before a row: its number, its mark.
LEAD = 6


class ListPage(Page):
    """The rows of a kind. A number means the row that was printed with it, wherever it is now."""

    def __init__(self, talk: Talk, kind: Kind[Any], of: str = "") -> None:
        """``of`` is the id of the parent whose rows alone are listed."""
        super().__init__(talk)
        self.kind = kind
        self.of = of
        self.rows = Rows(kind)
        self._ids: Tuple[str, ...] = ()
        self._first = 0
        self._at = -1

    @property
    def prompt(self) -> str:
        some = f"{upto(len(self._ids))} opens, " if self._ids else ""
        act = "a acts, " if self.kind.actions else ""
        pages = "+ - page, " if len(self._ids) > PAGE else ""
        bad = "n bad, " if self._ids else ""
        rest = f": {some}{act}{pages}{bad}/text, :kind, r p w h b, ?, q>"
        return cut(self.kind.name, max(self.talk.paper.width - len(rest) - 1, 8)) + rest

    @property
    def help(self) -> Help:
        return (
            ("number", f"opens the {self.kind.singular} of that number"),
            ("a", "what can be done with the kind itself; a 3: with row 3; a 3 5: with both"),
            ("/text", "only rows with that text; / alone: all of them"),
            ("n", "the next row that is not well"),
            ("l 3", "the logs that tell of row 3, at its moment"),
            ("+  -", "the next page of rows, the page before"),
            ("s NAME", "sorts by the column of that name, again: downwards; s: as usual"),
        )

    def keys(self) -> Tuple[Key, ...]:
        return self.talk.rooms.looked_at(self.kind, self.of)

    @property
    def reading(self) -> Reading[Any]:
        """The rows as they were read last."""
        return self.talk.known.reading(self.kind.name, self.of)

    # --- verbs ---------------------------------------------------------------------------------

    def show(self) -> None:
        self._take()
        self._first = min(self._first, max(len(self._ids) - 1, 0) // PAGE * PAGE)
        self._print()

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        at, (word, _blank, rest) = number(text), text.partition(" ")
        if at is not None:
            return self._open(at)
        if text.startswith("/"):
            self._filter(text[1:].strip())
        elif text in ("+", "-"):
            self._turn(1 if text == "+" else -1)
        elif text in ("n", "next"):
            self._next_bad()
        elif word in ("s", "sort"):
            self._sort(rest.strip())
        elif word in ("a", "act"):
            await self._act(rest)
        elif word == "l" and number(rest.strip()) is not None and self.kind.logs is not None:
            return await self._logs(int(rest))
        else:
            return False
        return True

    async def _logs(self, at: int) -> Union[Page, bool]:
        """Return the logs that tell of the row of that number."""
        from stx_tui.plain.logs import page_of

        entry = self.rows.entry(self._numbered(at))
        return True if entry is None else await page_of(self.talk, self.kind, entry.row)

    def _open(self, at: int) -> Union[Page, Jump, bool]:
        entry = self._numbered(at)
        return Jump(kind=self.kind.name, id=entry) if entry else True

    def _numbered(self, at: int) -> str:
        """Return the id of the row that was printed with that number, "" where none was."""
        if 1 <= at <= len(self._ids):
            return self._ids[at - 1]
        self.talk.paper.say(
            f"there is no row {at}: 1 to {len(self._ids)}" if self._ids else "no rows"
        )
        return ""

    def _filter(self, needle: str) -> None:
        self.rows.search(needle)
        self._work()
        self._first, self._at = 0, -1
        self.show()

    def _turn(self, step: int) -> None:
        first = self._first + step * PAGE
        if not 0 <= first < len(self._ids):
            self.talk.paper.say("that was the last page" if step > 0 else "this is the first page")
            return
        self._first = first
        self._print()

    def _next_bad(self) -> None:
        """Print the next row that is unwell, with what there is to say of it."""
        known = self.talk.known
        count = len(self._ids)
        for step in range(1, count + 1):
            at = (self._at + step) % count
            entry = self.rows.entry(self._ids[at])
            if entry is None or not self.rows.is_bad(entry):
                continue
            self._at = at
            self._first = at // PAGE * PAGE
            fitted = self._fit([entry], known)
            self.talk.paper.row(self._heading(fitted))
            self._row(at, entry, fitted, known)
            if self.kind.strip is not None:
                self._strip(self.kind.strip(entry.row, known).brief)
            return
        self.talk.paper.say(f"no {self.kind.singular} is unwell")

    def _sort(self, name: str) -> None:
        headings = [column.heading.casefold() for column in self.kind.columns]
        if name and name.casefold() not in headings:
            self.talk.paper.say(f"no column {name!r}; there are {', '.join(headings)}")
            return
        column = headings.index(name.casefold()) if name else None
        down = column is not None and column == self.rows.column and not self.rows.down
        self.rows.sort(column, down=down)
        self._first = 0
        self.show()

    async def _act(self, rest: str) -> None:
        from stx_tui.plain.acts import offer

        numbers = [number(word) for word in rest.replace(",", " ").split()]
        if any(one is None for one in numbers):
            self.talk.paper.say("a, then the numbers of rows: a 3, or a 3 5")
            return
        ids = [self._numbered(one) for one in numbers if one is not None]
        if all(ids):
            await offer(self.talk, self.kind, tuple(dict.fromkeys(ids)), self.of)

    # --- what changed --------------------------------------------------------------------------

    def stands(self, known: Known) -> Mapping[str, str]:
        rows = known.reading(self.kind.name, self.of).rows
        return changes.marks(self.kind, rows, known)

    def news(self, before: Known, reading: Optional[Reading[Any]]) -> Tuple[str, ...]:
        if reading is None or (reading.kind, reading.parent) != (self.kind.name, self.of):
            return ()
        return changes.of_rows(self.kind, before.reading(self.kind.name, self.of), reading)

    # --- private -------------------------------------------------------------------------------

    def _take(self) -> None:
        """Take what is known now; from now on numbers mean rows in this order."""
        self.rows.show(self.reading, self.talk.known)
        self._work()
        self._ids = tuple(entry.id for entry in self.rows.shown)

    def _work(self) -> None:
        while self.rows.work(1.0):
            continue

    def _print(self) -> None:
        paper, known, reading = self.talk.paper, self.talk.known, self.reading
        paper.row()
        paper.say(self._title(known, reading))
        paper.verdict(self._verdict(known, reading))
        ids = self._ids[self._first : self._first + PAGE]
        entries = [entry for entry in map(self.rows.entry, ids) if entry is not None]
        if not entries:
            paper.say(self._nothing(reading))
            return
        fitted = self._fit(entries, known)
        paper.row(self._heading(fitted))
        for at, row_id in enumerate(ids, self._first):
            entry = self.rows.entry(row_id)
            if entry is None:
                paper.row(f"{at + 1:>{LEAD - 3}} x gone")
            else:
                self._row(at, entry, fitted, known)
        last = self._first + len(ids)
        if len(self._ids) > PAGE:
            paper.row(f"rows {self._first + 1} to {last} of {len(self._ids)}")

    def _title(self, known: Known, reading: Reading[Any]) -> str:
        count = (
            f"{len(self.rows.shown)} of {len(self.rows)}"
            if self.rows.needle
            else f"{len(self.rows)}"
        )
        words = f"{known.cloud} > {self.kind.name}: {count}"
        if self.rows.needle:
            words += f" with {self.rows.needle!r}"
        if reading.was_read:
            words += f", read {span(known.now_ms - reading.at_ms)} ago"
        return words

    def _verdict(self, known: Known, reading: Reading[Any]) -> Verdict:
        area = self.talk.rooms.area_of(self.kind)
        if self.kind.verdict is not None:
            verdict = self.kind.verdict(known)
        elif area is not None:
            verdict = area.headline(known)
        else:
            verdict = Verdict(
                word="", text=f"{len(reading.rows)} {self.kind.name}", tone=Tone.PLAIN
            )
        return as_it_was(verdict, reading, known.now_ms)

    def _nothing(self, reading: Reading[Any]) -> str:
        if self.rows.needle:
            return f"no {self.kind.singular} has {self.rows.needle!r}; / alone lists all"
        if reading.error is not None and not reading.was_read:
            return unread(self.kind, reading.error)
        if not reading.was_read:
            return (
                NOT_CONNECTED
                if self.talk.station is None
                else f"{self.kind.name} were not read yet"
            )
        return none_of(self.kind)

    def _fit(self, entries: Sequence[Entry], known: Known) -> Fit:
        columns = self.kind.columns
        texts = [self._cells(entry, known) for entry in entries]
        longest = [max(len(text[at]) for text in texts) for at in range(len(columns))]
        return fit(columns, longest, self.talk.paper.width - LEAD)

    def _cells(self, entry: Entry, known: Known) -> List[str]:
        return [plain(safe(column.cell(entry.row, known))) for column in self.kind.columns]

    def _heading(self, fitted: Fit) -> str:
        heads = [
            pad(one.column.heading, one.width, right=one.column.right) for one in fitted.columns
        ]
        return " " * LEAD + (" " * fitted.gap).join(heads)

    def _row(self, at: int, entry: Entry, fitted: Fit, known: Known) -> None:
        look, texts = self.kind.look(entry.row, known), self._cells(entry, known)
        shown = [pad(texts[one.index], one.width, right=one.column.right) for one in fitted.columns]
        lead = f"{at + 1:>{LEAD - 3}} {look.mark.value} "
        self.talk.paper.row(f"{lead}{(' ' * fitted.gap).join(shown)}")
        for note in look.notes:
            self.talk.paper.say(safe(note), indent=LEAD + 2)

    def _strip(self, lines: Lines) -> None:
        paper = self.talk.paper
        paper.lines(figure_lines(lines, paper.width - 2, self.talk.now_ms()))
