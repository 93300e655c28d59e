"""Files copied to and from a container of a pod."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Risk, Step
from backend.kinds.kube_pod import Pod
from backend.kinds.kube_shell import chosen, names, runs
from backend.known import Known
from backend.mask import Json
from backend.pods import PodCopy
from backend.reason import Reason
from backend.tone import Tone


class CopyForm(Form):
    """A file of a container, and one of this machine."""

    there: str = Field(description="the file in the container, /var/lib/x", examples=["/etc/hosts"])
    here: str = Field(description="the file of this machine", examples=["hosts"])
    container: str = Field(default="", description="empty: its first")


def _copying(*, into: bool) -> Any:
    def plan(pod: Pod, form: CopyForm, _known: Known) -> Plan:
        write = PodCopy(
            namespace=pod.namespace,
            pod=pod.name,
            container=chosen(pod, form),
            here=form.here,
            there=form.there,
            into=into,
        )
        return Plan((Step(write=write, says=_said),))

    return plan


def _said(answer: Json) -> str:
    body = answer if isinstance(answer, dict) else {}
    return f"{body.get('bytes')} bytes; compared: {body.get('compared')}"


def _reasons(pod: Pod, form: CopyForm, known: Known) -> Tuple[Reason, ...]:
    path = PurePosixPath(form.there)
    is_file = path.is_absolute() and path.name and not form.there.endswith("/")
    found = list(runs(pod, form, known))
    if not is_file or ".." in path.parts or "\0" in form.there:
        words = f"{form.there} is none: from / on, without .., and the file's own name last"
        found.append(Reason.no("a path of one file in the container", words))
    return tuple(found)


def _overwrites(pod: Pod, form: CopyForm, _known: Known) -> Tuple[Consequence, ...]:
    words = f"{form.there} of {pod.full_name} is another then, if it is there"
    lost = "it lasts as long as the container, unless it lies on a volume"
    return (Consequence(words=words, tone=Tone.WARN), Consequence(words=lost))


def _action(*, into: bool, **of: Any) -> Action[Pod]:
    return Action(
        plan=_copying(into=into),
        form=CopyForm,
        choices=lambda pod, _known: {"container": names(pod)},
        reasons=_reasons,
        **of,
    )


COPY_FROM = _action(
    into=False,
    name="copy-from",
    key="O",
    words="Copy a file out of it",
    risk=lambda _pod, _form, _known: Risk.HARMLESS,
)
COPY_TO = _action(
    into=True,
    name="copy-to",
    key="I",
    words="Copy a file into it",
    risk=lambda _pod, _form, _known: Risk.DISRUPTIVE,
    consequences=_overwrites,
)
