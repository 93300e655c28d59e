"""Orders to a server's baseboard as values, with what an operator would type for each."""

from __future__ import annotations

import json
from typing import Any, Mapping, Optional, Tuple

from backend.baseboard import BmcWrite
from backend.kind import Answer, Asker, Plan, Reason, Step
from backend.kinds.hardware_server import POWER, Server, error_words
from backend.known import Known
from backend.plan import HERE


def ipmitool(server: Server, *words: str) -> Tuple[str, ...]:
    """Return what an operator would type; the password comes from IPMI_PASSWORD, as it should."""
    if server.protocol == "in-band":
        way = () if server.address in ("", HERE) else ("ssh", server.address)
        return (*way, "ipmitool", "-I", "open", *words)
    host, _, port = server.address.rpartition(":")
    has_port = bool(host) and port.isdigit() and (":" not in host or host.startswith("["))
    at = ("-p", port) if has_port else ()
    address = host.strip("[]") if has_port else server.address
    return ("ipmitool", "-I", "lanplus", "-H", address, *at, "-U", server.username, "-E", *words)


def curl(
    server: Server, path: str, body: Optional[Mapping[str, Any]] = None, method: str = "POST"
) -> Tuple[str, ...]:
    """Return what an operator would type over Redfish; curl asks for the password."""
    what = ("-H", "Content-Type: application/json", "-d", json.dumps(body or {}))
    url = f"https://{server.address}{path or '/redfish/v1/'}"
    return ("curl", "-u", server.username, "-X", method, *what, url)


def step(
    verb: str,
    server: Server,
    values: Mapping[str, str],
    words: Tuple[str, ...],
    says: str,
    **more: Any,
) -> Step:
    """Return one order to a server's baseboard; ``words`` is what an operator would type."""
    write = BmcWrite(
        server=server.name, verb=verb, values=values, command=words, sentence=says, **more
    )
    return Step(write=write)


def order(
    verb: str,
    server: Server,
    values: Mapping[str, str],
    words: Tuple[str, ...],
    says: str,
    **more: Any,
) -> Plan:
    """Return the plan of one order."""
    return Plan(steps=(step(verb, server, values, words, says, **more),))


def answers(server: Server, known: Known) -> Reason:
    """Return whether its baseboard answered last; silence blocks nothing."""
    reading = known.reading(POWER, server.name)
    words = error_words(reading.error) if reading.error is not None else ""
    words = words or ("" if reading.was_read else "it was not asked yet")
    answer = Answer.CANT_TELL if words else Answer.PASSES
    return Reason(check="its baseboard answers", answer=answer, words=words, asker=Asker.OURS)


def check(name: str, holds: bool, words: str, *, of_form: bool = False) -> Reason:
    """Return a check of ours: passed, or blocking with ``words``.

    One ``of_form`` is about what is given there, and says nothing before that is.
    """
    answer = Answer.PASSES if holds else Answer.NO
    said = "" if holds else words
    return Reason(check=name, answer=answer, words=said, asker=Asker.OURS, of_form=of_form)
