"""Whom a machine hears: the switch at the other end of a cable, and who tells it the time."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine, split_rows
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- LLDP --------------------------------------------------------------------------------------


def peers_of_lldpcli(text: str) -> Iterable[Body]:
    """Parse ``lldpcli -f json``; one interface comes as an object, several as a list of them."""
    said = json.loads(text)["lldp"].get("interface", [])
    found: List[Body] = []
    for named in said if isinstance(said, list) else [said]:
        for link, one in named.items():
            (name, chassis), *_ = _named(one["chassis"])
            port = one.get("port", {})
            found.append(
                {
                    "link": link,
                    "system": name,
                    "chassis": chassis.get("id", {}).get("value", ""),
                    "port": port.get("id", {}).get("value", ""),
                    "port_says": port.get("descr", ""),
                    "says": chassis.get("descr", ""),
                    "age": one.get("age", ""),
                }
            )
    return found


def _named(chassis: Dict[str, Any]) -> List[Tuple[str, Dict[str, Any]]]:
    """Return the chassis with its name; one without stands there itself."""
    if "id" in chassis:
        return [("", chassis)]
    return list(chassis.items())


class LldpPeer(OfMachine):
    """Who is at the other end of a cable, as it says itself."""

    link: str
    system: str = ""
    chassis: str = ""
    port: str = ""
    port_says: str = ""
    says: str = ""
    age: str = ""


LLDP_PEERS: Kind[LldpPeer] = Kind(
    name="lldp-peers",
    singular="lldp-peer",
    model=LldpPeer,
    read=Command(
        argv=("lldpcli", "-f", "json", "show", "neighbors"),
        parse=peers_of_lldpcli,
        absent=("unable to connect to socket",),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.link}/{row.chassis}/{row.port}",
    label=lambda row: row.link,
    columns=(
        MACHINE,
        Column(heading="LINK", value=lambda row: row.link, most=16),
        Column(heading="SYSTEM", value=lambda row: row.system or row.chassis, most=24),
        Column(heading="PORT", value=lambda row: row.port, most=20),
        Column(heading="PORT SAYS", value=lambda row: row.port_says, most=24),
        Column(heading="SYSTEM SAYS", value=lambda row: row.says, most=48, wide=True),
    ),
    tab="L LLDP",
    aliases=("lldpcli", "ground/lldp"),
    noise=frozenset({"age"}),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- time --------------------------------------------------------------------------------------

_CHRONY = ("mode", "state", "name", "stratum", "poll", "reach", "last_s", "offset_s", "raw", "err")
_CHRONY_SAYS = {
    "*": "followed",
    "+": "good, combined",
    "-": "good, not used",
    "?": "cannot be reached",
    "x": "a falseticker",
    "~": "too variable",
}


def sources_of_chronyc(text: str) -> Iterable[Body]:
    """Parse ``chronyc -c sources``: fields by comma, seconds; reach is octal."""
    return [
        {
            "told_by": "chrony",
            "name": one["name"],
            "state": _CHRONY_SAYS.get(one["state"], one["state"]),
            "is_followed": one["state"] == "*",
            "stratum": int(one["stratum"]),
            "reach": int(one["reach"], 8),
            "offset_ms": float(one["offset_s"]) * 1000,
        }
        for one in split_rows(text, _CHRONY, ",")
    ]


_NTPQ = ("name", "refid", "stratum", "type", "when", "poll", "reach", "delay", "offset", "jitter")
_NTPQ_SAYS = {
    "*": "followed",
    "o": "followed (PPS)",
    "+": "good, combined",
    "#": "good, not used",
    "-": "good, not used",
    "x": "a falseticker",
    ".": "not used",
    " ": "cannot be reached",
}


def sources_of_ntpq(text: str) -> Iterable[Body]:
    """Parse ``ntpq -pn``: a mark before each name, below two lines of heading; milliseconds."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("=====")), None)
    if start is None:
        raise ValueError("no table of peers")
    return [_ntp_peer(line) for line in lines[start + 1 :] if line.strip()]


def _ntp_peer(line: str) -> Body:
    (one,) = split_rows(line[1:], _NTPQ, None)
    return {
        "told_by": "ntpd",
        "name": one["name"],
        "state": _NTPQ_SAYS.get(line[0], line[0]),
        "is_followed": line[0] in "*o",
        "stratum": int(one["stratum"]),
        "reach": int(one["reach"], 8),
        "offset_ms": float(one["offset"]),
    }


def sources_of_pmc(text: str) -> Iterable[Body]:
    """Parse ``pmc`` asked for TIME_STATUS_NP: one row for ptp4l; nanoseconds."""
    said = dict(line.split(None, 1) for line in text.splitlines() if len(line.split(None, 1)) == 2)
    if "gmPresent" not in said:
        raise ValueError("ptp4l does not answer")
    is_followed = said["gmPresent"].strip() == "true"
    return [
        {
            "told_by": "ptp4l",
            "name": said.get("gmIdentity", "").strip(),
            "state": "followed" if is_followed else "no grandmaster",
            "is_followed": is_followed,
            "stratum": None,
            "reach": None,
            "offset_ms": int(said["master_offset"]) / 1e6,
        }
    ]


class TimeSource(OfMachine):
    """Who tells a machine the time, by which program; ``offset_ms`` is how far off we are."""

    told_by: str
    name: str
    state: str
    is_followed: bool
    stratum: Optional[int] = None
    reach: Optional[int] = None
    offset_ms: Optional[float] = None


# From which offset on the platform itself raises an alarm (100.114 and 100.119), in ms.
_FAR_MS = 1000.0


def _time_look(row: TimeSource, _known: Known) -> Look:
    if row.is_followed and abs(row.offset_ms or 0.0) >= _FAR_MS:
        words = f"off by {row.offset_ms or 0:.0f} ms"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.is_followed:
        return WELL
    if row.state in {"cannot be reached", "no grandmaster", "a falseticker"}:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(row.state,))
    return Look(mark=Mark.OUT)


def _offset(row: TimeSource) -> Optional[str]:
    return None if row.offset_ms is None else f"{row.offset_ms:+.3f}"


TIME_SOURCES: Kind[TimeSource] = Kind(
    name="time-sources",
    singular="time-source",
    model=TimeSource,
    read=Command(
        argv=("chronyc", "-c", "-n", "sources"),
        parse=sources_of_chronyc,
        absent=("Cannot talk to daemon",),
        otherwise=Command(
            argv=("ntpq", "-pn"), parse=sources_of_ntpq, absent=("Connection refused",)
        ),
        also=(
            Command(
                argv=("pmc", "-u", "-b", "0", "GET TIME_STATUS_NP"),
                parse=sources_of_pmc,
                absent=("No such file", "uds: bind failed"),
            ),
        ),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.told_by}/{row.name}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="SOURCE", value=lambda row: row.name, most=32),
        Column(heading="BY", value=lambda row: row.told_by),
        Column(heading="STATE", value=lambda row: row.state, most=20),
        Column(heading="STRATUM", value=lambda row: row.stratum, right=True),
        Column(heading="OFFSET MS", value=_offset, right=True),
    ),
    look=_time_look,
    tab="t Time",
    state_fields=("state",),
    aliases=("chronyc", "ntpq", "time-sync"),
    noise=frozenset({"offset_ms", "reach"}),
    is_inventory=False,
    every_s=EVERY_S,
)


PEERS_OF_MACHINE: Tuple[Kind[Any], ...] = (LLDP_PEERS, TIME_SOURCES)
