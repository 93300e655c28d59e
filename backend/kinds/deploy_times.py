"""When a deploy was in which of its boxes, how long, and what each took here before."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any, List, Mapping, Optional, Tuple

from backend.deed import Outcome
from backend.kinds import passed
from backend.kinds.passed import Life, Stay
from backend.known import Known
from backend.units import MINUTE_MS, stopwatch

KIND, ROW, FIELD = "deploy", "deploy", "state"
# Each box that takes time: the state in which it is at work, and the one in which it is done.
BOXES: Mapping[str, Tuple[str, str]] = {
    **{box: (box, f"{box}-done") for box in ("start", "host", "activate")},
    **{box: (box, f"{box}-done") for box in ("host-rollback", "activate-rollback")},
}
# Who else knows how long it took here: a deed of that kind and action, a step of a strategy.
_ELSEWHERE: Mapping[str, Tuple[str, str, str]] = {
    "start": ("releases", "start", "start-upgrade"),
    "activate": ("deploy", "activate", "activate-upgrade"),
    "activate-rollback": ("deploy", "activate-rollback", ""),
}
_STARTS = frozenset(("releases", "start", one) for one in (Outcome.FOLLOWED, Outcome.DONE))
# A deed from longer before its deploy was seen may be of another one.
START_MOST_MS = 10 * MINUTE_MS
# What each host goes through where a reboot is required, and where not.
_OF_HOST = (("hosts", "lock"), ("deploy-hosts", "deploy"), ("hosts", "unlock"))


def life(row: Any, known: Known) -> Life:
    """Return through which states the deploy under way went so far.

    When it began is known of our own deed, though its first state was seen later.
    """
    mine = passed.life_of(KIND, ROW, row.state, FIELD, known)
    if not mine or not mine[0].at_least or mine[0].value != "start":
        return mine
    sent = [
        deed.sent_ms
        for deed in known.memory.deeds
        if (deed.kind, deed.action, deed.outcome) in _STARTS
        and deed.sent_ms is not None
        and mine[0].ms - START_MOST_MS < deed.sent_ms <= mine[0].ms
        and row.to_release in deed.label
    ]
    began = [replace(mine[0], ms=max(sent), at_least=False)] if sent else [mine[0]]
    return (*began, *mine[1:])


def stay_in(box: str, row: Any, known: Known) -> Optional[Stay]:
    """Return when a deploy was in a box, None where it never was as far as anybody saw.

    One that failed is over, and ended when it failed.
    """
    if box not in BOXES:
        return None
    through, done = BOXES[box]
    failed = f"{box}-failed"
    return passed.stay(
        life(row, known), through, (done, failed) if row.state == failed else (done,)
    )


def times(box: str, known: Known) -> Tuple[int, ...]:
    """Return what a box took here before in ms, newest first: in deploys, else alone."""
    if box not in BOXES:
        return ()
    through, done = BOXES[box]
    over = (one for one in passed.lives(KIND, known) if not one[-1].value)
    found = passed.took_before(over, through, (done,))
    if found or box not in _ELSEWHERE:
        return found
    kind, action, step = _ELSEWHERE[box]
    return known.usual_ms(kind, action) or known.memory.steps.get(("strategies", "", "", step), ())


def under_box(box: str, row: Any, known: Known) -> str:
    """Return what stands below a box of the picture: since when and how long, or what is usual."""
    if box == "complete":
        at = next((one for one in life(row, known) if one.value == "completed"), None)
        return passed.moment(at.ms, known.now_ms) if at is not None and not at.at_least else ""
    found = stay_in(box, row, known)
    return passed.usual(times(box, known)) if found is None else found.told(known.now_ms)


def whole(row: Any, known: Known) -> str:
    """Return how long the deploy is under way, "" where nobody knows."""
    mine = life(row, known)
    if not mine:
        return ""
    return f"{'>' * mine[0].at_least}{stopwatch(known.now_ms - mine[0].ms)}"


def here(row: Any, known: Known) -> str:
    """Return since when the deploy is in its state, what that took before, what is left of it."""
    said = passed.now_words(life(row, known), known.now_ms)
    if not said or row.state not in BOXES:
        return said
    found = times(row.state, known)
    left = _left_ms(row, known) if row.state == "host" else None
    if left is not None and not found:
        return f"{said}; about {stopwatch(left)} to go, as hosts took here before"
    return f"{said}; {passed.before_words(found)}"


def _left_ms(row: Any, known: Known) -> Optional[int]:
    """Return what the hosts that are left are expected to take, None where one part is unknown."""
    left = sum(not one.host_state.endswith("deployed") for one in known.rows("deploy-hosts"))
    parts = _OF_HOST if row.reboot_required else _OF_HOST[1:2]
    usual = [known.usual_ms(*part) for part in parts]
    if not left or not all(usual):
        return None
    return left * sum(round(statistics.median(one)) for one in usual)


def told(row: Any, known: Known) -> List[Tuple[str, str]]:
    """Return each box that began, or that was seen before, and its times in words."""
    lines = []
    for box in BOXES:
        found, before = stay_in(box, row, known), times(box, known)
        if found is not None:
            is_open = found.ended_ms is None
            word = "so far" if is_open else "took"
            began = passed.moment(found.began_ms, known.now_ms)
            since = f"{'by' if found.at_least else 'from'} {began}"
            took = f"{'>' * found.at_least}{stopwatch(found.took_ms(known.now_ms))}"
            lines.append((box, f"{since}, {word} {took}; {passed.before_words(before)}"))
        elif before:
            lines.append((box, passed.before_words(before)))
    return lines
