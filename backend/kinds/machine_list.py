"""Which machines there are to look at: the one one sits on, those of ``ssh:``, and sysinv's."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.errors import Absent, Untrusted
from backend.figure import Line, Lines
from backend.kind import Body, Column, Command, Derived, Kind, Reach, Row
from backend.kinds.log_places import of_machine
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, size
from backend.kinds.machine_place import where
from backend.known import Known, Reading
from backend.plan import HERE
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

# --- how one feels -----------------------------------------------------------------------------


def vitals_of_proc(text: str) -> Iterable[Body]:
    """Parse uptime, loadavg and meminfo of /proc, one after the other."""
    uptime, load, *rest = text.splitlines()
    memory = {
        name: int(value.split()[0]) * 1024
        for name, sign, value in (line.partition(":") for line in rest)
        if sign and value.split()
    }
    processes = load.split()[3].partition("/")[2]
    return [
        {
            "up_s": float(uptime.split()[0]),
            "load": float(load.split()[0]),
            "processes": int(processes),
            "memory": memory["MemTotal"],
            "available": memory["MemAvailable"],
        }
    ]


class Vitals(OfMachine):
    """How a machine feels: load of the last minute, memory in bytes."""

    up_s: float
    load: float
    processes: int = 0
    memory: int
    available: int

    @property
    def percent(self) -> int:
        """How much of its memory is used."""
        return 100 - 100 * self.available // self.memory if self.memory else 0


def _vitals_look(row: Vitals, _known: Known) -> Look:
    if row.percent >= 95:
        words = f"{row.percent} % of its memory is used"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    return WELL


VITALS: Kind[Vitals] = Kind(
    name="vitals",
    singular="vital",
    model=Vitals,
    read=Command(
        argv=("cat", "/proc/uptime", "/proc/loadavg", "/proc/meminfo"), parse=vitals_of_proc
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/vitals",
    label=lambda row: row.machine,
    columns=(
        MACHINE,
        Column(heading="UP", value=lambda row: span(round(row.up_s * 1000)), right=True),
        Column(heading="LOAD", value=lambda row: f"{row.load:.2f}", right=True),
        Column(heading="MEMORY", value=lambda row: size(row.memory), right=True),
        Column(heading="USED", value=lambda row: f"{row.percent}%", right=True),
        Column(heading="PROCESSES", value=lambda row: row.processes, right=True),
    ),
    look=_vitals_look,
    tab="v Vitals",
    noise=frozenset({"up_s", "load", "processes", "available"}),
    is_inventory=False,
    every_s=10.0,
)

# --- the machines ------------------------------------------------------------------------------

# Kinds that say whether a machine is well, the worst first.
LOOKED_AT = (
    *("units", "mounts", "drbd-resources", "sm-services"),
    *("time-sources", "links", "vitals"),
)


def machines_of(known: Known) -> Iterable[Body]:
    """Return this machine, the hosts of the settings, and sysinv's that none of these is."""
    place = known.place
    yield {"uuid": HERE, "name": place.hostname or HERE, "address": "", "known_by": "here"}
    if place.neighbours is None:
        return
    taken = {place.hostname, *place.neighbours, *place.neighbours.values()}
    for name, address in place.neighbours.items():
        yield {"uuid": name, "name": name, "address": address, "known_by": "clouds.yaml"}
    for host in known.rows("hosts"):
        address = str(host.body.get("mgmt_ip") or "")
        name = host.hostname or ""
        if address and name and not {name, address} & taken:
            yield {"uuid": address, "name": name, "address": address, "known_by": "sysinv"}


