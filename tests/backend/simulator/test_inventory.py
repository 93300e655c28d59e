"""What the pretend cloud tells of its machines agrees with itself; where services lie, it does."""

from __future__ import annotations

import time
from collections import Counter
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client, credentials

IHOSTS = f"{PLATFORM}/ihosts"
SCENES = ("site-7", "site-7-calm", "site-9", "standard")
BESIDE = (
    "addresses",
    "routes",
    "interface_networks",
    "interface_datanetworks",
    "ptp_instances",
    "ptp_interfaces",
    "kernel",
)


async def rows(client: Client, host: str, kind: str) -> list[dict[str, Any]]:
    answer = (await client.get(f"{IHOSTS}/{host}/{kind}"))[kind]
    assert isinstance(answer, list)
    return answer


def hrefs(row: dict[str, Any]) -> list[str]:
    """Where a row says more of it is, but for the bookmarks, which lead nowhere."""
    pairs = [value for value in row.values() if isinstance(value, list)]
    links = [one for pair in pairs for one in pair if isinstance(one, dict)]
    return [one["href"] for one in links if one.get("rel") == "self"]


@pytest.mark.parametrize("scene", SCENES)
async def test_every_link_of_every_host_answers(scene: str) -> None:
    async with Simulator(scene, frozen=True) as sim, Client(sim) as client:
        for host in sim.cloud.hosts:
            detail = await client.host(host.uuid)
            paths = [*hrefs(detail), *(f"{IHOSTS}/{host.uuid}/{kind}" for kind in BESIDE)]
            assert len(paths) > len(BESIDE) + 15
            statuses = {path: (await client.http.get(path)).status_code for path in paths}
            assert {path.rpartition("/")[2] for path, s in statuses.items() if s != 200} == {
                "kube_update_ca"
            }
            assert statuses[f"{sim.url}{IHOSTS}/{host.uuid}/kube_update_ca"] == 405


async def test_the_links_of_a_hosts_rows_answer(standard: Client) -> None:
    kinds = ("icpus", "ports", "isensorgroups", "pci_devices", "partitions", "ethernet_ports")
    for kind in kinds:
        for row in await rows(standard, "worker-0", kind):
            for href in hrefs(row):
                assert (await standard.http.get(href)).status_code == 200, href
    for kind, below in (("clusters", "storage_tiers"), ("storage_tiers", "istors")):
        (row,) = (await standard.get(f"{PLATFORM}/{kind}"))[kind]
        path = f"{PLATFORM}/{kind}/{row['uuid']}/{below}"
        assert (await standard.get(path))[below]
        assert (await standard.http.get(f"{path}/more")).status_code == 404


@pytest.mark.parametrize(
    ("host", "functions"),
    [
        ("controller-0", {"Platform": 16}),
        ("storage-0", {"Platform": 8}),
        ("worker-0", {"Platform": 2, "Application-isolated": 4, "Application": 10}),
    ],
)
async def test_cpus_are_shared_out_as_the_role_wants(
    host: str, functions: dict[str, int], standard: Client
) -> None:
    cpus = await rows(standard, host, "icpus")
    assert Counter(cpu["allocated_function"] for cpu in cpus) == functions
    assert len({cpu["cpu"] for cpu in cpus}) == len(cpus)
    nodes = {row["uuid"]: row["numa_node"] for row in await rows(standard, host, "inodes")}
    for row in (*cpus, *await rows(standard, host, "imemorys")):
        assert nodes[row["inode_uuid"]] == row["numa_node"]


async def test_a_nodes_memory_adds_up(standard: Client) -> None:
    for row in await rows(standard, "worker-0", "imemorys"):
        gigantic = row["vm_hugepages_nr_1G"] * 1024
        small = row["vm_hugepages_nr_4K"] * 4 // 1024
        assert row["platform_reserved_mib"] + gigantic + small == row["memtotal_mib"]
        assert row["hugepages_configured"] is True


