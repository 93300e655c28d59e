"""An action of a kind on the recorded site: what it would send, why not, and what comes of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

from backend.kind import Action, Reason, Rest, RestWrite
from backend.kinds import every_kind
from backend.known import Known
from tests.backend.kinds.site import named, reading
from tests.backend.kinds.test_every_kind import everything

VENDOR = Path(__file__).parents[1] / "simulator" / "vendor_requests.json"


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


def row_of(known: Known, kind: str, action: Action[Any], label: str = "") -> Any:
    """Return the row of that label, the first where none is said, None for the kind itself."""
    if action.on_kind:
        return None
    rows = known.rows(kind)
    return named(kind).find(rows, label) if label else rows[0]


def planned(
    kind: str, form: Dict[str, Any], name: str = "modify", label: str = "", **rows: Any
) -> RestWrite:
    """Return what an action would send for a row of a kind."""
    known = known_with(**rows)
    action = act(kind, name)
    row = row_of(known, kind, action, label)
    plan = action.plan(row, action.form.model_validate(form), known)
    (step,) = plan.steps
    assert isinstance(step.write, RestWrite)
    return step.write


def why(
    kind: str, form: Dict[str, Any], name: str = "modify", label: str = "", **rows: Any
) -> Dict[str, Reason]:
    """Return what the checks of an action say, by name."""
    known = known_with(**rows)
    action = act(kind, name)
    row = row_of(known, kind, action, label)
    return {r.check: r for r in action.reasons(row, action.form.model_validate(form), known)}


def vendor(command: str) -> Dict[str, Any]:
    """Return the request of the vendor's client for a command, as it was recorded."""
    lines = json.loads(VENDOR.read_text(encoding="utf-8"))
    found: Dict[str, Any] = next(line for line in lines if line["command"] == command)
    return found


def meant(known: Known, text: str) -> str:
    """Return text with its placeholders filled: ``{row:addrpools:oam}`` is that pool's uuid."""
    for told in re.findall(r"{((?:the|row):[^}]+)}", text):
        _, root, *label = told.split(":")
        kind = next(
            kind
            for kind in every_kind()
            if isinstance(kind.read, Rest) and kind.read.path == f"/{root}"
        )
        rows = known.rows(kind.name)
        row = next(row for row in rows if not label or label[0] in row.body.values())
        text = text.replace(f"{{{told}}}", str(row.uuid))
    return text


def as_text(value: Any) -> Any:
    """Return a body with its numbers as the text a command line gives."""
    if isinstance(value, dict):
        return {key: as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def blocks(reasons: Dict[str, Reason]) -> List[str]:
    return [name for name, reason in reasons.items() if reason.blocks]


def said(
    kind: str, form: Dict[str, Any], name: str = "modify", label: str = "", **rows: Any
) -> List[str]:
    """Return what would come of it, in words."""
    known = known_with(**rows)
    action = act(kind, name)
    row = row_of(known, kind, action, label)
    return [c.words for c in action.consequences(row, action.form.model_validate(form), known)]
