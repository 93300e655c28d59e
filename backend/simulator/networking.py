"""Networks, their pools and data networks made, changed and deleted, as far as sysinv lets one."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Callable, Optional, Union

from backend.simulator import configuring, shared
from backend.simulator.bodies import object_of, patch_of
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client
from backend.simulator.settings import is_address, number

Subnet = Union[IPv4Network, IPv6Network]

ALWAYS = ("admin", "system-controller", "system-controller-oam")
ON_SIMPLEX = ("mgmt", "storage")
KEPT = ("oam", "cluster-host", "pxeboot", "cluster-pod", "cluster-service", "storage")
OWN = ("controller0_address", "controller1_address")
SET_ASIDE = ("floating_address", *OWN, "gateway_address")
EMPTY = ("none", "null", "nothing", "empty", "undefined", "unspecified")
MOST_POOLS = 2


def conflict(sentence: str) -> Exception:
    """What sysinv refuses as a conflict with what there is."""
    return client(sentence, 409)


def _find(cloud: Cloud, name: str, uuid: Optional[str], word: str) -> Json:
    found = next((row for row in shared.rows(cloud, name) if row["uuid"] == uuid), None)
    if found is None:
        raise client(f"{word} {uuid} not found", 404)
    return found


def _next_id(cloud: Cloud, name: str) -> int:
    return max((int(row["id"]) for row in shared.rows(cloud, name)), default=0) + 1


def _links(cloud: Cloud) -> list[Json]:
    return shared.rows(cloud, "network_addresspools")


def _networks_of(cloud: Cloud, pool: Json) -> list[Json]:
    given = {
        row["network_uuid"] for row in _links(cloud) if row["address_pool_uuid"] == pool["uuid"]
    }
    return [row for row in shared.rows(cloud, "networks") if row["uuid"] in given]


def _must_be_locked(cloud: Cloud, sentence: str) -> None:
    active = cloud.active
    if active is not None and active.administrative == "unlocked":
        raise client(sentence.format(host=active.hostname))


def _removed(cloud: Cloud, name: str, uuid: str) -> Answer:
    cloud.overlay.remove(name, uuid)
    return Answer(status=204)


# --- networks ----------------------------------------------------------------------------------


def add_network(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/networks."""
    wanted = object_of(request)
    if not wanted.get("pool_uuid"):
        raise client("Address pool UUID has to be specified")
    pool = _find(cloud, "addrpools", wanted["pool_uuid"], "Address pool")
    if any(row["type"] == wanted.get("type") for row in shared.rows(cloud, "networks")):
        raise conflict(f"Network of type {wanted.get('type')} already exists.")
    row = {
        "id": _next_id(cloud, "networks"),
        "uuid": cloud.new_uuid(),
        "type": wanted.get("type"),
        "name": wanted.get("name"),
        "dynamic": str(wanted.get("dynamic")).lower() == "true",
        "pool_uuid": pool["uuid"],
        "primary_pool_family": f"IPv{pool['family']}",
        **dates(cloud),
    }
    cloud.overlay.make("networks", row)
    _link(cloud, row, pool)
    return answer(row)


