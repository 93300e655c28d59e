"""The hosts of a system: what they are, how they stand, and what can be done to them."""

from __future__ import annotations

from typing import Any, Tuple

from backend.kind import Kind, Rest, Tab
from backend.kinds.host import Host
from backend.kinds.host_acts import ACTIONS
from backend.kinds.host_columns import COLUMNS, STATE_FIELDS, WORKER_FIELDS
from backend.kinds.host_looks import look, strip
from backend.kinds.host_verdict import verdict
from backend.known import Known


def _sort(host: Host, _known: Known) -> Any:
    """Controllers first, then the others by name; what has no name yet stands last."""
    ranks = ("controller", "worker", "storage")
    rank = ranks.index(host.personality) if host.personality in ranks else len(ranks)
    return (host.is_discovered, rank, host.name)


TABS: Tuple[Tab[Host], ...] = ()

HOSTS = Kind[Host](
    name="hosts",
    singular="host",
    model=Host,
    read=Rest(service="sysinv", path="/ihosts", items="ihosts"),
    columns=COLUMNS,
    label=lambda h: h.name,
    look=look,
    strip=strip,
    tabs=TABS,
    verdict=verdict,
    sort=_sort,
    state_fields=STATE_FIELDS + WORKER_FIELDS,
    actions=ACTIONS,
    aliases=("ihosts", "ihost", "ho"),
    needs=("alarms", "system"),
    noise=frozenset({"uptime", "updated_at", "mtce_info"}),
    secret=frozenset({"bm_password"}),
)
