"""A server as its baseboard sees it, and whether sysinv and Kubernetes see the same machine."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from backend.errors import NotConfigured, StxError, Unauthorized
from backend.kind import Row
from backend.kinds.host_fresh import why_stale
from backend.known import Known, Reading
from backend.plan import HERE
from backend.tone import Look, Mark, Tone
from backend.units import span

POWER, HEALTH, SERVERS = "power", "server-health", "servers"
TASKS = "bmc-tasks"
# What sysinv says of a host that it hears: power is on there, whatever a baseboard says.
HEARD = frozenset({"available", "degraded", "online", "intest", "offduty"})
UNHEARD = frozenset({"offline", "power-off", "poweroff"})


class Server(Row):
    """A machine with a baseboard, and where that answers; ``host`` is its name in sysinv."""

    name: str
    address: str = ""
    protocol: str = "ipmi"
    username: str = ""
    told_by: str = ""
    host: str = ""
    has_password: bool = True


class Power(Row):
    """Power, identify LED, faults of the chassis and boot override: one quick question."""

    server: str
    power: str
    policy: Optional[str] = None
    last_event: Optional[str] = None
    faults: Tuple[str, ...] = ()
    intrusion: Optional[bool] = None
    identify: Optional[str] = None
    boot: Optional[str] = None
    boot_always: Optional[bool] = None
    boot_uefi: Optional[bool] = None
    # Of Redfish: what its reset button can do, and where it and the system stand in the tree.
    resets: Tuple[str, ...] = ()
    reset_at: str = ""
    at: str = ""

    def parent_id(self, _known: Known) -> str:
        """Return the id of its server."""
        return self.server


class Health(Row):
    """What the sensors come to: ok, warning, critical or failed, and which are not well."""

    server: str
    health: str
    bad: Tuple[str, ...] = ()
    # Who says so: "sysinv", as maintenance judges its sensors, or the BMC itself.
    told_by: str = ""

    def parent_id(self, _known: Known) -> str:
        """Return the id of its server."""
        return self.server


# --- what is known of one ----------------------------------------------------------------------


def reading_of(kind: str, server: str, known: Known) -> Reading[Any]:
    """Return the last reading of one facet of one server."""
    return known.reading(kind, server)


def power_of(server: str, known: Known) -> Optional[Power]:
    """Return the power row as last read, however old."""
    return next(iter(known.rows(POWER, server)), None)


def health_of(server: str, known: Known) -> Optional[Health]:
    """Return the health row as last read."""
    return next(iter(known.rows(HEALTH, server)), None)


def is_told_now(kind: str, known: Known, of: str = "") -> bool:
    """Whether what is known of a kind is what was answered last, and not what is remembered."""
    return not why_stale(kind, known.reading(kind, of), known)


def is_off(server: Server, known: Known) -> bool:
    """Whether its baseboard says so now."""
    row = power_of(server.name, known)
    return row is not None and row.power == "off" and is_told_now(POWER, known, server.name)


def host_of(server: Server, known: Known) -> Optional[Any]:
    """Return the host of sysinv that it is, None where sysinv knows none or was not read."""
    name = server.host or server.name
    return next((host for host in known.rows("hosts") if host.hostname == name), None)


def sits_on(server: Server, known: Known) -> bool:
    """Whether this very console runs there, whichever way its baseboard is reached."""
    if server.protocol == "in-band" and server.address in ("", HERE):
        return True
    host = host_of(server, known)
    return known.place.is_on(server.host or server.name, "" if host is None else host.uuid)


def works_on(server: Server, known: Known) -> str:
    """Return what its baseboard works on, firmware that it writes above all; "" where nothing."""
    running = (row for row in known.rows(TASKS, server.name) if not row.is_over)
    return next((str(row.name or row.task) for row in running), "")


def node_of(server: Server, known: Known) -> Optional[Any]:
    """Return the node of Kubernetes that it is."""
    name = server.host or server.name
    return next((node for node in known.rows("nodes") if node.name == name), None)


def server_of_host(hostname: str, known: Known) -> Optional[Server]:
    """Return the server that a host of sysinv is."""
    return next((s for s in known.rows(SERVERS) if hostname in (s.host, s.name)), None)


# --- do they agree? ----------------------------------------------------------------------------


def views(server: Server, known: Known) -> str:
    """Return what each says of it: ``sysinv unlocked/enabled/available | BMC on``.

    What is not of now has its age beside it.
    """
    parts: List[str] = []
    host, node, power = host_of(server, known), node_of(server, known), power_of(server.name, known)
    if host is not None:
        said = f"sysinv {host.administrative}/{host.oper}/{host.avail}"
        parts.append(f"{said}{_aged('hosts', known)}")
    elif known.has("hosts"):
        parts.append("sysinv knows it not")
    if node is not None:
        said = f"kubernetes {'Ready' if is_ready(node) else 'NotReady'}"
        parts.append(f"{said}{_aged('nodes', known)}")
    said = power.power if power is not None else "not read"
    parts.append(f"BMC {said}{_aged(POWER, known, server.name)}")
    return " | ".join(parts)


def _aged(kind: str, known: Known, of: str = "") -> str:
    age_ms = known.age_ms(kind, of)
    if age_ms is None or is_told_now(kind, known, of):
        return ""
    return f" ({span(age_ms)} ago)"


def odd(server: Server, known: Known) -> str:
    """Return in one sentence what does not fit together, "" where all agree."""
    power = power_of(server.name, known)
    if power is None or not is_told_now(POWER, known, server.name):
        return ""
    host, node = host_of(server, known), node_of(server, known)
    if not is_told_now("hosts", known):
        return ""  # what sysinv said once is no contradiction now
    if host is None:
        return "sysinv does not know it"
    node = node if is_told_now("nodes", known) else None
    if power.power == "off":
        return _odd_off(host, node)
    if host.availability in UNHEARD:
        return f"on, and sysinv hears nothing of it ({host.availability})"
    if node is not None and not host.is_locked and host.is_enabled and not is_ready(node):
        return "on and in service, and Kubernetes has it NotReady"
    return ""


def _odd_off(host: Any, node: Any) -> str:
    if host.availability in HEARD:
        return f"off, and sysinv hears it ({host.availability}): look whose baseboard it is"
    if not host.is_locked:
        return "off, and unlocked in sysinv: maintenance may power it on again"
    if node is not None and is_ready(node):
        return "off, and Kubernetes has it Ready"
    return ""


def is_ready(node: Any) -> bool:
    """Whether Kubernetes has a node Ready; the row says it in a word or a flag."""
    found = getattr(node, "is_ready", None)
    if found is None:
        found = str(getattr(node, "status", "") or "").startswith("Ready")
    return bool(found)


def tone_of_health(word: str) -> Tone:
    """Return how bad a health word is."""
    return {"ok": Tone.GOOD, "warning": Tone.WARN}.get(word, Tone.BAD)


def between(row: Power) -> Look:
    """Return how one looks that is neither on nor off, or of which nobody says which."""
    if row.power.startswith("going"):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(f"its power is {row.power}",))
    words = "its baseboard does not say whether it is on"
    if row.power != "unknown":
        words = f"its power is {row.power}"
    return Look(tone=Tone.WARN, mark=Mark.UNKNOWN, notes=(words,))


def error_words(error: StxError) -> str:
    """Return why a baseboard says nothing, short enough for a list."""
    if isinstance(error, NotConfigured):
        return f"{error}; {error.advice}" if error.advice else str(error)
    said = str(error)
    # "BMC of controller-0: …" stands in a row that names it already.
    said = said.partition(": ")[2] or said
    if isinstance(error, Unauthorized):
        return f"refused the login: {said} (not tried again before r)"
    return said
