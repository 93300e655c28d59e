"""Bad days on a real cluster: no right to act, another release, no schema, a pod that goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from backend.channel import Notice
from backend.deed import Outcome
from backend.errors import NotFound
from backend.kind import Risk
from backend.kube import PodExec
from backend.whole import as_yaml
from tests.peers.cluster import Cluster
from tests.peers.desk import done, previewed, stationed
from tests.peers.site import definition, made
from tests.peers.test_kube_exec import heard
from tests.peers.test_kubernetes import looking, names

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]


@pytest.fixture
def pod(real_cluster: Cluster) -> Iterator[str]:
    """A pod that nothing makes anew."""
    real_cluster.apply(
        made(
            "Pod",
            "alone",
            "lab",
            spec={
                "nodeName": "controller-0",
                "containers": [{"name": "main", "image": "busybox"}],
            },
        )
    )
    real_cluster.kubectl("-n", "lab", "wait", "--for=condition=Ready", "pod/alone", "--timeout=60s")
    yield "lab/alone"
    words = ("delete", "pod", "alone", "--ignore-not-found", "--now", "--wait=false")
    real_cluster.kubectl("-n", "lab", *words)


# --- what may not be done, and what is done by force -------------------------------------------


async def test_who_may_look_and_not_act_is_refused_in_the_servers_words_and_that_is_recorded(
    real_cluster: Cluster, pod: str, tmp_path: Path
) -> None:
    path = real_cluster.written("looker", {"token": "looker-token"})
    binding = ("create", "clusterrolebinding", "acts", "--clusterrole=view", "--group=lookers")
    real_cluster.kubectl(*binding)
    try:
        async with stationed(path, tmp_path / "record.db") as station:
            deed = await done(station, "pods", "delete", pod)
            assert deed.outcome is Outcome.REFUSED
            assert 'cannot delete resource "pods"' in deed.answer
            deed = await done(station, "deployments", "scale", "lab/web", replicas="1")
            assert deed.outcome is Outcome.REFUSED
            assert "deployments/scale" in deed.answer
            assert len(station.watch.known.memory.deeds) >= 2
            # What he may goes on.
            assert (await station.watch.read_now("pods")).error is None
    finally:
        real_cluster.kubectl("delete", "clusterrolebinding", "acts")


async def test_a_delete_is_graceful_and_one_by_force_is_graded_destructive(
    real_cluster: Cluster, pod: str, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        gentle = await previewed(station, "pods", "delete", pod)
        assert "gracePeriodSeconds" not in gentle.requests[0]
        assert "nothing makes it anew: it stops for good" in [
            one.words for one in gentle.consequences
        ]
        forced = await previewed(station, "pods", "force-delete", pod)
        assert forced.risk is Risk.DESTRUCTIVE
        assert forced.wants == pod
        assert "--force --grace-period=0" in forced.commands[0]
        deed = await done(station, "pods", "force-delete", pod)
        assert deed.outcome is Outcome.DONE
        assert "alone" not in names(station.lookout, "pods")


async def test_a_cron_job_is_suspended_and_resumed_as_kubectl_sees_it(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    path = ("-n", "lab", "get", "cronjob", "backup", "-o", "jsonpath={.spec.suspend}")
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        for verb, said in (("suspend", "true"), ("resume", "false")):
            deed = await done(station, "cronjobs", verb, "lab/backup")
            assert deed.outcome is Outcome.DONE
            assert real_cluster.kubectl(*path) == said


# --- a session whose pod goes ------------------------------------------------------------------


async def test_a_pod_that_is_deleted_during_an_exec_ends_it_in_words(
    real_cluster: Cluster, pod: str
) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        session = PodExec("lab", "alone", "main", ("sh", "-c", "echo begun; read x; kill -9 $$"))
        channel = await lookout.cloud.connect(session)
        await heard(channel, "begun")
        force = ("--force", "--grace-period=0")
        await asyncio.to_thread(real_cluster.kubectl, "-n", "lab", "delete", "pod", "alone", *force)
        # kwok lets what it runs go on; a kubelet kills it, as it does itself here.
        await channel.write(b"\n")
        said: List[Any] = []
        while not said or said[-1] != b"":
            said.append(await asyncio.wait_for(channel.read(), 30))
        notices = [one.words for one in said if isinstance(one, Notice)]
        assert notices
        assert any("137" in words or "killed" in words for words in notices), notices
        with pytest.raises(NotFound, match="alone"):
            await lookout.cloud.connect(session)
        await channel.close()
    assert pod == "lab/alone"


# --- servers of other releases -----------------------------------------------------------------


async def test_a_server_three_minors_older_is_looked_at_and_acted_on_as_any(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    major, minor = (int(part) for part in real_cluster.release.split(".")[:2])
    await asyncio.to_thread(real_cluster.end)
    await asyncio.to_thread(real_cluster.begin, f"--emulated-version={major}.{minor - 3}")
    try:
        async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
            for kind in ("nodes", "pods", "deployments", "cronjobs", "endpoints", "api-resources"):
                reading = await station.watch.read_now(kind)
                assert reading.error is None, kind
                assert reading.rows, kind
            deed = await done(station, "nodes", "cordon", "controller-1")
            assert deed.outcome is Outcome.DONE
            deed = await done(station, "nodes", "uncordon", "controller-1")
            assert deed.outcome is Outcome.DONE
    finally:
        await asyncio.to_thread(real_cluster.end)
        await asyncio.to_thread(real_cluster.begin)


# --- what has no schema ------------------------------------------------------------------------


async def test_an_object_of_a_definition_without_a_schema_is_listed_opened_and_changed(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    bare = definition("bare.lab", "v1", "Blob", "blobs", namespaced=True)
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    bare["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": anything}
    real_cluster.apply(bare)
    real_cluster.kubectl("wait", "--for=condition=Established", "crd/blobs.bare.lab")
    odd = {"deep": [{"a": [1, {"b": None}]}], "on": True, "text": "two\nlines"}
    real_cluster.apply(made("Blob", "one", "lab", api="bare.lab/v1", anything=odd, spec=5))
    try:
        async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
            kind = await station.lookout.discover("blobs")
            assert kind is not None
            assert [column.heading for column in kind.columns] == ["NAME", "AGE"]
            (row,) = (await station.watch.read_now("blobs")).rows
            whole = await station.whole(kind, row)
            assert whole["spec"] == 5
            assert "two\n" in as_yaml(whole)
            deed = await done(station, "blobs", "delete", "lab/one")
            assert deed.outcome is Outcome.DONE
    finally:
        real_cluster.kubectl("delete", "crd", "blobs.bare.lab")
