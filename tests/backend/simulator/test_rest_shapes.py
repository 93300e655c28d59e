"""The rest of sysinv has the shape of what was recorded: each host's kinds, and the cluster's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client
from tests.backend.simulator.test_shapes import faults, sample

OF_A_HOST = [
    "icpus",
    "imemorys",
    "inodes",
    "ethernet_ports",
    "addresses",
    "partitions",
    "lldp_agents",
    "lldp_neighbours",
    "pci_devices",
    "isensors",
    "isensorgroups",
    "interface_networks",
    "ptp_instances",
    "routes",
    "interface_datanetworks",
]
OF_ALL_HOSTS = ["addresses", "interface_networks", "ptp_instances", "ptp_interfaces"]
OF_THE_CLUSTER = [
    "addrpools",
    "certificate",
    "clusters",
    "datanetworks",
    "device_image_state",
    "device_images",
    "device_labels",
    "drbdconfig",
    "idns",
    "iextoam",
    "intp",
    "iuser",
    "kube_clusters",
    "kube_cmd_versions",
    "kube_host_upgrades",
    "kube_versions",
    "network_addresspools",
    "ptp",
    "ptp_parameters",
    "registry_image",
    "remotelogging",
    "restore",
    "sdn_controller",
    "service_parameter",
    "storage_ceph",
    "storage_tiers",
]
EMPTY = {"device_image_state", "device_labels", "sdn_controller"}
ALONE = [
    "addresses",
    "icpus",
    "imemorys",
    "isensorgroups",
    "isensors",
    "lldp_agents",
    "lldp_neighbours",
    "partitions",
    "pci_devices",
    "addrpools",
    "certificate",
    "clusters",
    "datanetworks",
    "device_images",
    "networks",
    "ptp_instances",
    "service_parameter",
    "storage_backend",
    "storage_ceph",
    "controller_fs",
    "storage_tiers",
    "kube_versions",
    "kube_clusters",
]
KEYS = {"kube_versions": "version", "kube_clusters": "cluster_name"}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    """A standard system one of whose workers takes its time from PTP."""
    sim = Simulator("standard", frozen=True)
    sim.cloud.named("worker-0").clock_synchronization = "ptp"
    async with sim, Client(sim) as signed_in:
        yield signed_in


def rows_of(answer: Any) -> Any:
    """What a list holds; the whole answer where it is no list."""
    if isinstance(answer, dict) and len(answer) == 1:
        (answer,) = answer.values()
    return answer


@pytest.mark.parametrize("kind", OF_A_HOST)
async def test_a_hosts_rows_have_the_shape_of_real_ones(kind: str, client: Client) -> None:
    answer = await client.get(f"{PLATFORM}/ihosts/worker-0/{kind}")
    assert rows_of(answer)
    assert faults(kind, sample(kind), answer) == []


@pytest.mark.parametrize("kind", OF_ALL_HOSTS)
async def test_rows_over_all_hosts_have_the_shape_of_real_ones(kind: str, client: Client) -> None:
    answer = await client.get(f"{PLATFORM}/{kind}")
    assert rows_of(answer)
    assert faults(kind, sample(f"all_{kind}"), answer) == []


@pytest.mark.parametrize("kind", OF_THE_CLUSTER)
async def test_the_clusters_rows_have_the_shape_of_real_ones(kind: str, client: Client) -> None:
    answer = await client.get(f"{PLATFORM}/{kind}")
    assert bool(rows_of(answer)) == (kind not in EMPTY)
    assert faults(kind, sample(kind), answer) == []


@pytest.mark.parametrize("kind", ALONE)
async def test_a_row_alone_has_the_shape_of_a_real_one(kind: str, client: Client) -> None:
    under = "/ihosts/worker-0" if kind in OF_A_HOST else ""
    first, *_ = rows_of(await client.get(f"{PLATFORM}{under}/{kind}"))
    answer = await client.get(f"{PLATFORM}/{kind}/{first[KEYS.get(kind, 'uuid')]}")
    assert answer.keys() >= first.keys()
    assert faults(kind, sample(f"one_{kind}"), answer) == []


@pytest.mark.parametrize("kind", sorted({*OF_A_HOST, *OF_ALL_HOSTS, *OF_THE_CLUSTER, *ALONE}))
async def test_an_argument_it_does_not_know_is_refused(kind: str, client: Client) -> None:
    reply = await client.http.get(f"{PLATFORM}/{kind}", params={"service": "identity"})
    wanted = 500 if kind == "isensorgroups" else 400
    assert (reply.status_code, "Unknown argument" in reply.text) == (wanted, wanted == 400)


async def test_the_comparison_covers_every_root_there_is_to_read(client: Client) -> None:
    roots = (await client.get(PLATFORM)).keys() - {"id", "media_types", "links"}
    asked = {*OF_A_HOST, *OF_ALL_HOSTS, *OF_THE_CLUSTER, *ALONE}
    assert asked <= roots


async def test_an_images_tags_are_told_by_its_name(client: Client) -> None:
    first, *_ = (await client.get(f"{PLATFORM}/registry_image"))["registry_images"]
    tagged = await client.get(f"{PLATFORM}/registry_image", image_name=first["name"])
    assert tagged == {"registry_images": [{"name": first["name"], "tag": "v1.0.1"}]}
    asked = {"image_name": "docker.io/no-such"}
    assert (await client.http.get(f"{PLATFORM}/registry_image", params=asked)).status_code == 404
