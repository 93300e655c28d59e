"""An action of a kind on the recorded site: what it would send, why not, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

from backend.kind import Action, Reason, RestWrite
from backend.known import Known
from tests.backend.kinds.site import named, reading
from tests.backend.kinds.test_every_kind import everything


def known_with(**rows: List[Dict[str, Any]]) -> Known:
    """Return the recorded site; rows given by name (dashes as underscores) stand in."""
    known = everything()
    given = {(name.replace("_", "-"), ""): rows[name] for name in rows}
    made = {key: reading(key[0], bodies) for key, bodies in given.items()}
    return replace(known, readings={**known.readings, **made})


def changed(kind: str, **fields: Any) -> List[Dict[str, Any]]:
    """Return the first recorded row of a kind, changed."""
    return [{**everything().rows(kind)[0].body, **fields}]


def act(kind: str, name: str = "modify") -> Action[Any]:
    action = named(kind).action(name)
    assert action is not None
    return action


def planned(kind: str, form: Dict[str, Any], name: str = "modify", **rows: Any) -> RestWrite:
    """Return what an action would send for the first row of a kind."""
    known = known_with(**rows)
    action = act(kind, name)
    row = None if action.on_kind else known.rows(kind)[0]
    plan = action.plan(row, action.form.model_validate(form), known)
    (step,) = plan.steps
    assert isinstance(step.write, RestWrite)
    return step.write


def why(kind: str, form: Dict[str, Any], name: str = "modify", **rows: Any) -> Dict[str, Reason]:
    """Return what the checks of an action say, by name."""
    known = known_with(**rows)
    action = act(kind, name)
    row = None if action.on_kind else known.rows(kind)[0]
    return {r.check: r for r in action.reasons(row, action.form.model_validate(form), known)}


def blocks(reasons: Dict[str, Reason]) -> List[str]:
    return [name for name, reason in reasons.items() if reason.blocks]


def said(kind: str, form: Dict[str, Any], name: str = "modify", **rows: Any) -> List[str]:
    """Return what would come of it, in words."""
    known = known_with(**rows)
    action = act(kind, name)
    row = None if action.on_kind else known.rows(kind)[0]
    return [c.words for c in action.consequences(row, action.form.model_validate(form), known)]
