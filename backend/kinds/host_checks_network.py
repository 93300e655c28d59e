"""What may refuse an unlock because of a host's networks, their interfaces and addresses."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Callable, Optional, Sequence, Tuple

from backend.kinds.host import Host
from backend.kinds.host_check import CONTROLLER, WORKER, AnyCheck
from backend.kinds.host_checks import list_of, rows_of, unlock_check
from backend.kinds.host_fresh import is_current
from backend.kinds.host_site import is_simplex, system_of
from backend.known import Known

# Networks of which an interface has addresses of its own.
ADDRESSED = frozenset({"mgmt", "oam", "cluster-host", "ironic", "storage", "admin"})
OFF = (None, "", "disabled")

IF, NETS, DATANETS = "interfaces", "interface-networks", "interface-datanetworks"

_WORKER, _CONTROLLER = frozenset({WORKER}), frozenset({CONTROLLER})


def _on_network(host: Host, known: Known, network: str) -> Tuple[Any, ...]:
    """Return the interfaces of a host that carry a network of that type."""
    names = {r.ifname for r in rows_of(known, NETS, host) if r.network_type == network}
    return tuple(row for row in rows_of(known, IF, host) if row.ifname in names)


def _no_network(network: str) -> Callable[[Host, Known], str]:
    def fails(host: Host, known: Known) -> str:
        rows = rows_of(known, NETS, host)
        if any(row.network_type == network for row in rows):
            return ""
        return f"no interface carries the {network} network: assign it to one"

    return fails


def _virtual(network: str) -> Callable[[Host, Known], str]:
    def fails(host: Host, known: Known) -> str:
        rows = _on_network(host, known, network)
        if not rows or rows[0].iftype != "virtual":
            return ""
        return f"the {network} network is on {rows[0].ifname}, which is a virtual interface"

    return fails


def _has_admin_network(_host: Host, known: Known) -> bool:
    if not (is_current("networks", known) and is_current("network-address-pools", known)):
        return True
    names = {row.name for row in known.rows("networks") if row.type == "admin"}
    return any(row.network_name in names for row in known.rows("network-address-pools"))


def _migrates(_host: Host, known: Known) -> bool:
    """Whether a simplex system is on its way to be a duplex one."""
    system = system_of(known)
    said = system.capabilities if system is not None else {}
    names = ("simplex_to_duplex_migration", "simplex_to_duplex-direct_migration")
    return any(said.get(name) for name in names)


def _no_oam_addresses(_host: Host, known: Known) -> str:
    rows = known.rows("oam")
    missing = [n for n in ("oam_c0_ip", "oam_c1_ip") if not (rows and getattr(rows[0], n))]
    return f"the OAM network has no {' and '.join(missing)}: both controllers need one" * bool(
        missing
    )


# --- addresses -----------------------------------------------------------------------------------


def _family(address: Optional[str]) -> int:
    try:
        return ip_address(address or "").version
    except ValueError:
        return 0


def _unaddressed(host: Host, known: Known) -> str:
    carrying = {r.ifname for r in rows_of(known, NETS, host) if r.network_type in ADDRESSED}
    held = {(r.ifname, _family(r.address)) for r in rows_of(known, "addresses", host)}
    for row in rows_of(known, IF, host):
        if row.ifname not in carrying:
            continue
        for family, mode in ((4, row.ipv4_mode), (6, row.ipv6_mode)):
            if mode == "static" and (row.ifname, family) not in held:
                return f"{row.ifname} is to have a static IPv{family} address and has none"
    return ""


def _vxlan(host: Host, known: Known) -> str:
    """A VXLAN network needs an address of the family of its multicast group."""
    networks = {row.uuid: row for row in known.rows("data-networks")}
    rows = {row.ifname: row for row in rows_of(known, IF, host) if row.ifclass == "data"}
    for pair in rows_of(known, DATANETS, host):
        network, row = networks.get(pair.datanetwork_uuid), rows.get(pair.ifname)
        if row is None or network is None or network.network_type != "vxlan":
            continue
        family = _family(network.multicast_group)
        modes = {4: row.ipv4_mode, 6: row.ipv6_mode}
        if family and modes[family] in OFF:
            return f"{row.ifname} is on VXLAN {network.name} and has no IPv{family} address"
    return ""


# --- PTP -----------------------------------------------------------------------------------------


def _by_ptp(host: Host, _known: Known) -> bool:
    return host.clock_synchronization == "ptp"


def _ptp_interfaces(host: Host, known: Known) -> Sequence[str]:
    return [r.ifname for r in rows_of(known, IF, host) if (r.ptp_role or "none") != "none"]


def _no_ptp(host: Host, known: Known) -> str:
    instances = (row for row in known.rows("ptp-instances") if host.hostname in row.hostnames)
    if _ptp_interfaces(host, known) or next(instances, None) is not None:
        return ""
    return "its clock is to follow PTP, and it has neither an interface nor an instance for it"


def _ptp_without_address(host: Host, known: Known) -> str:
    if not any(row.transport == "udp" for row in known.rows("ptp")):
        return ""
    held = {row.ifname for row in rows_of(known, "addresses", host)}
    bare = [name for name in _ptp_interfaces(host, known) if name not in held]
    return f"PTP goes over UDP, and {bare[0]} has no address" if bare else ""


# --- the checks ----------------------------------------------------------------------------------


def _has_pair(_host: Host, known: Known) -> bool:
    return not is_simplex(known)


NETWORK_CHECKS: Tuple[AnyCheck, ...] = (
    unlock_check(
        "management on an interface",
        "check_unlock_interfaces",
        _no_network("mgmt"),
        (NETS,),
        jump=list_of(IF),
    ),
    unlock_check(
        "management not on a virtual one",
        "check_unlock_interfaces",
        _virtual("mgmt"),
        (NETS, IF, "system"),
        applies=_has_pair,
        jump=list_of(IF),
    ),
    unlock_check(
        "cluster-host on an interface",
        "check_unlock_interfaces",
        _no_network("cluster-host"),
        (NETS,),
        jump=list_of(IF),
    ),
    unlock_check(
        "cluster-host not on a virtual one",
        "check_unlock_interfaces",
        _virtual("cluster-host"),
        (NETS, IF, "system"),
        applies=_has_pair,
        jump=list_of(IF),
    ),
    unlock_check(
        "the admin network on an interface",
        "check_unlock_interfaces",
        _no_network("admin"),
        (NETS, "networks", "network-address-pools"),
        _CONTROLLER,
        applies=_has_admin_network,
        jump=list_of(IF),
    ),
    unlock_check(
        "OAM on an interface",
        "_semantic_check_oam_interface",
        _no_network("oam"),
        (NETS,),
        _CONTROLLER,
        jump=list_of(IF),
    ),
    unlock_check(
        "OAM addresses of both controllers",
        "_semantic_check_duplex_oam_config",
        _no_oam_addresses,
        ("oam", "system"),
        _CONTROLLER,
        applies=_migrates,
        jump=list_of("oam"),
    ),
    unlock_check(
        "static addresses are there",
        "_semantic_check_interface_addresses",
        _unaddressed,
        (IF, NETS, "addresses"),
        _WORKER,
        jump=list_of(IF),
    ),
    unlock_check(
        "VXLAN has its addresses",
        "_semantic_check_interface_datanets",
        _vxlan,
        (IF, DATANETS, "data-networks"),
        _WORKER,
        jump=list_of(IF),
    ),
    unlock_check(
        "PTP has an interface",
        "check_unlock_interfaces",
        _no_ptp,
        (IF, "ptp-instances"),
        applies=_by_ptp,
        jump=list_of(IF),
    ),
    unlock_check(
        "PTP interfaces have addresses",
        "check_unlock_interfaces",
        _ptp_without_address,
        (IF, "addresses", "ptp"),
        applies=_by_ptp,
        jump=list_of(IF),
    ),
)
