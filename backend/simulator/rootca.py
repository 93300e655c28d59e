"""A new root CA for Kubernetes: made, and brought to hosts and pods, as sysinv takes it."""

from __future__ import annotations

import json
import re

from backend.simulator import alarms, shared
from backend.simulator.bodies import patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json, iso
from backend.simulator.refuse import client, no_such_method, no_such_path

NAME = "kube_rootca_update"
HOST_PHASES = {
    "trust-both-cas": "update-new-rootca-cert-generated",
    "update-certs": "updated-pods-trust-both-cas",
    "trust-new-ca": "updated-host-update-certs",
}
POD_PHASES = {
    "trust-both-cas": "updated-host-trust-both-cas",
    "trust-new-ca": "updated-host-trust-new-ca",
}
HOST_S, PODS_S = 60, 120
NO_UPDATE = "No update in progress."


def reply(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Answer what came for kube_rootca_update."""
    if request.method == "GET" and path == ["hosts"]:
        return answer({"kube_host_updates": _hosts(cloud, _the(cloud, "list"))})
    if request.method in {"GET", "HEAD"}:
        return shared.reply(cloud, request, NAME, path)
    if request.method == "POST":
        act = {(): _start, ("generate_cert",): generate, ("pods",): _pods}.get(tuple(path))
        if act is None:
            raise no_such_path()
        return act(cloud, json.loads(request.body or b"{}"))
    if request.method == "PATCH":
        return end(cloud, str(patch_of(request).get("state", "")))
    raise no_such_method(request.method, "GET, PATCH, POST")


def _the(cloud: Cloud, what: str) -> Json:
    if cloud.kube.rootca is None:
        raise client(f"kube-rootca-{what} rejected: {NO_UPDATE}")
    return cloud.kube.rootca


def _nodes(cloud: Cloud) -> list[Host]:
    return [host for host in cloud.hosts if host.personality in {"controller", "worker"}]


def _hosts(cloud: Cloud, at: Json) -> list[Json]:
    done: dict[str, str] = cloud.kube.rootca_hosts
    return [
        {
            "hostname": host.name,
            "personality": host.personality,
            "state": done.get(host.uuid),
            "effective_rootca_cert": at["from_rootca_cert"],
            "target_rootca_cert": at["to_rootca_cert"],
        }
        for host in _nodes(cloud)
    ]


def _start(cloud: Cloud, _body: Json) -> Answer:
    return start(cloud)


def start(cloud: Cloud) -> Answer:
    """Begin an update."""
    at = cloud.kube.rootca
    if at is not None and at["state"] != "update-aborted":
        raise client("A kubernetes rootca update is already in progress")
    words = "A kubernetes rootca update cannot be done while a {} is in progress"
    if cloud.software.deploy is not None:
        raise client(words.format("platform upgrade"))
    if cloud.kube.upgrade is not None:
        raise client(words.format("kube upgrade"))
    cloud.kube.rootca_hosts.clear()
    cloud.kube.rootca = {
        "uuid": cloud.new_uuid(),
        "state": "update-started",
        "from_rootca_cert": "d70efa2daaee06f8-1",
        "to_rootca_cert": None,
        "created_at": iso(cloud.now()),
        "updated_at": None,
    }
    alarms.lift(cloud, "900.009")
    alarms.stand(cloud, "900.008")
    return answer(cloud.kube.rootca)


def generate(cloud: Cloud, body: Json) -> Answer:
    """Make the new root CA."""
    at = _the(cloud, "update-generate-cert")
    subject = body.get("subject")
    if subject and not re.search(r"CN=\S", subject):
        raise client(
            "The CN=<commonName> parameter is required to be specified in subject argument"
        )
    if at["state"] != "update-started":
        return answer({"success": "", "error": "kube-rootca-update-generate-cert rejected"})
    at["to_rootca_cert"] = "d70efa2daaee06f8-2"
    _to(cloud, at, "update-new-rootca-cert-generated")
    return answer({"success": at["to_rootca_cert"], "error": ""})


def _to(cloud: Cloud, at: Json, state: str) -> None:
    at["state"], at["updated_at"] = state, iso(cloud.now())


def _pods(cloud: Cloud, body: Json) -> Answer:
    return pods(cloud, str(body.get("phase", "")).lower())


def pods(cloud: Cloud, phase: str) -> Answer:
    """Restart all pods in one phase."""
    at = _the(cloud, "pods-update")
    if phase not in POD_PHASES:
        raise client(f"kube-rootca-pods-update rejected: phase {phase} not supported.")
    before, runs = POD_PHASES[phase], f"updating-pods-{phase}"
    if at["state"] not in {before, f"{runs}-failed"}:
        raise client(
            f"kube-rootca-pods-update phase {phase} rejected: not allowed when cluster update is "
            f"in state: {at['state']}. (only allowed when in state: {before} or {runs}-failed)"
        )
    _to(cloud, at, runs)

    def over() -> None:
        if at["state"] == runs:
            failed = runs in cloud.software.doomed
            cloud.software.doomed.discard(runs)
            _to(cloud, at, f"{runs}-failed" if failed else f"updated-pods-{phase}")

    cloud.clock.at(cloud.jitter(PODS_S), over)
    return answer(at)


def host_update(cloud: Cloud, host: Host, phase: str) -> Answer:
    """POST /v1/ihosts/HOST/kube_update_ca: one host in one phase; one after the other."""
    at = _the(cloud, f"host-update phase {phase}")
    if phase not in HOST_PHASES:
        raise client("kube-rootca-host-update rejected: not supported phase.")
    _may(cloud, host, at, phase)
    runs = f"updating-host-{phase}"
    _to(cloud, at, runs)
    cloud.kube.rootca_hosts[host.uuid] = runs
    cloud.clock.at(cloud.jitter(HOST_S), lambda: _host_done(cloud, host, at, phase))
    return answer({"hostname": host.name, "state": runs, "uuid": cloud.new_uuid()})


def _may(cloud: Cloud, host: Host, at: Json, phase: str) -> None:
    states = cloud.kube.rootca_hosts
    runs, words = f"updating-host-{phase}", f"kube-rootca-host-update phase {phase} rejected: "
    for one in _nodes(cloud):
        if states.get(one.uuid) == runs:
            raise client(f"{words}procedure phase in progress on host {one.name}")
    if states.get(host.uuid) == f"updated-host-{phase}":
        raise client(f"{words}procedure phase already completed on host {host.name}")
    if at["state"] not in {HOST_PHASES[phase], runs, f"{runs}-failed"}:
        raise client(
            f"{words}procedure phase not allowed when cluster update is in state: {at['state']} "
            f"(only allowed when in state: {HOST_PHASES[phase]})."
        )


def _host_done(cloud: Cloud, host: Host, at: Json, phase: str) -> None:
    runs, done = f"updating-host-{phase}", f"updated-host-{phase}"
    if at["state"] != runs:
        return
    if host.name in cloud.software.doomed:
        cloud.software.doomed.discard(host.name)
        cloud.kube.rootca_hosts[host.uuid] = f"{runs}-failed"
        _to(cloud, at, f"{runs}-failed")
        return
    cloud.kube.rootca_hosts[host.uuid] = done
    if all(cloud.kube.rootca_hosts.get(one.uuid) == done for one in _nodes(cloud)):
        _to(cloud, at, done)


def end(cloud: Cloud, state: str) -> Answer:
    """Complete an update, or abort it."""
    at = _the(cloud, "update")
    if state not in {"update-completed", "update-aborted"}:
        raise client(f"Invalid state {state} supplied")
    if state == "update-aborted":
        alarms.stand(cloud, "900.009")
    elif at["state"] != "updated-pods-trust-new-ca":
        raise client(
            "kube-rootca-update-complete rejected: Expect to find cluster update state "
            f"updated-pods-trust-new-ca, not allowed when cluster update state is {at['state']}."
        )
    _to(cloud, at, state)
    alarms.lift(cloud, "900.008")
    if state == "update-completed":
        cloud.kube.rootca = None
    return answer(at)
