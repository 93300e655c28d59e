"""The pretend storage as it behaves: what takes its time, what a fault raises, what clears it."""

from __future__ import annotations

from typing import Any

from backend.simulator.children import children
from backend.simulator.inventory import PE_BYTES
from backend.simulator.volumes import settle
from tests.backend.simulator.client import PLATFORM, Client


async def listed(client: Client, path: str, key: str) -> list[Any]:
    rows: list[Any] = (await client.get(f"{PLATFORM}/{path}"))[key]
    return rows


async def of_host(client: Client, name: str, kind: str) -> list[Any]:
    return await listed(client, f"ihosts/{client.sim.cloud.named(name).uuid}/{kind}", kind)


async def raised(client: Client, *ids: str) -> set[str]:
    return {kind for kind, _ in await client.alarms()} & set(ids)


async def test_a_lost_osd_raises_800_001_and_800_011_and_both_clear_when_it_is_whole(
    standard: Client,
) -> None:
    assert await raised(standard, "800.001", "800.011") == set()
    standard.sim.order("osd-dies", host="storage-1")
    assert await raised(standard, "800.001", "800.011") == {"800.001", "800.011"}
    (osd,) = await of_host(standard, "storage-1", "istors")
    assert osd["state"] == "configured"  # sysinv does not know
    standard.sim.order("osd-returns", host="storage-1", for_s=60)
    assert await raised(standard, "800.001", "800.011") == {"800.001"}
    await standard.sim.advance(61)
    assert await raised(standard, "800.001", "800.011") == set()


async def test_a_wiped_disk_is_empty_and_its_osd_is_lost_though_sysinv_lists_it(
    simplex: Client,
) -> None:
    disk = next(d for d in await of_host(simplex, "controller-0", "idisks") if d["istor_uuid"])
    patch = [{"op": "replace", "path": "/partition_table", "value": "gpt"}]
    reply = await simplex.http.patch(f"{PLATFORM}/idisks/{disk['uuid']}", json=patch)
    assert reply.status_code == 200
    after = await simplex.get(f"{PLATFORM}/idisks/{disk['uuid']}")
    assert after["available_mib"] == after["size_mib"]
    assert disk["istor_uuid"] in simplex.sim.cloud.lost_osds
    assert "800.001" in await raised(simplex, "800.001")
    assert len(await of_host(simplex, "controller-0", "istors")) == 1


def freed(client: Client, name: str) -> Any:
    """Return the disk of a host's OSD, which is as if there never was one."""
    cloud, host = client.sim.cloud, client.sim.cloud.named(name)
    (osd,) = cloud.children[host.uuid, "istors"]
    cloud.children[host.uuid, "istors"].clear()
    disk = next(d for d in cloud.children[host.uuid, "idisks"] if d["uuid"] == osd["idisk_uuid"])
    disk["istor_uuid"] = None
    return disk


async def locked_with_a_free_disk(client: Client, name: str) -> Any:
    await of_host(client, name, "istors")
    await of_host(client, name, "idisks")
    await client.act(name, "lock")
    await client.sim.advance(60)
    return freed(client, name)


