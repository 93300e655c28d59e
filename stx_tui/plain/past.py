"""What changed, and who did what: since the last visit, a day, a week, ever."""

from __future__ import annotations

from typing import Dict, Mapping, Tuple, Union

from backend.errors import StxError
from backend.figure import Jump
from backend.known import Key, Known
from backend.units import day
from stx_tui.panes.history import Happening, moment, verdict
from stx_tui.panes.past import MOST, Past, read_past, since
from stx_tui.plain.page import Help, Page, number, upto
from stx_tui.plain.paper import plain
from stx_tui.plain.talk import Talk

PAGE = 20


class HistoryPage(Page):
    """One line for what came of each thing, then the deeds; a number goes there."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(talk)
        self._span = 0
        self._first = 0
        self._past = Past()

    @property
    def prompt(self) -> str:
        some = f"{upto(len(self._past.rows))} goes there, " if self._past.rows else ""
        pages = "+ - page, " if len(self._past.rows) > PAGE else ""
        return f"history: {some}{pages}s other span, r p, :kind, ?, q back>"

    @property
    def help(self) -> Help:
        return (
            ("number", "goes to the row that changed, or that something was done to"),
            ("s", "since the last visit, a day ago, a week ago, ever"),
            ("+  -", "the next page, the page before"),
        )

    def keys(self) -> Tuple[Key, ...]:
        return tuple((name, "") for name in self.talk.rooms.banner_needs)

    async def read(self) -> None:
        """Read the record."""
        station = self.talk.station
        if station is None:
            self.talk.paper.say("the record is not open yet")
            return
        since_ms, _words = since(self.talk.known, self._span)
        try:
            self._past = await read_past(station, self.talk.rooms, since_ms)
        except StxError as error:
            self.talk.paper.say(f"{error}. {error.advice}")

    def show(self) -> None:
        paper, known = self.talk.paper, self.talk.known
        paper.row()
        paper.say(
            f"WHAT CHANGED   since {since(known, self._span)[1]}  ->  now {day(known.now_ms)}"
        )
        paper.verdict(verdict(self._past.rows, known, self.talk.rooms))
        if self._past.is_cut:
            paper.say(f"only the last {MOST} changes")
        self._print()

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        at = number(text)
        if at is not None:
            return self._open(at)
        if text in ("+", "-"):
            first = self._first + (PAGE if text == "+" else -PAGE)
            if 0 <= first < len(self._past.rows):
                self._first = first
                self._print()
            else:
                self.talk.paper.say("there is no such page")
        elif text == "s":
            self._span += 1
            self._first = 0
            await self.read()
            self.show()
        else:
            return False
        return True

    def stands(self, known: Known) -> Mapping[str, str]:
        return {f"deed {deed.number}": deed.outcome.value for deed in known.memory.deeds}

    # --- private -------------------------------------------------------------------------------

    def _print(self) -> None:
        paper, known = self.talk.paper, self.talk.known
        for at, row in enumerate(
            self._past.rows[self._first : self._first + PAGE], self._first + 1
        ):
            when = moment(row.at_ms, known.now_ms)
            mark = "!" if row.is_bad else " "
            number_ = f"  deed {row.deed}" if row.deed else ""
            words = f"{at:>4} {mark} {when:<11} {row.kind} {row.label}: {row.says}{number_}"
            paper.say(plain(words), hang=7)
        if len(self._past.rows) > PAGE:
            last = min(self._first + PAGE, len(self._past.rows))
            paper.row(f"{self._first + 1} to {last} of {len(self._past.rows)}")

    def _open(self, at: int) -> Union[Jump, bool]:
        rows: Dict[int, Happening] = dict(enumerate(self._past.rows, 1))
        row = rows.get(at)
        if row is None or not row.row_id:
            self.talk.paper.say(
                f"there is no line {at}" if row is None else "it is not there any more"
            )
            return True
        return Jump(kind=row.kind, id=row.row_id)
