"""One row: its sentence, its pages by their letters, and where its lines lead by number."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple, Union

from backend.clean import cut
from backend.errors import StxError
from backend.figure import Jump, Line
from backend.kind import Kind
from backend.known import Key, Known, Reading
from backend.render import figure_lines
from backend.twin import compare, figure, twins_of
from backend.twin import keys_of as twin_keys
from backend.twin import verdict as difference
from backend.units import clock, span
from backend.whynot import keys_of, verdict, why_not
from stx_tui.panes.detail import Page as Leaf
from stx_tui.panes.detail import find, history, letters, pages_of, related, verdict_of
from stx_tui.panes.text import safe
from stx_tui.plain import changes
from stx_tui.plain.page import Help, Page, number, upto
from stx_tui.plain.paper import plain, sign
from stx_tui.plain.talk import Talk

# Cells before a line: the number that leads where it points, its sign.
LEAD = 6


class DetailPage(Page):
    """A row by its id; it stays on its row, and says so when that is gone."""

    def __init__(self, talk: Talk, kind: Kind[Any], row_id: str) -> None:
        super().__init__(talk)
        self.kind = kind
        self.row_id = row_id
        self.pages = pages_of(kind, talk.rooms.kinds)
        self.leaf = self.pages[0]
        self._row: Optional[Any] = None
        self._jumps: List[Jump] = []

    @property
    def prompt(self) -> str:
        some = f"{upto(len(self._jumps))} goes there, " if self._jumps else ""
        act = "a acts, " if self.kind.actions else ""
        go = "g goes on, " if self._jump is not None else ""
        taken = letters(self.pages)
        # A letter that is a page's here is typed as a word for what it means elsewhere.
        words = " ".join(one if one[0] in taken else one[0] for one in ("read", "watch", "print"))
        rest = f": tab letter, {some}{act}{go}{words}, ?, q>"
        return cut(plain(self._name), max(self.talk.paper.width - len(rest) - 1, 8)) + rest

    @property
    def help(self) -> Help:
        tabs = tuple((page.key, f"the page {page.title}") for page in self.pages if page.key)
        return (
            *tabs,
            ("number", "goes where the line with that number points"),
            ("g", "goes to the row that this one is about"),
            ("a", "what can be done with it, what can't, and why"),
            ("l", "the logs that tell of it, at its moment"),
            ("twin", "what differs from its twin; twin NAME: from that one"),
            ("why", "what would refuse each action on it, and where that is mended"),
        )

    def keys(self) -> Tuple[Key, ...]:
        known = self.talk.known
        row, reading = find(known, self.kind.name, self.row_id)
        keys = [(self.kind.name, reading.parent), *((name, "") for name in self.kind.needs)]
        there = {kind.name for kind in self.talk.rooms.kinds}
        return (*keys, *self.leaf.looks_at(row, self.row_id, known, there))

    @property
    def _name(self) -> str:
        return safe(self.kind.name_of(self._row)) if self._row is not None else self.row_id

    @property
    def _jump(self) -> Optional[Jump]:
        if self._row is None or self.kind.jump is None:
            return None
        return self.kind.jump(self._row, self.talk.known)

    # --- verbs ---------------------------------------------------------------------------------

    def show(self) -> None:
        talk, known = self.talk, self.talk.known
        row, reading = find(known, self.kind.name, self.row_id)
        is_gone = row is None and self._row is not None
        self._row = row if row is not None else self._row
        talk.paper.row()
        age = f"read {span(known.now_ms - reading.at_ms)} ago" if reading.was_read else "never read"
        talk.paper.say(f"{known.cloud} > {self.kind.name} > {self._name}   {age}")
        gone = f"not in the answer of {clock(reading.at_ms, seconds=True)}" if is_gone else ""
        talk.paper.verdict(verdict_of(self.kind, self._row, self.row_id, reading, known, gone))
        tabs = "  ".join(
            f"[{page.key} {page.title}]" if page is self.leaf else f"{page.key} {page.title}"
            for page in self.pages
        )
        talk.paper.say(tabs)
        talk.paper.rule()
        self._jumps = []
        if self._row is not None:
            self._print(self._lines(known))

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        leaf, at = letters(self.pages).get(text), number(text)
        if leaf is not None:
            await self._turn(leaf)
            return True
        if at is not None:
            if 1 <= at <= len(self._jumps):
                return self._jumps[at - 1]
            self.talk.paper.say(f"no line here has the number {at}")
            return True
        if text in ("a", "act"):
            from stx_tui.plain.acts import offer

            child = self.leaf.kind if self.leaf.of else None
            if child is not None and any(one.on_parent for one in child.actions):
                await offer(self.talk, child, (), self.row_id)
            else:
                await offer(self.talk, self.kind, (self.row_id,))
            return True
        if text == "l" and self.kind.logs is not None and self._row is not None:
            from stx_tui.plain.logs import page_of

            return await page_of(self.talk, self.kind, self._row)
        if text == "g":
            jump = self._jump
            if jump is None:
                self.talk.paper.say("it leads nowhere")
            return jump or True
        return await self._compared(text)

    async def _compared(self, text: str) -> bool:
        """Do what is asked of the row as a whole: why not, or what differs from its twin."""
        word, _blank, rest = text.partition(" ")
        if word == "twin":
            await self._twin(rest.strip())
        elif text in ("why", "why not"):
            await self._why_not()
        else:
            return False
        return True

    async def _turn(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self.talk.look(self.keys())
        await self.talk.read(self.keys())
        if leaf.is_history:
            self.show()
            await self._print_history()
        else:
            self.show()

    async def _twin(self, name: str) -> None:
        talk, kind = self.talk, self.kind
        row, reading = find(talk.known, kind.name, self.row_id)
        twins = twins_of(kind, row, talk.known) if row is not None else ()
        other = kind.find(reading.rows, name) if name else next(iter(twins), None)
        if row is None or other is None:
            what = f"no {kind.singular} {name[:40]!r} is known" if name else "it has no twin"
            talk.paper.say(what)
            return
        await talk.read(twin_keys(kind, talk.rooms.kinds, self.row_id, kind.id(other)))
        found = compare(talk.known, kind, row, other, talk.rooms.kinds)
        names = safe(kind.name_of(row)), safe(kind.name_of(other))
        talk.paper.row()
        talk.paper.verdict(difference(*names, found))
        self._jumps = []
        drawn = figure_lines(figure(*names, found), talk.paper.width - LEAD, talk.known.now_ms)
        self._print(drawn)

    async def _why_not(self) -> None:
        talk = self.talk
        await talk.read(keys_of(talk.known, self.kind, self.row_id, talk.rooms.by_name))
        row, _reading = find(talk.known, self.kind.name, self.row_id)
        if row is None:
            talk.paper.say("it is not there any more: nothing can be done with it")
            return
        talk.paper.row()
        talk.paper.verdict(verdict(talk.known, self.kind, row))
        self._jumps = []
        figure = why_not(talk.known, self.kind, row)
        self._print(figure_lines(figure, talk.paper.width - LEAD, talk.known.now_ms))

    # --- what changed --------------------------------------------------------------------------

    def stands(self, known: Known) -> Mapping[str, str]:
        row, _reading = find(known, self.kind.name, self.row_id)
        return changes.marks(self.kind, () if row is None else (row,), known)

    def news(self, before: Known, reading: Optional[Reading[Any]]) -> Tuple[str, ...]:
        if reading is None or reading.kind != self.kind.name:
            return ()
        lines = changes.of_rows(self.kind, before.reading(reading.kind, reading.parent), reading)
        return tuple(line for line in lines if line.startswith(self._name))

    # --- private -------------------------------------------------------------------------------

    def _lines(self, known: Known) -> Sequence[Line]:
        leaf, row, room = self.leaf, self._row, self.talk.paper.width - LEAD
        if leaf.kind is not None:
            return related(leaf, row, self.row_id, known, room)
        if leaf.figure is not None:
            return figure_lines(leaf.figure(row, known), room, known.now_ms)
        return ()

    def _print(self, lines: Sequence[Line]) -> None:
        """Print lines, with a number before each that leads somewhere."""
        paper = self.talk.paper
        before: Optional[Jump] = None
        for one in lines:
            if one.rule:
                paper.rule()
                continue
            lead = ""
            if one.jump is not None and one.jump != before:
                self._jumps.append(one.jump)
                lead = f"{len(self._jumps)}"
            before = one.jump
            text = plain(f"{lead:>3} {sign(one.tone)} {one.text or one.heading}")
            # What is laid out stays so; only letters that had to be spelled make it longer.
            if len(text) <= paper.width:
                paper.row(text)
            else:
                paper.say(text)

    async def _print_history(self) -> None:
        talk, known = self.talk, self.talk.known
        if talk.station is None:
            talk.paper.say("the record is not open yet")
            return
        try:
            found = await talk.station.store.changes(
                talk.station.key, kind=self.kind.name, row_id=self.row_id
            )
            deeds = await talk.station.store.deeds(talk.station.key, row_id=self.row_id)
        except StxError as error:
            talk.paper.say(f"{error}. {error.advice}")
            return
        mine = [deed for deed in deeds if deed.kind == self.kind.name]
        lines = figure_lines(
            history(mine, found, known.now_ms), talk.paper.width - LEAD, known.now_ms
        )
        self._print(lines)
