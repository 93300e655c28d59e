"""A site of two controllers on the control plane: what StarlingX runs with, some of it unwell.

``python -m tests.peers.site`` records what the API server says of every declared kind, as samples.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from tests.peers.cluster import Cluster, cluster, node

SAMPLES = Path(__file__).parents[1] / "samples" / "kubernetes"
SRIOV_NET = "intel.com/pci_sriov_net_datanet_a"
REGISTRY = "registry.local:9001"

# Definitions of what StarlingX adds: group, version, kind, plural, whether in a namespace.
DEFINED: Tuple[Tuple[str, str, str, str, bool], ...] = (
    ("crd.projectcalico.org", "v1", "IPPool", "ippools", False),
    ("crd.projectcalico.org", "v1", "BGPPeer", "bgppeers", False),
    ("crd.projectcalico.org", "v1", "BGPConfiguration", "bgpconfigurations", False),
    ("crd.projectcalico.org", "v1", "FelixConfiguration", "felixconfigurations", False),
    ("crd.projectcalico.org", "v1", "HostEndpoint", "hostendpoints", False),
    ("crd.projectcalico.org", "v1", "GlobalNetworkPolicy", "globalnetworkpolicies", False),
    ("crd.projectcalico.org", "v1", "IPAMBlock", "ipamblocks", False),
    (
        "k8s.cni.cncf.io",
        "v1",
        "NetworkAttachmentDefinition",
        "network-attachment-definitions",
        True,
    ),
    ("sriovnetwork.openshift.io", "v1", "SriovNetworkNodePolicy", "sriovnetworknodepolicies", True),
    ("sriovnetwork.openshift.io", "v1", "SriovNetworkNodeState", "sriovnetworknodestates", True),
    ("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", True),
    ("source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories", True),
    ("source.toolkit.fluxcd.io", "v1", "HelmChart", "helmcharts", True),
    ("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", True),
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", True),
    ("cert-manager.io", "v1", "Certificate", "certificates", True),
)


def definition(
    group: str, version: str, kind: str, plural: str, namespaced: bool
) -> Dict[str, Any]:
    """Return the least definition of a kind: any fields, as few of its columns as can be."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.casefold()},
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }


def made(
    kind: str, name: str, namespace: str = "", /, api: str = "v1", **more: Any
) -> Dict[str, Any]:
    """Return an object."""
    metadata: Dict[str, Any] = {"name": name, **more.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


def _pods(image: str, **more: Any) -> Dict[str, Any]:
    labels = more.pop("labels")
    container = {"name": "main", "image": image, **more.pop("container", {})}
    return {
        "metadata": {"labels": labels, **more.pop("metadata", {})},
        "spec": {"containers": [container], **more},
    }


def _set(
    kind: str, name: str, namespace: str, image: str, replicas: int = 1, **more: Any
) -> Dict[str, Any]:
    labels = {"app": name}
    spec: Dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": _pods(image, labels=labels, **more),
    }
    if kind != "DaemonSet":
        spec["replicas"] = replicas
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return made(kind, name, namespace, api="apps/v1", spec=spec)


