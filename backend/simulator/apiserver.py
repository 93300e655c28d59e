"""As much of the Kubernetes API as training on the pretend cluster takes, and no more.

Discovery, lists in pages, watches, one object, tables of nodes and pods, a container's log: enough
for this console and for ``kubectl get``, ``describe`` and ``logs``; and the few changes of
``kube_orders``. Whatever else would change something is refused, in plain words: 405.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Callable, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.cluster_bodies import Objects, log_of, objects
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.kube_orders import (
    PRETEND,
    SCALED,
    Ordered,
    Refused,
    body_of,
    order,
    scale_of,
    status,
)
from backend.simulator.kube_storage import images
from backend.simulator.model import Json
from backend.simulator.orders import Key, Orders
from backend.simulator.workloads import signature

TOKEN = "pretend-token-of-a-pretend-cluster"  # noqa: S105 - of nothing real
VERSION = {"major": "1", "minor": "29", "gitVersion": "v1.29.2", "platform": "linux/amd64"}
TABLE = "as=Table"
# A watch that has nothing to tell says so, in seconds of ours (the pretend clock runs faster); how
# much of what changed is remembered.
BOOKMARK_S, KEPT = 1.0, 2000


@dataclass(frozen=True)
class Resource:
    """One resource the cluster knows."""

    plural: str
    kind: str
    group: str = ""
    namespaced: bool = True
    shorts: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Group and version as an object names them."""
        return f"{self.group}/v1" if self.group else "v1"


RESOURCES = (
    Resource("nodes", "Node", namespaced=False, shorts=("no",)),
    Resource("namespaces", "Namespace", namespaced=False, shorts=("ns",)),
    Resource("pods", "Pod", shorts=("po",)),
    Resource("events", "Event", shorts=("ev",)),
    Resource("services", "Service", shorts=("svc",)),
    Resource("configmaps", "ConfigMap", shorts=("cm",)),
    Resource("secrets", "Secret"),
    Resource("persistentvolumeclaims", "PersistentVolumeClaim", shorts=("pvc",)),
    Resource("persistentvolumes", "PersistentVolume", namespaced=False, shorts=("pv",)),
    Resource("resourcequotas", "ResourceQuota", shorts=("quota",)),
    Resource("serviceaccounts", "ServiceAccount", shorts=("sa",)),
    Resource("deployments", "Deployment", "apps", shorts=("deploy",)),
    Resource("daemonsets", "DaemonSet", "apps", shorts=("ds",)),
    Resource("statefulsets", "StatefulSet", "apps", shorts=("sts",)),
    Resource("replicasets", "ReplicaSet", "apps", shorts=("rs",)),
    Resource("jobs", "Job", "batch"),
    Resource("cronjobs", "CronJob", "batch", shorts=("cj",)),
    Resource("ingresses", "Ingress", "networking.k8s.io", shorts=("ing",)),
    Resource("networkpolicies", "NetworkPolicy", "networking.k8s.io", shorts=("netpol",)),
    Resource("endpointslices", "EndpointSlice", "discovery.k8s.io"),
    Resource("poddisruptionbudgets", "PodDisruptionBudget", "policy", shorts=("pdb",)),
    Resource("storageclasses", "StorageClass", "storage.k8s.io", False, ("sc",)),
    Resource("csidrivers", "CSIDriver", "storage.k8s.io", False),
    Resource("volumeattachments", "VolumeAttachment", "storage.k8s.io", False),
    Resource("volumesnapshots", "VolumeSnapshot", "snapshot.storage.k8s.io", shorts=("vs",)),
    Resource("cephclusters", "CephCluster", "ceph.rook.io"),
    Resource("cephblockpools", "CephBlockPool", "ceph.rook.io"),
    Resource("cephfilesystems", "CephFilesystem", "ceph.rook.io"),
    Resource("leases", "Lease", "coordination.k8s.io"),
)
# What else can be done to some of them, and what is asked for below them.
VERBS = {
    **dict.fromkeys(("nodes", *SCALED, "daemonsets", "persistentvolumeclaims"), ("patch",)),
    "pods": ("delete",),
}
_SCALE: Json = {"kind": "Scale", "group": "autoscaling", "version": "v1", "namespaced": True,
          "singularName": "", "verbs": ["get", "patch", "update"]}  # fmt: skip
