"""Which containers tell of a pod or a workload, what each is called, how much is asked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Sequence, Tuple

from backend.kinds.kube_pod import Pod
from backend.known import Known
from backend.kube import PodLog
from backend.streams import Logs

# Containers that are listened to at once, each over a connection of its own; lines kept of all.
MOST, LINES = 24, 100_000


def of_pod(pod: Pod, _known: Known) -> Logs:
    """Return what all containers of a pod write."""
    command = ("kubectl", "-n", pod.namespace, "logs", pod.name, "--all-containers", "--timestamps")
    return _logs((pod,), f"pod {pod.full_name}", command)


def of_workload(singular: str) -> Any:
    """Return what says which containers of all pods tell of a workload."""

    def logs(row: Any, known: Known) -> Logs:
        pods = [
            pod
            for pod in known.rows("pods")
            if pod.namespace == row.namespace and row.selects(pod.labels)
        ]
        # What is not ready is why one looks; then what began last.
        pods.sort(key=lambda pod: (pod.is_ready, _age(pod)))
        what = f"{singular}/{row.name}"
        command = (
            *("kubectl", "-n", row.namespace, "logs", what),
            *("--all-pods", "--all-containers", "--prefix", "--timestamps"),
        )
        return _logs(pods, f"{singular} {row.full_name}", command)

    return logs


def _age(pod: Pod) -> Tuple[int, ...]:
    """Return what sorts the youngest first."""
    return tuple(-ord(letter) for letter in pod.created or "")


def _logs(pods: Sequence[Pod], of: str, command: Tuple[str, ...]) -> Logs:
    found = [(pod, name) for pod in pods for name in _containers(pod)]
    if len(found) > MOST:
        of = f"{of} ({MOST} of its {len(found)} containers: not ready, then youngest first)"
    found = found[:MOST]
    several = len({pod.uid for pod, _name in found}) > 1
    singles = {pod.uid for pod, _name in found if len(_containers(pod)) == 1}
    tail = LINES // max(len(found), 1)
    streams: List[PodLog] = []
    for pod, name in found:
        called = pod.name if pod.uid in singles else f"{pod.name}/{name}"
        called = called if several else name
        streams.append(
            PodLog(namespace=pod.namespace, pod=pod.name, container=name, name=called, tail=tail)
        )
    restarted = {
        (pod.name, str(one.get("name")))
        for pod in pods
        for one in (*pod.statuses, *pod.init_statuses)
        if one.get("restartCount")
    }
    before = tuple(
        replace(one, previous=True) for one in streams if (one.pod, one.container) in restarted
    )
    return Logs(streams=tuple(streams), of=of, before=before, command=command)


def _containers(pod: Pod) -> Tuple[str, ...]:
    return tuple(str(one.get("name")) for one in (*pod.init, *pod.containers, *pod.debug))
