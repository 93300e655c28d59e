"""How far an act is, in words: its title, its verdict, and whether it is as quick as usual."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Set, Tuple

from backend.deed import Deed, Outcome, carrying
from backend.figure import Line, Lines, Timeline
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import clock, span, stopwatch

# What is this much (ms) behind its usual time is still called as usual.
USUAL_MS = 15_000


def title_of(deed: Deed, words: str) -> str:
    """Return the first row: what is done to whom, its number, by whom, since when."""
    by = f"{deed.who} ({deed.terminal})" if deed.terminal else deed.who
    since = clock(deed.began_ms, seconds=True)
    return f"{words.upper()} {deed.label}  deed {deed.number} by {by} since {since}"


def verdict_of(deed: Deed, timeline: Timeline) -> Verdict:
    """Return in words how it stands: still on its way, really done, or why not."""
    took = stopwatch((deed.ended_ms or timeline.now_ms) - timeline.began_ms)
    if deed.outcome is Outcome.DONE:
        steps = len(timeline.steps)
        seen = f": all {steps} steps were seen" if steps > 1 else ""
        return Verdict(word="REALLY DONE", text=f"after {took}{seen}.")
    if deed.outcome is Outcome.REFUSED:
        words = "by the service; nothing was changed. It says:"
        return Verdict(word="REFUSED", text=words, more=deed.answer, tone=Tone.BAD)
    if deed.outcome is Outcome.FAILED:
        text = f"after {took}. The system says:"
        return Verdict(word="FAILED", text=text, more=deed.answer, tone=Tone.BAD)
    if deed.outcome is Outcome.NEVER_SENT:
        return Verdict(
            word="NEVER SENT", text="nothing was changed.", more=deed.answer, tone=Tone.BAD
        )
    if deed.outcome is Outcome.UNKNOWN:
        text = "the line was lost before the answer."
        more = "It is read from the system whether it took, and never sent again."
        return Verdict(word="SENT, OUTCOME UNKNOWN:", text=text, more=more, tone=Tone.WARN)
    carried = carrying(deed)
    if carried:
        return Verdict(word="SENDING", text=carried, tone=Tone.BUSY)
    if deed.sent_ms is None:
        return Verdict(word="SENDING", text="recorded, not sent yet.", tone=Tone.BUSY)
    return Verdict(word="", text=_to_go(timeline), more=_as_usual(timeline), tone=Tone.BUSY)


def notes_of(deed: Deed, timeline: Timeline, expected: Sequence[str] = ()) -> Lines:
    """Return what stands below the steps: limits, expected alarms, why, and what was sent."""
    lines: List[Line] = list(timeline.notes.lines)
    if expected and deed.is_open:
        words = f"{' '.join(dict.fromkeys(expected))} are expected, so not new ones"
        lines.append(Line(heading="alarms", text=words))
    if deed.why:
        lines.append(Line(heading="why", text=deed.why))
    lines += [Line(heading="sent" if not n else "", text=t) for n, t in enumerate(deed.sends)]
    lines += [Line(heading="same as" if not n else "", text=t) for n, t in enumerate(deed.commands)]
    if deed.answered_ms is not None and deed.sent_ms is not None:
        words = f"after {_seconds(deed.answered_ms - deed.sent_ms)}"
        lines.append(Line(heading="answered", text=words))
    return Lines(lines=tuple(lines))


def each_tenth(say: Callable[[str], None]) -> Callable[[Known, object], None]:
    """Return what says how much of a deed's file is on its way, each tenth of it once."""
    told: Set[Tuple[str, int]] = set()

    def heard(known: Known, _reading: object) -> None:
        for deed in known.running():
            words, (gone, of, _ms) = carrying(deed), deed.carried
            if words and (deed.number, gone * 10 // of) not in told:
                told.add((deed.number, gone * 10 // of))
                say(words)

    return heard


def left_ms(timeline: Timeline) -> Tuple[int, int]:
    """Return about how long is to go, and how many steps to come were never seen here."""
    left = unknown = 0
    for step in timeline.steps:
        if step.is_done:
            continue
        if step.usual_ms is None:
            unknown += 1
            continue
        gone = timeline.now_ms - step.began_ms if step.began_ms is not None else 0
        left += max(step.usual_ms - gone, 0)
    return left, unknown


def share(timeline: Timeline) -> Optional[float]:
    """Return which part of the whole is behind, 0 to 1; None where nobody can tell."""
    if timeline.is_done:
        return 1.0
    left, unknown = left_ms(timeline)
    gone = timeline.now_ms - timeline.began_ms
    if unknown:
        return None
    # As long as something is to come it is not all done, whatever the clock says.
    return min(gone / max(gone + left, 1), 0.99)


def bar(part: Optional[float], width: int) -> str:
    """Return ``[####....]  81 %`` in at most ``width`` cells, "" where nobody can tell."""
    if part is None or width < 12:
        return ""
    room = min(width - 8, 32)
    full = int(part * room)
    return f"[{'#' * full}{'.' * (room - full)}] {part * 100:3.0f} %"


def _to_go(timeline: Timeline) -> str:
    gone = stopwatch(timeline.now_ms - timeline.began_ms)
    left, unknown = left_ms(timeline)
    if unknown and not left:
        return f"{gone} gone; never seen here, so nobody can tell how long"
    if unknown:
        return f"{gone} gone, {stopwatch(left)} to go and {unknown} steps never seen here"
    if left < 1000 and not timeline.is_done:
        return f"{gone} gone, longer than usual"
    return f"{gone} gone, about {stopwatch(left)} to go"


def _as_usual(timeline: Timeline) -> str:
    """Return how the steps so far compare with their usual times, "" where none is known."""
    behind, seen = 0, 0
    for step in timeline.steps:
        if step.usual_ms is None or step.began_ms is None:
            continue
        seen = max(seen, step.seen)
        took = (step.ended_ms or timeline.now_ms) - step.began_ms
        behind += took - step.usual_ms if step.is_done else max(took - step.usual_ms, 0)
    if not seen:
        return ""
    times = f"the middle of the last {seen}" if seen > 1 else "the one time before"
    if abs(behind) <= USUAL_MS:
        return (
            f"as usual so far ({span(abs(behind))} {'behind' if behind > 0 else 'before'} {times})"
        )
    return f"{span(abs(behind))} {'behind' if behind > 0 else 'ahead of'} {times}"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s"
