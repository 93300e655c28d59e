"""A slice of logs that is looked at, saved under a name that was typed."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

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
    """Return the first and the last line of a slice; one that scrolled out of sight was above."""
    if picked is None:
        return lines[0], lines[-1]
    places = [(one.log, one.start) for one in lines]
    begin, end = (picked.log, picked.start), (here.log, here.start)
    at: List[int] = [places.index(one) if one in places else -1 for one in (begin, end)]
    return (picked, here) if at[0] <= at[1] else (here, picked)
