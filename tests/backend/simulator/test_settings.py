"""What the system has one of can be changed as in the real one, refused for its reasons, with what
comes of it: hosts out of date until they took it over.
"""

from __future__ import annotations

import json
from typing import Any, AsyncIterator

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client

LISTS = {
    "idns": "idnss",
    "intp": "intps",
    "iextoam": "iextoams",
    "remotelogging": "remoteloggings",
    "drbdconfig": "drbdconfigs",
    "iuser": "iusers",
    "ptp": "ptps",
    "isystems": "isystems",
}


async def one(client: Client, name: str) -> dict[str, Any]:
    (row,) = (await client.get(f"{PLATFORM}/{name}"))[LISTS[name]]
    assert isinstance(row, dict)
    return row


async def change(client: Client, setting: str, /, **fields: Any) -> httpx.Response:
    row = await one(client, setting)
    patch = [{"op": "replace", "path": f"/{k}", "value": v} for k, v in fields.items()]
    return await client.http.patch(f"{PLATFORM}/{setting}/{row['uuid']}", json=patch)


def sentence(reply: httpx.Response) -> str:
    return str(json.loads(reply.json()["error_message"])["faultstring"])


async def stale(client: Client) -> list[str]:
    return sorted(entity for kind, entity in await client.alarms() if kind == "250.001")


@pytest.fixture
async def duplex() -> AsyncIterator[Client]:
    async with Simulator("standard", frozen=True) as sim, Client(sim) as client:
        yield client


CONTROLLERS = ["host=controller-0", "host=controller-1"]

