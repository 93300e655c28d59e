"""Parameters, PTP and storage of the pretend cloud: changed as in the real one, and refused."""

from __future__ import annotations

from typing import Any

import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client
from tests.backend.simulator.test_networking import client, replaced, send, sentence

__all__ = ["client"]  # the fixture

PARAMETERS = {"service": "docker", "section": "proxy"}
FS = "isystems/{the:isystems}/controller_fs/update_many"


def grown(name: str, size: object) -> list[list[dict[str, Any]]]:
    return [replaced(name=name, size=size)]


def owned(op: str, value: str, section: str = "global") -> list[dict[str, Any]]:
    return [{"op": op, "path": "/ptp_parameters/-", "section": section, "value": value}]


async def test_a_parameter_is_added_changed_applied_and_deleted(client: Client) -> None:
    body = {**PARAMETERS, "parameters": {"http_proxy": "http://10.1.1.1"}}
    (made,) = (await send(client, "POST", "service_parameter", body)).json()["parameters"]
    assert ("250.001", "host=controller-0") in await client.alarms()
    await client.sim.advance(120)
    assert ("250.001", "host=controller-0") not in await client.alarms()
    path = f"service_parameter/{made['uuid']}"
    changed = await send(client, "PATCH", path, replaced(name="http_proxy", value="http://x"))
    assert changed.json()["value"] == "http://x"
    applied = await send(client, "POST", "service_parameter/apply", {"service": "docker"})
    assert (applied.status_code, applied.json()) == (200, None)
    assert (await send(client, "DELETE", path)).status_code == 204
    assert (await send(client, "DELETE", path)).status_code == 404


async def test_parameters_of_an_instance_are_owned_by_section_until_taken(client: Client) -> None:
    made = (await send(client, "POST", "ptp_instances", {"name": "p", "service": "ptp4l"})).json()
    path = f"ptp_instances/{made['uuid']}"
    given = await send(client, "PATCH", path, owned("add", "domainNumber=24"))
    assert given.json()["parameters"] == {"global": ["domainNumber=24"]}
    await send(client, "PATCH", path, owned("add", "x=1", "unicast"))
    rows = (await client.get(f"{PLATFORM}/ptp_parameters"))["ptp_parameters"]
    assert [row["owners"][0]["name"] for row in rows if row["owners"]] == ["p", "p"]
    taken = await send(client, "PATCH", path, owned("remove", "x=1", "unicast"))
    assert taken.json()["parameters"] == {"global": ["domainNumber=24"]}
    again = await send(client, "PATCH", path, owned("remove", "x=1", "unicast"))
    assert "No PTP parameter object found for unicast's x=1" in sentence(again)
    body = {"name": "i", "ptp_instance_uuid": made["uuid"]}
    assert (await send(client, "POST", "ptp_interfaces", body)).status_code == 200
    assert (await send(client, "DELETE", path)).status_code == 204
    left = (await client.get(f"{PLATFORM}/ptp_interfaces"))["ptp_interfaces"]
    assert "i" not in [row["name"] for row in left]


async def test_a_filesystem_grows_is_copied_and_is_there_again(client: Client) -> None:
    assert (await send(client, "PUT", FS, grown("extension", "2"))).status_code == 200

    async def extension() -> Any:
        rows = (await client.get(f"{PLATFORM}/controller_fs"))["controller_fs"]
        return next(row for row in rows if row["name"] == "extension")

    assert (await extension())["size"] == 2
    assert "drbd_fs_resizing_in_progress" in (await extension())["state"]
    busy = await send(client, "PUT", FS, grown("etcd", "6"))
    assert "A drbd sync operation is currently in progress" in sentence(busy)
    await client.sim.advance(180)
    assert (await extension())["state"] == "{'status': 'available'}"


async def test_a_backend_of_rook_is_configured_after_a_while(client: Client) -> None:
    body = {"deployment": "controller", "confirmed": True}
    made = (await send(client, "POST", "storage_ceph_rook", body)).json()
    assert made["state"] == "configuring-with-app"
    assert made["capabilities"] == {"deployment_model": "controller"}
    await client.sim.advance(120)
    (rook,) = (await client.get(f"{PLATFORM}/storage_ceph_rook"))["storage_ceph_rook"]
    assert (rook["name"], rook["state"]) == ("ceph-rook-store", "configured")
    assert (await send(client, "DELETE", f"storage_ceph_rook/{rook['uuid']}")).status_code == 204


async def test_a_tier_comes_is_renamed_and_goes(client: Client) -> None:
    body = {"cluster_uuid": "{row:clusters:ceph_cluster}", "name": "gold"}
    assert (await send(client, "POST", "storage_tiers", body)).json()["status"] == "defined"
    renamed = await send(
        client, "PATCH", "storage_tiers/{row:storage_tiers:gold}", replaced(name="silver")
    )
    assert renamed.json()["name"] == "silver"
    gone = await send(client, "DELETE", "storage_tiers/{row:storage_tiers:silver}")
    assert gone.status_code == 204


async def test_an_sdn_controller_is_added_where_sdn_is_on(client: Client) -> None:
    body = {"ip_address": "10.10.10.200", "port": "6653", "transport": "TLS"}
    off = await send(client, "POST", "sdn_controller", body)
    assert "SDN configuration is not enabled." in sentence(off)
    client.sim.cloud.system.sdn_enabled = True
    made = (await send(client, "POST", "sdn_controller", body)).json()
    assert (made["port"], made["state"]) == (6653, "enabled")
    twin = await send(client, "POST", "sdn_controller", body)
    assert "already exists" in sentence(twin)
    path = f"sdn_controller/{made['uuid']}"
    changed = await send(client, "PATCH", path, replaced(state="disabled"))
    assert changed.json()["state"] == "disabled"
    odd = await send(client, "PATCH", path, replaced(ip_address="there"))
    assert "Invalid IP address there" in sentence(odd)
    assert (await send(client, "DELETE", path)).status_code == 204
    assert (await send(client, "DELETE", path)).status_code == 404


