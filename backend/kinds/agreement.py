"""Agreement: what each source says of one host, side by side, and what is odd between them.

sysinv keeps what maintenance says; service management what runs on the controllers; Kubernetes
which kubelet answers; alarms who is heard. Each is right about something else, and a host that
one of them thinks well of may be lost to another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.figure import Jump, Line
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.alarms import alarms_of
from backend.kinds.hardware_server import POWER, odd, power_of, server_of_host
from backend.kinds.host import Host
from backend.kinds.host_site import active_controller, hosts
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span, when

# Power that was read longer ago says nothing of now.
OLD_MS = 300_000
# Alarms that say of a host that somebody does not hear it, and who.
UNHEARD: Mapping[str, str] = {
    "200.005": "management heartbeats are lost",
    "200.009": "cluster heartbeats are lost",
}
UNHEARD_BMC, TAINTED = "200.010", "900.701"
_NOT_READY = re.compile(r"^Kubernetes nodes not ready:\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Voice:
    """What one source says of a host in a word; ``odd`` is what another of them contradicts.

    ``more`` is what a list has room for; what is silent goes without saying on a page.
    """

    source: str
    says: str
    odd: str = ""
    more: str = ""
    is_silent: bool = False


def voices(host: Host, known: Known) -> Tuple[Voice, ...]:
    """Return what each source that was read says of a host; the others are left out."""
    asked = (_sysinv, _services, _kubernetes, _bmc, _heard)
    return tuple(voice for voice in (ask(host, known) for ask in asked) if voice is not None)


def _sysinv(host: Host, _known: Known) -> Voice:
    more = "" if host.avail == "available" else host.avail
    return Voice(source="sysinv", says="locked" if host.is_locked else host.oper, more=more)


# --- service management --------------------------------------------------------------------------


@once
def _groups(rows: Tuple[Any, ...]) -> Mapping[str, List[Any]]:
    found: Dict[str, List[Any]] = {}
    for row in rows:
        found.setdefault(row.node_name, []).append(row)
    return found


def _services(host: Host, known: Known) -> Optional[Voice]:
    """Service management runs on the controllers alone."""
    if not host.is_controller or not known.has("service-groups"):
        return None
    mine = _groups(known.rows("service-groups")).get(host.name, [])
    states = {row.state for row in mine}
    says = "active" if "active" in states and _is_lead(mine) else _least(states)
    return Voice(source="services", says=says, odd=_services_odd(host, says, known))


def _is_lead(rows: Iterable[Any]) -> bool:
    """Whether the group that only one controller has active is active here."""
    return any(r.service_group_name == "controller-services" and r.state == "active" for r in rows)


def _least(states: Iterable[Optional[str]]) -> str:
    """Return what a controller that does not lead is: the least that a group of it is."""
    order = ("disabled", "go-standby", "go-active", "standby", "active")
    return min((state or "unknown" for state in states), key=_rank(order), default="unknown")


def _rank(order: Tuple[str, ...]) -> Any:
    return lambda word: order.index(word) if word in order else -1


def _services_odd(host: Host, says: str, known: Known) -> str:
    if host.is_active and says == "standby":
        return "sysinv calls it active, and its services are on standby"
    if not host.is_active and says == "active":
        other = active_controller(known)
        name = other.name if other is not None else "none"
        return f"its services are active, and sysinv calls {name} the active controller"
    if host.is_enabled and says == "disabled":
        return "sysinv calls it enabled, and its services are disabled"
    if host.is_locked and says in ("active", "standby"):
        return f"it is locked, and its services are {says}"
    return ""


# --- Kubernetes ----------------------------------------------------------------------------------


@once
def _kubelets(rows: Tuple[Any, ...]) -> Mapping[Optional[int], Any]:
    return {row.host_id: row for row in rows}


@once
def _unready(rows: Tuple[Any, ...]) -> FrozenSet[str]:
    """Return the nodes that are not ready, as the health report names them."""
    found = (_NOT_READY.search(row.value) for row in rows)
    names = (name.strip() for match in found if match for name in match[1].split(","))
    return frozenset(name for name in names if name)


def _kubernetes(host: Host, known: Known) -> Optional[Voice]:
    """Kubernetes by the kubelet of a host, and by the nodes the health report calls not ready."""
    if not (known.has("kube-host-upgrades") and (host.is_controller or host.is_worker)):
        return None
    row = _kubelets(known.rows("kube-host-upgrades")).get(host.id)
    if row is None:
        odd = "Kubernetes does not know it" if host.is_enabled else ""
        return Voice(source="kubernetes", says="no node", odd=odd)
    is_ready = None if not known.has("health") else host.name not in _unready(known.rows("health"))
    version = row.kubelet_version or "?"
    said = {None: version, True: "ready", False: "NOT ready"}[is_ready]
    usual = _most_run(known.rows("kube-host-upgrades"))
    odd = ""
    if is_ready is False and host.is_enabled:
        odd = "sysinv calls it enabled, and Kubernetes not ready"
    elif _stands(host, known, TAINTED):
        odd = "Kubernetes keeps pods off it (900.701)"
    elif row.status is None and row.kubelet_version not in usual:
        others = " ".join(sorted(map(str, usual)))
        odd = f"its kubelet is {row.kubelet_version}, others run {others}"
    more = "" if is_ready is None else version
    return Voice(source="kubernetes", says=said, odd=odd, more=more)


@once
def _most_run(rows: Tuple[Any, ...]) -> FrozenSet[Optional[str]]:
    """Return the version that most kubelets run; of a tie all of them."""
    counts: Dict[Optional[str], int] = {}
    for row in rows:
        counts[row.kubelet_version] = counts.get(row.kubelet_version, 0) + 1
    most = max(counts.values(), default=0)
    return frozenset(version for version, count in counts.items() if count == most)


# --- who hears it --------------------------------------------------------------------------------


def _stands(host: Host, known: Known, *alarm_ids: str) -> str:
    """Return the first of these alarms that stands on a host."""
    found = (alarm.alarm_id for alarm in alarms_of(known, host.hostname or ""))
    return next((alarm_id for alarm_id in found if alarm_id in alarm_ids), "")


def _bmc(host: Host, known: Known) -> Optional[Voice]:
    """The board controller, as far as sysinv knows one: whether the platform gets in."""
    if not host.has_bmc or not known.has("alarms"):
        return None
    if _stands(host, known, UNHEARD_BMC):
        return Voice(source="BMC", says="not reached", odd="its BMC lets nobody in (200.010)")
    return Voice(source="BMC", says="reached", is_silent=True)


def with_power(host: Host, known: Known, said: Tuple[Voice, ...]) -> Tuple[Voice, ...]:
    """Return what is said with the power that the host's own baseboard tells of, where it does.

    Only on a page that looks at it: what nobody reads any more would contradict for ever.
    """
    server = server_of_host(host.name, known)
    power = power_of(server.name, known) if server is not None else None
    if server is None or power is None or known.reading(POWER, server.name).error is not None:
        return said
    if (known.age_ms(POWER, server.name) or 0) > OLD_MS:
        return said
    strange = odd(server, known)
    found = Voice(source="BMC", says=power.power, odd=f"its BMC: {strange}" if strange else "")
    told = next((one.odd for one in said if one.source == "BMC"), "")
    return (*(one for one in said if one.source != "BMC" or told), found)


def _heard(host: Host, known: Known) -> Optional[Voice]:
    """Whether maintenance hears it: it raises an alarm where heartbeats are lost."""
    if not known.has("alarms"):
        return None
    lost = _stands(host, known, *UNHEARD)
    if lost:
        odd = f"sysinv calls it enabled, and {UNHEARD[lost]}" if host.is_enabled else ""
        return Voice(source="heard", says=f"no ({lost})", odd=odd)
    says = "no" if host.availability in ("offline", "power-off", "failed") else "yes"
    is_odd = says == "no" and host.operational == "enabled"
    odd = f"it is enabled, and {host.availability}" if is_odd else ""
    return Voice(source="heard", says=says, odd=odd, is_silent=says == "yes")


# --- the kind ------------------------------------------------------------------------------------


class Agreement(Row):
    """What the sources say of one host; its id is the host's."""

    uuid: str
    hostname: str
    says: Dict[str, str] = Field(default_factory=dict)
    odd: List[str] = Field(default_factory=list)


