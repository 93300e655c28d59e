"""What can be done to a baseboard itself: log in, its log, its restart, its serial console."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from pydantic import Field

from backend.baseboard import IPMITOOL, Sol
from backend.kind import Action, Consequence, Form, Nothing, Plan, Reason, Risk
from backend.kinds.hardware_acts import disruptive, half_written, harmless
from backend.kinds.hardware_orders import answers, check, curl, ipmitool, order
from backend.kinds.hardware_server import POWER, TASKS, Server, works_on
from backend.known import Known
from backend.tone import Tone


class LogIn(Form):
    """Who one is to a baseboard; held in memory until the console ends."""

    username: str = "admin"
    password: str = Field(json_schema_extra={"secret": True})


def _typed(server: Server, verb: str, path: str = "") -> Tuple[str, ...]:
    """Return what an operator would type, by what the baseboard speaks."""
    if server.protocol == "redfish":
        return curl(server, path)
    return ipmitool(server, *IPMITOOL[verb])


def _log_in(server: Server, form: LogIn, _known: Known) -> Plan:
    values = {"username": form.username, "password": form.password}
    words = ipmitool(server, "mc", "info")
    if server.protocol == "redfish":
        words = curl(server, "/redfish/v1/Systems", method="GET")
    says = f"log in to the baseboard of {server.name} as {form.username}"
    return order("log-in", server, values, words, says, secret=frozenset({"password"}))


def _reset(server: Server, _form: Nothing, _known: Known) -> Plan:
    path = "/redfish/v1/Managers/ID/Actions/Manager.Reset"
    says = f"restart the baseboard of {server.name}"
    return order("bmc-reset", server, {}, _typed(server, "bmc-reset", path), says)


def _sel_clear(server: Server, _form: Nothing, known: Known) -> Plan:
    rows = known.rows("sel", server.name)
    seen = {"last": rows[-1].record if rows else "", "count": str(len(rows))}
    says = f"clear the log of {server.name} ({len(rows)} events, kept in our record)"
    path = "/redfish/v1/Systems/ID/LogServices/ID/Actions/LogService.ClearLog"
    words = _typed(server, "sel-clear", path)
    return order("sel-clear", server, seen, words, says)


def _sel_reasons(server: Server, _form: Any, known: Known) -> Tuple[Reason, ...]:
    was_read = known.reading("sel", server.name).was_read
    words = "its log was not read: nothing of it would be kept"
    if was_read and known.trouble:
        words = f"the record cannot be written, so nothing of it is kept: {known.trouble}"
    is_saved = was_read and not known.trouble
    return (answers(server, known), check("its log is saved", is_saved, words))


def _console(*, takes_over: bool) -> Callable[[Any, Any, Known], Plan]:
    def plan(server: Server, _form: Any, _known: Known) -> Plan:
        session = Sol(
            server=server.name,
            takes_over=takes_over,
            command=ipmitool(server, "sol", "activate"),
            sentence=f"open the serial console of {server.name}",
        )
        return Plan(opens=session)

    return plan


def _thrown_off(server: Server, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = f"whoever sits at the serial console of {server.name} is thrown off, and sees it"
    return (Consequence(words=words, tone=Tone.WARN),)


def _away(server: Server, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    words = f"the baseboard of {server.name} is away for a minute or two"
    return (Consequence(words=words), *half_written(server, known))


def _reset_risk(server: Server, _form: Any, known: Known) -> Risk:
    return Risk.DESTRUCTIVE if works_on(server, known) else Risk.DISRUPTIVE


CONSOLES: Tuple[Action[Server], ...] = (
    Action(
        name="console",
        key="t",
        words="open serial console",
        plan=_console(takes_over=False),
        risk=harmless,
    ),
    Action(
        name="console-take-over",
        key="T",
        words="take console over",
        plan=_console(takes_over=True),
        risk=disruptive,
        consequences=_thrown_off,
    ),
)

BOARD_ACTIONS: Tuple[Action[Server], ...] = (
    Action(
        name="sel-clear",
        key="E",
        words="clear the event log",
        plan=_sel_clear,
        risk=disruptive,
        reasons=_sel_reasons,
        needs=(POWER, "sel"),
        at_once=True,
    ),
    Action(
        name="bmc-reset",
        key="W",
        words="restart its BMC",
        plan=_reset,
        risk=_reset_risk,
        consequences=_away,
        needs=(POWER, TASKS),
        at_once=True,
    ),
    Action(
        name="log-in",
        key="s",
        words="log in to its BMC",
        plan=_log_in,
        risk=harmless,
        form=LogIn,
    ),
)
