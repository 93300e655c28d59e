"""What can be done to a server by its baseboard, which asks nobody: so we say what sysinv would."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.baseboard import BmcWrite, Sol
from backend.figure import Jump
from backend.kind import Action, Answer, Asker, Consequence, Form, Nothing, Plan, Reason, Risk, Rung
from backend.kinds.hardware_server import (
    POWER,
    Server,
    error_words,
    host_of,
    power_of,
)
from backend.known import Known
from backend.tone import Tone

NEEDS = (POWER, "hosts")
# What takes the ground from under what runs there.
CUTS = frozenset({"power-off", "power-cycle", "reset", "nmi", "shutdown"})
IPMITOOL: Mapping[str, Tuple[str, ...]] = {
    "power-on": ("chassis", "power", "on"),
    "power-off": ("chassis", "power", "off"),
    "power-cycle": ("chassis", "power", "cycle"),
    "reset": ("chassis", "power", "reset"),
    "shutdown": ("chassis", "power", "soft"),
    "nmi": ("chassis", "power", "diag"),
    "bmc-reset": ("mc", "reset", "cold"),
    "sel-clear": ("sel", "clear"),
}
DEVICES: Mapping[str, str] = {
    "default": "none",
    "network": "pxe",
    "disk": "disk",
    "optical": "cdrom",
    "usb": "floppy",
    "setup": "bios",
}


def command(server: Server, *words: str) -> Tuple[str, ...]:
    """Return what an operator would type; the password comes from IPMI_PASSWORD, as it should."""
    if server.protocol == "redfish":
        return ()
    if server.protocol == "in-band":
        return ("ipmitool", "-I", "open", *words)
    host, _, port = (
        server.address.rpartition(":")
        if ":" in server.address
        else (
            server.address,
            "",
            "",
        )
    )
    at = ("-p", port) if port.isdigit() else ()
    address = host if at else server.address
    return ("ipmitool", "-I", "lanplus", "-H", address, *at, "-U", server.username, "-E", *words)


def order(
    verb: str, server: Server, values: Mapping[str, str], words: Tuple[str, ...], says: str
) -> Plan:
    """Return the plan of one order to a server's baseboard."""
    return Plan.of(
        BmcWrite(
            server=server.name,
            verb=verb,
            values=values,
            command=command(server, *words),
            sentence=says,
        )
    )


def _plain(verb: str, says: str) -> Callable[[Any, Any, Known], Plan]:
    def plan(server: Server, _form: Any, _known: Known) -> Plan:
        return order(verb, server, {}, IPMITOOL[verb], f"{says} of {server.name}")

    return plan


# --- what sysinv would say ---------------------------------------------------------------------


def _is_serving(server: Server, known: Known) -> bool:
    """Whether sysinv has it unlocked, or said so when it last answered."""
    host = host_of(server, known)
    return host is not None and not host.is_locked


def risk_of_power(verb: str) -> Callable[[Any, Any, Known], Risk]:
    """Return how much a power verb breaks: of what serves everything, else what runs there."""

    def risk(server: Server, _form: Any, known: Known) -> Risk:
        if verb == "power-on":
            return Risk.DISRUPTIVE
        row = power_of(server.name, known)
        if row is not None and row.power == "off" and not _is_serving(server, known):
            return Risk.DISRUPTIVE
        known_hosts = known.has("hosts")
        if known_hosts and host_of(server, known) is not None and not _is_serving(server, known):
            return Risk.DISRUPTIVE
        return Risk.DESTRUCTIVE

    return risk


def consequences_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Consequence, ...]]:
    """Return what stops, what maintenance does about it, and what the right order is."""

    def consequences(server: Server, _form: Any, known: Known) -> Tuple[Consequence, ...]:
        host = host_of(server, known)
        found: List[Consequence] = []
        if verb in CUTS:
            found.append(_stops(server, host, known))
        if host is not None and not host.is_locked:
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


def _stops(server: Server, host: Any, known: Known) -> Consequence:
    if host is None:
        words = f"whatever runs on {server.name} stops at once; sysinv does not know it"
        if not known.has("hosts"):
            words = f"whatever runs on {server.name} stops at once; sysinv was not asked"
        return Consequence(words=words, tone=Tone.BAD)
    if host.is_locked:
        return Consequence(words=f"{host.name} is locked: nothing of the platform runs there")
    words = f"{host.name} is UNLOCKED: its pods and services die, nothing is moved away first"
    return Consequence(words=words, tone=Tone.BAD)


def reasons_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    """Return what speaks against an order: what is so already, a baseboard that says nothing."""

    def reasons(server: Server, _form: Any, known: Known) -> Tuple[Reason, ...]:
        found = [_answers(server, known)]
        row = power_of(server.name, known)
        is_now = row is not None and known.reading(POWER, server.name).error is None
        if is_now and row is not None:
            if verb == "power-on":
                found.append(_check("it is off", row.power != "on", "it is on already"))
            elif verb in CUTS:
                found.append(_check("it is on", row.power == "on", "it is off"))
        return tuple(found)

    return reasons


def _answers(server: Server, known: Known) -> Reason:
    error = known.reading(POWER, server.name).error
    answer = Answer.PASSES if error is None else Answer.CANT_TELL
    words = "" if error is None else error_words(error)
    return Reason(check="its baseboard answers", answer=answer, words=words, asker=Asker.OURS)


def _check(check: str, holds: bool, words: str) -> Reason:
    answer = Answer.PASSES if holds else Answer.NO
    return Reason(check=check, answer=answer, words="" if holds else words, asker=Asker.OURS)


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


