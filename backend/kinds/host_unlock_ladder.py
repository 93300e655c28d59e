"""The steps of an unlock as maintenance goes through them, until what the lock brought is gone."""

from __future__ import annotations

from typing import Callable, Optional, Tuple

from backend.errors import NotConfigured
from backend.kind import Rung
from backend.kinds.alarms import alarms_of
from backend.kinds.host import Host
from backend.kinds.host_fresh import is_with_hosts
from backend.kinds.host_site import is_duplex
from backend.known import Known

Ladder = Tuple[Rung[Host], ...]
Reached = Callable[[Optional[Host], Known], bool]

# Maintenance's own limits in seconds, as shipped; service parameters of `platform maintenance`
# (controller_boot_timeout, worker_boot_timeout) change the first two.
CONTROLLER_BOOT_S, OTHER_BOOT_S, TEST_S, MANIFEST_S = 1200, 720, 600, 480
RETRIES = "it is reset and tried again; after three failures it stays failed"

BOOTED_TASKS = ("testing", "initializing", "enabling")


def when(test: Callable[[Host], bool]) -> Reached:
    """Ask a test of the host alone, where there still is one."""
    return lambda row, _known: row is not None and test(row)


def does(host: Host, *beginnings: str) -> bool:
    """Whether its task begins like one of these (small letters)."""
    return host.doing.casefold().startswith(beginnings)


def _is_heard(host: Host) -> bool:
    return not host.is_locked and (
        host.availability == "intest" or does(host, *BOOTED_TASKS) or host.operational == "enabled"
    )


def _is_tested(host: Host) -> bool:
    return not host.is_locked and (
        does(host, "initializing", "enabling") or host.operational == "enabled"
    )


def _is_in_service(host: Host) -> bool:
    """Whether it works with all functions and maintenance has nothing more to do on it."""
    return host.is_enabled and host.avail in ("available", "degraded") and not host.doing


def unlock(host: Host, known: Known) -> Ladder:
    """Return the way from locked to in service, and until what came with the lock is gone."""
    boot_s = CONTROLLER_BOOT_S if host.is_controller else OTHER_BOOT_S
    way: Ladder = (
        Rung(
            name="accepted by sysinv",
            reached=when(lambda h: does(h, "unlock", "force unlock", "applying manifest")),
            says="locked/disabled/online",
        ),
        Rung(
            name="sysinv prepares its config",
            reached=when(lambda h: not h.is_locked),
            says="task Unlocking",
            gives_up_s=MANIFEST_S,
            then="the unlock fails and it stays locked",
        ),
        Rung(
            name="reset, host goes down",
            reached=when(lambda h: not h.is_locked and does(h, "booting")),
            says="unlocked/disabled/offline",
        ),
        Rung(
            name="boots, heard again (mtcAlive)",
            reached=when(_is_heard),
            says="Booting",
            gives_up_s=boot_s,
            then=RETRIES,
        ),
        Rung(
            name="tests itself (goEnabled)",
            reached=when(_is_tested),
            says="intest, Testing",
            gives_up_s=TEST_S,
            then="In-Test Failed, re-enabling: " + RETRIES,
        ),
        Rung(
            name="services, heartbeat soak",
            reached=when(lambda h: not h.is_locked and h.operational == "enabled"),
            says="Initializing",
        ),
    )
    return way + _worker_rungs(host) + _in_service_rungs(host, known)


def _worker_rungs(host: Host) -> Ladder:
    if not host.is_aio:
        return ()
    return (
        Rung(
            name="main function enabled",
            reached=when(lambda h: h.is_enabled or does(h, "enabling worker")),
            says="unlocked/enabled",
        ),
        Rung(
            name="worker function",
            reached=when(lambda h: h.is_enabled),
            says="Enabling Worker Service",
        ),
    )


def _settled(test: Callable[[Host, Known], bool]) -> Reached:
    """Ask only once it is in service: its alarms may clear, or never rise, long before."""
    return lambda row, known: row is not None and _is_in_service(row) and test(row, known)


def _in_service_rungs(host: Host, known: Known) -> Ladder:
    rungs: Ladder = (
        Rung(
            name="available",
            reached=when(_is_in_service),
            says="unlocked/enabled/available",
        ),
        Rung(
            name="its alarms cleared",
            reached=_settled(has_no_alarm_left),
            says=" ".join(clears_with_unlock(host, known)),
            settles=True,
        ),
    )
    if not host.is_controller or not is_duplex(known):
        return rungs
    sync: Rung[Host] = Rung(
        name="data in sync",
        reached=_settled(is_in_sync),
        says="no group data-syncing",
        settles=True,
    )
    return (*rungs, sync)


def clears_with_unlock(host: Host, known: Known) -> Tuple[str, ...]:
    """Return the alarms that stand because of a lock or a boot and end with the unlock."""
    ids = ("200.001", "200.004", "200.011", "250.001")
    redundancy = host.is_controller and is_duplex(known)
    return ids + (("400.002",) if redundancy else ())


def has_no_alarm_left(host: Host, known: Known) -> bool:
    """Whether the alarms that come with a lock or a boot are gone, as told since it serves."""
    if isinstance(known.reading("alarms").error, NotConfigured):
        return True  # where no fault management is configured nobody will ever tell
    if not is_with_hosts("alarms", known):
        return False
    ids = clears_with_unlock(host, known)
    mine = {alarm.alarm_id for alarm in alarms_of(known, host.hostname or "")}
    if "400.002" in ids:
        mine |= {a.alarm_id for a in known.rows("alarms") if a.alarm_id == "400.002"}
    return not any(alarm_id in mine for alarm_id in ids)


def is_in_sync(host: Host, known: Known) -> bool:
    """Whether no service group of a controller still copies its data, as told since it serves."""
    if not is_with_hosts("service-groups", known):
        return False
    mine = [g for g in known.rows("service-groups") if g.node_name == host.hostname]
    return bool(mine) and not any("data" in (group.condition or "") for group in mine)
