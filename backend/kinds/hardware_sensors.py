"""Sensors as a baseboard reads them, with their limits, states and course over time."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from pydantic import Field

from backend.baseboard import Bmc
from backend.figure import Spark
from backend.kind import Column, Kind, Reach, Tab
from backend.kinds.hardware_parts import SERVER, OfServer, silent, worded
from backend.kinds.hardware_server import SERVERS, tone_of_health
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict


class Sensor(OfServer):
    """A sensor with its value, states and thresholds, in its own unit."""

    sensor: str
    number: Optional[int] = None
    type: Optional[str] = None
    value: Optional[float] = None
    units: Optional[str] = None
    states: Tuple[str, ...] = ()
    health: str = "ok"
    unavailable: bool = False
    thresholds: Dict[str, float] = Field(default_factory=dict)


def number_words(value: Optional[float], units: Optional[str] = "") -> Optional[str]:
    """Return a value with its unit: ``41 C``, ``12.1 V``; None where there is none."""
    if value is None:
        return None
    words = f"{value:.0f}" if value == int(value) else f"{value:.2f}".rstrip("0")
    return f"{words} {(units or '').replace('°', '')}".strip()


def _limits(row: Sensor) -> Optional[str]:
    """Return the limits nearest to what is well: ``5 .. 80``."""
    said = row.thresholds
    low = next((said[k] for k in ("lower_major", "lower_minor") if k in said), None)
    high = next((said[k] for k in ("upper_major", "upper_minor") if k in said), None)
    if low is None and high is None:
        return None
    return f"{number_words(low) or ''} .. {number_words(high) or ''}".strip()


def _state(row: Sensor) -> str:
    if row.unavailable:
        return "no reading"
    return ", ".join(row.states) or row.health


def _sensor_look(row: Sensor, known: Known) -> Look:
    stale = silent("bmc-sensors", row, known)
    if stale is not None:
        return stale
    if row.unavailable:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT)
    return worded(row.health, (", ".join(row.states),) if row.states else ())


def _course(row: Sensor, known: Known) -> Spark:
    """Return its values over time, as far as they were read."""
    points = known.course("bmc-sensors", _sensor_id(row), row.server)
    units = (row.units or "").replace("°", "")
    tone = Tone.PLAIN if row.health == "ok" else tone_of_health(row.health)
    return Spark(label=row.sensor, points=points, unit=units, tone=tone)


def _sentence(row: Sensor, known: Known) -> Verdict:
    """Return what it reads, and between which limits that is well."""
    found = _sensor_look(row, known)
    limits = _limits(row)
    within = f"; well within {limits}" if limits else ""
    value = number_words(row.value, row.units) or _state(row)
    words = {Tone.GOOD: "WELL", Tone.WARN: "WARN", Tone.BAD: "NOT WELL"}
    notes = "; ".join(found.notes)
    return Verdict(
        word=words.get(found.tone, "NO READING" if row.unavailable else "OLD"),
        text=f"{value}{within}",
        more=notes,
        tone=found.tone,
    )


def _sensor_id(row: Sensor) -> str:
    return f"{row.server}/{row.sensor}" + (f"/{row.number}" if row.number else "")


SENSORS: Kind[Sensor] = Kind(
    name="bmc-sensors",
    singular="bmc-sensor",
    model=Sensor,
    read=Bmc(facet="sensors"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=_sensor_id,
    label=lambda row: row.sensor,
    columns=(
        SERVER,
        Column(heading="SENSOR", value=lambda row: row.sensor, most=28),
        Column(heading="VALUE", value=lambda row: number_words(row.value, row.units), right=True),
        Column(heading="STATE", value=_state, most=28),
        Column(heading="WELL WITHIN", value=_limits),
        Column(heading="TYPE", value=lambda row: row.type, most=20, wide=True),
    ),
    look=_sensor_look,
    sort=lambda row, _known: (row.server, row.number or 0, row.sensor),
    aliases=("hardware/sensors",),
    state_fields=("health",),
    noise=frozenset({"value"}),
    sample=lambda row: row.value,
    sentence=_sentence,
    tabs=(Tab(key="o", title="Course", figure=_course),),
    tab="S Sensors",
    every_s=15.0,
    is_inventory=False,
)
