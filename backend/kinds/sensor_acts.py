"""Sensors of a host and its PCI devices: what maintenance does about them, and who may use them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason, Risk
from backend.kinds.edits import (
    check,
    differing,
    disruptive,
    now,
    patch_of,
    server_knows,
    warn,
)
from backend.kinds.host import Host
from backend.kinds.host_edits import (
    at_unlock,
    called,
    host_of,
    locked_unless_simplex,
    said_as,
    send,
    something,
    works,
)
from backend.known import Known
from backend.tone import Tone

# What maintenance may do about a sensor; those that stop the host are last.
ACTIONS = ("ignore", "log", "alarm", "reset", "powercycle")
STOPS = ("reset", "powercycle")


class ModifySensor(Form):
    """What is watched of a sensor; what is done about it, its group says."""

    suppress: Optional[bool] = Field(default=None, description="say nothing of it, do nothing")
    audit_interval: Optional[int] = Field(default=None, ge=1, description="seconds between looks")


class ModifyGroup(Form):
    """What maintenance does about the sensors of a group; empty stays as it is."""

    actions_minor_group: Optional[str] = Field(default=None, title="minor")
    actions_major_group: Optional[str] = Field(default=None, title="major")
    actions_critical_group: Optional[str] = Field(default=None, title="critical")
    audit_interval_group: Optional[int] = Field(
        default=None, ge=1, title="audit interval", description="seconds between looks"
    )
    suppress: Optional[bool] = Field(default=None, description="say nothing of them, do nothing")


def _choices(row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what the group itself says may be done at each level."""
    found: Dict[str, Tuple[str, ...]] = {}
    for level in ("minor", "major", "critical"):
        told = str(row.body.get(f"actions_{level}_choices") or "")
        names = tuple(word.strip() for word in told.split(",") if word.strip())
        found[f"actions_{level}_group"] = names or ACTIONS[: 5 if level == "critical" else 3]
    return found


def _plan(path: str, command: str, label: str) -> Any:
    def plan(row: Any, form: Form, known: Known) -> Plan:
        fields = differing(row, form)
        host, name = called(host_of(row, known), row), getattr(row, label)
        pairs = tuple(f"{field}={value}" for field, value in fields.items())
        words = ("system", command, host, row.uuid, *pairs)
        sentence = f"change {', '.join(fields) or 'nothing'} of {name} of {host}"
        return send("PATCH", f"{path}/{row.uuid}", patch_of(fields), words, sentence)

    return plan


def _news(row: Any, form: Form, _known: Known) -> Tuple[Reason, ...]:
    words = "maintenance passes it on to its hardware monitor, which may be away"
    return (something(differing(row, form)), server_knows("hardware monitor answers", words))


def _beside(row: Any, form: Form, _known: Known) -> Tuple[Consequence, ...]:
    changes = differing(row, form)
    said = [Consequence(words=f"{n}: {now(row, n) or '-'} -> {v}") for n, v in changes.items()]
    deadly = [name for name, value in changes.items() if value in STOPS]
    if deadly:
        verb = changes[deadly[0]]
        words = f"from then on a sensor alone may {verb} the host, without asking anybody"
        said.append(Consequence(words=words, tone=Tone.BAD))
    if changes.get("suppress") == "true":
        said.append(warn("its alarms go, and no action is taken, however bad it is"))
    return tuple(said)


def _risk(row: Any, form: Form, _known: Known) -> Risk:
    deadly = any(value in STOPS for value in differing(row, form).values())
    return Risk.DESTRUCTIVE if deadly else Risk.DISRUPTIVE


def _relearn(host: Host, _form: Any, _known: Known) -> Plan:
    body: Json = {"host_uuid": host.uuid}
    command = ("system", "host-sensorgroup-relearn", called(host))
    sentence = f"have the sensors of {host.name} learned anew"
    return send("POST", "/isensorgroups/relearn", body, command, sentence)


def _relearn_reasons(host: Host, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    return (check("it has a BMC", "" if host.has_bmc else f"{host.name} has none set", Asker.OURS),)


def _after_relearn(_host: Host, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (
        Consequence(
            words="all its sensors, groups and their alarms go, and come back learned anew"
        ),
        warn("what was suppressed is not any more; it takes some minutes"),
    )


SENSOR_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_plan("/isensors", "host-sensor-modify", "sensorname"),
        risk=disruptive,
        form=ModifySensor,
        reasons=_news,
        consequences=_beside,
        needs=("hosts",),
        aliases=("host-sensor-modify",),
    ),
)
SENSOR_GROUP_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_plan("/isensorgroups", "host-sensorgroup-modify", "sensorgroupname"),
        risk=_risk,
        form=ModifyGroup,
        choices=_choices,
        reasons=_news,
        consequences=_beside,
        needs=("hosts",),
        aliases=("host-sensorgroup-modify",),
    ),
    Action(
        name="relearn",
        key="R",
        words="Learn anew",
        plan=_relearn,
        risk=disruptive,
        reasons=_relearn_reasons,
        consequences=_after_relearn,
        needs=("hosts",),
        on_parent=True,
        aliases=("host-sensorgroup-relearn",),
    ),
)


# --- PCI devices -------------------------------------------------------------------------------


class ModifyDevice(Form):
    """How a PCI device is given to applications; empty stays as it is."""

    name: Optional[str] = Field(default=None, min_length=1)
    enabled: Optional[bool] = Field(default=None, description="applications may have it")
    driver: Optional[str] = Field(default=None, description="of the device itself")
    sriov_numvfs: Optional[int] = Field(
        default=None, ge=0, title="vfs", json_schema_extra=said_as("sriov numvfs", "VFs")
    )
    sriov_vf_driver: Optional[str] = Field(
        default=None, title="vf driver", json_schema_extra=said_as("VF driver")
    )


FLAGS = {"sriov_numvfs": "--num-vfs", "sriov_vf_driver": "--vf-driver"}
# What every release takes; the others only of some devices and releases.
ALWAYS = ("name", "enabled")


def _device(row: Any, form: ModifyDevice, known: Known) -> Plan:
    fields = differing(row, form)
    host = called(host_of(row, known), row)
    flags = [w for n, value in fields.items() for w in (FLAGS.get(n, f"--{n}"), value)]
    name = row.name or row.pciaddr or row.uuid
    sentence = f"change {', '.join(fields) or 'nothing'} of {name} of {host}"
    command = ("system", "host-device-modify", *flags, host, name)
    return send("PATCH", f"/pci_devices/{row.uuid}", patch_of(fields), command, sentence)


def _device_reasons(row: Any, form: ModifyDevice, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    fields = differing(row, form)
    most = row.sriov_totalvfs or 0
    many = form.sriov_numvfs is not None and form.sriov_numvfs > most
    found = [
        something(fields),
        locked_unless_simplex(host, known),
        works(host),
        check("it has as many VFs", f"{most} at most" if many else ""),
    ]
    if set(fields) - set(ALWAYS):
        words = "drivers and VFs can be set of some devices and releases alone"
        found.append(server_knows("this release takes it", words))
    return tuple(found)


def _after_device(row: Any, form: ModifyDevice, known: Known) -> Tuple[Consequence, ...]:
    return (*_beside(row, form, known), at_unlock("it counts"))


DEVICE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_device,
        risk=disruptive,
        form=ModifyDevice,
        reasons=_device_reasons,
        consequences=_after_device,
        needs=("hosts", "system"),
        aliases=("host-device-modify",),
    ),
)
