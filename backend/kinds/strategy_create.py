"""Creating a strategy of the VIM: one form a type, every option with what it means."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple, Type

from pydantic import Field
from typing_extensions import Literal

from backend.figure import Jump
from backend.kind import Action, Form, Json, Plan, Reason, RestWrite, Risk
from backend.kinds.obstacles import ACT_NEEDS, in_the_way
from backend.known import Known

SERVICE = "vim"
# What ``sw-manager`` calls them.
COMMANDS = {
    "sw-upgrade": "sw-deploy-strategy",
    "kube-upgrade": "kube-upgrade-strategy",
    "fw-update": "fw-update-strategy",
    "kube-rootca-update": "kube-rootca-update-strategy",
    "system-config-update": "system-config-update-strategy",
}

_How = Literal["serial", "parallel", "ignore"]


class CreateForm(Form):
    """What every type asks."""

    worker_apply_type: _How = Field(
        default="serial", description="Workers, one by one or several at once"
    )
    storage_apply_type: _How = Field(default="serial", description="Storage hosts")
    max_parallel_worker_hosts: int = Field(
        default=2, ge=2, le=100, description="Workers at once, where parallel (2 to 10; firmware 5)"
    )
    default_instance_action: Literal["stop-start", "migrate"] = Field(
        default="stop-start", description="What happens to virtual machines on a host"
    )
    alarm_restrictions: Literal["strict", "relaxed", "permissive"] = Field(
        default="strict",
        description="strict: none; relaxed: none affecting management; permissive: any",
    )


class DeployForm(CreateForm):
    """A software deploy."""

    release: str = Field(description="Release to deploy")
    controller_apply_type: Literal["serial", "ignore"] = Field(
        default="serial", description="Controllers"
    )
    delete: bool = Field(default=True, description="delete the deploy at the end: no way back")
    snapshot: bool = Field(default=False, description="Take an LVM snapshot first (simplex)")


class KubeForm(CreateForm):
    """An upgrade of Kubernetes."""

    to_version: str = Field(description="Version of Kubernetes")


class RootCaForm(CreateForm):
    """A new root CA of Kubernetes."""

    expiry_date: str = Field(default="", description="Last day of the new CA, YYYY-MM-DD")
    subject: str = Field(default="", description="as C=CA ST=Ontario O=Company CN=kubernetes")


class OtherForm(CreateForm):
    """Firmware, or system configuration."""

    controller_apply_type: Literal["serial", "ignore"] = Field(
        default="serial", description="Controllers"
    )


def _payload(form: CreateForm) -> Dict[str, Json]:
    said = form.model_dump()
    body: Dict[str, Json] = {key.replace("_", "-"): value for key, value in said.items()}
    # The kube types take serial and nothing else; without the key they refuse too.
    body.setdefault("controller-apply-type", "serial")
    if form.worker_apply_type != "parallel":
        del body["max-parallel-worker-hosts"]
    if isinstance(form, DeployForm):
        # Without rollback and delete the service answers 500.
        body.update({"release": [form.release], "rollback": False})
    return {key: value for key, value in body.items() if value != ""}


def _command(name: str, form: CreateForm) -> Tuple[str, ...]:
    words = ["sw-manager", COMMANDS[name], "create"]
    target: Tuple[str, ...] = ()
    for field, value in form.model_dump().items():
        if field in {"release", "to_version"}:
            target = (str(value),) if field == "release" else ("--to-version", str(value))
        elif isinstance(value, bool):
            words += [f"--{field}"] if value else []
        elif value != "" and not (
            field.startswith("max_") and form.worker_apply_type != "parallel"
        ):
            words += [f"--{field.replace('_', '-')}", str(value)]
    return (*words, *target)


def _create(name: str) -> Any:
    def plan(_row: None, form: CreateForm, _known: Known) -> Plan:
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="POST",
                path=f"/api/orchestration/{name}/strategy",
                body=_payload(form),
                command=_command(name, form),
                sentence=f"Have the VIM build a {name} strategy; nothing is applied by that.",
            )
        )

    return plan


def _none_yet(_row: None, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check = "no other strategy"
    if not known.has("strategies"):
        return (Reason.cant_tell(check, "the strategies were not read"),)
    for row in known.rows("strategies"):
        words = f"there is a {row.name} strategy ({row.state}): it is to be deleted first"
        return (Reason.no(check, words, Jump(kind="strategies", id=row.uuid)),)
    return (Reason.passes(check),)


def _create_reasons(_row: None, form: CreateForm, known: Known) -> Tuple[Reason, ...]:
    of = "deploy" if isinstance(form, DeployForm) else "kubernetes"
    others = in_the_way(known, of, "strategy", "alarm")
    return (*_none_yet(_row, form, known), *_restricted(form, known), *others)


def _firmware_reasons(row: None, form: CreateForm, known: Known) -> Tuple[Reason, ...]:
    return (*_create_reasons(row, form, known), _is_pending(known))


def _is_pending(known: Known) -> Reason:
    """Return whether an image waits for some host: the VIM takes it, and its build fails."""
    check = "an image waits for some host"
    if not known.has("hosts"):
        return Reason.cant_tell(check, "the hosts were not read")
    if any(host.device_image_update == "pending" for host in known.rows("hosts")):
        return Reason.passes(check)
    words = "none does: the build ends in no firmware update required; apply an image first"
    return Reason.cant_tell(check, words, Jump(kind="device-images"))


def _restricted(form: CreateForm, known: Known) -> Tuple[Reason, ...]:
    check = "no alarm that the restrictions forbid"
    if not known.has("alarms"):
        return (Reason.cant_tell(check, "the alarms were not read"),)
    alarms = [
        alarm
        for alarm in known.rows("alarms")
        if alarm.blocks_management or form.alarm_restrictions == "strict"
    ]
    if form.alarm_restrictions == "permissive" or not alarms:
        return (Reason.passes(check),)
    words = f"{len(alarms)} stand: the build or the apply fails on them"
    return (Reason.cant_tell(check, words, Jump(kind="alarms", id=alarms[0].uuid)),)


def _releases(_row: None, known: Known) -> Mapping[str, Tuple[str, ...]]:
    on_shelf = (one.release_id for one in known.rows("releases") if one.state == "available")
    return {"release": tuple(on_shelf)}


def _versions(_row: None, known: Known) -> Mapping[str, Tuple[str, ...]]:
    there = (one.version for one in known.rows("kube-versions") if one.state == "available")
    return {"to_version": tuple(there)}


def _harmless(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.HARMLESS


# What is created, its key, what people call it, and what is asked.
_FORMS: Tuple[Tuple[str, str, str, Type[CreateForm], Any], ...] = (
    ("sw-upgrade", "1", "software", DeployForm, _releases),
    ("kube-upgrade", "2", "Kubernetes", KubeForm, _versions),
    ("fw-update", "3", "firmware", OtherForm, lambda _row, _known: {}),
    ("kube-rootca-update", "4", "root CA", RootCaForm, lambda _row, _known: {}),
    ("system-config-update", "5", "configuration", OtherForm, lambda _row, _known: {}),
)

CREATIONS: Tuple[Action[Any], ...] = tuple(
    Action(
        name=f"create-{name}",
        key=key,
        words=f"build {what}",
        plan=_create(name),
        form=form,
        choices=choices,
        risk=_harmless,
        reasons=_firmware_reasons if name == "fw-update" else _create_reasons,
        needs=ACT_NEEDS,
        on_kind=True,
    )
    for name, key, what, form, choices in _FORMS
)
