"""A host's own baseboard on the host's pages: what it says, and whether the others agree."""

from __future__ import annotations

from typing import Any, List, Tuple

from backend.figure import Jump, Line, Lines
from backend.kinds.hardware_looks import overview
from backend.kinds.hardware_parts import SEL
from backend.kinds.hardware_sensors import SENSORS, number_words, state
from backend.kinds.hardware_server import (
    HEALTH,
    POWER,
    Server,
    error_words,
    health_of,
    power_of,
    server_of_host,
)
from backend.kinds.host import Host
from backend.known import Known
from backend.tone import Tone
from backend.units import span

EVENTS, SHOWN = 5, 6


def power_of_host(host: Host, known: Known) -> Tuple[Tuple[str, str], ...]:
    """Return the reading of the power of a host's own baseboard, () where it has none."""
    server = server_of_host(host.name, known)
    return ((POWER, server.name),) if server is not None else ()


def board_of_host(host: Host, known: Known) -> Tuple[Tuple[str, str], ...]:
    """Return the readings that a host's page of its baseboard shows."""
    server = server_of_host(host.name, known)
    kinds = (POWER, HEALTH, SENSORS.name, SEL.name)
    return tuple((kind, server.name) for kind in kinds) if server is not None else ()


def board_line(host: Host, known: Known) -> Line:
    """Return the line of a host's overview: where its baseboard answers, its power since when."""
    server = server_of_host(host.name, known)
    if server is None:
        said = f"{host.bm_type} {host.bm_ip or '-'}" if host.has_bmc else "none known to sysinv"
        return Line(heading="BMC", text=said)
    jump = Jump(kind="servers", id=server.name)
    where = f"{server.protocol} {server.address}"
    power, reading = power_of(server.name, known), known.reading(POWER, server.name)
    if not server.has_password:
        return Line(heading="BMC", text=f"{where}   not asked: no password known", jump=jump)
    if reading.error is not None:
        return Line(heading="BMC", text=f"{where}   {error_words(reading.error)}", jump=jump)
    if power is None:
        return Line(heading="BMC", text=where, jump=jump)
    since = known.since(POWER, server.name, "power")
    ago = f" for {span(known.now_ms - since.ms)}" if since is not None else ""
    health = health_of(server.name, known)
    well = f", health {health.health}" if health is not None else ""
    if well and known.reading(HEALTH, server.name).error is not None:
        well += " when it was read last"
    return Line(heading="BMC", text=f"{where}   power {power.power}{ago}{well}", jump=jump)


def board_page(host: Host, known: Known) -> Lines:
    """Return the page: who says what of the machine, its power, sensors and last events."""
    server = server_of_host(host.name, known)
    if server is None:
        return _none(known)
    jump = Jump(kind="servers", id=server.name)
    head, *rest = overview(server, known).lines
    lines = [head, *rest, Line(rule=True)]
    lines += _sensors(server, known)
    lines.append(Line(rule=True))
    lines += _events(server, known)
    lines.append(Line(text="all of it, and what can be done: the server", jump=jump))
    return Lines(lines=tuple(lines))


def _none(known: Known) -> Lines:
    if not known.has("servers"):
        return Lines(lines=(Line(text="not read yet"),))
    return Lines(
        lines=(
            Line(
                text="nobody knows a BMC of it: sysinv has no address, nor has bmc: of clouds.yaml"
            ),
            Line(text="provision one: a  act, BMC"),
        )
    )


def _unread(kind: str, server: Server, known: Known, heading: str) -> List[Line]:
    error = known.reading(kind, server.name).error
    words = error_words(error) if error is not None else "still being read"
    return [Line(heading=heading, text=words, tone=Tone.WARN if error is not None else Tone.PLAIN)]


def _old(kind: str, server: Server, known: Known) -> List[Line]:
    """Return why what is shown is not of now, and how old it is; nothing where it is."""
    reading = known.reading(kind, server.name)
    if reading.error is None:
        return []
    ago = span(known.now_ms - reading.at_ms)
    return [Line(text=f"as of {ago} ago: {error_words(reading.error)}", tone=Tone.WARN)]


def _sensors(server: Server, known: Known) -> List[Line]:
    """Return the sensors that are not well, else the first that have a value."""
    if not known.has(SENSORS.name, server.name):
        return _unread(SENSORS.name, server, known, "sensors")
    rows = known.rows(SENSORS.name, server.name)
    bad = [row for row in rows if row.health != "ok" or row.trouble]
    told = f"{len(rows)} sensors, {len(bad) or 'none'} not well"
    lines = [Line(heading="sensors", text=told, tone=Tone.WARN if bad else Tone.PLAIN)]
    lines += _old(SENSORS.name, server, known)
    for row in (bad or [row for row in rows if row.value is not None])[:SHOWN]:
        text = f"{row.sensor:<24} {number_words(row.value, row.units) or '-':>10}  {state(row)}"
        tone = Tone.WARN if row in bad else Tone.PLAIN
        lines.append(Line(text=text, tone=tone, jump=Jump(kind=SENSORS.name, id=SENSORS.id(row))))
    return lines


def _events(server: Server, known: Known) -> List[Line]:
    """Return the newest events of its log."""
    if not known.has(SEL.name, server.name):
        return _unread(SEL.name, server, known, "log")
    rows = known.rows(SEL.name, server.name)
    lines = [Line(heading="log", text=f"{len(rows)} events" if rows else "empty")]
    lines += _old(SEL.name, server, known)
    newest = sorted(rows, key=lambda row: _order(row, known))[:EVENTS]
    for row in newest:
        when = (row.timestamp or "").replace("T", " ")[:19] or row.record
        tone = Tone.PLAIN if row.is_over or row.health == "ok" else Tone.WARN
        text = f"{when}  {row.sensor or '-'}: {row.event or '-'}"
        lines.append(Line(text=text, tone=tone, jump=Jump(kind=SEL.name, id=SEL.id(row))))
    return lines


def _order(row: Any, known: Known) -> Any:
    assert SEL.sort is not None
    return SEL.sort(row, known)
