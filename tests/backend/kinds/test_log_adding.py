"""What is typed to look at one more log beside others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.baseboard import SelLog
from backend.errors import Missing
from backend.kinds.log_adding import beside, choices, streams_named
from backend.known import Known
from backend.kube import PodLog
from backend.logs.catalogue import stream_of, word_of
from backend.streams import Journal, LogFile, Logs
from tests.backend.kinds import kube
from tests.backend.kinds.rack import rack

WORDS = (
    "kern",
    "worker-0:kern",
    "puppet",
    "journal",
    "journal:kubelet,etcd",
    "worker-0:journal:kubelet",
    "sel:controller-0",
    "pod:kube-system/coredns-1/coredns",
    "/srv/x.log",
    "worker-0:/srv/x.log",
)


@pytest.mark.parametrize("word", WORDS)
def test_a_stream_is_known_again_by_the_word_it_has(word: str) -> None:
    assert word_of(stream_of(word)) == word


def test_a_log_of_another_machine_is_named_by_its_host() -> None:
    assert stream_of("worker-0:sysinv") == LogFile(
        path="/var/log/sysinv.log", name="sysinv", machine="worker-0"
    )
    assert stream_of("worker-0:journal:sshd") == Journal(units=("sshd",), machine="worker-0")


def seen() -> Known:
    """Return what is known of a rack, and of pods."""
    known = rack()
    return replace(known, readings={**known.readings, **kube.cluster().readings})


def test_a_pod_is_all_its_containers_and_the_beginning_of_its_name_is_enough() -> None:
    known = seen()
    pod = next(one for one in known.rows("pods") if one.containers)
    found = streams_named(f"pod:{pod.full_name}", known)
    assert {one.container for one in found if isinstance(one, PodLog)} >= {
        one["name"] for one in pod.containers
    }
    assert found == streams_named(f"pod:{pod.name[:-1]}", known)
    assert found[0].called == f"{pod.name}/{found[0].container}"  # type: ignore[union-attr]


def test_a_pod_that_is_not_there_and_a_name_that_several_have_are_said() -> None:
    known = seen()
    with pytest.raises(Missing, match="no pod is called nothing"):
        streams_named("pod:nothing", known)
    with pytest.raises(Missing, match=r"\d+ pods are called lab/"):
        streams_named("pod:lab/", known)


def test_names_complete_to_files_pods_and_baseboards_that_can_be_asked() -> None:
    known = seen()
    assert choices("KER", known) == ("kern",)
    assert "sel:controller-0" in choices("sel:", known)
    pods = choices("pod:", known)
    assert pods
    assert all(one.startswith("pod:") and one.count("/") == 1 for one in pods)


def test_what_is_added_stands_beside_and_twice_the_same_is_once() -> None:
    before = Logs(streams=(stream_of("sm"),), of="controller-0", command=("kubectl", "logs"))
    logs = beside(before, "sm sel:controller-0", seen(), 7)
    assert logs.streams == (stream_of("sm"), SelLog(server="controller-0"))
    assert (logs.at_ms, logs.command) == (7, ())
