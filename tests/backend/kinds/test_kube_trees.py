"""Trees of a recorded cluster: an application to its nodes, a node to what its pods ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.draw import figure_lines
from backend.figure import Tree
from backend.kinds.applications import Application
from backend.kinds.kube_amounts import held
from backend.kinds.kube_devices import NODE_RESOURCES, NodeResource, resources
from backend.kinds.kube_trees import MOST, of_application, of_node, of_release
from backend.known import Known
from backend.tone import Tone
from tests.backend.kinds import kube
from tests.backend.kinds.site import reading

HELM = {"release": "web", "release_namespace": "lab"}
WEB = Application.read({"name": "web-app", "status": "applied"})
CHART = {"app": "web-app", "name": "web", "namespaces": ["lab"], "enabled": [True]}


def site(**more: Any) -> Known:
    """Return the recorded cluster with a release that installed its deployment ``web``."""
    release = {
        "uid": "r1",
        "name": "web",
        "namespace": "lab",
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    deployments = [
        {**body, **HELM} if body["name"] == "web" else body for body in kube.bodies("deployments")
    ]
    rows = {"helm_releases": [release], "deployments": deployments, **more}
    return kube.cluster(**rows)


def with_charts(known: Known, *charts: Dict[str, Any]) -> Known:
    found = replace(reading("charts", list(charts)), parent="web-app")
    return replace(known, readings={**known.readings, ("charts", "web-app"): found})


def texts(tree: Tree) -> List[str]:
    return [node.text for node in tree.nodes]


def below(tree: Tree, text: str) -> List[str]:
    by_id = {node.id: node for node in tree.nodes}
    (root,) = [node.id for node in tree.nodes if node.text.startswith(text)]
    return [by_id[child].text for parent, child in tree.edges if parent == root]


def test_an_application_leads_to_its_releases_workloads_pods_and_nodes() -> None:
    tree = of_application(WEB, with_charts(site(), CHART))
    assert below(tree, "web-app") == ["lab/web  ready"]
    (workload,) = below(tree, "lab/web  ready")
    assert workload.startswith("deployment lab/web")
    pods = below(tree, "deployment lab/web")
    assert len(pods) == 3
    assert any("is not in the registry" in pod for pod in pods)
    on = [node.text for node in tree.nodes if node.jump is not None and node.jump.kind == "nodes"]
    assert on == ["controller-1  Ready", "controller-0  Ready", "controller-1  Ready"]
    jumps = {node.jump.kind for node in tree.nodes if node.jump is not None}
    assert jumps == {"helm-releases", "deployments", "pods", "nodes"}


def test_what_an_application_lacks_is_said_in_its_place() -> None:
    other = {**CHART, "name": "gone"}
    assert "gone  no Helm release of it in the cluster" in texts(
        of_application(WEB, with_charts(site(), other))
    )
    off = {**other, "enabled": [False]}
    assert "gone  disabled  no Helm release of it in the cluster" in texts(
        of_application(WEB, with_charts(site(), off))
    )
    assert "its charts were not read" in texts(of_application(WEB, site()))
    alone = Known(cloud="c", now_ms=0, place=site().place)
    assert "web  the cluster was not asked" in texts(of_application(WEB, with_charts(alone, CHART)))


def test_a_release_knows_its_own_by_the_labels_of_flux_and_the_notes_of_helm() -> None:
    (release,) = site().rows("helm-releases")
    assert len(below(of_release(release, site()), "lab/web  ready")) == 1
    label = "helm.toolkit.fluxcd.io"
    bodies = kube.bodies("deployments")
    bodies[0] = {
        **bodies[0],
        "labels": {f"{label}/name": "web", f"{label}/namespace": "lab"},
    }
    found = below(of_release(release, site(deployments=bodies)), "lab/web  ready")
    assert [one.split()[1] for one in found] == ["lab/db"]
    nothing = site(deployments=kube.bodies("deployments"))
    assert below(of_release(release, nothing), "lab/web  ready") == ["nothing runs of it"]
    # One that goes to another namespace is called after it.
    moved = release.model_copy(update={"target": "lab", "namespace": "flux-helm"})
    assert moved.helm_name == "lab-web"


def test_a_node_shows_what_it_can_give_and_which_pod_asks_for_what() -> None:
    known = kube.cluster()
    node = next(one for one in known.rows("nodes") if one.name == "controller-0")
    tree = of_node(node, known)
    given = below(tree, "what it can give")
    assert "CPU: 8 of 32 asked for" in given
    assert "VFs of datanet_a: 2 of 16 asked for" in given
    assert "huge pages of 1Gi: 0 of 8G asked for" in given
    (du,) = [text for text in texts(tree) if text.startswith("oran/du-0")]
    assert du.endswith("CPU 8, memory 4G, VFs of datanet_a 2")
    assert any(text.endswith("asks for nothing") for text in texts(tree))


def test_isolated_cpus_and_what_is_full_are_told() -> None:
    nodes = kube.bodies("nodes")
    isolated = "windriver.com/isolcpus"
    nodes[0] = {**nodes[0], "allocatable": {**nodes[0]["allocatable"], isolated: "4"}}
    pods = kube.bodies("pods")
    (du,) = [one for one in pods if one["name"] == "du-0"]
    du["containers"] = [{"name": "du", "requests": {isolated: "4", "hugepages-1Gi": "8Gi"}}]
    known = kube.cluster(nodes=nodes, pods=pods)
    tree = of_node(known.rows("nodes")[0], known)
    tones = {node.text: node.tone for node in tree.nodes}
    assert tones["isolated CPUs: 4 of 4 asked for"] is Tone.WARN
    assert tones["huge pages of 1Gi: 8G of 8G asked for"] is Tone.WARN


def test_of_many_pods_some_are_drawn_and_the_others_counted() -> None:
    (one,) = [body for body in kube.bodies("pods") if body["name"].startswith("web-9d4c8689b-s")]
    pods = [{**one, "uid": f"u{n}", "name": f"web-{n}"} for n in range(MOST + 5)]
    known = site(pods=pods)
    (release,) = known.rows("helm-releases")
    assert "and 5 more pods" in texts(of_release(release, known))


def test_a_tree_is_drawn_on_eighty_columns() -> None:
    known = kube.cluster()
    lines = figure_lines(of_node(known.rows("nodes")[0], known), 78, known.now_ms)
    assert all(len(line.text) <= 78 for line in lines)


def test_devices_are_listed_by_node_with_what_is_there_can_be_given_and_is_used() -> None:
    device = "intel.com/pci_sriov_net_datanet_a"
    nodes = kube.bodies("nodes")
    nodes[0]["allocatable"] = {**nodes[0]["allocatable"], device: "14"}
    known = kube.cluster(nodes=nodes)
    rows = {row.key: row for row in map(NodeResource.read, resources(known))}
    row = rows[f"controller-0/{device}"]
    assert (row.capacity, row.allocatable, row.used, row.free, row.pods) == (16, 14, 2, 12, 1)
    assert NODE_RESOURCES.look(row, known).notes == (
        "2 of 16 cannot be given: not healthy, or reserved",
    )
    assert {key.partition("/")[2] for key in rows} == {"hugepages-1Gi", device}
    full = row.model_copy(update={"used": 14.0, "capacity": 14.0})
    assert "none is left" in NODE_RESOURCES.look(full, known).notes[0]
    (tab,) = NODE_RESOURCES.tabs
    assert tab.related is not None
    assert [pod.name for pod in known.rows("pods") if tab.related(row, pod)] == ["du-0"]


@pytest.mark.parametrize(
    ("containers", "init", "holds"),
    [
        (("2", "3"), (), 5),
        (("2",), (("7", ""),), 7),
        (("2",), (("1", ""), ("9", ""), ("3", "")), 9),
        # A sidecar runs with all that comes after it, and with what was made for good.
        (("2",), (("1", "Always"),), 3),
        (("2",), (("1", "Always"), ("4", "")), 5),
        (("2",), (("4", ""), ("1", "Always")), 4),
    ],
)
def test_devices_of_init_containers_count_as_the_scheduler_counts_them(
    containers: Tuple[str, ...], init: Tuple[Tuple[str, str], ...], holds: float
) -> None:
    device = "intel.com/pci_sriov_net_datanet_a"
    found = held(
        [{"requests": {device: count}} for count in containers],
        [{"requests": {device: count}, "restartPolicy": policy} for count, policy in init],
    )
    assert found == {device: holds}


def test_a_pods_own_request_stands_for_its_containers_and_its_sandbox_comes_on_top() -> None:
    found = held(
        [{"requests": {"cpu": "1", "memory": "1Gi"}}], overhead={"cpu": "250m"}, pod={"cpu": "3"}
    )
    assert found == {"cpu": 3.25, "memory": 1024.0**3}
