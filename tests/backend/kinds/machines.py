"""A machine as its programs tell of it: recorded texts, read by the kinds' own parsers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from backend.kind import Command, Kind
from backend.kinds.ground import GROUND
from backend.known import Known, Reading
from backend.place import Phase, Place
from tests.backend.kinds.site import reading

SAMPLES = Path(__file__).parent / "machine_samples"
NOW_MS = 1_763_692_880_000
STANDBY = Place(
    hostname="controller-1",
    user="sysadmin",
    terminal="ttyS0",
    release="24.09",
    platform={
        "nodetype": "controller",
        "subfunction": "controller,worker",
        "system_type": "All-in-one",
        "system_mode": "duplex",
    },
    phase=Phase.CONFIGURED,
    is_active=False,
)


def text(name: str) -> str:
    return (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")


def asked() -> Tuple[Kind[Any], ...]:
    """Return the kinds that a program answers for."""
    return tuple(kind for kind in GROUND.kinds if isinstance(kind.read, Command))


def bodies(kind: Kind[Any], machine: str = "here") -> List[Dict[str, Any]]:
    assert isinstance(kind.read, Command)
    return [{**body, "machine": machine} for body in kind.read.parse(text(kind.name))]


def readings(machine: str = "here") -> Mapping[Tuple[str, str], Reading[Any]]:
    found = {}
    for kind in asked():
        parent = f"{machine}/sdb" if kind.name == "smart" else machine
        rows = bodies(kind, machine)
        found[kind.name, parent] = reading(kind.name, rows, parent)
        found[kind.name, ""] = reading(kind.name, rows)
    return found


def known(place: Place = STANDBY) -> Known:
    whole = Known(cloud="c", now_ms=NOW_MS, place=place, readings=readings())
    machines = GROUND.kinds[0]
    rows = list(machines.read.rows(whole))
    return replace(whole, readings={**whole.readings, ("machines", ""): reading("machines", rows)})
