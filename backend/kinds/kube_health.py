"""The control plane: whether the API server is ready, and who else of it runs."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from backend.kind import Column, Kind, KubeHealth, Row
from backend.kinds.kube_object import bad
from backend.kinds.kube_pod import Pod
from backend.kinds.once import sifted
from backend.known import Known
from backend.tone import WELL, Look

# Its pods by a label, and what they are called on one line.
PARTS = (
    ("component", "kube-apiserver", "api"),
    ("component", "etcd", "etcd"),
    ("component", "kube-scheduler", "sched"),
    ("component", "kube-controller-manager", "ctl-mgr"),
    ("k8s-app", "kube-dns", "dns"),
)


class ClusterHealth(Row):
    """What the API server says of itself; ``failed`` are the checks of its own that failed."""

    context: str
    server: str
    took_ms: int = 0
    failed: Tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether it is ready."""
        return not self.failed


@sifted
def _of_system(pod: Pod) -> bool:
    return pod.namespace == "kube-system"


def parts(pods: Tuple[Pod, ...]) -> Dict[str, Tuple[int, int]]:
    """Return how many pods of each part of the control plane are ready, of how many there are."""
    found: Dict[str, Tuple[int, int]] = {}
    for pod in _of_system(pods):
        for label, value, name in PARTS:
            if pod.labels.get(label) == value:
                ready, there = found.get(name, (0, 0))
                found[name] = (ready + pod.is_ready, there + 1)
    return found


def down(known: Known) -> List[str]:
    """Return the parts of the control plane of which not all run, and the checks that failed."""
    found = [f"{name} {ready}/{there}" for name, (ready, there) in _runs(known) if ready < there]
    for row in known.rows("cluster-health"):
        found += [f"{check} failed" for check in row.failed]
    return found


def control_plane(known: Known) -> str:
    """Return the control plane on one line: ``api 2/2 12ms  etcd 1/1  sched 2/2``."""
    health = next(iter(known.rows("cluster-health")), None)
    took = f" {health.took_ms}ms" if health is not None else ""
    runs = dict(_runs(known))
    words = []
    for _, _, name in PARTS:
        count = "{}/{}".format(*runs[name]) if name in runs else ""
        if name == "api" and not count:
            count = "ready" if health is not None and health.is_well else ""
        if count:
            words.append(f"{name} {count}{took if name == 'api' else ''}")
    failed = [f"{check} failed" for check in health.failed] if health is not None else []
    return "  ".join([*words, *failed])


def _runs(known: Known) -> List[Tuple[str, Tuple[int, int]]]:
    return list(parts(known.rows("pods")).items())


def _look(row: ClusterHealth, _known: Known) -> Look:
    return WELL if row.is_well else bad(f"not ready: {', '.join(row.failed)}")


def _failed(row: ClusterHealth) -> Optional[str]:
    return ", ".join(row.failed) or None


HEALTH: Kind[ClusterHealth] = Kind(
    name="cluster-health",
    singular="cluster-health",
    model=ClusterHealth,
    read=KubeHealth(),
    id=lambda row: row.server,
    label=lambda row: row.context,
    columns=(
        Column(heading="CONTEXT", value=lambda row: row.context),
        Column(heading="SERVER", value=lambda row: row.server, most=50),
        Column(heading="MS", value=lambda row: row.took_ms, right=True),
        Column(heading="FAILED", value=_failed, most=40),
    ),
    look=_look,
    noise=frozenset({"took_ms"}),
    state_fields=("failed",),
)

HEALTHY: Tuple[Kind[Any], ...] = (HEALTH,)
