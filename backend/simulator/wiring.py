"""Interfaces as they are added, changed and deleted, refused as sysinv refuses."""

from __future__ import annotations

import re
from typing import Any

from backend.simulator.boards import put_ptp
from backend.simulator.changers import Changer, locked, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.inventory import dates, interface
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client

HASHED = ("balanced", "802.3ad")
MODES = ("active_standby", *HASHED)
CLASSES = ("platform", "data", "pci-passthrough", "pci-sriov")
NUMBERS = ("imtu", "vlan_id", "sriov_numvfs", "max_tx_rate", "max_rx_rate")
FIELDS = frozenset(
    {
        "ifname",
        "iftype",
        "imtu",
        "ifclass",
        "aemode",
        "txhashpolicy",
        "vlan_id",
        "ptp_role",
        "primary_reselect",
        "ipv4_mode",
        "ipv6_mode",
        "ipv4_pool",
        "ipv6_pool",
        "sriov_numvfs",
        "sriov_vf_driver",
        "max_tx_rate",
        "max_rx_rate",
        "ovs_access",
        "ports",
        "uses",
        "usesmodify",
        "channels",
        "sriov_vf_channels",
    }
)


def _others(cloud: Cloud, host: Host, row: Json) -> list[Json]:
    rows = children(cloud, host, "iinterfaces")
    return [one for one in rows if one["uuid"] != row.get("uuid")]


def _below(cloud: Cloud, host: Host, row: Json) -> list[Json]:
    return [one for one in _others(cloud, host, row) if one["ifname"] in row["uses"]]


def _above(cloud: Cloud, host: Host, row: Json) -> list[Json]:
    return [one for one in _others(cloud, host, row) if row["ifname"] in one["uses"]]


def _numbers(row: Json) -> Json:
    words = {
        "imtu": "MTU is an integer value.",
        "vlan_id": "VLAN id is an integer value.",
        "sriov_numvfs": "Value for number of SR-IOV VFs is an integer value.",
    }
    return {
        name: number(value, words.get(name, f"{name} must be an non-negative integer value."))
        if name in NUMBERS and value is not None
        else value
        for name, value in row.items()
    }


def add(cloud: Cloud, host: Host, wanted: Json) -> Json:
    """An interface on others."""
    given = {name: value for name, value in wanted.items() if value is not None}
    given.pop("ihost_uuid", None)
    uses = given.pop("uses", None) or []
    given.pop("ports", None)
    row = {
        **interface(cloud, host, (given.get("ifname", ""), "", None, "", "", None)),
        "uuid": cloud.new_uuid(),
        "ifclass": None,
        "aemode": "active_standby" if given.get("iftype") == "ae" else None,
        **_numbers(given),
        "uses": uses,
    }
    if row["ifclass"] == "none":
        row["ifclass"] = None
    is_vf = row["ifclass"] == "pci-sriov" and row["iftype"] == "vf"
    locked(host, unless=cloud.system.is_simplex and is_vf)
    _check(cloud, host, row, {})
    children(cloud, host, "iinterfaces").append(row)
    for one in _below(cloud, host, row):
        one["used_by"] = [*one["used_by"], row["ifname"]]
    return row


