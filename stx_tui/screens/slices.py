"""A slice of logs that is looked at, saved under a name that was typed."""

from __future__ import annotations

from typing import Callable, Optional, Sequence, Tuple

from backend.errors import StxError
from backend.logs.line import LogLine
from backend.logs.reader import Reader
from backend.logs.saving import Saved, save
from stx_tui.panes.stream import StreamPane


async def save_slice(reader: Reader, pane: StreamPane, path: str) -> str:
    """Save from where a slice was begun to the cursor, else all lines read; return what to say."""
    here, view = pane.line, reader.view
    if here is None:
        return "there is no line to save"
    first, last = _ordered(pane.picked, here, pane.lines)

    def write(step: Callable[[int], None]) -> Saved:
        lines = view.between(first, last, view.find, step)
        return save(path, map(view.whole, lines), named=len(view.logs) > 1)

    try:
        saved = await reader.run(write)
    except StxError as error:
        return f"not saved: {error}. {error.advice}"
    if saved is None:
        return "not saved: it was stopped"
    pane.picked = None
    return f"saved {saved.lines} lines, {saved.size} bytes: {saved.path}"


def _ordered(
    picked: Optional[LogLine], here: LogLine, lines: Sequence[LogLine]
) -> Tuple[LogLine, LogLine]:
    """Return the first and the last line of a slice, from where one was picked to where one is."""
    if picked is None:
        return lines[0], lines[-1]
    places = [(one.log, one.start) for one in lines]
    begin, end = (picked.log, picked.start), (here.log, here.start)
    if begin in places:
        is_first = places.index(begin) <= places.index(end)
    else:
        is_first = _is_above(picked, lines)
    return (picked, here) if is_first else (here, picked)


def _is_above(picked: LogLine, lines: Sequence[LogLine]) -> bool:
    """Whether a line that is not kept any more was before those that are."""
    mine = [one.start for one in lines if one.log == picked.log]
    if mine and isinstance(picked.start, tuple) and isinstance(mine[0], tuple):
        return picked.start < mine[0]
    return picked.at_ms <= lines[0].at_ms
