"""Figures as lines of plain ASCII, so many cells wide: for panes, plain mode and ``show``."""

from __future__ import annotations

import math
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.clean import cells, clean, cut, pad, wrap
from backend.draw_schedule import schedule_lines
from backend.figure import (
    Bar,
    Bars,
    Figure,
    Line,
    Lines,
    Node,
    Schedule,
    Spark,
    States,
    Timeline,
    TimelineStep,
    Tree,
)
from backend.tone import Tone
from backend.units import span, stopwatch

# The narrowest that is drawn; below it lines are cut.
_LEAST = 20
_RAMP = "_.:-=+*#"


def figure_lines(figure: Figure, width: int, now_ms: int) -> Tuple[Line, ...]:
    """Return a figure as finished lines of at most ``width`` cells, in printable ASCII.

    A heading is part of the text (at its left), so a line's text is what is printed; its own
    ``heading`` is empty. Tone and jump are kept, on every line that a long text is broken into.
    Text from outside is cleaned; letters that are not ASCII stay as they are.
    """
    width = max(width, 1)
    drawn = _draw(figure, max(width, _LEAST), now_ms)
    if width >= _LEAST:
        return tuple(drawn)
    return tuple(
        Line(text=cut(line.text, width), tone=line.tone, jump=line.jump, rule=line.rule)
        for line in drawn
    )


def _draw(figure: Figure, width: int, now_ms: int) -> List[Line]:
    if isinstance(figure, Lines):
        return _lines(figure, width)
    if isinstance(figure, Bars):
        return _bars(figure, width)
    if isinstance(figure, Spark):
        return _spark(figure, width, now_ms)
    if isinstance(figure, Tree):
        return _tree(figure, width)
    if isinstance(figure, States):
        return _states(figure, width)
    if isinstance(figure, Schedule):
        return [*schedule_lines(figure, width), *_notes(figure.notes, width)]
    return _timeline(figure, width)


# --- Lines -------------------------------------------------------------------------------------


def _lines(figure: Lines, width: int) -> List[Line]:
    headings = [cells(clean(line.heading)) for line in figure.lines if line.heading]
    left = min(max(headings) + 2, width // 2) if headings else 0
    drawn: List[Line] = []
    for line in figure.lines:
        if line.rule:
            drawn.append(Line(text="-" * width, tone=line.tone, rule=True))
            continue
        heading = pad(clean(line.heading), left - 2) + "  " if left else ""
        indent = " " * cells(heading)
        for index, text in enumerate(wrap(clean(line.text), width - cells(heading))):
            before = heading if index == 0 else indent
            drawn.append(Line(text=(before + text).rstrip(), tone=line.tone, jump=line.jump))
    return drawn


# --- Bars and Spark ----------------------------------------------------------------------------


def bar(part: float, width: int) -> str:
    """Return ``[####....]`` of ``width`` cells in all for a part from 0 to 1; NaN is ``[????]``."""
    inner = max(0, width - 2)
    if not math.isfinite(part):
        return f"[{'?' * inner}]"
    full = round(min(max(part, 0.0), 1.0) * inner)
    # A little is not nothing, and nearly all is not all.
    if 0 < part < 1 and inner > 1:
        full = min(max(full, 1), inner - 1)
    return f"[{'#' * full}{'.' * (inner - full)}]"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.1f}"


def _part(one: Bar) -> float:
    if not (math.isfinite(one.value) and math.isfinite(one.whole)) or one.whole <= 0:
        return math.nan
    return one.value / one.whole


def _amount(one: Bar) -> str:
    part = _part(one)
    percent = f"{math.floor(part * 100):3d}%" if math.isfinite(part) else "  ? "
    amount = clean(one.said) or (
        f"{_number(one.value)} of {_number(one.whole)} {clean(one.unit)}".rstrip()
    )
    return f"{percent}  {amount}"


