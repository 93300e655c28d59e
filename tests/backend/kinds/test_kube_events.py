"""What the cluster says happened to an object: its page of events, as ``kubectl describe`` ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from backend.kind import Kube
from backend.kinds.kube_events import events_of
from backend.kinds.kubernetes import KUBE_KINDS
from backend.known import Known
from stx_tui.panes.detail import pages_of, related
from tests.backend.kinds import kube
from tests.backend.kinds.site import reading


def event(reason: str, last: str, **about: str) -> Dict[str, Any]:
    return {"uid": reason, "name": reason, "namespace": "default", "type": "Warning",
            "reason": reason, "message": f"it {reason}", "last": last, "about": about}  # fmt: skip


def told(*events: Dict[str, Any]) -> Known:
    known = kube.cluster()
    mine = {("kube-events", ""): reading("kube-events", list(events))}
    return replace(known, readings={**known.readings, **mine})


def test_every_object_of_the_cluster_has_a_page_of_its_events() -> None:
    without = {"kube-events"}
    for kind in KUBE_KINDS:
        if not isinstance(kind.read, Kube) or kind.name in without or kind.whole is None:
            continue
        pages = {page.title: page for page in pages_of(kind, KUBE_KINDS)}
        assert "Events" in pages, kind.name
        keys = [page.key for page in pages.values()]
        assert len(set(keys)) == len(keys), kind.name


def test_a_page_lists_what_is_about_its_object_the_latest_first() -> None:
    known = told(
        event("Pulled", "2026-11-26T10:00:00Z", uid="u-1", kind="Pod", name="web"),
        event("Killed", "2026-11-26T11:00:00Z", uid="u-1", kind="Pod", name="web"),
        event("Other", "2026-11-26T11:00:00Z", uid="u-2", kind="Pod", name="web"),
    )
    pods = next(kind for kind in KUBE_KINDS if kind.name == "pods")
    row = pods.model.read({"uid": "u-1", "name": "web", "namespace": "lab"})
    (page,) = [page for page in pages_of(pods, KUBE_KINDS) if page.title == "Events"]
    lines = [line.text for line in related(page, row, "u-1", known, 78)]
    assert [word for line in lines for word in ("Killed", "Pulled", "Other") if word in line] == [
        *("Killed", "Pulled"),
    ]


def test_a_kubelets_events_of_its_node_are_found_by_its_name() -> None:
    known = told(
        event("Rebooted", "2026-11-26T10:00:00Z", uid="worker-0", kind="Node", name="worker-0"),
        event("NodeNotReady", "2026-11-26T11:00:00Z", uid="n-1", kind="Node", name="worker-0"),
    )
    nodes = next(kind for kind in KUBE_KINDS if kind.name == "nodes")
    row = nodes.model.read({"uid": "n-1", "name": "worker-0"})
    assert [one.reason for one in events_of(row, known)] == ["NodeNotReady", "Rebooted"]
    # A pod that is called as the node is another thing.
    pods = next(kind for kind in KUBE_KINDS if kind.name == "pods")
    pod = pods.model.read({"uid": "u-9", "name": "worker-0", "namespace": "lab"})
    assert events_of(pod, known) == []