def _rows(known: Known) -> Iterable[Body]:
    for host in hosts(known):
        said = voices(host, known)
        yield {
            "uuid": host.uuid,
            "hostname": host.name,
            "says": {voice.source: f"{voice.says} {voice.more}".rstrip() for voice in said},
            "odd": [voice.odd for voice in said if voice.odd],
        }


def _look(row: Agreement, known: Known) -> Look:
    if not row.odd:
        return WELL
    host = known.row("hosts", row.uuid)
    if host is not None and host.doing:
        # Between two states they need not agree yet.
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=tuple(row.odd))
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=tuple(row.odd))


def _since(row: Agreement, known: Known) -> Optional[str]:
    since = known.since("agreement", row.uuid, "odd") if row.odd else None
    return span(known.now_ms - since.ms) if since is not None else None


def agreement_lines(host: Host, known: Known) -> List[Line]:
    """Return the line of a host's page: who says what, and beneath it what is odd since when."""
    said = with_power(host, known, voices(host, known))
    if len(said) < 2:
        return []  # nobody to agree with
    text = " | ".join(f"{voice.source} {voice.says}" for voice in said if not voice.is_silent)
    strange = [voice.odd for voice in said if voice.odd]
    lines = [Line(heading="agreement", text=text, tone=Tone.WARN if strange else Tone.PLAIN)]
    since = known.since("agreement", host.uuid, "odd")
    for words in strange:
        told = f", since {when(since.ms, known.now_ms)}" if since is not None else ""
        jump = Jump(kind="agreement", id=host.uuid)
        lines.append(Line(text=f"{words}{told}", tone=Tone.WARN, jump=jump))
    return lines


def _said(source: str) -> Any:
    return lambda row: row.says.get(source)


NEEDS = ("hosts", "service-groups", "kube-host-upgrades", "health", "alarms")

AGREEMENT: Kind[Agreement] = Kind(
    name="agreement",
    singular="agreement",
    model=Agreement,
    read=Derived(rows=_rows),
    label=lambda row: row.hostname,
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=20),
        Column(heading="SYSINV", value=_said("sysinv"), most=28),
        Column(heading="SERVICES", value=_said("services")),
        Column(heading="KUBERNETES", value=_said("kubernetes"), most=20),
        Column(heading="BMC", value=_said("BMC")),
        Column(heading="HEARD", value=_said("heard"), most=14),
        Column(heading="ODD FOR", joined=_since, right=True),
    ),
    look=_look,
    jump=lambda row, _known: Jump(kind="hosts", id=row.uuid),
    state_fields=("odd",),
    aliases=("agree", "agreements"),
    needs=NEEDS,
    # What each says is in the record already; what is odd between them is not.
    noise=frozenset({"says"}),
    every_s=15.0,
)