_EVICTION: Json = {"kind": "Eviction", "group": "policy", "version": "v1", "namespaced": True,
             "singularName": "", "verbs": ["create"]}  # fmt: skip
NO_CONTAINERS = "this cluster is pretend: there is no container to enter or to reach"
_GROUPS = tuple(dict.fromkeys(one.group for one in RESOURCES if one.group))


class ApiServer:
    """Answers for the cluster of one cloud; its versions go up with each change it sees."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._orders = Orders()
        self._signature: tuple[object, ...] = ()
        self._objects: Objects = {}
        self._version = 1000
        self._changes: list[tuple[int, str, str, Json]] = []

    def images(self) -> list[tuple[str, str, int]]:
        """What volumes are in Ceph: the image of each, the claim it is for, its bytes."""
        return images(self._cloud, self._orders)

    def reply(self, request: Request, path: list[str]) -> Answer:
        """Answer one request; ``path`` is what follows the server's own address."""
        # kubectl gives no token to what is not TLS: then nobody can be asked for one.
        is_tls = request.base.startswith("https")
        if is_tls and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return status(401, "Unauthorized", "Unauthorized")
        if path == ["version"]:
            return answer(VERSION)
        if path in (["readyz"], ["livez"], ["healthz"]):
            return Answer(status=200, body=b"ok", headers=(("Content-Type", "text/plain"),))
        if path and path[0] in ("api", "apis"):
            return self._api(request, path)
        return status(404, "NotFound", "the server could not find the requested resource")

    # --- what there is -------------------------------------------------------------------------

    def _api(self, request: Request, path: list[str]) -> Answer:
        if path == ["api"]:
            return answer({"kind": "APIVersions", "versions": ["v1"]})
        if path == ["apis"]:
            groups = [_group(name) for name in _GROUPS]
            return answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        group, rest = ("", path[1:]) if path[0] == "api" else (path[1], path[2:])
        if not rest and group in _GROUPS:
            return answer({"kind": "APIGroup", "apiVersion": "v1", **_group(group)})
        known = [one for one in RESOURCES if one.group == group]
        if not known or rest[0] != "v1":
            return status(404, "NotFound", "the server could not find the requested resource")
        if len(rest) == 1:
            told = [told for one in known for told in _resources(one)]
            body = {"kind": "APIResourceList", "groupVersion": known[0].version}
            return answer({**body, "apiVersion": "v1", "resources": told})
        return self._ask(request, known, rest[1:])

    def _ask(self, request: Request, known: list[Resource], path: list[str]) -> Answer:
        """Answer for objects: ``[namespaces, NAMESPACE,] PLURAL [, NAME [, log]]``."""
        namespace = ""
        if path[0] == "namespaces" and len(path) > 2:
            namespace, path = path[1], path[2:]
        resource = next((one for one in known if one.plural == path[0]), None)
        if resource is None:
            return status(404, "NotFound", "the server could not find the requested resource")
        self._look()
        if len(path) == 1 and request.method != "GET":
            return status(405, "MethodNotAllowed", PRETEND)
        if len(path) == 1:
            if request.arg("watch") in ("1", "true"):
                return self._watch(request, resource, namespace)
            return self._list(request, resource, namespace)
        body = self._objects.get((resource.plural, namespace, path[1]))
        if body is None:
            return status(404, "NotFound", f'{resource.plural} "{path[1]}" not found')
        if request.method != "GET":
            return self._order(request, (resource.plural, namespace, path[1]), "/".join(path[2:]))
        if path[2:]:
            return self._below(request, resource, body, path[2])
        is_table = TABLE in request.headers.get("accept", "")
        return answer(_table(resource, [body], self._version) if is_table else body)

    def _below(self, request: Request, resource: Resource, body: Json, sub: str) -> Answer:
        """Answer for what is below one object: a pod's log, a workload's scale."""
        if (resource.plural, sub) == ("pods", "log"):
            return self._log(request, body)
        if resource.plural in SCALED and sub == "scale":
            return answer(scale_of(body))
        if resource.plural == "pods":
            return status(405, "MethodNotAllowed", NO_CONTAINERS)
        return status(404, "NotFound", "the server could not find the requested resource")

    def _order(self, request: Request, key: Key, sub: str) -> Answer:
        try:
            ordered = Ordered(request, key, sub, body_of(request))
        except Refused as refused:
            return refused.answer
        said = order(self._cloud, self._orders, self._objects, ordered)
        self._look()
        return said

    # --- lists and what changes ----------------------------------------------------------------

    def _look(self) -> None:
        """Work all out again where the hosts are not as they were, and note what changed."""
        now = signature(self._cloud, self._orders)
        if now == self._signature:
            return
        is_first, self._signature = not self._signature, now
        before, after = self._objects, objects(self._cloud, self._orders)
        for key, body in after.items():
            old = before.get(key)
            if old is not None and _bare(old) == _bare(body):
                after[key] = old
                continue
            is_another = old is not None and old["metadata"]["uid"] != body["metadata"]["uid"]
            if old is not None and is_another:
                self._gone(key[0], old)
            self._version += 1
            body["metadata"]["resourceVersion"] = str(self._version)
            if not is_first:
                self._note(key[0], "ADDED" if old is None or is_another else "MODIFIED", body)
        for key, body in before.items():
            if key not in after:
                self._gone(key[0], body)
        self._objects = after

    def _gone(self, plural: str, body: Json) -> None:
        self._version += 1
        gone = {**body, "metadata": {**body["metadata"]}}
        gone["metadata"]["resourceVersion"] = str(self._version)
        self._note(plural, "DELETED", gone)

    def _note(self, plural: str, what: str, body: Json) -> None:
        self._changes.append((self._version, plural, what, body))
        del self._changes[:-KEPT]

    def _list(self, request: Request, resource: Resource, namespace: str) -> Answer:
        rows = [
            body
            for (plural, of, _), body in self._objects.items()
            if plural == resource.plural and namespace in ("", of) and _is_chosen(request, body)
        ]
        if TABLE in request.headers.get("accept", ""):
            return answer(_table(resource, rows, self._version))
        begin, limit = int(request.arg("continue") or 0), int(request.arg("limit") or 0)
        page = rows[begin : begin + limit] if limit else rows[begin:]
        meta: Json = {"resourceVersion": str(self._version)}
        if begin + len(page) < len(rows):
            meta["continue"] = str(begin + len(page))
            meta["remainingItemCount"] = len(rows) - begin - len(page)
        body = {"kind": f"{resource.kind}List", "apiVersion": resource.version, "metadata": meta}
        return answer({**body, "items": page})

    def _watch(self, request: Request, resource: Resource, namespace: str) -> Answer:
        since = [int(request.arg("resourceVersion") or self._version)]
        spoke = [time.monotonic()]

        def tell() -> bytes:
            self._look()
            lines = [
                {"type": what, "object": body}
                for version, plural, what, body in self._changes
                if version > since[0]
                and plural == resource.plural
                and namespace in ("", body["metadata"].get("namespace", ""))
            ]
            since[0] = self._version
            if not lines and time.monotonic() - spoke[0] > BOOKMARK_S:
                mark = {"resourceVersion": str(self._version)}
                body = {"kind": resource.kind, "apiVersion": resource.version, "metadata": mark}
                lines = [{"type": "BOOKMARK", "object": body}]
            if lines:
                spoke[0] = time.monotonic()
            return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

        return Answer(status=200, headers=(("Content-Type", "application/json"),), goes_on=tell)

    def _log(self, request: Request, pod: Json) -> Answer:
        lines = log_of(pod, self._cloud.clock.now())
        tail = request.arg("tailLines")
        if tail is not None:
            lines = lines[max(len(lines) - int(tail), 0) :]
        if request.arg("timestamps") != "true":
            lines = [line.partition(" ")[2] for line in lines]
        body = "".join(f"{line}\n" for line in lines).encode()
        follows: Optional[Callable[[], bytes]] = None
        if request.arg("follow") == "true":
            follows = bytes  # nothing more is written, and the end is not told
        headers = (("Content-Type", "text/plain"),)
        return Answer(status=200, body=body, headers=headers, goes_on=follows)


