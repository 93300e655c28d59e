"""Ports of this console that lead to pods: one is begun on a pod, shown here, and ended here."""

from __future__ import annotations

from typing import Any, Tuple

from pydantic import Field

from backend.kind import Action, Column, Consequence, Form, Kind, Plan, Risk, Row, Step
from backend.kinds.kube_pod import Pod
from backend.known import Known
from backend.mask import Json
from backend.pods import ForwardEnd, Forwards, PodForward
from backend.reason import Reason
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

LOWEST = 1024


class ForwardForm(Form):
    """Which port of the pod, and which one of ours leads there."""

    port: int = Field(default=80, ge=1, le=65_535, description="of the pod", examples=[8080])
    local: int = Field(default=0, ge=0, le=65_535, description="of this machine; 0: a free one")


class Forward(Row):
    """A port of this machine that leads to a pod's, as long as this console runs.

    ``sent`` and ``received`` are bytes of all its connections; ``trouble`` is why the last failed.
    """

    id: str
    local: int
    namespace: str
    pod: str
    port: int
    of: str = ""
    began_ms: int
    open: int = 0
    total: int = 0
    sent: int = 0
    received: int = 0
    trouble: str = ""

    @property
    def called(self) -> str:
        """Where it listens: ``127.0.0.1:18080``."""
        return f"127.0.0.1:{self.local}"


def ports_of(pod: Pod) -> Tuple[int, ...]:
    """Return the ports that a pod's containers say they listen on."""
    found = [
        port.get("containerPort")
        for one in pod.containers
        for port in one.get("ports") or ()
        if port.get("protocol", "TCP") == "TCP"
    ]
    return tuple(dict.fromkeys(port for port in found if isinstance(port, int)))


def _plan(pod: Pod, form: ForwardForm, _known: Known) -> Plan:
    write = PodForward(namespace=pod.namespace, pod=pod.name, port=form.port, local=form.local)
    return Plan((Step(write=write, says=listens),))


def listens(answer: Json) -> str:
    address = answer.get("address") if isinstance(answer, dict) else None
    return f"listens on {address}; :port-forwards shows and ends it"


def _reasons(pod: Pod, form: ForwardForm, known: Known) -> Tuple[Reason, ...]:
    found = list(local_taken(form.local, known))
    if pod.phase != "Running":
        found.append(Reason.no("it runs", f"{pod.full_name} is {pod.phase or 'not started'}"))
    there = ports_of(pod)
    if there and form.port not in there:
        words = f"it says that it listens on {', '.join(map(str, there))}"
        found.append(Reason.cant_tell(f"something listens on {form.port}", words))
    return tuple(found)


def local_taken(local: int, known: Known) -> Tuple[Reason, ...]:
    """Return why a port of this machine cannot be listened on, as far as we know."""
    if local and any(one.local == local for one in known.rows("port-forwards")):
        return (Reason.no("the port is free", f"{local} leads to another pod already"),)
    return ()


def _opens(_pod: Pod, _form: ForwardForm, _known: Known) -> Tuple[Consequence, ...]:
    words = "whoever is on this machine can use it; it ends with this console"
    return (Consequence(words=words),)


FORWARD: Action[Pod] = Action(
    name="forward",
    key="F",
    words="Forward a port",
    plan=_plan,
    risk=lambda _pod, _form, _known: Risk.HARMLESS,
    form=ForwardForm,
    reasons=_reasons,
    consequences=_opens,
    needs=("port-forwards",),
    aliases=("port-forward",),
)


# --- those there are ---------------------------------------------------------------------------


def _look(row: Forward, _known: Known) -> Look:
    if row.trouble:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(row.trouble,))
    return Look(tone=Tone.BUSY, mark=Mark.BUSY) if row.open else WELL


def _age(row: Forward, known: Known) -> str:
    return span(max(known.now_ms - row.began_ms, 0))


def _carried(row: Forward) -> str:
    return f"{row.sent >> 10}K / {row.received >> 10}K"


def _reminder(known: Known) -> str:
    count = len(known.rows("port-forwards"))
    return f"{count} port{'s' if count > 1 else ''} forwarded" if count else ""


def _ends(row: Forward, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    if not row.open:
        return ()
    return (Consequence(words=f"{row.open} connections over it break", tone=Tone.WARN),)


def _carried_in_all(answer: Json) -> str:
    body = answer if isinstance(answer, dict) else {}
    total, sent, received = (body.get(key, 0) for key in ("total", "sent", "received"))
    return f"ended; {total} connections, {sent} bytes sent, {received} received"


END: Action[Forward] = Action(
    name="end",
    key="X",
    words="End it",
    plan=lambda row, _form, _known: Plan(
        (Step(write=ForwardEnd(id=row.id, called=row.called), says=_carried_in_all),)
    ),
    risk=lambda _row, _form, _known: Risk.HARMLESS,
    consequences=_ends,
)


PORT_FORWARDS: Kind[Forward] = Kind(
    name="port-forwards",
    singular="port-forward",
    model=Forward,
    read=Forwards(),
    id=lambda row: row.id,
    label=lambda row: row.called,
    columns=(
        Column(heading="LISTENS ON", value=lambda row: row.called, most=24),
        Column(heading="POD", value=lambda row: f"{row.namespace}/{row.pod}", most=44),
        Column(heading="PORT", value=lambda row: row.port, right=True),
        Column(heading="OF", value=lambda row: row.of or None, most=40, wide=True),
        Column(heading="OPEN", value=lambda row: row.open, right=True),
        Column(heading="SO FAR", value=lambda row: row.total, right=True, wide=True),
        Column(heading="SENT / CAME", value=_carried, right=True, wide=True),
        Column(
            heading="FOR", joined=_age, order=lambda row, _known: -row.began_ms, width=4, right=True
        ),
    ),
    sort=lambda row, _known: row.local,
    look=_look,
    reminder=_reminder,
    actions=(END,),
    aliases=("pf", "forwards"),
    every_s=2.0,
    noise=frozenset({"open", "total", "sent", "received"}),
    is_inventory=False,
)
