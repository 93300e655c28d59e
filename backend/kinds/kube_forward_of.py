"""A port forwarded to what keeps or reaches pods: it leads to one of them, as kubectl picks it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Optional, Tuple, Union

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Risk, Step
from backend.kinds.kube_forward import listens, local_taken, ports_of
from backend.kinds.kube_pod import Pod, ready_since
from backend.known import Known
from backend.pods import PodForward
from backend.reason import Reason
from backend.tone import Tone


class ForwardToForm(Form):
    """Which port of it, by number or name, and which one of ours leads there."""

    port: str = Field(default="", description="number or name; empty: its first", examples=["http"])
    local: int = Field(default=0, ge=0, le=65_535, description="of this machine; 0: a free one")


@dataclass(frozen=True)
class Way:
    """Where a forward leads: a pod and a port of it, or ``why`` it leads nowhere."""

    pod: Optional[Pod] = None
    port: int = 0
    why: str = ""


Find = Callable[[Any, str, Known], Way]


# --- the pod -----------------------------------------------------------------------------------


def _pods(row: Any, known: Known) -> Tuple[Pod, ...]:
    """Return the pods that run, the likeliest first: ready, and the longest."""
    found = [
        pod
        for pod in known.rows("pods")
        if pod.namespace == row.namespace and row.selects(pod.labels) and pod.phase == "Running"
    ]
    return tuple(sorted(found, key=lambda pod: (ready_since(pod) is None, ready_since(pod) or 0)))


def _numbered(pod: Pod, port: Union[int, str]) -> int:
    """Return the port of that number or name among its containers', 0 where it has no such."""
    if str(port).isdigit():
        return int(port)
    for one in (*pod.containers, *pod.init):
        for said in one.get("ports") or ():
            if said.get("name") == port:
                return int(said.get("containerPort") or 0)
    return 0


def _to_workload(row: Any, port: str, known: Known) -> Way:
    for pod in _pods(row, known)[:1]:
        first = ports_of(pod)
        if not port and not first:
            return Way(pod, why="its containers name no port: say which")
        number = _numbered(pod, port) if port else first[0]
        return Way(pod, number, "" if number else f"no container of it has a port named {port}")
    return Way(why="none of its pods runs")


def _to_service(row: Any, port: str, known: Known) -> Way:
    if not row.selector:
        return Way(why="it selects no pods: its ends were written by hand")
    ports = [one for one in row.ports if port in ("", str(one.get("port")), one.get("name"))]
    if not ports:
        return Way(why=f"it has no port {port}: {row.doors}")
    if ports[0].get("protocol", "TCP") != "TCP":
        return Way(why=f"{ports[0].get('protocol')} cannot be forwarded: only TCP")
    for pod in _pods(row, known)[:1]:
        # Without an address of its own nothing translates its ports: they are the pods'.
        leads = ports[0].get("targetPort") if row.address != "None" else None
        number = _numbered(pod, leads or ports[0].get("port") or 0)
        return Way(pod, number, "" if number else f"no container of its pods has a port {leads}")
    return Way(why="none of the pods it selects runs")


# --- the action --------------------------------------------------------------------------------


def forwarding(what: str, find: Find) -> Action[Any]:
    """Return the action that forwards a port to a pod of what kubectl calls ``what``."""

    def plan(row: Any, form: ForwardToForm, known: Known) -> Plan:
        way = find(row, form.port, known)
        write = PodForward(
            namespace=row.namespace,
            pod=way.pod.name if way.pod is not None else "",
            port=way.port,
            local=form.local,
            of=f"{what}/{row.name}",
            called=form.port,
        )
        return Plan((Step(write=write, says=listens),))

    def reasons(row: Any, form: ForwardToForm, known: Known) -> Tuple[Reason, ...]:
        found = list(local_taken(form.local, known))
        if not known.has("pods"):
            return (*found, Reason.no("its pods", "they were not read"))
        way = find(row, form.port, known)
        if way.why:
            found.append(replace(Reason.no("it leads somewhere", way.why), of_form=bool(form.port)))
        return tuple(found)

    def leads(row: Any, form: ForwardToForm, known: Known) -> Tuple[Consequence, ...]:
        way = find(row, form.port, known)
        if way.pod is None or way.why:
            return ()
        words = f"it leads to {way.port} of {way.pod.full_name} alone, and ends with that pod"
        opens = "whoever is on this machine can use it; it ends with this console"
        found = (Consequence(words=words), Consequence(words=opens))
        if ready_since(way.pod) is not None:
            return found
        words = f"{way.pod.full_name} is not ready; no other of them is"
        return (Consequence(words=words, tone=Tone.WARN), *found)

    return Action(
        name="forward",
        key="F",
        words="Forward a port",
        plan=plan,
        risk=lambda _row, _form, _known: Risk.HARMLESS,
        form=ForwardToForm,
        choices=_choices,
        reasons=reasons,
        consequences=leads,
        needs=("pods", "port-forwards"),
        aliases=("port-forward",),
    )


def _choices(row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return the ports of a service; a workload's pods may listen on more than they name."""
    ports = getattr(row, "ports", ())
    return {"port": tuple(str(one.get("name") or one.get("port")) for one in ports)}


FORWARD_SERVICE = forwarding("service", _to_service)


def forwarding_workload(what: str) -> Action[Any]:
    """Return the action that forwards a port to a pod of a workload."""
    return forwarding(what, _to_workload)
