"""What was not read is not told as nothing, and what stands half done not as done."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Dict, List

import pytest

from backend.figure import Tree
from backend.kinds import kind_named
from backend.kinds.kube_devices import resources
from backend.kinds.kube_networks import NETWORK_ATTACHMENTS, NETWORKS
from backend.kinds.kube_trees import of_node, of_release
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from tests.backend.kinds import kube
from tests.backend.kinds.site import reading


def without(known: Known, *kinds: str) -> Known:
    """Return what is known where some kinds were never read: forbidden, say."""
    kept = {key: one for key, one in known.readings.items() if key[0] not in kinds}
    return replace(known, readings=MappingProxyType(kept))


def shown(kind: str, known: Known, row: Any = None) -> Look:
    declared = kind_named(kind)
    assert declared is not None
    return declared.look(known.rows(kind)[0] if row is None else row, known)


def look(kind: str, body: Dict[str, Any], **more: List[Dict[str, Any]]) -> Look:
    """Return how one object looks among others of a recorded cluster."""
    metadata = {"metadata": {"uid": "u", "name": "x", "namespace": "lab"}}
    rows = kube.bodies(kind, [{**metadata, **body}])
    name = kind.replace("-", "_")
    return shown(kind, kube.cluster(**{name: rows, **more}))


def texts(tree: Tree) -> str:
    return "\n".join(node.text for node in tree.nodes)


# --- not read ----------------------------------------------------------------------------------


def test_where_pods_were_not_read_no_node_is_said_to_have_none_and_all_of_it_free() -> None:
    known = without(kube.cluster(), "pods")
    node = known.rows("nodes")[0]
    tree = texts(of_node(node, known))
    assert "pods were not read" in tree
    assert "asked for\n" not in tree
    assert "0 pods" not in tree
    nodes = kind_named("nodes")
    assert nodes is not None
    (pods,) = [one for one in nodes.columns if one.heading == "PODS"]
    assert pods.joined is not None
    assert pods.joined(node, known) is None


def test_where_pods_were_not_read_no_device_is_said_to_be_free() -> None:
    bodies = kube.bodies("nodes")
    for body in bodies:
        body["allocatable"] = body["capacity"] = {"intel.com/pci_sriov_net_data0": "8"}
    known = without(kube.cluster(nodes=bodies), "pods")
    rows = [dict(one) for one in resources(known)]
    assert {row["used"] for row in rows} == {None}
    found = shown("node-resources", replace(known), reading("node-resources", rows).rows[0])
    assert found.mark is Mark.UNKNOWN
    assert "pods were not read" in found.notes[0]


def test_where_workloads_were_not_read_a_release_is_not_said_to_run_nothing() -> None:
    release = {"uid": "r1", "name": "web", "namespace": "lab"}
    known = without(kube.cluster(helm_releases=[release]), "deployments", "jobs")
    said = texts(of_release(known.rows("helm-releases")[0], known))
    assert "not read: deployments, jobs" in said
    assert "nothing runs of it" not in said


@pytest.mark.parametrize("kind", ["namespaces", "network-attachments"])
def test_where_pods_were_not_read_nothing_is_said_to_have_none(kind: str) -> None:
    known = without(kube.cluster(), "pods")
    declared = kind_named(kind)
    assert declared is not None
    (pods,) = [one for one in declared.columns if one.heading == "PODS"]
    assert pods.joined is not None
    assert pods.joined(known.rows(kind)[0], known) is None


# --- roll-outs ---------------------------------------------------------------------------------


def deployment(generation: int = 2, **status: Any) -> Dict[str, Any]:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), 1)
    metadata = {"uid": "u", "name": "x", "namespace": "lab", "generation": generation}
    told = {"observedGeneration": 2, **counts, "availableReplicas": 1, **status}
    return {"metadata": metadata, "spec": {"replicas": 1}, "status": told}


def test_a_workload_all_of_whose_pods_are_new_and_ready_is_well() -> None:
    assert look("deployments", deployment()) == WELL


def test_a_new_pod_that_never_gets_ready_beside_the_old_one_that_serves_is_not_well() -> None:
    # One is wanted: the new one is there, and ready is the old one.
    found = look("deployments", deployment(replicas=2))
    assert found.tone is Tone.BUSY
    assert "1 of the old shape still there" in found.notes[0]


def test_a_change_that_no_controller_took_up_yet_is_not_well_by_the_counts_before_it() -> None:
    for kind in ("deployments", "statefulsets", "replicasets"):
        found = look(kind, deployment(generation=3))
        assert found.tone is Tone.BUSY
        assert "not taken up yet" in found.notes[0]


# --- claims ------------------------------------------------------------------------------------


WAITS = {"uid": "s1", "name": "local", "binding": "WaitForFirstConsumer", "provisioner": "x"}


@pytest.mark.parametrize("events", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_a_claim_that_waits_for_the_first_pod_is_nothing_bad(named: bool, events: bool) -> None:
    spec = {"storageClassName": "local"} if named else {}
    said = {
        "uid": "e1",
        "name": "e1",
        "namespace": "lab",
        "type": "Normal",
        "reason": "WaitForFirstConsumer",
        # As the controller says it: its reason is not in its words.
        "message": "waiting for first consumer to be created before binding",
        "about": {"uid": "u", "kind": "PersistentVolumeClaim"},
    }
    sort = WAITS if named else {**WAITS, "default": "true"}
    found = look(
        "claims",
        {"spec": spec, "status": {"phase": "Pending"}},
        storage_classes=[sort],
        kube_events=[said] if events else [],
    )
    assert (found.tone, found.notes) == (Tone.BUSY, ("is bound when a pod uses it",))


def test_a_claim_that_a_pod_waits_for_is_bad_whatever_its_class() -> None:
    pod = {"uid": "p", "name": "db", "namespace": "lab", "volumes": [{"name": "v", "claim": "x"}]}
    found = look(
        "claims",
        {"spec": {"storageClassName": "local"}, "status": {"phase": "Pending"}},
        storage_classes=[WAITS],
        pods=[pod],
        kube_events=[],
    )
    assert found.tone is Tone.BAD


# --- budgets, leases, devices, parts of the API ------------------------------------------------


def test_a_budget_without_a_selector_holds_no_pod_and_one_with_an_empty_one_all() -> None:
    known = kube.cluster()
    pod = known.rows("pods")[0]
    found = []
    for spec in ({"selector": None}, {}, {"selector": {}}):
        metadata = {"uid": "u", "name": "x", "namespace": pod.namespace}
        bodies = kube.bodies("disruption-budgets", [{"metadata": metadata, "spec": spec}])
        (budget,) = reading("disruption-budgets", bodies).rows
        found.append(budget.covers(pod))
    assert found == [False, False, True]


def test_a_budget_that_counts_none_of_its_pods_is_not_well_for_it_lets_none_go() -> None:
    condition = {
        "type": "DisruptionAllowed",
        "status": "False",
        "reason": "SyncFailed",
        "message": "widgets.lab does not implement the scale subresource",
    }
    status = {"expectedPods": 0, "disruptionsAllowed": 0, "conditions": [condition]}
    found = look("disruption-budgets", {"spec": {"maxUnavailable": 1}, "status": status})
    assert found.tone is Tone.WARN
    assert "scale subresource" in found.notes[0]


def test_a_lease_that_was_given_back_is_nobodys_fault() -> None:
    spec = {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": "2026-01-01T00:00:00Z"}
    found = look("leases", {"spec": spec})
    assert (found.mark, found.notes) == (Mark.OUT, ("given back: nobody holds it",))


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        ("Succeeded", WELL.mark),
        ("InProgress", Mark.BUSY),
        ("Failed", Mark.BAD),
        ("", Mark.UNKNOWN),
        ("Sideways", Mark.UNKNOWN),
    ],
)
def test_ports_of_a_node_are_well_only_once_they_are_as_they_should_be(
    said: str, mark: Mark
) -> None:
    assert look("sriov-states", {"status": {"syncStatus": said}}).mark is mark


def test_a_part_of_the_api_of_which_nobody_said_whether_it_answers_is_not_well() -> None:
    spec = {"service": {"namespace": "kube-system", "name": "metrics-server"}}
    assert look("api-services", {"spec": spec, "status": {}}).mark is Mark.UNKNOWN
    said = {"conditions": [{"type": "Available", "status": "True"}]}
    assert look("api-services", {"spec": spec, "status": said}) == WELL
    assert look("api-services", {"spec": {}, "status": {}}) == WELL


def test_a_note_that_is_nested_without_end_breaks_no_screen() -> None:
    endless = "[" * 100_000
    metadata = {"uid": "u", "name": "x", "namespace": "lab"}
    bodies = kube.bodies(
        "network-attachments", [{"metadata": metadata, "spec": {"config": endless}}]
    )
    (row,) = reading("network-attachments", bodies).rows
    assert row.type == "(its config is no JSON)"
    declared = kind_named("network-attachments")
    assert declared is not None
    (pods,) = [one for one in declared.columns if one.heading == "PODS"]
    known = kube.cluster(
        pods=[{"uid": "p", "name": "p", "namespace": "lab", "networks": endless}],
    )
    assert pods.joined is not None
    assert pods.joined(row, known) == 0


@pytest.mark.parametrize(
    "junk", [None, 5, True, "x", [1], {}, {"a": [1]}, [None], [{"numVfs": "x"}]]
)
def test_a_definition_that_checks_nothing_lets_nothing_in_that_breaks_a_screen(junk: Any) -> None:
    metadata = {"uid": "u", "name": "x"}
    wholes = [{"metadata": metadata, "spec": junk, "status": junk}]
    inner = dict.fromkeys(("allocations", "interfaces", "syncStatus", "cidr"), junk)
    wholes.append({"metadata": metadata, "spec": inner, "status": inner})
    known = kube.cluster()
    for kind in NETWORKS:
        for body in kube.bodies(kind.name, wholes) if kind is not NETWORK_ATTACHMENTS else ():
            row = kind.model.read(body)
            assert kind.look is not None
            kind.look(row, known)
            for column in kind.columns:
                assert column.value is not None or column.joined is not None
                assert column.value is None or isinstance(column.value(row), (str, int, type(None)))
