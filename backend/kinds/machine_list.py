"""Which machines there are to look at: the one one sits on, those of ``ssh:``, and sysinv's."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.errors import Absent, Untrusted
from backend.figure import Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row, Tab
from backend.kinds.log_places import of_machine
from backend.kinds.machine import MACHINES
from backend.kinds.machine_place import standing, where
from backend.kinds.machine_vitals import VITALS, Vitals
from backend.known import Known, Reading
from backend.plan import HERE
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import span

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
    if _is_adrift(row, known):
        found.append("its clock follows no time source")
    return tuple(found)


def _is_adrift(row: Machine, known: Known) -> bool:
    """Whether what keeps its time answers, and hears nobody: not even a source that is bad."""
    reading = known.reading("time-sources", row.uuid)
    if not reading.was_read or reading.error is not None:
        return False
    return not any(one.is_followed for one in reading.rows)


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
    from backend.kinds.machine_services import SM_SERVICES, UNITS

    found = (UNITS, MOUNTS, DRBD, SM_SERVICES, TIME_SOURCES, LINKS, VITALS)
    return {kind.name: kind for kind in found}


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


def _overview(row: Machine, known: Known) -> Lines:
    """Return the page of a machine: where it is, then what each of its pages comes to."""
    lines = [*_machine_strip(row, known).lines, Line(rule=True)]
    for kind in _looked_at().values():
        text, tone = _told(kind, row, known)
        heading = kind.tab.partition(" ")[2].lower()
        lines.append(Line(heading=heading, text=text, tone=tone))
    return Lines(lines=tuple(lines))


def _told(kind: Kind[Any], row: Machine, known: Known) -> Tuple[str, Tone]:
    """Return what one page comes to: how many of how many are not well, or why nobody knows."""
    reading = known.reading(kind.name, row.uuid)
    if isinstance(reading.error, Absent):
        return f"not here: {reading.error}", Tone.PLAIN
    if reading.error is not None:
        return f"not read: {reading.error}", Tone.WARN
    if not reading.was_read:
        return "not read yet", Tone.PLAIN
    looks = [(one, kind.look(one, known)) for one in reading.rows]
    unwell = [(one, found) for one, found in looks if found.mark in (Mark.BAD, Mark.BUSY)]
    if not unwell:
        return _well_told(kind, row, known), Tone.PLAIN
    first, found = unwell[0]
    said = f"{kind.name_of(first)}: {found.notes[0]}" if found.notes else kind.name_of(first)
    return f"{len(unwell)} of {len(looks)} not well: {said}", Tone.WARN


def _well_told(kind: Kind[Any], row: Machine, known: Known) -> str:
    """Return of a page on which all is well its only row whole, else how many there are."""
    rows = known.rows(kind.name, row.uuid)
    fullest_says = _fullest_says(row, known) if kind.name == "mounts" else None
    if fullest_says is not None:
        return f"well ({len(rows)}), fullest {fullest_says}"
    if len(rows) != 1:
        return f"well ({len(rows)})" if rows else "none"
    cells = ((column.heading.lower(), column.cell(rows[0], known)) for column in kind.columns[1:])
    return ", ".join(f"{heading} {cell}" for heading, cell in cells if cell is not None)


def _sentence(row: Machine, known: Known) -> Verdict:
    """Return what its first line says: of this machine first what it waits for."""
    place = standing(known.place)
    if row.is_here and place.tone is not Tone.GOOD:
        return place
    found, untold = troubles(row, known), unread(row, known)
    if found:
        return Verdict(word="WARN", text=found[0], more="; ".join(found[1:]), tone=Tone.WARN)
    if untold:
        return Verdict(word="CAN'T TELL", text=untold[0], tone=Tone.WARN)
    if not is_looked_at(row, known):
        return Verdict(word="READING", text=row.name, tone=Tone.PLAIN)
    return Verdict(word="WELL", text=place.text if row.is_here else row.name)


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
    # How each feels is asked first: of fifty it is what one sees while the rest comes.
    needs=("hosts", "vitals", *(name for name in LOOKED_AT if name != "vitals")),
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
    sentence=_sentence,
    tabs=(Tab(key="o", title="Overview", figure=_overview, needs=LOOKED_AT),),
    sort=lambda row, _known: (not row.is_here, row.name),
    logs=of_machine,
    aliases=("neighbours", "ground"),
    is_inventory=False,
    every_s=30.0,
)
