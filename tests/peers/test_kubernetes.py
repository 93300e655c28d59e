"""The real control plane: lists and watches held against kubectl, and its bad days."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Tuple

import pytest

from backend.errors import Forbidden, NotConfigured, Rejected, Unauthorized, Unreachable
from backend.kind import Kube
from backend.kinds import kind_named
from backend.kinds.kube_verdict import verdict
from backend.kinds.kubernetes import KUBE_KINDS
from backend.lookout import Lookout
from backend.place import find_place
from backend.settings import CloudSettings
from backend.sources.kube import KubeTeller
from tests.backend.sources.authority import Certificate
from tests.backend.test_watch import until
from tests.peers.cluster import Cluster
from tests.peers.site import DEFINED, definition, made

pytestmark = pytest.mark.peer

# How long what we read and what kubectl says may be of two moments, in seconds.
AGREE_S = 60.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def looking(path: Path, context: str = "") -> AsyncIterator[Lookout]:
    settings = CloudSettings(name="site-7", kubeconfig=str(path), kube_context=context)
    lookout = Lookout(settings, place=find_place(), now_ms=now_ms)
    task = asyncio.ensure_future(lookout.watch.run())
    yield lookout
    task.cancel()
    await asyncio.wait([task])
    await lookout.close()


def names(lookout: Lookout, kind: str, namespace: str = "lab") -> List[str]:
    rows = lookout.watch.known.rows(kind)
    return sorted(row.name for row in rows if row.namespace == namespace)


async def run(peer: Cluster, *words: str) -> str:
    return await asyncio.to_thread(peer.kubectl, *words)


async def agreed(ours: Callable[[], Awaitable[Any]], theirs: Callable[[], Awaitable[Any]]) -> None:
    """Compare what we read with what kubectl says until both agree; fails with the difference.

    Between two questions pods come, move and go.
    """
    ends = time.monotonic() + AGREE_S
    while (found := await ours()) != (said := await theirs()):
        assert time.monotonic() < ends, (found, said)


async def test_every_declared_kind_lists_what_kubectl_lists(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        for kind in KUBE_KINDS:
            if not isinstance(kind.read, Kube):
                continue
            group = f".{kind.read.group}" if kind.read.group else ""
            words = ("get", f"{kind.read.plural}{group}", "-A", "-o", "name")

            async def ours(name: str = kind.name) -> Any:
                reading = await lookout.watch.read_anew(name)
                assert reading.error is None, name
                assert reading.malformed == ()
                return name, sorted(row.name for row in reading.rows)

            async def theirs(name: str = kind.name, words: Tuple[str, ...] = words) -> Any:
                said = (await run(real_cluster, *words)).split()
                return name, sorted(one.partition("/")[2] for one in said)

            # Events and leases come and go by themselves.
            if kind.name in {"kube-events", "leases"}:
                await ours()
            else:
                await agreed(ours, theirs)


async def test_the_status_of_pods_is_kubectls_own(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:

        async def ours() -> Any:
            rows = (await lookout.watch.read_anew("pods")).rows
            return {
                (row.namespace, row.name): [row.ready, row.status, str(row.restarts)]
                for row in rows
            }

        async def theirs() -> Any:
            lines = (await run(real_cluster, "get", "pods", "-A", "--no-headers")).splitlines()
            return {(line.split()[0], line.split()[1]): line.split()[2:5] for line in lines}

        await agreed(ours, theirs)


async def test_a_change_is_heard_without_asking_again(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        lookout.watch.look("configmaps")
        await until(lambda: lookout.watch.known.has("configmaps"), 30)
        before = lookout.watch.known.reading("configmaps").by_id
        await run(real_cluster, "-n", "lab", "create", "configmap", "heard", "--from-literal=a=1")
        await until(lambda: "heard" in names(lookout, "configmaps"), 30)
        after = lookout.watch.known.reading("configmaps").by_id
        assert all(after[uid] is row for uid, row in before.items())
        await run(real_cluster, "-n", "lab", "delete", "configmap", "heard")
        await until(lambda: "heard" not in names(lookout, "configmaps"), 30)


async def test_what_is_wrong_is_read_off_the_real_cluster(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        lookout.watch.look("troubles")
        known = lambda: lookout.watch.known  # noqa: E731

        def why_of() -> Dict[str, str]:
            return {row.name.partition("-")[0]: row.why for row in known().rows("troubles")}

        await until(lambda: {"monitor/elastic", "lab/web", "lab/db"} <= set(why_of()), 60)
        why = why_of()
        assert why["monitor/elastic"] == "main: exit 137: out of memory"
        assert why["lab/web"].endswith("lab/web:9 is not in the registry")
        assert why["lab/db"].startswith("its claim data is Pending")
        assert verdict(known()).word == "WARN"


async def test_the_api_server_goes_and_comes_back_and_nothing_of_it_is_missed(
    real_cluster: Cluster,
) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        watch = lookout.watch
        watch.look("namespaces")
        await until(lambda: watch.known.has("namespaces"), 30)
        there = names(lookout, "namespaces", "")
        await asyncio.to_thread(real_cluster.end)
        try:
            await until(lambda: watch.known.reading("namespaces").error is not None, 30)
            lost = watch.known.reading("namespaces")
            assert isinstance(lost.error, Unreachable)
            assert names(lookout, "namespaces", "") == there
        finally:
            await asyncio.to_thread(real_cluster.begin)
        await run(real_cluster, "create", "namespace", "meanwhile")
        await until(lambda: "meanwhile" in names(lookout, "namespaces", ""), 90)
        assert watch.known.reading("namespaces").error is None
        await run(real_cluster, "delete", "namespace", "meanwhile", "--wait=false")


async def test_a_version_that_the_server_forgot_is_listed_anew(real_cluster: Cluster) -> None:
    # What it remembers of changes begins with itself.
    await asyncio.to_thread(real_cluster.end)
    await asyncio.to_thread(real_cluster.begin)
    async with looking(real_cluster.kubeconfig) as lookout:
        teller = KubeTeller(lookout.cloud.kube, Kube(plural="namespaces"))
        # As if one had slept through all that happened since the cluster began.
        teller._version = "1"
        told = teller.tell()
        listed = await asyncio.wait_for(told.__anext__(), 30)
        assert listed.begins
        assert len(listed.bodies) >= 4
        await told.aclose()  # type: ignore[attr-defined]


async def test_who_may_not_list_is_told_in_place_and_what_he_may_goes_on(
    real_cluster: Cluster,
) -> None:
    path = real_cluster.written("looker", {"token": "looker-token"})
    async with looking(path) as lookout:
        watch = lookout.watch
        refused = await watch.read_now("pods")
        assert isinstance(refused.error, Forbidden)
        assert "cannot list resource" in refused.error.reason
        watch.look("pods")
        words = ("create", "clusterrolebinding", "look", "--clusterrole=view", "--group=lookers")
        await run(real_cluster, *words)
        await until(lambda: bool(watch.known.rows("pods")), 60)
        assert isinstance((await watch.read_now("secrets")).error, Forbidden)
        assert watch.known.reading("pods").error is None
        await run(real_cluster, "delete", "clusterrolebinding", "look")


async def test_a_client_certificate_that_expired_is_said_with_its_date(
    real_cluster: Cluster,
) -> None:
    room = real_cluster.room
    old = Certificate(room / "old.pem", by=real_cluster.authority, days=-1, group="system:masters")
    user = {"client-certificate": str(old.path), "client-key": str(old.path)}
    async with looking(real_cluster.written("expired", user)) as lookout:
        error = (await lookout.watch.read_now("pods")).error
        assert isinstance(error, Unauthorized)
        assert "the client certificate of me expired" in str(error)
        assert str(room / "expired") in error.advice


async def test_a_plugin_lets_one_in_and_one_that_fails_is_told(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    version = "client.authentication.k8s.io/v1"
    program = tmp_path / "login"
    said = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": "admin-token"}}
    program.write_text(f"#!{sys.executable}\nprint('''{json.dumps(said)}''')\n")
    program.chmod(0o700)
    user = {"exec": {"command": str(program), "apiVersion": version}}
    async with looking(real_cluster.written("plugin", user)) as lookout:
        assert (await lookout.watch.read_now("secrets")).error is None
    program.write_text("#!/bin/sh\necho log in first >&2; exit 3\n")
    async with looking(real_cluster.written("plugin", user)) as lookout:
        error = (await lookout.watch.read_now("secrets")).error
        assert isinstance(error, Unauthorized)
        assert "exit code 3: log in first" in str(error)


async def test_of_several_contexts_the_one_that_is_named_is_used(real_cluster: Cluster) -> None:
    there = json.loads(real_cluster.kubeconfig.read_text())["contexts"]
    away = {"name": "away", "context": {"cluster": "away", "user": "me"}}
    cluster = {"name": "away", "cluster": {"server": "https://127.0.0.1:9"}}
    said = json.loads(real_cluster.kubeconfig.read_text())["clusters"]
    path = real_cluster.written("both", contexts=[*there, away], clusters=[*said, cluster])
    async with looking(path, "away") as lookout:
        assert isinstance((await lookout.watch.read_now("pods")).error, Unreachable)
    async with looking(path, "kubeconfig") as lookout:
        assert (await lookout.watch.read_now("pods")).error is None


async def test_an_object_of_a_megabyte_and_a_name_with_escapes_are_listed_as_any(
    real_cluster: Cluster,
) -> None:
    big = made("ConfigMap", "big", "lab", data={"blob": "x" * 1_000_000})
    real_cluster.ask("POST", "/api/v1/namespaces/lab/configmaps", big)
    bad = "\x1b[31mred\x07\r\n"
    event = made("Event", "odd", "lab", type="Warning", reason="Odd", message=bad)
    event["involvedObject"] = {"kind": "ConfigMap", "namespace": "lab", "name": "big"}
    real_cluster.ask("POST", "/api/v1/namespaces/lab/events", event)
    async with looking(real_cluster.kubeconfig) as lookout:
        listed = await lookout.watch.read_now("configmaps")
        row = next(row for row in listed.rows if row.name == "big")
        assert len(json.dumps(row.body)) < 1000
        events = await lookout.watch.read_now("kube-events")
        assert bad in {row.message for row in events.rows}
    real_cluster.kubectl("-n", "lab", "delete", "configmap/big", "event/odd")


async def test_a_definition_that_comes_later_is_found_later(real_cluster: Cluster) -> None:
    one = next(one for one in DEFINED if one[3] == "certificates")
    real_cluster.kubectl("delete", "crd", f"{one[3]}.{one[0]}")
    try:
        async with looking(real_cluster.kubeconfig) as lookout:
            error = (await lookout.watch.read_now("kube-certificates")).error
            assert isinstance(error, NotConfigured)
    finally:
        real_cluster.apply(definition(*one))
        real_cluster.kubectl("wait", "--for=condition=Established", "crd", f"{one[3]}.{one[0]}")
    cert = made("Certificate", "late", "lab", api="cert-manager.io/v1", spec={"secretName": "s"})
    real_cluster.apply(cert)
    async with looking(real_cluster.kubeconfig) as lookout:
        reading = await lookout.watch.read_now("kube-certificates")
        assert [row.name for row in reading.rows] == ["late"]


async def test_what_can_be_done_does_what_kubectl_would(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        watch = lookout.watch
        for kind in ("nodes", "deployments", "cronjobs", "pods"):
            watch.look(kind)
            await watch.read_now(kind)

        async def act(kind: str, verb: str, name: str, **form: Any) -> None:
            declared = lookout.kinds[kind]
            one = next(row for row in watch.known.rows(kind) if row.name == name)
            action = declared.action(verb)
            assert action is not None
            (step,) = action.plan(one, action.form(**form), watch.known).steps
            await lookout.cloud.send(step.write)
            if step.took is not None:
                await until(lambda: bool(step.took and step.took(watch.known)), 30)

        async def said(*words: str) -> str:
            return await run(real_cluster, "-n", "lab", "get", *words)

        await act("nodes", "cordon", "controller-1")
        assert "SchedulingDisabled" in await said("node", "controller-1")
        await act("nodes", "uncordon", "controller-1")
        assert "SchedulingDisabled" not in await said("node", "controller-1")
        await act("deployments", "scale", "web", replicas=4)
        assert await said("deploy", "web", "-o", "jsonpath={.spec.replicas}") == "4"
        before = await said("deploy", "web", "-o", "jsonpath={.metadata.generation}")
        await act("deployments", "restart", "web")
        assert await said("deploy", "web", "-o", "jsonpath={.metadata.generation}") > before
        await act("cronjobs", "suspend", "backup")
        assert await said("cronjob", "backup", "-o", "jsonpath={.spec.suspend}") == "true"
        await act("cronjobs", "resume", "backup")
        await act("pods", "delete", "debug")
        await until(lambda: "debug" not in names(lookout, "pods"), 60)


async def test_a_delete_hits_no_other_of_the_same_name(real_cluster: Cluster) -> None:
    pod = made("Pod", "twin", "lab", spec={"containers": [{"name": "sh", "image": "busybox"}]})
    real_cluster.apply(pod)
    async with looking(real_cluster.kubeconfig) as lookout:
        reading = await lookout.watch.read_now("pods")
        old = next(row for row in reading.rows if row.name == "twin")
        await run(real_cluster, "-n", "lab", "delete", "pod", "twin")
        await asyncio.to_thread(real_cluster.apply, pod)
        delete = lookout.kinds["pods"].action("delete")
        assert delete is not None
        (step,) = delete.plan(old, delete.form(), lookout.watch.known).steps
        with pytest.raises(Rejected, match="does not match the UID"):
            await lookout.cloud.send(step.write)
    real_cluster.kubectl("-n", "lab", "delete", "pod", "twin")


def test_names_are_the_operators() -> None:
    short = {
        "po": "pods",
        "no": "nodes",
        "sts": "statefulsets",
        "pvc": "claims",
        "svc": "kube-services",
    }
    found: Dict[str, Any] = {word: kind_named(word) for word in short}
    assert {word: kind.name for word, kind in found.items()} == short
