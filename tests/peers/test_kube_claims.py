"""Claims and snapshots on a real API server: what may grow does, what may not is refused by it.

No driver runs there: what one would say of a volume it has made larger is put in its place.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Iterator

import pytest

from backend.deed import Outcome
from backend.errors import Rejected
from backend.tone import Tone
from tests.backend.test_watch import until
from tests.peers.cluster import Cluster
from tests.peers.desk import done, previewed, stationed
from tests.peers.site import made
from tests.peers.test_kube_acts import ended
from tests.peers.test_kubernetes import looking

pytestmark = pytest.mark.peer

ROOM = "grown"
DRIVER = "rook-ceph.rbd.csi.ceph.com"


def _bound(name: str, sort: str) -> Iterator[Any]:
    """Yield a volume and the claim that it is for: the control plane binds them."""
    modes, size = ["ReadWriteOnce"], {"storage": "5Gi"}
    image = {"pool": "kube-rbd", "imageName": f"csi-vol-{name}"}
    yield made(
        "PersistentVolume",
        f"pv-{name}",
        spec={
            "capacity": size,
            "accessModes": modes,
            "storageClassName": sort,
            "claimRef": {"namespace": ROOM, "name": name},
            "csi": {"driver": DRIVER, "volumeHandle": name, "volumeAttributes": image},
        },
    )
    yield made(
        "PersistentVolumeClaim",
        name,
        ROOM,
        spec={
            "accessModes": modes,
            "storageClassName": sort,
            "resources": {"requests": size},
        },
    )


@pytest.fixture
def claims(real_cluster: Cluster) -> Iterator[Cluster]:
    """A claim whose class lets it grow, and one whose class does not."""
    sort = {"api": "storage.k8s.io/v1", "provisioner": DRIVER}
    real_cluster.apply(
        made("Namespace", ROOM),
        made("StorageClass", "grows", allowVolumeExpansion=True, **sort),
        made("StorageClass", "stays", **sort),
        *_bound("data", "grows"),
        *_bound("fixed", "stays"),
    )
    wait = ("wait", "--for=jsonpath={.status.phase}=Bound", "--timeout=240s")
    real_cluster.kubectl("-n", ROOM, *wait, "pvc", "--all")
    yield real_cluster
    # Waited for: who makes them anew meanwhile finds them half gone.
    real_cluster.kubectl("delete", "namespace", ROOM, "--timeout=240s")
    real_cluster.kubectl("delete", "pv", "pv-data", "pv-fixed", "--timeout=240s")
    real_cluster.kubectl("delete", "storageclass", "grows", "stays")


def told(peer: Cluster, name: str, **status: Any) -> None:
    """Say of a claim what its driver would."""
    path = f"/api/v1/namespaces/{ROOM}/persistentvolumeclaims/{name}/status"
    peer.ask("PATCH", path, {"status": status}, "application/merge-patch+json")


async def test_a_claim_is_grown_and_is_done_when_its_volume_is_larger(
    claims: Cluster, tmp_path: Path
) -> None:
    async with stationed(claims.kubeconfig, tmp_path / "record.db") as station:
        station.watch.look("claims")
        deed = await done(station, "claims", "grow", f"{ROOM}/data", size="20Gi")
        assert deed.outcome is Outcome.FOLLOWED
        await until(lambda: _of(station).asked == "20Gi", 20)
        kind = station.lookout.kinds["claims"]
        look = kind.look(_of(station), station.watch.known)
        assert (look.tone, look.notes) == (Tone.BUSY, ("grows from 5Gi to 20Gi",))
        waits = {"type": "FileSystemResizePending", "status": "True",
                 "lastTransitionTime": "2026-11-26T10:00:00Z"}  # fmt: skip
        await asyncio.to_thread(told, claims, "data", conditions=[waits])
        await until(lambda: bool(_of(station).conditions), 20)
        assert "when a pod mounts it" in kind.look(_of(station), station.watch.known).notes[0]
        over = await ended(station, deed)
        assert list(over.reached) == ["its volume is larger"]
        await asyncio.to_thread(told, claims, "data", conditions=None, capacity={"storage": "20Gi"})
        await until(lambda: _of(station).got == "20Gi", 20)
        assert kind.look(_of(station), station.watch.known).notes == ("nobody uses it",)


def _of(station: Any, name: str = "data") -> Any:
    rows = station.watch.known.rows("claims")
    return next(row for row in rows if row.full_name == f"{ROOM}/{name}")


async def test_a_claim_whose_class_lets_none_grow_is_refused_here_and_by_the_api_server(
    claims: Cluster, tmp_path: Path
) -> None:
    async with stationed(claims.kubeconfig, tmp_path / "record.db") as station:
        before = await previewed(station, "claims", "grow", f"{ROOM}/fixed", size="20Gi")
        assert [one.words for one in before.blocked] == ["allowVolumeExpansion of stays is not set"]
        smaller = await previewed(station, "claims", "grow", f"{ROOM}/data", size="1Gi")
        assert [one.words for one in smaller.blocked] == ["it has 5Gi, and never shrinks"]
        # Ours is only what the server says too, sooner.
        write = before.plans[0].steps[0].write
        with pytest.raises(Rejected, match="must support resize"):
            await station.cloud.send(write)


async def test_a_snapshot_is_told_as_it_is_taken_and_as_it_is_ready(real_cluster: Cluster) -> None:
    snap = "snapshot.storage.k8s.io/v1"
    source = {"source": {"persistentVolumeClaimName": "data"}}
    async with looking(real_cluster.kubeconfig) as lookout:
        lookout.watch.look("volume-snapshots")
        kind = lookout.kinds["volume-snapshots"]
        known = lambda: lookout.watch.known  # noqa: E731
        row = lambda: kind.find(known().rows(kind.name), "kept/tonight")  # noqa: E731
        one = made("VolumeSnapshot", "tonight", "kept", api=snap, spec=source)
        await asyncio.to_thread(real_cluster.apply, one)
        try:
            await until(lambda: row() is not None, 20)
            assert kind.look(row(), known()).notes == ("it is being taken",)
            path = "/apis/snapshot.storage.k8s.io/v1/namespaces/kept/volumesnapshots/tonight"
            ready = {"status": {"readyToUse": True, "restoreSize": "5Gi"}}
            await asyncio.to_thread(real_cluster.patch, path, ready)
            await until(lambda: row().ready, 20)
            assert kind.look(row(), known()).tone is Tone.GOOD
        finally:
            await asyncio.to_thread(
                real_cluster.kubectl, "-n", "kept", "delete", "volumesnapshot", "tonight"
            )
