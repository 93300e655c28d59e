"""A precheck's report, as USM gives it: what fails first, and of how many checks."""

from __future__ import annotations

from typing import Tuple

from backend.kind import Json
from backend.kinds.health import Health


def _checks(answer: Json, *places: str) -> Tuple[Tuple[str, str, str], ...]:
    said = answer if isinstance(answer, dict) else {}
    text = "\n".join(str(said.get(place) or "") for place in places)
    return Health.model_construct(value=text).lines


def prechecked_badly(answer: Json) -> str:
    """Return what fails in a precheck's report, failures first; "" where nothing does.

    USM answers 200 whether it is well or not, and puts the report where it belongs.
    """
    error = " ".join(str(answer.get("error") or "").split()) if isinstance(answer, dict) else ""
    if not error:
        return ""
    checks = _checks(answer, "error")
    fails = [f"{name} ({more})" if more else name for name, state, more in checks if state != "OK"]
    return f"{len(fails)} of {len(checks)} checks fail: {'; '.join(fails)}" if fails else error


def prechecked(answer: Json) -> str:
    """Return how many checks a good precheck passed."""
    count = len(_checks(answer, "info", "warning"))
    return f"all {count} checks pass" if count else "nothing stands in the way, says USM"
