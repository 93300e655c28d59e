"""The containers of pods, each by itself."""

from __future__ import annotations

from typing import Any, Dict

from backend.kind import Nothing
from backend.kinds import kind_named
from backend.kinds.kube_containers import CONTAINERS_TAB, POD_CONTAINERS, CommandForm
from backend.known import Known
from backend.kube import PodExec
from backend.pods import PodAttach
from backend.tone import WELL, Tone
from tests.backend.kinds import kube

RUNS = {"running": {"startedAt": "2026-11-27T00:00:00Z"}}


def site(**more: Any) -> Known:
    """Return the recorded cluster, whose pod ``du-0`` has a first, a sidecar and two of its own."""
    pods = kube.bodies("pods")
    (du,) = [body for body in pods if body["name"] == "du-0"]
    (main,) = du["containers"]
    du["containers"] = [main, {"name": "probe", "image": "lab/probe:1"}]
    du["init"] = [
        {"name": "first", "image": "lab/first:1"},
        {"name": "proxy", "image": "lab/proxy:1", "restartPolicy": "Always"},
    ]
    ended = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    du["init_statuses"] = [
        {"name": "first", "state": ended, "restartCount": 0},
        {"name": "proxy", "state": RUNS, "ready": True, "restartCount": 2},
    ]
    du["statuses"] = [
        {"name": "main", "state": RUNS, "ready": True, "restartCount": 0},
        {"name": "probe", "state": RUNS, "ready": False, "restartCount": 1},
    ]
    return kube.cluster(pods=pods, **more)


def of_du(known: Known) -> Dict[str, Any]:
    (du,) = [pod for pod in known.rows("pods") if pod.name == "du-0"]
    assert CONTAINERS_TAB.related is not None
    rows = known.rows("pod-containers")
    return {row.name: row for row in rows if CONTAINERS_TAB.related(du, row)}


def test_a_pods_containers_stand_in_the_order_in_which_they_begin_and_say_what_they_are() -> None:
    rows = of_du(site())
    assert [(row.name, row.sort, row.stands) for row in rows.values()] == [
        ("first", "init", "Completed"),
        ("proxy", "sidecar", "running"),
        ("main", "", "running"),
        ("probe", "", "running"),
    ]
    assert rows["main"].asks.split(", ")[0] == "CPU 8"
    assert rows["main"].parent_id(site()) == rows["main"].pod


def test_one_that_is_not_ready_is_marked_and_one_that_is_done_is_silent() -> None:
    known = site()
    rows = of_du(known)
    look = POD_CONTAINERS.look
    assert look(rows["probe"], known).notes == ("runs and is not ready",)
    assert look(rows["main"], known).notes == ()
    assert look(rows["first"], known).tone is Tone.PLAIN


def test_one_that_ends_again_and_again_says_how_and_what_it_wrote_last() -> None:
    pod = next(body for body in kube.bodies("pods") if body["name"].startswith("elastic"))
    said = {"id": "x", "pod": pod["uid"], "namespace": "monitor", "name": pod["name"]}
    known = kube.cluster(last_lines=[{**said, "container": "main", "lines": ["no heap"]}])
    (row,) = [one for one in known.rows("pod-containers") if one.pod == pod["uid"]]
    assert row.stands == "CrashLoopBackOff"
    assert POD_CONTAINERS.look(row, known).notes == ("exit 137: out of memory", '"no heap"')


def test_its_log_is_its_own_alone_and_so_is_its_run_before() -> None:
    known = site()
    assert POD_CONTAINERS.logs is not None
    logs = POD_CONTAINERS.logs(of_du(known)["probe"], known)
    assert [getattr(one, "container", "") for one in logs.streams] == ["probe"]
    assert [getattr(one, "container", "") for one in logs.before] == ["probe"]
    assert logs.command[-3:] == ("-c", "probe", "--timestamps")


def test_a_shell_opens_in_it_a_sidecar_too_and_not_in_one_that_is_over() -> None:
    known = site()
    rows = of_du(known)
    shell = POD_CONTAINERS.action("shell")
    assert shell is not None
    opens = shell.plan(rows["proxy"], CommandForm(command="ps -ef"), known).opens
    assert isinstance(opens, PodExec)
    assert (opens.container, opens.argv) == ("proxy", ("ps", "-ef"))
    assert shell.reasons(rows["proxy"], CommandForm(), known) == ()
    (no,) = shell.reasons(rows["first"], CommandForm(), known)
    assert "first of oran/du-0 does not run now" in no.words
    attach = POD_CONTAINERS.action("attach")
    assert attach is not None
    assert attach.consequences(rows["main"], Nothing(), known)


def test_without_its_pod_nothing_is_opened_in_it() -> None:
    known = site()
    row = of_du(known)["main"]
    gone = kube.cluster(pods=[])
    shell = POD_CONTAINERS.action("shell")
    assert shell is not None
    (no,) = shell.reasons(row, CommandForm(), gone)
    assert no.blocks
    assert POD_CONTAINERS.logs is not None
    assert POD_CONTAINERS.logs(row, gone).streams == ()


def test_it_is_found_by_the_name_that_people_say() -> None:
    assert kind_named("containers") is POD_CONTAINERS


def test_a_container_that_debugs_a_pod_is_one_of_them_with_a_log_and_a_shell() -> None:
    pods = kube.bodies("pods")
    (du,) = [body for body in pods if body["name"] == "du-0"]
    whole = {
        "metadata": {"uid": du["uid"], "name": "du-0", "namespace": du["namespace"]},
        "spec": {"ephemeralContainers": [{"name": "debugger", "image": "busybox", "tty": True}]},
        "status": {"ephemeralContainerStatuses": [{"name": "debugger", "state": RUNS}]},
    }
    (told,) = kube.bodies("pods", [whole])
    known = kube.cluster(pods=[{**body, **told} if body is du else body for body in pods])
    row = of_du(known)["debugger"]
    assert (row.sort, row.stands) == ("debug", "running")
    assert POD_CONTAINERS.look(row, known) == WELL
    assert POD_CONTAINERS.logs is not None
    assert [one.container for one in POD_CONTAINERS.logs(row, known).streams] == ["debugger"]
    shell, attach = (POD_CONTAINERS.action(name) for name in ("shell", "attach"))
    assert shell is not None
    assert attach is not None
    assert shell.reasons(row, CommandForm(), known) == ()
    opens = attach.plan(row, Nothing(), known).opens
    assert isinstance(opens, PodAttach)
    assert opens.terminal
