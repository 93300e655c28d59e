"""The containers of pods, each by itself: how it stands, what it asks for, its log and a shell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.figure import Jump, Line, Lines
from backend.kind import (
    Action,
    Body,
    Column,
    Consequence,
    Derived,
    Form,
    Kind,
    Nothing,
    Plan,
    Row,
    Tab,
)
from backend.kinds.kube_amounts import amount, shown
from backend.kinds.kube_last import last_line
from backend.kinds.kube_logs import of_pod
from backend.kinds.kube_pod import Pod, exit_words
from backend.kinds.kube_shell import ATTACH, SHELL, ContainerForm, ShellForm
from backend.kinds.kube_words import called
from backend.known import Known
from backend.reason import Reason
from backend.streams import Logs
from backend.tone import WELL, Look, Mark, Tone
from backend.units import instant_ms, span

NAME = "pod-containers"
# What a container may be beside one of those that a pod is for.
INIT, SIDECAR, DEBUG = "init", "sidecar", "debug"


class PodContainer(Row):
    """A container of a pod (core/v1): what was said of it, and what its kubelet says.

    ``pod`` is the uid of its pod, ``of`` what that is called.
    """

    id: str
    pod: str
    of: str
    name: str
    sort: str = ""
    image: str = ""
    state: Dict[str, Any] = Field(default_factory=dict)
    last: Dict[str, Any] = Field(default_factory=dict)
    ready: bool = False
    restarts: int = 0
    ports: List[Dict[str, Any]] = Field(default_factory=list)
    requests: Dict[str, Any] = Field(default_factory=dict)

    @property
    def stands(self) -> str:
        """How it stands, in a word: ``running``, ``CrashLoopBackOff``, ``exit 0``."""
        if "running" in self.state:
            return "running"
        ended = self.state.get("terminated")
        if ended:
            return str(ended.get("reason") or exit_words(ended))
        return str((self.state.get("waiting") or {}).get("reason") or "waits")

    @property
    def began_ms(self) -> Optional[int]:
        """Since when it runs."""
        return instant_ms((self.state.get("running") or {}).get("startedAt"))

    @property
    def asks(self) -> str:
        """What it asks of its node."""
        words = (f"{called(name)} {shown(name, amount(v))}" for name, v in self.requests.items())
        return ", ".join(words)

    @property
    def doors(self) -> str:
        """The ports it says it listens on."""
        return " ".join(f"{one.get('containerPort')}" for one in self.ports)

    def parent_id(self, _known: Known) -> str:
        """Return its pod."""
        return self.pod


def containers(known: Known) -> Iterator[Body]:
    """Yield the containers of all pods, those that come before the others first."""
    for pod in known.rows("pods"):
        statuses = (*pod.init_statuses, *pod.statuses, *pod.debug_statuses)
        told = {one.get("name"): one for one in statuses}
        for sort, one in _sorted(pod):
            name = str(one.get("name"))
            status = told.get(name) or {}
            yield {
                "id": f"{pod.uid}/{name}",
                "pod": pod.uid,
                "of": pod.full_name,
                "name": name,
                "sort": sort,
                "image": str(one.get("image") or ""),
                "state": status.get("state") or {},
                "last": (status.get("lastState") or {}).get("terminated") or {},
                "ready": bool(status.get("ready")),
                "restarts": status.get("restartCount") or 0,
                "ports": one.get("ports") or [],
                "requests": one.get("requests") or {},
            }


def _sorted(pod: Pod) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for one in pod.init:
        yield SIDECAR if one.get("restartPolicy") == "Always" else INIT, one
    for one in pod.containers:
        yield "", one
    for one in pod.debug:
        yield DEBUG, one


def _pod(row: PodContainer, known: Known) -> Optional[Pod]:
    found: Optional[Pod] = known.row("pods", row.pod)
    return found


def _look(row: PodContainer, known: Known) -> Look:
    if "running" in row.state:
        # Of those nobody asks whether they are ready.
        if row.ready or row.sort in (INIT, DEBUG):
            return WELL
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=("runs and is not ready",))
    ended = row.state.get("terminated")
    if ended:
        if not ended.get("exitCode"):
            return Look(mark=Mark.OUT)
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(exit_words(ended),))
    waits = row.state.get("waiting") or {}
    if row.last:
        pod = _pod(row, known)
        said = last_line(pod, known) if pod is not None else ""
        notes = (exit_words(row.last), *((f'"{said}"',) if said else ()))
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=notes)
    words = str(waits.get("message") or "")
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,) if words else ())


def _runs_for(row: PodContainer, known: Known) -> Optional[str]:
    return None if row.began_ms is None else span(max(known.now_ms - row.began_ms, 0))


def _logs(row: PodContainer, known: Known) -> Logs:
    """Return what this one writes, of all that its pod's write."""
    pod = _pod(row, known)
    if pod is None:
        return Logs(streams=(), of=row.name)
    whole = of_pod(pod, known)
    return Logs(
        streams=tuple(one for one in whole.streams if getattr(one, "container", "") == row.name),
        of=f"container {pod.full_name}/{row.name}",
        before=tuple(one for one in whole.before if getattr(one, "container", "") == row.name),
        command=("kubectl", "-n", pod.namespace, "logs", pod.name, "-c", row.name, "--timestamps"),
    )