async def test_interfaces_stand_on_ports_that_lead_to_a_switch(standard: Client) -> None:
    ends = []
    for host in await standard.hosts():
        interfaces = {row["uuid"]: row for row in await rows(standard, str(host), "iinterfaces")}
        ports = await rows(standard, str(host), "ethernet_ports")
        assert [row["uuid"] for row in ports] == [
            row["uuid"] for row in await rows(standard, str(host), "ports")
        ]
        for port in ports:
            if port["interface_uuid"]:
                assert interfaces[port["interface_uuid"]]["imac"] == port["mac"]
        heard = await rows(standard, str(host), "lldp_neighbours")
        assert [row["port_uuid"] for row in heard] == [row["uuid"] for row in ports]
        ends += [(row["system_name"], row["port_identifier"]) for row in heard]
    assert len(set(ends)) == len(ends) == 14


async def test_every_port_has_an_address_of_its_own(standard: Client) -> None:
    ports = (await standard.get(f"{PLATFORM}/ethernet_ports"))["ethernet_ports"]
    assert len({port["mac"] for port in ports}) == len(ports)
    assert len({port["pciaddr"] for port in ports}) == 2


@pytest.mark.parametrize(("scene", "count"), [("site-7", 7), ("standard", 7), ("standard", 400)])
async def test_addresses_are_of_their_pool_and_given_once(scene: str, count: int) -> None:
    async with Simulator(scene, frozen=True, hosts=count) as sim, Client(sim) as client:
        pools = {
            row["uuid"]: row for row in (await client.get(f"{PLATFORM}/addrpools"))["addrpools"]
        }
        given = (await client.get(f"{PLATFORM}/addresses"))["addresses"]
        for row in given:
            pool = pools[row["pool_uuid"]]
            assert IPv4Address(row["address"]) in IPv4Network(f"{pool['network']}/{pool['prefix']}")
            assert row["prefix"] == pool["prefix"]
        assert len({row["address"] for row in given}) == len(given)
        assert len({row["uuid"] for row in given}) == len(given)
        hosts = {row["id"]: row for row in (await client.hosts()).values()}
        mgmt = {row["forihostid"]: row["address"] for row in given if row["ifname"] == "mgmt0"}
        assert mgmt == {i: row["mgmt_ip"] for i, row in hosts.items() if row["inv_state"]}
        own = (await client.get(f"{IHOSTS}/worker-0/addresses"))["addresses"]
        assert [row["ifname"] for row in own] == ["mgmt0", "cluster0"]
        assert all(row in given for row in own)
        networks = [IPv4Network(f"{row['network']}/{row['prefix']}") for row in pools.values()]
        overlaps = sum(a.overlaps(b) for a in networks for b in networks) - len(networks)
        assert overlaps == 0


async def test_networks_pools_and_oam_name_each_other(standard: Client) -> None:
    networks = {
        row["uuid"]: row for row in (await standard.get(f"{PLATFORM}/networks"))["networks"]
    }
    joined = (await standard.get(f"{PLATFORM}/network_addresspools"))["network_addresspools"]
    assert {row["network_uuid"]: row["address_pool_uuid"] for row in joined} == {
        uuid: row["pool_uuid"] for uuid, row in networks.items()
    }
    on = await rows(standard, "controller-0", "interface_networks")
    assert {row["ifname"]: networks[row["network_uuid"]]["type"] for row in on} == {
        "oam0": "oam",
        "pxeboot0": "pxeboot",
        "mgmt0": "mgmt",
        "cluster0": "cluster-host",
    }
    (oam,) = (await standard.get(f"{PLATFORM}/iextoam"))["iextoams"]
    pools = (await standard.get(f"{PLATFORM}/addrpools"))["addrpools"]
    pool = next(row for row in pools if row["name"] == "oam")
    assert (oam["oam_floating_ip"], oam["oam_c0_ip"]) == (
        pool["floating_address"],
        pool["controller0_address"],
    )


async def test_the_partition_is_the_volumes_and_within_its_disk(standard: Client) -> None:
    (partition,) = await rows(standard, "worker-0", "partitions")
    (volume,) = await rows(standard, "worker-0", "ipvs")
    root, *_ = await rows(standard, "worker-0", "idisks")
    assert (volume["disk_or_part_uuid"], partition["ipv_uuid"]) == (
        partition["uuid"],
        volume["uuid"],
    )
    assert volume["lvm_pv_size"] == partition["size_mib"] * 1024**2
    assert partition["end_mib"] == root["size_mib"] - root["available_mib"]
    assert partition["idisk_uuid"] == root["uuid"]


