"""How a host climbs: one rung after the other on the pretend clock, each seen and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable, Mapping, Optional, Sequence

from backend.simulator import alarms
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host

After = Callable[[Cloud, Host], None]

# Seconds a host takes to go down, and to be heard again.
DOWN_S, BOOT_S = 19, 291


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: `after_s` usual seconds after the one before, these fields change."""

    name: str
    after_s: float
    sets: Mapping[str, Any] = field(default_factory=dict)
    also: Optional[After] = None


def climb(cloud: Cloud, host: Host, rungs: Sequence[Rung]) -> None:
    """Put a host on a ladder; whatever ladder it was on ends there."""
    host.climb += 1
    mine = host.climb
    _schedule(cloud, host, rungs, lambda: host.climb == mine)


def aside(cloud: Cloud, host: Host, rungs: Sequence[Rung]) -> None:
    """Let something happen at a host beside what it is climbing, and whatever it climbs then."""
    _schedule(cloud, host, rungs, lambda: True)


def _schedule(cloud: Cloud, host: Host, rungs: Sequence[Rung], holds: Callable[[], bool]) -> None:
    wait = 0.0
    for rung in rungs:
        wait += cloud.jitter(rung.after_s)
        cloud.clock.at(wait, _step(cloud, host, rung, holds))


def _step(cloud: Cloud, host: Host, rung: Rung, holds: Callable[[], bool]) -> Callable[[], None]:
    def step() -> None:
        if holds() and cloud.host(host.uuid) is host:
            take(cloud, host, rung)

    return step


def take(cloud: Cloud, host: Host, rung: Rung) -> None:
    """Let a host stand on a rung: its fields, its lines in the log, its alarms."""
    before = (host.operational, host.availability)
    cloud.touch(host, **rung.sets)
    if rung.also is not None:
        rung.also(cloud, host)
    note_state(cloud, host, before)
    alarms.review(cloud, host)


def note_command(cloud: Cloud, host: Host, command: str, when: Optional[datetime] = None) -> None:
    where = f"host={host.name}.command={command}"
    alarms.note(cloud, "200.021", where, f"{host.name} manual '{command}' request", when)


def note_state(cloud: Cloud, host: Host, before: tuple[str, str]) -> None:
    """Maintenance logs when a host is enabled, disabled, goes online or offline."""
    if host.operational != before[0]:
        where = f"host={host.name}.state={host.operational}"
        alarms.note(cloud, "200.022", where, f"{host.name} is now '{host.operational}'")
    if host.availability != before[1] and host.availability in {"online", "offline"}:
        where = f"host={host.name}.status={host.availability}"
        alarms.note(cloud, "200.022", where, f"{host.name} is now '{host.availability}'")


def both(**states: str) -> dict[str, str]:
    """States of the host and of its subfunction alike."""
    twins = {"operational": "subfunction_oper", "availability": "subfunction_avail"}
    return {**states, **{twins[name]: value for name, value in states.items() if name in twins}}


def booted(cloud: Cloud, host: Host) -> None:
    host.booted_at = cloud.clock.now()
    cloud.unpowered.discard(host.uuid)


def stopped(cloud: Cloud, host: Host) -> None:
    del cloud
    host.booted_at = None
