"""The first page and an area's: is it well, and where to go by number."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Tuple, Union

from backend.area import Area
from backend.deed import Outcome
from backend.figure import Jump
from backend.kind import Kind
from backend.known import Key, Known
from backend.tone import Verdict
from backend.units import day, span
from stx_tui.panes.late import as_it_was
from stx_tui.plain.page import Help, Page, number
from stx_tui.plain.paper import plain
from stx_tui.plain.talk import NOT_CONNECTED, Talk

# Cells for an area's title.
TITLE = 10
_DIGITS = re.compile(r"\d+")


class MenuPage(Page):
    """The cloud: its verdict and its areas."""

    @property
    def prompt(self) -> str:
        return f"{plain(self.talk.known.cloud)[:20]}: number, :kind, r p w h f b, ? help, q leave>"

    @property
    def help(self) -> Help:
        areas = ", ".join(f"{area.digit} {area.title}" for area in self.talk.rooms.areas)
        return (("number", f"the area of that number: {areas}"),)

    def keys(self) -> Tuple[Key, ...]:
        first = [area.kinds[0] for area in self.talk.rooms.areas if area.kinds]
        keys = [key for kind in first for key in self.talk.rooms.looked_at(kind)]
        return tuple(dict.fromkeys(keys))

    def show(self) -> None:
        talk, known = self.talk, self.talk.known
        head(talk, self.keys())
        for area in talk.rooms.areas:
            verdict = headline(area, known)
            words = f"{verdict.word}  {verdict.text}".strip()
            talk.paper.say(f"{area.digit:>2}  {area.title:<{TITLE}}  {words}", hang=TITLE + 6)
            if verdict.more:
                talk.paper.say(verdict.more, indent=TITLE + 6, hang=0)
        for deed in known.running():
            gone = span(known.now_ms - (deed.sent_ms or deed.began_ms))
            words = f"{deed.action} {deed.label}  deed {deed.number}  since {gone}: f follows it"
            talk.paper.say(f" ~  {words}")

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        area = self.talk.rooms.area(text)
        return AreaPage(self.talk, area) if area is not None else False

    def stands(self, known: Known) -> Mapping[str, str]:
        stands = {"": "  ".join(self.talk.rooms.banner(known))}
        for area in self.talk.rooms.areas:
            verdict = headline(area, known)
            stands[area.title] = f"{verdict.word}  {verdict.text}"
        return stands


class AreaPage(Page):
    """An area: its verdict and its kinds."""

    def __init__(self, talk: Talk, area: Area) -> None:
        super().__init__(talk)
        self.area = area

    @property
    def prompt(self) -> str:
        most = len(self.area.kinds)
        return f"{self.area.title}: 1-{most} lists, :kind, r p w h f b, ? help, q back>"

    @property
    def help(self) -> Help:
        return (("number", "lists the kind of that number"),)

    def keys(self) -> Tuple[Key, ...]:
        return self.talk.rooms.looked_at(self.area.kinds[0])

    def show(self) -> None:
        talk, known = self.talk, self.talk.known
        head(talk, self.keys())
        talk.paper.verdict(headline(self.area, known))
        for at, kind in enumerate(self.area.kinds, 1):
            talk.paper.row(f"{at:>3}  {kind.name:<24}{_count(kind, known)}")

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        at = number(text)
        if at is None or not 1 <= at <= len(self.area.kinds):
            return False
        return Jump(kind=self.area.kinds[at - 1].name)

    def stands(self, known: Known) -> Mapping[str, str]:
        verdict = headline(self.area, known)
        return {self.area.title: f"{verdict.word}  {verdict.text}"}


def head(talk: Talk, keys: Tuple[Key, ...]) -> None:
    """Print where one is, how it stands, what is late, and when that was."""
    known = talk.known
    parts = [known.cloud, *talk.rooms.banner(known)]
    parts += _ages(known, keys)
    talk.paper.row()
    talk.paper.say("   ".join([*parts, day(known.now_ms)]))
    if talk.station is None:
        talk.paper.say(NOT_CONNECTED)
    elif known.read_only:
        talk.paper.say("read-only: nothing can be done here, only looked at")


def _ages(known: Known, keys: Tuple[Key, ...]) -> List[str]:
    """Return what is not as it is now, and how old it is: nobody answered, or nobody asked yet."""
    ages = []
    for reading in (known.reading(*key) for key in keys):
        if not reading.was_read:
            ages.append(f"NO {reading.kind}")
        elif reading.error is not None or reading.is_remembered:
            ages.append(f"AGE {span(known.now_ms - reading.at_ms)} {reading.kind}")
    return ages


def headline(area: Area, known: Known) -> Verdict:
    """Return an area's verdict, as it was where nobody answers."""
    return as_it_was(area.headline(known), known.reading(area.kinds[0].name), known.now_ms)


def without_times(text: str) -> str:
    """Return a sentence without its numbers, which go on while nothing happens."""
    return _DIGITS.sub("#", text)


def found_lines(talk: Talk) -> List[str]:
    """Return what came of the acts that were left behind, found at this start."""
    if talk.station is None:
        return []
    lines = []
    for deed in talk.station.found:
        words = f"{deed.action} {deed.label}, deed {deed.number}: {deed.outcome.value}"
        more = "f follows it" if deed.is_open else ""
        if deed.outcome is Outcome.UNKNOWN:
            more = f"{deed.answer}; f follows it"
        lines.append("found  " + "  ".join(filter(None, (words, more))))
    return lines


def _count(kind: Kind[Any], known: Known) -> str:
    reading = known.reading(kind.name)
    if reading.error is not None:
        return f"no answer: {reading.error}"
    if not reading.was_read:
        return "not read yet"
    looks = [kind.look(row, known) for row in reading.rows]
    unwell = sum(look.mark.value == "!" for look in looks)
    words = f"{len(reading.rows)}"
    if unwell:
        words += f", {unwell} not well"
    return words + ("" if not reading.is_remembered else "  (remembered)")
