"""What is asked before an interface is added or changed, and what there is to choose from."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Form
from backend.kinds.host import Host
from backend.kinds.host_edits import host_of, kin, said_as
from backend.known import Known

CLASSES = ("platform", "data", "pci-passthrough", "pci-sriov", "none")
# What each type of interface may be used for.
CLASSES_OF: Mapping[str, Tuple[str, ...]] = {
    "ae": ("platform", "data", "none"),
    "vlan": ("platform", "data", "none"),
    "vf": ("pci-sriov",),
    "virtual": ("platform", "none"),
}
TYPES = ("ethernet", "ae", "vlan", "vf")
MODES = ("balanced", "active_standby", "802.3ad")
LEAST_MTU, MOST_MTU = 576, 9216


class _New(Form):
    """What is asked of a new one first."""

    iftype: Literal["ethernet", "ae", "vlan", "vf"] = Field(
        description="ae is a bond, vf takes of the VFs of another", examples=["vlan"], title="type"
    )
    ifname: str = Field(
        min_length=1,
        max_length=15,
        title="name",
        description="15 small letters, digits, - _ . at most",
        examples=["vlan10"],
        json_schema_extra=said_as("interface name"),
    )
    uses: Tuple[str, ...] = Field(
        min_length=1,
        title="on",
        description="interfaces below it",
        examples=[("pxeboot0",)],
    )
    vlan_id: Optional[int] = Field(
        default=None, ge=1, le=4094, description="of a VLAN", json_schema_extra=said_as("VLAN id")
    )


class _Interface(Form):
    """What both forms ask."""

    ifclass: Optional[Literal["platform", "data", "pci-passthrough", "pci-sriov", "none"]] = Field(
        default=None,
        description="what it is for",
        json_schema_extra=said_as("interface class", "interface of class"),
    )
    imtu: Optional[int] = Field(
        default=None,
        ge=LEAST_MTU,
        le=MOST_MTU,
        title="mtu",
        description="576 to 9216",
        json_schema_extra=said_as("MTU"),
    )
    ipv4_mode: Optional[Literal["disabled", "static", "pool"]] = Field(default=None)
    ipv4_pool: Optional[str] = Field(
        default=None,
        description="where the mode is pool",
        json_schema_extra=said_as("IPv4 address pool"),
    )
    ipv6_mode: Optional[Literal["disabled", "static", "link-local", "pool"]] = Field(default=None)
    ipv6_pool: Optional[str] = Field(
        default=None,
        description="where the mode is pool",
        json_schema_extra=said_as("IPv6 address pool"),
    )
    aemode: Optional[Literal["balanced", "active_standby", "802.3ad"]] = Field(
        default=None,
        description="of a bond",
        json_schema_extra=said_as("aggregated ethernet mode", "must be in mode"),
    )
    txhashpolicy: Optional[Literal["layer2", "layer2+3", "layer3+4"]] = Field(
        default=None,
        description="of a bond: balanced and 802.3ad want one",
        json_schema_extra=said_as("Tx Hash Policy"),
    )
    primary_reselect: Optional[Literal["always", "better", "failure"]] = Field(
        default=None, description="of a bond in active_standby"
    )
    sriov_numvfs: Optional[int] = Field(
        default=None,
        ge=1,
        title="vfs",
        description="virtual functions, of pci-sriov",
        json_schema_extra=said_as("number of SR-IOV VFs", "number of virtual functions", "VFs"),
    )
    sriov_vf_driver: Optional[Literal["netdevice", "vfio"]] = Field(
        default=None, description="of its VFs", json_schema_extra=said_as("SR-IOV VF driver")
    )
    ptp_role: Optional[Literal["master", "slave", "none"]] = Field(
        default=None, json_schema_extra=said_as("PTP role")
    )
    max_tx_rate: Optional[int] = Field(default=None, ge=0, description="Mb/s, of a VF or platform")
    max_rx_rate: Optional[int] = Field(default=None, ge=0, description="Mb/s, of platform")


class AddInterface(_Interface, _New):
    """An interface on top of others: a bond, a VLAN, VFs."""


class ModifyInterface(_Interface):
    """What an interface shall be; empty stays as it is."""

    ifname: Optional[str] = Field(
        default=None,
        max_length=15,
        title="name",
        description="15 small letters, digits, - _ . at most",
        json_schema_extra=said_as("interface name"),
    )


def pools(known: Known, family: int) -> Tuple[str, ...]:
    """Return the names of the address pools of an IP version; all where it is not said."""
    rows = known.rows("address-pools")
    return tuple(row.name for row in rows if row.name and row.body.get("family", family) == family)


def pool_uuid(name: str, known: Known) -> str:
    """Return the id of an address pool by its name; a name that is none stays."""
    rows = known.rows("address-pools")
    return next((str(row.uuid) for row in rows if name in (row.name, row.uuid)), name)


def add_choices(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what a new interface may stand on, and have."""
    names = [row.ifname for row in kin(known, "interfaces", host) if row.ifname]
    types: Tuple[str, ...] = TYPES
    if not any(row.ifclass == "pci-sriov" for row in kin(known, "interfaces", host)):
        types = ("ae", "vlan")
    return {
        "iftype": types,
        "uses": tuple(names),
        "ifclass": CLASSES if host.is_worker else ("platform", "pci-sriov", "none"),
        **_pools(known),
    }


def modify_choices(row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what an interface of that type may be and have."""
    host = host_of(row, known)
    classes: List[str] = list(CLASSES_OF.get(row.iftype or "", CLASSES))
    if host is not None and not host.is_worker and "data" in classes:
        classes.remove("data")
    return {"ifclass": tuple(classes), **_pools(known)}


def _pools(known: Known) -> Mapping[str, Tuple[str, ...]]:
    found = {"ipv4_pool": pools(known, 4), "ipv6_pool": pools(known, 6)}
    return {name: names for name, names in found.items() if names}
