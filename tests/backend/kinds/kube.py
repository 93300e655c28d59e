"""A recorded cluster: what a real API server said of a site that kwok played."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from backend.kind import Kube
from backend.kinds import every_kind
from backend.kinds.kube_containers import containers
from backend.kinds.kube_unwell import troubles
from backend.known import Known, Reading
from backend.sources.projection import projection
from backend.units import instant_ms
from tests.backend.kinds.site import LAPTOP, reading

SAMPLES = Path(__file__).parents[2] / "samples" / "kubernetes"
# What Helm's secrets say by their labels: one release, whose last upgrade failed.
RELEASES = [
    {
        "uid": f"helm-{number}",
        "name": f"sh.helm.release.v1.vault.v{number}",
        "namespace": "lab",
        "type": "helm.sh/release.v1",
        "labels": {"owner": "helm", "name": "vault", "version": str(number), "status": status},
    }
    for number, status in ((1, "superseded"), (2, "failed"))
]
# A port of this console that leads to a pod.
FORWARD = {
    "id": "18080",
    "local": 18080,
    "namespace": "lab",
    "pod": "web-1",
    "port": 8080,
    "began_ms": 1_795_300_000_000,
    "open": 1,
    "received": 1_048_576,
}
# What a container that ends again and again wrote last.
LAST = {
    "id": "u1/main",
    "pod": "u1",
    "namespace": "monitor",
    "name": "elastic-9",
    "container": "main",
    "lines": ["at Heap.java:1", "java.lang.OutOfMemoryError: Java heap space"],
}
HEALTH = {"context": "here", "server": "https://192.168.206.1:6443", "took_ms": 12, "failed": []}


@cache
def objects(name: str) -> List[Dict[str, Any]]:
    """Return the objects of a kind, whole."""
    found: List[Dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text())["items"]
    return found


def bodies(name: str, whole: Any = None) -> List[Dict[str, Any]]:
    """Return what is kept of them (or of ``whole`` ones), as the source keeps it."""
    kind = next(kind for kind in every_kind() if kind.name == name)
    assert isinstance(kind.read, Kube)
    project = projection(kind.read.keep)
    return [project(one) for one in (objects(name) if whole is None else whole)]


def readings() -> Mapping[Tuple[str, str], Reading[Any]]:
    """Return the whole cluster as just read."""
    kinds = [kind for kind in every_kind() if isinstance(kind.read, Kube)]
    found = {(kind.name, ""): reading(kind.name, bodies(kind.name)) for kind in kinds}
    found["secrets", ""] = reading("secrets", [*bodies("secrets"), *RELEASES])
    found["cluster-health", ""] = reading("cluster-health", [HEALTH])
    found["last-lines", ""] = reading("last-lines", [LAST])
    found["port-forwards", ""] = reading("port-forwards", [FORWARD])
    found["api-resources", ""] = reading("api-resources", objects("api-resources"))
    return found


def now_ms() -> int:
    """Return a while after it was recorded: what did not come by then will not come."""
    created = [instant_ms(one["metadata"]["creationTimestamp"]) or 0 for one in objects("pods")]
    return max(created) + 600_000


def cluster(**rows: List[Dict[str, Any]]) -> Known:
    """Return the recorded cluster; ``rows`` (dashes as underscores) stand in for a kind's own."""
    found = dict(readings())
    for key, given in rows.items():
        name = key.replace("_", "-")
        found[name, ""] = reading(name, given)
    known = Known(cloud="site-7", now_ms=now_ms(), place=LAPTOP, readings=found)
    found["troubles", ""] = reading("troubles", troubles(known))
    found["pod-containers", ""] = reading("pod-containers", list(containers(known)))
    return replace(known, readings=found)