def _strip(row: PodContainer, _known: Known) -> Lines:
    lines = [
        Line(heading="POD", text=row.of, jump=Jump("pods", row.pod)),
        Line(heading="IMAGE", text=row.image),
    ]
    more = f", listens on {row.doors}" if row.doors else ""
    lines.append(Line(heading="ASKS", text=f"{row.asks or 'for nothing'}{more}"))
    return Lines(tuple(lines))


class CommandForm(Form):
    """What is run in the container."""

    command: str = Field(default="sh", min_length=1, description="what is run, as words of a shell")


def _in(action: Action[Pod], form: Callable[[PodContainer, Any], Form]) -> Mapping[str, Any]:
    """Return what an action of a pod is, done in this container of it."""

    def plan(row: PodContainer, given: Any, known: Known) -> Plan:
        pod = _pod(row, known) or Pod(uid=row.pod, name="", namespace="")
        return action.plan(pod, form(row, given), known)

    def reasons(row: PodContainer, given: Any, known: Known) -> Tuple[Reason, ...]:
        pod = _pod(row, known)
        if pod is None:
            return (Reason.no("its pod is there", "it is not, or not any more"),)
        return action.reasons(pod, form(row, given), known)

    def consequences(row: PodContainer, given: Any, known: Known) -> Tuple[Consequence, ...]:
        pod = _pod(row, known)
        return () if pod is None else action.consequences(pod, form(row, given), known)

    return {
        "plan": plan,
        "reasons": reasons,
        "consequences": consequences,
        "choices": lambda _row, _known: {},
        "needs": ("pods",),
    }


IN_SHELL: Action[Any] = replace(
    SHELL,
    form=CommandForm,
    **_in(SHELL, lambda row, given: ShellForm(container=row.name, command=given.command)),
)
IN_ATTACH: Action[Any] = replace(
    ATTACH,
    form=Nothing,
    **_in(ATTACH, lambda row, _given: ContainerForm(container=row.name)),
)

POD_CONTAINERS: Kind[PodContainer] = Kind(
    name=NAME,
    singular="pod-container",
    model=PodContainer,
    read=Derived(rows=containers, made_of=("pods",)),
    id=lambda row: row.id,
    label=lambda row: f"{row.of}/{row.name}",
    columns=(
        Column(heading="CONTAINER", value=lambda row: row.name, most=24),
        Column(heading="SORT", value=lambda row: row.sort or None),
        Column(heading="STATE", value=lambda row: row.stands, most=18),
        Column(heading="AGAIN", value=lambda row: row.restarts, right=True),
        Column(
            heading="FOR", joined=_runs_for, order=lambda row, _: -(row.began_ms or 0), right=True
        ),
        Column(heading="POD", value=lambda row: row.of, most=40),
        Column(heading="ASKS", value=lambda row: row.asks or None, most=40, wide=True),
        Column(heading="PORTS", value=lambda row: row.doors or None, most=20, wide=True),
        Column(heading="IMAGE", value=lambda row: row.image, most=60, wide=True),
    ),
    look=_look,
    strip=_strip,
    jump=lambda row, _known: Jump("pods", row.pod),
    actions=(IN_SHELL, IN_ATTACH),
    logs=_logs,
    logs_needs=("pods",),
    needs=("pods", "last-lines"),
    aliases=("containers", "co"),
    is_inventory=False,
)

# The page of a pod on which they stand.
CONTAINERS_TAB: Tab[Any] = Tab(
    key="t",
    title="Containers",
    kind=NAME,
    related=lambda pod, row: row.pod == pod.uid,
    needs=(NAME,),
)
