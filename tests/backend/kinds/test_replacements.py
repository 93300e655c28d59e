"""Replacing a disk or a host: what is recorded, the order, what differs, what makes it equal."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any, List, Mapping, Optional

from backend.kind import LocalWrite, Nothing
from backend.kinds.disk_place import place_of
from backend.kinds.host_edits import kin
from backend.kinds.replace_equal import making, makings
from backend.kinds.replace_record import NEEDS, differences
from backend.kinds.replace_steps import differences_figure, host_of, next_of, stages
from backend.kinds.replacements import LOOKS_AT, NAME, REPLACEMENTS, id_of
from backend.known import Known, Mark, Memory
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from tests.backend.kinds.acted import act
from tests.backend.kinds.pretended import known_of, pretend

HOST, PLACE = "storage-0", "pci-0000:00:1f.2-ata-2.0"


def seen(cloud: Cloud, record: str = "", name: str = "") -> Known:
    """Return what a console knows of the pretend cloud, with what was recorded before."""
    own = tuple(one for one in NEEDS if one != "hosts")
    known = known_of(cloud, under=[host.name for host in cloud.hosts if host.inv_state], own=own,
                     more=[one for one in LOOKS_AT if one not in (*own, "ceph-flags")])  # fmt: skip
    if not record:
        return known
    marks = MappingProxyType({(NAME, name): Mark(record=record)})
    return replace(known, memory=Memory(marks=marks))


def recorded(known: Known, host: str, place: str = "") -> str:
    """Record it as the act does, and return what was written."""
    row: Any = next(one for one in known.rows("hosts") if one.name == host)
    kind = "hosts"
    if place:
        row, kind = next(one for one in kin(known, "disks", row) if place_of(one) == place), "disks"
    action = act(kind, "replace")
    assert not [one for one in action.reasons(row, Nothing(), known) if one.blocks]
    write = action.plan(row, Nothing(), known).steps[0].write
    assert isinstance(write, LocalWrite)
    assert write.id == id_of(host, place)
    return str(write.values["record"])


def replaced(cloud: Cloud, host: str) -> None:
    """Put another disk where the OSD was, as the service sees it after a boot."""
    on = cloud.named(host)
    children(cloud, on, "istors").clear()
    disk = next(one for one in children(cloud, on, "idisks") if one["istor_uuid"])
    disk.update(serial_id="NEW1", istor_uuid=None, available_mib=disk["size_mib"])


def the_next(of: Mapping[str, Any], known: Known) -> str:
    stage = next_of(of, known)
    return "" if stage is None else stage.words


def disk_of(of: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(of)
    return found


def test_what_is_on_a_disk_is_recorded_by_place_and_serial() -> None:
    of = disk_of(recorded(seen(pretend()), HOST, PLACE))
    assert of["serials"] == {PLACE: "PHYF0031960"} or list(of["serials"]) == [PLACE]
    assert of["things"]["osds"][PLACE]["tier_name"] == "storage"
    assert set(of["things"]) == {"partitions", "physical-volumes", "osds"}


def test_the_order_says_flag_lock_pull_wipe_equal_unlock() -> None:
    known = seen(pretend())
    words = [one.words for one in stages(disk_of(recorded(known, HOST, PLACE)), known)]
    starts = ("recorded", "ask Ceph", "lock", "light", "put", "wipe", "make it as", "unlock")
    assert [text.startswith(start) for text, start in zip(words, starts)] == [True] * 8


def test_nothing_is_done_before_another_serial_is_in_the_slot() -> None:
    cloud = pretend()
    of = disk_of(recorded(seen(cloud), HOST, PLACE))
    assert the_next(of, seen(cloud)).startswith("ask Ceph")
    replaced(cloud, HOST)
    assert the_next(of, seen(cloud)) == "make it as it was recorded"


def test_what_came_with_a_used_disk_is_to_be_wiped_before_anything_is_made() -> None:
    cloud = pretend()
    of = disk_of(recorded(seen(cloud), HOST, PLACE))
    replaced(cloud, HOST)
    disk = next(one for one in children(cloud, cloud.named(HOST), "idisks")
                if one["serial_id"] == "NEW1")  # fmt: skip
    disk["available_mib"] = 0
    stage = next_of(of, seen(cloud))
    assert stage is not None
    assert stage.words.startswith("wipe it")
    assert "W on the disk" in stage.note


def test_the_osd_that_is_missing_is_made_by_the_act_that_makes_any() -> None:
    cloud = pretend()
    of = disk_of(recorded(seen(cloud), HOST, PLACE))
    replaced(cloud, HOST)
    known = seen(cloud)
    (one,) = differences(of, host_of(of, known), known)
    assert one.words.startswith(f"osd {PLACE} is missing")
    (made,) = makings(of, host_of(of, known), known)
    write: Any = made.steps(known)[0].write
    assert write.command[:2] == ("system", "host-stor-add")
    assert write.body["tier_uuid"]


def test_a_replaced_host_is_found_by_its_name_and_each_thing_that_is_not_as_it_was_is_said() -> (
    None
):
    cloud = pretend()
    of = disk_of(recorded(seen(cloud), "worker-0"))
    host = cloud.named("worker-0")
    # It was deleted, and added anew: only its name is the same.
    of = {**of, "host_uuid": "the one before"}
    known = seen(cloud)
    assert "delete worker-0" not in the_next(of, known)
    now: Optional[Any] = host_of(of, known)
    assert now is not None
    assert now.uuid != of["host_uuid"]
    group = children(cloud, host, "ilvgs")
    group.append({**group[0], "uuid": cloud.new_uuid(), "lvm_vg_name": "nova-local"})
    with_more = disk_of(recorded(seen(cloud), "worker-0"))
    group.pop()
    known = seen(cloud)
    found = differences(with_more, host_of(with_more, known), known)
    assert [one.name for one in found] == ["nova-local"]
    (made,) = makings(with_more, host_of(with_more, known), known)
    assert getattr(made.steps(known)[0].write, "command", ())[:2] == ("system", "host-lvg-add")


def test_of_what_stands_on_each_other_the_lowest_is_made_first() -> None:
    cloud = pretend()
    host = cloud.named("worker-0")
    part = {"device_path": "/dev/disk/by-path/pci-0000:00:1f.2-ata-2.0-part1", "size_mib": 102_400}
    disk = next(one for one in children(cloud, host, "idisks") if "sdb" in one["device_node"])
    extra = {**part, "uuid": cloud.new_uuid(), "device_node": "/dev/sdb1", "status": 1,
             "idisk_uuid": disk["uuid"], "ihost_uuid": host.uuid, "links": [], "ipv_uuid": None,
             "start_mib": 0, "end_mib": 102_400}  # fmt: skip
    volume = {**children(cloud, host, "ipvs")[0], "uuid": cloud.new_uuid(),
              "disk_or_part_device_path": part["device_path"]}  # fmt: skip
    children(cloud, host, "partitions").append(extra)
    children(cloud, host, "ipvs").append(volume)
    of = disk_of(recorded(seen(cloud), "worker-0"))
    children(cloud, host, "partitions").pop()
    children(cloud, host, "ipvs").pop()
    known = seen(cloud)
    kinds = [one.kind for one in differences(of, host_of(of, known), known)]
    assert kinds == ["partitions", "physical-volumes"]
    made = makings(of, host_of(of, known), known)
    assert [one.of.kind for one in made] == ["partitions"]
    said: List[str] = [line.text for line in differences_figure(of, known).lines]
    assert any("it waits for what it stands on" in text for text in said)


def test_a_record_is_found_again_as_a_row_and_forgotten() -> None:
    cloud = pretend()
    record = recorded(seen(cloud), HOST, PLACE)
    known = seen(cloud, record, id_of(HOST, PLACE))
    read: Any = REPLACEMENTS.read
    (body,) = read.rows(known)
    row: Any = REPLACEMENTS.model.read(body)
    assert row.called == f"disk {HOST}/{PLACE}"
    write: Any = act(NAME, "forget").plan(row, Nothing(), known).steps[0].write
    assert (write.id, write.values) == (id_of(HOST, PLACE), {"record": None})


def test_where_nothing_differs_nothing_is_offered() -> None:
    cloud = pretend()
    record = recorded(seen(cloud), HOST, PLACE)
    known = seen(cloud, record, id_of(HOST, PLACE))
    read: Any = REPLACEMENTS.read
    row: Any = REPLACEMENTS.model.read(next(iter(read.rows(known))))
    reasons = act(NAME, "equal").reasons(row, Nothing(), known)
    assert [one.words for one in reasons if one.blocks] == [
        "nothing differs that can be made from here: see what differs"
    ]


def test_of_two_osds_on_a_host_only_that_of_the_pulled_disk_is_told_to_be_deleted() -> None:
    cloud = pretend("site-7")
    host = cloud.named("controller-0")
    osds = children(cloud, host, "istors")
    other = next(one for one in children(cloud, host, "idisks")
                 if one["uuid"] != osds[0]["idisk_uuid"])  # fmt: skip
    osds.append({**osds[0], "uuid": cloud.new_uuid(), "idisk_uuid": other["uuid"], "osdid": 9})
    at = next(one for one in children(cloud, host, "idisks")
              if one["uuid"] == osds[0]["idisk_uuid"])  # fmt: skip
    place = str(at["device_path"]).rpartition("/")[2]
    of = disk_of(recorded(seen(cloud), "controller-0", place))

    def deleted() -> bool:
        (one,) = [one for one in stages(of, seen(cloud)) if one.words.startswith("delete the OSD")]
        assert place in one.words
        return one.is_done

    assert not deleted()
    osds.pop(0)
    # The healthy one is left, and is to stay.
    assert deleted()


def test_a_vlan_is_made_again_on_what_it_stood_on() -> None:
    cloud = pretend()
    rows = children(cloud, cloud.named("worker-0"), "iinterfaces")
    below = next(row for row in rows if row["iftype"] == "ethernet")
    rows.append({**below, "uuid": cloud.new_uuid(), "ifname": "vlan7", "iftype": "vlan",
                 "ifclass": None, "vlan_id": 7, "uses": [below["ifname"]]})  # fmt: skip
    of = disk_of(recorded(seen(cloud), "worker-0"))
    rows.pop()
    known = seen(cloud)
    (made,) = makings(of, host_of(of, known), known)
    write: Any = made.steps(known)[0].write
    assert write.command[1] == "host-if-add"
    assert write.body["uses"] == [below["ifname"]]


def test_a_group_for_applications_and_a_partition_that_is_no_whole_gib_are_made_as_they_were() -> (
    None
):
    cloud = pretend()
    host = cloud.named("worker-0")
    groups = children(cloud, host, "ilvgs")
    csi = {"lvm_type": "thin", "lvm_function": "lvm-csi"}
    groups.append({**groups[0], "uuid": cloud.new_uuid(), "lvm_vg_name": "own",
                   "capabilities": csi})  # fmt: skip
    disk = next(one for one in children(cloud, host, "idisks") if "sdb" in one["device_node"])
    part = {"device_path": f"{disk['device_path']}-part1", "size_mib": 1_500}
    children(cloud, host, "partitions").append(
        {**part, "uuid": cloud.new_uuid(), "device_node": "/dev/sdb1", "status": 1,
         "idisk_uuid": disk["uuid"], "ihost_uuid": host.uuid, "links": [], "ipv_uuid": None,
         "start_mib": 0, "end_mib": 1_500})  # fmt: skip
    of = disk_of(recorded(seen(cloud), "worker-0"))
    groups.pop()
    children(cloud, host, "partitions").pop()
    known = seen(cloud)
    one = {each.kind: making(each, host_of(of, known), known)  # type: ignore[arg-type]
           for each in differences(of, host_of(of, known), known)}  # fmt: skip
    assert one["volume-groups"] is not None
    assert one["partitions"] is not None
    group: Any = one["volume-groups"].steps(known)[0].write
    assert group.body["capabilities"] == csi
    assert getattr(one["partitions"].form, "size_gib", 0) == 2


def test_what_could_not_be_read_is_not_recorded_as_nothing() -> None:
    known = seen(pretend())
    host = next(one for one in known.rows("hosts") if one.name == HOST)
    kept = {key: one for key, one in known.readings.items() if key[0] != "osds"}
    half = replace(known, readings=MappingProxyType(kept))
    reasons = act("hosts", "replace").reasons(host, Nothing(), half)
    assert any("not read: osds" in one.words for one in reasons if one.blocks)
