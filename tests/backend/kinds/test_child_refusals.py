"""What the service would refuse of a host's things is known before, and said beside its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from backend.forms import field_named
from backend.kind import Answer, Asker, RestWrite, Risk
from backend.preview import Preview
from tests.backend.kinds.pretend import asked, at
from tests.backend.simulator.client import PLATFORM, Client

Bad = Tuple[str, str, str, Dict[str, str], str, str]

# kind, act, row, form, what fails of ours, the field that the service's words name
WIRING: List[Bad] = [
    ("interfaces", "modify", "worker-0/data0", {"imtu": "9000"}, "the host is locked", ""),
    (
        "interfaces",
        "modify",
        "worker-1/mgmt0",
        {"imtu": "9000"},
        "the MTU fits those below and above",
        "imtu",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/pxeboot0",
        {"imtu": "1400"},
        "the MTU fits those below and above",
        "imtu",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ifclass": "pci-sriov", "sriov_numvfs": "65"},
        "the port has as many VFs",
        "sriov_numvfs",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"sriov_numvfs": "4"},
        "the port has as many VFs",
        "sriov_numvfs",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ifname": "mgmt0"},
        "the name is free",
        "ifname",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ipv4_mode": "pool"},
        "addresses fit its class",
        "ipv4_pool",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vlan", "ifname": "v1", "uses": "pxeboot0", "vlan_id": "100",
         "ifclass": "platform"},
        "the VLAN is free there",
        "vlan_id",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vlan", "ifname": "v1", "uses": "data0", "ifclass": "data"},
        "the VLAN is free there",
        "vlan_id",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "ae", "ifname": "b0", "uses": "data0", "ifclass": "data"},
        "its members are free",
        "ifclass",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vf", "ifname": "f0", "uses": "data0", "ifclass": "pci-sriov",
         "sriov_numvfs": "2"},
        "the port has as many VFs",
        "ifclass",
    ),
    ("interfaces", "delete", "worker-1/data0", {}, "it was added", ""),
    (
        "interfaces",
        "network-assign",
        "worker-1/mgmt0",
        {"network": "cluster-host"},
        "the host has it once",
        "network",
    ),
    (
        "interfaces",
        "datanetwork-assign",
        "worker-1/mgmt0",
        {"datanetwork": "physnet0"},
        "its class carries data networks",
        "",
    ),
    (
        "addresses",
        "add",
        "worker-1",
        {"ifname": "data0", "address": "10.60.0.5", "prefix": "24"},
        "the interface takes static addresses",
        "address",
    ),
    (
        "addresses",
        "add",
        "worker-1",
        {"ifname": "mgmt0", "address": "192.168.204.250", "prefix": "24"},
        "it has no other address in that network",
        "address",
    ),
    (
        "routes",
        "add",
        "worker-1",
        {"ifname": "cluster0", "network": "10.70.0.0", "prefix": "24", "gateway": "10.9.9.9"},
        "the gateway is reached over the interface",
        "gateway",
    ),
    (
        "routes",
        "add",
        "worker-1",
        {"ifname": "cluster0", "network": "10.70.0.0", "prefix": "24", "gateway": "10.70.0.1"},
        "network and gateway fit",
        "gateway",
    ),
    ("addresses", "delete", "worker-1/mgmt0", {}, "it is of no pool", ""),
]  # fmt: skip
COMPUTING: List[Bad] = [
    (
        "cpus",
        "assign",
        "worker-1",
        {"function": "platform", "num_cores_on_processor2": "1"},
        "there are so many cores",
        "",
    ),
    (
        "cpus",
        "assign",
        "worker-1",
        {"function": "platform", "num_cores_on_processor0": "5"},
        "there are so many cores",
        "",
    ),
    (
        "cpus",
        "assign",
        "worker-1",
        {"function": "platform", "num_cores_on_processor0": "0"},
        "the platform keeps enough",
        "",
    ),
    (
        "cpus",
        "assign",
        "worker-0",
        {"function": "platform", "num_cores_on_processor0": "2"},
        "the host is locked",
        "",
    ),
    ("cpus", "assign", "worker-1", {"function": "platform", "cpulist": "0,99"},
     "there are so many cores", "cpulist"),
    (
        "memory",
        "modify",
        "worker-1/node0",
        {"platform_reserved_mib": "500"},
        "the platform keeps enough, and not too much",
        "platform_reserved_mib",
    ),
    (
        "memory",
        "modify",
        "worker-1/node0",
        {"platform_reserved_mib": "80000"},
        "the platform keeps enough, and not too much",
        "platform_reserved_mib",
    ),
    (
        "memory",
        "modify",
        "worker-1/node0",
        {"vm_hugepages_nr_1G_pending": "100"},
        "it fits into the node",
        "vm_hugepages_nr_1G_pending",
    ),
    (
        "memory",
        "modify",
        "worker-1/node0",
        {"vm_hugepages_nr_2M_pending": "100"},
        "one size of pages",
        "",
    ),
    (
        "memory",
        "modify",
        "worker-0/node0",
        {"vm_hugepages_nr_1G_pending": "8"},
        "the host is locked",
        "",
    ),
]  # fmt: skip
STORING: List[Bad] = [
    ("partitions", "add", "worker-1", {"disk": "/dev/sda", "size_gib": "300"},
     "there is room for it", "size_gib"),
    ("partitions", "add", "controller-0", {"disk": "/dev/sdb", "size_gib": "1"},
     "the disk is not used as a whole", "disk"),
    ("partitions", "modify", "worker-1//dev/sda5", {"size_gib": "400"},
     "no volume is on it", ""),
    ("partitions", "modify", "worker-1//dev/sda5", {"size_gib": "1"}, "it grows", "size_gib"),
    ("partitions", "delete", "worker-1//dev/sda5", {}, "no volume is on it", ""),
    ("disks", "wipe", "worker-1//dev/sda", {}, "it is not the root disk", ""),
    ("physical-volumes", "add", "worker-1", {"group": "cgts-vg", "device": "/dev/sda"},
     "the device is free", ""),
    ("physical-volumes", "add", "worker-0", {"group": "cgts-vg", "device": "/dev/sdb"},
     "the host is locked", ""),
    ("physical-volumes", "add", "controller-0", {"group": "cgts-vg", "device": "/dev/sdb"},
     "the device is free", ""),
    ("physical-volumes", "delete", "worker-1//dev/sda5", {}, "its group gives volumes back", ""),
    ("volume-groups", "add", "worker-1", {"lvm_vg_name": "foo"}, "the name is one",
     "lvm_vg_name"),
    ("volume-groups", "add", "worker-1", {"lvm_vg_name": "cgts-vg", "lvm_function": "lvm-csi"},
     "the name is free", ""),
    ("volume-groups", "modify", "worker-1/cgts-vg", {"lvm_pool_size": "5"},
     "a pool wants the function lvm-csi", "lvm_function"),
    ("volume-groups", "modify", "worker-1/cgts-vg",
     {"lvm_function": "lvm-csi", "lvm_pool_size": "5000"}, "there is room for the pool",
     "lvm_pool_size"),
    ("volume-groups", "delete", "worker-1/cgts-vg", {}, "it may go", ""),
    ("filesystems", "modify", "worker-1/scratch", {"size": "8"}, "it grows", "size"),
    ("filesystems", "modify", "worker-1/scratch", {"size": "1000"}, "cgts-vg has room", "size"),
    ("filesystems", "add", "worker-1", {"name": "image-conversion", "size": "1"},
     "the host may have it", "name"),
    ("filesystems", "add", "worker-0", {"name": "instances", "size": "1"},
     "the host is locked", ""),
    ("filesystems", "delete", "worker-1/docker", {}, "it is one that comes and goes", ""),
    ("osds", "add", "controller-0", {"disk": "/dev/sda"}, "the disk is free", "disk"),
]  # fmt: skip
BOARDS: List[Bad] = [
    ("hosts", "modify", "worker-0", {"console": "ttyS1"}, "the host is locked", ""),
    ("hosts", "modify", "worker-0", {"apparmor": "enabled"}, "the host is locked", ""),
    ("hosts", "modify", "worker-1", {"max_cpu_mhz_configured": "9000"},
     "its processor can do that", "max_cpu_mhz_configured"),
    ("hosts", "bmc", "worker-1", {"bm_username": "admin"},
     "a new user comes with a password", "bm_username"),
    ("hosts", "bmc", "worker-1", {"bm_ip": "fd00::7"},
     "the address is of the OAM network's IP version", "bm_ip"),
    ("kernels", "modify", "worker-0/worker-0", {"kernel_provisioned": "lowlatency"},
     "the host is locked", "kernel_provisioned"),
    ("devices", "modify", "worker-0/pci_0000_5e_00_0", {"enabled": "no"},
     "the host is locked", ""),
]  # fmt: skip
GROUPS = {"boards": BOARDS, "wiring": WIRING, "computing": COMPUTING, "storing": STORING}


@pytest.mark.parametrize("group", GROUPS)
async def test_it_is_refused_by_us_before_and_by_the_service_in_words_that_name_the_field(
    group: str, tmp_path: Path
) -> None:
    odd: List[str] = []
    async with at(tmp_path, "site-7") as (station, client):
        for kind, name, row, given, fails, field in GROUPS[group]:
            preview = await asked(station, {"kind": kind, "name": name, "row": row, "form": given})
            reply = await ordered(client, preview)
            ours = [reason.check for reason in preview.blocked]
            words = words_of(reply) if reply.status_code in (400, 404, 409) else reply.text
            named = field_named(type(preview.form), words)
            if fails not in ours or reply.is_success or named != field:
                odd.append(f"{kind} {name} {row} {given}: {ours}, {words!r} names {named!r}")
    assert not odd, "\n".join(odd)


async def test_a_disk_that_bears_an_osd_is_not_wiped_though_the_service_would(
    tmp_path: Path,
) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        wipe = {"kind": "disks", "name": "wipe", "row": "controller-0//dev/sdb", "form": {}}
        disk = next(
            row
            for row in (await station.watch.read_now("disks")).rows
            if row.device_node == "/dev/sdb" and row.istor_uuid
        )
        wipe["form"] = {"serial": disk.serial_id[-4:]}
        preview = await asked(station, wipe)
        reply = await ordered(client, preview)
    assert [reason.check for reason in preview.blocked] == ["it is no OSD"]
    assert preview.blocked[0].asker is Asker.OURS
    assert preview.risk is Risk.DESTRUCTIVE
    unsure = [reason.check for reason in preview.reasons if reason.answer is Answer.CANT_TELL]
    assert unsure == ["nothing is mounted from it", "Rook has no OSD on it"]
    assert reply.is_success


async def ordered(client: Client, preview: Preview) -> Any:
    """Send what was previewed past our own door."""
    write = preview.writes[-1]
    assert isinstance(write, RestWrite)
    return await client.http.request(
        write.method,
        f"{PLATFORM}{write.path}",
        content=json.dumps(write.body) if write.body is not None else None,
        headers={"Content-Type": "application/json"},
    )


def words_of(reply: Any) -> str:
    """Return the service's sentence, out of its envelope."""
    inner = json.loads(reply.json()["error_message"])
    return str(inner["faultstring"])
