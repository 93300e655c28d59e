"""Sensors as sysinv tells of them: maintenance reads the baseboards and judges, we need not.

Maintenance (hwmond) holds sessions on the baseboards itself, and there are few. While sysinv lives
and has sensors of a host they are its own; it keeps their states and limits, and no value.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Mapping, Sequence

from backend.errors import StxError
from backend.kind import Body, Json, Rest
from backend.refresh import Answer

SYSINV, BMC = "sysinv", "BMC"
SENSORS, HEALTH = "sensors", "health"
FACETS = frozenset({SENSORS, HEALTH})
"""What sysinv can tell of a server in its baseboard's stead."""
_READ = Rest(service="sysinv", path="/ihosts/{parent}/isensors", items="isensors")
# What maintenance makes of a reading, in the words that baseboards' readings have.
_HEALTH = {
    "ok": "ok",
    "minor": "warning",
    "major": "critical",
    "critical": "critical",
    "nonrecoverable": "failed",
}
# States in which nobody reads it: it says nothing of how the server is.
_UNREAD = frozenset({"offline", "disabled", ""})
_WORST = ("failed", "critical", "warning", "ok")

Ask = Callable[[Rest, str], Awaitable[Answer]]


async def judged(ask: Ask, host: str, facet: str) -> List[Dict[str, Json]]:
    """Return the bodies of a facet of a host (its uuid), () where sysinv can tell nothing of it.

    What keeps sysinv from answering is no matter here: its baseboard is asked then.
    """
    try:
        answer = await ask(_READ, host)
        sensors = [_sensor(body) for body in answer()]
    except StxError:
        return []
    if all(one["unavailable"] for one in sensors):
        return []
    return sensors if facet == SENSORS else [_health(sensors)]


def counted(rows: Sequence[Dict[str, Json]]) -> List[Dict[str, Json]]:
    """Say of sensors that share a name which of them each is: ``nth``, from 1.

    Names and their order are the baseboard's, whoever tells of them: so a sensor is the same one.
    """
    seen: Dict[Any, int] = {}
    for row in rows:
        seen[row["sensor"]] = seen.get(row["sensor"], 0) + 1
        row["nth"] = seen[row["sensor"]]
    return list(rows)


def _sensor(body: Body) -> Dict[str, Json]:
    status = str(body.get("status") or "").casefold()
    health = _HEALTH.get(status, "ok" if status in _UNREAD else "warning")
    return {
        "sensor": str(body.get("sensorname")),
        "type": str(body.get("sensortype") or ""),
        "units": str(body.get("unit_base") or ""),
        "states": [status] if health != "ok" else [],
        "status": status,
        "health": health,
        "unavailable": status in _UNREAD,
        "thresholds": _thresholds(body),
        "suppressed": bool(body.get("suppress")),
        "judged_at": str(body.get("updated_at") or body.get("created_at") or ""),
        "judged_every_s": body.get("audit_interval"),
        "told_by": SYSINV,
    }


def _thresholds(body: Body) -> Dict[str, float]:
    found: Dict[str, float] = {}
    for name in ("minor", "major", "critical"):
        for end in ("lower", "upper"):
            said: Any = body.get(f"t_{name}_{end}")
            try:
                found[f"{end}_{name}"] = float(said)
            except (TypeError, ValueError):
                continue  # none is set, or in words
    return found


def _health(sensors: Sequence[Mapping[str, Json]]) -> Dict[str, Json]:
    """Return what the sensors come to; what somebody suppressed is no bad news."""
    bad = [one for one in sensors if one["health"] != "ok" and not one["suppressed"]]
    worst = next((word for word in _WORST if any(one["health"] == word for one in bad)), "ok")
    names = [f"{one['sensor']}: {one['status']}" for one in bad]
    return {"health": worst, "bad": names, "told_by": SYSINV}
