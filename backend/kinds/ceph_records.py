"""What Ceph keeps book of: the disks its daemons are on, and its own log."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.kind import Body, Ceph, CephCommand, Column, Kind
from backend.kinds.ceph import SLOW_S, OfCeph, moment, objects, said
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import DAY_MS, span, when

# --- disks that Ceph knows ---------------------------------------------------------------------


class CephDevice(OfCeph):
    """A disk that a daemon of Ceph is on, and how long Ceph expects it to live."""

    name: str
    places: List[str] = Field(default_factory=list)
    daemons: List[str] = Field(default_factory=list)
    fails_from_ms: Optional[int] = None
    fails_by_ms: Optional[int] = None
    wear: Optional[float] = None

    @property
    def wear_percent(self) -> Optional[int]:
        """How far it is worn; the disk itself says so, to newer Ceph alone."""
        return None if self.wear is None else round(self.wear * 100)


def device_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``device ls``."""
    for one in objects(said(told, "device ls")):
        places = [f"{at.get('host')}:{at.get('dev')}" for at in objects(one.get("location"))]
        yield {
            "uuid": str(one["devid"]),
            "name": str(one["devid"]),
            "places": places,
            "daemons": [str(daemon) for daemon in one.get("daemons") or ()],
            "fails_from_ms": moment(one.get("life_expectancy_min")),
            "fails_by_ms": moment(one.get("life_expectancy_max")),
            "wear": one.get("wear_level"),
        }


def _device_look(row: CephDevice, known: Known) -> Look:
    ms = row.fails_from_ms
    if ms is not None and ms - known.now_ms < 42 * DAY_MS:
        left = f"in {span(ms - known.now_ms)}" if ms > known.now_ms else "any moment"
        tone = Tone.BAD if ms - known.now_ms < 14 * DAY_MS else Tone.WARN
        return Look(tone=tone, mark=Mark.BAD, notes=(f"Ceph expects it to fail {left}",))
    if (row.wear_percent or 0) >= 90:
        words = f"{row.wear_percent} % of its life is used"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


def _fails(row: CephDevice, known: Known) -> Optional[str]:
    return None if row.fails_from_ms is None else when(row.fails_from_ms, known.now_ms)


CEPH_DEVICES: Kind[CephDevice] = Kind(
    name="ceph-devices",
    singular="ceph-device",
    model=CephDevice,
    read=Ceph(commands=(CephCommand.of("device ls"),), rows=device_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="DISK", value=lambda row: row.name, most=44),
        Column(heading="AT", value=lambda row: " ".join(row.places) or None, most=28),
        Column(heading="SERVES", value=lambda row: " ".join(row.daemons) or None, most=24),
        Column(heading="WEAR", value=lambda row: None if row.wear_percent is None else
               f"{row.wear_percent}%", right=True),
        Column(heading="FAILS FROM", joined=_fails),
    ),
    look=_device_look,
    state_fields=("fails_from_ms",),
    noise=frozenset({"wear"}),
    every_s=60.0,
)  # fmt: skip

# --- its log -----------------------------------------------------------------------------------


class CephLogLine(OfCeph):
    """A line of the cluster's own log."""

    at_ms: Optional[int] = None
    who: str = ""
    level: str = ""
    message: str = ""


def log_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``log last``."""
    for one in objects(said(told, "log last")):
        yield {
            "uuid": f"{one.get('stamp')}/{one.get('seq')}/{one.get('name')}",
            "at_ms": moment(one.get("stamp")),
            "who": str(one.get("name") or one.get("who") or ""),
            "level": str(one.get("priority") or "").strip("[]"),
            "message": str(one.get("message") or ""),
        }


def _line_look(row: CephLogLine, _known: Known) -> Look:
    if row.level == "ERR":
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(row.message,))
    if row.level == "WRN":
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(row.message,))
    return Look(notes=(row.message,))


# Monitors keep the last fifty of a channel, most of them a line every few seconds of what there is:
# what was longer ago is in their log files.
_LOG = CephCommand.of("log last", num=200, level="info", channel="cluster")

CEPH_LOG: Kind[CephLogLine] = Kind(
    name="ceph-log",
    singular="ceph-log-line",
    model=CephLogLine,
    read=Ceph(commands=(_LOG,), rows=log_rows),
    label=lambda row: row.message[:40] or row.uuid,
    columns=(
        Column(heading="AT", joined=lambda row, known: None if row.at_ms is None else
               when(row.at_ms, known.now_ms), order=lambda row, _known: row.at_ms or 0),
        Column(heading="WHO", value=lambda row: row.who, most=14),
        Column(heading="LEVEL", value=lambda row: row.level),
        Column(heading="SAYS", value=lambda row: row.message, most=120),
    ),
    look=_line_look,
    sort=lambda row, _known: -(row.at_ms or 0),
    is_inventory=False,
    every_s=SLOW_S,
)  # fmt: skip


RECORDS: Tuple[Kind[Any], ...] = (CEPH_DEVICES, CEPH_LOG)
