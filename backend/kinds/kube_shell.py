"""A shell in a container of a pod, and the program itself that runs there."""

from __future__ import annotations

import shlex
from typing import Any, Dict, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Risk
from backend.kinds.kube_pod import Pod
from backend.known import Known
from backend.kube import PodExec
from backend.pods import PodAttach
from backend.reason import Reason


class ShellForm(Form):
    """In which container, and what is run there."""

    container: str = Field(default="", description="empty: its first")
    command: str = Field(default="sh", min_length=1, description="what is run, as words of a shell")


class ContainerForm(Form):
    """Which container of a pod."""

    container: str = Field(default="", description="empty: its first")


def names(pod: Any) -> Tuple[str, ...]:
    """Return the containers of a pod that go on running: its own, sidecars, and to debug it."""
    if pod is None:
        return ()
    beside = [one for one in pod.init if one.get("restartPolicy") == "Always"]
    return tuple(str(one.get("name")) for one in (*pod.containers, *beside, *pod.debug))


def _plan(pod: Pod, form: ShellForm, _known: Known) -> Plan:
    session = PodExec(
        namespace=pod.namespace,
        pod=pod.name,
        container=chosen(pod, form),
        argv=_words(form.command),
    )
    return Plan(opens=session)


def _words(text: str) -> Tuple[str, ...]:
    """Return a command as its words; one whose quotes do not close is one word."""
    try:
        return tuple(shlex.split(text)) or ("sh",)
    except ValueError:
        return (text,)


def chosen(pod: Pod, form: Any) -> str:
    """Return the container that a form means."""
    return str(form.container or next(iter(names(pod)), ""))


def runs(pod: Pod, form: Any, _known: Known) -> Tuple[Reason, ...]:
    """Return why nothing can be done in a container: it does not run."""
    wanted = chosen(pod, form)
    told = (*pod.statuses, *pod.init_statuses, *pod.debug_statuses)
    status = next((one for one in told if one.get("name") == wanted), {})
    if "running" in (status.get("state") or {}):
        return ()
    return (Reason.no("its container runs", f"{wanted} of {pod.full_name} does not run now"),)


SHELL: Action[Pod] = Action(
    name="shell",
    key="s",
    words="Open a shell",
    plan=_plan,
    risk=lambda _pod, _form, _known: Risk.HARMLESS,
    form=ShellForm,
    choices=lambda pod, _known: {"container": names(pod)},
    reasons=runs,
    aliases=("exec",),
)


def _attached(pod: Pod, form: ContainerForm, _known: Known) -> Plan:
    name = chosen(pod, form)
    each = (*pod.containers, *pod.init, *pod.debug)
    made: Dict[str, Any] = next((one for one in each if one.get("name") == name), {})
    session = PodAttach(
        namespace=pod.namespace,
        pod=pod.name,
        container=name,
        terminal=bool(made.get("tty")),
        listens=bool(made.get("stdin")),
    )
    return Plan(opens=session)


def _hears(pod: Pod, form: ContainerForm, known: Known) -> Tuple[Consequence, ...]:
    session = _attached(pod, form, known).opens
    if isinstance(session, PodAttach) and session.listens:
        words = "what is typed goes to its main program: Ctrl-C may end it"
    else:
        words = "it reads nothing that is typed: what it writes from now on is shown"
    return (Consequence(words=words),)


ATTACH: Action[Pod] = Action(
    name="attach",
    key="A",
    words="Attach to it",
    plan=_attached,
    risk=lambda _pod, _form, _known: Risk.HARMLESS,
    form=ContainerForm,
    choices=lambda pod, _known: {"container": names(pod)},
    reasons=runs,
    consequences=_hears,
)
