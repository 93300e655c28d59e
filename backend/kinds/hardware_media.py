"""Virtual media over Redfish: an image from a URL as a disc of a server; and its tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional, Tuple

from pydantic import Field

from backend.baseboard import Bmc
from backend.kind import Action, Column, Consequence, Form, Kind, Nothing, Plan, Reach, Reason, Risk
from backend.kinds.hardware_acts import (
    NEEDS,
    consequences_of,
    disruptive,
    pressed,
    risk_of_power,
)
from backend.kinds.hardware_boot import Boot, boot_step
from backend.kinds.hardware_orders import answers, check, curl, step
from backend.kinds.hardware_parts import QUICK_S, SERVER, SLOW_S, OfServer, silent
from backend.kinds.hardware_server import POWER, SERVERS, TASKS, Server, power_of, tone_of_health
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

MEDIA = "virtual-media"
READ_BACK_S = 60.0
_SCHEMES = ("http://", "https://", "nfs://", "cifs://")


class Medium(OfServer):
    """A place for a disc: what is in it, from where."""

    slot: str
    name: str = ""
    types: Tuple[str, ...] = ()
    image: str = ""
    inserted: bool = False
    write_protected: bool = True
    connected: str = ""
    insert_at: str = ""
    eject_at: str = ""
    at: str = ""


class Insert(Form):
    """An image that the baseboard fetches itself, and whether the server is to boot from it."""

    image: str = Field(description="URL of an ISO image", examples=["http://10.10.10.1/stx.iso"])
    boot: bool = Field(default=True, description="boot from it, once")
    restart: bool = Field(default=False, description="restart the server at once")


def _server(row: Medium, known: Known) -> Server:
    found = known.row(SERVERS, row.server)
    return found if isinstance(found, Server) else Server(name=row.server, protocol="redfish")


def _there(row: Medium, known: Known) -> Optional[Medium]:
    """Return the same place as it was read last."""
    rows = known.rows(MEDIA, row.server)
    return next((one for one in rows if one.slot == row.slot), None)


def _insert(row: Medium, form: Insert, known: Known) -> Plan:
    server = _server(row, known)

    def is_in(now: Known) -> bool:
        found = _there(row, now)
        return found is not None and found.inserted and bool(found.image)

    values = {"slot": row.slot, "image": form.image}
    words = curl(server, row.insert_at, {"Image": form.image})
    inserted = step("media-insert", server, values, words, f"insert {form.image} as {row.slot}")
    unseen = f"its baseboard said yes, and did not insert it: {row.slot} was read back as empty"
    steps = [replace(inserted, took=is_in, wait_s=READ_BACK_S, unseen=unseen)]
    if form.boot:
        device = "usb" if row.slot.casefold().startswith(("usb", "floppy")) else "optical"
        steps.append(boot_step(server, Boot(device=device, always=False), known))
    if form.restart:
        power = power_of(server.name, known)
        verb = "power-on" if power is not None and power.power == "off" else "reset"
        steps.append(pressed(verb, server, power, "restart by the power or reset button"))
    return Plan(steps=tuple(steps))


def _insert_risk(row: Medium, form: Any, known: Known) -> Risk:
    if getattr(form, "restart", False):
        return risk_of_power("reset")(_server(row, known), form, known)
    return Risk.DISRUPTIVE


def _insert_reasons(row: Medium, form: Any, known: Known) -> Tuple[Reason, ...]:
    image = str(getattr(form, "image", "") or "http://")
    now = _there(row, known) or row
    return (
        answers(_server(row, known), known),
        check("it is empty", not now.inserted, f"{now.image or 'a disc'} is in it: eject that"),
        check(
            "the image is a URL",
            image.casefold().startswith(_SCHEMES),
            f"{image[:40]!r} is none: the baseboard fetches it itself, from a server it reaches",
        ),
    )


def _insert_consequences(row: Medium, form: Any, known: Known) -> Tuple[Consequence, ...]:
    words = f"the baseboard of {row.server} fetches it itself, over its own network"
    found = [Consequence(words=words)]
    if getattr(form, "restart", False):
        found += consequences_of("reset")(_server(row, known), form, known)
    return tuple(found)


def _eject(row: Medium, _form: Nothing, known: Known) -> Plan:
    server = _server(row, known)

    def is_out(now: Known) -> bool:
        found = _there(row, now)
        return found is not None and not found.inserted

    words = curl(server, row.eject_at)
    ejected = step("media-eject", server, {"slot": row.slot}, words, f"eject {row.slot}")
    unseen = f"its baseboard said yes, and {row.slot} was read back as still in"
    return Plan(steps=(replace(ejected, took=is_out, wait_s=READ_BACK_S, unseen=unseen),))


def _eject_reasons(row: Medium, _form: Any, known: Known) -> Tuple[Reason, ...]:
    now = _there(row, known) or row
    return (
        answers(_server(row, known), known),
        check("something is in it", now.inserted, "it is empty"),
    )


def _eject_consequences(row: Medium, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = f"what {row.server} installs or boots from it stops in the middle"
    return (Consequence(words=words, tone=Tone.WARN),)


def _medium_look(row: Medium, known: Known) -> Look:
    found = silent(MEDIA, row, known)
    if found is not None:
        return found
    if row.image and not row.inserted:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=("an image is named, and is not in",))
    return WELL


VIRTUAL_MEDIA: Kind[Medium] = Kind(
    name=MEDIA,
    singular="virtual-medium",
    model=Medium,
    read=Bmc(facet="media"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.server}/{row.slot}",
    label=lambda row: f"{row.server}/{row.slot}",
    columns=(
        SERVER,
        Column(heading="PLACE", value=lambda row: row.slot, most=16),
        Column(heading="IN", value=lambda row: "yes" if row.inserted else "no"),
        Column(heading="IMAGE", value=lambda row: row.image or None, most=48),
        Column(heading="TAKES", value=lambda row: " ".join(row.types) or None, wide=True),
    ),
    look=_medium_look,
    state_fields=("inserted", "image"),
    actions=(
        Action(
            name="insert",
            key="i",
            words="insert an image",
            plan=_insert,
            risk=_insert_risk,
            form=Insert,
            reasons=_insert_reasons,
            consequences=_insert_consequences,
            needs=NEEDS,
            at_once=True,
        ),
        Action(
            name="eject",
            key="x",
            words="eject what is in",
            plan=_eject,
            risk=disruptive,
            reasons=_eject_reasons,
            consequences=_eject_consequences,
            needs=(POWER,),
            at_once=True,
        ),
    ),
    aliases=("vmedia", "bmc-media"),
    tab="M Media",
    every_s=SLOW_S,
    is_inventory=False,
)


# --- what it works on ----------------------------------------------------------------------------


class BoardTask(OfServer):
    """Something a baseboard works on for longer: firmware that is written."""

    task: str
    name: str = ""
    state: str = ""
    health: str = "ok"
    percent: Optional[float] = None
    began: str = ""
    ended: str = ""
    messages: Tuple[str, ...] = ()
    # Whether it is what was ordered from here last.
    is_ours: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it ended, well or not."""
        return self.state in ENDS

    @property
    def is_bad(self) -> bool:
        """Whether it ended, and not well: no end that is told of is no bad one."""
        return self.is_over and (self.state not in WELL_ENDED or self.health != "ok")


