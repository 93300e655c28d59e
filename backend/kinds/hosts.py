"""The hosts of a system: what they are, how they stand, and what can be done to them."""

from __future__ import annotations

from typing import Any, Tuple

from backend.kind import Kind, Rest, Tab
from backend.kinds.host import Host
from backend.kinds.host_acts import ACTIONS
from backend.kinds.host_board import board_of_host, board_page, power_of_host
from backend.kinds.host_columns import COLUMNS, STATE_FIELDS, WORKER_FIELDS
from backend.kinds.host_looks import look, strip
from backend.kinds.host_overview import overview, sentence
from backend.kinds.host_verdict import verdict
from backend.kinds.log_places import SERVERS, of_host
from backend.kinds.replacements import REPLACE_HOST
from backend.known import Known


def _sort(host: Host, _known: Known) -> Any:
    """Controllers first, then the others by name; what has no name yet stands last."""
    ranks = ("controller", "worker", "storage")
    rank = ranks.index(host.personality) if host.personality in ranks else len(ranks)
    return (host.is_discovered, rank, host.name)


def _is_of(host: Host, row: Any) -> bool:
    return bool(row.host_uuid == host.uuid)


def twins(host: Host, known: Known) -> Tuple[Host, ...]:
    """Return the other controller, else the hosts of the same personality, the next one first."""
    others = [h for h in known.rows("hosts") if h.personality == host.personality and h is not host]
    order = sorted(others, key=lambda h: (h.name < host.name, h.name))
    return () if host.is_discovered else tuple(order)


TABS: Tuple[Tab[Host], ...] = (
    Tab(
        key="o",
        title="Overview",
        figure=overview,
        needs=("alarms", "osds", "physical-volumes", "agreement", "servers"),
        under=power_of_host,
    ),
    Tab(
        key="A",
        title="Alarms",
        kind="alarms",
        related=lambda host, alarm: bool(host.hostname) and alarm.hostname == host.hostname,
    ),
    Tab(key="i", title="If", kind="interfaces", related=_is_of),
    Tab(key="p", title="Ports", kind="ports", related=_is_of),
    Tab(key="d", title="Disks", kind="disks", related=_is_of),
    Tab(key="t", title="Parts", kind="partitions", related=_is_of),
    Tab(key="f", title="Fs", kind="filesystems", related=_is_of),
    Tab(key="v", title="Vgs", kind="volume-groups", related=_is_of),
    Tab(key="V", title="Pvs", kind="physical-volumes", related=_is_of),
    Tab(key="e", title="Osds", kind="osds", related=_is_of),
    Tab(
        key="s",
        title="Svc",
        kind="services",
        related=lambda host, row: row.node_name == host.hostname,
    ),
    Tab(
        key="x",
        title="BMC",
        figure=board_page,
        needs=("servers", "agreement"),
        under=board_of_host,
    ),
    Tab(key="b", title="Labels", kind="labels", related=_is_of),
    Tab(
        key="z",
        title="Ptp",
        kind="ptp-instances",
        related=lambda host, row: host.hostname in row.hostnames,
    ),
)

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
    sentence=sentence,
    sort=_sort,
    state_fields=STATE_FIELDS + WORKER_FIELDS,
    actions=(*ACTIONS, REPLACE_HOST),
    logs=of_host,
    logs_needs=(SERVERS,),
    aliases=("ihosts", "ihost", "ho"),
    needs=("alarms", "system"),
    noise=frozenset({"uptime", "updated_at", "mtce_info"}),
    own=frozenset(
        {
            "mgmt_mac",
            "mgmt_ip",
            "bm_ip",
            "serialid",
            "iscsi_initiator_name",
            "nvme_host_nqn",
            "ihost_action",
            "action",
            "task",
            "capabilities.Personality",
            "config_applied",
            "config_target",
            "location",
            "peers",
            "boot_device_wwn",
        }
    ),
    twins=twins,
    secret=frozenset({"bm_password"}),
)
