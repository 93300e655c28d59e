"""What can be done to a server by its baseboard, which asks nobody: so we say what sysinv would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Optional, Tuple

from backend.baseboard import IPMITOOL, RESETS
from backend.figure import Jump
from backend.kind import Action, Consequence, Plan, Reason, Risk, Rung, Step
from backend.kinds.hardware_boot import Boot, Identify, boot, boot_consequences, devices, identify
from backend.kinds.hardware_orders import answers, check, curl, ipmitool, step
from backend.kinds.hardware_server import (
    POWER,
    TASKS,
    Power,
    Server,
    host_of,
    is_off,
    is_told_now,
    power_of,
    sits_on,
    works_on,
)
from backend.known import Known
from backend.tone import Tone
from backend.units import span

NEEDS = (POWER, "hosts", TASKS)
# What takes the ground from under what runs there.
CUTS = frozenset({"power-off", "power-cycle", "reset", "nmi", "shutdown"})
_OFF_S, _SOFT_S = 30, 300


# --- what is sent ------------------------------------------------------------------------------


def _plan_of(verb: str, says: str) -> Callable[[Any, Any, Known], Plan]:
    """Return the plan of a power verb; where a cycle is not offered it is off, and then on."""

    def plan(server: Server, _form: Any, known: Known) -> Plan:
        row = power_of(server.name, known)
        if verb == "power-cycle" and _lacks(row, "PowerCycle"):
            return Plan(steps=(_off_first(server, row), pressed("power-on", server, row, says)))
        return Plan(steps=(pressed(verb, server, row, says),))

    return plan


def pressed(verb: str, server: Server, row: Optional[Power], says: str) -> Step:
    """Return the order to press the power or the reset button; ``row`` is its power as read."""
    words = ipmitool(server, *IPMITOOL[verb])
    if server.protocol == "redfish":
        at = row.reset_at if row is not None else ""
        words = curl(server, at, {"ResetType": RESETS[verb]})
    return step(verb, server, {}, words, f"{says} of {server.name}")


def _off_first(server: Server, row: Optional[Power]) -> Step:
    def is_off(known: Known) -> bool:
        found = power_of(server.name, known)
        return found is not None and found.power == "off"

    sent = pressed("power-off", server, row, "cut the power")
    unseen = "its baseboard took the order to power off, and did not"
    return replace(sent, took=is_off, wait_s=float(_OFF_S), unseen=unseen)


def _lacks(row: Optional[Power], reset: str) -> bool:
    """Whether a baseboard says what it can do, and this is not among it."""
    return row is not None and bool(row.resets) and reset not in row.resets


# --- what sysinv would say ---------------------------------------------------------------------


def risk_of_power(verb: str) -> Callable[[Any, Any, Known], Risk]:
    """Return how much a power verb breaks: of what serves everything, else what runs there."""

    def risk(server: Server, _form: Any, known: Known) -> Risk:
        if verb == "power-on":
            return Risk.DISRUPTIVE
        if sits_on(server, known) or works_on(server, known):
            return Risk.DESTRUCTIVE
        host = host_of(server, known)
        if host is None:
            return Risk.DISRUPTIVE if is_off(server, known) else Risk.DESTRUCTIVE
        # What was so when sysinv last answered, or what maintenance is just changing, is no leave.
        is_free = host.is_locked and not host.doing and is_told_now("hosts", known)
        return Risk.DISRUPTIVE if is_free else Risk.DESTRUCTIVE

    return risk


def consequences_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Consequence, ...]]:
    """Return what stops, what maintenance does about it, and what the right order is."""

    def consequences(server: Server, _form: Any, known: Known) -> Tuple[Consequence, ...]:
        host = host_of(server, known)
        found: List[Consequence] = []
        if verb in CUTS:
            found.append(_stops(server, host, known))
            found += half_written(server, known)
            if sits_on(server, known):
                words = "it is the machine this console runs on: it ends with it"
                found.append(Consequence(words=words, tone=Tone.BAD))
        if host is not None and not (host.is_locked and is_told_now("hosts", known)):
            jump = Jump(kind="hosts", id=host.uuid)
            if verb in {"power-off", "shutdown"}:
                words = "maintenance may power it on again by itself: it is to be in service"
                found.append(Consequence(words=words, tone=Tone.WARN))
            if verb in CUTS:
                words = (
                    "for hands in the box: lock it, power it off through sysinv, then pull the"
                    f" cords ({host.name}: go there)"
                )
                found.append(Consequence(words=words, jump=jump))
        return tuple(found)

    return consequences


def half_written(server: Server, known: Known) -> List[Consequence]:
    """Say what is cut off that a baseboard works on: firmware half written starts nothing again."""
    name = works_on(server, known)
    words = f"its baseboard works on {name}: firmware that is half written may start nothing again"
    return [Consequence(words=words, tone=Tone.BAD)] if name else []


def _stops(server: Server, host: Any, known: Known) -> Consequence:
    if host is None:
        words = f"whatever runs on {server.name} stops at once; sysinv does not know it"
        if not known.has("hosts"):
            words = f"whatever runs on {server.name} stops at once; sysinv was not asked"
        return Consequence(words=words, tone=Tone.BAD)
    if not is_told_now("hosts", known):
        was = "locked" if host.is_locked else "UNLOCKED"
        old = span(known.age_ms("hosts") or 0)
        words = f"sysinv does not answer: {host.name} was {was} {old} ago, and may serve by now"
        return Consequence(words=words, tone=Tone.BAD)
    if host.is_locked and host.doing:
        words = f"{host.name} is locked, and maintenance is at it: {host.doing}"
        return Consequence(words=words, tone=Tone.BAD)
    if host.is_locked:
        return Consequence(words=f"{host.name} is locked: nothing of the platform runs there")
    words = f"{host.name} is UNLOCKED: its pods and services die, nothing is moved away first"
    return Consequence(words=words, tone=Tone.BAD)


def reasons_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    """Return what speaks against an order: what is so already, a baseboard that says nothing."""

    def reasons(server: Server, _form: Any, known: Known) -> Tuple[Reason, ...]:
        found = [answers(server, known)]
        row = power_of(server.name, known)
        is_now = row is not None and is_told_now(POWER, known, server.name)
        if is_now and row is not None:
            if verb == "power-on":
                found.append(check("it is off", row.power != "on", "it is on already"))
            elif verb in CUTS:
                found.append(check("it is on", row.power == "on", "it is off"))
        found += _offered(verb, row)
        return tuple(found)

    return reasons


def _offered(verb: str, row: Optional[Power]) -> List[Reason]:
    """Return whether a baseboard offers it, of one that says what it offers."""
    if row is None or not row.resets:
        return []
    wanted: Tuple[str, ...] = (RESETS[verb],)
    if verb == "power-cycle" and _lacks(row, wanted[0]):
        wanted = (RESETS["power-off"], RESETS["power-on"])
    missing = [name for name in wanted if name not in row.resets]
    words = f"it does not offer {' '.join(missing)}: it offers {', '.join(row.resets)}"
    return [check("its baseboard offers it", not missing, words)]


def _until(state: str, gives_up_s: int, then: str) -> Callable[[Any, Known], Tuple[Rung[Any], ...]]:
    """Return the one rung of an order that ends when the power is as wanted."""

    def reached(row: Optional[Server], known: Known) -> bool:
        power = power_of(row.name, known) if row is not None else None
        return power is not None and power.power == state

    def ladder(_server: Server, _known: Known) -> Tuple[Rung[Any], ...]:
        rung: Rung[Any] = Rung(
            name=f"power is {state}",
            reached=reached,
            says="as its baseboard says",
            gives_up_s=gives_up_s,
            then=then,
        )
        return (rung,)

    return ladder


# --- all of them -------------------------------------------------------------------------------


def _power(verb: str, key: str, words: str, says: str, ladder: Any = None) -> Action[Server]:
    return Action(
        name=verb,
        key=key,
        words=words,
        plan=_plan_of(verb, says),
        risk=risk_of_power(verb),
        reasons=reasons_of(verb),
        consequences=consequences_of(verb),
        ladder=ladder,
        ends_session=lambda server, known: verb in CUTS and sits_on(server, known),
        needs=NEEDS,
        at_once=True,
    )


def harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    """Return the risk of what breaks nothing."""
    return Risk.HARMLESS


def disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    """Return the risk of what interrupts somebody."""
    return Risk.DISRUPTIVE


_COMMON: Dict[str, Any] = {"needs": (POWER,), "at_once": True}

POWER_ACTIONS: Tuple[Action[Server], ...] = (
    Action(
        name="identify",
        key="i",
        words="light or unlight",
        plan=identify,
        risk=harmless,
        form=Identify,
        **_COMMON,
    ),
    _power("power-on", "o", "power on", "switch on the power", _until("on", _OFF_S, "")),
    _power("power-off", "p", "power off", "cut the power", _until("off", _OFF_S, "")),
    _power("power-cycle", "y", "power cycle", "cut the power and give it back"),
    _power("reset", "R", "reset", "press the reset button"),
    _power(
        "shutdown",
        "u",
        "shut down",
        "press the power button, for the operating system to shut down",
        _until("off", _SOFT_S, "it goes on: its operating system does not listen"),
    ),
    _power("nmi", "M", "interrupt (NMI)", "send a diagnostic interrupt to the processors"),
    Action(
        name="boot",
        key="B",
        words="boot from",
        plan=boot,
        risk=disruptive,
        form=Boot,
        choices=devices,
        reasons=lambda server, _form, known: (answers(server, known),),
        consequences=boot_consequences,
        **_COMMON,
    ),
)
