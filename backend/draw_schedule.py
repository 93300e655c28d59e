"""A schedule as lines of plain ASCII: ``#`` was, ``>`` runs, ``=`` is expected, on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from backend.clean import cells, clean, cut, pad
from backend.figure import Line, Schedule, Stretch
from backend.units import MINUTE_MS, clock, stopwatch

# Minutes between two marks of the axis, and the fewest cells that a clock and a blank want.
_PACES = (1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440, 2880, 10_080)
_APART = 8
# The widest name, and the cells of mark and time behind it.
_NAME, _TIMES = 28, 14
# How far a line of depth 1 stands in.
_INDENT = "   "
# The narrowest chart that says anything.
_CHART = 16


@dataclass(frozen=True)
class _Axis:
    """Epoch ms at its left end, ms a cell, and cells."""

    left_ms: int
    cell_ms: float
    width: int

    def at(self, ms: float) -> int:
        return min(max(int((ms - self.left_ms) / self.cell_ms), 0), self.width - 1)


def schedule_lines(figure: Schedule, width: int) -> List[Line]:
    """Return a heading with clocks and a line a stretch; without room for a chart only times."""
    placed = _placed(figure)
    names = max(
        (cells(clean(one.name)) + cells(_INDENT) * one.depth for one in figure.stretches), default=0
    )
    left = max(min(names, _NAME, width - _TIMES), 1)
    axis = _axis(placed, figure.now_ms, width - left - _TIMES - 4)
    drawn = [] if axis is None else [Line(text=" " * (left + _TIMES + 3) + _clocks(axis))]
    for stretch, bounds in zip(figure.stretches, placed):
        said = (
            f" {pad(_INDENT * stretch.depth + clean(stretch.name), left)} {_times(stretch, figure)}"
        )
        chart = f" |{_course(stretch, bounds, axis, figure.now_ms)}" if axis is not None else ""
        text = cut((said + chart).rstrip(), width)
        drawn.append(Line(text=text, tone=stretch.tone, jump=stretch.jump))
    return drawn


def _placed(figure: Schedule) -> List[Tuple[Optional[int], Optional[int]]]:
    """Return from when to when each is drawn; what is to come begins where the last one ends."""
    found: List[Tuple[Optional[int], Optional[int]]] = []
    # Where the next line of each depth begins, once everything before it is known.
    free: List[Optional[int]] = [figure.now_ms, figure.now_ms]
    for one in figure.stretches:
        depth = min(one.depth, 1)
        began = one.began_ms if one.began_ms is not None else free[depth]
        if one.ended_ms is not None:
            ended: Optional[int] = one.ended_ms
        elif began is None or one.expected_ms is None:
            ended = None
        else:
            ended = max(began + one.expected_ms, figure.now_ms if one.is_running else began)
        found.append((began, ended))
        is_past = one.ended_ms is not None
        free[depth] = max(figure.now_ms, ended or 0) if is_past else ended
        if depth == 0:
            free[1] = began if not is_past else figure.now_ms
            if one.is_running:
                free[1] = figure.now_ms
    return found


def _axis(
    placed: Sequence[Tuple[Optional[int], Optional[int]]], now_ms: int, width: int
) -> Optional[_Axis]:
    instants = [ms for pair in placed for ms in pair if ms is not None]
    if width < _CHART or not instants:
        return None
    first, last = min(instants), max(*instants, now_ms)
    return _Axis(left_ms=first, cell_ms=max((last - first) / (width - 1), 1.0), width=width)


def _pace_ms(axis: _Axis) -> int:
    """Return the time between two marks: a round one that leaves room for a clock."""
    least = axis.cell_ms * _APART
    fits = (minutes * MINUTE_MS for minutes in _PACES if minutes * MINUTE_MS >= least)
    return next(fits, _PACES[-1] * MINUTE_MS)


def _marks(axis: _Axis) -> List[Tuple[int, int]]:
    """Return the cell and the instant of each mark."""
    pace = _pace_ms(axis)
    first = -(-axis.left_ms // pace) * pace
    last = axis.left_ms + int(axis.cell_ms * axis.width)
    return [(axis.at(ms), ms) for ms in range(first, last, pace)]


def _clocks(axis: _Axis) -> str:
    line = ""
    for cell, ms in _marks(axis):
        said = clock(ms)
        if cell >= len(line) and cell + len(said) <= axis.width + 1:
            line = line.ljust(cell) + said + " "
    return line.rstrip()


def _times(stretch: Stretch, figure: Schedule) -> str:
    """Return ``ok  0:41``, ``>> 17:39`` or ``   ~23m`` in as many cells as times take."""
    if stretch.began_ms is None:
        expected = stretch.expected_ms
        return pad("", 4) + ("?" if expected is None else f"~{stopwatch(expected)}").rjust(8)
    ended = figure.now_ms if stretch.ended_ms is None else stretch.ended_ms
    mark = ">>" if stretch.is_running else "ok" if stretch.tone.value != "bad" else "!!"
    return pad(mark, 4) + stopwatch(ended - stretch.began_ms).rjust(8)


def _course(
    stretch: Stretch, bounds: Tuple[Optional[int], Optional[int]], axis: Optional[_Axis], now: int
) -> str:
    if axis is None:
        return ""
    course = [" "] * axis.width
    for cell, _ in _marks(axis):
        course[cell] = "."
    began, ended = bounds
    if began is None:
        return "".join(course)
    here, there = axis.at(began), axis.at(ended if ended is not None else began)
    if stretch.began_ms is None:
        if ended is not None:
            course[here : there + 1] = "=" * (there + 1 - here)
    elif stretch.is_running:
        at = axis.at(now)
        course[here : there + 1] = "=" * (there + 1 - here)
        course[here:at] = "#" * (at - here)
        course[at] = ">"
    else:
        course[here : there + 1] = "#" * (there + 1 - here)
    return "".join(course)