def modify(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """Change an interface; what it is called is told to those it touches."""
    ptp = changes.pop("ptp_interfaces/-", None)
    if ptp is not None:
        put_ptp(cloud, "ptp_interfaces", "interface_names", f"{host.name}/{row['ifname']}", ptp)
        if not changes:
            return
    for name in changes:
        if name not in FIELDS:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
    after = {**row, **_numbers(changes)}
    if after["ifclass"] == "none":
        after["ifclass"] = None
    rates = after["ifclass"] == "platform" and set(changes) <= {"max_tx_rate", "max_rx_rate"}
    is_pf = after["ifclass"] == "pci-sriov" and row["ifclass"] != "pci-sriov"
    locked(host, unless=rates or (cloud.system.is_simplex and is_pf))
    _check(cloud, host, after, row)
    before = row["ifname"]
    row.update(after, updated_at=dates(cloud)["created_at"])
    _rename(cloud, host, before, row["ifname"])


def _rename(cloud: Cloud, host: Host, before: str, after: str) -> None:
    for one in children(cloud, host, "iinterfaces"):
        for name in ("uses", "used_by"):
            one[name] = [after if n == before else n for n in one[name]]
    for kind in ("interface_networks", "interface_datanetworks"):
        for one in children(cloud, host, kind):
            if one["ifname"] == before:
                one["ifname"] = after


def remove(cloud: Cloud, host: Host, row: Json, force: bool) -> None:
    """Delete an interface that was added."""
    del force
    locked(host)
    if row["ifclass"] == "platform" and row["iftype"] == "ae" and row["used_by"]:
        used = ", ".join(row["used_by"])
        raise client(f"Cannot delete interface {row['ifname']}, still in use by {used}")
    if row["iftype"] == "ethernet" and not row["uses"]:
        raise client("Cannot delete a system created ethernet interface")
    children(cloud, host, "iinterfaces").remove(row)
    for one in children(cloud, host, "iinterfaces"):
        one["used_by"] = [name for name in one["used_by"] if name != row["ifname"]]
    for kind in ("interface_networks", "interface_datanetworks"):
        rows = children(cloud, host, kind)
        rows[:] = [one for one in rows if one["ifname"] != row["ifname"]]


# --- what sysinv asks --------------------------------------------------------------------------


def _check(cloud: Cloud, host: Host, row: Json, before: Json) -> None:
    _name(cloud, host, row)
    if row["iftype"] not in ("ae", "vlan", "ethernet", "virtual", "vf"):
        raise client("Device interface type must be one of ae, vlan, ethernet, virtual, vf")
    below = _below(cloud, host, row)
    if row["uses"] and len(below) != len(set(row["uses"])):
        raise client(f"Interface {row['uses'][0]} could not be found.", 404)
    if row["iftype"] == "vlan":
        _vlan(cloud, host, row, below, before)
    if row["iftype"] == "ae":
        _bond(cloud, host, row, below)
    _class(host, row)
    _mtu(cloud, host, row, below)
    _addresses(row)
    _sriov(cloud, host, row, below)
    _kept(cloud, host, row)
    if row["ptp_role"] not in (None, "none") and row["ifclass"] not in ("platform", "pci-sriov"):
        raise client(
            f"Invalid interface class for ptp_role: {row['ptp_role']}. Device interface class must "
            "be one of platform, pci-sriov, vf"
        )


def _name(cloud: Cloud, host: Host, row: Json) -> None:
    name = str(row["ifname"])
    if not name.strip():
        raise client("Interface name cannot be whitespace.")
    if name != name.lower():
        raise client("Interface name must be in lower case.")
    if len(name) > 15:
        raise client(f"Interface {name} has name length greater than 15.")
    odd = re.search(r"[^a-z0-9._-]", name)
    if odd:
        raise client(f"Cannot use '{odd[0]}' as a special character in interface name.")
    if any(one["ifname"] == name for one in _others(cloud, host, row)):
        raise client(f"Interface Name {name} must be unique.")


def _vlan(cloud: Cloud, host: Host, row: Json, below: list[Json], before: Json) -> None:
    if row["vlan_id"] is None:
        raise client("VLAN id must be specified.")
    if not 1 <= row["vlan_id"] <= 4094:
        raise client("VLAN id must be between 1 and 4094.")
    if len(row["uses"]) != 1:
        raise client(f"Can only have one interface for vlan type. ({row['uses']})")
    lower = below[0]
    if lower["iftype"] == "vlan":
        raise client("VLAN interfaces cannot be created over existing VLAN interfaces")
    for one in _others(cloud, host, row):
        if before or one["iftype"] != "vlan" or one["vlan_id"] != row["vlan_id"]:
            continue
        if row["ifclass"] == one["ifclass"] == "platform":
            number = row["vlan_id"]
            raise client(f"VLAN id {number} already in use on another platform interface")
        if lower["ifname"] in one["uses"]:
            raise client(f"VLAN id {row['vlan_id']} already in use on interface {lower['ifname']}")
    if lower["ifclass"] == "data" and row["ifclass"] == "platform":
        raise client("Platform VLAN interface cannot be created over a data interface ")
    if lower["ifclass"] == "platform" and row["ifclass"] == "data":
        raise client("Data VLAN interface cannot be created over a platform interface ")


def _bond(cloud: Cloud, host: Host, row: Json, below: list[Json]) -> None:
    for lower in below:
        if lower["ptp_role"] not in (None, "none"):
            raise client(
                "None of interfaces being used in an 'aggregated ethernet' interface can have a "
                "PTP role (must be 'none')."
            )
        if lower["ifclass"] not in (None, "pci-sriov"):
            raise client(
                "All interfaces being used in an 'aggregated ethernet' interface must have the "
                "interface class set to 'none' or 'pci-sriov'."
            )
        for one in _others(cloud, host, row):
            if one["iftype"] == "ae" and lower["ifname"] in one["uses"]:
                raise client(
                    f"Interface '{lower['ifname']}' is already used by another 'aggregated "
                    f"ethernet' interface '{one['ifname']}'"
                )
    mode, hashed = row["aemode"], row["txhashpolicy"]
    if mode not in MODES:
        raise client(f"Invalid aggregated ethernet mode '{mode}' ")
    if mode in HASHED and not hashed:
        raise client(
            "Device interface with 'aggregated ethernet' interface type in 'balanced' or "
            "'802.3ad' mode require a valid Tx Hash Policy."
        )
    if mode == "active_standby" and hashed:
        raise client(
            "Device interface with interface type 'aggregated ethernet' in 'active_standby' mode "
            "should not specify a Tx Hash Policy."
        )
    if row["ifclass"] not in ("platform", "data"):
        raise client(
            "Device interface class with interface type 'aggregated ethernet' must be 'platform' "
            "or 'data' "
        )


def _class(host: Host, row: Json) -> None:
    ifclass = row["ifclass"]
    if ifclass is None:
        return
    if ifclass not in CLASSES:
        raise client(f"Invalid interface class {ifclass}")
    if ifclass == "data" and not host.is_worker:
        raise client(
            "The data interface class is only supported on nodes supporting worker functions"
        )
    if ifclass.startswith("pci") and row["iftype"] not in ("ethernet", "vf"):
        raise client(
            "The pci-passthrough, pci-sriov interface class is only valid on Ethernet and VF "
            "interfaces"
        )


def _mtu(cloud: Cloud, host: Host, row: Json, below: list[Json]) -> None:
    mtu = row["imtu"]
    if not 576 <= mtu <= 9216:
        raise client("MTU must be between 576 and 9216 bytes.")
    for lower in below:
        if row["iftype"] in ("vlan", "vf", "ethernet") and mtu > lower["imtu"]:
            raise client(
                f"Interface MTU ({mtu}) cannot be larger than MTU of underlying interface "
                f"({lower['imtu']})"
            )
    for upper in _above(cloud, host, row):
        if mtu < upper["imtu"]:
            raise client(
                f"Interface MTU ({mtu}) cannot be smaller than the interface MTU "
                f"({upper['imtu']}) using this interface"
            )


def _addresses(row: Json) -> None:
    for family, word in (("ipv4", "IPv4"), ("ipv6", "IPv6")):
        mode, pool = row[f"{family}_mode"], row.get(f"{family}_pool")
        if mode not in (None, "disabled") and row["ifclass"] not in ("platform", "data"):
            raise client(
                "Address mode attributes only supported on 'mgmt, cluster-host, oam, data' "
                "interfaces",
                404,
            )
        if mode == "pool" and not pool:
            raise client(f"{word} address pool name not specified", 409)
        if pool and mode != "pool":
            words = f"Specifying an {word} address pool requires setting the address mode to 'pool'"
            raise client(words, 409)


def _sriov(cloud: Cloud, host: Host, row: Json, below: list[Json]) -> None:
    wanted: Any = row["sriov_numvfs"]
    if row["ifclass"] != "pci-sriov":
        if wanted:
            raise client("Number of SR-IOV VFs is specified but interface class is not pci-sriov.")
        if row["sriov_vf_driver"]:
            raise client("SR-IOV VF driver is specified but interface class is not pci-sriov.")
        return
    if wanted is None:
        raise client("Value for number of SR-IOV VFs must be specified.")
    if wanted <= 0:
        raise client("Value for number of SR-IOV VFs must be > 0.")
    if row["iftype"] == "ethernet":
        ports = children(cloud, host, "ports")
        most = next((p["sriov_totalvfs"] for p in ports if p["interface_uuid"] == row["uuid"]), 0)
        if wanted > (most or 0):
            raise client(f"The interface support a maximum of {most} VFs")
    if row["iftype"] == "vf":
        lower = below[0] if below else {"ifclass": None, "ifname": "-", "sriov_numvfs": 0}
        if lower["ifclass"] != "pci-sriov":
            raise client("VF interfaces must be created over an interface of class pci-sriov")
        taken = [o["sriov_numvfs"] or 0 for o in _others(cloud, host, row)
                 if lower["ifname"] in o["uses"]]  # fmt: skip
        left = lower["sriov_numvfs"] - sum(taken) - 1
        if wanted > left:
            raise client(
                f"The number of virtual functions ({wanted}) must be less than or equal to the "
                f"available VFs ({left}) available on the underlying interface ({lower['ifname']})"
            )


def _kept(cloud: Cloud, host: Host, row: Json) -> None:
    for one in _above(cloud, host, row):
        if one["iftype"] == "ae" and row["ifclass"] not in (None, "pci-sriov"):
            raise client(
                f"Interface '{row['ifname']}' is being used by interface '{one['ifname']}' as an "
                "'aggregated ethernet' interface and therefore the interface class cannot be "
                "changed from 'none' or 'pci-sriov'."
            )
        if one["iftype"] == "vf" and row["ifclass"] != "pci-sriov":
            raise client(
                f"Interface '{row['ifname']}' is being used by VF interface '{one['ifname']}' and "
                "therefore the interface class cannot be changed from 'pci-sriov'."
            )


WIRING = Changer(add=add, modify=modify, remove=remove, fields=FIELDS)