# --- forms -------------------------------------------------------------------------------------


class Identify(Form):
    """The identify LED: on for a time, on until it is switched off, or off."""

    on: bool = True
    seconds: int = Field(default=60, ge=0, le=255)


class Boot(Form):
    """Where it boots from next; ``always`` until it is ordered otherwise."""

    device: str = "network"
    always: bool = False
    uefi: bool = True


class LogIn(Form):
    """Who one is to a baseboard; held in memory until the console ends."""

    username: str = "admin"
    password: str = Field(json_schema_extra={"secret": True})


def _identify(server: Server, form: Identify, _known: Known) -> Plan:
    values = {"on": "yes" if form.on else "no"}
    if form.on and form.seconds:
        values["seconds"] = str(form.seconds)
    word = str(form.seconds) if form.on and form.seconds else "force" if form.on else "0"
    how = f"for {form.seconds} s" if "seconds" in values else "until it is switched off"
    says = f"light {server.name}, {how}" if form.on else f"let the LED of {server.name} go out"
    return order("identify", server, values, ("chassis", "identify", word), says)


def _boot(server: Server, form: Boot, _known: Known) -> Plan:
    values = {
        "device": form.device,
        "always": "yes" if form.always else "no",
        "uefi": "yes" if form.uefi else "no",
    }
    options = [word for word, on in (("efiboot", form.uefi), ("persistent", form.always)) if on]
    words = ["chassis", "bootdev", DEVICES.get(form.device, form.device)]
    words += [f"options={','.join(options)}"] if options else []
    how = "always" if form.always else "once"
    says = f"let {server.name} boot from {form.device} {how}"
    return order("boot", server, values, tuple(words), says)


def _devices(_row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"device": tuple(DEVICES)}


def _log_in(server: Server, form: LogIn, _known: Known) -> Plan:
    write = BmcWrite(
        server=server.name,
        verb="log-in",
        values={"username": form.username, "password": form.password},
        command=command(server, "mc", "info"),
        sentence=f"log in to the baseboard of {server.name} as {form.username}",
        secret=frozenset({"password"}),
    )
    return Plan.of(write)


def _sel_clear(server: Server, _form: Nothing, known: Known) -> Plan:
    rows = known.rows("sel", server.name)
    last = rows[-1].record if rows else ""
    says = f"clear the log of {server.name} ({len(rows)} events, kept in our record)"
    return order("sel-clear", server, {"last": last}, IPMITOOL["sel-clear"], says)


def _sel_reasons(server: Server, _form: Any, known: Known) -> Tuple[Reason, ...]:
    was_read = known.reading("sel", server.name).was_read
    words = "its log was not read: nothing of it would be kept"
    return (_answers(server, known), _check("its log is saved", was_read, words))


def _console(*, takes_over: bool) -> Callable[[Any, Any, Known], Plan]:
    def plan(server: Server, _form: Any, _known: Known) -> Plan:
        session = Sol(
            server=server.name,
            takes_over=takes_over,
            command=command(server, "sol", "activate"),
            sentence=f"open the serial console of {server.name}",
        )
        return Plan(opens=session)

    return plan


def _thrown_off(server: Server, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = f"whoever sits at the serial console of {server.name} is thrown off, and sees it"
    return (Consequence(words=words, tone=Tone.WARN),)


# --- all of them -------------------------------------------------------------------------------


def _power(verb: str, key: str, words: str, says: str, ladder: Any = None) -> Action[Server]:
    return Action(
        name=verb,
        key=key,
        words=words,
        plan=_plain(verb, says),
        risk=risk_of_power(verb),
        reasons=reasons_of(verb),
        consequences=consequences_of(verb),
        ladder=ladder,
        needs=NEEDS,
        at_once=True,
    )


def _harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.HARMLESS


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _never(_row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    return ()


_OFF_S, _SOFT_S = 30, 300
_COMMON: Dict[str, Any] = {"needs": (POWER,), "at_once": True}

ACTIONS: Tuple[Action[Server], ...] = (
    Action(
        name="console",
        key="t",
        words="open the serial console",
        plan=_console(takes_over=False),
        risk=_harmless,
    ),
    Action(
        name="console-take-over",
        key="T",
        words="take the serial console over",
        plan=_console(takes_over=True),
        risk=_disruptive,
        consequences=_thrown_off,
    ),
    Action(
        name="identify",
        key="i",
        words="light or unlight",
        plan=_identify,
        risk=_harmless,
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
        plan=_boot,
        risk=_disruptive,
        form=Boot,
        choices=_devices,
        reasons=lambda server, _form, known: (_answers(server, known),),
        **_COMMON,
    ),
    Action(
        name="sel-clear",
        key="E",
        words="clear the event log",
        plan=_sel_clear,
        risk=_disruptive,
        reasons=_sel_reasons,
        needs=(POWER, "sel"),
        at_once=True,
    ),
    Action(
        name="bmc-reset",
        key="W",
        words="restart the baseboard",
        plan=_plain("bmc-reset", "restart the baseboard"),
        risk=_disruptive,
        consequences=lambda server, _form, _known: (
            Consequence(words=f"the baseboard of {server.name} is away for a minute or two"),
        ),
        **_COMMON,
    ),
    Action(
        name="log-in",
        key="s",
        words="log in to its baseboard",
        plan=_log_in,
        risk=_harmless,
        form=LogIn,
    ),
)
