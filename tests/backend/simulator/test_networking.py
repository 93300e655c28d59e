"""Networks, pools and data networks of the pretend cloud: made, changed, deleted, and refused."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client
from tests.backend.simulator.test_vendor_requests import filled

POOL = {"name": "spare", "network": "10.99.0.0", "prefix": "24"}
SIX = {"name": "six", "network": "fd00:9::", "prefix": 64}
VX = {"name": "vx", "network_type": "vxlan", "port_num": 4789, "ttl": 1}
MULTICAST = {"multicast_group": "239.0.2.1"}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Simulator("standard", frozen=True) as sim, Client(sim) as admin:
        yield admin


async def send(client: Client, method: str, path: str, body: Any = None) -> httpx.Response:
    """Send a request, its placeholders filled."""
    content = None if body is None else await filled(client, json.dumps(body))
    headers = {"Content-Type": "application/json"}
    where = await filled(client, f"{PLATFORM}/{path}")
    return await client.http.request(method, where, content=content, headers=headers)


def replaced(**fields: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": f"/{k}", "value": v} for k, v in fields.items()]


def sentence(reply: httpx.Response) -> str:
    return str(json.loads(reply.json()["error_message"])["faultstring"])


async def test_a_pool_a_network_and_a_second_pool_come_and_go(client: Client) -> None:
    made = await send(client, "POST", "addrpools", POOL)
    assert made.json()["ranges"] == [["10.99.0.1", "10.99.0.254"]]
    body = {"name": "store", "type": "storage", "dynamic": "true"}
    body["pool_uuid"] = "{row:addrpools:spare}"
    network = (await send(client, "POST", "networks", body)).json()
    assert (network["dynamic"], network["primary_pool_family"]) == (True, "IPv4")
    await send(client, "POST", "addrpools", SIX)
    link = {
        "address_pool_uuid": "{row:addrpools:six}",
        "network_uuid": "{row:networks:store}",
    }
    assert (await send(client, "POST", "network_addresspools", link)).status_code == 200
    links = (await client.get(f"{PLATFORM}/network_addresspools"))["network_addresspools"]
    assert {one["address_pool_name"] for one in links if one["network_name"] == "store"} == {
        "spare",
        "six",
    }
    gone = await send(client, "DELETE", "network_addresspools/{row:network_addresspools:six}")
    assert gone.status_code == 204
    assert (await send(client, "DELETE", "addrpools/{row:addrpools:six}")).status_code == 204
    pools = (await client.get(f"{PLATFORM}/addrpools"))["addrpools"]
    assert [pool["name"] for pool in pools if pool["name"] in ("spare", "six")] == ["spare"]


async def test_a_data_network_comes_changes_and_goes(client: Client) -> None:
    made = (await send(client, "POST", "datanetworks", {**VX, **MULTICAST})).json()
    assert (made["mtu"], made["ttl"]) == (1500, 1)
    changed = await send(client, "PATCH", "datanetworks/vx", replaced(mtu="1600"))
    assert changed.json()["mtu"] == 1600
    assert (await send(client, "DELETE", f"datanetworks/{made['uuid']}")).status_code == 204
    assert (await send(client, "DELETE", f"datanetworks/{made['uuid']}")).status_code == 404


async def test_a_new_oam_pool_leaves_the_controllers_out_of_date(client: Client) -> None:
    body = replaced(floating_address="10.10.10.77")
    assert (await send(client, "PATCH", "addrpools/{row:addrpools:oam}", body)).status_code == 200
    (oam,) = (await client.get(f"{PLATFORM}/iextoam"))["iextoams"]
    assert oam["oam_floating_ip"] == "10.10.10.77"
    assert ("250.001", "host=controller-0") in await client.alarms()


# method, path, body, status, words
REFUSED: dict[str, tuple[str, str, Any, int, str]] = {
    "twin pool": ("POST", "addrpools", {**POOL, "name": "oam"}, 409, "already exists"),
    "no network": ("POST", "addrpools", {**POOL, "network": "x"}, 400, "Invalid IP network"),
    "range outside": (
        "POST",
        "addrpools",
        {**POOL, "ranges": [["10.98.0.1", "10.98.0.9"]]},
        409,
        "Range start address 10.98.0.1 is not within network 10.99.0.0/24",
    ),
    "range reversed": (
        "POST",
        "addrpools",
        {**POOL, "ranges": [["10.99.0.9", "10.99.0.1"]]},
        409,
        "must be less than end address",
    ),
    "address outside": (
        "POST",
        "addrpools",
        {**POOL, "floating_address": "10.98.0.1"},
        400,
        "is not in subnet",
    ),
    "address twice": (
        "POST",
        "addrpools",
        {**POOL, "floating_address": "10.99.0.2", "gateway_address": "10.99.0.2"},
        400,
        "gateway_address can not be the same as floating_address",
    ),
    "read-only pool": (
        "PATCH",
        "addrpools/{row:addrpools:management-subnet}",
        replaced(gateway_address="192.168.204.9"),
        409,
        "Address pool is read-only and cannot be modified or removed",
    ),
    "primary pool": (
        "DELETE",
        "addrpools/{row:addrpools:oam}",
        None,
        400,
        "Address pool is the primary for the following network: oam",
    ),
    "emptied": (
        "PATCH",
        "addrpools/{row:addrpools:oam}",
        replaced(controller0_address="none"),
        400,
        "must not be empty: controller0_address",
    ),
    "unknown field": (
        "PATCH",
        "addrpools/{row:addrpools:oam}",
        replaced(colour="red"),
        400,
        "can't replace a non-existent object 'colour'",
    ),
    "network twice": (
        "POST",
        "networks",
        {"name": "x", "type": "oam", "pool_uuid": "{row:addrpools:oam}"},
        409,
        "Network of type oam already exists.",
    ),
    "network of no pool": ("POST", "networks", {"name": "x", "type": "storage"}, 400, "specified"),
    "network kept": (
        "DELETE",
        "networks/{row:networks:oam}",
        None,
        400,
        "after initial configuration completion",
    ),
    "second of a family": (
        "POST",
        "network_addresspools",
        {
            "address_pool_uuid": "{row:addrpools:management-subnet}",
            "network_uuid": "{row:networks:oam}",
        },
        400,
        "Network of type oam already have pool oam for family IPv4",
    ),
    "first pool": (
        "DELETE",
        "network_addresspools/{row:network_addresspools:oam}",
        None,
        400,
        "Cannot remove primary pool 'oam' from 'oam' with type oam",
    ),
    "data network type": ("POST", "datanetworks", {"name": "x", "network_type": "gre"}, 400, "gre"),
    "data network none": (
        "POST",
        "datanetworks",
        {"name": "none", "network_type": "flat"},
        400,
        "'none' is not allowed",
    ),
    "data network name": (
        "POST",
        "datanetworks",
        {"name": "a b", "network_type": "flat"},
        400,
        "name may only contain letters",
    ),
    "data network twin": (
        "POST",
        "datanetworks",
        {"name": "physnet0", "network_type": "flat"},
        409,
        "DataNetwork of name physnet0 already exists.",
    ),
    "mtu": (
        "POST",
        "datanetworks",
        {"name": "x", "network_type": "flat", "mtu": "100"},
        400,
        "MTU must be between 576 and 9216 bytes.",
    ),
    "vxlan": ("POST", "datanetworks", VX, 400, "['multicast_group']' are required"),
    "vxlan static": (
        "POST",
        "datanetworks",
        {**VX, **MULTICAST, "mode": "static"},
        400,
        "does not support multicast_group",
    ),
    "mtu above": (
        "PATCH",
        "datanetworks/{row:datanetworks:physnet0}",
        replaced(mtu="9000"),
        400,
        "must be smaller than assigned interface MTU '1500'",
    ),
    "in use": (
        "DELETE",
        "datanetworks/{row:datanetworks:physnet0}",
        None,
        400,
        "is still assigned to interfaces",
    ),
    "fixed": (
        "PATCH",
        "datanetworks/{row:datanetworks:physnet0}",
        replaced(name="x"),
        400,
        "may not be modified",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_in_the_services_words(name: str, client: Client) -> None:
    method, path, body, status, words = REFUSED[name]
    reply = await send(client, method, path, body)
    assert reply.status_code == status, reply.text
    assert words in sentence(reply)