def controllers() -> Iterator[Dict[str, Any]]:
    """Yield the two controllers, each with sixteen virtual functions."""
    for name in ("controller-0", "controller-1"):
        one = node(name, **{SRIOV_NET: "16"})
        one["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = ""
        yield one


def objects() -> Iterator[Dict[str, Any]]:
    """Yield all that is applied, in order."""
    for name in ("oran", "monitor", "lab", "flux-helm"):
        yield made("Namespace", name)
    yield _set("Deployment", "web", "lab", f"{REGISTRY}/lab/web:8", 3)
    yield _set("StatefulSet", "elastic", "monitor", f"{REGISTRY}/monitor/elastic:8.14", 1)
    yield _set("DaemonSet", "collector", "monitor", f"{REGISTRY}/monitor/collector:1")
    wants = {"limits": {SRIOV_NET: "2"}, "requests": {SRIOV_NET: "2", "cpu": "8", "memory": "4Gi"}}
    networks = {"annotations": {"k8s.v1.cni.cncf.io/networks": "fronthaul,fronthaul@net2"}}
    yield _set(
        "StatefulSet",
        "du",
        "oran",
        f"{REGISTRY}/oran/du:3.1",
        1,
        container={"resources": wants},
        metadata=networks,
    )
    yield made(
        "PersistentVolumeClaim",
        "data",
        "lab",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "general",
            "resources": {"requests": {"storage": "5Gi"}},
        },
    )
    volume = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    yield _set("Deployment", "db", "lab", f"{REGISTRY}/lab/db:2", 1, volumes=volume)
    yield made(
        "Pod",
        "debug",
        "lab",
        spec={
            "containers": [{"name": "sh", "image": "busybox"}],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    )
    yield made(
        "Job",
        "migrate",
        "lab",
        api="batch/v1",
        spec={
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "main", "image": "busybox"}],
                }
            }
        },
    )
    yield made(
        "CronJob",
        "backup",
        "lab",
        api="batch/v1",
        spec={
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [{"name": "main", "image": "busybox"}],
                        }
                    }
                }
            },
        },
    )
    yield made("Service", "web", "lab", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})
    yield made(
        "Service", "nothing", "lab", spec={"selector": {"app": "nothing"}, "ports": [{"port": 80}]}
    )
    yield made(
        "Ingress",
        "web",
        "lab",
        api="networking.k8s.io/v1",
        spec={"ingressClassName": "nginx", "rules": [{"host": "web.lab"}]},
    )
    yield made(
        "NetworkPolicy",
        "closed",
        "lab",
        api="networking.k8s.io/v1",
        spec={"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
    )
    yield made("ConfigMap", "settings", "lab", data={"a": "1", "b": "2"})
    yield made("Secret", "password", "lab", stringData={"password": "opensesame"})
    yield made("ResourceQuota", "small", "lab", spec={"hard": {"pods": "20"}})
    yield made(
        "PodDisruptionBudget",
        "web",
        "lab",
        api="policy/v1",
        spec={"minAvailable": 3, "selector": {"matchLabels": {"app": "web"}}},
    )
    yield made(
        "StorageClass",
        "general",
        api="storage.k8s.io/v1",
        provisioner="rook-ceph.rbd.csi.ceph.com",
        metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    )
    yield made(
        "PersistentVolume",
        "pv-1",
        spec={
            "capacity": {"storage": "5Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/tmp/pv-1"},
        },
    )
    yield from customs()


def customs() -> Iterator[Dict[str, Any]]:
    """Yield objects of what StarlingX adds, one of each kind and some that are not well."""
    calico = "crd.projectcalico.org/v1"
    yield made(
        "IPPool",
        "default-ipv4-ippool",
        api=calico,
        spec={
            "cidr": "172.16.0.0/16",
            "ipipMode": "Always",
            "vxlanMode": "Never",
            "natOutgoing": True,
            "blockSize": 26,
        },
    )
    yield made(
        "BGPPeer",
        "leaf-1",
        api=calico,
        spec={"peerIP": "10.10.0.1", "asNumber": 64512, "node": "controller-0"},
    )
    yield made(
        "BGPConfiguration",
        "default",
        api=calico,
        spec={"asNumber": 64512, "nodeToNodeMeshEnabled": True},
    )
    yield made(
        "FelixConfiguration",
        "default",
        api=calico,
        spec={"logSeverityScreen": "Warning", "bpfLogLevel": ""},
    )
    yield made(
        "HostEndpoint",
        "controller-0-oam",
        api=calico,
        spec={"node": "controller-0", "interfaceName": "oam0", "expectedIPs": ["10.20.30.3"]},
    )
    yield made(
        "GlobalNetworkPolicy",
        "controller-oam-if-gnp",
        api=calico,
        spec={"selector": "has(iftype)", "order": 100, "types": ["Ingress"]},
    )
    yield made(
        "IPAMBlock",
        "172-16-192-64-26",
        api=calico,
        spec={
            "cidr": "172.16.192.64/26",
            "affinity": "host:controller-0",
            "allocations": [0, None, 1],
        },
    )
    yield made(
        "NetworkAttachmentDefinition",
        "fronthaul",
        "oran",
        api="k8s.cni.cncf.io/v1",
        metadata={"annotations": {"k8s.v1.cni.cncf.io/resourceName": SRIOV_NET}},
        spec={"config": json.dumps({"cniVersion": "0.3.1", "type": "sriov", "vlan": 100})},
    )
    sriov = "sriovnetwork.openshift.io/v1"
    yield made(
        "SriovNetworkNodePolicy",
        "datanet-a",
        "oran",
        api=sriov,
        spec={
            "resourceName": "datanet_a",
            "numVfs": 16,
            "deviceType": "vfio-pci",
            "nicSelector": {"pfNames": ["ens1f0"]},
        },
    )
    yield made(
        "SriovNetworkNodeState",
        "controller-0",
        "oran",
        api=sriov,
        status={"syncStatus": "Succeeded", "interfaces": [{"name": "ens1f0", "numVfs": 16}]},
    )
    source, stalled = (
        "source.toolkit.fluxcd.io/v1",
        {
            "type": "Ready",
            "status": "False",
            "reason": "UpgradeFailed",
            "message": "context deadline exceeded: mariadb not ready",
            "lastTransitionTime": "2026-11-26T10:00:00Z",
        },
    )
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Succeeded",
        "message": "ok",
        "lastTransitionTime": "2026-11-26T10:00:00Z",
    }
    chart = {"chart": {"spec": {"chart": "mariadb"}}, "interval": "5m"}
    yield made(
        "HelmRelease",
        "mariadb",
        "flux-helm",
        api="helm.toolkit.fluxcd.io/v2",
        spec=chart,
        status={"conditions": [stalled], "lastAppliedRevision": "0.2.1"},
    )
    yield made(
        "HelmRelease",
        "cert-manager",
        "flux-helm",
        api="helm.toolkit.fluxcd.io/v2",
        spec=chart,
        status={"conditions": [ready], "lastAppliedRevision": "1.13.2"},
    )
    yield made(
        "HelmRepository",
        "stx-platform",
        "flux-helm",
        api=source,
        spec={"url": "http://192.168.206.1:8080/helm_charts/stx-platform"},
        status={"conditions": [ready]},
    )
    yield made(
        "HelmChart",
        "mariadb",
        "flux-helm",
        api=source,
        spec={"chart": "mariadb"},
        status={"conditions": [ready], "artifact": {"revision": "0.2.1"}},
    )
    yield made(
        "GitRepository",
        "site",
        "flux-helm",
        api=source,
        spec={"url": "https://git.lab/site", "suspend": True},
    )
    yield made(
        "Kustomization",
        "site",
        "flux-helm",
        api="kustomize.toolkit.fluxcd.io/v1",
        spec={"path": "./site"},
        status={"conditions": [ready], "lastAppliedRevision": "main@sha1:1"},
    )
    yield made(
        "Certificate",
        "registry",
        "lab",
        api="cert-manager.io/v1",
        spec={
            "secretName": "registry-tls",
            "issuerRef": {"name": "system-local-ca"},
            "dnsNames": ["registry.local"],
        },
        status={
            "notAfter": "2027-01-30T00:00:00Z",
            "renewalTime": "2027-01-15T00:00:00Z",
            "conditions": [ready],
        },
    )