CEPH = "storage_ceph/{row:storage_backend:ceph-store}"
TIER = "storage_tiers/{row:storage_tiers:storage}"
# method, path, body, words
REFUSED: dict[str, tuple[str, str, Any, str]] = {
    "no service": ("POST", "service_parameter", {}, "Unspecified service name"),
    "service": ("POST", "service_parameter", {"service": "x"}, "Invalid service name x."),
    "section": (
        "POST",
        "service_parameter",
        {"service": "docker", "section": "x", "parameters": {"a": "1"}},
        "Invalid service section x.",
    ),
    "name": (
        "POST",
        "service_parameter",
        {**PARAMETERS, "parameters": {"a": "1"}},
        "The parameter name a is invalid for service docker section proxy",
    ),
    "no value": (
        "POST",
        "service_parameter",
        {**PARAMETERS, "parameters": {"http_proxy": ""}},
        "The service parameter value is mandatory",
    ),
    "none": ("POST", "service_parameter", PARAMETERS, "Unspecified parameters."),
    "twice": (
        "POST",
        "service_parameter",
        {"service": "http", "section": "config", "parameters": {"http_port": "1"}},
        "Parameter already exists",
    ),
    "no number": (
        "PATCH",
        "service_parameter/{row:service_parameter:http_port}",
        replaced(name="http_port", value="many"),
        "must be an integer value",
    ),
    "maintenance": (
        "DELETE",
        "service_parameter/{row:service_parameter:worker_boot_timeout}",
        None,
        "Platform Maintenance Parameter 'worker_boot_timeout' is required.",
    ),
    "personality alone": (
        "POST",
        "service_parameter",
        {**PARAMETERS, "personality": "worker", "parameters": {"a": "1"}},
        "Unspecified resource",
    ),
    "ptp": ("POST", "service_parameter/apply", {"service": "ptp"}, "ptp service is deprecated"),
    "ptp service": ("POST", "ptp_instances", {"name": "x", "service": "y"}, "one of: ptp4l"),
    "pair": (
        "PATCH",
        "ptp_instances/{row:ptp_instances:phc2sys1}",
        owned("add", "domainNumber"),
        "Bad PTP parameter keypair: domainNumber",
    ),
    "not its own": (
        "PATCH",
        "ptp_instances/{row:ptp_instances:phc2sys1}",
        owned("remove", "domainNumber=24"),
        "is owned by the given instance",
    ),
    "nameless": ("POST", "ptp_interfaces", {}, "No name assigned to PTP interface"),
    "no instance": ("POST", "ptp_interfaces", {"name": "x"}, "No PTP instance found for None"),
    "fs": ("PUT", FS, grown("x", "2"), "invalid filesystem 'x'"),
    "fs words": ("PUT", FS, grown("etcd", "much"), "size must be an integer"),
    "fs shrinks": ("PUT", FS, grown("etcd", "5"), "should be bigger than 5"),
    "fs too large": ("PUT", FS, grown("etcd", "9000"), "exceeds growth limit of"),
    "fs without backup": ("PUT", FS, grown("platform", "300"), "is insufficient for host"),
    "not confirmed": ("POST", "storage_ceph_rook", {}, "THIS OPERATION IS NOT REVERSIBLE"),
    "model": ("POST", "storage_ceph_rook", {"deployment": "x"}, "Deployment model x"),
    "two blocks": ("POST", "storage_ceph_rook", {"services": "block,ecblock"}, "in same time"),
    "rook service": ("POST", "storage_ceph_rook", {"services": "cinder"}, "Service cinder is not"),
    "services lost": ("PATCH", CEPH, replaced(services="cinder"), "Removing glance,nova,swift"),
    "no change": ("PATCH", CEPH, replaced(capabilities='{"replication": "2"}'), "No changes"),
    "copies": ("PATCH", CEPH, replaced(capabilities='{"replication": "9"}'), "invalid value '9'"),
    "in use": ("DELETE", CEPH, None, "cannot be deleted when there are Storage Tiers"),
    "tier twice": (
        "POST",
        "storage_tiers",
        {"cluster_uuid": "x", "name": "storage"},
        "Storage tier (storage) already present.",
    ),
    "tier of none": ("POST", "storage_tiers", {"name": "x"}, "No cluster information"),
    "tier name": ("POST", "storage_tiers", {"cluster_uuid": "x", "name": "A!"}, "Invalid storage"),
    "tier same": ("PATCH", TIER, replaced(name="storage"), "No changes to the existing tier"),
    "tier only": ("DELETE", TIER, None, "At least one Storage Tier is required"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_in_the_services_words(name: str, client: Client) -> None:
    method, path, body, words = REFUSED[name]
    reply = await send(client, method, path, body)
    assert reply.status_code == 400, reply.text
    assert words in sentence(reply)


async def test_an_instance_that_hosts_follow_stays() -> None:
    async with Simulator(frozen=True) as sim, Client(sim) as admin:
        sim.cloud.named("worker-0").clock_synchronization = "ptp"
        path = "ptp_instances/{row:ptp_instances:phc2sys1}"
        reply = await send(admin, "DELETE", path)
        assert "still associated with host(s)" in sentence(reply)
        applied = await send(admin, "POST", "ptp_instances/apply")
        assert applied.status_code == 204
        assert ("250.001", "host=worker-0") in await admin.alarms()
