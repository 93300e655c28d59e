"""Which logs tell of a row, on which machine they lie, and at which moment they are opened."""

from __future__ import annotations

from typing import Any, Iterable, Optional, Tuple

from backend.baseboard import SelLog
from backend.deed import Deed
from backend.kinds.host import Host
from backend.kinds.host_site import active_controller
from backend.known import Known
from backend.logs.catalogue import ABOUT_ALL, OF_DEED, OF_HOST, OF_MACHINE, of_alarm, stream_of
from backend.plan import HERE
from backend.streams import Logs, Stream

# The kind that says which baseboards there are: it asks nobody.
SERVERS = "servers"


def logs_of(
    names: Iterable[str], hostname: str, known: Known, at_ms: Optional[int], of: str
) -> Logs:
    """Return the logs of these names: those about all hosts lie on the active controller.

    Where no controller is known, and where one sits on the machine itself, they are here.
    """
    active = active_controller(known)
    chief = active.hostname or "" if active is not None else ""

    def machine(name: str) -> str:
        wanted = chief if name in ABOUT_ALL or not hostname else hostname
        return HERE if not wanted or known.place.is_on(wanted) else wanted

    streams: Tuple[Stream, ...] = tuple(stream_of(name, machine(name)) for name in names)
    return Logs(streams=(*streams, *_own_log(hostname, known)), at_ms=at_ms, of=of)


def _own_log(hostname: str, known: Known) -> Tuple[Stream, ...]:
    """Return the event log of the host's own baseboard, where one can be asked."""
    found = [
        row
        for row in known.rows(SERVERS)
        if hostname and hostname in (row.host, row.name) and row.has_password
    ]
    return tuple(SelLog(server=row.name) for row in found[:1])


def of_host(host: Host, known: Known) -> Logs:
    """Return what maintenance, the inventory, and the host itself say of it, as it comes."""
    return logs_of(OF_HOST, host.hostname or "", known, None, host.name)


def of_machine(row: Any, _known: Known) -> Logs:
    """Return what a machine writes of itself: the one one sits on, or one behind SSH."""
    # Its id is how SSH reaches it, or HERE.
    return Logs(streams=tuple(stream_of(name, row.uuid) for name in OF_MACHINE), of=row.name)


def of_fault(alarm_id: str, hostname: str, at_ms: int, known: Known) -> Logs:
    """Return the logs that say why an alarm was raised, or an event logged, at that moment."""
    return logs_of(of_alarm(alarm_id), hostname, known, at_ms, alarm_id or "the event")


def of_deed(deed: Deed, known: Known) -> Logs:
    """Return what the platform wrote of a deed from when it was sent."""
    hostname = deed.label if deed.kind == "hosts" else ""
    at_ms = deed.sent_ms or deed.began_ms
    return logs_of(OF_DEED, hostname, known, at_ms, f"{deed.action} {deed.label}".strip())
