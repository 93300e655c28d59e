"""A shell in a container of a pod."""

from __future__ import annotations

import shlex
from typing import Any, Tuple

from pydantic import Field

from backend.kind import Action, Form, Plan, Risk
from backend.kinds.kube_pod import Pod
from backend.known import Known
from backend.kube import PodExec
from backend.reason import Reason


class ShellForm(Form):
    """In which container, and what is run there."""

    container: str = Field(default="", description="empty: its first")
    command: str = Field(default="sh", min_length=1, description="what is run, as words of a shell")


def _names(pod: Any) -> Tuple[str, ...]:
    return tuple(str(one.get("name")) for one in pod.containers) if pod is not None else ()


def _plan(pod: Pod, form: ShellForm, _known: Known) -> Plan:
    names = _names(pod)
    session = PodExec(
        namespace=pod.namespace,
        pod=pod.name,
        container=form.container or (names[0] if names else ""),
        argv=_words(form.command),
    )
    return Plan(opens=session)


def _words(text: str) -> Tuple[str, ...]:
    """Return a command as its words; one whose quotes do not close is one word."""
    try:
        return tuple(shlex.split(text)) or ("sh",)
    except ValueError:
        return (text,)


def _runs(pod: Pod, form: ShellForm, _known: Known) -> Tuple[Reason, ...]:
    wanted = form.container or next(iter(_names(pod)), "")
    status = next((one for one in pod.statuses if one.get("name") == wanted), {})
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
    choices=lambda pod, _known: {"container": _names(pod)},
    reasons=_runs,
    aliases=("exec",),
)
