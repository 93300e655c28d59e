"""Kubernetes as sysinv tells of it: its cluster, versions, each host's, and the image registry."""

from __future__ import annotations

import base64
import textwrap
from typing import Callable

from backend.simulator.addressing import subnet
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.images import named
from backend.simulator.kube import VERSIONS
from backend.simulator.kube_upgrade import nodes
from backend.simulator.model import Json
from backend.simulator.paging import known
from backend.simulator.refuse import client


def pem(kind: str, words: str) -> str:
    """Text with the look of a PEM file, and words in it instead of a certificate or a key."""
    body = "\n".join(textwrap.wrap(base64.b64encode(f"pretend {words}".encode()).decode(), 64))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"


def _clusters(cloud: Cloud) -> list[Json]:
    return [
        {
            "cluster_name": "kubernetes",
            "cluster_version": cloud.kube.running,
            "cluster_api_endpoint": f"https://{subnet(cloud, 'oam')[2]}:6443",
            "cluster_ca_cert": pem("CERTIFICATE", "root of the cluster"),
            "admin_client_cert": pem("CERTIFICATE", "administrator of the cluster"),
            "admin_client_key": pem("PRIVATE KEY", "key of the administrator"),
            "admin_user": "kubernetes-admin",
            "admin_token": "pretend-token",
        }
    ]


def _versions(cloud: Cloud) -> list[Json]:
    """Each version, and from and to which one goes: one step at a time."""
    names = list(VERSIONS)
    return [
        {
            "version": name,
            "upgrade_from": names[max(place - 1, 0) : place],
            "downgrade_to": [],
            "applied_patches": [],
            "available_patches": [],
            "target": name == cloud.kube.running,
            "state": cloud.kube.state(name),
        }
        for place, name in enumerate(names)
    ]


def _host_upgrades(cloud: Cloud) -> list[Json]:
    """What runs on each host that is a node; storage hosts are none."""
    return [
        {
            "id": host.id,
            "uuid": cloud.uuid_of(host.uuid, "kube upgrade"),
            "target_version": (cloud.kube.upgrade or {}).get("to_version"),
            "status": cloud.kube.statuses.get(host.uuid),
            "control_plane_version": (
                cloud.kube.plane(host) if host.personality == "controller" else "N/A"
            ),
            "kubelet_version": cloud.kube.kubelet(host),
            "host_id": host.id,
            "links": [],
        }
        for host in nodes(cloud)
    ]


SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "kube_clusters": _clusters,
    "kube_versions": _versions,
    "kube_host_upgrades": _host_upgrades,
}


def command_versions(cloud: Cloud) -> Json:
    """A bare object; its versions are without the v."""
    number = cloud.kube.running[1:]
    return {
        "kubeadm_version": number,
        "kubelet_version": number,
        "created_at": None,
        "updated_at": None,
    }


def images(cloud: Cloud, request: Request) -> Answer:
    """The registry's images, or one image's tags."""
    known(request, "image_name", "filter_out_untagged")
    name = request.arg("image_name")
    rows = named(cloud.images, name)
    if rows is None:
        raise client(f"Image {name} is not found in the registry.", 404)
    return answer({"registry_images": rows})
