"""Pods on their bad days: the word that kubectl says, and why, in words of ours."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from backend.kinds.kube_pod import Pod
from backend.kinds.kube_pods import PODS, look
from backend.kinds.kube_words import image_trouble, lacking, shortage
from backend.known import Known
from backend.tone import Mark, Tone
from tests.backend.kinds import kube

T0, T1 = "2026-11-26T10:00:00Z", "2026-11-26T10:30:00Z"


def pod(**status: Any) -> Dict[str, Any]:
    meta = {"uid": "u", "name": "web-0", "namespace": "lab", "creationTimestamp": T0}
    meta.update(status.pop("meta", {}))
    spec = {"containers": [{"name": "main", "image": "lab/web:9"}], **status.pop("spec", {})}
    return {"metadata": meta, "spec": spec, "status": {"startTime": T0, **status}}


def state(name: str = "waiting", restarts: int = 0, **said: Any) -> Dict[str, Any]:
    last = {"lastState": {"terminated": said.pop("last")}} if "last" in said else {}
    ready = said.pop("ready", False)
    return {
        "name": "main",
        "image": "lab/web:9",
        "ready": ready,
        "restartCount": restarts,
        "state": {name: said},
        **last,
    }


def known(whole: Dict[str, Any]) -> Known:
    return kube.cluster(pods=kube.bodies("pods", [whole]))


def ready(status: str, since: str = T0) -> Dict[str, Any]:
    return {"type": "Ready", "status": status, "lastTransitionTime": since}


UNSCHEDULED = (
    "0/2 nodes are available: 1 node(s) were unschedulable, 1 Insufficient "
    "intel.com/pci_sriov_net_a. preemption: 0/2 nodes are available: 2 No preemption victims."
)


@pytest.mark.parametrize(
    ("whole", "status", "why"),
    [
        (
            pod(
                phase="Running",
                containerStatuses=[
                    state(
                        reason="CrashLoopBackOff",
                        message="back-off",
                        restarts=41,
                        last={"exitCode": 137, "reason": "OOMKilled", "finishedAt": T0},
                    )
                ],
            ),
            "CrashLoopBackOff",
            "main: exit 137: out of memory",
        ),
        (
            pod(
                phase="Running",
                containerStatuses=[
                    state(
                        reason="CrashLoopBackOff",
                        last={"exitCode": 1, "reason": "Error", "message": "a\npanic: no licence"},
                    )
                ],
            ),
            "CrashLoopBackOff",
            "main: exit 1: panic: no licence",
        ),
        (
            pod(
                phase="Pending",
                containerStatuses=[state(reason="ErrImagePull", message="manifest unknown")],
            ),
            "ErrImagePull",
            "lab/web:9 is not in the registry",
        ),
        (
            pod(
                phase="Pending",
                containerStatuses=[
                    state(
                        reason="CreateContainerConfigError",
                        message='configmap "settings" not found',
                    )
                ],
            ),
            "CreateContainerConfigError",
            'main: configmap "settings" not found',
        ),
        (
            pod(
                phase="Pending",
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": UNSCHEDULED,
                        "lastTransitionTime": T0,
                    }
                ],
            ),
            "Pending",
            "0 of 2 nodes will do: not enough intel.com/pci_sriov_net_a on 1 node, 1 node cordoned",
        ),
        (
            pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory."),
            "Evicted",
            "The node was low on resource: memory.",
        ),
        (
            pod(
                phase="Running",
                conditions=[ready("False")],
                containerStatuses=[state("running", startedAt=T0)],
            ),
            "Running",
            "runs and is not ready: main",
        ),
        (
            pod(
                phase="Pending",
                spec={"initContainers": [{"name": "first", "image": "x"}]},
                initContainerStatuses=[
                    {**state(reason="CrashLoopBackOff", last={"exitCode": 2}), "name": "first"}
                ],
                containerStatuses=[state(reason="PodInitializing")],
            ),
            "Init:CrashLoopBackOff",
            "first: exit 2",
        ),
        (
            pod(phase="Pending", containerStatuses=[state(reason="ContainerCreating")]),
            "ContainerCreating",
            "gets no further for ",
        ),
        (
            pod(phase="Running", meta={"deletionTimestamp": T0}),
            "Terminating",
            "should have been gone ",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_reason(
    whole: Dict[str, Any], status: str, why: str
) -> None:
    seen = known(whole)
    (row,) = seen.rows("pods")
    assert row.status == status
    found = look(row, seen)
    assert found.mark is Mark.BAD
    assert found.notes[0].startswith(why)


@pytest.mark.parametrize(
    ("whole", "status"),
    [
        (
            pod(
                phase="Running",
                conditions=[ready("True")],
                containerStatuses=[state("running", ready=True)],
            ),
            "Running",
        ),
        (
            pod(
                phase="Succeeded",
                containerStatuses=[state("terminated", exitCode=0, reason="Completed")],
            ),
            "Completed",
        ),
    ],
)
def test_what_is_well_is_silent(whole: Dict[str, Any], status: str) -> None:
    seen = known(whole)
    (row,) = seen.rows("pods")
    assert row.status == status
    assert look(row, seen).notes == ()
    assert row.trouble(seen.now_ms) is None


def test_a_container_started_anew_within_the_hour_is_worth_a_word() -> None:
    running = state("running", ready=True, restarts=2, last={"exitCode": 143, "finishedAt": T1})
    seen = known(pod(phase="Running", conditions=[ready("True")], containerStatuses=[running]))
    (row,) = seen.rows("pods")
    last_ms = row.restarted_ms
    assert last_ms is not None
    from dataclasses import replace

    soon = replace(seen, now_ms=last_ms + 60_000)
    assert look(row, soon).tone is Tone.WARN
    assert look(row, soon).notes[0] == "main was started anew 1m ago: exit 143: asked to end"
    later = replace(seen, now_ms=last_ms + 7_200_000)
    assert look(row, later).notes == ()


def test_a_pod_that_waits_for_its_claim_says_why_the_claim_waits() -> None:
    seen = kube.cluster()
    row = next(one for one in seen.rows("pods") if one.name.startswith("db-"))
    assert "claim data is Pending" in look(row, seen).notes[0]
    gone = kube.cluster(claims=[])
    assert look(row, gone).notes == ("its claim data is not there",)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("rpc error: pull access denied, unauthorized", "the registry refuses us: r/a:1"),
        ("dial tcp: lookup r: no such host", "the registry's name is unknown: r/a:1"),
        ("x509: certificate signed by unknown authority", "certificate is not trusted: r/a:1"),
        ("context deadline exceeded", "the registry does not answer: r/a:1"),
        ("Back-off pulling image", "r/a:1 does not come: Back-off pulling image"),
        ("", "r/a:1 does not come"),
    ],
)
def test_whose_fault_it_is_that_an_image_does_not_come(message: str, words: str) -> None:
    assert image_trouble("r/a:1", message).endswith(words)


def test_what_the_scheduler_says_is_cut_to_what_lacks() -> None:
    said = (
        "0/9 nodes are available: 3 Insufficient memory, 4 Insufficient hugepages-1Gi, "
        "2 node(s) had untolerated taint {services: disabled}. preemption: none."
    )
    assert shortage(said) == (
        "0 of 9 nodes will do: not enough memory on 3 nodes, not enough huge pages of 1Gi on "
        "4 nodes, 2 nodes tainted services: disabled"
    )
    assert lacking(said) == ("memory", "hugepages-1Gi")
    assert shortage("") == "no node was found for it yet"


def test_the_words_are_kubectls_own_for_every_recorded_pod() -> None:
    seen = kube.cluster()
    stands = {row.name.partition("-")[0]: row.status for row in seen.rows("pods")}
    assert stands["elastic"] == "CrashLoopBackOff"
    assert stands["db"] == "Pending"
    assert stands["collector"] == "Running"
    assert PODS.find(seen.rows("pods"), "lab/debug") is not None


def test_whether_a_pod_is_fine_is_worked_out_where_it_is_read_not_where_it_is_shown() -> None:
    pod = Pod.read({"uid": "1", "name": "web", "phase": "Succeeded"})
    assert pod.__dict__["is_fine"] is True


@pytest.mark.parametrize(("started", "status"), [(True, "Running"), (False, "Init:0/1")])
def test_a_sidecar_that_is_not_ready_is_no_step_that_the_pod_still_has_before_it(
    started: bool, status: str
) -> None:
    # As kubectl says it: one that began holds nobody up.
    proxy = {**state("running"), "name": "proxy", "started": started}
    whole = pod(
        phase="Running",
        spec={"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]},
        conditions=[ready("False")],
        initContainerStatuses=[proxy],
        containerStatuses=[state("running", ready=True)],
    )
    (row,) = known(whole).rows("pods")
    assert (row.status, row.ready) == (status, "1/2")
