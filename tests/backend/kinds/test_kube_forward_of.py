"""Which pod and which port of it a forward leads to, as kubectl picks them."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from backend.kinds import kind_named
from backend.kinds.kube_forward_of import ForwardToForm
from backend.known import Known
from tests.backend.kinds import kube

LISTENS = [{"name": "http", "containerPort": 8080}, {"name": "grpc", "containerPort": 9090}]
PORTS = [
    {"name": "web", "port": 80, "targetPort": "http"},
    {"name": "rpc", "port": 81, "targetPort": 9090},
    {"name": "same", "port": 8080},
    {"name": "lost", "port": 82, "targetPort": "nobody"},
    {"name": "dns", "port": 53, "protocol": "UDP"},
]


def pods() -> Any:
    found = [body for body in kube.bodies("pods") if body.get("labels", {}).get("app") == "web"]
    for body in found:
        body["containers"] = [{**body["containers"][0], "ports": LISTENS}]
    return found


def service(**more: Any) -> Dict[str, Any]:
    (web,) = [body for body in kube.bodies("kube-services") if body["name"] == "web"]
    return {**web, "ports": PORTS, **more}


def planned(known: Known, kind: str, name: str, port: str) -> Tuple[Any, str]:
    """Return what would be sent, and why it may not be."""
    declared = kind_named(kind)
    assert declared is not None
    action = declared.action("forward")
    assert action is not None
    row = next(one for one in known.rows(kind) if one.name == name)
    form = ForwardToForm(port=port)
    (step,) = action.plan(row, form, known).steps
    reasons = [one.words for one in action.reasons(row, form, known) if one.blocks]
    return step.write, " ".join(reasons)


@pytest.mark.parametrize(
    ("port", "leads"), [("", 8080), ("web", 8080), ("80", 8080), ("rpc", 9090), ("8080", 8080)]
)
def test_a_port_of_a_service_is_its_pods_by_number_and_by_name(port: str, leads: int) -> None:
    known = kube.cluster(pods=pods(), kube_services=[service()])
    write, why = planned(known, "kube-services", "web", port)
    assert (write.port, why) == (leads, "")
    assert write.command[3:5] == ("port-forward", "service/web")


def test_without_an_address_of_its_own_a_services_port_is_the_pods_own() -> None:
    known = kube.cluster(pods=pods(), kube_services=[service(address="None")])
    assert planned(known, "kube-services", "web", "rpc")[0].port == 81


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("7", "it has no port 7"),
        ("lost", "no container of its pods has a port nobody"),
        ("dns", "UDP cannot be forwarded"),
    ],
)
def test_a_port_that_leads_nowhere_is_refused_with_what_there_is(port: str, words: str) -> None:
    known = kube.cluster(pods=pods(), kube_services=[service()])
    assert words in planned(known, "kube-services", "web", port)[1]


def test_a_service_none_of_whose_pods_runs_cannot_be_forwarded_nor_one_without_a_selector() -> None:
    waits = [{**body, "phase": "Pending"} for body in pods()]
    known = kube.cluster(pods=waits, kube_services=[service()])
    write, why = planned(known, "kube-services", "web", "")
    assert (write.pod, why) == ("", "none of the pods it selects runs")
    by_hand = kube.cluster(pods=pods(), kube_services=[service(selector={})])
    assert "its ends were written by hand" in planned(by_hand, "kube-services", "web", "")[1]


def test_a_pod_that_is_ready_is_taken_before_one_that_only_runs() -> None:
    first, *others = [body for body in pods() if body["phase"] == "Running"]
    first["conditions"] = [{"type": "Ready", "status": "False"}]
    known = kube.cluster(pods=[first, *others])
    write, why = planned(known, "deployments", "web", "")
    assert (write.pod in {body["name"] for body in others}, why) == (True, "")
    alone = kube.cluster(pods=[first])
    assert planned(alone, "deployments", "web", "http")[0].pod == first["name"]
    declared = kind_named("deployments")
    assert declared is not None
    (row,) = [one for one in alone.rows("deployments") if one.name == "web"]
    action = declared.action("forward")
    assert action is not None
    said = action.consequences(row, ForwardToForm(), alone)
    assert "is not ready" in said[0].words


@pytest.mark.parametrize(("port", "leads"), [("", 8080), ("grpc", 9090), ("4711", 4711)])
def test_a_port_of_a_workload_is_its_pods_first_or_any_that_one_says(port: str, leads: int) -> None:
    known = kube.cluster(pods=pods())
    write, why = planned(known, "deployments", "web", port)
    assert (write.port, why) == (leads, "")
    assert write.command[3:5] == ("port-forward", "deployment/web")


def test_a_workload_whose_pods_name_no_port_asks_for_one() -> None:
    bare = [{**body, "containers": [{"name": "main"}]} for body in pods()]
    assert "say which" in planned(kube.cluster(pods=bare), "deployments", "web", "")[1]
