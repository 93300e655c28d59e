"""What sysinv keeps of each host beside its disks: labels, interfaces, ports."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from pydantic import Field

from backend.figure import Line, Lines
from backend.kind import Column, Kind, Reach, Rest, Row, Tab
from backend.kinds.host_edits import kin
from backend.kinds.interface_acts import INTERFACE_ACTIONS
from backend.kinds.label_acts import LABEL_ACTIONS
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

NOISE = frozenset({"updated_at"})
EVERY_S = 30.0


class OfHost(Row):
    """A row that belongs to a host; sysinv spells the host's uuid in two ways."""

    uuid: str
    ihost_uuid: Optional[str] = None

    @property
    def host_uuid(self) -> str:
        """The uuid of its host."""
        return self.ihost_uuid or str(self.body.get("host_uuid") or "")

    def parent_id(self, _known: Known) -> str:
        return self.host_uuid


def host_name(row: OfHost, known: Known) -> str:
    """Return the name of a row's host, its uuid where hosts were not read."""
    host = known.row("hosts", row.host_uuid)
    return host.name if host is not None else row.host_uuid


HOST: Column[Any] = Column(heading="HOST", joined=host_name, most=20)


def _busy(words: str) -> Look:
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))


def look_of(state: Optional[str], well: Tuple[str, ...]) -> Look:
    """Return how a row with that state looks, where ``well`` are the states at rest."""
    said = (state or "").strip()
    if not said or said.casefold() in well:
        return WELL
    if "fail" in said.casefold() or "error" in said.casefold():
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(said,))
    return _busy(said)


# --- labels ------------------------------------------------------------------------------------


class Label(OfHost):
    """A Kubernetes label that sysinv gives a host."""

    label_key: str
    label_value: Optional[str] = None


LABELS: Kind[Label] = Kind(
    name="labels",
    singular="label",
    model=Label,
    # Asked for all at once the service answers 500.
    read=Rest(service="sysinv", path="/ihosts/{parent}/labels", items="labels"),
    parent="hosts",
    needs=("hosts",),
    reach=Reach.PER_PARENT,
    label=lambda row: row.label_key,
    columns=(
        HOST,
        Column(heading="KEY", value=lambda row: row.label_key, most=48),
        Column(heading="VALUE", value=lambda row: row.label_value, most=32),
    ),
    actions=LABEL_ACTIONS,
    aliases=("host-labels",),
    noise=NOISE,
    every_s=EVERY_S,
)


# --- network -----------------------------------------------------------------------------------


class Interface(OfHost):
    """An interface as configured, on ports or on other interfaces."""

    ifname: Optional[str] = None
    iftype: Optional[str] = None
    ifclass: Optional[str] = None
    imtu: Optional[int] = None
    vlan_id: Optional[int] = None
    aemode: Optional[str] = None
    uses: List[str] = Field(default_factory=list)
    used_by: List[str] = Field(default_factory=list)
    ipv4_mode: Optional[str] = None
    ipv6_mode: Optional[str] = None
    sriov_numvfs: Optional[int] = None
    sriov_vf_driver: Optional[str] = None
    sriov_vf_channels: Optional[int] = None
    ptp_role: Optional[str] = None
    txhashpolicy: Optional[str] = None
    primary_reselect: Optional[str] = None
    ipv4_pool: Optional[str] = None
    ipv6_pool: Optional[str] = None
    max_tx_rate: Optional[int] = None
    max_rx_rate: Optional[int] = None


def _strip(row: Interface, known: Known) -> Lines:
    """Return what an interface stands on and carries: ports, networks, addresses, limits."""
    host = known.row("hosts", row.host_uuid)
    ports = [one.name for one in kin(known, "ports", host) if one.interface_uuid == row.uuid]
    nets = [n.network_name for n in kin(known, "interface-networks", host) if _is_on(n, row)]
    data = kin(known, "interface-datanetworks", host)
    addresses = kin(known, "addresses", host)
    bond = " ".join(filter(None, (row.aemode, row.txhashpolicy))) if row.iftype == "ae" else ""
    told = (
        ("ports", ports),
        ("stands on", row.uses),
        ("below", row.used_by),
        ("networks", nets),
        ("data networks", [n.datanetwork_name for n in data if _is_on(n, row)]),
        ("addresses", [f"{a.address}/{a.prefix}" for a in addresses if _is_on(a, row)]),
        ("bond", [bond] if bond else []),
        ("vfs", [str(row.sriov_numvfs)] if row.sriov_numvfs else []),
        ("ptp", [row.ptp_role] if row.ptp_role not in (None, "none") else []),
    )
    return Lines(
        lines=tuple(
            Line(heading=heading, text=", ".join(str(name) for name in names))
            for heading, names in told
            if names
        )
    )


def _is_on(row: Any, interface: Interface) -> bool:
    return bool(row.ifname == interface.ifname)


INTERFACES: Kind[Interface] = Kind(
    name="interfaces",
    singular="interface",
    model=Interface,
    # Asked for all at once the service answers 400.
    read=Rest(service="sysinv", path="/ihosts/{parent}/iinterfaces", items="iinterfaces"),
    parent="hosts",
    needs=(
        "hosts",
        "ports",
        "addresses",
        "interface-networks",
        "interface-datanetworks",
    ),
    reach=Reach.PER_PARENT,
    label=lambda row: row.ifname or row.uuid,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.ifname, most=16),
        Column(heading="TYPE", value=lambda row: row.iftype),
        Column(heading="CLASS", value=lambda row: row.ifclass),
        Column(heading="VLAN", value=lambda row: row.vlan_id, right=True),
        Column(heading="MTU", value=lambda row: row.imtu, right=True),
        Column(heading="ON", value=lambda row: " ".join(row.uses) or None, most=24),
        Column(heading="IPV4", value=lambda row: row.ipv4_mode, wide=True),
        Column(heading="IPV6", value=lambda row: row.ipv6_mode, wide=True),
        Column(heading="VFS", value=lambda row: row.sriov_numvfs, right=True, wide=True),
    ),
    strip=_strip,
    tabs=(Tab(key="o", title="Overview", figure=_strip),),
    actions=INTERFACE_ACTIONS,
    aliases=("iinterfaces", "if", "host-if"),
    noise=NOISE,
    own=frozenset({"imac"}),
    every_s=EVERY_S,
)


class Port(OfHost):
    """A physical port of a network card."""

    name: Optional[str] = None
    pciaddr: Optional[str] = None
    numa_node: Optional[int] = None
    driver: Optional[str] = None
    pdevice: Optional[str] = None
    sriov_totalvfs: Optional[int] = None
    # Comma-joined.
    sriov_vfs_pci_address: Optional[str] = None
    sriov_vf_driver: Optional[str] = None
    sriov_vf_maxchannels: Optional[int] = None
    interface_uuid: Optional[str] = None


PORTS: Kind[Port] = Kind(
    name="ports",
    singular="port",
    model=Port,
    read=Rest(service="sysinv", path="/ports", items="ports", under="/ihosts/{parent}/ports"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: row.name or row.uuid,
    columns=(
        HOST,
        Column(heading="NAME", value=lambda row: row.name, most=16),
        Column(heading="PCI", value=lambda row: row.pciaddr),
        Column(heading="NUMA", value=lambda row: row.numa_node, right=True),
        Column(heading="DRIVER", value=lambda row: row.driver),
        Column(heading="DEVICE", value=lambda row: row.pdevice, most=32),
        Column(heading="VFS", value=lambda row: row.sriov_totalvfs, right=True, wide=True),
    ),
    aliases=("host-ports",),
    noise=NOISE,
    every_s=EVERY_S,
)
