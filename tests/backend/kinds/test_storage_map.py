"""The map: what stands on what, where sysinv and Ceph do not agree, and what is folded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Optional

from backend.draw import figure_lines
from backend.figure import Tree
from backend.kind import Reach
from backend.kinds.storage_map import STORAGE_MAP
from backend.kinds.storage_tree import tree
from backend.kinds.storage_verdict import verdict
from backend.known import Known
from backend.simulator import sysinv
from backend.simulator.exchange import Request
from backend.simulator.keystone import Token
from backend.tone import Mark, Tone
from tests.backend.kinds.ceph import cluster
from tests.backend.kinds.pretended import pretend, read
from tests.backend.kinds.site import LAPTOP, named, reading

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
        "  pci-0000:00:17.0-ata-1.0 ROOT0",
        "    sda5",
        "      pv /dev/sda5",
        "        cgts-vg",
        "          log",
        "  pci-0000:00:17.0-ata-2.0 OSD0",
        "    osd.0",
    ]


def test_a_disk_is_never_named_by_its_node_alone() -> None:
    known = site(0, 1)
    for row in known.rows("storage-map"):
        if row.of == "disks":
            assert known.row("disks", row.row).serial_id in row.text
            assert "pci-" in row.text


def test_a_disk_says_how_far_it_is_worn_and_that_it_is_about_to_fail() -> None:
    devices = [
        {"uuid": "ACME_X1_ROOT0", "name": "ACME_X1_ROOT0", "wear": 0.12},
        {"uuid": "ACME_X1_OSD0", "name": "ACME_X1_OSD0", "wear": 0.93},
    ]
    known = site(0, ceph_devices=devices)
    rows = {row.text.rpartition(" ")[2]: row for row in known.rows("storage-map")}
    assert "12 % of its life is used" in rows["ROOT0"].says
    assert (rows["OSD0"].note, rows["OSD0"].tone) == ("WORN 93%", "warn")
    assert "1 disk worn out or about to fail: ACME_X1_OSD0." in verdict(known).text
    # What a machine's own SMART foresees stands before what Ceph keeps book of.
    smart = {"name": "sda", "model": "ACME X1", "serial": "ROOT0", "passed": False}
    asked = replace(reading("smart", [smart]), parent="here/sda")
    known = replace(known, readings={**known.readings, ("smart", "here/sda"): asked})
    (disk,) = [one for one in tree(known)[0].below if one.text.endswith("ROOT0")]
    assert (disk.note, disk.tone) == ("FAILS SOON", Tone.BAD)
    assert "it foresees its own failure" in disk.says


def test_of_many_hosts_the_one_with_a_worn_disk_is_told() -> None:
    known = site(*range(4), ceph_devices=[{"uuid": "W", "name": "X_OSD2", "wear": 0.95}])
    assert [line for line in lines(known) if "OSD" in line] == ["  pci-0000:00:17.0-ata-2.0 OSD2"]


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


def test_partitions_are_asked_of_each_host_as_the_list_of_all_is_empty_though_there_are_some() -> (
    None
):
    cloud = pretend("site-9")
    kind = named("partitions")
    assert kind.reach is Reach.PER_PARENT
    assert read(cloud, "partitions", cloud.named("controller-0").uuid).rows
    now = cloud.now()
    token = Token(id="t", user="admin", issued_at=now, expires_at=now, audit="a")
    request = Request(method="GET", path="/platform/v1/partitions", base="http://p", query=())
    reply = sysinv.reply(cloud, request, ["partitions"], token)
    assert json.loads(reply.body) == {"partitions": []}


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
    known = site(0, ceph=cluster(), storage_classes=classes, claims=claims, pods=[])
    found = {row.text: row for row in known.rows("storage-map")}
    assert found["class general"].note == "2 claims 1 NOT bound 2 unused"
    # What waits is shown; what is bound goes without saying.
    assert found["claim lab/new"].under == "storage-classes/sc"
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
    assert (notes["log"], notes["var"]) == ("M 100.104", "")


TIERS = [{"uuid": "t1", "name": "storage", "status": "in-use", "stors": [0, 1]}]
RULES = [{"uuid": "0", "id": 0, "name": "storage_tier_ruleset", "takes": "storage-tier"}]
CLASSES = [{"uid": "sc", "name": "general", "pool": "kube-rbd"}]
CLAIM = {"uid": "c1", "name": "data", "namespace": "lab", "phase": "Bound", "volume": "pv1",
         "storage_class": "general", "got": "5Gi"}  # fmt: skip
VOLUME = {"uid": "u1", "name": "pv1", "phase": "Bound", "size": "5Gi", "image": "csi-vol-1"}
POD = {"uid": "p1", "name": "db-0", "namespace": "lab", "phase": "Running",
       "volumes": [{"name": "data", "claim": "data"}]}  # fmt: skip


def tiered() -> Known:
    """Return two hosts with an OSD each, of one tier, which a claim of a pod is on in the end."""
    osds = [
        {"uuid": str(n), "id": n, "host": f"controller-{n}", "is_up": True, "is_in": True,
         "place": f"storage-tier/group-0/controller-{n}", "size": 1 << 40, "used": 1 << 38}
        for n in range(2)
    ]  # fmt: skip
    pools = [{"uuid": "kube-rbd", "id": 1, "name": "kube-rbd", "copies": 2, "rule": 0}]
    return site(0, 1, ceph_osds=osds, tiers=TIERS, ceph_rules=RULES, ceph_pools=pools,
                storage_classes=CLASSES, claims=[CLAIM], volumes=[VOLUME], pods=[POD])  # fmt: skip


def walked(known: Known, uuid: str) -> List[str]:
    figure = STORAGE_MAP.tabs[0].figure
    assert figure is not None
    drawn = figure(known.row("storage-map", uuid), known)
    assert isinstance(drawn, Tree)
    return [line.text for line in figure_lines(drawn, 200, 0)]


def test_from_the_tier_to_the_pod_each_stands_on_the_one_before() -> None:
    rows = {row.uuid: row for row in tiered().rows("storage-map")}
    assert rows["tiers/t1"].note == "2 OSDs on 2 hosts"
    assert rows["ceph-pools/kube-rbd"].under == "tiers/t1"
    assert rows["storage-classes/sc"].under == "ceph-pools/kube-rbd"
    assert rows["volumes/u1"].under == "storage-classes/sc"
    assert rows["volumes/u1"].says == "Bound, pv1, image csi-vol-1"
    assert rows["volumes/u1"].note == ""
    assert rows["claims/c1"].under == "volumes/u1"
    assert rows["pods/p1"].under == "claims/c1"
    assert rows["osds/o0"].joins == rows["osds/o1"].joins == "tiers/t1"


def test_from_a_disk_it_is_walked_up_through_its_tier_to_the_pods_that_lose_it() -> None:
    found = walked(tiered(), "disks/d0b")
    said = [text.lstrip(" |`-") for text in found]
    starts = ("controller-0", "pci-", "osd.0", "tier storage", "pool kube-rbd", "class general",
              "volume pv1", "claim lab/data", "pod db-0")  # fmt: skip
    assert [text.startswith(start) for text, start in zip(said, starts)] == [True] * 9
    assert not any("osd.1" in text for text in said)


def test_from_a_pod_it_is_walked_down_to_every_disk_of_the_tier() -> None:
    said = [text.lstrip(" |`-") for text in walked(tiered(), "pods/p1")]
    assert [text.startswith("osd.") for text in said[:1]] == [True]
    assert sum("-ata-2.0 OSD" in text for text in said) == 2
    assert any("on pci-0000:00:17.0-ata-2.0 OSD1 of controller-1" in text for text in said)
    assert said[-1].startswith(("pod db-0", "tier storage"))
    assert any(text.startswith("pod db-0") for text in said)


def test_a_host_that_is_one_line_among_many_is_walked_up_to_all_that_is_in_it() -> None:
    known = site(0, 1, 2)
    assert [row.of for row in known.rows("storage-map")] == ["hosts"] * 3
    said = [text.lstrip(" |`-") for text in walked(known, "hosts/h1")]
    starts = ("controller-1", "pci-", "sda5", "pv /dev/sda5", "cgts-vg", "log", "pci-", "osd.1")
    assert [text.startswith(start) for text, start in zip(said, starts)] == [True] * 8
    assert not any("controller-0" in text for text in said)


def test_a_pool_is_as_full_as_what_may_be_written_to_it_is_taken() -> None:
    pool = {"uuid": "p", "id": 1, "name": "p", "copies": 2, "least": 1, "rule": 0,
            "stored": 30 << 30, "used": 60 << 30, "free": 10 << 30}  # fmt: skip
    known = site(0, tiers=TIERS, ceph_rules=RULES, ceph_pools=[pool])
    row = known.row("storage-map", "ceph-pools/p")
    assert (row.size, row.percent) == (40 * 1024, 75)


def test_of_more_claims_than_the_picture_has_room_for_the_well_ones_are_counted() -> None:
    many = [{**CLAIM, "uid": f"c{n}", "name": f"c{n}"} for n in range(1200)]
    many.append({**CLAIM, "uid": "new", "name": "new", "phase": "Pending", "volume": ""})
    pools = [{"uuid": "kube-rbd", "id": 1, "name": "kube-rbd", "copies": 2, "rule": 0}]
    known = site(0, ceph_pools=pools, storage_classes=CLASSES, claims=many, pods=[POD])
    rows = known.rows("storage-map")
    assert [row.text for row in rows if row.of == "claims"] == ["claim lab/new"]
    assert [row.note for row in rows if row.of == "storage-classes"] == ["1201 claims 1 NOT bound"]


def test_pools_of_a_class_of_disks_draw_on_those_alone() -> None:
    osds = [
        {"uuid": str(n), "id": n, "host": "h", "is_up": True, "is_in": True, "size": 1 << 40,
         "used": 0, "place": "default/h", "device_class": sort}
        for n, sort in enumerate(("ssd", "hdd", "hdd"))
    ]  # fmt: skip
    rules = [{"uuid": "0", "id": 0, "name": "fast", "takes": "default~ssd"},
             {"uuid": "1", "id": 1, "name": "slow", "takes": "default~hdd"}]  # fmt: skip
    pools = [{"uuid": name, "id": n, "name": name, "copies": 2, "rule": n}
             for n, name in enumerate(("fast", "slow"))]  # fmt: skip
    rows = site(0, ceph_osds=osds, ceph_rules=rules, ceph_pools=pools).rows("storage-map")
    found = {row.text: (row.note, row.size) for row in rows if row.of == "crush-tree"}
    assert found["root default~ssd"] == ("1 OSD on 1 host", 1 << 20)
    assert found["root default~hdd"] == ("2 OSDs on 1 host", 2 << 20)


def test_without_sysinv_hosts_and_osds_are_shown_as_ceph_has_them() -> None:
    known = cluster()
    read: Any = STORAGE_MAP.read
    bodies = list(read.rows(known))
    rows = [row["text"] for row in bodies if row["of"] in ("crush-tree", "ceph-osds")]
    assert rows[:2] == ["vm", "osd.0"]
    assert rows[-1] == "root default"
    mapped = reading("storage-map", bodies)
    known = replace(known, readings={**known.readings, ("storage-map", ""): mapped})
    said = walked(known, "ceph-osds/0")
    assert said[0].startswith("vm")
    assert any("pool kube-rbd" in text for text in said)
