"""Logs, line by line: printed a page at a time, gone through by time, text and error."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from backend.errors import StxError
from backend.figure import Jump
from backend.kind import Kind
from backend.kinds.log_adding import NEEDS, beside
from backend.known import Key, Known
from backend.listening import open_here
from backend.logs.line import LogLine
from backend.logs.moments import exact, moment_ms
from backend.logs.opening import open_all
from backend.logs.reader import PACE_S, Reader
from backend.logs.saving import Saved, save
from backend.streams import Logs
from backend.tone import Tone
from stx_tui.panes.told import Told, verdict
from stx_tui.plain.keyboard import Ended
from stx_tui.plain.page import Help, Page
from stx_tui.plain.paper import plain
from stx_tui.plain.talk import Talk

# Lines printed at once, and how many of them are before a time or an error that is gone to.
PAGE, BEFORE = 15, 5
_SIGNS = {Tone.BAD: "!", Tone.WARN: "w"}


async def page_of(talk: Talk, kind: Kind[Any], row: Any) -> Union[Page, bool]:
    """Return the logs that tell of a row, what says which those are read first."""
    if kind.logs is None:
        return False
    if talk.station is not None:
        for name in kind.logs_needs:
            await talk.station.watch.read_now(name)
    logs = kind.logs(row, talk.known)
    if logs.streams:
        return LogsPage(talk, logs)
    talk.paper.say(f"nothing writes a log for {logs.of or 'it'}")
    return True


class LogsPage(Page):
    """Lines of logs merged by time; what was printed last is where one is."""

    def __init__(self, talk: Talk, logs: Logs) -> None:
        super().__init__(talk)
        self._logs = logs
        self._told = Told(names=logs.names, of=logs.of)
        self._reader: Optional[Reader] = None
        self._at = 0
        self._begin = self._end = 0

    @property
    def prompt(self) -> str:
        return "logs: + - page, n error, /text, @time, e end, t tail, s FILE, ?, q back>"

    @property
    def help(self) -> Help:
        return (
            ("+  -", "the next lines, the lines before"),
            ("n", "the next line that says it is bad"),
            ("/text", "only lines with that text; / alone: all of them"),
            ("@time", "goes to a time: @02:35, @-10m, @2026-11-21T02:35Z"),
            ("e", "the end; t: prints what comes, until Enter"),
            ("p", "what was written before the last restart, or this run again"),
            ("a NAME", "adds one more log beside these: kern, worker-0:sm, pod:kube-system/dns-1"),
            ("s FILE", "saves the lines printed last to a new file"),
        )

    def keys(self) -> Tuple[Key, ...]:
        return ()

    def stands(self, known: Known) -> Mapping[str, str]:
        del known
        return {}

    # --- opening -------------------------------------------------------------------------------

    async def read(self) -> None:
        """Open the logs once, at their moment or their end."""
        if self._reader is not None:
            return
        station = self.talk.station
        try:
            logs, errors = await open_all(
                self._logs.streams, station.open if station is not None else open_here
            )
        except StxError as error:
            self._told.cannot = f"{error}. {error.advice}".strip()
            return
        self._told.errors = tuple(errors)
        self._told.names = tuple(log.name for log in logs)
        reader = self._reader = Reader(logs)
        extent, self._told.notes = await asyncio.to_thread(_measured, reader)
        self._told.from_ms, self._told.to_ms = extent
        if self._logs.at_ms is None:
            await self._to_end(reader)
        else:
            await self._to(reader, self._logs.at_ms)

    async def close(self) -> None:
        """Let go of the logs."""
        if self._reader is not None:
            await self._reader.close()

    async def _add(self, text: str) -> None:
        """Look at one log more, where one is."""
        station, reader = self.talk.station, self._reader
        if station is not None:
            for name in NEEDS:
                await station.watch.read_now(name)
        lines = reader.view.lines[self._begin : self._end] if reader is not None else ()
        at_ms = lines[0].at_ms if lines and self._logs.at_ms is not None else None
        try:
            self._logs = beside(self._logs, text, self.talk.known, at_ms)
        except StxError as error:
            self.talk.paper.say(f"{error}: {error.advice}")
            return
        await self._anew()

    async def _before(self) -> None:
        """Look at the run before the last restart, or at this one again."""
        if not self._logs.before:
            self.talk.paper.say("no run before this one is known")
            return
        self._logs = replace(self._logs, streams=self._logs.before, before=self._logs.streams)
        await self._anew()

    async def _anew(self) -> None:
        self._told = Told(names=self._logs.names, of=self._logs.of)
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()
        await self.read()
        self.show()

    async def _to_end(self, reader: Reader) -> None:
        await reader.to_last()
        self._at = max(len(reader.view.lines) - PAGE, 0)

    async def _to(self, reader: Reader, ms: int) -> None:
        self._at = max((await reader.to_time(ms) or 0) - BEFORE, 0)

    # --- printing ------------------------------------------------------------------------------

    def show(self) -> None:
        paper = self.talk.paper
        paper.row()
        title = "  ".join(("LOGS", *self._told.names))
        paper.say(f"{title}   of {self._told.of}" if self._told.of else title)
        now_ms = self.talk.now_ms()
        paper.verdict(verdict(self._told, self._reader, follows=False, now_ms=now_ms, keys=False))
        paper.rule()
        self._print()

    def _print(self) -> None:
        reader = self._reader
        if reader is None:
            return
        self._begin, self._end = self._at, min(self._at + PAGE, len(reader.view.lines))
        for line in reader.view.lines[self._begin : self._end]:
            self._line(line)
        if not reader.view.lines:
            self.talk.paper.say("no line is there to be printed")

    def _line(self, line: LogLine) -> None:
        at = exact(line.at_ms)[5:-1] if line.at_ms else "-"
        name = f" {line.log}" if len(self._told.names) > 1 else ""
        text = f"{_SIGNS.get(line.tone, ' ')} {at}{name} {line.text}"
        self.talk.paper.say(plain(text), hang=4)

    # --- what is typed -------------------------------------------------------------------------

    async def hear(self, text: str) -> Union[Page, Jump, bool]:
        reader = self._reader
        return reader is not None and await self._heard(reader, text)

    async def _heard(self, reader: Reader, text: str) -> bool:
        word, _blank, rest = text.partition(" ")
        if text in ("+", "-"):
            await self._turn(reader, down=text == "+")
        elif text.startswith("/"):
            await self._filter(reader, text[1:].strip())
        elif text.startswith("@"):
            await self._go(reader, text[1:])
        elif text == "n":
            await self._next_bad(reader)
        elif text == "e":
            await self._to_end(reader)
            self._print()
        elif text == "t":
            await self._tail(reader)
        elif text == "p":
            await self._before()
        elif word == "a" and rest:
            await self._add(rest)
        elif word == "s" and rest:
            await self._save(reader, rest.strip())
        else:
            return False
        return True

    async def _turn(self, reader: Reader, *, down: bool) -> None:
        if down:
            if self._end + PAGE > len(reader.view.lines):
                before = reader.view.lines[self._end - 1 : self._end]
                await reader.more_down()
                self._end = _behind(reader.view.lines, before)
            if self._end >= len(reader.view.lines):
                self.talk.paper.say("that was the last line")
                return
            self._at = self._end
        else:
            if self._begin < PAGE:
                self._begin += await reader.more_up()
            if self._begin <= 0:
                self.talk.paper.say("that was the first line")
                return
            self._at = max(self._begin - PAGE, 0)
        self._print()

    async def _filter(self, reader: Reader, text: str) -> None:
        anchor = reader.view.lines[self._begin] if self._begin < len(reader.view.lines) else None
        index = await reader.search(text, anchor)
        self._at = max((index or 0) - (BEFORE if not text else 0), 0)
        await reader.count()
        self.show()

    async def _go(self, reader: Reader, text: str) -> None:
        lines = reader.view.lines
        near = lines[self._begin].at_ms if self._begin < len(lines) else self.talk.now_ms()
        try:
            ms = moment_ms(text, near or self.talk.now_ms())
        except StxError as error:
            self.talk.paper.say(f"{error}: {error.advice}")
            return
        await self._to(reader, ms)
        self.show()

    async def _next_bad(self, reader: Reader) -> None:
        lines = reader.view.lines
        last = lines[self._end - 1] if 0 < self._end <= len(lines) else None
        index = await reader.next_bad(last)
        if index is None:
            self.talk.paper.say("no line after these says it is bad")
            return
        self._at = max(index - BEFORE, 0)
        self._print()

    async def _tail(self, reader: Reader) -> None:
        """Print what comes until somebody presses Enter."""
        await self._to_end(reader)
        self._print()
        self.talk.paper.say("lines are printed as they come; Enter ends it")
        typed = asyncio.ensure_future(self.talk.keyboard.line())
        while not typed.done():
            await asyncio.wait({typed}, timeout=PACE_S)
            came, news = await reader.grow()
            for note in news:
                self.talk.paper.say(note)
            lines = reader.view.lines
            for line in lines[len(lines) - came :]:
                self._line(line)
        self._at = max(len(reader.view.lines) - PAGE, 0)
        self._begin, self._end = self._at, len(reader.view.lines)
        error = typed.exception()
        if isinstance(error, Ended):
            raise error

    async def _save(self, reader: Reader, path: str) -> None:
        lines = reader.view.lines[self._begin : self._end]

        def write(_step: object) -> Saved:
            whole = map(reader.view.whole, lines)
            return save(path, whole, named=len(self._told.names) > 1)

        try:
            saved = await reader.run(write)
        except StxError as error:
            self.talk.paper.say(f"not saved: {error}. {error.advice}")
            return
        if saved is not None:
            self.talk.paper.say(f"saved {saved.lines} lines, {saved.size} bytes: {saved.path}")


def _measured(
    reader: Reader,
) -> Tuple[Tuple[Optional[int], Optional[int]], Tuple[str, ...]]:
    view = reader.view
    view.to_last(1, lambda _bytes: None)
    extent, notes = view.measure()
    return (extent.from_ms, extent.to_ms), notes


def _behind(lines: Sequence[LogLine], last: Sequence[LogLine]) -> int:
    """Return where the line behind ``last`` is now."""
    for index, line in enumerate(lines):
        if last and line is last[0]:
            return index + 1
    return len(lines)
