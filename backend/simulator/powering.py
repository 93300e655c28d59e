"""Power by a host's own baseboard, which asks nobody: what becomes of the host then."""

from __future__ import annotations

from backend.simulator import enabling
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.rungs import BOOT_S, Rung, booted, both, climb, stopped, take

# Seconds until maintenance powers an unlocked host on again that somebody cut.
NOTICED_S = 60


def is_on(cloud: Cloud, host: Host) -> bool:
    """Whether a host has power: cut by its baseboard or by sysinv it has none."""
    return host.uuid not in cloud.unpowered and host.availability != "power-off"


def cut(cloud: Cloud, host: Host) -> None:
    """Cut the power. An unlocked host is powered on again by maintenance, if any is left."""
    if not is_on(cloud, host):
        return
    alone = enabling.is_alone(cloud, host)
    cloud.unpowered.add(host.uuid)
    if host.administrative == "locked" or alone:
        states = both(availability="offline")
        if alone and host.administrative == "unlocked":
            states = both(operational="disabled", availability="failed")
        take(cloud, host, Rung("cut", 0, {"task": "", **states}, stopped))
        climb(cloud, host, ())
        return
    enabling.fail(cloud, host)
    climb(cloud, host, ())

    def notice() -> None:
        if host.uuid in cloud.unpowered and host.administrative == "unlocked":
            give(cloud, host)

    cloud.clock.at(cloud.jitter(NOTICED_S), notice)


def give(cloud: Cloud, host: Host) -> None:
    """Give the power back: it boots, and comes online or, unlocked, into service."""
    if is_on(cloud, host):
        return
    cloud.unpowered.discard(host.uuid)
    if host.administrative == "unlocked":
        climb(cloud, host, enabling.reboot_and_enable(cloud, host, 0))
        return
    take(cloud, host, Rung("booting", 0, both(availability="offline"), stopped))
    online = {"task": "", **both(availability="online")}
    climb(cloud, host, (Rung("online", BOOT_S, online, booted),))


def reset(cloud: Cloud, host: Host) -> None:
    """Press the reset button: it goes down and boots, whatever ran there."""
    if is_on(cloud, host):
        enabling.fail(cloud, host)
