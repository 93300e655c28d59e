"""Acts on a real cluster, by the one door: drains that wait, marks, roll-outs, jobs, deletes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Iterator, Optional

import pytest

from backend import insist
from backend.deed import Deed, Outcome
from backend.errors import Rejected
from backend.kind import Risk
from backend.station import Station
from tests.backend.test_watch import until
from tests.peers.cluster import Cluster, node
from tests.peers.desk import done, previewed, stationed
from tests.peers.site import _set, made

pytestmark = pytest.mark.peer


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insist, "AGAIN_S", 0.3)


@pytest.fixture
def worker(real_cluster: Cluster) -> Iterator[Cluster]:
    """A node of its own with the three pods of a deployment that a budget holds to two."""
    labels = {"play": "worker"}
    one = node("worker-9")
    one["metadata"]["labels"].update(labels)
    # Whatever else there is stays away: nobody else's budget holds it up.
    one["spec"] = {"taints": [{"key": "play", "value": "worker", "effect": "NoSchedule"}]}
    bears = [{"key": "play", "operator": "Exists"}]
    real_cluster.apply(one, made("Namespace", "drained"))
    budget = made(
        "PodDisruptionBudget",
        "held",
        "drained",
        api="policy/v1",
        spec={"minAvailable": 2, "selector": {"matchLabels": {"app": "held"}}},
    )
    real_cluster.apply(
        budget,
        _set("Deployment", "held", "drained", "x", 2, nodeSelector=labels, tolerations=bears),
    )
    real_cluster.kubectl("-n", "drained", "rollout", "status", "deploy/held", "--timeout=300s")
    real_cluster.until(
        lambda: said(real_cluster, "pdb", "held", "{.status.currentHealthy}") == "2", "healthy"
    )
    yield real_cluster
    kinds = "deploy,sts,ds,pdb,pod"
    real_cluster.kubectl("-n", "drained", "delete", kinds, "--all", "--now", "--wait=false")
    real_cluster.until(lambda: gone(real_cluster, "pods"), "its pods are gone")
    real_cluster.kubectl("delete", "node", "worker-9")


def said(peer: Cluster, kind: str, name: str, path: str, namespace: str = "drained") -> str:
    return peer.kubectl("-n", namespace, "get", kind, name, "-o", f"jsonpath={path}")


def deed_of(station: Station, deed: Deed) -> Deed:
    return next(one for one in station.watch.known.memory.deeds if one.number == deed.number)


async def ended(station: Station, deed: Deed) -> Deed:
    await until(lambda: not deed_of(station, deed).is_open, 60)
    return deed_of(station, deed)


async def test_a_drain_waits_for_a_budget_says_so_and_ends_when_it_lets_go(
    worker: Cluster, tmp_path: Path
) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        before = await previewed(station, "nodes", "drain", "worker-9")
        words = " ".join(one.words for one in before.consequences)
        assert "drained/held lets 0 of 2 go now (at least 2, 2 are healthy): it waits" in words
        deed = await done(station, "nodes", "drain", "worker-9")
        assert deed.outcome is Outcome.FOLLOWED
        assert "would violate the pod's disruption budget" in deed.answer
        assert "1 more wait" in deed.answer
        notes = station.timeline(deed).notes.lines
        assert any(line.heading == "waits" for line in notes)
        await asyncio.to_thread(worker.kubectl, "-n", "drained", "delete", "pdb", "held")
        await asyncio.to_thread(
            worker.kubectl, "-n", "drained", "scale", "deploy/held", "--replicas=0"
        )
        over = await ended(station, deed)
        assert over.outcome is Outcome.DONE
        assert list(over.reached) == [
            "takes no new pods",
            "every pod may leave",
            "its pods are gone",
        ]


async def test_a_drain_that_never_ends_is_left_and_found_again_by_another_console(
    worker: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record.db"
    async with stationed(worker.kubeconfig, record) as station:
        deed = await done(station, "nodes", "drain", "worker-9")
        assert deed.is_open
    # Whoever sent it is not there any more, as after a kill.
    monkeypatch.setattr("backend.follow.is_alive", lambda _process: False)
    async with stationed(worker.kubeconfig, record) as station:
        assert {one.number for one in station.found} == {deed.number}
        await until(lambda: "disruption budget" in deed_of(station, deed).answer, 30)
        await asyncio.to_thread(worker.kubectl, "-n", "drained", "delete", "pdb", "held")
        await until(lambda: "every pod may leave" in deed_of(station, deed).reached, 60)


async def test_an_uncordon_ends_a_drain_that_waits(worker: Cluster, tmp_path: Path) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        deed = await done(station, "nodes", "drain", "worker-9")
        back = await done(station, "nodes", "uncordon", "worker-9")
        assert back.outcome is Outcome.DONE
        over = await ended(station, deed)
        assert over.outcome is Outcome.FAILED
        assert "somebody uncordoned it" in over.answer


async def test_what_a_drain_stops_for_good_is_said_before_and_wants_the_name(
    worker: Cluster, tmp_path: Path
) -> None:
    bare = made(
        "Pod",
        "bare",
        "drained",
        spec={
            "nodeName": "worker-9",
            "containers": [{"name": "sh", "image": "busybox"}],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    )
    worker.apply(bare)
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        before = await previewed(station, "nodes", "drain", "worker-9")
        words = [one.words for one in before.consequences]
        assert "drained/bare: for good: nothing makes it anew" in words
        assert "drained/bare: what it keeps in an empty directory is lost" in words
        assert any("serves nowhere until it starts elsewhere" in word for word in words)
        assert before.risk is Risk.DESTRUCTIVE
        assert before.wants == "worker-9"


async def test_labels_and_taints_are_what_kubectl_sees(worker: Cluster, tmp_path: Path) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        await done(station, "nodes", "label", "worker-9", key="rack", value="b4")
        assert said(worker, "node", "worker-9", "{.metadata.labels.rack}") == "b4"
        await done(station, "nodes", "unlabel", "worker-9", key="rack")
        assert said(worker, "node", "worker-9", "{.metadata.labels.rack}") == ""
        await done(station, "nodes", "taint", "worker-9", key="dedicated", value="du")
        taints = json.loads(said(worker, "node", "worker-9", "{.spec.taints}"))
        assert {"key": "dedicated", "value": "du", "effect": "NoSchedule"} in taints
        await done(station, "nodes", "untaint", "worker-9", key="dedicated=du:NoSchedule")
        assert "dedicated" not in said(worker, "node", "worker-9", "{.spec.taints}")


async def test_taints_that_another_changed_meanwhile_are_not_written_over(
    worker: Cluster, tmp_path: Path
) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        await done(station, "nodes", "taint", "worker-9", key="first")
        before = await previewed(station, "nodes", "taint", "worker-9", key="second")
        worker.kubectl("taint", "node", "worker-9", "theirs=1:NoSchedule")
        (step,) = before.plans[0].steps
        with pytest.raises(Rejected, match="422"):
            await station.cloud.send(step.write)
        assert "theirs" in said(worker, "node", "worker-9", "{.spec.taints}")


async def test_a_first_taint_is_not_written_over_one_that_another_set_meanwhile(
    worker: Cluster, tmp_path: Path
) -> None:
    worker.apply(node("bare"))
    ready = '{.status.conditions[?(@.type=="Ready")].status}{.spec.taints}'
    try:
        # The cluster taints a new node until it is ready, and takes that away itself.
        worker.until(lambda: said(worker, "node", "bare", ready) == "True", "ready, no taints")
        async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
            before = await previewed(station, "nodes", "taint", "bare", key="ours")
            (step,) = before.plans[0].steps
            worker.kubectl("taint", "node", "bare", "theirs=1:NoSchedule")
            with pytest.raises(Rejected, match="422"):
                await station.cloud.send(step.write)
            assert "theirs" in said(worker, "node", "bare", "{.spec.taints}")
            worker.kubectl("taint", "node", "bare", "theirs-")
            await station.cloud.send(step.write)
            assert "ours" in said(worker, "node", "bare", "{.spec.taints}")
    finally:
        worker.kubectl("delete", "node", "bare")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
async def test_a_roll_out_is_undone_to_the_shape_it_had(
    worker: Cluster, tmp_path: Path, kind: str
) -> None:
    plural = f"{kind.casefold()}s"
    worker.apply(_set(kind, "rolled", "drained", "registry/app:1"))
    image = "{.spec.template.spec.containers[0].image}"
    worker.kubectl("-n", "drained", "rollout", "status", f"{plural}/rolled", "--timeout=300s")
    worker.kubectl("-n", "drained", "set", "image", f"{plural}/rolled", "main=registry/app:2")
    worker.kubectl("-n", "drained", "rollout", "status", f"{plural}/rolled", "--timeout=300s")
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        before = await previewed(station, plural, "undo", "drained/rolled")
        words = [one.words for one in before.consequences]
        assert any("registry/app:2 -> registry/app:1" in word for word in words)
        deed = await done(station, plural, "undo", "drained/rolled")
        assert deed.outcome is Outcome.DONE
        assert said(worker, plural, "rolled", image) == "registry/app:1"
        # The controller numbers the shape when it comes to it.
        await until(lambda: "\n3 " in rolled(worker, f"{plural}/rolled"), 60)
        only = await previewed(station, plural, "undo", "drained/rolled", revision="99")
        assert only.blocked


async def test_a_cron_job_is_started_by_hand(worker: Cluster, tmp_path: Path) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        deed = await done(station, "cronjobs", "trigger", "lab/backup")
        assert deed.outcome is Outcome.DONE
        jobs = worker.kubectl("-n", "lab", "get", "jobs", "-o", "name")
        name = next(one for one in jobs.split() if "backup-by-hand-" in one)
        owner = said(worker, "job", name.partition("/")[2], "{.metadata.ownerReferences}", "lab")
        assert "backup" in owner
        worker.kubectl("-n", "lab", "delete", name)


async def test_flux_is_asked_to_reconcile_and_left_alone(worker: Cluster, tmp_path: Path) -> None:
    path = "{.metadata.annotations.reconcile\\.fluxcd\\.io/requestedAt}"

    def asked() -> str:
        return said(worker, "helmrelease", "mariadb", path, "flux-helm")

    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        before = asked()
        await done(station, "helm-releases", "reconcile", "flux-helm/mariadb")
        first = asked()
        assert first != before
        await done(station, "helm-releases", "reconcile", "flux-helm/mariadb")
        assert asked() != first
        await done(station, "helm-releases", "suspend", "flux-helm/mariadb")
        assert said(worker, "helmrelease", "mariadb", "{.spec.suspend}", "flux-helm") == "true"
        await done(station, "helm-releases", "resume", "flux-helm/mariadb")
        assert said(worker, "helmrelease", "mariadb", "{.spec.suspend}", "flux-helm") == "false"


async def test_a_delete_wants_the_name_and_takes_what_is_owned_with_it(
    worker: Cluster, tmp_path: Path
) -> None:
    async with stationed(worker.kubeconfig, tmp_path / "record.db") as station:
        before = await previewed(station, "deployments", "delete", "drained/held")
        assert before.wants == "drained/held"
        assert "its 2 pods stop for good" in [one.words for one in before.consequences]
        await done(station, "deployments", "delete", "drained/held")
        await until(lambda: gone(worker, "pods"), 60)


def rolled(peer: Cluster, of: str) -> str:
    return peer.kubectl("-n", "drained", "rollout", "history", of)


def gone(peer: Cluster, kind: str, name: Optional[str] = None) -> bool:
    listed: Any = json.loads(peer.kubectl("-n", "drained", "get", kind, "-o", "json"))["items"]
    return not any(name in (None, one["metadata"]["name"]) for one in listed)