async def test_an_osd_added_to_a_locked_host_configures_on_unlock(standard: Client) -> None:
    disk = await locked_with_a_free_disk(standard, "storage-1")
    body = {"ihost_uuid": disk["ihost_uuid"], "idisk_uuid": disk["uuid"], "function": "osd"}
    reply = await standard.http.post(f"{PLATFORM}/istors", json=body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["state"] == "configuring-on-unlock"
    await standard.act("storage-1", "unlock")
    await standard.sim.advance(900)
    (osd,) = await of_host(standard, "storage-1", "istors")
    assert osd["state"] == "configured"


async def test_a_filesystem_that_fills_raises_100_104_and_growing_it_clears_it_when_it_is_grown(
    standard: Client,
) -> None:
    standard.sim.order("disk-fills", host="controller-1", filesystem="/var/log", percent=92)
    assert await raised(standard, "100.104") == {"100.104"}
    uuid = standard.sim.cloud.named("controller-1").uuid
    patch = [{"op": "replace", "path": "/name", "value": "log"},
             {"op": "replace", "path": "/size", "value": "12"}]  # fmt: skip
    reply = await standard.http.put(f"{PLATFORM}/ihosts/{uuid}/host_fs/update_many", json=[patch])
    assert reply.status_code == 204
    log = next(f for f in await of_host(standard, "controller-1", "host_fs") if f["name"] == "log")
    assert log["state"] == "Modifying"
    assert await raised(standard, "100.104") == {"100.104"}  # a resize takes time
    await standard.sim.advance(60)
    assert await raised(standard, "100.104") == set()


async def test_an_osd_goes_to_the_tier_that_was_made_for_it_and_a_journal_must_be_one_of_its_host(
    standard: Client,
) -> None:
    (cluster,) = await listed(standard, "clusters", "clusters")
    tier = (await standard.http.post(
        f"{PLATFORM}/storage_tiers/", json={"cluster_uuid": cluster["uuid"], "name": "gold"}
    )).json()  # fmt: skip
    disk = await locked_with_a_free_disk(standard, "storage-1")
    (other,) = await of_host(standard, "storage-0", "istors")
    body = {"ihost_uuid": disk["ihost_uuid"], "idisk_uuid": disk["uuid"], "function": "osd",
            "tier_uuid": tier["uuid"]}  # fmt: skip
    wrong = await standard.http.post(
        f"{PLATFORM}/istors", json={**body, "journal_location": other["uuid"]}
    )
    assert "belongs to another host" in wrong.text
    made = (await standard.http.post(f"{PLATFORM}/istors", json=body)).json()
    assert made["tier_name"] == "gold"
    tiers = {row["name"]: row for row in await listed(standard, "storage_tiers", "storage_tiers")}
    assert tiers["gold"]["status"] == "in-use"


async def test_a_third_monitor_is_on_storage_0_alone_where_there_are_storage_hosts(
    standard: Client,
) -> None:
    async def add(name: str) -> Any:
        uuid = standard.sim.cloud.named(name).uuid
        return await standard.http.post(f"{PLATFORM}/ceph_mon", json={"ihost_uuid": uuid})

    assert "already configured for host 'storage-0'" in (await add("worker-0")).text
    standard.sim.cloud.named("storage-0").capabilities.pop("stor_function")
    assert "deployments model is already set" in (await add("worker-0")).text
    assert "only be added to storage-0" in (await add("storage-1")).text
    made = await add("storage-0")
    assert made.status_code == 200, made.text
    assert made.json()["ceph_mon"][0]["state"] == "configured"


async def test_all_monitors_grow_together_and_never_shrink(standard: Client) -> None:
    row, *_ = await listed(standard, "ceph_mon", "ceph_mon")

    async def patch(size: str) -> Any:
        body = [{"op": "replace", "path": "/ceph_mon_gib", "value": size}]
        return await standard.http.patch(f"{PLATFORM}/ceph_mon/{row['uuid']}", json=body)

    assert "Value must be between 21 and 40" in (await patch("10")).text
    assert "not changed" in (await patch("20")).text
    assert (await patch("25")).status_code == 200
    sizes = {one["ceph_mon_gib"] for one in await listed(standard, "ceph_mon", "ceph_mon")}
    assert sizes == {25}
    works = await standard.http.delete(f"{PLATFORM}/ceph_mon/{row['ihost_uuid']}")
    assert "only allowed for state" in works.text


async def test_a_volume_that_was_taken_out_gives_its_room_back_with_the_unlock(
    standard: Client,
) -> None:
    cloud = standard.sim.cloud
    host = cloud.named("worker-0")
    (group, *_), (row, *_) = children(cloud, host, "ilvgs"), children(cloud, host, "ipvs")
    before = (group["lvm_vg_size"], group["lvm_vg_free_pe"], group["lvm_cur_pv"])
    disk = next(one for one in children(cloud, host, "idisks") if not one["ipv_uuid"])
    pieces = disk["size_mib"] * 1024**2 // PE_BYTES
    more = {"uuid": cloud.new_uuid(), "disk_or_part_uuid": disk["uuid"], "pv_state": "adding"}
    children(cloud, host, "ipvs").append({**row, **more, "ilvg_uuid": group["uuid"]})
    settle(cloud, host)
    assert group["lvm_vg_free_pe"] == before[1] + pieces
    assert disk["available_mib"] == 0
    children(cloud, host, "ipvs")[-1]["pv_state"] = "removing"
    settle(cloud, host)
    assert (group["lvm_vg_size"], group["lvm_vg_free_pe"], group["lvm_cur_pv"]) == before
    assert disk["available_mib"] == disk["size_mib"]
