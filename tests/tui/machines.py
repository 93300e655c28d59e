"""Machines that can be stopped, painted and winked at: the kinds of the dialogs' tests."""

from __future__ import annotations

from typing import Any, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.area import Area, Contents
from backend.figure import Jump, Line, Lines
from backend.kind import (
    Action,
    Answer,
    Asker,
    Column,
    Consequence,
    Expected,
    Form,
    Kind,
    Plan,
    Reason,
    Rest,
    RestWrite,
    Risk,
    Row,
    Rung,
    Tab,
)
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict
from stx_tui.rooms import Rooms


class Machine(Row):
    uuid: str
    name: str
    state: str = "up"
    colour: str = "grey"
    cores: int = 4


class Part(Row):
    uuid: str
    name: str
    machine: str = ""


class Paint(Form):
    colour: Literal["grey", "red", "blue"] = "grey"
    cores: int = Field(ge=1, le=64, description="1 to 64")
    owner: str = ""
    is_loud: bool = False
    password: str = Field(default="", json_schema_extra={"secret": True})


def _write(verb: str, row: Any) -> Plan:
    write = RestWrite(
        service="sysinv",
        method="PATCH",
        path=f"/v1/machines/{row.uuid}",
        body=[{"op": "replace", "path": "/action", "value": verb}],
        command=("system", f"machine-{verb}", row.name),
        sentence=f"{verb} {row.name}",
    )
    return Plan.of(write)


def _reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    held = row.state == "held"
    return (
        Reason(check="not the active one", answer=Answer.PASSES),
        Reason(
            check="not held",
            answer=Answer.NO if held else Answer.PASSES,
            words="part bolt holds it since 0:40" if held else "",
            jump=Jump(kind="parts", id="id-bolt") if held else None,
        ),
        Reason(
            check="SM",
            answer=Answer.CANT_TELL,
            words="sole provider of a service",
            asker=Asker.SERVER,
        ),
        Reason(check="all data has a copy", answer=Answer.PASSES, asker=Asker.OURS),
    )


def _stops(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (
        Consequence(words="11 pods are evicted: 9 have a copy elsewhere, and come back there"),
        Consequence(words="2 have NOWHERE ELSE to go and stop: oran/du-1-0", tone=Tone.BAD),
    )


def _risk(row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE if row.name == "core-0" else Risk.DISRUPTIVE


LADDER: Tuple[Rung[Machine], ...] = (
    Rung(name="accepted", reached=lambda r, k: r is not None and r.state != "up", says="Stopping"),
    Rung(
        name="down",
        reached=lambda r, k: r is not None and r.state == "down",
        says="stopped",
        gives_up_s=600,
        then="it is reset",
    ),
)
STOP: Action[Machine] = Action(
    name="stop",
    key="s",
    words="Stop",
    plan=lambda row, form, known: _write("stop", row),
    risk=_risk,
    reasons=_reasons,
    consequences=_stops,
    needs=("parts",),
    ladder=lambda row, known: LADDER,
    failed=lambda row, known: "Stop timed out, gave up" if row.state == "stuck" else "",
    expects=lambda row, known: (Expected(alarm_id="200.001"), Expected(alarm_id="400.002")),
    ends_session=lambda row, known: row.name == "core-0",
)
WINK: Action[Machine] = Action(
    name="wink",
    key="w",
    words="Wink",
    plan=lambda row, form, known: _write("wink", row),
    risk=lambda *_: Risk.HARMLESS,
)
PAINT: Action[Machine] = Action(
    name="paint",
    key="p",
    words="Paint",
    plan=lambda row, form, known: _write(f"paint-{form.colour}", row),
    risk=lambda *_: Risk.DISRUPTIVE,
    form=Paint,
)


def _look(row: Any, _known: Known) -> Look:
    if row.state == "held":
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=("held by a part",))
    return Look(tone=Tone.GOOD)


def _sentence(row: Any, _known: Known) -> Verdict:
    if row.state == "held":
        return Verdict(word="HELD", text=f"{row.name} is held", tone=Tone.BAD)
    return Verdict(word="WELL", text=f"{row.name} is {row.state}")


def _overview(row: Any, _known: Known) -> Lines:
    return Lines(
        lines=(
            Line(heading="state", text=row.state),
            Line(
                heading="bolt", text="loose", tone=Tone.BAD, jump=Jump(kind="parts", id="id-bolt")
            ),
            Line(rule=True),
            *(Line(heading=f"row {n}", text=f"text {n}") for n in range(30)),
        )
    )


MACHINES: Kind[Machine] = Kind(
    name="machines",
    singular="machine",
    model=Machine,
    read=Rest(service="sysinv", path="/machines", items="machines"),
    label=lambda m: m.name,
    columns=(
        Column(heading="NAME", value=lambda m: m.name),
        Column(heading="STATE", value=lambda m: m.state),
    ),
    look=_look,
    sentence=_sentence,
    tabs=(Tab(key="o", title="Overview", figure=_overview),),
    actions=(STOP, WINK, PAINT),
)
PARTS: Kind[Part] = Kind(
    name="parts",
    singular="part",
    model=Part,
    parent="machines",
    read=Rest(service="sysinv", path="/parts", items="parts"),
    label=lambda p: p.name,
    jump=lambda p, known: Jump(kind="machines", id=p.machine) if p.machine else None,
    columns=(Column(heading="PART", value=lambda p: p.name),),
    strip=lambda p, _known: Lines(lines=(Line(text=f"{p.name}: as its maker tells"),)),
)
ROOMS = Rooms(
    areas=(
        Area(
            digit="1",
            name="m",
            title="Machines",
            open=lambda: Contents(
                kinds=(MACHINES, PARTS),
                headline=lambda known: Verdict(word="WELL", text="all machines run"),
            ),
        ),
    ),
)
