"""What each step of a strategy does to the pretend hosts, and when it is over, well or not."""

from __future__ import annotations

from typing import Callable, Optional

from backend.simulator import kube_upgrade, patching, programming, rootca, software, stages
from backend.simulator.cloud import Cloud
from backend.simulator.life import perform
from backend.simulator.model import Host, Json
from backend.simulator.refuse import Refusal

# Given the seconds gone: None while it runs, "" when done, else why it failed.
Done = Callable[[float], Optional[str]]


def begin(cloud: Cloud, at: Json, step: Json, hosts: list[Host]) -> Done:
    """Begin what a step does and return how to tell that it is over; it fails where ordered to."""
    name = step["step-name"]
    if cloud.software.doomed & {name}:
        cloud.software.doomed.discard(name)
        return lambda _gone: f"{name} failed"
    try:
        if name in _ON_HOSTS:
            return _ON_HOSTS[name](cloud, hosts)
        if name in _ON_SYSTEM:
            return _ON_SYSTEM[name](cloud, at)
    except Refusal as refusal:
        words = refusal.sentence
        return lambda _gone: f"{name}: {words}"
    lasts = cloud.jitter(stages.USUAL.get(name, stages.LASTS))
    return lambda gone: "" if gone >= lasts else None


def _lock(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        if host.administrative == "unlocked":
            perform(cloud, host, "lock")
    return lambda _gone: "" if all(_is_out(host) for host in hosts) else None


def _is_out(host: Host) -> bool:
    return (host.administrative, host.availability) == ("locked", "online")


def _unlock(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        if host.administrative == "locked":
            perform(cloud, host, "unlock")

    def done(_gone: float) -> Optional[str]:
        if not all(host.is_serving and host.availability == "available" for host in hosts):
            return None
        for host in hosts:
            software.unlocked(cloud, host)
            patching.unlocked(cloud, host)
        return ""

    return done


def _swact(cloud: Cloud, hosts: list[Host]) -> Done:
    active = [host for host in hosts if host.is_active]
    for host in active:
        perform(cloud, host, "swact")
    return lambda _gone: "" if not any(host.is_active for host in hosts) else None


def _sync(cloud: Cloud, _hosts: list[Host]) -> Done:
    return lambda _gone: None if cloud.recovering else ""


def _deploy(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        software.deploy_host(cloud, host)

    def done(_gone: float) -> Optional[str]:
        states = {cloud.software.hosts[host.name]["host_state"] for host in hosts}
        failed = "Deploy hosts failed" if "failed" in states else None
        return "" if states == {"deployed"} else failed

    return done


def _start(cloud: Cloud, at: Json) -> Done:
    software.start(cloud, at["release"][0])
    return lambda _gone: _reached(cloud, "start-done", "start-failed")


def _activate(cloud: Cloud, _at: Json) -> Done:
    software.activate(cloud)
    return lambda _gone: _reached(cloud, "activate-done", "activate-failed")


def _complete(cloud: Cloud, _at: Json) -> Done:
    software.complete(cloud)
    return lambda _gone: _reached(cloud, "completed", "")


def _forget(cloud: Cloud, _at: Json) -> Done:
    software.delete(cloud)
    return lambda _gone: ""


def _kube(state: str, done: str) -> Callable[[Cloud, Json], Done]:
    def work(cloud: Cloud, _at: Json) -> Done:
        kube_upgrade.ask(cloud, state)
        return lambda _gone: _kube_reached(cloud, done)

    return work


def _kube_reached(cloud: Cloud, done: str) -> Optional[str]:
    state = cloud.kube.upgrade["state"] if cloud.kube.upgrade else ""
    return "" if state == done else f"it is {state}" if state.endswith("failed") else None


def _kube_start(cloud: Cloud, at: Json) -> Done:
    kube_upgrade.start(cloud, at["to-version"])
    return lambda _gone: ""


def _kube_plane(*, first: bool) -> Callable[[Cloud, Json], Done]:
    def work(cloud: Cloud, _at: Json) -> Done:
        active = [host for host in cloud.of("controller") if host.is_active == first]
        kube_upgrade.control_plane(cloud, (active or cloud.of("controller"))[0])
        return lambda _gone: _kube_reached(
            cloud, f"upgraded-{'first' if first else 'second'}-master"
        )

    return work


def _kubelets(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        kube_upgrade.kubelet(cloud, host)
    version = cloud.kube.upgrade["to_version"] if cloud.kube.upgrade else ""
    return lambda _gone: "" if all(cloud.kube.kubelet(h) == version for h in hosts) else None


# --- firmware, the root CA, configuration -------------------------------------------------------


def _firmware(cloud: Cloud, hosts: list[Host]) -> Done:
    for host in hosts:
        programming.begin(cloud, host)

    def done(_gone: float) -> Optional[str]:
        states = {host.name: host.device_image_update for host in hosts}
        if "in-progress" in states.values():
            return None
        failed = [name for name, state in states.items() if state != "completed"]
        return f"firmware update of {', '.join(failed)} failed" if failed else ""

    return done


def _config(cloud: Cloud, hosts: list[Host]) -> Done:
    lasts = cloud.jitter(stages.LASTS)

    def done(gone: float) -> Optional[str]:
        doomed = cloud.software.doomed & {host.name for host in hosts}
        cloud.software.doomed -= doomed
        if doomed:
            return f"the configuration of {', '.join(sorted(doomed))} was not brought up to date"
        return "" if gone >= lasts and all(map(_is_out, hosts)) else None

    return done


def _rootca(cloud: Cloud, _at: Json) -> Done:
    rootca.start(cloud)
    return lambda _gone: _rootca_reached(cloud, "update-started")


def _rootca_cert(cloud: Cloud, at: Json) -> Done:
    rootca.generate(cloud, at)
    return lambda _gone: _rootca_reached(cloud, "update-new-rootca-cert-generated")


def _rootca_pods(phase: str) -> Callable[[Cloud, Json], Done]:
    def work(cloud: Cloud, _at: Json) -> Done:
        rootca.pods(cloud, phase)
        return lambda _gone: _rootca_reached(cloud, f"updated-pods-{phase}")

    return work


def _rootca_hosts(phase: str) -> Callable[[Cloud, list[Host]], Done]:
    def work(cloud: Cloud, hosts: list[Host]) -> Done:
        for host in hosts:
            rootca.host_update(cloud, host, phase)
        done = f"updated-host-{phase}"

        def look(_gone: float) -> Optional[str]:
            states = [cloud.kube.rootca_hosts.get(host.uuid, "") for host in hosts]
            failed = next((state for state in states if state.endswith("failed")), None)
            return "" if set(states) == {done} else f"it is {failed}" if failed else None

        return look

    return work


def _rootca_complete(cloud: Cloud, _at: Json) -> Done:
    rootca.end(cloud, "update-completed")
    return lambda _gone: ""


def _rootca_reached(cloud: Cloud, done: str) -> Optional[str]:
    state = cloud.kube.rootca["state"] if cloud.kube.rootca else ""
    return "" if state == done else f"it is {state}" if state.endswith("failed") else None


def _reached(cloud: Cloud, state: str, failed: str) -> Optional[str]:
    now = cloud.software.deploy["state"] if cloud.software.deploy else ""
    return "" if now == state else f"deploy is {failed}" if now == failed else None


_ON_HOSTS: dict[str, Callable[[Cloud, list[Host]], Done]] = {
    "lock-hosts": _lock,
    "unlock-hosts": _unlock,
    "swact-hosts": _swact,
    "wait-data-sync": _sync,
    "upgrade-hosts": _deploy,
    "kube-upgrade-kubelet": _kubelets,
    "fw-update-hosts": _firmware,
    "system-config-update-hosts": _config,
    "kube-rootca-update-host-trustbothcas": _rootca_hosts("trust-both-cas"),
    "kube-rootca-update-host-update-certs": _rootca_hosts("update-certs"),
    "kube-rootca-update-host-trustnewca": _rootca_hosts("trust-new-ca"),
}
_ON_SYSTEM: dict[str, Callable[[Cloud, Json], Done]] = {
    "start-upgrade": _start,
    "activate-upgrade": _activate,
    "complete-upgrade": _complete,
    "sw-deploy-delete": _forget,
    "kube-upgrade-start": _kube_start,
    "kube-upgrade-download-images": _kube("downloading-images", "downloaded-images"),
    "kube-pre-application-update": _kube("pre-updating-apps", "pre-updated-apps"),
    "kube-upgrade-networking": _kube("upgrading-networking", "upgraded-networking"),
    "kube-upgrade-storage": _kube("upgrading-storage", "upgraded-storage"),
    "kube-host-cordon": _kube("cordon-started", "cordon-complete"),
    "kube-host-uncordon": _kube("uncordon-started", "uncordon-complete"),
    "kube-upgrade-first-control-plane": _kube_plane(first=True),
    "kube-upgrade-second-control-plane": _kube_plane(first=False),
    "kube-upgrade-complete": _kube("upgrade-complete", "upgrade-complete"),
    "kube-post-application-update": _kube("post-updating-apps", "post-updated-apps"),
    "kube-rootca-update-start": _rootca,
    "kube-rootca-update-generate-cert": _rootca_cert,
    "kube-rootca-update-pods-trustbothcas": _rootca_pods("trust-both-cas"),
    "kube-rootca-update-pods-trustnewca": _rootca_pods("trust-new-ca"),
    "kube-rootca-update-complete": _rootca_complete,
}