def unwell(peer: Cluster) -> None:
    """Have pods fail as a kubelet would say it: kwok itself has no such words."""
    names = {
        one["metadata"]["name"]: one["metadata"]["namespace"]
        for one in _listed(peer, "/api/v1/pods")
    }
    crash = {
        "name": "main",
        "image": f"{REGISTRY}/monitor/elastic:8.14",
        "ready": False,
        "restartCount": 41,
        "state": {
            "waiting": {
                "reason": "CrashLoopBackOff",
                "message": "back-off 5m0s restarting failed container",
            }
        },
        "lastState": {
            "terminated": {
                "exitCode": 137,
                "reason": "OOMKilled",
                "finishedAt": "2026-11-26T10:00:00Z",
                "startedAt": "2026-11-26T09:59:00Z",
            }
        },
    }
    image = f"{REGISTRY}/lab/web:9"
    pull = {
        "name": "main",
        "image": image,
        "ready": False,
        "restartCount": 0,
        "state": {
            "waiting": {
                "reason": "ImagePullBackOff",
                "message": f"Back-off pulling image {image}: ErrImagePull: manifest unknown",
            }
        },
    }
    web = min(name for name in names if name.startswith("web-"))
    for name, status in (("elastic-0", crash), (web, pull)):
        phase = "Running" if status is crash else "Pending"
        body = {
            "status": {
                "phase": phase,
                "containerStatuses": [status],
                "conditions": [
                    {
                        "type": "Ready",
                        "status": "False",
                        "lastTransitionTime": "2026-11-26T10:00:00Z",
                    }
                ],
            }
        }
        peer.ask(
            "PATCH",
            f"/api/v1/namespaces/{names[name]}/pods/{name}/status",
            body,
            "application/strategic-merge-patch+json",
        )