# setting, fields, what the answer has then, who is out of date, whether only a boot ends it
CHANGES = {
    "dns": ("idns", {"nameservers": "10.10.10.9", "action": "apply"}, CONTROLLERS, False),
    "ntp": ("intp", {"ntpservers": "10.10.10.9", "action": "apply"}, CONTROLLERS, True),
    "oam": ("iextoam", {"oam_floating_ip": "10.10.10.77"}, CONTROLLERS, True),
    "drbd": ("drbdconfig", {"link_util": "50", "action": "apply"}, CONTROLLERS, False),
    "vswitch": ("isystems", {"security_feature": "spectre_meltdown_all"}, None, True),
    "name": ("isystems", {"name": "site-8"}, None, False),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_kept_and_hosts_are_out_of_date_until_they_have_it(
    name: str, duplex: Client
) -> None:
    setting, fields, who, only_a_boot = CHANGES[name]
    before = await stale(duplex)
    reply = await change(duplex, setting, **fields)
    assert reply.status_code == 200, reply.text
    row = await one(duplex, setting)
    for field in fields.keys() - {"action"}:
        assert str(row[field]) == fields[field] == str(reply.json()[field])
    told = await stale(duplex)
    every = sorted(f"host={host}" for host in await duplex.hosts() if host)
    assert set(who or every) - set(before) <= set(told)
    await duplex.sim.advance(120)
    assert await stale(duplex) == (told if only_a_boot else before)


async def test_a_lock_and_unlock_ends_what_only_a_boot_applies(duplex: Client) -> None:
    await change(duplex, "intp", ntpservers="10.10.10.9", action="apply")
    assert "host=controller-1" in await stale(duplex)
    await duplex.act("controller-1", "lock")
    await duplex.sim.advance(300)
    await duplex.act("controller-1", "unlock")
    await duplex.sim.advance(1800)
    assert "host=controller-1" not in await stale(duplex)
    assert "host=controller-0" in await stale(duplex)


async def test_without_apply_nothing_is_handed_on(duplex: Client) -> None:
    before = await stale(duplex)
    await change(duplex, "idns", nameservers="10.10.10.9")
    assert await stale(duplex) == before


async def test_a_new_oam_address_is_the_pools_too(duplex: Client) -> None:
    moved = {
        "oam_subnet": "10.20.0.0/24",
        "oam_gateway_ip": "10.20.0.1",
        "oam_floating_ip": "10.20.0.2",
        "oam_c0_ip": "10.20.0.3",
        "oam_c1_ip": "10.20.0.4",
    }
    assert (await change(duplex, "iextoam", **moved)).status_code == 200
    pools = (await duplex.get(f"{PLATFORM}/addrpools"))["addrpools"]
    (pool,) = [pool for pool in pools if pool["name"] == "oam"]
    assert (pool["network"], pool["floating_address"]) == ("10.20.0.0", "10.20.0.2")
    addresses = (await duplex.get(f"{PLATFORM}/addresses"))["addresses"]
    assert "10.20.0.3" in {row["address"] for row in addresses}


# setting, fields, the sentence
REFUSED = {
    "dns name": ("idns", {"nameservers": "dns"}, "Invalid DNS nameserver target address dns"),
    "dns family": ("idns", {"nameservers": "::1"}, "was expecting IPv4, IPv6 received"),
    "dns four": ("idns", {"nameservers": "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4"}, "Maximum DNS"),
    "dns none": ("idns", {"nameservers": "NC"}, "At least  one DNS server must be used"),
    "ntp none": ("intp", {"ntpservers": ""}, "No NTP parameters provided."),
    "ntp four": ("intp", {"ntpservers": "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4"}, "Maximum NTP"),
    "ptp": ("ptp", {"mode": "software"}, "Single-instance PTP service API is deprecated"),
    "oam outside": ("iextoam", {"oam_floating_ip": "10.9.9.9"}, "is not in subnet: 10.10.10.0/24"),
    "oam twice": ("iextoam", {"oam_c0_ip": "10.10.10.4"}, "must be unique"),
    "oam subnet": ("iextoam", {"oam_subnet": "many"}, "Invalid subnet oam_subnet many"),
    "log nowhere": ("remotelogging", {"enabled": "true"}, "No remote logging provided."),
    "log name": ("remotelogging", {"ip_address": "log"}, "Invalid remote logging server log"),
    "drbd": ("drbdconfig", {"link_util": "90"}, "DRBD link_util must be within: 5 to 80"),
    "drbd rtt": ("drbdconfig", {"rtt_ms": "0.1"}, "DRBD rtt_ms must be at least: 0.2 ms"),
    "drbd words": ("drbdconfig", {"link_util": "much"}, "unable to convert to int"),
    "drbd secure": ("drbdconfig", {"secure": "maybe"}, "Should be True or False"),
    "days": ("iuser", {"passwd_expiry_days": "soon"}, "unable to convert to int"),
    "unknown": ("idns", {"colour": "red"}, "can't replace a non-existent object 'colour'"),
    "fixed": ("idns", {"uuid": "x"}, "The following fields can not be modified"),
    "version": ("isystems", {"software_version": "1"}, "software_version field cannot be"),
    "accents": ("isystems", {"location": "Montréal"}, "must not contain special characters"),
    "latitude": ("isystems", {"latitude": "91"}, "Latitude must be between -90 and +90"),
    "longitude": ("isystems", {"longitude": "x"}, "Longitude must be between -180 and +180"),
    "zone": ("isystems", {"timezone": "Mars"}, "Timezone file Mars does not exist."),
    "mode": ("isystems", {"system_mode": "duplex-direct"}, "only be modified on an AIO system"),
    "sdn": ("isystems", {"sdn_enabled": "true"}, "must be locked."),
    "vswitch": ("isystems", {"vswitch_type": "none"}, "vswitch_type is already set as none"),
    "feature": ("isystems", {"security_feature": "x"}, "Unexpected value x specified"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_in_the_services_words_and_nothing_changes(
    name: str, duplex: Client
) -> None:
    setting, fields, words = REFUSED[name]
    before = await one(duplex, setting)
    reply = await change(duplex, setting, **fields)
    assert reply.status_code == 400, reply.text
    assert words in sentence(reply)
    assert await one(duplex, setting) == before


async def test_a_name_for_a_time_server_wants_a_name_server(duplex: Client) -> None:
    assert (await change(duplex, "intp", ntpservers="10.1.1.1")).status_code == 200
    assert (await change(duplex, "idns", nameservers="NC")).status_code == 200
    assert (await one(duplex, "idns"))["nameservers"] == ""
    reply = await change(duplex, "intp", ntpservers="ntp.example.com")
    assert "A DNS server must be configured" in sentence(reply)


async def test_a_reader_changes_nothing(duplex: Client) -> None:
    async with Client(duplex.sim, "reader") as reader:
        assert (await change(reader, "idns", nameservers="10.1.1.1")).status_code == 403


async def test_simplex_has_one_oam_address_and_takes_it_at_run_time() -> None:
    async with Simulator("site-9", frozen=True) as sim, Client(sim) as client:
        reply = await change(client, "iextoam", oam_floating_ip="10.10.10.90")
        assert reply.status_code == 200, reply.text
        assert await stale(client) == ["host=controller-0"]
        await sim.advance(120)
        assert await stale(client) == []
        reply = await change(client, "isystems", system_mode="duplex")
        assert "is not locked" in sentence(reply)
