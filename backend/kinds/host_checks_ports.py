"""What may refuse an unlock because of a host's ports: virtual functions, drivers, the vSwitch."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Sequence, Set, Tuple

from backend.kinds.host import Host
from backend.kinds.host_check import WORKER, AnyCheck
from backend.kinds.host_checks import (
    FORCED_UNLOCK,
    has_label,
    list_of,
    rows_of,
    unlock_check,
    vswitch_of,
)
from backend.kinds.host_fresh import is_current
from backend.known import Known

DATA, SRIOV, PASSTHROUGH = "data", "pci-sriov", "pci-passthrough"
OVS_DPDK = "ovs-dpdk"
MELLANOX = frozenset({"mlx5_core"})

IF, DATANETS = "interfaces", "interface-datanetworks"
_SRIOV_NEEDS = (IF, "ports")
_WORKER = frozenset({WORKER})


def _ports(known: Known, kind: str, host: Host, row: Any) -> Sequence[Any]:
    return [port for port in rows_of(known, kind, host) if port.interface_uuid == row.uuid]


def _unaccelerated(host: Host, known: Known) -> str:
    for row in rows_of(known, IF, host):
        slow = [
            port.name
            for port in (_ports(known, "ethernet-ports", host, row) if row.ifclass == DATA else ())
            if not port.dpdksupport
        ]
        if slow:
            return f"port {slow[0]} of {row.ifname} can't be used by {OVS_DPDK}"
    return ""


def _waits_for_reboot(host: Host) -> bool:
    """Whether this very unlock is what makes the ports follow their configuration."""
    return not host.is_active and host.is_locked and host.config_status == "Config out-of-date"


def _vfs(host: Host, known: Known) -> str:
    for row in _sriov(host, known):
        ports = _ports(known, "ports", host, row)
        if not any(len(_listed(port.sriov_vfs_pci_address)) == row.sriov_numvfs for port in ports):
            return (
                f"{row.ifname} is to have {row.sriov_numvfs} VFs and its port has not got them yet"
            )
    return ""


def _sriov(host: Host, known: Known) -> Iterable[Any]:
    return (
        row
        for row in rows_of(known, IF, host)
        if row.ifclass == SRIOV and row.iftype == "ethernet" and row.sriov_numvfs
    )


def _listed(text: Optional[str]) -> Sequence[str]:
    return [part for part in (text or "").split(",") if part.strip()]


def _vf_driver(host: Host, known: Known) -> str:
    for row in _sriov(host, known):
        for port in _ports(known, "ports", host, row):
            if row.sriov_vf_driver == "netdevice" and port.sriov_vf_driver is None:
                return f"VFs of {row.ifname} are to be netdevice, and {port.name} has no driver"
    return ""


def _channels(host: Host, known: Known) -> str:
    by_name = {row.ifname: row for row in rows_of(known, IF, host)}
    for row in _sriov(host, known):
        uppers = [by_name[name] for name in row.used_by if name in by_name]
        for port in _ports(known, "ports", host, row):
            for one in (row, *uppers):
                most = port.sriov_vf_maxchannels
                if most and (one.sriov_vf_channels or 0) > most:
                    return f"{one.ifname}: {one.sriov_vf_channels} channels, {port.name} has {most}"
    return ""


def _mixed(host: Host, known: Known) -> str:
    """Interfaces of the device plug-in that share a data network must have alike drivers."""
    rows = [row for row in rows_of(known, IF, host) if row.ifclass in (SRIOV, PASSTHROUGH)]
    nets: Dict[Optional[str], Set[Any]] = {row.ifname: set() for row in rows}
    for pair in rows_of(known, DATANETS, host):
        if pair.ifname in nets:
            nets[pair.ifname].add(pair.datanetwork_name)
    for at, one in enumerate(rows):
        for other in rows[at + 1 :]:
            shared = nets[one.ifname] & nets[other.ifname]
            if not shared or one.ifclass != other.ifclass:
                continue
            if _drivers(host, known, one) != _drivers(host, known, other):
                return f"{one.ifname} and {other.ifname} share {min(shared)} with unlike drivers"
    return ""


def _drivers(host: Host, known: Known, row: Any) -> Tuple[str, int]:
    vf = (row.sriov_vf_driver or "netdevice") if row.ifclass == SRIOV else ""
    found = {port.driver for port in _ports(known, "ports", host, row)}
    return vf, len(found & MELLANOX)


def _inventory_tells(host: Host, _known: Known) -> bool:
    return not _waits_for_reboot(host)


def _dpdk(_host: Host, known: Known) -> bool:
    return not is_current("system", known) or vswitch_of(known) == OVS_DPDK


def _plugged(host: Host, known: Known) -> bool:
    return has_label(host, known, "sriovdp")


PORT_CHECKS: Tuple[AnyCheck, ...] = (
    unlock_check(
        "data ports fit the vSwitch",
        "_semantic_check_non_accelerated_interface_support",
        _unaccelerated,
        (IF, "ethernet-ports", "system"),
        _WORKER,
        applies=_dpdk,
        jump=list_of(IF),
    ),
    unlock_check(
        "VFs are there",
        "_semantic_check_sriov_interface",
        _vfs,
        _SRIOV_NEEDS,
        _WORKER,
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_inventory_tells,
        jump=list_of(IF),
    ),
    unlock_check(
        "VFs have their driver",
        "_semantic_check_sriov_interface",
        _vf_driver,
        _SRIOV_NEEDS,
        _WORKER,
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_inventory_tells,
        jump=list_of(IF),
    ),
    unlock_check(
        "VF channels fit",
        "_check_sriov_vf_channels_max",
        _channels,
        _SRIOV_NEEDS,
        _WORKER,
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_inventory_tells,
        jump=list_of(IF),
    ),
    unlock_check(
        "drivers on a data network are alike",
        "_check_sriovdp_interface_datanets",
        _mixed,
        (IF, "ports", DATANETS, "labels"),
        _WORKER,
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_plugged,
        jump=list_of(IF),
    ),
)
