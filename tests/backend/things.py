"""A kind that exists only here, a clock that only tests move, and fakes at the wire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from backend.deed import Deed
from backend.errors import StxError
from backend.kind import (
    Action,
    Body,
    Column,
    Consequence,
    Form,
    Json,
    Kind,
    LocalWrite,
    Plan,
    Read,
    Reason,
    Rest,
    RestWrite,
    Risk,
    Row,
    Rung,
)
from backend.kind import Answer as Found
from backend.known import Known
from backend.place import Place


class Clock:
    """Epoch milliseconds that stand still until a test moves them."""

    def __init__(self, ms: int = 1_000_000) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


class Thing(Row):
    uuid: str
    name: str
    state: str = "up"
    beat: int = 0


class Speed(Form):
    speed: int = 1


def _stop(row: Thing, _form: Form, _known: Known) -> Plan:
    write = RestWrite(
        service="things",
        method="PATCH",
        path=f"/things/{row.uuid}",
        body=[{"op": "replace", "path": "/action", "value": "stop"}],
        command=("thing", "stop", row.name),
        sentence=f"stop {row.name}",
    )
    return Plan.of(write)


def _reasons(row: Thing, _form: Form, _known: Known) -> Tuple[Reason, ...]:
    if row.state == "held":
        return (Reason(check="not held", answer=Found.NO, words="it is held"),)
    return (Reason(check="not held", answer=Found.PASSES),)


STOP: Action[Thing] = Action(
    name="stop",
    key="S",
    words="Stop",
    plan=_stop,
    risk=lambda row, _form, _known: Risk.DESTRUCTIVE if row.name == "core" else Risk.DISRUPTIVE,
    reasons=_reasons,
    consequences=lambda row, _form, _known: (Consequence(words=f"{row.name} stops"),),
    ladder=lambda _row, _known: (
        Rung(name="accepted", reached=lambda row, _k: row is not None and row.state != "up"),
        Rung(name="down", reached=lambda row, _k: row is not None and row.state == "down"),
        Rung(name="again up", reached=lambda row, _k: row is not None and row.state == "up"),
    ),
    failed=lambda row, _known: "it is stuck" if row.state == "stuck" else "",
)
NOTE: Action[Thing] = Action(
    name="note",
    key="N",
    words="Note",
    plan=lambda row, _form, _known: Plan.of(
        LocalWrite(kind="things", id=row.uuid, values={"note": "hot"})
    ),
    risk=lambda _row, _form, _known: Risk.HARMLESS,
)
# It has no way of its own to its end: what the service answers is all that comes of it.
TUNE: Action[Thing] = Action(
    name="tune",
    key="T",
    words="Tune",
    plan=_stop,
    risk=lambda _row, _form, _known: Risk.HARMLESS,
)
THINGS = Kind[Thing](
    name="things",
    singular="thing",
    model=Thing,
    read=Rest(service="things", path="/things", items="things"),
    columns=(Column(heading="NAME", value=lambda t: t.name),),
    label=lambda t: t.name,
    noise=frozenset({"beat"}),
    state_fields=("state",),
    actions=(STOP, NOTE, TUNE),
)
PARTS = Kind[Thing](
    name="parts",
    singular="part",
    model=Thing,
    parent="things",
    read=Rest(service="things", path="/things/{parent}/parts", items="parts"),
    columns=(Column(heading="NAME", value=lambda t: t.name),),
)
KINDS: Mapping[str, Kind[Any]] = {"things": THINGS, "parts": PARTS}
PLACE = Place(hostname="desk", user="ann", terminal="ttyS0")


def thing(name: str, state: str = "up", beat: int = 0, **more: Json) -> Dict[str, Any]:
    return {"uuid": f"id-{name}", "name": name, "state": state, "beat": beat, **more}


class Service:
    """Stands where the cloud stands: answers ``bodies``, raises ``error``, counts questions."""

    def __init__(self, *bodies: Body) -> None:
        self.bodies: Tuple[Body, ...] = bodies
        self.error: Optional[StxError] = None
        self.asked: List[Tuple[str, str]] = []
        self.sent: List[RestWrite] = []
        self.send_error: Optional[BaseException] = None
        self.answer: Json = {}
        self.slow: Optional[asyncio.Event] = None

    async def ask(self, read: Read, parent: str = "") -> Callable[[], Iterator[Body]]:
        assert isinstance(read, Rest)
        self.asked.append((read.path, parent))
        if self.slow is not None:
            await self.slow.wait()
        if self.error is not None:
            raise self.error
        bodies = self.bodies
        return lambda: iter(bodies)

    async def send(self, write: RestWrite, _told: object = None) -> Json:
        self.sent.append(write)
        if self.send_error is not None:
            raise self.send_error
        return self.answer


class Book:
    """Stands where the store stands, and keeps every state a deed was in."""

    def __init__(self) -> None:
        self.written: List[Deed] = []
        self.marks: List[Tuple[str, str, Mapping[str, Optional[str]]]] = []
        self.error: Optional[StxError] = None

    async def open_deed(self, deed: Deed) -> Deed:
        if self.error is not None:
            raise self.error
        deed = replace(deed, number=f"2211-{len(self.written):04d}")
        self.written.append(deed)
        return deed

    async def update_deed(self, deed: Deed) -> None:
        self.written.append(deed)

    async def mark(self, kind: str, row_id: str, values: Mapping[str, Optional[str]]) -> None:
        self.marks.append((kind, row_id, values))
