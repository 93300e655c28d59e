"""What a machine's own programs tell of it: Ceph's health, the kernel's messages."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterable, List, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine
from backend.kinds.machine_containers import CONTAINERS
from backend.kinds.machine_sandboxes import CRI_PODS
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import day, instant_ms

# --- Ceph --------------------------------------------------------------------------------------


def health_of_ceph(text: str) -> Iterable[Body]:
    """Parse ``ceph -f json health detail``: the whole, then each check that fails."""
    said: Dict[str, Any] = json.loads(text)
    found: List[Body] = [{"check": "health", "severity": said["status"], "says": "all of it"}]
    for name, check in said.get("checks", {}).items():
        details = "; ".join(one["message"] for one in check.get("detail", ()))
        found.append(
            {
                "check": name,
                "severity": check["severity"],
                "says": check["summary"]["message"],
                "details": details,
                "is_muted": bool(check.get("muted")),
            }
        )
    return found


class CephHealth(OfMachine):
    """What Ceph says of itself, as a whole and of each check that fails."""

    check: str
    severity: str
    says: str = ""
    details: str = ""
    is_muted: bool = False


def _ceph_look(row: CephHealth, _known: Known) -> Look:
    if row.severity == "HEALTH_OK" or row.is_muted:
        return WELL
    tone = Tone.BAD if row.severity == "HEALTH_ERR" else Tone.WARN
    return Look(tone=tone, mark=Mark.BAD, notes=(row.details,) if row.details else ())


CEPH_HEALTH: Kind[CephHealth] = Kind(
    name="ceph-health",
    singular="ceph-health",
    model=CephHealth,
    read=Command(
        argv=("ceph", "-f", "json", "--connect-timeout", "5", "health", "detail"),
        parse=health_of_ceph,
        absent=("ObjectNotFound", "conf_read_file"),
        deadline_s=15.0,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.check}",
    label=lambda row: row.check,
    columns=(
        MACHINE,
        Column(heading="CHECK", value=lambda row: row.check, most=28),
        Column(heading="SEVERITY", value=lambda row: row.severity.replace("HEALTH_", "")),
        Column(heading="SAYS", value=lambda row: row.says, most=60),
    ),
    look=_ceph_look,
    tab="C Ceph",
    state_fields=("severity",),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- the kernel's messages ---------------------------------------------------------------------

_MESSAGE = re.compile(r"(\w+)\s*:(\w+)\s*: (\d{4}-\d\d-\d\dT[\d:]+)[,.](\d+)(\S*) ?(.*)")
_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
# How many of the last messages are kept.
_MOST = 1000


def messages_of_dmesg(text: str) -> Iterable[Body]:
    """Parse ``dmesg -x --time-format iso``; further lines of a message have no head."""
    found: List[Dict[str, Any]] = []
    seen: Dict[Tuple[str, str], int] = {}
    for line in text.splitlines():
        head = _MESSAGE.match(line)
        if head is None:
            if found:
                found[-1]["text"] += f" {line.strip()}"
            continue
        facility, level, second, fraction, zone, words = head.groups()
        at = f"{second}.{fraction[:6]}{zone}"
        number = seen[at, words] = seen.get((at, words), 0) + 1
        found.append({"facility": facility, "level": level, "text": words, "number": number})
        found[-1]["at_ms"] = instant_ms(at)
    if text.strip() and not found:
        raise ValueError("no line of dmesg with its level and time")
    return found[-_MOST:]


class KernelMessage(OfMachine):
    """A message of the kernel's, with its level."""

    facility: str
    level: str
    at_ms: int
    text: str
    number: int = 1

    @property
    def urgency(self) -> int:
        """0 is the most urgent, 7 the least."""
        return _LEVELS.index(self.level) if self.level in _LEVELS else len(_LEVELS)


def _message_look(row: KernelMessage, _known: Known) -> Look:
    if row.urgency <= 3:
        return Look(tone=Tone.BAD, mark=Mark.BAD)
    return Look(tone=Tone.WARN, mark=Mark.SEEN) if row.urgency == 4 else WELL


KERNEL_MESSAGES: Kind[KernelMessage] = Kind(
    name="kernel-messages",
    singular="kernel-message",
    model=KernelMessage,
    read=Command(argv=("dmesg", "-x", "--time-format", "iso"), parse=messages_of_dmesg),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.at_ms}/{row.number}/{row.text[:60]}",
    label=lambda row: row.text[:60],
    columns=(
        MACHINE,
        Column(heading="WHEN", value=lambda row: day(row.at_ms)),
        Column(heading="LEVEL", value=lambda row: row.level),
        Column(heading="MESSAGE", value=lambda row: row.text, most=120),
    ),
    look=_message_look,
    sort=lambda row, _known: -row.at_ms,
    tab="m Messages",
    aliases=("dmesg",),
    is_inventory=False,
    every_s=10.0,
)
TOLD_OF_MACHINE: Tuple[Kind[Any], ...] = (
    *CONTAINERS,
    CRI_PODS,
    CEPH_HEALTH,
    KERNEL_MESSAGES,
)
