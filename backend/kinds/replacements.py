"""Replacing a disk or a host: what was recorded of it, the order, and what makes it as it was."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.figure import Line, Lines
from backend.kind import (
    Action,
    Body,
    Column,
    Consequence,
    Derived,
    Kind,
    LocalWrite,
    Nothing,
    Plan,
    Reason,
    Risk,
    Row,
    Step,
    Tab,
)
from backend.kinds.disk_place import place_of
from backend.kinds.edits import check, harmless
from backend.kinds.host import Host
from backend.kinds.host_edits import host_of as host_of_row
from backend.kinds.replace_equal import makings, plan_of
from backend.kinds.replace_record import NEEDS, differences, record, unread
from backend.kinds.replace_steps import differences_figure, host_of, next_of, steps_figure
from backend.known import Known
from backend.reason import Answer, Asker
from backend.tone import Look, Mark, Tone
from backend.units import when

NAME = "replacements"
LOOKS_AT = (*NEEDS, "backends", "ceph-flags", "tiers", "system")


class Replacement(Row):
    """A disk or a host that is being replaced, and what was recorded of it."""

    uuid: str
    what: str
    host: str
    place: str = ""
    began_ms: int = 0
    by: str = ""
    record: Dict[str, Any] = {}

    @property
    def called(self) -> str:
        """What people say for it."""
        return f"{self.what} {self.host}/{self.place}" if self.place else f"{self.what} {self.host}"

    @property
    def serial(self) -> str:
        """The serial of the disk that goes."""
        return str((self.record.get("serials") or {}).get(self.place) or "")


def id_of(host: str, place: str = "") -> str:
    """Return under what a replacement is remembered: ids of rows go with the hardware."""
    return f"disk/{host}/{place}" if place else f"host/{host}"


def _rows(known: Known) -> Iterable[Body]:
    for (kind, row_id), mark in known.memory.marks.items():
        if kind == NAME and mark.record:
            of = json.loads(mark.record)
            yield {
                "uuid": row_id,
                "what": of["what"],
                "host": of["host"],
                "place": of["place"],
                "began_ms": of["at_ms"],
                "by": of["by"],
                "record": of,
            }


def _look(row: Replacement, known: Known) -> Look:
    stage = next_of(row.record, known)
    if stage is None:
        return Look(tone=Tone.GOOD, notes=("it is as it was: forget the record",))
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(f"next: {stage.words}",))


def _next(row: Replacement, known: Known) -> str:
    stage = next_of(row.record, known)
    return "done" if stage is None else stage.words


def _differ(row: Replacement, known: Known) -> int:
    return len(differences(row.record, host_of(row.record, known), known))


def _strip(row: Replacement, known: Known) -> Lines:
    stage = next_of(row.record, known)
    lines = [Line(heading="next", text="nothing: all is as it was" if stage is None else
                  stage.words)]  # fmt: skip
    if stage is not None and stage.note:
        lines.append(Line(text=stage.note))
    return Lines(lines=tuple(lines))


# --- what is done ------------------------------------------------------------------------------


def _record(host: Host, known: Known, disk: Optional[Any]) -> Plan:
    place = "" if disk is None else place_of(disk)
    words = ("stx-tui", "replace", "host" if disk is None else "disk", host.name)
    what = f"the disk at {place} of {host.name}" if place else host.name
    write = LocalWrite(
        kind=NAME,
        id=id_of(host.name, place),
        values={"record": record(host, known, disk)},
        command=(*words, place) if place else words,
        sentence=f"record what is on {what}, to make the one that comes as it was",
    )
    return Plan.of(write)


def _is_only_discovered(host: Optional[Host]) -> bool:
    """Whether nothing of a host is there yet to be made again."""
    return host is not None and not host.personality


def _whole(host: Optional[Host], known: Known) -> Tuple[Reason, ...]:
    """Say what could not be recorded: it can't be made again from nothing."""
    name = "all that is on it was read"
    if host is None:
        return (Reason(check=name, answer=Answer.NO, words="hosts not read", asker=Asker.OURS),)
    missing = unread(host, known)
    words = f"not read: {', '.join(missing)}" if missing else ""
    return (check(name, words, Asker.OURS),)


