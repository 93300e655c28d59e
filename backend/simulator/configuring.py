"""Configuration on its way to the hosts: out of date at once, applied at run time or by a boot."""

from __future__ import annotations

from backend.simulator import alarms
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host

OUT_OF_DATE = "Config out-of-date"
# How long a manifest takes at run time, in seconds.
APPLY_S = 40.0
EVERYWHERE = ("controller", "worker", "storage")


def require(cloud: Cloud, *personalities: str, reboot: bool = False) -> None:
    """Give the hosts of these sorts a new configuration; with ``reboot`` only a boot applies it."""
    target = cloud.new_uuid()
    told = [
        host
        for host in cloud.hosts
        if host.personality in personalities and host.invprovision == "provisioned"
    ]
    for host in told:
        cloud.touch(host, config_target=target, config_status=OUT_OF_DATE)
        if reboot:
            host.reboot_needed = True
    alarms.review(cloud, *told)
    if not reboot:
        cloud.clock.at(cloud.jitter(APPLY_S), lambda: _applied(cloud, told, target))


def _applied(cloud: Cloud, hosts: list[Host], target: str) -> None:
    """What serves has it now, unless it waits for a boot, or for what came after."""
    done = [
        host
        for host in hosts
        if host.is_serving and not host.reboot_needed and host.config_target == target
    ]
    for host in done:
        cloud.touch(host, config_applied=target, config_status="")
    alarms.review(cloud, *done)