class Machine(Row):
    """A machine that programs can be run on: the one one sits on, or one behind SSH."""

    uuid: str
    name: str
    address: str = ""
    known_by: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is the one one sits on."""
        return self.uuid == HERE


def _vitals(row: Machine, known: Known) -> Optional[Vitals]:
    return known.row("vitals", f"{row.uuid}/vitals", row.uuid)


def _answers(row: Machine, known: Known) -> Reading[Any]:
    return known.reading("vitals", row.uuid)


def failed_units(row: Machine, known: Known) -> Optional[int]:
    """Return how many units failed there, None where nobody could tell."""
    if not known.has("units", row.uuid):
        return None
    rows = known.rows("units", row.uuid)
    return sum(1 for unit in rows if unit.active == "failed" or unit.sub == "auto-restart")


def fullest(row: Machine, known: Known) -> Optional[Any]:
    """Return the filesystem there that is fullest, None where none was read."""
    found = [one for one in known.rows("mounts", row.uuid) if one.read_only is not True]
    return max(found, key=lambda one: one.percent, default=None)


def _fullest_says(row: Machine, known: Known) -> Optional[str]:
    one = fullest(row, known)
    return None if one is None else f"{one.percent}% {one.target}"


def troubles(row: Machine, known: Known) -> Tuple[str, ...]:
    """Return what is wrong on a machine as far as it was looked at, the worst first."""
    error = _answers(row, known).error
    if error is not None and not isinstance(error, Absent):
        return (f"not looked at: {error}",)
    found: List[str] = []
    failed = failed_units(row, known)
    if failed:
        found.append(f"{failed} unit{'s' if failed > 1 else ''} failed")
    for name in LOOKED_AT:
        found += _unwell(name, row, known) if name != "units" else ()
    return tuple(found)


def unread(row: Machine, known: Known) -> Tuple[str, ...]:
    """Return what of a machine was asked and not told: nobody knows whether it is well."""
    readings = (known.reading(name, row.uuid) for name in LOOKED_AT)
    return tuple(
        f"{one.kind} not read: {one.error}"
        for one in readings
        if one.error is not None and not isinstance(one.error, Absent)
    )


def is_looked_at(row: Machine, known: Known) -> bool:
    """Whether anything was read of a machine that could tell what is wrong there."""
    return any(known.has(name, row.uuid) for name in LOOKED_AT)


def _unwell(name: str, row: Machine, known: Known) -> List[str]:
    kind = _looked_at()[name]
    looks = ((one, kind.look(one, known)) for one in known.rows(name, row.uuid))
    return [
        f"{kind.name_of(one)}: {look.notes[0]}"
        for one, look in looks
        if look.mark in (Mark.BAD, Mark.BUSY) and look.notes
    ]


def _looked_at() -> Dict[str, Kind[Any]]:
    from backend.kinds.machine_drbd import DRBD
    from backend.kinds.machine_filesystems import MOUNTS
    from backend.kinds.machine_network import LINKS
    from backend.kinds.machine_peers import TIME_SOURCES
    from backend.kinds.machine_services import SM_SERVICES

    return {kind.name: kind for kind in (MOUNTS, DRBD, SM_SERVICES, TIME_SOURCES, LINKS, VITALS)}


def _machine_look(row: Machine, known: Known) -> Look:
    reading = _answers(row, known)
    if reading.error is not None and not isinstance(reading.error, Absent):
        tone = Tone.BAD if isinstance(reading.error, Untrusted) else Tone.WARN
        return Look(tone=tone, mark=Mark.UNKNOWN, notes=(str(reading.error),))
    found = troubles(row, known)
    if found:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=found[:1])
    untold = unread(row, known)
    if untold:
        return Look(mark=Mark.UNKNOWN, notes=untold[:1])
    return WELL if reading.was_read else Look()


def _machine_strip(row: Machine, known: Known) -> Lines:
    """Say where it is and what is wrong there; of another machine, how it is reached."""
    lines = [Line(heading="where", text=where(known.place))] if row.is_here else []
    if row.is_here and known.place.is_pretend:
        words = "the cloud and this name; what is told of this machine is the real one's"
        lines.append(Line(heading="pretend", text=words, tone=Tone.WARN))
    if not row.is_here:
        lines.append(Line(heading="by ssh", text=f"{row.address}, known by {row.known_by}"))
    advice = getattr(_answers(row, known).error, "advice", "")
    if advice:
        lines.append(Line(heading="do", text=advice, tone=Tone.WARN))
    found = (*troubles(row, known), *unread(row, known))[1:4]
    lines += [Line(heading="" if at else "also", text=words) for at, words in enumerate(found)]
    if row.is_here and known.place.neighbours is None:
        words = "add ssh: to clouds.yaml, and the other machines are looked at too"
        lines.append(Line(heading="others", text=words))
    return Lines(lines=tuple(lines))


def _up(row: Machine, known: Known) -> Optional[str]:
    vitals = _vitals(row, known)
    return None if vitals is None else span(round(vitals.up_s * 1000))


def _load(row: Machine, known: Known) -> Optional[str]:
    vitals = _vitals(row, known)
    return None if vitals is None else f"{vitals.load:.2f}"


def _memory(row: Machine, known: Known) -> Optional[str]:
    vitals = _vitals(row, known)
    return None if vitals is None else f"{vitals.percent}%"


MACHINE_LIST: Kind[Machine] = Kind(
    name=MACHINES,
    singular="machine",
    model=Machine,
    read=Derived(rows=machines_of, alone=True, made_of=("hosts",)),
    needs=("hosts", *LOOKED_AT),
    label=lambda row: row.name,
    columns=(
        Column(heading="MACHINE", value=lambda row: row.name, most=24),
        Column(heading="UP", joined=_up, right=True),
        Column(heading="LOAD", joined=_load, right=True),
        Column(heading="MEM", joined=_memory, right=True),
        Column(heading="FAILED", joined=failed_units, right=True),
        Column(heading="FULLEST", joined=_fullest_says, most=28),
        Column(heading="ADDRESS", value=lambda row: row.address or "here", most=39, wide=True),
        Column(heading="KNOWN BY", value=lambda row: row.known_by, wide=True),
    ),
    look=_machine_look,
    strip=_machine_strip,
    sort=lambda row, _known: (not row.is_here, row.name),
    logs=of_machine,
    aliases=("neighbours", "ground"),
    is_inventory=False,
    every_s=30.0,
)
