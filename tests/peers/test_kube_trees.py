"""Trees seen whole: an application of the pretend platform down to the nodes of a real cluster.

What a node holds is held against what ``kubectl describe node`` adds up.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.figure import Tree
from backend.kinds import every_kind
from backend.kinds.kube_amounts import amount
from backend.kinds.kube_nodes import asked_of
from backend.place import find_place
from backend.settings import load
from backend.simulator import Simulator
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from tests.peers.cluster import Cluster
from tests.peers.desk import stationed
from tests.peers.site import SRIOV_NET, _set, made
from tests.peers.test_kubernetes import agreed, now_ms

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

FLUX = "helm.toolkit.fluxcd.io"
APP, CHART, WHERE = "nginx-ingress-controller", "ingress-nginx", "kube-system"


def below(tree: Tree, text: str) -> List[str]:
    by_id = {node.id: node.text for node in tree.nodes}
    (root,) = [node.id for node in tree.nodes if node.text.startswith(text)]
    return [by_id[child] for parent, child in tree.edges if parent == root]


def installed() -> List[Dict[str, Any]]:
    """Return what Flux has of a chart, and what it installed."""
    release = made(
        "HelmRelease",
        CHART,
        WHERE,
        api=f"{FLUX}/v2",
        spec={"chart": {"spec": {"chart": CHART}}, "releaseName": "ic-nginx-ingress"},
        status={"conditions": [{"type": "Ready", "status": "True", "reason": "InstallSucceeded"}]},
    )
    runs = _set("DaemonSet", "ic-nginx", WHERE, "registry.local:9001/ingress/controller:1")
    runs["metadata"]["labels"] = {f"{FLUX}/name": CHART, f"{FLUX}/namespace": WHERE}
    return [release, runs]


async def test_an_application_is_drawn_to_the_nodes_that_its_pods_are_on(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(*installed())
    path = f"/apis/apps/v1/namespaces/{WHERE}/daemonsets/ic-nginx"
    real_cluster.until(
        lambda: real_cluster.ask("GET", path)["status"].get("numberReady", 0) >= 2, "ic-nginx"
    )
    async with Simulator(frozen=True) as simulator:
        told = [line.split(" ", 1)[1] for line in simulator.openrc().splitlines() if "=" in line]
        env = {key: value.strip("'") for key, _, value in (line.partition("=") for line in told)}
        settings = load({**env, "HOME": str(tmp_path)}).default
        assert settings is not None
        station = Station(
            replace(settings, kubeconfig=str(real_cluster.kubeconfig)),
            store=Store(tmp_path / "record.db", now_ms=now_ms, kinds=every_kind()),
            place=find_place(),
            now_ms=now_ms,
            pins=Pins(tmp_path / "pins.json"),
        )
        await station.start()
        try:
            kind = station.lookout.kinds["applications"]
            (tab,) = [tab for tab in kind.tabs if tab.figure is not None]
            for needed in (*tab.needs, "applications"):
                await station.watch.read_now(needed)
            await station.watch.read_now("charts", APP)
            known = station.watch.known
            row = next(one for one in known.rows("applications") if one.name == APP)
            assert tab.figure is not None
            tree = tab.figure(row, known)
        finally:
            await station.close()
    assert isinstance(tree, Tree)
    assert below(tree, APP) == [f"{WHERE}/{CHART}  ready"]
    assert below(tree, f"{WHERE}/{CHART}") == [f"daemonset {WHERE}/ic-nginx"]
    wide = real_cluster.kubectl(
        *("-n", WHERE, "get", "pods", "-l", "app=ic-nginx"),
        *("-o", "jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{'\\n'}{end}"),
    )
    second = dict(line.split() for line in wide.splitlines())
    pods = {text.split()[0].partition("/")[2]: text for text in below(tree, "daemonset ")}
    assert set(pods) == set(second)
    for pod, node in second.items():
        assert [text.split()[0] for text in below(tree, f"{WHERE}/{pod}")] == [node]
    real_cluster.kubectl("-n", WHERE, "delete", "daemonset/ic-nginx", f"helmrelease/{CHART}")


def container(name: str, cpu: str, vfs: str = "", **more: Any) -> Dict[str, Any]:
    asked = {"cpu": cpu, "memory": "64Mi", **({SRIOV_NET: vfs} if vfs else {})}
    return {"name": name, "image": "x", "resources": {"requests": asked, "limits": asked}, **more}


def heavy() -> Dict[str, Any]:
    """Return a pod of which an init container asks most, and a sidecar counts with all."""
    init = [
        container("first", "1", "2"),
        container("sidecar", "500m", "1", restartPolicy="Always"),
        container("second", "3", "4"),
    ]
    spec = {"containers": [container("main", "1", "2")], "initContainers": init}
    return made("Pod", "heavy", "lab", spec={**spec, "nodeName": "controller-1"})


def allocated(said: str) -> Dict[str, float]:
    """Return what ``kubectl describe node`` adds up, by resource."""
    _, _, table = said.partition("Allocated resources:")
    found = re.findall(r"^  (\S+)\s+(\S+)", table.partition("Events:")[0], re.MULTILINE)
    return {name: amount(text) for name, text in found if text[0].isdigit()}


async def test_what_a_node_holds_is_what_kubectl_adds_up_init_containers_and_sidecars_too(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(heavy())
    real_cluster.kubectl("-n", "lab", "wait", "pod/heavy", "--for=jsonpath={.status.podIP}")
    names = ("cpu", "memory", SRIOV_NET)
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:

        async def theirs() -> Any:
            words = ("describe", "node", "controller-1")
            second = allocated(await asyncio.to_thread(real_cluster.kubectl, *words))
            return {name: second[name] for name in names}, second[SRIOV_NET]

        async def ours() -> Any:
            for name in ("nodes", "pods", "node-resources"):
                await station.watch.read_anew(name)
            known = station.watch.known
            (node,) = [one for one in known.rows("nodes") if one.name == "controller-1"]
            asked = asked_of(node, known)
            rows = {one.key: one for one in known.rows("node-resources")}
            used = rows[f"controller-1/{SRIOV_NET}"].used
            return {name: asked.get(name, 0.0) for name in names}, used

        await agreed(ours, theirs)
        (pod,) = [one for one in station.watch.known.rows("pods") if one.name == "heavy"]
        # The sidecar beside the second: more than what runs for good.
        assert (pod.holds["cpu"], pod.holds[SRIOV_NET]) == (3.5, 5.0)
        assert pod.ready.endswith("/2")
    real_cluster.kubectl("-n", "lab", "delete", "pod/heavy", "--wait=false")
