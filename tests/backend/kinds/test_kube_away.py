"""While the API server is away: the screen of what is wrong, filled by this machine's runtime."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List

from backend.errors import Absent, Forbidden, Rejected, StxError, Unreachable
from backend.kinds import kube_away
from backend.kinds.kube_troubles import TROUBLES, strip
from backend.kinds.kube_verdict import summary, verdict
from backend.kinds.machine_containers import CRI_CONTAINERS, containers_of_crictl
from backend.kinds.machine_sandboxes import CRI_PODS, sandboxes_of_crictl
from backend.known import Known, Reading
from backend.plan import HERE
from backend.tone import Tone
from tests.backend.kinds import kube
from tests.backend.kinds.site import reading

AWAY = Unreachable("kubernetes", "connection refused at 192.168.206.1:6443")


def container(name: str, pod: str, state: str = "EXITED", attempt: int = 0) -> Dict[str, Any]:
    """Return a container as ``crictl ps -a -o json`` has it, begun three minutes ago."""
    namespace = "kube-system" if name.startswith("kube-") else "oran"
    return {
        "id": f"{name}-{pod}-{attempt}",
        "metadata": {"name": name, "attempt": attempt},
        "state": f"CONTAINER_{state}",
        "createdAt": str((kube.now_ms() - 180_000) * 1_000_000),
        "image": {"image": "sha256:11", "userSpecifiedImage": f"registry.local:9001/{name}:9"},
        "labels": {
            "io.kubernetes.pod.name": pod,
            "io.kubernetes.pod.namespace": namespace,
            "io.kubernetes.pod.uid": f"uid-{pod}",
        }
        if pod
        else {},
    }


SOME = (
    container("kube-apiserver", "kube-apiserver-controller-0", attempt=14),
    container("kube-apiserver", "kube-apiserver-controller-0", attempt=13),
    container("kube-scheduler", "kube-scheduler-controller-0", "RUNNING"),
    container("init", "du-1-0"),
    container("du", "du-1-0", "RUNNING", attempt=1),
    container("logs", "du-1-0", attempt=3),
    container("job", "job-1"),
    # Nobody's pod: somebody started it by hand.
    container("by-hand", ""),
)


def lost(*containers: Dict[str, Any], error: StxError = AWAY, seen: bool = True) -> Known:
    """Return the recorded site two minutes after its API server went."""
    known = kube.cluster()
    pods = replace(known.reading("pods"), error=error)
    if not seen:
        pods = Reading(kind="pods", error=error)
    found = {**known.readings, ("pods", ""): pods}
    if containers:
        bodies = containers_of_crictl(json.dumps({"containers": containers}))
        found[CRI_CONTAINERS.name, HERE] = replace(
            reading(CRI_CONTAINERS.name, list(bodies)), parent=HERE
        )
    now_ms = kube.now_ms() if not seen else pods.at_ms + 120_000
    return replace(known, readings=found, now_ms=now_ms)


def rows(known: Known) -> List[Any]:
    assert not isinstance(TROUBLES.read, str)
    return [TROUBLES.model.read(body) for body in TROUBLES.read.rows(known)]  # type: ignore[union-attr]


def test_the_runtime_is_asked_only_while_the_api_server_does_not_answer() -> None:
    assert kube_away.spare(kube.cluster()) == ()
    assert kube_away.spare(lost()) == (("cri-containers", HERE), ("cri-pods", HERE))
    assert kube_away.spare(lost(error=Rejected("kubernetes", 503, "etcd is away"))) != ()
    # Who is refused has an answer.
    assert kube_away.spare(lost(error=Forbidden("kubernetes", 403, "not you"))) == ()


def test_row_3_says_that_the_api_server_is_away_how_long_and_who_answers_instead() -> None:
    found = verdict(lost(*SOME))
    said = f"{found.word} {found.text}"
    assert said == "API SERVER DOES NOT ANSWER (2m): what this machine's containerd knows"
    assert found.tone is Tone.BAD
    assert found.more.startswith("2 of 6 containers here run; ")
    assert "connection refused" in found.more
    never = verdict(lost(*SOME, seen=False))
    assert f"{never.word} {never.text}".startswith("API SERVER DOES NOT ANSWER: what this")


def test_the_list_is_of_containers_that_should_run_by_their_last_run_the_control_plane_first() -> (
    None
):
    found = [row for row in rows(lost(*SOME)) if row.kind != "applications"]
    assert [(row.name, row.state, row.restarts) for row in found] == [
        ("API server", "no answer", None),
        ("kube-system/kube-apiserver-controller-0", "exited", 14),
        ("oran/du-1-0", "exited", 3),
        ("oran/job-1", "exited", 0),
    ]
    assert "connection refused" in found[0].why
    assert found[1].why.startswith("kube-apiserver began ")
    assert "after 14 restarts" in found[1].why
    # Whether what ended once was to end, its runtime cannot tell.
    assert [row.tone for row in found[1:]] == ["bad", "bad", "warn"]


def test_what_was_done_when_the_api_server_answered_last_is_no_trouble() -> None:
    known = kube.cluster()
    done = dict(kube.bodies("pods")[0], uid="uid-job-1", phase="Succeeded")
    pods = replace(reading("pods", [done]), error=AWAY)
    with_job = lost(*SOME)
    again = replace(with_job, readings={**with_job.readings, ("pods", ""): pods})
    assert "oran/job-1" in [row.name for row in rows(with_job)]
    assert "oran/job-1" not in [row.name for row in rows(again)]
    assert known.rows("pods")


def test_the_lines_above_say_which_part_of_the_control_plane_this_machine_runs() -> None:
    lines = {line.heading: line for line in summary(lost(*SOME)).lines}
    assert lines["CONTROL PLANE"].text == "api 0/1  sched 1/1"
    assert lines["CONTROL PLANE"].tone is Tone.BAD
    assert lines["HERE"].text.endswith("containers exited 4  running 2")
    worker = lost(container("du", "du-1-0", "RUNNING"))
    assert {line.heading: line.text for line in summary(worker).lines}["CONTROL PLANE"] == (
        "nothing of it on this machine"
    )


def test_a_container_leads_to_its_own_row_and_to_the_file_of_its_log() -> None:
    known = lost(*SOME)
    row = rows(known)[1]
    assert TROUBLES.jump is not None
    jump = TROUBLES.jump(row, known)
    assert jump is not None
    assert known.find(jump.kind, jump.id)[0] is not None
    assert TROUBLES.logs is not None
    logs = TROUBLES.logs(row, known)
    assert logs.streams[0].path.endswith("kube-apiserver/14.log")  # type: ignore[union-attr]
    assert logs.before[0].path.endswith("kube-apiserver/13.log")  # type: ignore[union-attr]
    headings = {line.heading: line.text for line in strip(row, known).lines}
    assert headings["IMAGE"] == "registry.local:9001/kube-apiserver:9"


def test_where_no_runtime_is_at_hand_it_says_that_and_what_was_known_last() -> None:
    known = lost()
    assert verdict(known).word == "WAS"
    found = rows(known)
    assert found[0].name == "API server"
    assert "lab/db" in [row.name.partition("-")[0] for row in found]
    # Nor does a runtime count that runs no pods: that of a laptop.
    assert verdict(lost(container("by-hand", ""))).word == "WAS"
    readings = dict(lost(*SOME).readings)
    silent = replace(readings[CRI_CONTAINERS.name, HERE], error=Absent("no crictl here"))
    readings[CRI_CONTAINERS.name, HERE] = silent
    assert verdict(replace(known, readings=readings)).word == "WAS"


def sandbox(pod: str, state: str = "READY", attempt: int = 0, ago_ms: int = 600_000) -> Any:
    """Return a pod as ``crictl pods -o json`` has it."""
    return {
        "id": f"{pod}-{attempt}",
        "metadata": {"name": pod, "namespace": "oran", "uid": f"uid-{pod}", "attempt": attempt},
        "state": f"SANDBOX_{state}",
        "createdAt": str((kube.now_ms() - ago_ms) * 1_000_000),
    }


def test_a_pod_of_which_the_runtime_has_no_container_is_told_by_its_sandbox() -> None:
    known = lost(*SOME)
    pods = (
        sandbox("du-1-0"),
        sandbox("du-2-0", attempt=1),
        sandbox("du-2-0", "NOTREADY"),
        sandbox("over", "NOTREADY"),
        sandbox("just-made", ago_ms=-100_000),
    )
    bodies = list(sandboxes_of_crictl(json.dumps({"items": pods})))
    mine = replace(reading(CRI_PODS.name, bodies), parent=HERE)
    readings = {**known.readings, (CRI_PODS.name, HERE): mine}
    known = replace(known, readings=readings, now_ms=kube.now_ms())
    bare = [row for row in rows(known) if row.kind == CRI_PODS.name]
    assert [(row.name, row.state) for row in bare] == [("oran/du-2-0", "no container")]
    assert "an image did not come" in bare[0].why
    assert TROUBLES.jump is not None
    jump = TROUBLES.jump(bare[0], known)
    assert jump is not None
    found, _ = known.find(jump.kind, jump.id)
    assert found is not None
    assert CRI_PODS.look(found, known).notes[0].startswith("it has no container")
    # Where its containers were not read nobody says that it has none.
    silent = replace(known.reading(CRI_CONTAINERS.name, HERE), error=Absent("no crictl here"))
    known = replace(known, readings={**known.readings, (CRI_CONTAINERS.name, HERE): silent})
    assert kube_away.bare(known) == ()