def _bare(body: Json) -> Json:
    meta = {key: value for key, value in body["metadata"].items() if key != "resourceVersion"}
    return {**body, "metadata": meta}


def _is_chosen(request: Request, body: Json) -> bool:
    """Whether an object is what ``labelSelector`` and ``fieldSelector`` ask for."""
    labels = body["metadata"].get("labels", {})
    for term in filter(None, (request.arg("labelSelector") or "").split(",")):
        name, _, value = term.replace("==", "=").partition("=")
        if labels.get(name) != value:
            return False
    for term in filter(None, (request.arg("fieldSelector") or "").split(",")):
        is_not = "!=" in term
        path, _, value = term.replace("!=", "=").replace("==", "=").partition("=")
        if (_at(body, path) == value) == is_not:
            return False
    return True


def _at(body: Json, path: str) -> str:
    found = body
    for key in path.split("."):
        found = found.get(key, "") if isinstance(found, dict) else ""
    return str(found)


# --- as it is told -----------------------------------------------------------------------------


def _group(name: str) -> Json:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(one: Resource) -> list[Json]:
    """Return a resource and what is asked for below it, as discovery tells of them."""
    found: list[Json] = [
        {
            "name": one.plural,
            "singularName": one.kind.lower(),
            "namespaced": one.namespaced,
            "kind": one.kind,
            "verbs": ["get", "list", "watch", *VERBS.get(one.plural, ())],
            "shortNames": list(one.shorts),
        }
    ]
    below = {**dict.fromkeys(SCALED, _SCALE), "pods": _EVICTION}.get(one.plural)
    if below is not None:
        found.append({**below, "name": f"{one.plural}/{below['kind'].lower()}"})
    return found


