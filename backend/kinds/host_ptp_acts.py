"""PTP on the hosts: which instances a host runs, and which of its interfaces they use."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import disruptive
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host import Host
from backend.kinds.host_edits import called, host_of, send
from backend.known import Known

APPLY = "it counts once the PTP configuration is applied: system ptp-instance-apply"


class OnInstance(Form):
    """A PTP instance for a host."""

    instance: str = Field(description="of those there are", examples=["ptp4l-legacy"])


class OnPtpInterface(Form):
    """A PTP interface for an interface of a host."""

    ptp_interface: str = Field(
        title="PTP interface", description="of those there are", examples=["ptpint1"]
    )


def _named(kind: str, name: str, known: Known) -> Optional[Any]:
    return next((row for row in known.rows(kind) if name in (row.name, row.uuid)), None)


def _number(kind: str, name: str, known: Known) -> Json:
    row = _named(kind, name, known)
    number: Json = row.body.get("id") if row is not None else None
    return name if number is None else number


def _patch(verb: str, what: str, value: Json) -> Json:
    return [{"op": verb, "path": f"/{what}/-", "value": value}]


# --- hosts -------------------------------------------------------------------------------------


def _is_on(host: Host, row: Any) -> bool:
    return host.hostname in row.hostnames


def _host_choices(*, on: bool) -> Callable[[Host, Known], Mapping[str, Tuple[str, ...]]]:
    def choices(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
        rows = [row for row in known.rows("ptp-instances") if _is_on(host, row) == on]
        return {"instance": tuple(str(row.name) for row in rows)}

    return choices


def _host_plan(verb: str, command: str) -> Callable[[Any, Any, Known], Plan]:
    def plan(host: Host, form: OnInstance, known: Known) -> Plan:
        body = _patch(verb, "ptp_instances", _number("ptp-instances", form.instance, known))
        words = ("system", command, called(host), form.instance)
        how = f"have {host.name} run" if verb == "add" else f"have {host.name} no more run"
        sentence = f"{how} the PTP instance {form.instance}"
        return send("PATCH", f"/ihosts/{host.uuid}", body, words, sentence)

    return plan


def _host_reasons(*, on: bool) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    def reasons(host: Host, form: OnInstance, known: Known) -> Tuple[Reason, ...]:
        row = _named("ptp-instances", form.instance, known)
        wrong = row is not None and _is_on(host, row) != on
        words = f"{host.name} {'has it not' if on else 'has it'}" if wrong else ""
        return (
            looked_up(
                "there is such an instance",
                "" if row is not None else f"no {form.instance}",
                known,
                "ptp-instances",
            ),
            looked_up("it makes a difference", words, known, "ptp-instances"),
        )

    return reasons


def _after(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return (Consequence(words=APPLY),)


def _unknown(host: Host, _known: Known) -> bool:
    return host.is_discovered


def _no_clock(host: Host, form: OnInstance, known: Known) -> Tuple[Consequence, ...]:
    del form, known
    if host.clock_synchronization == "ptp":
        return (Consequence(words=APPLY),)
    words = f"its clock follows {host.clock_synchronization}: set clock_synchronization to ptp too"
    return (Consequence(words=APPLY), Consequence(words=words))


PTP_HOST_ACTIONS: Tuple[Action[Host], ...] = (
    Action(
        name="ptp-assign",
        key="Y",
        words="Put a PTP instance on",
        plan=_host_plan("add", "host-ptp-instance-assign"),
        risk=disruptive,
        form=OnInstance,
        choices=_host_choices(on=False),
        reasons=_host_reasons(on=False),
        consequences=_no_clock,
        hidden=_unknown,
        needs=("ptp-instances",),
        aliases=("host-ptp-instance-assign",),
    ),
    Action(
        name="ptp-remove",
        key="Z",
        words="Take a PTP instance off",
        plan=_host_plan("remove", "host-ptp-instance-remove"),
        risk=disruptive,
        form=OnInstance,
        choices=_host_choices(on=True),
        reasons=_host_reasons(on=True),
        consequences=_after,
        hidden=_unknown,
        needs=("ptp-instances",),
        aliases=("host-ptp-instance-remove",),
    ),
)


# --- interfaces --------------------------------------------------------------------------------


def _has(interface: Any, row: Any, known: Known) -> bool:
    host = host_of(interface, known)
    names = (interface.ifname, f"{host.name}/{interface.ifname}" if host is not None else "")
    return any(name in row.interface_names for name in names)


def _if_choices(*, on: bool) -> Callable[[Any, Known], Mapping[str, Tuple[str, ...]]]:
    def choices(row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
        there = [one for one in known.rows("ptp-interfaces") if _has(row, one, known) == on]
        return {"ptp_interface": tuple(str(one.name) for one in there)}

    return choices


def _if_plan(verb: str, command: str) -> Callable[[Any, Any, Known], Plan]:
    def plan(row: Any, form: OnPtpInterface, known: Known) -> Plan:
        number = _number("ptp-interfaces", form.ptp_interface, known)
        host, name = called(host_of(row, known), row), row.ifname or row.uuid
        words = ("system", command, host, name, form.ptp_interface)
        how = "put" if verb == "add" else "take"
        sentence = f"{how} {form.ptp_interface} {'on' if verb == 'add' else 'off'} {name} of {host}"
        body = _patch(verb, "ptp_interfaces", number)
        return send("PATCH", f"/iinterfaces/{row.uuid}", body, words, sentence)

    return plan


def _if_reasons(*, on: bool) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    def reasons(row: Any, form: OnPtpInterface, known: Known) -> Tuple[Reason, ...]:
        one = _named("ptp-interfaces", form.ptp_interface, known)
        wrong = one is not None and _has(row, one, known) != on
        words = f"{row.ifname} {'has it not' if on else 'has it'}" if wrong else ""
        missing = "" if one is not None else f"no {form.ptp_interface}"
        return (
            looked_up("there is such a PTP interface", missing, known, "ptp-interfaces"),
            looked_up("it makes a difference", words, known, "ptp-interfaces"),
        )

    return reasons


PTP_INTERFACE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="ptp-assign",
        key="P",
        words="Put a PTP interface on",
        plan=_if_plan("add", "host-if-ptp-assign"),
        risk=disruptive,
        form=OnPtpInterface,
        choices=_if_choices(on=False),
        reasons=_if_reasons(on=False),
        consequences=_after,
        needs=("hosts", "ptp-interfaces"),
        aliases=("host-if-ptp-assign",),
    ),
    Action(
        name="ptp-remove",
        key="U",
        words="Take a PTP interface off",
        plan=_if_plan("remove", "host-if-ptp-remove"),
        risk=disruptive,
        form=OnPtpInterface,
        choices=_if_choices(on=True),
        reasons=_if_reasons(on=True),
        consequences=_after,
        needs=("hosts", "ptp-interfaces"),
        aliases=("host-if-ptp-remove",),
    ),
)
