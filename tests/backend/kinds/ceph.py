"""A recorded Ceph: what a real one answered, well and sick, and what its kinds make of it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from backend.ceph import Ceph, Told
from backend.kind import Reach
from backend.kinds.storage import CEPH_KINDS
from backend.known import Known, Reading
from tests.backend.kinds.site import LAPTOP, reading

SAMPLES = Path(__file__).parents[2] / "samples" / "ceph"
# A while after both were recorded.
NOW_MS = 1_795_731_000_000
# The OSD of which it was asked whether it may go.
ASKED = "0"


@cache
def _recorded(name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def answers(name: str = "16-sick", **changed: Any) -> Dict[str, Told]:
    """Return what was recorded by command; ``changed`` (blanks and dashes as _) stands in."""
    found = {key: Told(**copy.deepcopy(one)) for key, one in _recorded(name).items()}
    for key in found:
        word = key.replace(" ", "_").replace("-", "_")
        if word in changed:
            found[key] = Told(changed[word])
    return found


def bodies(kind: Any, told: Mapping[str, Told]) -> List[Dict[str, Any]]:
    """Return what a kind makes of answers, of those that it asks for alone."""
    assert isinstance(kind.read, Ceph)
    asked = {command.prefix for command in (*kind.read.commands, *kind.read.extras)}
    rows = kind.read.rows({key: one for key, one in told.items() if key in asked})
    under = {"of": ASKED} if kind.reach is Reach.PER_PARENT else {}
    return [{**body, **under} for body in rows]


def readings(told: Mapping[str, Told]) -> Dict[Tuple[str, str], Reading[Any]]:
    """Return the whole cluster as just read."""
    found: Dict[Tuple[str, str], Reading[Any]] = {}
    for kind in CEPH_KINDS:
        parent = ASKED if kind.reach is Reach.PER_PARENT else ""
        found[kind.name, parent] = reading(kind.name, bodies(kind, told), parent)
    return found


def cluster(name: str = "16-sick", **changed: Any) -> Known:
    """Return the recorded cluster, alone in its cloud."""
    known = Known(cloud="site-7", now_ms=NOW_MS, place=LAPTOP)
    return replace(known, readings=readings(answers(name, **changed)))
