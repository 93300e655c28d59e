"""The pretend cluster, held against ``kubectl``: what it lists, describes, logs and takes."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import AsyncIterator, Tuple

import pytest

from backend.simulator import Simulator
from tests.peers.kubernetes import built

pytestmark = pytest.mark.peer

Site = Tuple[Simulator, Path]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with Simulator(frozen=True) as simulator:
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(simulator.kubeconfig()), encoding="utf-8")
        path.chmod(0o600)
        yield simulator, path


async def kubectl(site: Site, *words: str) -> Tuple[int, str]:
    """Return how it ended, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        str(built() / "kubectl"),
        *words,
        env={"PATH": os.environ["PATH"], "KUBECONFIG": str(site[1]), "HOME": str(site[1].parent)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode()


async def test_nodes_follow_the_hosts(site: Site) -> None:
    code, said = await kubectl(site, "get", "nodes")
    assert code == 0, said
    states = {line.split()[0]: line.split()[1] for line in said.splitlines()[1:]}
    assert states["controller-0"] == "Ready"
    assert states["worker-1"].endswith("SchedulingDisabled")


async def test_pods_are_listed_described_and_logged(site: Site) -> None:
    code, said = await kubectl(site, "get", "pods", "-A")
    assert code == 0, said
    (crashing,) = [line for line in said.splitlines() if "CrashLoopBackOff" in line]
    namespace, name = crashing.split()[:2]
    code, told = await kubectl(site, "describe", "pod", "-n", namespace, name)
    assert code == 0, told
    assert "BackOff" in told
    code, lines = await kubectl(site, "logs", "-n", namespace, name, "--tail=1")
    assert (code, lines.startswith("error: the probe")) == (0, True), lines


async def test_short_names_and_selectors_are_known(site: Site) -> None:
    code, said = await kubectl(site, "get", "deploy", "-n", "portal", "-o", "name")
    assert (code, said.strip()) == (0, "deployment.apps/web")
    code, said = await kubectl(site, "get", "po", "-A", "-l", "app=web", "-o", "name")
    assert (code, len(said.splitlines())) == (0, 3)


async def test_a_watch_tells_of_pods_that_move_when_a_host_is_locked(site: Site) -> None:
    watching = asyncio.ensure_future(
        kubectl(site, "wait", "node/worker-2", "--for=condition=Ready=Unknown", "--timeout=30s")
    )
    await asyncio.sleep(1)
    site[0].order("host-dies", host="worker-2")
    await site[0].advance(60)
    code, said = await watching
    assert code == 0, said


async def test_kubectl_cordons_drains_as_budgets_let_it_and_uncordons(site: Site) -> None:
    _, said = await kubectl(site, "get", "po", "-n", "portal", "-o", "wide", "-o", "name")
    pod = said.split()[0]
    _, node = await kubectl(site, "get", "-n", "portal", pod, "-o", "jsonpath={.spec.nodeName}")
    code, said = await kubectl(site, "cordon", node)
    assert (code, "cordoned" in said) == (0, True), said
    words = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=30s")
    code, said = await kubectl(site, "drain", node, *words)
    assert (code, "drained" in said) == (0, True), said
    _, left = await kubectl(
        site, "get", "po", "-n", "portal", "-o", "jsonpath={.items[*].spec.nodeName}"
    )
    assert node not in left.split()
    code, said = await kubectl(site, "uncordon", node)
    assert (code, "uncordoned" in said) == (0, True), said


async def test_kubectl_scales_restarts_deletes_a_pod_and_marks_a_node(site: Site) -> None:
    for words, said in (
        (("scale", "-n", "portal", "deploy/web", "--replicas=5"), "deployment.apps/web scaled"),
        (("rollout", "restart", "-n", "portal", "deploy/web"), "deployment.apps/web restarted"),
        (("delete", "pod", "-n", "oran", "du-1-0", "--wait=false"), 'pod "du-1-0" deleted'),
        (("label", "node", "worker-2", "role=lab"), "node/worker-2 labeled"),
        (("taint", "node", "worker-2", "lab=x:NoSchedule"), "node/worker-2 tainted"),
    ):
        code, told = await kubectl(site, *words)
        assert (code, said in told) == (0, True), told
    await site[0].advance(10)
    code, said = await kubectl(site, "rollout", "status", "-n", "portal", "deploy/web")
    assert (code, "successfully rolled out" in said) == (0, True), said


async def test_what_else_would_change_something_is_refused_as_pretend(site: Site) -> None:
    for words in (
        ("delete", "deploy", "-n", "portal", "web", "--wait=false"),
        ("create", "namespace", "x"),
        ("set", "image", "-n", "portal", "deploy/web", "web=other:1"),
        ("exec", "-n", "oran", "du-1-0", "--", "true"),
    ):
        code, said = await kubectl(site, *words)
        assert code != 0
        assert "this cluster is pretend" in said, (words, said)
