"""What a machine runs: systemd's units, and the service manager's own view of its services."""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine, objects, split_rows
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- units -------------------------------------------------------------------------------------

_NO_SYSTEMD = ("not been booted with systemd", "Failed to connect to bus", "Host is down")
_MARK = re.compile(r"^ *(?:[●*x] +)?", re.MULTILINE)
_UNIT = ("unit", "load", "active", "sub", "description")
_LIST = ("systemctl", "list-units", "--all", "--no-pager")


def units_of_json(text: str) -> Iterable[Body]:
    """Parse ``systemctl list-units --output=json`` (systemd 246 and later)."""
    return [{key: str(one[key]) for key in _UNIT} for one in objects(text)]


def units_of_text(text: str) -> Iterable[Body]:
    """Parse ``systemctl list-units --plain --no-legend``; a mark before the name is dropped."""
    return split_rows(_MARK.sub("", text), _UNIT, None)


class Unit(OfMachine):
    """A unit of systemd."""

    unit: str
    load: str
    active: str
    sub: str
    description: str = ""


def _unit_look(row: Unit, _known: Known) -> Look:
    if row.active == "failed":
        words = f"failed; why: systemctl status {row.unit}"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.sub == "auto-restart":
        words = "ends again and again, and is started again"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.active in {"activating", "deactivating", "reloading"}:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY)
    return WELL if row.active == "active" else Look(mark=Mark.OUT)


_RANK = {Mark.BAD: 0, Mark.BUSY: 1, Mark.NONE: 2}

UNITS: Kind[Unit] = Kind(
    name="units",
    singular="unit",
    model=Unit,
    read=Command(
        argv=(*_LIST, "--output=json"),
        parse=units_of_json,
        absent=_NO_SYSTEMD,
        otherwise=Command(
            argv=(*_LIST, "--plain", "--no-legend"), parse=units_of_text, absent=_NO_SYSTEMD
        ),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.unit}",
    label=lambda row: row.unit,
    columns=(
        MACHINE,
        Column(heading="UNIT", value=lambda row: row.unit, most=36),
        Column(heading="ACTIVE", value=lambda row: row.active),
        Column(heading="SUB", value=lambda row: row.sub),
        Column(heading="WHAT", value=lambda row: row.description, most=60, wide=True),
    ),
    look=_unit_look,
    sort=lambda row, known: (_RANK.get(_unit_look(row, known).mark, 3), row.machine, row.unit),
    tab="u Units",
    state_fields=("active", "sub"),
    aliases=("systemd", "systemctl"),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- the service manager -----------------------------------------------------------------------


def sm_of_text(text: str) -> Iterable[Body]:
    """Parse ``sm-dump``: two lists of name, desired state, state, status."""
    found: List[Body] = []
    sort = ""
    for line in filter(str.strip, text.splitlines()):
        heading = re.match(r"-(Service_Groups|Services)-", line)
        if heading:
            sort = "group" if heading.group(1) == "Service_Groups" else "service"
        elif not line.startswith("---"):
            words = line.split()
            if len(words) < 3 or not sort:
                raise ValueError(f"no line of sm-dump: {line[:60]!r}")
            names = ("name", "desired", "state", "status", "condition")
            found.append({"sort": sort, **dict(zip(names, words))})
    if not sort:
        raise ValueError("neither service groups nor services")
    return found


class SmService(OfMachine):
    """A service, or a group of them, as the service manager of that controller sees it."""

    sort: str
    name: str
    desired: str
    state: str
    status: str = ""
    condition: str = ""


def _sm_look(row: SmService, _known: Known) -> Look:
    if row.status == "failed" or row.state in {"failed", "unknown"}:
        words = " ".join(filter(None, (row.state, row.status, row.condition)))
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.state != row.desired:
        words = f"should be {row.desired}, is {row.state}"
        return Look(tone=Tone.WARN, mark=Mark.BUSY, notes=(words,))
    if row.status or row.condition:
        words = " ".join(filter(None, (row.status, row.condition)))
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL if "active" in row.state else Look(mark=Mark.OUT)


SM_SERVICES: Kind[SmService] = Kind(
    name="sm-services",
    singular="sm-service",
    model=SmService,
    read=Command(argv=("sm-dump",), parse=sm_of_text, absent=("sm.db not available",)),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.sort}/{row.name}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="NAME", value=lambda row: row.name, most=32),
        Column(heading="SORT", value=lambda row: row.sort),
        Column(heading="WANTED", value=lambda row: row.desired),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="STATUS", value=lambda row: row.status or None),
    ),
    look=_sm_look,
    tab="s Service manager",
    state_fields=("state", "status"),
    aliases=("sm-dump", "sm"),
    is_inventory=False,
    every_s=EVERY_S,
)

SERVICES_OF_MACHINE: Tuple[Kind[Any], ...] = (UNITS, SM_SERVICES)
