"""Why an interface would not be taken as it is wanted: the service's own checks, on what is known.

Followed: sysinv's ``api/controllers/v1/interface.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, List, Mapping, Optional, Tuple

from backend.kind import Reason
from backend.kinds.edits import check
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, kin
from backend.kinds.host_site import is_simplex
from backend.known import Known

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
HASHED = ("balanced", "802.3ad")
PCI = ("pci-sriov", "pci-passthrough")
# Networks whose interfaces are never limited in rate.
INTERNAL = ("pxeboot", "cluster-host", "cluster-pod", "cluster-service")


@dataclass(frozen=True)
class Wanted:
    """An interface as it would be, among the others of its host; ``row`` is what it is now."""

    host: Optional[Host]
    known: Known
    fields: Mapping[str, str]
    changes: Mapping[str, str]
    uses: Tuple[str, ...] = ()
    row: Optional[Any] = None

    def __getitem__(self, name: str) -> str:
        """Return what it would have in a field, "" for nothing; class none is nothing."""
        value = self.fields.get(name, "")
        return "" if value == "none" and name in ("ifclass", "ptp_role") else value

    def number(self, name: str) -> int:
        """Return a field as a number, 0 where it has none."""
        return int(self[name]) if self[name].isdigit() else 0

    @property
    def others(self) -> Tuple[Any, ...]:
        """The other interfaces of its host."""
        rows = kin(self.known, "interfaces", self.host)
        return tuple(r for r in rows if self.row is None or r.uuid != self.row.uuid)

    @property
    def below(self) -> Tuple[Any, ...]:
        """The interfaces it stands on."""
        return tuple(row for row in self.others if row.ifname in self.uses)

    @property
    def above(self) -> Tuple[Any, ...]:
        """The interfaces that stand on it."""
        names = self.row.used_by if self.row is not None else ()
        return tuple(row for row in self.others if row.ifname in names)

    @property
    def may_be_unlocked(self) -> bool:
        """Whether the service takes it of a host that is not locked."""
        alone = is_simplex(self.known)
        if alone and self["ifclass"] == "pci-sriov":
            is_new_pf = (
                self.row is not None
                and self["iftype"] == "ethernet"
                and self.row.ifclass != "pci-sriov"
            )
            return is_new_pf or (self.row is None and self["iftype"] == "vf")
        rates = set(self.changes) <= {"max_tx_rate", "max_rx_rate"}
        types = ("ethernet", "ae", "vlan")
        is_rated = self["ifclass"] == "platform" and self["iftype"] in types
        return bool(self.changes) and self.row is not None and rates and is_rated


def reasons(wanted: Wanted) -> Tuple[Reason, ...]:
    """Return what each check says of an interface as it would be."""
    found = [
        _on_others("the name is free", _name(wanted), wanted),
        _on_others("the MTU fits those below and above", _mtu(wanted), wanted),
        check("its class fits its type and its host", _class(wanted)),
        check("addresses fit its class", _addresses(wanted)),
        check("the PTP role fits its class", _ptp(wanted)),
    ]
    if wanted["iftype"] == "vlan":
        found.append(_on_others("the VLAN is free there", _vlan(wanted), wanted))
    if wanted["iftype"] == "ae":
        found.append(check("bond mode and hash fit", _bond(wanted)))
        found.append(_on_others("its members are free", _members(wanted), wanted))
    if wanted["ifclass"] == "pci-sriov" or wanted["sriov_numvfs"] or wanted["sriov_vf_driver"]:
        words = _vfs(wanted)
        found.append(asked("the port has as many VFs", words, "ports", wanted.host, wanted.known))
    if wanted.above:
        found.append(check("those on it allow it", _kept(wanted)))
    if wanted["max_tx_rate"] or wanted["max_rx_rate"]:
        found.append(check("its rate may be limited", _rate(wanted)))
    return tuple(found)


def _on_others(name: str, words: str, wanted: Wanted) -> Reason:
    return asked(name, words, "interfaces", wanted.host, wanted.known)


def first(words: Iterator[str]) -> str:
    """Return the first that says anything against it."""
    return next((one for one in words if one), "")


def _name(wanted: Wanted) -> str:
    name = wanted["ifname"]
    if not NAME.fullmatch(name):
        return "small letters, digits, - _ and . only"
    if any(row.ifname == name for row in wanted.others):
        return f"there is an interface {name} already"
    if wanted["iftype"] == "vlan" and "-" in name:
        return "a VLAN's name takes no dash"
    missing = sorted(set(wanted.uses) - {row.ifname for row in wanted.others})
    return f"there is no interface {missing[0]}" if missing else ""


def _mtu(wanted: Wanted) -> str:
    mtu = wanted.number("imtu") or 1500
    if wanted["iftype"] in ("vlan", "vf", "ethernet"):
        for row in wanted.below:
            if mtu > (row.imtu or 0):
                return f"{mtu} is more than the {row.imtu} of {row.ifname} below it"
    for row in wanted.above:
        if mtu < (row.imtu or 0):
            return f"{mtu} is less than the {row.imtu} of {row.ifname} on it"
    return ""


def _class(wanted: Wanted) -> str:
    ifclass, iftype = wanted["ifclass"], wanted["iftype"]
    if ifclass == "data" and wanted.host is not None and not wanted.host.is_worker:
        return f"{wanted.host.name} has no worker function: no data interfaces"
    if ifclass in PCI and iftype not in ("ethernet", "vf"):
        return f"{ifclass} is for ethernet and vf alone"
    if iftype == "vf" and ifclass != "pci-sriov":
        return "a vf is of class pci-sriov"
    if iftype == "ae" and ifclass not in ("platform", "data"):
        return "a bond is of class platform or data"
    return ""


def _addresses(wanted: Wanted) -> str:
    for family in ("ipv4", "ipv6"):
        mode, pool = wanted[f"{family}_mode"], wanted[f"{family}_pool"]
        if mode not in ("", "disabled") and wanted["ifclass"] not in ("platform", "data"):
            return f"{family}: addresses are for the classes platform and data"
        if mode == "pool" and not pool:
            return f"{family}: the mode pool wants a pool"
        if pool and mode != "pool":
            return f"{family}: a pool wants the mode pool"
        before = getattr(wanted.row, f"{family}_mode", None)
        left = before == "static" and mode not in ("static", "disabled", "")
        if left and _has_addresses(wanted, ":" if family == "ipv6" else "."):
            return f"{family}: it has static addresses still; delete them first"
    return ""


def _has_addresses(wanted: Wanted, sign: str) -> bool:
    rows = kin(wanted.known, "addresses", wanted.host)
    name = getattr(wanted.row, "ifname", "")
    return any(row.ifname == name and sign in (row.address or "") for row in rows)


def _ptp(wanted: Wanted) -> str:
    if not wanted["ptp_role"]:
        return ""
    if wanted["ifclass"] not in ("platform", "pci-sriov"):
        return f"a role wants the class platform or pci-sriov, not {wanted['ifclass'] or 'none'}"
    if wanted["iftype"] == "ae" and wanted["aemode"] in HASHED:
        return f"a bond in mode {wanted['aemode']} can't do PTP"
    return ""


def _vlan(wanted: Wanted) -> str:
    number, ifclass = wanted["vlan_id"], wanted["ifclass"]
    if not number:
        return "a VLAN wants a VLAN id"
    if len(wanted.uses) != 1:
        return "a VLAN stands on one interface"
    for row in wanted.below:
        if row.iftype == "vlan":
            return f"{row.ifname} is a VLAN itself"
        if {row.ifclass, ifclass} == {"data", "platform"}:
            return f"{row.ifname} is of class {row.ifclass}, and this of {ifclass}"
    for row in wanted.others:
        taken = row.iftype == "vlan" and str(row.vlan_id or "") == number
        if taken and set(row.uses) & set(wanted.uses):
            return f"{row.ifname} has VLAN {number} there"
        if taken and ifclass == "platform" and row.ifclass == "platform":
            return f"{row.ifname} is platform and has VLAN {number}"
    return ""


def _bond(wanted: Wanted) -> str:
    mode, hashed = wanted["aemode"], wanted["txhashpolicy"]
    if mode in HASHED and not hashed:
        return f"the mode {mode} wants a hash policy"
    if mode == "active_standby" and hashed:
        return "active_standby takes no hash policy"
    if mode in HASHED and wanted["ifclass"] == "data" and hashed != "layer2":
        return "a data bond hashes by layer2"
    if wanted["primary_reselect"] and mode != "active_standby":
        return "primary reselect is for active_standby"
    if mode == "balanced" and "mgmt" in _networks(wanted):
        return "mgmt wants active_standby or 802.3ad"
    return ""


def _members(wanted: Wanted) -> str:
    for member in wanted.below:
        if (member.ptp_role or "none") != "none":
            return f"{member.ifname} has a PTP role"
        if member.ifclass not in (None, "none", "pci-sriov"):
            return f"{member.ifname} is of class {member.ifclass}: set it to none first"
        for row in wanted.others:
            if member.ifname in row.uses and row.iftype in ("ae", "vlan"):
                return f"{member.ifname} is used by {row.ifname}"
    return ""


def _vfs(wanted: Wanted) -> str:
    number, iftype = wanted.number("sriov_numvfs"), wanted["iftype"]
    if wanted["ifclass"] != "pci-sriov":
        return "VFs and their driver are for the class pci-sriov"
    if number <= 0:
        return "pci-sriov wants a number of VFs"
    if iftype == "vf":
        return first(_vf_of(row, number, wanted) for row in wanted.below[:1])
    if iftype == "ethernet" and wanted.row is not None:
        ports = kin(wanted.known, "ports", wanted.host)
        mine = [port for port in ports if port.interface_uuid == wanted.row.uuid]
        return first(_port(port, number) for port in mine[:1])
    return ""


def _port(port: Any, number: int) -> str:
    most = port.sriov_totalvfs or 0
    if not most:
        return f"{port.name} can do no SR-IOV"
    if number > most:
        return f"{port.name} has {most} VFs at most"
    return "" if port.driver else f"{port.name} has no driver"


def _vf_of(below: Any, number: int, wanted: Wanted) -> str:
    if below.ifclass != "pci-sriov":
        return f"{below.ifname} is not of class pci-sriov"
    taken = sum(r.sriov_numvfs or 0 for r in wanted.others if below.ifname in r.uses)
    # One is kept for the interface below itself.
    left = (below.sriov_numvfs or 0) - taken - 1
    return f"{below.ifname} has {max(left, 0)} VFs left" if number > left else ""


def _kept(wanted: Wanted) -> str:
    before, after = getattr(wanted.row, "ifclass", None) or "", wanted["ifclass"]
    for row in wanted.above:
        if row.iftype == "ae" and after not in ("", "pci-sriov"):
            return f"it is a member of {row.ifname}: its class stays none or pci-sriov"
        if row.iftype == "ae" and wanted["ptp_role"]:
            return f"it is a member of {row.ifname}: no PTP role"
        if row.iftype == "vf" and after != "pci-sriov":
            return f"{row.ifname} takes VFs of it: its class stays pci-sriov"
    used: List[str] = [str(row.ifname) for row in wanted.above]
    crosses = before == "platform" and after not in ("platform", "pci-sriov", "")
    if crosses or (before == "data" and after == "platform"):
        return f"its class can't change: {', '.join(used)} stand on it"
    return ""


def _networks(wanted: Wanted) -> Tuple[str, ...]:
    rows = kin(wanted.known, "interface-networks", wanted.host)
    name = getattr(wanted.row, "ifname", "")
    return tuple(str(row.network_type) for row in rows if row.ifname == name)


def _rate(wanted: Wanted) -> str:
    if wanted["iftype"] == "vf":
        return "a vf has no receive rate" if wanted["max_rx_rate"] else ""
    if wanted["ifclass"] != "platform":
        return "a rate is for platform interfaces and VFs"
    inner = [one for one in _networks(wanted) if one in INTERNAL]
    return f"{inner[0]} is on it: its rate is never limited" if inner else ""
