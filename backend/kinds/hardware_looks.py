"""How servers look: the list, its verdict, the strip, and the page of one."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from backend.errors import NotConfigured, Unauthorized
from backend.figure import Jump, Line, Lines
from backend.kind import Column
from backend.kinds.hardware_server import (
    HEALTH,
    POWER,
    SERVERS,
    Power,
    Server,
    between,
    error_words,
    health_of,
    host_of,
    is_told_now,
    odd,
    power_of,
    tone_of_health,
    views,
)
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import span, when

READING = "reading"


def _power(server: Server, known: Known) -> str:
    row, reading = power_of(server.name, known), known.reading(POWER, server.name)
    if row is None:
        return "?" if reading.error is not None else READING
    return f"{row.power} ?" if reading.error is not None else row.power


def _health(server: Server, known: Known) -> str:
    row, reading = health_of(server.name, known), known.reading(HEALTH, server.name)
    if row is not None:
        return f"{row.health} ?" if reading.error is not None else row.health
    if reading.error is not None or known.reading(POWER, server.name).error is not None:
        return "?"
    return READING


def boot_words(row: Power) -> str:
    """Return from where it boots next, "" where nothing is ordered."""
    if not row.boot or row.boot == "default":
        return ""
    return f"{row.boot} {'always' if row.boot_always else 'once'}"


def _boot(server: Server, known: Known) -> Any:
    row = power_of(server.name, known)
    return (boot_words(row) or None) if row is not None else None


def _identify(server: Server, known: Known) -> Any:
    row = power_of(server.name, known)
    return row.identify if row is not None else None


def _sysinv(server: Server, known: Known) -> Any:
    host = host_of(server, known)
    if host is None:
        return None
    return f"{host.administrative}/{host.avail}{'' if is_told_now('hosts', known) else ' ?'}"


COLUMNS: Tuple[Column[Server], ...] = (
    Column(heading="NAME", value=lambda s: s.name, most=24),
    Column(heading="POWER", joined=_power),
    Column(heading="HEALTH", joined=_health),
    Column(heading="LED", joined=_identify),
    Column(heading="BOOTS FROM", joined=_boot),
    Column(heading="SYSINV", joined=_sysinv, most=20),
    Column(heading="ADDRESS", value=lambda s: s.address, most=24),
    Column(heading="BY", value=lambda s: s.protocol),
    Column(heading="USER", value=lambda s: s.username, wide=True),
    Column(heading="TOLD BY", value=lambda s: s.told_by, wide=True),
)


def look(server: Server, known: Known) -> Look:
    """Return how a server stands, and why it is not well."""
    reading = known.reading(POWER, server.name)
    row = power_of(server.name, known)
    if isinstance(reading.error, NotConfigured):
        return _unasked(server, known)
    if reading.error is not None:
        return _silent(reading, known)
    if row is None or reading.is_remembered:
        return Look(mark=Mark.UNKNOWN)
    notes = [*row.faults]
    strange = odd(server, known)
    if strange:
        notes.insert(0, strange + _since(server, known))
    health = health_of(server.name, known)
    if health is not None and health.health != "ok":
        notes += _ills(health)
    if not notes and row.power == "off":
        return Look(tone=Tone.PLAIN, mark=Mark.OUT)
    if not notes and row.power != "on":
        return between(row)
    if not notes:
        return _unread_health(server, known) or WELL
    tones = [tone_of_health(health.health)] if health is not None and health.health != "ok" else []
    worst = Tone.BAD if row.faults or strange.startswith("off") or Tone.BAD in tones else Tone.WARN
    return Look(tone=worst, mark=Mark.BAD, notes=tuple(notes))


def _ills(health: Any) -> Tuple[str, ...]:
    return tuple(health.bad[:2]) or (f"health {health.health}",)


def _unread_health(server: Server, known: Known) -> Optional[Look]:
    """Return how one looks whose health nobody knows now: what was not read is not well."""
    reading = known.reading(HEALTH, server.name)
    if reading.error is None:
        return None if reading.was_read else Look(mark=Mark.UNKNOWN)
    if isinstance(reading.error, NotConfigured):
        return None  # it tells of none
    words = f"health not read: {error_words(reading.error)}{_aged(reading, known)}"
    return Look(tone=Tone.WARN, mark=Mark.UNKNOWN, notes=(words,))


def _aged(reading: Any, known: Known) -> str:
    return f"; as it was {span(known.now_ms - reading.at_ms)} ago" if reading.was_read else ""


def _unasked(server: Server, known: Known) -> Look:
    """Return how one stands as maintenance sees it; that nobody asked is said once for all."""
    health = health_of(server.name, known)
    if health is None or health.health == "ok":
        return Look(mark=Mark.UNKNOWN)
    return Look(tone=tone_of_health(health.health), mark=Mark.BAD, notes=_ills(health))


def _silent(reading: Any, known: Known) -> Look:
    words = f"{error_words(reading.error)}{_aged(reading, known)}"
    tone = Tone.WARN if isinstance(reading.error, Unauthorized) else Tone.BAD
    return Look(tone=tone, mark=Mark.UNKNOWN, notes=(words,))


def _since(server: Server, known: Known) -> str:
    """Return since when power, or what sysinv says, is as it is: the later of the two."""
    host = host_of(server, known)
    found = [known.since(POWER, server.name, "power")]
    if host is not None:
        found.append(known.since("hosts", host.uuid, "availability", "administrative"))
    dated = [since for since in found if since is not None]
    if not dated:
        return ""
    last = max(dated, key=lambda since: since.ms)
    word = "at least " if last.at_least else ""
    return f", for {word}{span(known.now_ms - last.ms)}"


# --- is it well? -------------------------------------------------------------------------------


def verdict(known: Known) -> Verdict:
    """Return the one sentence of all servers: what is silent or odd before what is only off."""
    servers = known.rows(SERVERS)
    if not servers:
        if not known.has(SERVERS):
            return Verdict(word="READING", text="the servers were not read yet.", tone=Tone.PLAIN)
        more = "bmc: in clouds.yaml names them; sysinv does where a host has one provisioned."
        return Verdict(word="NONE", text="no baseboard is known.", more=more, tone=Tone.PLAIN)
    by_tone: Dict[Tone, List[Tuple[Server, Look]]] = {}
    for server in servers:
        found = look(server, known)
        by_tone.setdefault(found.tone, []).append((server, found))
    for tone, word in ((Tone.BAD, "NOT WELL"), (Tone.WARN, "WARN")):
        bad = by_tone.get(tone, [])
        if bad:
            first, why = bad[0]
            rest = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
            text = f"{first.name}{rest}: {why.notes[0] if why.notes else 'not well'}"
            return Verdict(word=word, text=text, more=_counts(servers, known), tone=tone)
    unasked = [s for s in servers if isinstance(_error(s, known), NotConfigured)]
    if unasked:
        who = f"{unasked[0].name}{f' and {len(unasked) - 1} more' * (len(unasked) > 1)}"
        text = f"{who}: no password of their baseboards is known."
        return Verdict(word="NOT ASKED", text=text, more=_counts(servers, known), tone=Tone.PLAIN)
    if any(found.mark is Mark.UNKNOWN for _server, found in by_tone.get(Tone.PLAIN, [])):
        more = "their health is still being read." * all(_is_read(s, known) for s in servers)
        return Verdict(word="READING", text=_counts(servers, known), more=more, tone=Tone.PLAIN)
    return Verdict(word="WELL", text=_counts(servers, known), tone=Tone.GOOD)


def _is_read(server: Server, known: Known) -> bool:
    return power_of(server.name, known) is not None


def _error(server: Server, known: Known) -> Any:
    return known.reading(POWER, server.name).error


def _counts(servers: Tuple[Server, ...], known: Known) -> str:
    states = [power_of(server.name, known) for server in servers]
    on = sum(1 for row in states if row is not None and row.power == "on")
    off = sum(1 for row in states if row is not None and row.power == "off")
    neither = sum(1 for row in states if row is not None) - on - off
    parts = [f"{len(servers)} server{'s' * (len(servers) != 1)}: {on} on, {off} off"]
    if neither:
        parts.append(f"{neither} neither")
    if len(servers) > on + off + neither:
        parts.append(f"{len(servers) - on - off - neither} not read")
    return ", ".join(parts) + "."


# --- of one ------------------------------------------------------------------------------------


def strip(server: Server, known: Known) -> Lines:
    """Return what is worth knowing of the selected server without opening it."""
    return Lines(
        lines=(
            Line(text=views(server, known)),
            Line(text=f"{server.protocol} {server.address}   {_reached(server, known)}"),
        )
    )


def _reached(server: Server, known: Known) -> str:
    reading = known.reading(POWER, server.name)
    if reading.error is not None:
        return error_words(reading.error)
    return f"read {span(known.now_ms - reading.at_ms)} ago" if reading.was_read else "not read yet"


def sentence(server: Server, known: Known) -> Verdict:
    """Return what its first line says."""
    found = look(server, known)
    words = {Tone.BAD: "NOT WELL", Tone.WARN: "WARN", Tone.GOOD: "WELL", Tone.BUSY: "BUSY"}
    row = power_of(server.name, known)
    if found.notes:
        more = found.notes[1] if len(found.notes) > 1 else ""
        return Verdict(
            word=words.get(found.tone, ""), text=found.notes[0], more=more, tone=found.tone
        )
    if isinstance(_error(server, known), NotConfigured):
        return Verdict(word="NOT ASKED", text=_reached(server, known), tone=Tone.PLAIN)
    if row is None:
        return Verdict(word="READING", text="its baseboard has not answered yet.", tone=Tone.PLAIN)
    if found.mark is Mark.UNKNOWN:
        more = "its health is still being read."
        return Verdict(word="READING", text=views(server, known), more=more, tone=Tone.PLAIN)
    return Verdict(word="WELL" if row.power == "on" else "OFF", text=views(server, known))


def overview(server: Server, known: Known) -> Lines:
    """Return the page of a server: who says what of it, its power, its faults."""
    row, reading = power_of(server.name, known), known.reading(POWER, server.name)
    host = host_of(server, known)
    jump = Jump(kind="hosts", id=host.uuid) if host is not None else None
    strange = odd(server, known)
    lines = [Line(heading="agreement", text=views(server, known), jump=jump)]
    if strange:
        lines.append(Line(text=strange + _since(server, known), tone=Tone.BAD))
    lines.append(Line(heading="baseboard", text=f"{server.protocol} {server.address}"))
    lines.append(Line(heading="", text=f"as {server.username or '-'}, told by {server.told_by}"))
    if reading.error is not None:
        lines.append(Line(text=error_words(reading.error), tone=Tone.WARN))
    lines.append(Line(rule=True))
    lines += _power_lines(server, row, known) if row is not None else []
    lines += _health_lines(server, known)
    return Lines(lines=tuple(lines))


def _power_lines(server: Server, row: Power, known: Known) -> List[Line]:
    since = known.since(POWER, server.name, "power")
    said = f"{row.power}{f' since {when(since.ms, known.now_ms)}' if since is not None else ''}"
    lines = [Line(heading="power", text=said)]
    if row.policy:
        policy = "is as before" if row.policy == "as before" else row.policy
        lines.append(Line(heading="", text=f"when power comes back it {policy}"))
    if row.last_event:
        lines.append(Line(heading="last", text=f"power event: {row.last_event}"))
    boot = boot_words(row)
    lines.append(Line(heading="boots from", text=boot or "as its firmware is set"))
    if row.identify:
        lines.append(Line(heading="LED", text=row.identify))
    lines += [Line(heading="fault", text=fault, tone=Tone.BAD) for fault in row.faults]
    return lines


def _health_lines(server: Server, known: Known) -> List[Line]:
    row, reading = health_of(server.name, known), known.reading(HEALTH, server.name)
    if row is None:
        words = error_words(reading.error) if reading.error is not None else "still being read"
        return [Line(heading="health", text=words)]
    by = " (as maintenance judges; S, then r: its BMC itself)" if row.told_by == "sysinv" else ""
    lines = [Line(heading="health", text=f"{row.health}{by}", tone=tone_of_health(row.health))]
    if reading.error is not None:
        why = f"not read: {error_words(reading.error)}{_aged(reading, known)}"
        lines.append(Line(text=why, tone=Tone.WARN))
    return lines + [Line(text=bad, tone=Tone.WARN) for bad in row.bad]