def laid(peer: Cluster) -> None:
    """Lay the site out on a control plane, and wait until its pods stand as they will."""
    peer.apply(*controllers(), *(definition(*one) for one in DEFINED))
    peer.until(
        lambda: all(_ready(one) for one in _listed(peer, "/api/v1/nodes")), "nodes are ready"
    )
    peer.kubectl("wait", "--for=condition=Established", "crd", "--all")
    peer.apply(*objects())

    def stand() -> bool:
        phases = [one.get("status", {}).get("phase") for one in _listed(peer, "/api/v1/pods")]
        # The database waits for a claim that nobody fills.
        return len(phases) >= 9 and phases.count("Pending") <= 1

    peer.until(stand, "pods run")
    unwell(peer)
    from tests.peers.site_storage import laid_storage

    laid_storage(peer)


def _listed(peer: Cluster, path: str) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = peer.ask("GET", path)["items"]
    return found


def _ready(one: Dict[str, Any]) -> bool:
    return any(
        c["type"] == "Ready" and c["status"] == "True" for c in one["status"].get("conditions", ())
    )


def record(peer: Cluster) -> None:
    """Write what the API server says of every declared kind, without what nobody keeps."""
    from backend.kind import Kube
    from backend.kinds.kubernetes import KUBE_KINDS

    SAMPLES.mkdir(parents=True, exist_ok=True)
    for kind in KUBE_KINDS:
        if not isinstance(kind.read, Kube):
            continue
        read = kind.read
        version = read.version or next(
            v for g, v, _, p, _ in DEFINED if (g, p) == (read.group, read.plural)
        )
        path = f"/apis/{read.group}/{version}/{read.plural}" if read.group else read.path()
        listed = peer.ask("GET", f"{path}?limit=12")
        for item in listed["items"]:
            item["metadata"].pop("managedFields", None)
            item["metadata"].get("annotations", {}).pop(
                "kubectl.kubernetes.io/last-applied-configuration", None
            )
            if kind.name == "secrets":
                item["data"] = dict.fromkeys(item.get("data") or (), "")
        text = json.dumps(listed, indent=1, sort_keys=True)
        (SAMPLES / f"{kind.name}.json").write_text(text + "\n", encoding="utf-8")


def record_resources(peer: Cluster) -> None:
    """Write which resources the API server says it knows."""
    from backend.settings import CloudSettings
    from backend.sources.kube import KubeSource
    from backend.sources.tls import Pins

    async def ask() -> List[Dict[str, Any]]:
        settings = CloudSettings(name="site-7", kubeconfig=str(peer.kubeconfig))
        source = KubeSource(settings, Pins(peer.room / "pins.json"), lambda: 0)
        rows = await source.resources()
        await source.close()
        return [dict(row) for row in rows()]

    text = json.dumps({"items": asyncio.run(ask())}, indent=1, sort_keys=True)
    (SAMPLES / "api-resources.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with cluster() as started:
        laid(started)
        record(started)
        record_resources(started)
