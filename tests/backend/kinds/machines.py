"""A machine as its programs tell of it: recorded texts, read by the kinds' own parsers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Tuple

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


def shapes() -> Tuple[Tuple[Kind[Any], str], ...]:
    """Return the other shapes that were recorded, by kind: ``smart``, ``nvme``."""
    found = {kind.name: kind for kind in asked()}
    names = (path.stem.partition(".") for path in sorted(SAMPLES.glob("*.*.txt")))
    return tuple((found[kind], shape) for kind, _, shape in names if kind in found)


def shaped(kind: Kind[Any], shape: str) -> Known:
    """Return a machine that answers for one kind in another shape: whoever of it reads it does."""
    said = text(f"{kind.name}.{shape}")
    for read in _asked_by(kind.read):
        try:
            found = [{**body, "machine": "here"} for body in read.parse(said)]
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
        if found:
            whole = known()
            mine = {(kind.name, ""): reading(kind.name, found)}
            return replace(whole, readings={**whole.readings, **mine})
    raise AssertionError(f"nobody of {kind.name} reads {shape}")


def _asked_by(read: Any) -> Iterator[Any]:
    """Give all that a kind asks, each with those that are asked where it is not there."""
    while read is not None:
        yield read
        for beside in getattr(read, "also", ()):
            yield from _asked_by(beside)
        read = getattr(read, "otherwise", None)


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
