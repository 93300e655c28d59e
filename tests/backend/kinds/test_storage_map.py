"""The map: what stands on what, where sysinv and Ceph do not agree, and what is folded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional

from backend.figure import Tree
from backend.kinds.storage_map import STORAGE_MAP
from backend.known import Known
from backend.tone import Mark
from tests.backend.kinds.ceph import cluster
from tests.backend.kinds.site import LAPTOP, reading

AT = "/dev/disk/by-path/pci-0000:00:17.0-ata-"
MIB = 1024**2


def host(number: int) -> Dict[str, Any]:
    return {"uuid": f"h{number}", "id": number, "hostname": f"controller-{number}",
            "personality": "controller", "administrative": "unlocked",
            "operational": "enabled", "availability": "available"}  # fmt: skip


def of(number: int, **more: Any) -> Dict[str, Any]:
    return {"ihost_uuid": f"h{number}", **more}


def one_host(number: int) -> Dict[str, List[Dict[str, Any]]]:
    """Return a host with a root disk of a group with log, and a disk of an OSD."""
    part = f"{AT}1.0-part5"
    return {
        "hosts": [host(number)],
        "disks": [
            of(number, uuid=f"d{number}a", device_node="/dev/sda", device_path=f"{AT}1.0",
               serial_id=f"ROOT{number}", size_mib=900_000, available_mib=0,
               capabilities={"stor_function": "rootfs"}, device_type="SSD"),
            of(number, uuid=f"d{number}b", device_node="/dev/sdb", device_path=f"{AT}2.0",
               serial_id=f"OSD{number}", size_mib=1_800_000, available_mib=0, device_type="HDD"),
        ],
        "partitions": [
            of(number, uuid=f"p{number}", device_node="/dev/sda5", device_path=part, status=1,
               size_mib=800_000, idisk_uuid=f"d{number}a"),
        ],
        "physical-volumes": [
            of(number, uuid=f"v{number}", lvm_pv_name="/dev/sda5", lvm_vg_name="cgts-vg",
               lvm_pv_size=800_000 * MIB, disk_or_part_device_path=part, pv_state="provisioned"),
        ],
        "volume-groups": [
            of(number, uuid=f"g{number}", lvm_vg_name="cgts-vg", lvm_vg_size=800_000 * MIB,
               lvm_vg_avail_size=38_000 * MIB, vg_state="provisioned"),
        ],
        "filesystems": [of(number, uuid=f"f{number}", name="log", size=8, state="In-Use")],
        "osds": [
            of(number, uuid=f"o{number}", osdid=number, function="osd", state="configured",
               tier_name="storage", idisk_uuid=f"d{number}b"),
        ],
    }  # fmt: skip


def site(*numbers: int, ceph: Optional[Known] = None, **more: List[Dict[str, Any]]) -> Known:
    rows: Dict[str, List[Dict[str, Any]]] = {}
    for number in numbers:
        for kind, bodies in one_host(number).items():
            rows.setdefault(kind, []).extend(bodies)
    rows.update({name.replace("_", "-"): bodies for name, bodies in more.items()})
    found = {(kind, ""): reading(kind, bodies) for kind, bodies in rows.items()}
    known = Known(cloud="c", now_ms=1_795_338_300_000, place=LAPTOP)
    readings = {**(ceph.readings if ceph else {}), **found}
    known = replace(known, readings=readings)
    mapped = reading("storage-map", list(STORAGE_MAP.read.rows(known)))  # type: ignore[union-attr,arg-type,call-arg]
    return replace(known, readings={**readings, ("storage-map", ""): mapped})


def lines(known: Known) -> List[str]:
    return [f"{'  ' * row.depth}{row.text}" for row in known.rows("storage-map")]


def test_from_a_disk_in_its_slot_to_the_filesystem_and_the_osd() -> None:
    assert lines(site(0)) == [
        "controller-0",
        "  pci-0000:00:17.0-ata-1.0 serial ROOT0",
        "    sda5",
        "      pv /dev/sda5",
        "        cgts-vg",
        "          log",
        "  pci-0000:00:17.0-ata-2.0 serial OSD0",
        "    osd.0",
    ]


def test_a_disk_is_never_named_by_its_node_alone() -> None:
    for row in site(0, 1).rows("storage-map"):
        if row.of == "disks":
            assert "serial" in row.text
            assert "pci-" in row.text


def test_it_is_walked_down_to_the_disk_and_up_to_all_that_stands_on_it() -> None:
    known = site(0)
    group = known.row("storage-map", "volume-groups/g0")
    figure = STORAGE_MAP.tabs[0].figure
    assert figure is not None
    drawn = figure(group, known)
    assert isinstance(drawn, Tree)
    assert [node.id.partition("/")[0] for node in drawn.nodes] == [
        *("hosts", "disks", "partitions", "physical-volumes", "volume-groups", "filesystems"),
    ]
    assert all(node.jump is not None for node in drawn.nodes)


def test_mib_gib_and_bytes_that_sysinv_mixes_are_one_measure() -> None:
    rows = {row.of: row for row in site(0).rows("storage-map")}
    assert rows["filesystems"].size == 8 * 1024
    assert rows["volume-groups"].size == 800_000
    assert rows["partitions"].size == 800_000


def test_partitions_that_could_not_be_read_leave_the_volume_on_its_disk() -> None:
    known = site(0, partitions=[])
    assert lines(known)[2:5] == ["    pv /dev/sda5", "      cgts-vg", "        log"]


def test_an_osd_that_sysinv_has_and_ceph_has_not_and_the_reverse_are_said() -> None:
    rows = one_host(0)["osds"]
    known = site(0, ceph=cluster(), osds=[{**rows[0], "osdid": 9}])
    notes = {row.text: row.note for row in known.rows("storage-map")}
    assert notes["osd.9"] == "sysinv has it, and CEPH HAS NOT"
    assert notes["osd.1"] == "Ceph has it on vm, and SYSINV HAS NOT"
    marks = {row.text: STORAGE_MAP.look(row, known).mark for row in known.rows("storage-map")}
    assert marks["osd.9"] is marks["osd.1"] is Mark.BAD


def test_without_ceph_nothing_is_said_to_be_missing_in_it() -> None:
    assert not any("HAS NOT" in row.note for row in site(0, 1).rows("storage-map"))


def test_of_many_hosts_each_is_a_line_and_what_is_not_well_is_below_it() -> None:
    known = site(0, 1, 2, 3)
    assert lines(known) == [f"controller-{number}" for number in range(4)]
    bad = site(0, 1, 2, 3, ceph=cluster())
    down = [row.text for row in bad.rows("storage-map") if row.text.startswith("osd.")]
    assert down == ["osd.2", "osd.3"]


def test_a_group_on_two_disks_stands_on_both() -> None:
    first = one_host(0)["physical-volumes"][0]
    other = {**first, "uuid": "v9", "disk_or_part_device_path": f"{AT}2.0"}
    known = site(0, physical_volumes=[first, other])
    groups = [row.uuid for row in known.rows("storage-map") if row.of == "volume-groups"]
    assert groups == ["volume-groups/g0", "volume-groups/g0#2"]


def test_from_the_pool_to_the_claim_and_its_pod() -> None:
    classes = [{"uid": "sc", "name": "general", "pool": "kube-rbd"}]
    claims = [
        {"uid": "c1", "name": "data", "namespace": "lab", "phase": "Bound", "volume": "pv1",
         "storage_class": "general", "got": "5Gi"},
        {"uid": "c2", "name": "new", "namespace": "lab", "phase": "Pending",
         "storage_class": "general", "asked": "50Gi"},
    ]  # fmt: skip
    known = site(0, ceph=cluster(), storage_classes=classes, claims=claims)
    found = {row.text: row for row in known.rows("storage-map")}
    assert found["class general"].note == "1 claims bound, 1 NOT, 2 nobody uses"
    # What waits is shown; what is bound goes without saying.
    assert found["claim lab/new 50Gi"].under == "storage-classes/sc"
    assert found["class general"].under == "ceph-pools/kube-rbd"


def test_an_alarm_of_var_log_is_of_log_and_not_of_var() -> None:
    alarm = {
        "uuid": "a1", "alarm_id": "100.104", "severity": "major",
        "entity_instance_id": "host=controller-0.filesystem=/var/log",
        "timestamp": "2026-11-21T02:00:00",
    }  # fmt: skip
    both = [of(0, uuid=f"f-{name}", name=name, size=8) for name in ("log", "var")]
    known = site(0, filesystems=both, alarms=[alarm])
    notes = {row.text: row.note for row in known.rows("storage-map")}
    assert (notes["log"], notes["var"]) == ("major 100.104: filling up", "")
