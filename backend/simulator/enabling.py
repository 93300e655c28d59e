"""The way up: an unlocked host until it is available, where it may fail, and how it dies."""

from __future__ import annotations

from typing import Any, Optional

from backend.simulator import alarms, computing, dividing, keeping, monitoring, volumes
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.rungs import BOOT_S, DOWN_S, Rung, booted, both, climb, stopped, take

# Seconds, as a host of a small site usually takes them.
ACCEPTED_S, PREPARED_S, TEST_S = 1, 22, 39
INITIALIZED_S, ENABLED_S, WORKER_S, AVAILABLE_S = 40, 5, 45, 12
RECOVERY_S = 120


def unlock(cloud: Cloud, host: Host) -> tuple[Rung, ...]:
    """From accepted to available. An only controller takes the services down with it."""
    alone = is_alone(cloud, host)
    down = {"administrative": "unlocked", "task": "Rebooting", **both(availability="offline")}
    rungs = (
        Rung("reset", ACCEPTED_S + PREPARED_S, down, _left if alone else _provisioning),
        Rung("booting", DOWN_S, {"task": "Booting"}, stopped),
        Rung("testing", BOOT_S, _testing(host), booted),
        Rung("initializing", TEST_S, {"task": "Initializing"}, _tested),
        Rung("enabled", INITIALIZED_S, _enabled(host), _configured),
    )
    tail: tuple[Rung, ...] = (
        Rung("available", WORKER_S + AVAILABLE_S, {"task": "", **_subfunction()}, _worked),
    )
    if host.is_aio:
        working = Rung("worker", ENABLED_S, {"task": "Enabling Worker Service"})
        return (*rungs, working, *tail)
    return (*rungs, Rung("settled", ENABLED_S, {"task": ""}))


def is_alone(cloud: Cloud, host: Host) -> bool:
    """Whether the services run here and have nowhere else to go."""
    peer = cloud.peer(host)
    return host.is_active and not (peer and peer.is_serving)


def _testing(host: Host) -> dict[str, Any]:
    states = {"availability": "intest", "task": "Testing"}
    return states if host.is_aio else {**both(availability="intest"), "task": "Testing"}


def _enabled(host: Host) -> dict[str, Any]:
    """On AIO the main function is enabled and available while the worker's is still disabled."""
    states: dict[str, Any] = {"operational": "enabled", "availability": "available"}
    if host.is_aio:
        return states
    return {**both(**states), "vim_progress_status": "services-enabled"}


def _subfunction() -> dict[str, str]:
    return {
        "subfunction_oper": "enabled",
        "subfunction_avail": "available",
        "vim_progress_status": "services-enabled",
    }


# stage → the task while it is tried again, and when maintenance has given up


STAGES = {
    "config": (
        "Configuration Failed, re-enabling",
        "Configuration failure, threshold reached, Lock/Unlock to retry",
    ),
    "test": (
        "In-Test Failed, re-enabling",
        "In-Test Failure, threshold reached, Lock/Unlock to retry",
    ),
    "services": (
        "Start Services Failed, re-enabling",
        "Service Failure, threshold reached, Lock/Unlock to retry",
    ),
    "heartbeat": (
        "Enable Heartbeat Failure, re-enabling",
        "Heartbeat Failure, threshold reached, Lock/Unlock to retry",
    ),
}
TRIES = 3
RETRY_S = 30


def _dooms(cloud: Cloud, host: Host, *stages: str) -> Optional[str]:
    """The stage this enable fails at, if it was ordered to; one less to come."""
    stage, left = cloud.doomed.get(host.uuid, ("", 0))
    if left < 1 or stage not in stages:
        return None
    cloud.doomed[host.uuid] = (stage, left - 1)
    return stage


