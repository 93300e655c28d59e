"""Claims: who uses one, what it stands on, how it grows; volumes that are kept; Rook's objects."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Dict, List

from backend.kind import KubeWrite
from backend.kinds import kind_named
from backend.kinds.ceph_images import IMAGES
from backend.kinds.claim_acts import GROW, stands_on, used_by
from backend.known import Known
from backend.tone import Mark
from tests.backend.kinds.kube import cluster
from tests.backend.kinds.site import LAPTOP, reading

CLAIM = {"uid": "c1", "name": "data", "namespace": "lab", "phase": "Bound", "volume": "pv1",
         "storage_class": "general", "asked": "5Gi", "got": "5Gi",
         "modes": ["ReadWriteOnce"]}  # fmt: skip
VOLUME = {"uid": "v1", "name": "pv1", "phase": "Bound", "size": "5Gi", "image": "csi-vol-1",
          "pool": "kube-rbd", "claim": {"namespace": "lab", "name": "data"}}  # fmt: skip
POD = {"uid": "p1", "name": "db-0", "namespace": "lab", "phase": "Running",
       "volumes": [{"name": "data", "claim": "data"}]}  # fmt: skip
SORT = {"uid": "s1", "name": "general", "pool": "kube-rbd", "expands": True, "provisioner": "x"}


def known(**rows: List[Dict[str, Any]]) -> Known:
    given = {
        "claims": [CLAIM],
        "volumes": [VOLUME],
        "pods": [POD],
        "storage_classes": [SORT],
        **rows,
    }
    found = {}
    for key, bodies in given.items():
        name = key.replace("_", "-")
        found[name, ""] = reading(name, bodies)
    base = Known(cloud="c", now_ms=1, place=LAPTOP)
    return replace(base, readings=MappingProxyType(found))


def look(kind: str, seen: Known) -> Any:
    declared = kind_named(kind)
    assert declared is not None
    return declared.look(seen.rows(kind)[0], seen)


def refusals(seen: Known, size: str) -> List[str]:
    reasons = GROW.reasons(seen.rows("claims")[0], GROW.form.model_validate({"size": size}), seen)
    return [one.words for one in reasons if one.blocks]


def test_who_uses_a_claim_is_said_and_a_pod_that_ended_uses_it_no_more() -> None:
    assert used_by(known().rows("claims")[0], known()) == "db-0"
    ended = known(pods=[{**POD, "phase": "Succeeded"}])
    assert used_by(ended.rows("claims")[0], ended) == "nobody"
    assert look("claims", ended).notes == ("nobody uses it",)


def test_where_pods_were_not_read_nobody_is_said_to_be_nobody() -> None:
    seen = known()
    kept = {key: one for key, one in seen.readings.items() if key[0] != "pods"}
    half = replace(seen, readings=MappingProxyType(kept))
    assert used_by(half.rows("claims")[0], half) == ""
    assert look("claims", half).notes == ()


def test_a_claim_is_walked_to_its_pod_volume_class_image_and_pool() -> None:
    seen = known()
    lines = stands_on(seen.rows("claims")[0], seen).lines
    assert [line.heading for line in lines] == ["pod", "volume", "class", "image", "pool"]
    assert [line.jump.kind for line in lines if line.jump] == [
        *("pods", "volumes", "storage-classes", "rbd-images", "ceph-pools")
    ]


def test_a_claim_grows_only_where_its_class_lets_it_and_only_up() -> None:
    assert refusals(known(), "20Gi") == []
    assert refusals(known(), "5Gi") == ["it has 5Gi, and never shrinks"]
    stiff = known(storage_classes=[{**SORT, "expands": False}])
    assert refusals(stiff, "20Gi") == ["allowVolumeExpansion of general is not set"]
    waits = known(claims=[{**CLAIM, "phase": "Pending", "got": ""}])
    assert refusals(waits, "20Gi") == ["it is Pending"]


def test_before_a_claim_grows_it_is_said_what_its_pool_has_left() -> None:
    pool = {"uuid": "kube-rbd", "id": 1, "name": "kube-rbd", "free": 40 << 30}
    seen = known(ceph_pools=[pool])
    (row,) = seen.rows("claims")
    assert row.told("size") == "5Gi"
    told = {
        size: [one.words for one in GROW.consequences(row, GROW.form(size=size), seen)]
        for size in ("15Gi", "100Gi")
    }
    assert "left in the pool kube-rbd, once it is filled: 40G -> 30G" in told["15Gi"]
    assert "the pool kube-rbd has room for less: 40G" in told["100Gi"]


def test_what_is_sent_to_grow_a_claim_is_one_merge_of_its_request() -> None:
    seen = known()
    form = GROW.form.model_validate({"size": "20Gi"})
    write = GROW.plan(seen.rows("claims")[0], form, seen).steps[0].write
    assert isinstance(write, KubeWrite)
    assert write.body == {"spec": {"resources": {"requests": {"storage": "20Gi"}}}}
    assert write.command[:6] == ("kubectl", "-n", "lab", "patch", "pvc", "data")


def test_a_volume_that_was_released_and_kept_is_told_from_one_that_goes() -> None:
    kept = known(volumes=[{**VOLUME, "phase": "Released", "reclaim": "Retain"}])
    assert look("volumes", kept).mark is Mark.OUT
    assert "kept with its data" in look("volumes", kept).notes[0]
    goes = known(volumes=[{**VOLUME, "phase": "Released", "reclaim": "Delete"}])
    assert "being deleted" in look("volumes", goes).notes[0]


def test_an_image_is_found_to_be_a_volume_and_a_claim_or_left_over() -> None:
    images = [{"uuid": f"kube-rbd/{name}", "pool": "kube-rbd", "name": name, "size": 1}
              for name in ("csi-vol-1", "csi-vol-9", "by-hand")]  # fmt: skip
    seen = known(rbd_images=images)
    rows = {row.name: row for row in seen.rows("rbd-images")}
    cells = {column.heading: column.cell(rows["csi-vol-1"], seen) for column in IMAGES.columns}
    assert (cells["VOLUME"], cells["CLAIM"]) == ("pv1", "lab/data")
    assert IMAGES.look(rows["csi-vol-9"], seen).mark is Mark.OUT
    assert IMAGES.look(rows["by-hand"], seen).notes == ()


def test_rooks_objects_say_what_is_not_well_with_them() -> None:
    recorded = cluster()
    notes = {}
    for name in ("rook-clusters", "rook-block-pools", "rook-filesystems", "rook-object-stores"):
        kind: Any = kind_named(name)
        notes[name] = kind.look(recorded.rows(name)[0], recorded).notes
    assert notes["rook-clusters"] == ("Ceph says HEALTH_WARN",)
    assert notes["rook-block-pools"] == ()
    assert notes["rook-filesystems"] == ("Rook is at it: Progressing",)
    assert notes["rook-object-stores"] == ("no pool for it",)


def test_an_attachment_to_a_node_that_is_gone_and_a_snapshot_that_failed_are_said() -> None:
    recorded = cluster()
    attached: Any = kind_named("volume-attachments")
    row = recorded.rows("volume-attachments")[0]
    assert "there is no node gone-0" in attached.look(row, recorded).notes[0]
    snapshots: Any = kind_named("volume-snapshots")
    notes = {one.name: snapshots.look(one, recorded).notes
             for one in recorded.rows("volume-snapshots")}  # fmt: skip
    assert notes == {"before": (), "failed": ("the class has no secret",)}
