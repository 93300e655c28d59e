"""The guard before a wipe, ours alone: the service looks at root disks and volumes only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.called import called
from backend.kind import Answer, Plan
from backend.kinds import kind_named
from backend.kinds.disk_place import holds
from backend.known import Known
from backend.preview import preview
from tests.backend.kinds.acted import act, known_with
from tests.backend.kinds.site import reading
from tests.backend.kinds.test_every_kind import everything

WIPE = act("disks", "wipe")


def disk(**more: Any) -> Dict[str, Any]:
    """Return a disk of a host that nothing is on, as sysinv sends one."""
    body = dict(everything().rows("disks")[0].body)
    body.update(
        uuid="d15c",
        device_node="/dev/sdz",
        device_path="/dev/disk/by-path/pci-0000:00:17.0-ata-9.0",
        serial_id="Z1X4ABCD",
        size_mib=915_000,
        istor_uuid=None,
        ipv_uuid=None,
        capabilities={},
    )
    return {**body, **more}


def site(body: Dict[str, Any], **rows: List[Dict[str, Any]]) -> Tuple[Any, Known]:
    known = known_with(disks=[body], **rows)
    # Under its host as well, as the page of a host reads it.
    found = {key: one for key, one in known.readings.items() if key[0] != "disks"}
    found["disks", ""] = known.readings["disks", ""]
    known = replace(known, readings=found)
    return known.rows("disks")[0], known


def refused(body: Dict[str, Any], typed: str = "ABCD", **rows: Any) -> Dict[str, str]:
    """Return what forbids the wipe, by check."""
    row, known = site(body, **rows)
    form = WIPE.form.model_validate({"serial": typed})
    return {one.check: one.words for one in WIPE.reasons(row, form, known) if one.blocks}


def unsure(body: Dict[str, Any], **rows: Any) -> Dict[str, str]:
    row, known = site(body, **rows)
    reasons = WIPE.reasons(row, WIPE.form(), known)
    return {one.check: one.words for one in reasons if one.answer is Answer.CANT_TELL}


def test_the_title_is_host_slot_serial_size_and_what_is_on_it() -> None:
    row, known = site(disk())
    kind = kind_named("disks")
    assert kind is not None
    seen = preview(known, kind, WIPE, (row.uuid,), WIPE.form())
    host = known.row("hosts", row.host_uuid).name
    assert seen.title == (f"WIPE {host} 00:17.0-ata-9.0 Z1X4ABCD 894G: unused, as sysinv has it")
    assert "/dev/sd" not in seen.title


@pytest.mark.parametrize("typed", ["", "ABCE", "Z1X4", "abc"])
def test_without_the_last_four_of_its_serial_a_disk_is_not_wiped(typed: str) -> None:
    assert "the end of its serial is typed" in refused(disk(), typed)


def test_with_the_last_four_of_its_serial_in_any_case_nothing_forbids_it() -> None:
    assert refused(disk(), "abcd") == {}


def test_a_root_disk_an_osd_and_a_path_of_a_multipath_device_are_refused() -> None:
    assert "it is not the root disk" in refused(disk(capabilities={"stor_function": "rootfs"}))
    assert "it is no OSD" in refused(disk(istor_uuid="0bad"))
    paths = disk(device_path="/dev/disk/by-id/dm-uuid-mpath-3600508b4")
    assert "it is no path of a multipath device" in refused(paths)


def test_a_physical_volume_is_refused() -> None:
    volume = dict(everything().rows("physical-volumes")[0].body)
    volume.update(
        ihost_uuid=disk().get("ihost_uuid"), disk_or_part_device_path=disk()["device_path"]
    )
    assert "no volume group has it" in refused(disk(), physical_volumes=[volume])


def test_a_volume_of_the_disk_in_slot_ten_is_none_of_the_one_in_slot_one() -> None:
    at = "/dev/disk/by-path/pci-0000:00:1f.2-ata-1"
    volume = dict(everything().rows("physical-volumes")[0].body)
    volume.update(ihost_uuid=disk().get("ihost_uuid"), lvm_vg_name="nova-local")
    for device, is_on_it in ((f"{at}0", False), (f"{at}0-part1", False), (at, True),
                             (f"{at}-part1", True)):  # fmt: skip
        body = disk(device_path=at)
        volumes = [{**volume, "disk_or_part_device_path": device}]
        words = refused(body, physical_volumes=volumes)
        assert ("no volume group has it" in words) is is_on_it, device
        row, known = site(body, physical_volumes=volumes)
        assert (holds(row, known) == "nova-local") is is_on_it, device


def test_a_disk_without_a_path_is_known_by_its_id_to_bear_a_volume() -> None:
    volume = dict(everything().rows("physical-volumes")[0].body)
    volume.update(
        ihost_uuid=disk().get("ihost_uuid"), disk_or_part_device_path=None,
        disk_or_part_uuid=disk()["uuid"],
    )  # fmt: skip
    assert "no volume group has it" in refused(disk(device_path=None), physical_volumes=[volume])


@pytest.mark.parametrize("kind", ["osds", "physical-volumes", "partitions"])
def test_a_disk_of_which_not_all_was_read_is_not_called_unused_in_the_title(kind: str) -> None:
    row, known = site(disk())
    readings = {key: one for key, one in known.readings.items() if key[0] != kind}
    assert holds(row, replace(known, readings=readings)) == f"what is on it is not known ({kind})"


def test_a_mounted_disk_is_refused_where_its_machine_was_looked_at() -> None:
    row, known = site(disk())
    name = known.row("hosts", row.host_uuid).name
    bodies: List[Dict[str, Any]] = [
        {"name": "sdq", "type": "disk", "serial": "Z1X4ABCD", "depth": 0, "machine": name},
        {"name": "sdq1", "type": "part", "under": "sdq", "depth": 1, "machine": name,
         "mountpoint": "/mnt/keep"},
    ]  # fmt: skip
    key = ("block-devices", name)
    known = replace(known, readings={**known.readings, key: reading("block-devices", bodies, name)})
    form = WIPE.form.model_validate({"serial": "ABCD"})
    blocks = {one.check: one.words for one in WIPE.reasons(row, form, known) if one.blocks}
    assert blocks == {"nothing is mounted from it": "mounted on /mnt/keep"}


def test_a_disk_of_rooks_is_refused_where_ceph_names_it() -> None:
    device = {"uuid": "ST_Z1X4ABCD", "name": "ST_Z1X4ABCD", "daemons": ["osd.7"]}
    words = refused(disk(), ceph_devices=[device])
    assert words == {"Rook has no OSD on it": "Ceph keeps osd.7 on it"}


def test_what_could_not_be_checked_is_said() -> None:
    said = unsure(disk(serial_id=None))
    for name in (
        "nothing is mounted from it",
        "Rook has no OSD on it",
        "the end of its serial is typed",
    ):
        assert said[name].startswith("NOT CHECKED")


def test_the_serial_is_read_again_just_before_sending_and_another_disk_is_not_wiped() -> None:
    row, known = site(disk())
    plan = WIPE.plan(row, WIPE.form(), known)
    assert isinstance(plan, Plan)
    look, wipe = plan.steps
    assert (look.write.method, wipe.write.method) == ("GET", "PATCH")  # type: ignore[union-attr]
    assert look.write.path == wipe.write.path == "/idisks/d15c"  # type: ignore[union-attr]
    assert look.refusal is not None
    assert look.refusal(row.body) == ""
    said = look.refusal({**row.body, "serial_id": "OTHER"})
    assert said == "not wiped: its serial_id was Z1X4ABCD, and is OTHER now"
    assert look.refusal({}) != ""


def test_on_a_screen_a_disk_is_never_called_by_its_node_alone() -> None:
    row, known = site(disk())
    kind = kind_named("disks")
    assert kind is not None
    assert called(kind, row, known) == "/dev/sdz (00:17.0-ata-9.0 Z1X4ABCD)"


def test_a_disk_of_rooks_is_found_by_its_place_too_and_an_old_list_is_no_answer() -> None:
    body = disk()
    name = called_host(body)
    device = {"uuid": "X", "name": "X", "places": [f"{name}:sdz"], "daemons": ["osd.7"]}
    assert "Rook has no OSD on it" in refused(body, ceph_devices=[device])
    row, known = site(body, ceph_devices=[{**device, "places": []}])
    old = replace(known.reading("ceph-devices"), is_remembered=True)
    known = replace(known, readings={**known.readings, ("ceph-devices", ""): old})
    said = {one.check: one.answer for one in WIPE.reasons(row, WIPE.form(), known)}
    assert said["Rook has no OSD on it"] is Answer.CANT_TELL


def test_an_osd_that_is_on_no_disk_of_cephs_list_may_be_on_this_one() -> None:
    device = {"uuid": "X", "name": "X", "daemons": ["osd.7"]}
    osds = [{"uuid": "8", "id": 8, "is_up": True, "is_in": True}]
    said = unsure(disk(), ceph_devices=[device], ceph_osds=osds)
    assert "Rook has no OSD on it" in said


def called_host(body: Dict[str, Any]) -> str:
    row, known = site(body)
    return str(known.row("hosts", row.host_uuid).name)
