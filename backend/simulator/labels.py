"""Labels of hosts: Kubernetes' labels as sysinv keeps and assigns them."""

from __future__ import annotations

from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client, no_such_method, server

# Labels that change what runs on a host: it must be locked for them.
LOCKED_ONLY = {
    "openstack-compute-node",
    "sriovdp",
    "kube-cpu-mgr-policy",
    "kube-topology-mgr-policy",
}


def of(cloud: Cloud, host: Host) -> list[Json]:
    return cloud.labels.get(host.uuid, [])


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came below /platform/v1/labels."""
    if request.method == "POST" and path:
        return _assign(cloud, request, path[0])
    if request.method == "DELETE" and path:
        return _remove(cloud, path[0])
    if request.method not in {"GET", "HEAD"}:
        raise no_such_method(request.method, "DELETE, GET, POST")
    if not path:
        raise server("'Connection' object has no attribute 'label_get_list'")
    _, label = _find(cloud, path[0])
    return answer(label)


def _assign(cloud: Cloud, request: Request, ref: str) -> Answer:
    host = cloud.host(ref)
    if host is None:
        raise client(f"Server {ref} could not be found.", 404)
    wanted = object_of(request)
    overwrite = request.arg("overwrite") in {"True", "true", "1"}
    there = {label["label_key"]: label for label in of(cloud, host)}
    _refuse(host, wanted, there, overwrite=overwrite)
    made = []
    for key, value in wanted.items():
        if key in there:
            there[key]["label_value"] = value
            made.append(there[key])
        else:
            made.append(new(cloud, host, key, value))
    return answer({"labels": made})


def _refuse(host: Host, wanted: Json, there: dict[str, Json], *, overwrite: bool) -> None:
    held = sorted(key for key in wanted if key in LOCKED_ONLY)
    if held and host.administrative == "unlocked":
        raise client(f"Host {host.name} must be locked for label(s)={held}.")
    for key in wanted:
        if key in there and not overwrite:
            raise client(
                f"Label {key} exists for host {host.name}. Use overwrite option to assign a new "
                "value."
            )


def new(cloud: Cloud, host: Host, key: str, value: str) -> Json:
    """Put a label on a host."""
    label = {
        "uuid": cloud.new_uuid(),
        "label_key": key,
        "label_value": value,
        "host_uuid": host.uuid,
    }
    cloud.labels.setdefault(host.uuid, []).append(label)
    return label


def _find(cloud: Cloud, uuid: str) -> tuple[str, Json]:
    for host_uuid, rows in cloud.labels.items():
        for label in rows:
            if label["uuid"] == uuid:
                return host_uuid, label
    raise client(f"No label found for {uuid}")


def _remove(cloud: Cloud, uuid: str) -> Answer:
    host_uuid, label = _find(cloud, uuid)
    host = cloud.host(host_uuid)
    if host is not None and host.administrative == "unlocked" and label["label_key"] in LOCKED_ONLY:
        raise client(f"Host {host.name} must be locked for label(s)=['{label['label_key']}'].")
    cloud.labels[host_uuid].remove(label)
    return Answer(status=204)
