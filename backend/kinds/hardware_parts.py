"""What a baseboard knows of its server: power, health, log, inventory."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional, Tuple

from backend.baseboard import Bmc, SelLog
from backend.kind import Column, Kind, Reach, Row
from backend.kinds.hardware_looks import boot_words
from backend.kinds.hardware_server import (
    HEALTH,
    POWER,
    SERVERS,
    Health,
    Power,
    between,
    error_words,
    tone_of_health,
)
from backend.known import Known
from backend.streams import Logs
from backend.tone import WELL, Look, Mark, Tone

QUICK_S, SLOW_S, SELDOM_S = 10.0, 120.0, 300.0


class OfServer(Row):
    """A row that belongs to a server; ``trouble`` is why it could not be read, beside others."""

    server: str
    trouble: str = ""

    def parent_id(self, _known: Known) -> str:
        """Return the id of its server."""
        return self.server


SERVER: Column[Any] = Column(heading="SERVER", value=lambda row: row.server, most=20)


def silent(kind: str, row: Any, known: Known) -> Optional[Look]:
    """Return how a row looks whose baseboard does not answer any more, or not for that row."""
    error = known.reading(kind, row.server).error
    if error is not None:
        return Look(mark=Mark.UNKNOWN, notes=(error_words(error),))
    trouble = getattr(row, "trouble", "")
    return Look(tone=Tone.WARN, mark=Mark.UNKNOWN, notes=(trouble,)) if trouble else None


# --- power and health --------------------------------------------------------------------------


def _power_look(row: Power, known: Known) -> Look:
    stale = silent(POWER, row, known)
    if stale is not None:
        return stale
    if row.faults:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=row.faults)
    if row.power == "off":
        return Look(tone=Tone.PLAIN, mark=Mark.OUT)
    return WELL if row.power == "on" else between(row)


POWERS: Kind[Power] = Kind(
    name=POWER,
    singular="power-state",
    model=Power,
    read=Bmc(facet="power"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: row.server,
    columns=(
        SERVER,
        Column(heading="POWER", value=lambda row: row.power),
        Column(heading="LED", value=lambda row: row.identify),
        Column(heading="BOOTS FROM", value=lambda row: boot_words(row) or None),
        Column(heading="FAULTS", value=lambda row: ", ".join(row.faults) or None, most=32),
        Column(heading="AFTER AN OUTAGE", value=lambda row: row.policy, wide=True),
        Column(heading="LAST EVENT", value=lambda row: row.last_event or None, wide=True),
    ),
    look=_power_look,
    state_fields=("power",),
    tab="P Power",
    every_s=QUICK_S,
    is_inventory=False,
)

HEALTHS: Kind[Health] = Kind(
    name=HEALTH,
    singular="server-health-state",
    model=Health,
    read=Bmc(facet="health"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: row.server,
    columns=(
        SERVER,
        Column(heading="HEALTH", value=lambda row: row.health),
        Column(heading="NOT WELL", value=lambda row: "; ".join(row.bad) or None, most=56),
        Column(heading="TOLD BY", value=lambda row: row.told_by or None, wide=True),
    ),
    look=lambda row, known: silent(HEALTH, row, known) or worded(row.health, row.bad),
    state_fields=("health",),
    tab="L Health",
    every_s=SLOW_S,
    is_inventory=False,
)


def worded(health: str, notes: Tuple[str, ...] = ()) -> Look:
    """Return the look of a row by its health word."""
    if health == "ok":
        return WELL
    return Look(tone=tone_of_health(health), mark=Mark.BAD, notes=notes)


# --- the event log -----------------------------------------------------------------------------


class SelEvent(OfServer):
    """An event of the baseboard's log; its time is the baseboard's own."""

    record: str
    timestamp: Optional[str] = None
    sensor: Optional[str] = None
    sort: Optional[str] = None
    event: Optional[str] = None
    detail: Optional[str] = None
    is_over: bool = False
    health: str = "ok"


def _sel_look(row: SelEvent, known: Known) -> Look:
    stale = silent("sel", row, known)
    if stale is not None:
        return stale
    return WELL if row.is_over else worded(row.health)


def _logs(row: SelEvent, _known: Known) -> Logs:
    """Return the same log as lines, at the moment of an event: filtered, followed, saved there."""
    try:
        at_ms = round(datetime.fromisoformat(row.timestamp or "").timestamp() * 1000)
    except ValueError:
        return Logs(streams=(SelLog(server=row.server),), of=row.server)
    return Logs(streams=(SelLog(server=row.server),), at_ms=at_ms, of=row.server)


SEL: Kind[SelEvent] = Kind(
    name="sel",
    singular="sel-event",
    model=SelEvent,
    read=Bmc(facet="sel"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    # Records are numbered anew after the log was cleared.
    id=lambda row: f"{row.server}/{row.record}/{row.timestamp or ''}",
    label=lambda row: f"{row.record} {row.sensor or ''}".strip(),
    columns=(
        SERVER,
        Column(heading="WHEN (ITS OWN CLOCK)", value=lambda row: _when(row.timestamp)),
        Column(heading="SENSOR", value=lambda row: row.sensor, most=24),
        Column(heading="EVENT", value=lambda row: row.event, most=40),
        Column(heading="IS", value=lambda row: "over" if row.is_over else row.health),
        Column(heading="RECORD", value=lambda row: row.record, wide=True),
        Column(heading="DETAIL", value=lambda row: row.detail or None, most=48, wide=True),
    ),
    look=_sel_look,
    # Newest first; what has no time stands by its number.
    sort=lambda row, _known: (_reversed(row.timestamp or ""), -_number(row.record)),
    logs=_logs,
    aliases=("bmc-events", "event-logs"),
    tab="E Log",
    every_s=SLOW_S,
    is_log=True,
    is_inventory=False,
)


def _when(timestamp: Optional[str]) -> Optional[str]:
    return timestamp.replace("T", " ")[:19] if timestamp else None


def _number(record: str) -> int:
    try:
        return int(record, 0)
    except ValueError:
        return 0


def _reversed(text: str) -> Tuple[int, ...]:
    """Return a key that sorts texts of one shape backwards, those of none last."""
    return tuple(-ord(character) for character in text) or (1,)


# --- what it is built of -----------------------------------------------------------------------


class Component(OfServer):
    """A part of a server: board, processor, memory module, disk, power supply, firmware."""

    component: str

    def first(self, *names: str) -> Optional[str]:
        """Return the first of these fields that says something; they differ by baseboard."""
        for name in names:
            said = self.body.get(name)
            if said not in (None, "", [], {}):
                return ", ".join(map(str, said)) if isinstance(said, list) else str(said)
        return None


MAKERS = ("manufacturer", "board_manufacturer", "product_manufacturer")
MODELS = ("model", "board_product_name", "product_name", "product")
SERIALS = ("serial_number", "board_serial_number", "product_serial_number", "serial")
VERSIONS = ("version", "firmware_version", "bios_version", "hardware_version", "board_model")


def _component_look(row: Component, known: Known) -> Look:
    found = silent("inventory", row, known)
    if found is not None:
        return found
    return worded(str(row.body.get("health") or "ok"))


INVENTORY: Kind[Component] = Kind(
    name="inventory",
    singular="component",
    model=Component,
    read=Bmc(facet="inventory"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.server}/{row.component}",
    label=lambda row: row.component,
    columns=(
        SERVER,
        Column(heading="COMPONENT", value=lambda row: row.component, most=28),
        Column(heading="MAKER", value=lambda row: row.first(*MAKERS), most=20),
        Column(heading="MODEL", value=lambda row: row.first(*MODELS), most=28),
        Column(heading="SERIAL", value=lambda row: row.first(*SERIALS), most=24),
        Column(heading="VERSION", value=lambda row: row.first(*VERSIONS), most=20),
    ),
    look=_component_look,
    aliases=("fru", "hardware-inventory"),
    tab="V Inventory",
    every_s=SELDOM_S,
)
