"""Interfaces put on platform networks and data networks, and taken off them again."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from pydantic import Field

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, disruptive, server_knows, unread, warn
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_edits import (
    WAYS_IN,
    asked,
    at_unlock,
    called,
    host_of,
    kin,
    locked,
    risk_of_way,
    send,
    way_in,
)
from backend.kinds.host_site import is_simplex
from backend.kinds.once import once
from backend.known import Known

NEEDS = ("hosts", "system", "interfaces", "interface-networks", "interface-datanetworks")

# One of each on a host.
ONCE = ("mgmt", "oam", "cluster-host", "pxeboot", "storage", "admin")
NEVER = ("data", "pci-passthrough", "pci-sriov", "multicast", "cluster-pod", "cluster-service")


class OnNetwork(Form):
    """A platform network for an interface."""

    network: str = Field(description="one that it is not on yet", examples=["management"])


class OnDataNetwork(Form):
    """A data network for an interface."""

    datanetwork: str = Field(description="one that it is not on yet", examples=["physnet0"])


def _networks_left(row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    rows = kin(known, "interface-networks", host_of(row, known))
    taken = {one.network_type for one in rows if one.network_type in ONCE}
    mine = {one.network_name for one in rows if one.ifname == row.ifname}
    left = [one for one in known.rows("networks") if one.type not in (*NEVER, *taken)]
    return {"network": tuple(str(one.name) for one in left if one.name not in mine)}


@once
def _by_name(rows: Tuple[Any, ...]) -> Mapping[str, Any]:
    return {str(row.name): row for row in rows}


def _assign(row: Any, form: OnNetwork, known: Known) -> Plan:
    network = _by_name(known.rows("networks")).get(form.network)
    name, host = row.ifname or row.uuid, called(host_of(row, known), row)
    body: Json = {
        "interface_uuid": row.uuid,
        "network_uuid": network.uuid if network is not None else form.network,
    }
    command = ("system", "interface-network-assign", host, name, form.network)
    sentence = f"put {name} of {host} on the network {form.network}"
    return send("POST", "/interface_networks", body, command, sentence)


def _assign_reasons(row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    host, network = host_of(row, known), _by_name(known.rows("networks")).get(form.network)
    kind = network.type if network is not None else ""
    rows = kin(known, "interface-networks", host)
    mine = [one for one in rows if one.ifname == row.ifname]
    others = [one for one in rows if one.network_type == kind and one.ifname != row.ifname]
    has = any(one.network_name == form.network for one in mine)
    boots = any(one.network_type == "pxeboot" for one in mine)
    alone = bool(mine) and (boots or kind == "pxeboot")
    is_bond = row.iftype == "ae" and kind in ("mgmt", "admin") and row.aemode == "balanced"
    at_work = host is not None and kind in ("oam", "admin") and not host.is_controller
    on = ("interface-networks", host, known)
    return (
        looked_up(
            "there is such a network",
            "" if network is not None else f"no {form.network}",
            known,
            "networks",
        ),
        check(
            "its class carries platform networks",
            f"{row.ifname} is of class {row.ifclass}"
            if row.ifclass not in (None, "none", "platform", "pci-sriov")
            else "",
        ),
        asked("it is not on it yet", f"it is on {form.network}" if has else "", *on),
        asked(
            "the host has it once",
            f"{others[0].ifname} is on it" if others and kind in ONCE else "",
            *on,
        ),
        asked("pxeboot stands alone", "pxeboot shares no interface" if alone else "", *on),
        looked_up(
            "the host is one for it",
            f"{kind} is for controllers" if at_work else "",
            known,
            "hosts",
            "networks",
        ),
        check("the bond's mode suits it", f"{kind} takes no balanced bond" if is_bond else ""),
    )


def _after_assign(row: Any, form: Any, known: Known) -> Tuple[Consequence, ...]:
    network = _by_name(known.rows("networks")).get(form.network)
    said = [Consequence(words=f"{row.ifname} gets an address of the network's pools")]
    if network is not None and network.type == "mgmt":
        said.append(warn("the host is known by the MAC of its mgmt interface: that changes"))
    return (*said, at_unlock("it counts"))


def _data_left(row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    rows = kin(known, "interface-datanetworks", host_of(row, known))
    mine = {one.datanetwork_name for one in rows if one.ifname == row.ifname}
    names = (str(one.name) for one in known.rows("data-networks"))
    return {"datanetwork": tuple(name for name in names if name not in mine)}


def _assign_data(row: Any, form: OnDataNetwork, known: Known) -> Plan:
    network = _by_name(known.rows("data-networks")).get(form.datanetwork)
    name, host = row.ifname or row.uuid, called(host_of(row, known), row)
    body: Json = {
        "interface_uuid": row.uuid,
        "datanetwork_uuid": network.uuid if network is not None else form.datanetwork,
    }
    command = ("system", "interface-datanetwork-assign", host, name, form.datanetwork)
    sentence = f"put {name} of {host} on the data network {form.datanetwork}"
    return send("POST", "/interface_datanetworks", body, command, sentence)


def _data_reasons(row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    network = _by_name(known.rows("data-networks")).get(form.datanetwork)
    rows = kin(known, "interface-datanetworks", host)
    has = any((r.ifname, r.datanetwork_name) == (row.ifname, form.datanetwork) for r in rows)
    mtu = (network.mtu or 0) if network is not None else 0
    mtu += 74 if network is not None and network.network_type == "vxlan" else 0
    tagged = network is not None and network.network_type == "vlan" and row.iftype == "vlan"
    classes = (None, "none", "data", "pci-passthrough", "pci-sriov")
    return (
        locked(host, unless=is_simplex(known) and row.ifclass == "pci-sriov"),
        looked_up(
            "there is such a data network",
            "" if network is not None else form.datanetwork,
            known,
            "data-networks",
        ),
        check(
            "its class carries data networks",
            f"{row.ifname} is of class {row.ifclass}" if row.ifclass not in classes else "",
        ),
        asked(
            "it is not on it yet",
            f"it is on {form.datanetwork}" if has else "",
            "interface-datanetworks",
            host,
            known,
        ),
        check(
            "its MTU is enough",
            f"{form.datanetwork} wants {mtu}, it has {row.imtu}" if (row.imtu or 0) < mtu else "",
        ),
        check("no VLAN in a VLAN", f"{form.datanetwork} tags itself" if tagged else ""),
        server_knows("no other data interface is on it", "one data interface a data network"),
    )


# --- taken off ---------------------------------------------------------------------------------


def _remove(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "interface-network-remove", row.uuid)
    sentence = f"take {row.ifname} of {host} off the network {row.network_name}"
    return send("DELETE", f"/interface_networks/{row.uuid}", None, command, sentence)


def _remove_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    # The service does not ask: a host that loses mgmt while it works is lost with it.
    needs = row.network_type in WAYS_IN and host is not None and not host.is_locked
    words = f"{host.name} is unlocked and needs {row.network_type}" if host and needs else ""
    name = "the host does without it"
    if row.network_type in WAYS_IN and host is None:
        return (unread(name, "hosts"),)
    return (check(name, words, Asker.OURS),)


def _after_remove(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    lost = Consequence(words=f"{row.ifname} loses its address of {row.network_name}")
    return (lost, *way_in(host_of(row, known), row.ifname or "", known))


def _remove_data(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    command = ("system", "interface-datanetwork-remove", row.uuid)
    sentence = f"take {row.ifname} of {host} off the data network {row.datanetwork_name}"
    return send("DELETE", f"/interface_datanetworks/{row.uuid}", None, command, sentence)


def _remove_data_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    rows = kin(known, "interfaces", host)
    ifclass = next((one.ifclass for one in rows if one.ifname == row.ifname), None)
    return (locked(host, unless=is_simplex(known) and ifclass == "pci-sriov"),)


ATTACH_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="network-assign",
        key="W",
        words="Put on a network",
        plan=_assign,
        risk=risk_of_way,
        form=OnNetwork,
        choices=_networks_left,
        reasons=_assign_reasons,
        consequences=_after_assign,
        needs=(*NEEDS, "networks"),
        aliases=("interface-network-assign",),
    ),
    Action(
        name="datanetwork-assign",
        key="E",
        words="Put on a data network",
        plan=_assign_data,
        risk=risk_of_way,
        form=OnDataNetwork,
        choices=_data_left,
        reasons=_data_reasons,
        consequences=lambda *_: (at_unlock("it counts"),),
        needs=(*NEEDS, "data-networks"),
        aliases=("interface-datanetwork-assign",),
    ),
)
REMOVE_NETWORK: Tuple[Action[Any], ...] = (
    Action(
        name="remove",
        key="D",
        words="Take off the network",
        plan=_remove,
        risk=risk_of_way,
        reasons=_remove_reasons,
        consequences=_after_remove,
        needs=NEEDS[:4],
        aliases=("interface-network-remove", "delete"),
    ),
)
REMOVE_DATA_NETWORK: Tuple[Action[Any], ...] = (
    Action(
        name="remove",
        key="D",
        words="Take off the data network",
        plan=_remove_data,
        risk=disruptive,
        reasons=_remove_data_reasons,
        consequences=lambda *_: (at_unlock("it counts"),),
        needs=NEEDS[:4],
        aliases=("interface-datanetwork-remove", "delete"),
    ),
)
