"""PTP interfaces and parameters: made, given parameters, changed and taken away."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Reason
from backend.kinds.edits import (
    Fields,
    add,
    check,
    comes,
    delete,
    disruptive,
    harmless,
    modify,
    news_alone,
    sets,
    text,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.network_acts import named, names
from backend.kinds.ptp_acts import NOT_YET, PAIR, free_name, parameter_actions
from backend.known import Known

# Instances that have no interfaces.
WITHOUT_INTERFACES = ("dpll-mgr", "gnss-monitor")


class AddInterface(Form):
    """What an instance does on interfaces of hosts."""

    name: str = Field(min_length=1, max_length=255, examples=["ptpint9"], description="its name")
    instance: str = Field(min_length=1, examples=["ptp4l-legacy"], description="whose it is")


class InterfaceParameter(Form):
    """A parameter of what an instance does on interfaces."""

    parameter: str = Field(pattern=PAIR, examples=["masterOnly=1"], description="as masterOnly=1")


class ModifyPtpParameter(Form):
    """Another value, for all that own the parameter."""

    value: str = Field(min_length=1, examples=["25"], description="the value")


def _add_interface(_row: Any, form: AddInterface, known: Known) -> Plan:
    instance = named("ptp-instances", form.instance, known)
    uuid = form.instance if instance is None else text(instance.uuid)
    return add(
        "ptp-interfaces",
        "/ptp_interfaces",
        {"name": form.name, "ptp_instance_uuid": uuid},
        ("system", "ptp-interface-add", form.name, form.instance),
        f"make the PTP interface {form.name} of {form.instance}",
        lambda row: bool(row.name == form.name),
    )


def _interface_reasons(row: Any, form: AddInterface, known: Known) -> Tuple[Reason, ...]:
    instance = named("ptp-instances", form.instance, known)
    found: List[Reason] = [*free_name("ptp-interfaces")(row, form, known)]
    lost = "" if instance is not None else f"there is no PTP instance {form.instance}"
    found.append(looked_up("the instance is there", lost, known, "ptp-instances"))
    if instance is not None:
        without = instance.service in WITHOUT_INTERFACES
        words = f"{instance.service} has no interfaces" if without else ""
        found.append(check("such an instance has interfaces", words))
    return tuple(found)


def _instances(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"instance": names("ptp-instances", known)}


def _on_nothing(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    on = row.interface_names
    return (check("no interface has it", f"{on[0]} has it: take it from there" if on else ""),)


INTERFACE_ACTIONS: Tuple[Action[Any], ...] = (
    *parameter_actions("ptp-interface", InterfaceParameter),
    Action(
        name="delete",
        key="D",
        words="Delete the PTP interface",
        plan=delete(
            "ptp-interfaces",
            "/ptp_interfaces",
            lambda row: ("system", "ptp-interface-delete", row.name),
            lambda row: f"delete the PTP interface {row.name}",
        ),
        risk=disruptive,
        reasons=_on_nothing,
        aliases=("ptp-interface-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_interface,
        form=AddInterface,
        choices=_instances,
        risk=harmless,
        reasons=_interface_reasons,
        needs=("ptp-instances",),
        on_kind=True,
        aliases=("ptp-interface-add",),
    ),
)


def _parameter_command(row: Any, fields: Fields, _known: Known) -> Tuple[str, ...]:
    value = fields.get("value") or text(row.value) or "-"
    return ("system", "ptp-parameter-modify", row.uuid, value)


PARAMETER_OF_PTP_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the PTP parameter",
        plan=modify(
            "ptp-parameters",
            "/ptp_parameters",
            _parameter_command,
            sets("the PTP parameter"),
        ),
        form=ModifyPtpParameter,
        risk=disruptive,
        reasons=news_alone,
        consequences=comes(NOT_YET, Consequence(words="all that own it have the new value")),
        aliases=("ptp-parameter-modify",),
    ),
)