def _table(resource: Resource, rows: list[Json], version: int) -> Json:
    columns = {"pods": _POD, "nodes": _NODE}.get(resource.plural, _ANY)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(version)},
        "columnDefinitions": [{"name": name, "type": "string", "priority": 0} for name in columns],
        "rows": [
            {"cells": [value(body) for value in columns.values()], "object": body} for body in rows
        ],
    }


def _name(body: Json) -> str:
    return str(body["metadata"]["name"])


def _made(body: Json) -> str:
    return str(body["metadata"]["creationTimestamp"])


def _containers(body: Json) -> list[Json]:
    found: list[Json] = body["status"]["containerStatuses"]
    return found


def _pod_state(body: Json) -> str:
    waiting = [one["state"]["waiting"] for one in _containers(body) if "waiting" in one["state"]]
    return str(waiting[0]["reason"] if waiting else body["status"]["phase"])


def _node_state(body: Json) -> str:
    ready = body["status"]["conditions"][0]["status"] == "True"
    more = ",SchedulingDisabled" if body["spec"].get("unschedulable") else ""
    return f"{'Ready' if ready else 'NotReady'}{more}"


Columns = dict[str, Callable[[Json], str]]
_ANY: Columns = {"Name": _name, "Created At": _made}
_POD: Columns = {
    "Name": _name,
    "Ready": lambda body: f"{sum(one['ready'] for one in _containers(body))}/1",
    "Status": _pod_state,
    "Restarts": lambda body: str(sum(one["restartCount"] for one in _containers(body))),
    "Created At": _made,
}
_NODE: Columns = {
    "Name": _name,
    "Status": _node_state,
    "Created At": _made,
    "Version": lambda body: str(body["status"]["nodeInfo"]["kubeletVersion"]),
}
