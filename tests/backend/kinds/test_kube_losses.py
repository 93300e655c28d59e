"""What goes with an object that others rest on, said before it is deleted."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Dict, List

import pytest

from backend.kind import Nothing
from backend.kinds.kube_delete import DeleteForm
from backend.kinds.kube_drain import DRAIN
from backend.known import Known
from tests.backend.kinds import kube
from tests.backend.kinds.site import named

CLAIM: Dict[str, Any] = {
    "uid": "c1",
    "name": "data",
    "namespace": "lab",
    "phase": "Bound",
    "volume": "pv-1",
}
POD: Dict[str, Any] = {
    "uid": "p1",
    "name": "db-0",
    "namespace": "lab",
    "phase": "Running",
    "labels": {"app": "db"},
    "volumes": [{"name": "d", "claim": "data"}],
    "conditions": [{"type": "Ready", "status": "True"}],
}


def volume(reclaim: str) -> Dict[str, Any]:
    claim = {"namespace": "lab", "name": "data"}
    return {"uid": "v1", "name": "pv-1", "size": "10Gi", "reclaim": reclaim, "claim": claim}


def said(known: Known, kind: str, **form: Any) -> List[str]:
    action = named(kind).action("delete")
    assert action is not None
    row = known.rows(kind)[0]
    return [one.words for one in action.consequences(row, DeleteForm(**form), known)]


@pytest.mark.parametrize(
    ("reclaim", "words"),
    [
        ("Delete", "its volume pv-1 (10Gi) and all data on it are deleted"),
        ("Retain", "its volume pv-1 and its data are kept; no claim takes them again"),
    ],
)
def test_a_claim_says_who_mounts_it_and_what_becomes_of_its_data(reclaim: str, words: str) -> None:
    known = kube.cluster(claims=[CLAIM], pods=[POD], volumes=[volume(reclaim)])
    assert said(known, "claims") == [
        "lab/db-0 mount it: it goes when they do, and they do not come back",
        words,
    ]


def test_a_volume_says_whose_it_is_and_who_mounts_it() -> None:
    known = kube.cluster(claims=[CLAIM], pods=[POD], volumes=[volume("Retain")])
    assert said(known, "volumes") == [
        "the claim lab/data has no volume any more, mounted by lab/db-0"
    ]


def test_a_namespace_says_how_much_goes_with_it() -> None:
    namespaces = [{"uid": "n", "name": "lab"}]
    known = kube.cluster(namespaces=namespaces, claims=[CLAIM], pods=[POD], secrets=[])
    assert said(known, "namespaces") == [
        "its 1 pods stop for good",
        "its 1 claims go, and volumes that are to be deleted with them",
    ]


def test_a_service_says_what_is_reached_by_it_no_more() -> None:
    service = {"uid": "s", "name": "db", "namespace": "lab", "selector": {"app": "db"}}
    known = kube.cluster(kube_services=[service], pods=[POD])
    assert said(known, "kube-services") == ["lab/db-0 are reached by the name db.lab.svc no more"]


def test_a_job_that_runs_says_that_it_is_ended_half_done() -> None:
    known = kube.cluster(jobs=[{"uid": "j", "name": "migrate", "namespace": "lab", "active": 2}])
    assert said(known, "jobs") == ["its 2 pods that run are ended half done"]
    assert said(known, "jobs", leave=True) == ["what it owns stays, and nothing keeps it any more"]


def test_before_a_delete_what_it_looks_at_is_read() -> None:
    for kind in ("claims", "volumes", "namespaces", "kube-services"):
        action = named(kind).action("delete")
        assert action is not None
        assert "pods" in action.needs, kind


def test_of_a_claim_whose_volume_was_not_read_it_is_said_that_nobody_knows() -> None:
    known = kube.cluster(claims=[CLAIM], pods=[POD], volumes=[])
    assert said(known, "claims")[1:] == [
        "whether its volume pv-1 and its data are deleted is not known"
    ]


def without(known: Known, *kinds: str) -> Known:
    kept = {key: one for key, one in known.readings.items() if key[0] not in kinds}
    return replace(known, readings=MappingProxyType(kept))


def test_where_pods_were_not_read_nothing_is_deleted_as_if_nobody_lost_by_it() -> None:
    service = {"uid": "s", "name": "web", "namespace": "lab", "selector": {"app": "web"}}
    namespace = {"uid": "n", "name": "lab"}
    known = kube.cluster(
        claims=[CLAIM], volumes=[volume("Delete")], kube_services=[service], namespaces=[namespace]
    )
    known = without(known, "pods", "secrets")
    for kind in ("claims", "volumes", "kube-services", "namespaces"):
        assert any("not known" in words for words in said(known, kind)), kind
    assert said(known, "namespaces") == [
        "how many of its pods stop for good is not known: they were not read",
        "its 1 claims go, and volumes that are to be deleted with them",
        "how many of its secrets go is not known: they were not read",
    ]


def test_whether_a_drain_waits_for_budgets_that_were_not_read_is_said_not_to_be_known() -> None:
    known = without(kube.cluster(), "disruption-budgets")
    words = [
        one.words
        for node in known.rows("nodes")
        for one in DRAIN.consequences(node, Nothing(), known)
    ]
    assert any("budgets were not read" in one for one in words)
