"""The addresses and routes of a host's interfaces: added and deleted."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import Any, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import Address, check, destructive, disruptive, server_knows, unread
from backend.kinds.host import Host
from backend.kinds.host_edits import (
    asked,
    called,
    host_of,
    kin,
    locked_unless_simplex,
    risk_of_way,
    send,
    way_in,
)
from backend.known import Known

NEEDS = ("hosts", "system", "interfaces", "addresses", "routes", "interface-networks")


class AddAddress(Form):
    """A static address for an interface."""

    ifname: str = Field(title="interface", description="one of the host's", examples=["data0"])
    address: Address = Field(description="IPv4 or IPv6", examples=["10.60.0.5"])
    prefix: int = Field(ge=1, le=128, description="length of its network", examples=[24])


class AddRoute(Form):
    """A static route by way of an interface."""

    ifname: str = Field(title="interface", description="one of the host's", examples=["data0"])
    network: Address = Field(description="where it leads", examples=["10.70.0.0"])
    prefix: int = Field(ge=0, le=128, description="length of that network", examples=[24])
    gateway: Address = Field(description="reached over the interface", examples=["10.60.0.1"])
    metric: int = Field(default=1, ge=0, le=255, description="of several the smallest goes first")


def _names(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    rows = kin(known, "interfaces", host)
    return {"ifname": tuple(row.ifname for row in rows if row.ifname)}


def _interface(host: Optional[Host], name: str, known: Known) -> Optional[Any]:
    rows = kin(known, "interfaces", host)
    return next((row for row in rows if row.ifname == name), None)


def _uuid(host: Host, name: str, known: Known) -> str:
    row = _interface(host, name, known)
    return str(row.uuid) if row is not None else name


def _same_net(one: str, other: str) -> bool:
    return ip_interface(one).network == ip_interface(other).network


# --- addresses ---------------------------------------------------------------------------------


def _add_address(host: Host, form: AddAddress, known: Known) -> Plan:
    body: Json = {
        "address": form.address,
        "prefix": str(form.prefix),
        "interface_uuid": _uuid(host, form.ifname, known),
    }
    words = (called(host), form.ifname, form.address, str(form.prefix))
    sentence = f"give {form.ifname} of {host.name} the address {form.address}/{form.prefix}"
    return send("POST", "/addresses", body, ("system", "host-addr-add", *words), sentence)


def _address_reasons(host: Host, form: AddAddress, known: Known) -> Tuple[Reason, ...]:
    row = _interface(host, form.ifname, known)
    family = f"ipv{ip_address(form.address).version}"
    mode = getattr(row, f"{family}_mode", None) or "none"
    others = [one for one in kin(known, "addresses", host) if one.address and one.prefix]
    odd = form.prefix > ip_address(form.address).max_prefixlen
    mine = f"{form.address}/{min(form.prefix, ip_address(form.address).max_prefixlen)}"
    same = next((o for o in others if _same_net(f"{o.address}/{o.prefix}", mine)), None)
    words = f"{form.ifname} has {family} mode {mode}: set it to static" if mode != "static" else ""
    return (
        locked_unless_simplex(host, known),
        check("the prefix fits", f"{form.prefix} is too long for {family}" if odd else ""),
        asked("the interface takes static addresses", words, "interfaces", host, known),
        asked(
            "it has no other address in that network",
            f"{same.ifname} has {same.address}/{same.prefix}" if same else "",
            "addresses",
            host,
            known,
        ),
    )


def _delete_address(row: Any, _form: Any, known: Known) -> Plan:
    where = f"{row.ifname or '-'} of {called(host_of(row, known), row)}"
    command = ("system", "host-addr-delete", row.uuid)
    sentence = f"take the address {row.address} off {where}"
    return send("DELETE", f"/addresses/{row.uuid}", None, command, sentence)


def _delete_address_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    mine = f"{row.address}/{row.prefix}"
    routes = [one for one in kin(known, "routes", host) if one.ifname == row.ifname]
    by_it = [one for one in routes if ip_address(one.gateway) in ip_interface(mine).network]
    words = f"the route to {by_it[0].network}/{by_it[0].prefix} goes over it" if by_it else ""
    pooled = "a pool gave it: take the interface off its network" if row.pool_uuid else ""
    return (
        check("it is of no pool", pooled),
        *((locked_unless_simplex(host, known),) if row.forihostid is not None else ()),
        asked("no route goes over it", words, "routes", host, known),
    )


def _after_address(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    return way_in(host_of(row, known), row.ifname or "", known)


ADDRESS_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_address,
        risk=disruptive,
        form=AddAddress,
        choices=_names,
        reasons=_address_reasons,
        needs=NEEDS,
        on_parent=True,
        aliases=("host-addr-add",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete_address,
        risk=risk_of_way,
        reasons=_delete_address_reasons,
        consequences=_after_address,
        needs=NEEDS,
        aliases=("host-addr-delete",),
    ),
)


# --- routes ------------------------------------------------------------------------------------


def _add_route(host: Host, form: AddRoute, known: Known) -> Plan:
    body: Json = {
        "network": form.network,
        "prefix": str(form.prefix),
        "gateway": form.gateway,
        "metric": str(form.metric),
        "interface_uuid": _uuid(host, form.ifname, known),
    }
    words = (form.ifname, form.network, str(form.prefix), form.gateway, str(form.metric))
    command = ("system", "host-route-add", called(host), *words)
    sentence = f"reach {form.network}/{form.prefix} from {host.name} by way of {form.gateway}"
    return send("POST", "/routes", body, command, sentence)


def _odd_route(form: AddRoute) -> str:
    network, gateway = ip_address(form.network), ip_address(form.gateway)
    if network.version != gateway.version:
        return "network and gateway are of two IP versions"
    if form.prefix > network.max_prefixlen:
        return f"/{form.prefix} is too long"
    whole = ip_network(f"{form.network}/{form.prefix}", strict=False)
    if whole.network_address != network:
        return f"the network of that length is {whole}"
    return "the gateway is in the network it leads to" if form.prefix and gateway in whole else ""


def _far(host: Host, form: AddRoute, known: Known) -> str:
    """Say why the gateway is not reached over the interface, "" where it is."""
    mine = [one for one in kin(known, "addresses", host) if one.ifname == form.ifname]
    nets = [ip_interface(f"{one.address}/{one.prefix}").network for one in mine if one.address]
    row = _interface(host, form.ifname, known)
    for name in ("ipv4_pool", "ipv6_pool"):
        pool = known.row("address-pools", str((row.body if row else {}).get(name) or ""))
        nets += [ip_network(f"{pool.network}/{pool.prefix}", strict=False)] if pool else []
    gateway = ip_address(form.gateway)
    return "" if any(gateway in net for net in nets) else f"{form.ifname} has no address beside it"


def _reached(host: Host, form: AddRoute, known: Known) -> Reason:
    name, words = "the gateway is reached over the interface", _far(host, form, known)
    if words and not known.has("address-pools"):
        return unread(name, "address-pools")
    return asked(name, words, "addresses", host, known, "interfaces")


def _route_reasons(host: Host, form: AddRoute, known: Known) -> Tuple[Reason, ...]:
    rows = kin(known, "routes", host)
    wanted = (form.network, form.prefix, form.gateway)
    there = any((r.network, r.prefix, r.gateway) == wanted for r in rows)
    own = any(one.address == form.gateway for one in kin(known, "addresses", host))
    return (
        check("network and gateway fit", _odd_route(form)),
        asked("it is new", "it is there already" if there else "", "routes", host, known),
        _reached(host, form, known),
        asked(
            "the gateway is another machine",
            "it is the host's own address" if own else "",
            "addresses",
            host,
            known,
        ),
        server_knows("no software deploy is under way", "the service refuses it during some"),
    )


def _delete_route(row: Any, _form: Any, known: Known) -> Plan:
    host = called(host_of(row, known), row)
    sentence = f"forget the way from {host} to {row.network}/{row.prefix}"
    command = ("system", "host-route-delete", row.uuid)
    return send("DELETE", f"/routes/{row.uuid}", None, command, sentence)


def _after_route(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    host = called(host_of(row, known), row)
    lost = f"{host} does not reach {row.network}/{row.prefix} by {row.gateway} any more, at once"
    return (Consequence(words=lost),)


ROUTE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_route,
        risk=disruptive,
        form=AddRoute,
        choices=_names,
        reasons=_route_reasons,
        needs=(*NEEDS, "address-pools"),
        on_parent=True,
        aliases=("host-route-add",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete_route,
        # Nobody asks for a lock: it is gone at once, with whoever came by it.
        risk=lambda row, form, known: (
            destructive(row, form, known) if row.prefix == 0 else disruptive(row, form, known)
        ),
        consequences=_after_route,
        needs=NEEDS[:2],
        aliases=("host-route-delete",),
    ),
)
