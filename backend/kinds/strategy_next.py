"""What is to be done next with a strategy of the VIM, and by which key."""

from __future__ import annotations

from typing import Any, Mapping

from backend.kinds.strategy_chart import abort_words
from backend.known import Known

BEGIN = "To begin: a, then 1 to 5 builds one; nothing is applied by that."
_AGAIN = "mend what r Reasons says; a, D delete it, then build it anew"
_NEXT: Mapping[str, str] = {
    "initial": "wait: the VIM has not begun to build it",
    "building": "wait: the build only asks, it changes nothing",
    "build-failed": _AGAIN,
    "build-timeout": _AGAIN,
    "ready-to-apply": "Enter shows its chart; a, A applies all of it, S its next stage alone",
    "applied": "a, D delete it: another can be built only then",
    "aborting": "wait: the VIM turns back what it can",
    "aborted": _AGAIN,
    "abort-failed": _AGAIN,
    "abort-timeout": _AGAIN,
}


def next_of(row: Any, known: Known) -> str:
    """Return what is next; in a state that nobody knows, only to look again."""
    if row.is_waiting:
        return f"a, S applies stage {row.apply_phase.at} alone, A all that is left; X aborts"
    if row.state == "applying":
        no = abort_words(row, known)
        return f"Enter watches it; abort: {no}" if no else "Enter watches it; a, X abort"
    return _NEXT.get(row.state, "r asks again: nothing is offered in a state not known here")