def _bars(figure: Bars, width: int) -> List[Line]:
    amounts = [_amount(one) for one in figure.bars]
    right = min(max((cells(amount) for amount in amounts), default=0), width // 2)
    labels = [clean(one.label) for one in figure.bars]
    left = min(max((cells(label) for label in labels), default=0), (width - right) // 2)
    middle = width - left - right - 4
    drawn = []
    for one, label, amount in zip(figure.bars, labels, amounts):
        between = bar(_part(one), min(middle, 42)) if middle >= 6 else ""
        text = f"{pad(label, left)}  {between}  {cut(amount, right)}".rstrip()
        drawn.append(Line(text=cut(text, width), tone=one.tone, jump=one.jump))
    return drawn


def _spark(figure: Spark, width: int, now_ms: int) -> List[Line]:
    points = [(ms, value) for ms, value in figure.points if math.isfinite(value)]
    label = clean(figure.label)
    if not points:
        return [Line(text=cut(f"{label}  no numbers yet", width), tone=figure.tone)]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    unit = clean(figure.unit)
    said = f"now {_number(values[-1])}, {_number(low)} to {_number(high)} {unit}".rstrip()
    since = f"since {span(now_ms - points[0][0])}"
    left = cut(label, width // 3)
    room = width - cells(left) - cells(said) - 6
    if room < 8:
        course = _course(points, low, high, width - 2)
        head = Line(text=cut(f"{label}  {said} {since}", width), tone=figure.tone)
        return [head, Line(text=f"[{course}]", tone=figure.tone)]
    course = _course(points, low, high, min(room, 60))
    text = f"{left}  [{course}]  {said}"
    return [
        Line(
            text=cut(f"{text} {since}" if cells(text) + 12 <= width else text, width),
            tone=figure.tone,
        )
    ]


def _course(points: Sequence[Tuple[int, float]], low: float, high: float, room: int) -> str:
    """Return one character a slice of time: its highest value; a space where nothing was read."""
    first, last = points[0][0], points[-1][0]
    slices: Dict[int, float] = {}
    for ms, value in points:
        index = int((ms - first) * (room - 1) / (last - first)) if last > first else 0
        index = min(max(index, 0), room - 1)
        slices[index] = max(value, slices.get(index, value))
    steps = len(_RAMP) - 1
    drawn = []
    for index in range(room if last > first else 1):
        value = slices.get(index, math.nan)
        level = (value - low) / (high - low) if high > low else 0.0
        drawn.append(_RAMP[round(level * steps)] if math.isfinite(value) else " ")
    return "".join(drawn)


# --- Tree --------------------------------------------------------------------------------------


def _tree(figure: Tree, width: int) -> List[Line]:
    nodes = {node.id: node for node in figure.nodes}
    children: Dict[str, List[str]] = {}
    for parent, child in figure.edges:
        if parent in nodes and child in nodes:
            children.setdefault(parent, []).append(child)
    below = {child for kids in children.values() for child in kids}
    drawn: List[Line] = []
    seen: Dict[str, bool] = {}
    roots = [node.id for node in figure.nodes if node.id not in below]
    _branches(roots, nodes, children, seen, drawn, width)
    # What only a circle leads to has no root: begin anywhere in it.
    for node in figure.nodes:
        if node.id not in seen:
            _branches([node.id], nodes, children, seen, drawn, width)
    return drawn


def _branches(
    roots: Iterable[str],
    nodes: Mapping[str, Node],
    children: Mapping[str, List[str]],
    seen: Dict[str, bool],
    drawn: List[Line],
    width: int,
) -> None:
    """Draw each root and what hangs on it; a node met again is named, its branches are not."""
    stack: List[Tuple[str, str, str]] = [(root, "", "") for root in roots][::-1]
    while stack:
        node_id, before, under = stack.pop()
        node = nodes[node_id]
        again = node_id in seen
        text = f"{before}{clean(node.text)}{' (see above)' if again else ''}"
        drawn.append(Line(text=cut(text, width), tone=node.tone, jump=node.jump))
        if again:
            continue
        seen[node_id] = True
        kids = children.get(node_id, [])
        for index in range(len(kids) - 1, -1, -1):
            is_last = index == len(kids) - 1
            corner, onward = ("`- ", "   ") if is_last else ("|- ", "|  ")
            stack.append((kids[index], under + corner, under + onward))


# --- States ------------------------------------------------------------------------------------


def _states(figure: States, width: int) -> List[Line]:
    edges = set(figure.edges)
    names = [clean(state) for state in figure.states]
    drawn: List[Line] = []
    line = ""
    for index, state in enumerate(figure.states):
        is_here = state == figure.current
        name = f"[ {names[index].upper()} ]" if is_here else names[index]
        joint = " --> " if index and (figure.states[index - 1], state) in edges else "   "
        if line and cells(line + joint + name) > width - 4:
            drawn.append(_state_line(line + (" -->" if joint.strip() else ""), width, figure))
            line = f"    {name}"
        else:
            line = line + joint + name if line else name
    if line:
        drawn.append(_state_line(line, width, figure))
    if figure.current not in figure.states:
        said = f"[ {clean(figure.current).upper()} ]  is none of the states we know"
        drawn.append(Line(text=cut(said, width), tone=figure.tone))
    in_row = set(zip(figure.states, figure.states[1:]))
    for source, target in figure.edges:
        if (source, target) not in in_row:
            text = f"    {clean(source)} --> {clean(target)}"
            drawn.append(Line(text=cut(text, width)))
    return drawn


def _state_line(text: str, width: int, figure: States) -> Line:
    is_here = f"[ {clean(figure.current).upper()} ]" in text
    return Line(text=cut(text, width), tone=figure.tone if is_here else Tone.PLAIN)


# --- Timeline ----------------------------------------------------------------------------------


def _timeline(figure: Timeline, width: int) -> List[Line]:
    drawn = [Line(text=cut(clean(figure.title), width)), _progress(figure, width)]
    drawn.append(Line(text="-" * width, rule=True))
    names = max((cells(clean(step.name)) for step in figure.steps), default=4)
    left = min(names, max(8, (width - 22) // 2))
    middle = max(0, width - left - 24)
    head = f"     {pad('STEP', left)}  {pad('STATES', middle)} {'TOOK':>7} {'USUAL':>7}"
    drawn.append(Line(text=cut(head.rstrip(), width)))
    drawn += [_step(step, figure, left, middle, width) for step in figure.steps]
    if figure.failed:
        texts = wrap(f"FAILED  {clean(figure.failed)}", width)
        drawn += [Line(text=text, tone=Tone.BAD) for text in texts]
    return drawn + _notes(figure.notes, width)


def _notes(notes: Lines, width: int) -> List[Line]:
    if not notes.lines:
        return []
    return [Line(text="-" * width, rule=True), *_lines(notes, width)]


def _step(step: TimelineStep, figure: Timeline, left: int, middle: int, width: int) -> Line:
    mark = "ok" if step.is_done else ">>" if step.is_running else "  "
    began = step.began_ms
    ended = step.ended_ms if step.is_done else figure.now_ms
    took = stopwatch(ended - began) if began is not None and ended is not None else ""
    usual = stopwatch(step.usual_ms) if step.usual_ms is not None else "?"
    name, says = pad(clean(step.name), left), pad(clean(step.says), middle)
    text = f" {mark}  {name}  {says} {took:>7} {usual:>7}"
    return Line(text=cut(text.rstrip(), width), tone=step.tone)


def _progress(figure: Timeline, width: int) -> Line:
    """Return how much is gone and left: left only where every step to come was seen here before."""
    ends = [step.ended_ms for step in figure.steps if step.ended_ms is not None]
    if figure.is_done and ends:
        return Line(
            text=cut(f"done in {stopwatch(max(ends) - figure.began_ms)}", width), tone=Tone.GOOD
        )
    gone = figure.now_ms - figure.began_ms
    if figure.failed:
        return Line(text=cut(f"failed after {stopwatch(gone)}", width), tone=Tone.BAD)
    left = _left_ms(figure)
    if left is None:
        return Line(
            text=cut(f"{stopwatch(gone)} gone, how long it takes here is not known", width),
            tone=Tone.BUSY,
        )
    part = gone / (gone + left) if gone + left > 0 else 0.0
    said = f"{stopwatch(gone)} gone, about {stopwatch(left)} to go"
    percent = f"{math.floor(part * 100):3d} %"
    room = width - cells(said) - cells(percent) - 6
    drawn = bar(part, min(room, 34)) if room >= 8 else ""
    return Line(text=cut(f"{said}  {drawn}  {percent}", width), tone=Tone.BUSY)


def _left_ms(figure: Timeline) -> Optional[int]:
    left = 0
    for step in figure.steps:
        if step.is_done:
            continue
        if step.usual_ms is None:
            return None
        began = step.began_ms if step.is_running and step.began_ms is not None else figure.now_ms
        left += max(0, step.usual_ms - (figure.now_ms - began))
    return left