async def test_sensors_are_there_with_a_board_management_controller(admin: Client) -> None:
    groups = {row["uuid"]: row for row in await rows(admin, "worker-2", "isensorgroups")}
    for sensor in await rows(admin, "worker-2", "isensors"):
        assert groups[sensor["sensorgroup_uuid"]]["sensortype"] == sensor["sensortype"]
    admin.sim.cloud.named("worker-2").bm_type = "none"
    assert await rows(admin, "worker-2", "isensors") == []
    assert await rows(admin, "worker-2", "isensorgroups") == []


async def test_ptp_is_on_the_hosts_that_take_their_time_from_it(admin: Client) -> None:
    assert await rows(admin, "worker-1", "ptp_instances") == []
    await admin.patch("worker-1", clock_synchronization="ptp")
    assert {row["name"] for row in await rows(admin, "worker-1", "ptp_instances")} == {
        "ptp4l-legacy",
        "phc2sys1",
    }
    for row in (await admin.get(f"{PLATFORM}/ptp_instances"))["ptp_instances"]:
        assert row["hostnames"] == ["worker-1"]


async def test_the_cluster_is_the_one_its_alarms_name(admin: Client) -> None:
    (cluster,) = (await admin.get(f"{PLATFORM}/clusters"))["clusters"]
    named = {where for kind, where in await admin.alarms() if kind == "800.001"}
    assert named == {f"cluster={cluster['cluster_uuid']}"}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("labels", 500, "label_get_list"),
        ("isensorgroups", 500, "i_sensorgroups_analog"),
        ("iinterfaces", 400, "Invalid ihost None"),
        ("license", 405, "The method GET is not allowed for this resource."),
        ("service_parameter?service=identity", 400, "Unknown argument"),
        ("icpus/no-such", 404, "No icpus with id no-such"),
        ("icpus?marker=no-such", 404, "no-such"),
    ],
)
async def test_the_services_surprises(path: str, status: int, told: str, standard: Client) -> None:
    reply = await standard.http.get(f"{PLATFORM}/{path}")
    assert (reply.status_code, told in reply.text) == (status, True)


async def test_partitions_are_nowhere_but_under_their_host(standard: Client) -> None:
    assert await standard.get(f"{PLATFORM}/partitions") == {"partitions": []}
    (partition,) = await rows(standard, "worker-0", "partitions")
    assert await standard.get(f"{PLATFORM}/partitions/{partition['uuid']}") == partition


@pytest.mark.parametrize("kind", ["ceph", "ceph_external", "external", "file", "lvm"])
async def test_a_backend_of_another_kind_is_an_empty_list(kind: str, admin: Client) -> None:
    assert await admin.get(f"{PLATFORM}/storage_{kind}") == {f"storage_{kind}": []}


async def test_lists_over_all_hosts_page(standard: Client) -> None:
    path, found = f"{PLATFORM}/icpus?limit=30", []
    while path:
        body = await standard.get(path)
        found += [row["uuid"] for row in body["icpus"]]
        path = body.get("next", "")
    whole = (await standard.get(f"{PLATFORM}/icpus"))["icpus"]
    assert found == [row["uuid"] for row in whole]
    assert len(found) == 2 * 16 + 2 * 8 + 3 * 16


KINDS = ("icpus", "imemorys", "addresses", "lldp_neighbours", "isensors", "kube_host_upgrades")


async def bodies(order: tuple[str, ...]) -> dict[str, bytes]:
    """What a frozen cloud answers to one name, asked in an order."""
    async with Simulator(frozen=True) as sim, httpx.AsyncClient(base_url=sim.url) as http:
        http.headers["Host"] = "site-7:5000"
        signed = await http.post("/identity/v3/auth/tokens", json=credentials())
        http.headers["X-Auth-Token"] = signed.headers["X-Subject-Token"]
        return {kind: (await http.get(f"{PLATFORM}/{kind}")).content for kind in order}


async def test_two_runs_answer_the_same_bytes_in_whatever_order() -> None:
    assert await bodies(KINDS) == await bodies(KINDS[::-1])


def test_ten_thousand_hosts_are_built_without_what_is_in_them() -> None:
    start = time.process_time()
    sim = Simulator("standard", frozen=True, hosts=10_000)
    assert time.process_time() - start < 5
    assert sim.cloud.children.keys() <= {(h.uuid, "istors") for h in sim.cloud.of("storage")}