def _recording(of_disk: bool) -> Action[Any]:
    def host(row: Any, known: Known) -> Optional[Host]:
        return host_of_row(row, known) if of_disk else row

    def plan(row: Any, _form: Any, known: Known) -> Plan:
        on = host(row, known)
        return Plan() if on is None else _record(on, known, row if of_disk else None)

    def comes(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
        on = host(row, known)
        place = place_of(row) if of_disk else ""
        old = known.mark(NAME, id_of(on.name, place)).record if on is not None else ""
        words = "nothing is touched: it is recorded, and the order is shown (: replacements)"
        again = Consequence(words="what was recorded of it before is lost", tone=Tone.WARN)
        return (Consequence(words=words), *((again,) if old else ()))

    return Action(
        name="replace",
        key="K",
        words="Record, to replace it",
        plan=plan,
        risk=harmless,
        reasons=lambda row, _form, known: _whole(host(row, known), known),
        consequences=comes,
        hidden=lambda row, known: _is_only_discovered(host(row, known)),
        needs=LOOKS_AT,
    )


REPLACE_DISK, REPLACE_HOST = _recording(True), _recording(False)


def _equal(row: Replacement, _form: Any, known: Known) -> Plan:
    made = makings(row.record, host_of(row.record, known), known)
    return plan_of(row.record, made, known)


def _equal_reasons(row: Replacement, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row.record, known)
    made = makings(row.record, host, known)
    none = "nothing differs that can be made from here: see what differs"
    return (
        check("something can be made now", "" if made else none, Asker.OURS),
        *(reason for one in made for reason in one.reasons(known)),
    )


def _equal_risk(row: Replacement, _form: Any, known: Known) -> Risk:
    made = makings(row.record, host_of(row.record, known), known)
    return max((one.risk(known) for one in made), default=Risk.DISRUPTIVE)


def _equal_comes(row: Replacement, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    host = host_of(row.record, known)
    left = len(differences(row.record, host, known)) - len(makings(row.record, host, known))
    found: List[Consequence] = []
    for one in makings(row.record, host, known):
        found += one.action.consequences(one.row, one.form, known)
    if left > 0:
        found.append(Consequence(words=f"{left} more differ: they come after these, or by hand"))
    return tuple(found)


def _forget(row: Replacement, _form: Any, _known: Known) -> Plan:
    write = LocalWrite(
        kind=NAME,
        id=row.uuid,
        values={"record": None},
        command=("stx-tui", "do", "replacement", "forget", row.called),
        sentence=f"forget what was recorded of {row.called}",
    )
    return Plan(steps=(Step(write),))


_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="equal",
        key="E",
        words="Make it as it was",
        plan=_equal,
        risk=_equal_risk,
        form=Nothing,
        reasons=_equal_reasons,
        consequences=_equal_comes,
        needs=LOOKS_AT,
    ),
    Action(
        name="forget",
        key="D",
        words="Forget the record",
        plan=_forget,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        consequences=lambda row, _form, known: (
            Consequence(words=f"{_differ(row, known)} things differ from it now"),
        ),
        needs=LOOKS_AT,
    ),
)


REPLACEMENTS: Kind[Replacement] = Kind(
    name=NAME,
    singular="replacement",
    model=Replacement,
    read=Derived(rows=_rows, alone=True, made_of=NEEDS, recorded=True),
    label=lambda row: row.called,
    columns=(
        Column(heading="WHAT", value=lambda row: row.called, most=52),
        Column(heading="NEXT", joined=_next, most=60),
        Column(heading="DIFFERS", joined=_differ, right=True),
        Column(heading="RECORDED", joined=lambda row, known: when(row.began_ms, known.now_ms)),
        Column(heading="BY", value=lambda row: row.by, wide=True),
        Column(heading="OLD SERIAL", value=lambda row: row.serial or None, most=24, wide=True),
    ),
    look=_look,
    strip=_strip,
    tabs=(
        Tab(key="o", title="Steps", figure=lambda row, known: steps_figure(row.record, known)),
        Tab(key="d", title="Differs",
            figure=lambda row, known: differences_figure(row.record, known)),
    ),
    actions=_ACTIONS,
    aliases=("replacing",),
    needs=LOOKS_AT,
    is_inventory=False,
    every_s=2.0,
)  # fmt: skip
