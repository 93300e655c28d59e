"""What can be done to what runs in a cluster: what is sent, and what it would stop for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.kind import Answer, KubeWrite, Nothing, Risk
from backend.kinds import kind_named
from backend.kinds.host_stops import consequences_of
from backend.kinds.kube_acts import TRIGGER, ScaleForm, stops
from backend.kinds.kube_selector import chooses, written
from backend.known import Known
from backend.tone import Tone
from tests.backend.kinds import kube
from tests.backend.kinds.pretended import known_of, pretend


def row(known: Known, kind: str, start: str) -> Any:
    return next(one for one in known.rows(kind) if one.name.startswith(start))


def action(kind: str, name: str) -> Any:
    declared = kind_named(kind)
    assert declared is not None
    found = declared.action(name)
    assert found is not None
    return found


def write(kind: str, name: str, one: Any, known: Known, form: Any = None) -> KubeWrite:
    plan = action(kind, name).plan(one, form or Nothing(), known)
    (step,) = plan.steps
    assert isinstance(step.write, KubeWrite)
    return step.write


def test_a_cordon_is_sent_as_kubectl_sends_it_and_took_when_it_is_seen() -> None:
    known = kube.cluster()
    node = row(known, "nodes", "controller-0")
    (step,) = action("nodes", "cordon").plan(node, Nothing(), known).steps
    assert step.write.request.startswith("PATCH /api/v1/nodes/controller-0 ")
    assert step.write.command == ("kubectl", "cordon", "controller-0")
    assert not step.took(known)
    bodies = kube.bodies("nodes")
    bodies[0]["cordoned"] = True
    assert step.took(kube.cluster(nodes=bodies))


def test_the_last_node_that_takes_pods_is_cordoned_only_with_a_word() -> None:
    known = kube.cluster()
    node = row(known, "nodes", "controller-0")
    cordon = action("nodes", "cordon")
    assert cordon.consequences(node, Nothing(), known) == ()
    bodies = kube.bodies("nodes")
    bodies[1]["cordoned"] = True
    (said,) = cordon.consequences(node, Nothing(), kube.cluster(nodes=bodies))
    assert "no other node takes pods" in said.words


def test_a_pod_that_nobody_makes_anew_stops_for_good_and_loses_what_it_kept() -> None:
    known = kube.cluster()
    debug = row(known, "pods", "debug")
    words = [one.words for one in stops(debug, Nothing(), known)]
    assert words == [
        "nothing makes it anew: it stops for good",
        "what it keeps in tmp is lost",
    ]
    assert action("pods", "delete").risk(debug, Nothing(), known) is Risk.DESTRUCTIVE


def test_of_several_pods_the_others_serve_and_of_one_none_does() -> None:
    known = kube.cluster()
    web = next(pod for pod in known.rows("pods") if pod.name.startswith("web-") and pod.is_ready)
    (said,) = stops(web, Nothing(), known)
    assert said.words.endswith("its others serve meanwhile")
    (alone,) = stops(row(known, "pods", "elastic"), Nothing(), known)
    assert alone.words == "StatefulSet/elastic makes another; until then none serves"
    assert alone.tone is Tone.BAD


def test_a_delete_names_the_uid_so_that_no_other_of_the_name_is_hit() -> None:
    known = kube.cluster()
    pod = row(known, "pods", "elastic")
    sent = write("pods", "delete", pod, known)
    assert sent.method == "DELETE"
    assert isinstance(sent.body, dict)
    assert sent.body["preconditions"] == {"uid": pod.uid}
    assert "gracePeriodSeconds" not in sent.body
    forced = write("pods", "force-delete", pod, known)
    assert isinstance(forced.body, dict)
    assert forced.body["gracePeriodSeconds"] == 0
    assert "--force" in forced.command
    kill = action("pods", "force-delete")
    assert kill.risk(pod, Nothing(), known) is Risk.DESTRUCTIVE
    (reason,) = kill.reasons(pod, Nothing(), known)
    assert reason.answer is Answer.CANT_TELL


def test_scaling_down_says_how_many_stop_and_to_nothing_that_it_stops_whole() -> None:
    known = kube.cluster()
    web = row(known, "deployments", "web")
    scale = action("deployments", "scale")
    sent = write("deployments", "scale", web, known, ScaleForm(replicas=1))
    assert sent.path == "/apis/apps/v1/namespaces/lab/deployments/web/scale"
    assert sent.body == {"spec": {"replicas": 1}}
    assert [c.words for c in scale.consequences(web, ScaleForm(replicas=1), known)] == [
        "2 of its pods stop"
    ]
    assert "stops whole" in scale.consequences(web, ScaleForm(replicas=0), known)[0].words
    assert scale.risk(web, ScaleForm(replicas=9), known) is Risk.HARMLESS
    assert scale.risk(web, ScaleForm(replicas=1), known) is Risk.DISRUPTIVE


def test_a_restart_says_the_same_twice_so_that_what_was_confirmed_is_what_is_sent() -> None:
    known = kube.cluster()
    web = row(known, "deployments", "web")
    assert write("deployments", "restart", web, known) == write("dp", "restart", web, known)
    only = row(known, "statefulsets", "elastic")
    (said,) = action("statefulsets", "restart").consequences(only, Nothing(), known)
    assert said.words == "its only pod stops and starts anew"


def test_a_cron_job_is_suspended_and_resumed() -> None:
    known = kube.cluster()
    backup = row(known, "cronjobs", "backup")
    assert write("cronjobs", "suspend", backup, known).body == {"spec": {"suspend": True}}
    assert action("cronjobs", "resume").hidden(backup, known)


def test_a_lock_of_its_host_names_the_pods_that_do_not_simply_come_back() -> None:
    pods = kube.bodies("pods")
    for pod in pods:
        pod["node"] = "controller-0" if pod["name"] in ("debug", "elastic-0") else "controller-1"
    cluster = kube.cluster(pods=pods)
    platform = known_of(pretend("site-7"))
    known = replace(platform, readings={**cluster.readings, **platform.readings})
    host = row(known, "hosts", "controller-0")
    words = [one.words for one in consequences_of("lock")(host, Nothing(), known)]
    assert "lab/debug: for good: nothing makes it anew" in words
    assert "monitor/elastic-0: serves nowhere until it starts elsewhere" in words
    alone = [one.words for one in consequences_of("lock")(host, Nothing(), platform)]
    assert not any("lab/debug" in word for word in alone)


def test_where_no_other_node_takes_pods_a_drain_stops_them_and_wants_the_name() -> None:
    known, drain = kube.cluster(), action("nodes", "drain")
    node = row(known, "nodes", "controller-0")
    several, alone = known, kube.cluster(nodes=kube.bodies("nodes")[:1])
    assert drain.risk(node, Nothing(), several) is Risk.DISRUPTIVE
    words = " ".join(one.words for one in drain.consequences(node, Nothing(), several))
    assert "start on other nodes" in words
    words = " ".join(one.words for one in drain.consequences(node, Nothing(), alone))
    assert "serve nowhere until a node takes them" in words
    assert "start on other nodes" not in words
    assert drain.risk(node, Nothing(), alone) is Risk.DESTRUCTIVE


def test_a_budget_that_chooses_by_expressions_holds_a_drain_too() -> None:
    web = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
    budget = {"uid": "b", "name": "web", "namespace": "lab", "allowed": 0, "least": 3,
              "healthy": 2, "selector": web}  # fmt: skip
    pods = [{**body, "labels": {"app": "web"}} if body["name"].startswith("web-") else body
            for body in kube.bodies("pods")]  # fmt: skip
    known = kube.cluster(disruption_budgets=[budget], pods=pods)
    node = row(known, "nodes", "controller-1")
    said = [one.words for one in action("nodes", "drain").consequences(node, Nothing(), known)]
    assert any("lab/web lets 0 of 2 go now" in words for words in said)


@pytest.mark.parametrize(
    ("one", "is_met", "words"),
    [
        ({"key": "tier", "operator": "In", "values": ["a", "b"]}, True, "tier in (a,b)"),
        ({"key": "tier", "operator": "NotIn", "values": ["a"]}, False, "tier notin (a)"),
        ({"key": "tier", "operator": "Exists"}, True, "tier"),
        ({"key": "tier", "operator": "DoesNotExist"}, False, "!tier"),
        ({"key": "old", "operator": "NotIn", "values": ["a"]}, True, "old notin (a)"),
        ({"key": "tier", "operator": "Like"}, False, "tier Like"),
    ],
)
def test_a_selector_chooses_by_its_expressions_and_says_them(
    one: Any, is_met: bool, words: str
) -> None:
    labels = {"app": "web", "tier": "a"}
    assert chooses({"matchLabels": {"app": "web"}, "matchExpressions": [one]}, labels) is is_met
    assert not chooses({"matchLabels": {"app": "db"}, "matchExpressions": [one]}, labels)
    assert written({"matchLabels": {"app": "web"}, "matchExpressions": [one]}) == f"app=web,{words}"
    assert chooses({}, labels)


def test_a_network_policy_of_some_pods_is_not_said_to_be_of_all() -> None:
    some = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
    policies = [{"uid": "p", "name": "deny", "namespace": "lab", "selector": some}]
    (policy,) = kube.cluster(network_policies=policies).rows("network-policies")
    assert policy.pods == "app in (web)"


def test_a_job_started_by_hand_is_marked_as_its_cron_job_marks_those_of_its_own() -> None:
    made = {"labels": {"team": "ran"}, "annotations": {"why": "backup"}}
    template = {"metadata": made, "spec": {"template": {}}}
    cronjob = {"uid": "c", "name": "backup", "namespace": "lab", "template": template}
    known = kube.cluster(cronjobs=[cronjob])
    (step,) = TRIGGER.plan(known.rows("cronjobs")[0], Nothing(), known).steps
    assert isinstance(step.write, KubeWrite)
    assert isinstance(step.write.body, dict)
    metadata = step.write.body["metadata"]
    assert metadata["labels"] == {"team": "ran"}
    by_hand = {"cronjob.kubernetes.io/instantiate": "manual"}
    assert metadata["annotations"] == {"why": "backup", **by_hand}
