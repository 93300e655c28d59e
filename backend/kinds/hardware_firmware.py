"""Firmware of a server by its baseboard: fetched by it, or pushed from here, to its real end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Answer, Asker, Consequence, Form, Plan, Reason, Rung
from backend.kinds.hardware_acts import disruptive
from backend.kinds.hardware_media import BoardTask
from backend.kinds.hardware_orders import answers, check, curl, order
from backend.kinds.hardware_server import POWER, TASKS, Server, works_on
from backend.kinds.host_fresh import why_stale
from backend.known import Known
from backend.tone import Tone

SIMPLE = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate"
# A BIOS with all of its parts takes a baseboard half an hour.
GIVES_UP_S = 2700


class Firmware(Form):
    """Firmware, and of what: "" leaves that to the image."""

    image: str = Field(
        description="URL that the baseboard fetches itself, or a file here that is pushed to it",
        pattern=r"^((https?|nfs|tftp|sftp)://\S+|/.*\S)$",
        examples=["http://10.10.10.1/bios.bin", "/media/stick/bios.bin"],
    )
    target: str = Field(default="", description="path of what is updated, as in its tree")


def _is_file(form: Any) -> bool:
    return str(getattr(form, "image", "")).startswith("/")


def _plan(server: Server, form: Firmware, _known: Known) -> Plan:
    if _is_file(form):
        values = {"target": form.target}
        says = f"push {form.image} to the baseboard of {server.name}, for it to write"
        at = f"https://{server.address}/redfish/v1/UpdateService/update"
        push = ("curl", "-u", server.username, "-F", f"UpdateFile=@{form.image}", at)
        return order("firmware", server, values, push, says, file=form.image)
    values = {"image": form.image, "target": form.target}
    words = curl(server, SIMPLE, {"ImageURI": form.image})
    says = f"let the baseboard of {server.name} fetch and write {form.image}"
    return order("firmware", server, values, words, says)


def _is_idle(server: Server, known: Known) -> Reason:
    name, reading = "it works on nothing else", known.reading(TASKS, server.name)
    running = works_on(server, known)
    why = "" if running else why_stale(TASKS, reading, known)
    if why:
        return Reason(check=name, answer=Answer.CANT_TELL, words=why, asker=Asker.OURS)
    return check(name, not running, f"it is busy: {running}")


def _reasons(server: Server, form: Any, known: Known) -> Tuple[Reason, ...]:
    found = [
        answers(server, known),
        check("it speaks Redfish", server.protocol == "redfish", "IPMI writes no firmware"),
        _is_idle(server, known),
    ]
    if _is_file(form):
        name = Path(form.image).name
        words = f"{form.image} names no file"
        found.append(check("the file has a name", bool(name), words, of_form=True))
    return tuple(found)


def _consequences(server: Server, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (
        Consequence(words="how far it is stands under Tasks (K); do not cut the power meanwhile"),
        Consequence(
            words=f"many images restart the baseboard, or wait for {server.name} to restart",
            tone=Tone.WARN,
        ),
    )


# --- to its end ----------------------------------------------------------------------------------


def _task(row: Optional[Server], known: Known) -> Optional[BoardTask]:
    """Return the task that was ordered last, None where none is seen."""
    tasks = known.rows(TASKS, row.name) if row is not None else ()
    return next((one for one in tasks if one.is_ours), None)


def _is_taken(row: Optional[Server], known: Known) -> bool:
    return _task(row, known) is not None


def _is_written(row: Optional[Server], known: Known) -> bool:
    task = _task(row, known)
    return task is not None and task.is_over and not task.is_bad


def _ladder(_server: Server, _known: Known) -> Tuple[Rung[Any], ...]:
    taken: Rung[Any] = Rung(name="taken", reached=_is_taken, says="a task of its baseboard")
    written: Rung[Any] = Rung(
        name="written",
        reached=_is_written,
        says="the task ended well",
        gives_up_s=GIVES_UP_S,
        then="look at its tasks (K) and versions (Parts)",
    )
    return taken, written


def _failed(server: Server, known: Known) -> str:
    task = _task(server, known)
    if task is None or not task.is_over or not task.is_bad:
        return ""
    return f"{task.state}: {'; '.join(task.messages[-2:]) or 'its baseboard does not say why'}"


FIRMWARE: Action[Server] = Action(
    name="firmware",
    key="U",
    words="update firmware",
    plan=_plan,
    risk=disruptive,
    form=Firmware,
    reasons=_reasons,
    consequences=_consequences,
    hidden=lambda server, _known: server.protocol != "redfish",
    needs=(POWER, TASKS),
    ladder=_ladder,
    failed=_failed,
    at_once=True,
)