def delete_network(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/networks/<uuid>."""
    row = _find(cloud, "networks", path[0], "Network")
    kind, uuid = row["type"], row["uuid"]
    if kind in KEPT or (kind == "mgmt" and not cloud.system.is_simplex):
        raise client(
            f"Cannot delete type {kind} network {uuid} after initial configuration completion"
        )
    if kind == "mgmt":
        _must_be_locked(
            cloud,
            f"Cannot delete type {kind} network {uuid} because Host {{host}} is in administrative "
            "state = unlocked",
        )
    for link in [one for one in _links(cloud) if one["network_uuid"] == uuid]:
        cloud.overlay.remove("network_addresspools", link["uuid"])
    return _removed(cloud, "networks", uuid)


def _link(cloud: Cloud, network: Json, pool: Json) -> Json:
    row = {
        "id": _next_id(cloud, "network_addresspools"),
        "uuid": cloud.new_uuid(),
        "address_pool_id": pool["id"],
        "address_pool_uuid": pool["uuid"],
        "address_pool_name": pool["name"],
        "network_id": network["id"],
        "network_uuid": network["uuid"],
        "network_name": network["name"],
    }
    return cloud.overlay.make("network_addresspools", row)


def assign_pool(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/network_addresspools."""
    wanted = object_of(request)
    network = _find(cloud, "networks", wanted.get("network_uuid"), "Network")
    pool = _find(cloud, "addrpools", wanted.get("address_pool_uuid"), "Address pool")
    if network["type"] == "pxeboot":
        raise client(
            f"Cannot create relation for network {{{network['uuid']}}} with type pxeboot after "
            "initial configuration completion"
        )
    kind, family = network["type"], f"IPv{pool['family']}"
    pools = {row["uuid"]: row for row in shared.rows(cloud, "addrpools")}
    mine = [
        pools[link["address_pool_uuid"]]
        for link in _links(cloud)
        if link["network_uuid"] == network["uuid"]
    ]
    if len(mine) >= MOST_POOLS:
        names = [one["name"] for one in mine]
        raise client(f"Network of type {kind} already have maximum of 2 pools attached: {names}")
    if mine and mine[0]["family"] == pool["family"]:
        raise client(
            f"Network of type {kind} already have pool {mine[0]['name']} for family {family}"
        )
    if _networks_of(cloud, pool):
        raise client("Address pool already in use by another network")
    if kind == "oam":
        configuring.require(cloud, "controller", reboot=not cloud.system.is_simplex)
    return answer(_link(cloud, network, pool))


def remove_pool(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/network_addresspools/<uuid>."""
    link = _find(cloud, "network_addresspools", path[0], "Network address pool")
    network = _find(cloud, "networks", link["network_uuid"], "Network")
    if network["pool_uuid"] == link["address_pool_uuid"]:
        raise client(
            f"Cannot remove primary pool '{link['address_pool_name']}' from '{network['name']}' "
            f"with type {network['type']}"
        )
    if network["type"] == "oam":
        configuring.require(cloud, "controller", reboot=not cloud.system.is_simplex)
    return _removed(cloud, "network_addresspools", link["uuid"])


# --- pools -------------------------------------------------------------------------------------


def add_pool(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/addrpools."""
    wanted = object_of(request)
    name = wanted.get("name")
    subnet = _subnet(wanted)
    if any(row["name"] == name for row in shared.rows(cloud, "addrpools")):
        raise conflict(f"Address pool {name} already exists")
    row = {
        "id": _next_id(cloud, "addrpools"),
        "uuid": cloud.new_uuid(),
        "name": name,
        "network": str(subnet.network_address),
        "prefix": subnet.prefixlen,
        "family": subnet.version,
        "order": wanted.get("order") or "random",
        **{key: wanted.get(key) for key in SET_ASIDE},
        "ranges": wanted.get("ranges") or [[str(subnet[1]), str(subnet[-2])]],
        **dates(cloud),
    }
    _check_pool(row, subnet)
    return answer(cloud.overlay.make("addrpools", row))


def change_pool(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/addrpools/<uuid>."""
    row = _find(cloud, "addrpools", path[0], "Address pool")
    fields = patch_of(request)
    for name, value in fields.items():
        if name not in row:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
        if name in SET_ASIDE and str(value).lower() in EMPTY:
            fields[name] = None
    _may_change(cloud, row, fields)
    names = [one["name"] for one in shared.rows(cloud, "addrpools") if one["uuid"] != row["uuid"]]
    if fields.get("name") in names:
        raise conflict(f"Address pool {fields['name']} already exists")
    then = {**row, **fields}
    subnet = _subnet(then)
    _check_pool(then, subnet)
    types = {network["type"] for network in _networks_of(cloud, row)}
    missing = [] if cloud.system.is_simplex else [n for n in OWN if not then[n]]
    if types & {"oam", "mgmt", "admin", "pxeboot"} and (missing or not then["floating_address"]):
        raise client(f"The fields must not be empty: {', '.join(missing or ['floating_address'])}")
    then["prefix"] = subnet.prefixlen
    cloud.overlay.alter("addrpools", row["uuid"], {**then, "updated_at": iso(cloud.now())})
    if "oam" in types:
        configuring.require(cloud, "controller", reboot=not cloud.system.is_simplex)
    return answer(then)


def delete_pool(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/addrpools/<uuid>."""
    row = _find(cloud, "addrpools", path[0], "Address pool")
    first = [
        network["type"]
        for network in _networks_of(cloud, row)
        if network["pool_uuid"] == row["uuid"] and network["type"] not in ALWAYS
    ]
    if first:
        raise client(
            f"Address pool is the primary for the following network: {', '.join(first)}. "
            "Not possible to delete."
        )
    _may_change(cloud, row, {})
    for link in [one for one in _links(cloud) if one["address_pool_uuid"] == row["uuid"]]:
        cloud.overlay.remove("network_addresspools", link["uuid"])
    return _removed(cloud, "addrpools", row["uuid"])


def _may_change(cloud: Cloud, row: Json, fields: Json) -> None:
    for network in _networks_of(cloud, row):
        kind = network["type"]
        if kind == "oam" or kind in ALWAYS:
            continue
        if kind in ON_SIMPLEX and cloud.system.is_simplex:
            sentence = "Cannot complete the action because Host {host} is in administrative state"
            _must_be_locked(cloud, f"{sentence} = unlocked")
            continue
        fills = fields and all(name in OWN and not row[name] for name in fields)
        if not (fills and cloud.system.system_mode == "duplex"):
            raise conflict("Address pool is read-only and cannot be modified or removed")


def _subnet(row: Json) -> Subnet:
    prefix = number("prefix", row.get("prefix"))
    try:
        return ip_network(f"{row.get('network')}/{prefix}")
    except ValueError:
        raise client(f"Invalid IP network address {row.get('network')}/{prefix}") from None


def _check_pool(row: Json, subnet: Subnet) -> None:
    for first, last in row["ranges"]:
        for position, one in (("start", first), ("end", last)):
            if ip_address(one) not in subnet:
                raise conflict(f"Range {position} address {one} is not within network {subnet}")
        if int(ip_address(first)) > int(ip_address(last)):
            raise conflict(
                f"Invalid range: start address {first} must be less than end address {last}"
            )
    held: dict[str, str] = {}
    for name in SET_ASIDE:
        one = row.get(name)
        if not one:
            continue
        if ip_address(one) not in subnet:
            raise client(f"IP Address {one} is not in subnet: {subnet}.")
        if one in held:
            raise client(f"{name} can not be the same as {held[one]}: {one}")
        held[one] = name


# --- data networks -----------------------------------------------------------------------------


def add_data_network(cloud: Cloud, request: Request, _path: list[str]) -> Answer:
    """POST /v1/datanetworks."""
    wanted = object_of(request)
    name, kind = str(wanted.get("name")), wanted.get("network_type")
    if kind not in {"flat", "vlan", "vxlan"}:
        raise client(f"DataNetwork type {kind} is not supported")
    if name.lower() == "none":
        raise client(f"DataNetwork name '{name}' is not allowed")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise client(
            f"DataNetwork name '{name}' is not allowed: name may only contain letters, numbers, "
            "underscores, periods and hyphens."
        )
    mtu = _mtu(wanted.get("mtu", 1500))
    if kind == "vxlan":
        _check_vxlan(wanted)
    if any(row["name"] == name for row in shared.rows(cloud, "datanetworks")):
        raise conflict(f"DataNetwork of name {name} already exists.")
    unset = ("description", "multicast_group", "port_num", "ttl", "mode")
    row = {
        "id": _next_id(cloud, "datanetworks"),
        "uuid": cloud.new_uuid(),
        "network_type": kind,
        "name": name,
        "mtu": mtu,
        **{key: wanted.get(key) for key in unset},
        **dates(cloud),
    }
    return answer(cloud.overlay.make("datanetworks", row))


def _check_vxlan(wanted: Json) -> None:
    mode = wanted.get("mode") or "dynamic"
    needed = ["port_num", "ttl", *(["multicast_group"] if mode == "dynamic" else [])]
    missing = [name for name in needed if not wanted.get(name)]
    if missing:
        raise client(f"VxLan parameters '{missing}' are required for '{mode}' mode.")
    group = wanted.get("multicast_group")
    if mode == "static" and group:
        raise client(f"VxLan of mode {mode} does not support multicast_group.")
    if mode == "dynamic" and not (is_address(str(group)) and ip_address(str(group)).is_multicast):
        raise client(f"multicast group '{group}' is not a valid multicast ip address.")


def _mtu(value: object) -> int:
    mtu = number("mtu", value)
    if not 576 <= mtu <= 9216:
        raise client("MTU must be between 576 and 9216 bytes.")
    return mtu


def _interfaces_on(cloud: Cloud, uuid: str) -> list[Json]:
    """The interfaces that are on a data network."""
    found = []
    for host in cloud.hosts:
        on = {
            row["interface_uuid"]
            for row in children(cloud, host, "interface_datanetworks")
            if row["datanetwork_uuid"] == uuid
        }
        found += [row for row in children(cloud, host, "iinterfaces") if row["uuid"] in on]
    return found


def change_data_network(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH /v1/datanetworks/<uuid or name>."""
    rows = shared.rows(cloud, "datanetworks")
    row = next((one for one in rows if path[0] in (one["uuid"], one["name"])), None)
    if row is None:
        raise client(f"DataNetwork {path[0]} could not be found.", 404)
    fields = patch_of(request)
    odd = [name for name in fields if name not in {"mtu", "description"}]
    if odd:
        raise client(f"DataNetwork '{row['uuid']}' attributes '{set(odd)}' may not be modified ")
    if "mtu" in fields:
        mtu = number("mtu", fields["mtu"])
        for interface in _interfaces_on(cloud, row["uuid"]):
            if interface["imtu"] < mtu:
                raise client(
                    f"The datanetwork MTU '{mtu}' must be smaller than assigned interface MTU "
                    f"'{interface['imtu']}'."
                )
        fields["mtu"] = mtu
    cloud.overlay.alter("datanetworks", row["uuid"], {**fields, "updated_at": iso(cloud.now())})
    return answer(_find(cloud, "datanetworks", row["uuid"], "DataNetwork"))


def delete_data_network(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/datanetworks/<uuid>."""
    row = _find(cloud, "datanetworks", path[0], "DataNetwork")
    if _interfaces_on(cloud, row["uuid"]):
        raise client(
            f"DataNetwork '{row['uuid']}' is still assigned to interfaces. "
            "Check interface-datanetwork."
        )
    return _removed(cloud, "datanetworks", row["uuid"])


Change = Callable[[Cloud, Request, list[str]], Answer]

CHANGES: dict[str, dict[str, Change]] = {
    "networks": {"POST": add_network, "DELETE": delete_network},
    "network_addresspools": {"POST": assign_pool, "DELETE": remove_pool},
    "addrpools": {"POST": add_pool, "PATCH": change_pool, "DELETE": delete_pool},
    "datanetworks": {
        "POST": add_data_network,
        "PATCH": change_data_network,
        "DELETE": delete_data_network,
    },
}