def _tested(cloud: Cloud, host: Host) -> None:
    """The end of the tests: an enable may fail here, is tried again, and given up in the end."""
    stage = _dooms(cloud, host, *STAGES)
    if stage is None:
        host.tries = 0
        return
    host.tries += 1
    again, enough = STAGES[stage]
    given_up = host.tries >= TRIES
    dead = both(operational="disabled", availability="failed")
    cloud.touch(host, task=enough if given_up else again, failing=True, **dead)
    if given_up:
        host.tries = 0
        climb(cloud, host, ())
    else:
        climb(cloud, host, reboot_and_enable(cloud, host, RETRY_S))


def reboot_and_enable(cloud: Cloud, host: Host, after_s: float) -> tuple[Rung, ...]:
    """The way back up of an unlocked host that is rebooted."""
    down = {"task": "Booting", **both(availability="offline")}
    return (Rung("booting", after_s, down, stopped), *unlock(cloud, host)[2:])


def _worked(cloud: Cloud, host: Host) -> None:
    """An AIO host whose worker function fails stays enabled, degraded."""
    if host.is_aio and _dooms(cloud, host, "worker"):
        host.subfunction_oper, host.subfunction_avail = "disabled", "failed"
        cloud.touch(host, task="Worker In-Test Failed, re-enabling")


def _provisioning(cloud: Cloud, host: Host) -> None:
    del cloud
    if host.invprovision == "unprovisioned":
        host.invprovision = "provisioning"


def _left(cloud: Cloud, host: Host) -> None:
    """The machine of the services reboots, and with it all that answers."""
    _provisioning(cloud, host)
    stopped(cloud, host)


def _configured(cloud: Cloud, host: Host) -> None:
    """The boot applied the configuration, and a first unlock provisions the host."""
    cloud.touch(
        host,
        invprovision="provisioned",
        config_applied=host.config_target,
        config_status="",
        kernel_running=host.kernel_provisioned,
        reboot_needed=False,
        failing=False,
    )
    for kept in (computing, dividing, volumes, keeping, monitoring):
        kept.settle(cloud, host)
    active = cloud.active
    if host.personality == "controller" and active is not None and cloud.dark:
        swap(cloud, active)
    if cloud.system.storage == "ceph" and any(host in g for g in alarms.osd_groups(cloud).values()):
        recover(cloud, host, cloud.jitter(RECOVERY_S))


def recover(cloud: Cloud, host: Host, for_s: float) -> None:
    """A host's OSDs fetch what was written while they were away."""
    cloud.recovering.add(host.uuid)
    cloud.ceph.recovery[host.uuid] = (cloud.now(), for_s)

    def done() -> None:
        cloud.recovering.discard(host.uuid)
        alarms.review(cloud)

    cloud.clock.at(for_s, done)


def fail(cloud: Cloud, host: Host) -> None:
    """A host dies. Unlocked it is rebooted till it is back; locked it only goes dark."""
    if host.administrative == "locked":
        down = Rung("down", 0, both(availability="offline"), stopped)
        take(cloud, host, down)
        back = {"task": "", "reinstalling": False, **both(availability="online")}
        climb(cloud, host, (Rung("online", BOOT_S, back, booted),))
        return
    dead = {
        "task": "Rebooting/Resetting Host",
        **both(operational="disabled", availability="failed"),
    }
    host.failing = True
    take(cloud, host, Rung("failed", 0, dead, stopped))
    if host.is_active and not is_alone(cloud, host):
        swap(cloud, host)
    climb(cloud, host, reboot_and_enable(cloud, host, DOWN_S))


def swap(cloud: Cloud, host: Host) -> None:
    """Give the services of the active host to its peer; of another there is nothing to give."""
    cloud.trouble.away.pop("swact", None)
    peer = cloud.peer(host)
    if peer is None or not host.is_active:
        return
    for one, role in ((host, "Standby"), (peer, "Active")):
        cloud.touch(one, capabilities={**one.capabilities, "Personality": f"Controller-{role}"})
    alarms.review(cloud)
