"""``stx-tui logs``: logs of this machine or a host, merged by time, without a screen."""

from __future__ import annotations

import argparse
import asyncio
import sys
from itertools import islice
from typing import Any, Callable, Iterator, List, Optional, Tuple

from backend.baseboard import SelLog
from backend.clean import clean
from backend.errors import Missing, StxError
from backend.kind import Kind
from backend.known import Reading
from backend.kube import PodLog
from backend.listening import open_here
from backend.logs.catalogue import NAMES, stream_of
from backend.logs.files import Here
from backend.logs.find import Bad, Text, find_of
from backend.logs.line import Find, Log, LogLine
from backend.logs.moments import exact, moment_ms
from backend.logs.opening import Open, open_all
from backend.logs.reader import Reader
from backend.logs.view import Both, View
from backend.lookout import Lookout
from backend.place import find_place
from backend.plan import HERE
from backend.streams import Stream
from backend.tone import Tone
from backend.units import system_ms
from stx_tui.commands.desk import (
    cloud_settings,
    the_kind,
    the_row,
    trusting,
    with_password,
)

# Lines read at once while all are printed.
BATCH = 1000
_SIGNS = {Tone.BAD: "!", Tone.WARN: "w"}


def run(arguments: argparse.Namespace) -> int:
    """Print the lines that were asked for; without a name, which logs there are."""
    if arguments.of:
        return asyncio.run(_run_of(arguments, *arguments.of))
    if not arguments.name:
        return _list()
    streams = tuple(stream_of(name, arguments.host) for name in arguments.name)
    return asyncio.run(_run(arguments, streams))


async def _run(arguments: argparse.Namespace, streams: Tuple[Stream, ...]) -> int:
    lookout = None
    opener: Open = open_here
    if any(_is_elsewhere(one) for one in streams):
        settings = cloud_settings(arguments)
        lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
        opener = lookout.cloud.open
    try:
        if lookout is not None:
            logs, errors = await trusting(lookout, lambda: open_all(streams, opener))
        else:
            logs, errors = await open_all(streams, opener)
        for error in errors:
            _complain(str(error), error.advice)
        await _print(arguments, logs)
    finally:
        if lookout is not None:
            await lookout.close()
    return 0


def _is_elsewhere(stream: Stream) -> bool:
    """Whether it is asked of somebody else: then it takes a cloud."""
    return isinstance(stream, (PodLog, SelLog)) or stream.machine not in ("", HERE)


async def _run_of(arguments: argparse.Namespace, kind_name: str, name: str) -> int:
    """Print what tells of a row: its kind says which logs those are."""
    kind = the_kind(kind_name)
    if kind.logs is None:
        raise Missing(f"no log is known to tell of a {kind.singular}")
    lookout = Lookout(
        with_password(cloud_settings(arguments), kind), place=find_place(), now_ms=system_ms
    )
    try:
        reading = await trusting(lookout, lambda: _read(lookout, kind))
        row = the_row(kind, reading.rows, name, lookout.watch.known)
        for one in kind.logs_needs:
            await lookout.watch.read_now(one)
        logs = kind.logs(row, lookout.watch.known)
        streams = logs.before if arguments.previous else logs.streams
        if not streams:
            raise Missing(f"nothing writes a log for {logs.of or name}")
        opened, errors = await open_all(streams, lookout.cloud.open)
        for error in errors:
            _complain(str(error), error.advice)
        await _print(arguments, opened)
    finally:
        await lookout.close()
    return 0


async def _read(lookout: Lookout, kind: Kind[Any]) -> Reading[Any]:
    reading = await lookout.read(kind)
    if reading.error is not None:
        raise reading.error
    return reading


async def _print(arguments: argparse.Namespace, logs: List[Log]) -> None:
    reader = Reader(logs)
    say = _printer(arguments, several=len(logs) > 1)
    try:
        await reader.run(lambda step: _lines(arguments, reader.view, say, step))
        for name, error in reader.view.troubles.items():
            _complain(f"{name}: {error}", error.advice)
        for note in (*reader.view.notes, *reader.view.measure()[1]):
            _complain(note)
        if arguments.follow:
            await _follow(reader, say)
    finally:
        await reader.close()


async def _follow(reader: Reader, say: Callable[[LogLine], None]) -> None:
    """Print what comes, and what becomes of the logs meanwhile, until it is interrupted."""
    while True:
        came, news = await reader.grow()
        for note in news:
            _complain(note)
        for line in reader.view.lines[len(reader.view.lines) - came :]:
            say(line)
        if not came:
            await asyncio.sleep(0.5)


def _lines(
    arguments: argparse.Namespace,
    view: View,
    say: Callable[[LogLine], None],
    step: Callable[[int], None],
) -> None:
    """Print from a time on, around a time, or the last lines."""
    view.find = _wanted(arguments)
    now_ms = system_ms()
    if arguments.since:
        since_ms = moment_ms(arguments.since, now_ms, latest_ms=now_ms)
        until_ms = moment_ms(arguments.until, now_ms) if arguments.until else None
        for line in _from(view, since_ms, step):
            if until_ms is not None and line.at_ms > until_ms:
                break
            say(line)
    elif arguments.at:
        index = view.to_time(
            moment_ms(arguments.at, now_ms, latest_ms=now_ms), arguments.lines, step
        )
        begin = max(index - arguments.lines // 2, 0)
        for line in islice(view.lines, begin, begin + arguments.lines):
            say(line)
    else:
        view.to_last(arguments.lines, step)
        for line in view.lines:
            say(line)


def _from(view: View, since_ms: int, step: Callable[[int], None]) -> Iterator[LogLine]:
    index = view.to_time(since_ms, BATCH, step)
    lines = view.lines[index:]
    while lines:
        yield from lines
        if view.is_to_last:
            return
        came = view.more_down(BATCH, step)
        lines = view.lines[len(view.lines) - came :] if came else []


def _wanted(arguments: argparse.Namespace) -> Optional[Find]:
    text: Optional[Text] = find_of(arguments.grep)
    if not arguments.errors:
        return text
    return Bad() if text is None else Both(Bad(), text)


def _printer(arguments: argparse.Namespace, *, several: bool) -> Callable[[LogLine], None]:
    def say(line: LogLine) -> None:
        if arguments.raw and not sys.stdout.isatty():
            sys.stdout.buffer.write(line.raw + b"\n")
            return
        if arguments.raw:
            print(clean(line.raw.decode("utf-8", "backslashreplace").replace("\t", "  ")))
            return
        at = exact(line.at_ms) if line.at_ms else "-" * 24
        name = f"{line.log} " if several else ""
        print(f"{at} {_SIGNS.get(line.tone, ' ')} {clean(name)}{line.text}", flush=arguments.follow)

    return say


def _list() -> int:
    """Print the names an operator knows, and where those that are here lie."""
    machine = Here()
    for name, paths in NAMES.items():
        there = next((path for path in paths if _is_there(machine, path)), "")
        print(f"{name:<14} {there or '-  (' + paths[0] + ')'}")
    return 0


def _is_there(machine: Here, path: str) -> bool:
    try:
        return machine.facts(path) is not None
    except StxError:
        return True


def _complain(words: str, advice: str = "") -> None:
    print(f"stx-tui: {clean(words)}", file=sys.stderr)
    if advice:
        print(f"         {clean(advice)}", file=sys.stderr)
