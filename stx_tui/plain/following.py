"""An act on its way, rung by rung as lines, to its real end; and changes as they are seen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Callable, List, Optional, Set, Tuple

from backend.deed import Deed
from backend.figure import TimelineStep
from backend.known import Known, Reading
from backend.render import figure_lines
from backend.units import clock, stopwatch
from stx_tui.panes.follow import notes_of, title_of, verdict_of
from stx_tui.plain.menu import without_times
from stx_tui.plain.page import Page
from stx_tui.plain.talk import Talk

Heard = Tuple[Known, Optional[Reading[Any]]]


async def follow(talk: Talk, deed: Deed) -> None:
    """Print each rung when it is passed, until the end or until q; leaving stops nothing."""
    station = talk.station
    if station is None:
        return
    station.follow.begin(deed)
    _print_ladder(talk, deed)
    said: Set[str] = {step.name for step in station.timeline(deed).steps if step.is_done}
    running = ""

    def heard(_known: Known, _reading: Optional[Reading[Any]]) -> bool:
        nonlocal running
        now = _deed(talk, deed)
        steps = station.timeline(now).steps
        for step in steps:
            if step.is_done and step.name not in said:
                said.add(step.name)
                talk.paper.say(f"  ok  {_step_words(step)}")
        next_ = next((step.name for step in steps if step.is_running), "")
        if next_ != running and now.is_open and next_:
            talk.paper.say(f"  >>  {next_}")
        running = next_
        return not now.is_open

    prompt = "following: p prints it all, q leaves it running>"
    await _listen(talk, prompt, heard, lambda: _print_ladder(talk, _deed(talk, deed)))
    now = _deed(talk, deed)
    if now.is_open:
        talk.paper.say(f"left running: f follows it again, or: stx-tui follow {now.number}")
    else:
        talk.paper.verdict(verdict_of(now, station.timeline(now)))


async def follow_all(talk: Talk) -> None:
    """Follow what is under way, the oldest first."""
    deeds = tuple(reversed(talk.known.running()))
    if not deeds:
        talk.paper.say("nothing is under way")
    for deed in deeds:
        await follow(talk, deed)


async def watch(talk: Talk, page: Page) -> None:
    """Print what changes of a page, a line each, until something is typed."""
    before = talk.known
    stood = dict(page.stands(before))

    def heard(known: Known, reading: Optional[Reading[Any]]) -> bool:
        nonlocal before, stood
        known = replace(known, now_ms=talk.now_ms())
        lines = list(page.news(before, reading))
        now = dict(page.stands(known))
        lines += _stands_otherwise(stood, now)
        for line in lines:
            talk.paper.say(f"{clock(talk.now_ms(), seconds=True)}  {line}")
        before, stood = known, now
        return False

    talk.paper.say("watching: what changes is printed from here on; Enter ends it")
    await _listen(talk, "", heard, None)
    talk.paper.say("no longer watching")


async def _listen(
    talk: Talk,
    prompt: str,
    heard: Callable[[Known, Optional[Reading[Any]]], bool],
    again: Optional[Callable[[], None]],
) -> None:
    """Call ``heard`` after each reading until it returns True, or somebody types that it ends.

    Without ``again`` any line ends it; with it, it is called for ``p``, and ``q`` ends it.
    """
    station = talk.station
    if station is None:
        return
    news: asyncio.Queue[Heard] = asyncio.Queue()
    leave = station.watch.listen(lambda known, reading: news.put_nowait((known, reading)))
    if prompt:
        talk.paper.say(prompt)
    typing = asyncio.ensure_future(talk.keyboard.line())
    hearing: asyncio.Task[Heard] = asyncio.ensure_future(news.get())
    try:
        if heard(talk.known, None):
            return
        while True:
            await asyncio.wait({typing, hearing}, return_when=asyncio.FIRST_COMPLETED)
            talk.say_trouble()
            if hearing.done():
                if heard(*hearing.result()):
                    return
                hearing = asyncio.ensure_future(news.get())
            if typing.done():
                words = typing.result().words
                if again is None or words in ("q", "quit"):
                    return
                if words in ("p", "print"):
                    again()
                elif words:
                    talk.paper.say(prompt)
                typing = asyncio.ensure_future(talk.keyboard.line())
    finally:
        leave()
        await _end(typing, hearing)


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Let nobody wait any more; an input that ended is met again by who asks next."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _stands_otherwise(before: dict[str, str], now: dict[str, str]) -> List[str]:
    lines = []
    for name, said in now.items():
        was = before.get(name)
        # A time that goes on in a sentence is no news; a count that has no sentence is.
        is_news = was != said if not name else was is None or _differ(was, said)
        if is_news and (was is not None or not name):
            lines.append(
                "  ".join(filter(None, (name, f"{was} -> {said}" if len(said) < 8 else said)))
            )
    return lines


def _differ(was: str, said: str) -> bool:
    return without_times(was) != without_times(said)


def _deed(talk: Talk, deed: Deed) -> Deed:
    mine = (one for one in talk.known.memory.deeds if one.number == deed.number)
    return next(mine, deed)


def _print_ladder(talk: Talk, deed: Deed) -> None:
    paper, station = talk.paper, talk.station
    assert station is not None
    timeline = replace(station.timeline(deed), now_ms=deed.ended_ms or talk.now_ms())
    paper.row()
    paper.say(title_of(deed, deed.action))
    room = paper.width - 2
    bare = replace(timeline, notes=notes_of(deed, timeline), failed="")
    # The title is said already, with more.
    paper.lines(figure_lines(bare, room, timeline.now_ms)[1:])


def _step_words(step: TimelineStep) -> str:
    began, ended = step.began_ms, step.ended_ms
    took = f"took {stopwatch(ended - began)}" if began is not None and ended is not None else ""
    usual = f"usually {stopwatch(step.usual_ms)}" if step.usual_ms is not None else ""
    return "  ".join(filter(None, (step.name, step.says, took, usual)))
