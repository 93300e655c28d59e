"""PTP by instances: made, given parameters, taken away, and applied on the hosts that have them."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple, Type

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Consequence, Form, Json, Plan, Reason, RestWrite
from backend.kinds.edits import (
    SERVICE,
    add,
    check,
    comes,
    delete,
    disruptive,
    harmless,
    text,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.network_acts import named
from backend.known import Known

PAIR = r"^[^\s=]+=.*\S$"
NOT_YET = Consequence(words="it counts once PTP is applied (ptp-instances, apply)")


class AddInstance(Form):
    """A PTP service that hosts can run."""

    name: str = Field(min_length=1, max_length=255, examples=["ptp1"], description="its name")
    service: Literal[
        "ptp4l", "phc2sys", "ts2phc", "clock", "synce4l", "gnss-monitor", "dpll-mgr"
    ] = Field(examples=["ptp4l"], description="what it runs")


class InstanceParameter(Form):
    """A parameter of an instance, in a section of its file."""

    parameter: str = Field(
        pattern=PAIR, examples=["domainNumber=24"], description="as domainNumber=24"
    )
    section: str = Field(default="global", min_length=1, description="of its file")


# --- instances ---------------------------------------------------------------------------------


def _add_instance(_row: Any, form: AddInstance, _known: Known) -> Plan:
    return add(
        "ptp-instances",
        "/ptp_instances",
        {"name": form.name, "service": form.service},
        ("system", "ptp-instance-add", form.name, form.service),
        f"make the PTP instance {form.name}",
        lambda row: bool(row.name == form.name),
    )


def free_name(kind: str) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    """Return the check that no row of that kind has the name."""

    def reasons(_row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
        has = named(kind, form.name, known) is not None
        words = f"there is a {form.name} already" if has else ""
        return (looked_up("the name is free", words, known, kind),)

    return reasons


def _parameter_plan(root: str, verb: str, op: str) -> Callable[[Any, Any, Known], Plan]:
    """Return the plan that gives a row a parameter, or takes it (``op`` add or remove)."""

    def plan(row: Any, form: Any, _known: Known) -> Plan:
        section = getattr(form, "section", None)
        one: Dict[str, Json] = {
            "op": op,
            "path": "/ptp_parameters/-",
            "value": form.parameter,
        }
        flags: Tuple[str, ...] = ()
        if section is not None:
            one = {
                "op": op,
                "path": "/ptp_parameters/-",
                "section": section,
                "value": form.parameter,
            }
            flags = ("--section", section) if section != "global" else ()
        said = {"add": "give", "remove": "take from"}[op]
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="PATCH",
                path=f"/{root}/{row.uuid}",
                body=[one],
                command=("system", verb, *flags, text(row.name), form.parameter),
                sentence=f"{said} {row.name} the parameter {form.parameter}",
            )
        )

    return plan


def parameter_actions(thing: str, form: Type[Form]) -> Tuple[Action[Any], ...]:
    """Return what gives a PTP thing a parameter, and what takes it from there."""

    def action(key: str, words: str, verb: str, op: str) -> Action[Any]:
        command = f"{thing}-parameter-{verb}"
        return Action(
            name=f"parameter-{verb}",
            key=key,
            words=words,
            plan=_parameter_plan(f"{thing}s".replace("-", "_"), command, op),
            form=form,
            risk=disruptive,
            consequences=comes(NOT_YET),
            aliases=(command,),
        )

    return (
        action("P", "Give a parameter to", "add", "add"),
        action("X", "Take a parameter from", "delete", "remove"),
    )


def _apply(_row: Any, _form: Any, _known: Known) -> Plan:
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="POST",
            path="/ptp_instances/apply",
            command=("system", "ptp-instance-apply"),
            sentence="hand PTP's instances to the hosts that have them",
        )
    )


def _after_apply(_row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    on = [
        host.name
        for host in known.rows("hosts")
        if host.clock_synchronization == "ptp"
        and (host.administrative, host.operational) == ("unlocked", "enabled")
    ]
    if not on:
        return (Consequence(words="no unlocked host takes its time from PTP: nothing changes yet"),)
    words = f"PTP restarts on {len(on)} hosts, {on[0]} among them: they lose the time for a while"
    return (warn(words), Consequence(words="100.119 may stand until they are in step again"))


def _no_hosts(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    words = f"{row.hostnames[0]} has it: take it from there first" if row.hostnames else ""
    return (check("no host has it", words),)


INSTANCE_ACTIONS: Tuple[Action[Any], ...] = (
    *parameter_actions("ptp-instance", InstanceParameter),
    Action(
        name="delete",
        key="D",
        words="Delete the PTP instance",
        plan=delete(
            "ptp-instances",
            "/ptp_instances",
            lambda row: ("system", "ptp-instance-delete", row.name),
            lambda row: f"delete the PTP instance {row.name}",
        ),
        risk=disruptive,
        reasons=_no_hosts,
        consequences=comes(warn("its parameters go, and its interfaces with them")),
        aliases=("ptp-instance-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_instance,
        form=AddInstance,
        risk=harmless,
        reasons=free_name("ptp-instances"),
        on_kind=True,
        aliases=("ptp-instance-add",),
    ),
    Action(
        name="apply",
        key="A",
        words="Apply PTP: every",
        plan=_apply,
        risk=disruptive,
        consequences=_after_apply,
        needs=("hosts",),
        on_kind=True,
        aliases=("ptp-instance-apply",),
    ),
)