# How a task ends (DSP0268, TaskState): the first of them well. Untold is ours: of what was taken,
# and of which a baseboard tells of no task.
ENDS = ("Completed", "Untold", "Exception", "Killed", "Cancelled", "Interrupted")
WELL_ENDED = ENDS[:2]


def _task_look(row: BoardTask, known: Known) -> Look:
    found = silent(TASKS, row, known)
    if found is not None:
        return found
    notes = row.messages[-1:]
    if not row.is_over:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=notes)
    if not row.is_bad:
        return WELL if row.state == ENDS[0] else Look(tone=Tone.WARN, mark=Mark.BAD, notes=notes)
    return Look(tone=tone_of_health(row.health), mark=Mark.BAD, notes=notes or (row.state,))


BOARD_TASKS: Kind[BoardTask] = Kind(
    name=TASKS,
    singular="bmc-task",
    model=BoardTask,
    read=Bmc(facet="tasks"),
    parent=SERVERS,
    needs=(SERVERS,),
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.server}/{row.task}",
    label=lambda row: f"{row.server}/{row.task}",
    columns=(
        SERVER,
        Column(heading="TASK", value=lambda row: row.name or row.task, most=32),
        Column(heading="STATE", value=lambda row: row.state or None),
        Column(heading="DONE", value=lambda row: _percent(row.percent), right=True),
        Column(heading="BEGAN", value=lambda row: row.began or None, wide=True),
        Column(heading="SAYS", value=lambda row: _last(row.messages), most=40, wide=True),
    ),
    look=_task_look,
    sort=lambda row, _known: (row.server, row.is_over, row.task),
    state_fields=("state",),
    tab="K Tasks",
    every_s=QUICK_S,
    is_inventory=False,
)


def _last(messages: Tuple[str, ...]) -> Optional[str]:
    return messages[-1] if messages else None


def _percent(value: Optional[float]) -> Optional[str]:
    return None if value is None else f"{value:.0f} %"
