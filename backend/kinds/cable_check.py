"""Cable check: each port of each host, what is heard at its far end, and what was planned.

One row a port, so that the record says when a cable moved: sysinv itself makes a new row of a new
neighbour and forgets the old one.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.cables import CablePlan, Planned
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.cabling import speed
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import DAY_MS, span, when

NAME = "cables"
NEEDS = ("hosts", "ethernet-ports", "lldp")
# For how long a cable that moved is worth a word, in ms.
RECENT_MS = 7 * DAY_MS


class Cable(Row):
    """A port of a host and the far ends heard on it; ``finding`` is what is not as planned."""

    uuid: str
    hostname: str
    port: str
    link: Optional[str] = None
    switch: Optional[str] = None
    far_port: Optional[str] = None
    planned: Optional[str] = None
    finding: str = ""


@once
def _heard(rows: Tuple[Any, ...]) -> Mapping[Tuple[str, str], List[Any]]:
    """Return the neighbours by host and port."""
    found: Dict[Tuple[str, str], List[Any]] = {}
    for row in rows:
        found.setdefault((row.host_uuid, row.port_name or ""), []).append(row)
    return found


def _rows(known: Known) -> Iterable[Body]:
    plan = known.cable_plan or CablePlan(file="")
    names = {host.uuid: host.name for host in known.rows("hosts")}
    planned_hosts = {host for host, _port in plan.cables}
    seen = set()
    for port in known.rows("ethernet-ports"):
        hostname = names.get(port.host_uuid)
        if hostname is None:
            continue  # its host is gone, and so is the port
        name = port.name or port.uuid
        seen.add((hostname, name))
        far = _heard(known.rows("lldp")).get((port.host_uuid, name), [])
        planned = plan.cables.get((hostname, name))
        link = speed(port.speed)
        yield {
            "uuid": port.uuid,
            "hostname": hostname,
            "port": name,
            "link": link,
            "switch": ", ".join(_switch(one) for one in far) or None,
            "far_port": ", ".join(str(one.port_identifier or "?") for one in far) or None,
            "planned": None if planned is None else str(planned),
            # What was not asked is no finding: nobody goes to pull a cable for it.
            "finding": _finding(planned, far, link, is_planned=hostname in planned_hosts)
            if known.has("lldp")
            else "",
        }
    if not (known.has("hosts") and known.has("ethernet-ports")):
        return
    for (hostname, name), planned in plan.cables.items():
        if (hostname, name) not in seen:
            has_host = hostname in names.values()
            yield {
                "uuid": f"{hostname}/{name}",
                "hostname": hostname,
                "port": name,
                "planned": str(planned),
                "finding": f"line {planned.line} of the plan: "
                + ("the host has no such port" if has_host else "there is no such host"),
            }


def _switch(neighbour: Any) -> str:
    return str(neighbour.system_name or neighbour.chassis_id or "somebody")


def _finding(
    planned: Optional[Planned], far: List[Any], link: Optional[str], *, is_planned: bool
) -> str:
    if planned is None:
        ends = ", ".join(f"{_switch(one)} {one.port_identifier or '?'}" for one in far)
        return f"goes to {ends}, and is not in the plan" if far and is_planned else ""
    if not far:
        why = "nobody is heard on it" if link else "it has no link"
        return f"is to go to {planned}, and {why}"
    if any(_is(planned, one) for one in far):
        return ""
    ends = ", ".join(f"{_switch(one)} {one.port_identifier or '?'}" for one in far)
    return f"is to go to {planned}, and goes to {ends}"


def _is(planned: Planned, heard: Any) -> bool:
    """Whether a neighbour is the planned one: by name (with or without a domain) or by chassis."""
    names = {_plain(heard.system_name), _plain(heard.chassis_id)}
    names |= {name.partition(".")[0] for name in names}
    if _plain(planned.switch) not in names:
        return False
    ports = {_plain(heard.port_identifier), _plain(heard.port_description)}
    return not planned.port or _plain(planned.port) in ports


def _plain(text: Optional[str]) -> str:
    return (text or "").strip().casefold()


def moved_ms(row: Cable, known: Known) -> Optional[int]:
    """Return when the far end was last seen to change, None where nobody saw it do so."""
    since = known.since(NAME, row.uuid, "switch", "far_port")
    return None if since is None or since.at_least else since.ms


def _look(row: Cable, known: Known) -> Look:
    if row.finding:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(row.finding,))
    moved = moved_ms(row, known)
    if moved is not None and known.now_ms - moved < RECENT_MS:
        words = f"its far end changed {when(moved, known.now_ms)}"
        return Look(tone=Tone.PLAIN, mark=Mark.NEW, notes=(words,))
    return WELL


def _moved(row: Cable, known: Known) -> Optional[str]:
    moved = moved_ms(row, known)
    return None if moved is None else span(known.now_ms - moved)


def verdict(known: Known) -> Verdict:
    """Return how many cables are not as planned, or why there is nothing to compare with."""
    rows = known.rows(NAME)
    plan = known.cable_plan
    if plan is not None and plan.fault:
        return Verdict(word="WARN", text=f"the plan: {plan.fault}", tone=Tone.WARN)
    bad = sum(bool(row.finding) for row in rows)
    unread = [name for name in NEEDS if not known.has(name)]
    if unread:
        error = next((known.reading(n).error for n in unread if known.reading(n).error), None)
        why = error.words if error is not None else "not read yet"
        word = "CANNOT" if error is not None else "READING"
        return Verdict(word=word, text=f"tell: {', '.join(unread)}: {why}", tone=Tone.PLAIN)
    if plan is None:
        text = f"{len(rows)} ports; no plan: name one with cables: in clouds.yaml, or --plan FILE"
        return Verdict(word="", text=text, tone=Tone.PLAIN)
    if bad:
        text = f"{bad} of {len(rows)} cables are not as {plan.file} says."
        return Verdict(word="NOT WELL", text=text, tone=Tone.WARN)
    return Verdict(word="WELL", text=f"{len(plan.cables)} cables are as planned.")


CABLE_CHECK: Kind[Cable] = Kind(
    name=NAME,
    singular="cable",
    model=Cable,
    read=Derived(rows=_rows),
    label=lambda row: f"{row.hostname} {row.port}",
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=20),
        Column(heading="PORT", value=lambda row: row.port, most=16),
        Column(heading="LINK", value=lambda row: row.link, right=True),
        Column(heading="SWITCH", value=lambda row: row.switch, most=24),
        Column(heading="ITS PORT", value=lambda row: row.far_port, most=20),
        Column(heading="PLANNED", value=lambda row: row.planned, most=28),
        Column(heading="MOVED", joined=_moved, right=True),
    ),
    look=_look,
    verdict=verdict,
    sort=lambda row, _known: (row.hostname, row.port),
    state_fields=("switch", "far_port"),
    aliases=("cabling", "cable-check"),
    needs=NEEDS,
    noise=frozenset({"planned", "finding", "link"}),
    every_s=30.0,
)
