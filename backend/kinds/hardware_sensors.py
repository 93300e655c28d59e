"""Sensors as a baseboard reads them, with their limits, states and course over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Tuple

from pydantic import Field

from backend.baseboard import Bmc
from backend.figure import Line, Lines, Spark
from backend.kind import Column, Kind, Reach, Tab
from backend.kinds.hardware_parts import SERVER, OfServer, silent, worded
from backend.kinds.hardware_server import SERVERS, error_words, tone_of_health
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict
from backend.units import instant_ms, span, when


class Sensor(OfServer):
    """A sensor with its value, states and thresholds, in its own unit.

    Told by sysinv it has no value: maintenance says how it judges it (``judged_at``: since when,
    an instant), each ``judged_every_s`` seconds. One with ``trouble`` could not be read: it is as
    it was at ``read_at`` (an instant), "" where it never was, or stands for a whole part.
    """

    sensor: str
    # Which it is of those of that name.
    nth: int = 1
    number: Optional[int] = None
    type: Optional[str] = None
    value: Optional[float] = None
    units: Optional[str] = None
    states: Tuple[str, ...] = ()
    health: str = "ok"
    unavailable: bool = False
    thresholds: Dict[str, float] = Field(default_factory=dict)
    told_by: str = ""
    suppressed: bool = False
    judged_at: str = ""
    judged_every_s: Optional[int] = None
    read_at: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether it is as maintenance judges it, and not as its BMC reads it."""
        return self.told_by == SYSINV


SYSINV = "sysinv"


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


def state(row: Sensor) -> str:
    """Return how it is, by its own words: its states, its health, or that it was not read."""
    if row.trouble:
        return f"not read; was {', '.join(row.states) or row.health}" if row.read_at else "not read"
    if row.unavailable:
        return "no reading"
    return ", ".join(row.states) or row.health


def _sensor_look(row: Sensor, known: Known) -> Look:
    stale = silent("bmc-sensors", row, known)
    if stale is not None:
        at_ms = instant_ms(row.read_at) if row.trouble else None
        old = f"; as it was {span(known.now_ms - at_ms)} ago" if at_ms is not None else ""
        return replace(stale, notes=tuple(f"{note}{old}" for note in stale.notes))
    if row.unavailable:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT)
    if row.suppressed and row.health != "ok":
        # What somebody suppressed is known, and bad news no more.
        return Look(tone=Tone.PLAIN, mark=Mark.BAD, notes=(f"{state(row)}: suppressed",))
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
    value = number_words(row.value, row.units) or state(row)
    words = {Tone.GOOD: "WELL", Tone.WARN: "WARN", Tone.BAD: "NOT WELL"}
    if row.trouble:
        words = {Tone.WARN: "OLD" if row.read_at else "NOT READ"}
    value += ", as maintenance judges it" * row.is_judged
    notes = "; ".join(found.notes)
    return Verdict(
        word=words.get(found.tone, "NO READING" if row.unavailable else "OLD"),
        text=f"{value}{within}",
        more=notes,
        tone=found.tone,
    )


def _strip(row: Sensor, known: Known) -> Lines:
    """Return who says so and since when, and how its value can be had."""
    if row.trouble:
        words = "; ".join(_sensor_look(row, known).notes)
        return Lines(lines=(Line(text=f"{row.sensor}: could not be read: {words}"),))
    if not row.is_judged:
        reading = known.reading("bmc-sensors", row.server)
        age = span(known.now_ms - reading.at_ms) if reading.was_read else "-"
        return Lines(lines=(Line(text=f"{row.sensor}: read by its BMC {age} ago"),))
    at_ms = instant_ms(row.judged_at)
    since = f" since {when(at_ms, known.now_ms)}" if at_ms is not None else ""
    every = f" each {span(row.judged_every_s * 1000)}" if row.judged_every_s else ""
    return Lines(
        lines=(
            Line(text=f"{row.sensor}: {state(row)}{since}, as maintenance judges it{every}"),
            Line(text="sysinv keeps no value: r asks its BMC itself, over a session of ours"),
        )
    )


def _verdict(known: Known) -> Verdict:
    """Return which of both one looks at, and what is not well, or was not read, among them."""
    rows: Tuple[Sensor, ...] = known.rows("bmc-sensors")
    if not rows:
        return Verdict(word="", text="no sensor was read so far", tone=Tone.PLAIN)
    looks = [(row, _sensor_look(row, known)) for row in rows]
    text, more = _by_whom(rows)
    for tone, word in ((Tone.BAD, "NOT WELL"), (Tone.WARN, "WARN")):
        bad = [(row, look) for row, look in looks if look.tone is tone]
        if bad:
            row, look = bad[0]
            others = sum(look.tone in (Tone.BAD, Tone.WARN) for _row, look in looks) - 1
            rest = f" and {others} more" * (others > 0)
            first = (
                f"{row.server} {row.sensor}{rest}: {look.notes[0] if look.notes else row.health}"
            )
            return Verdict(
                word=word, text=first, more=f"{text}{'; ' * bool(more)}{more}", tone=tone
            )
    silent_ones = _silent_servers(known)
    if silent_ones:
        name, why = silent_ones[0]
        rest = f" and {len(silent_ones) - 1} more" * (len(silent_ones) > 1)
        return Verdict(
            word="WARN", text=f"{name}{rest}: not read: {why}", more=text, tone=Tone.WARN
        )
    return Verdict(word="WELL", text=text, more=more, tone=Tone.GOOD)


def _by_whom(rows: Tuple[Sensor, ...]) -> Tuple[str, str]:
    """Return how many there are and who tells of them, and how others would."""
    judged = sum(row.is_judged for row in rows)
    if judged == len(rows):
        by, more = "as maintenance judges them", "r asks the BMCs themselves, for their values"
    elif judged:
        by, more = f"{judged} of them as maintenance judges them", "r asks the BMCs themselves"
    else:
        by, more = "as their BMCs read them", ""
    return f"{len(rows)} sensors, {by}", more


def _silent_servers(known: Known) -> List[Tuple[str, str]]:
    """Return the servers whose sensors were asked for and not told, each with why and how old."""
    found = []
    for server in known.rows(SERVERS):
        reading = known.reading("bmc-sensors", server.name)
        if reading.error is not None:
            age = f"; as they were {span(known.now_ms - reading.at_ms)} ago"
            found.append((server.name, error_words(reading.error) + age * reading.was_read))
    return found


def _sensor_id(row: Sensor) -> str:
    # The same one, whoever tells of it: so its course goes on.
    return f"{row.server}/{row.sensor}" + f"/{row.nth}" * (row.nth > 1)


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
        Column(heading="STATE", value=state, most=28),
        Column(heading="WELL WITHIN", value=_limits),
        Column(heading="TOLD BY", value=lambda row: row.told_by or None),
        Column(heading="TYPE", value=lambda row: row.type, most=20, wide=True),
    ),
    look=_sensor_look,
    strip=_strip,
    verdict=_verdict,
    sort=lambda row, _known: (row.server, row.number or 0, row.sensor),
    aliases=("hardware/sensors",),
    state_fields=("health",),
    noise=frozenset({"value", "judged_at", "read_at"}),
    # What could not be read is not read once more from what it was.
    sample=lambda row: None if row.trouble else row.value,
    sentence=_sentence,
    tabs=(Tab(key="o", title="Course", figure=_course),),
    tab="S Sensors",
    every_s=15.0,
    is_inventory=False,
)
