"""The life of a host: what each action sets going, rung by rung, on the pretend clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable, Mapping, Optional, Sequence

from backend.simulator import alarms
from backend.simulator.checks import CHECKS
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.refuse import client

After = Callable[[Cloud, Host], None]

TASKS = {
    "lock": "Locking",
    "force-lock": "Force Locking",
    "force-unsafe-lock": "Unsafely Force Locking",
    "unlock": "Unlocking",
    "force-unlock": "Force Unlocking",
    "swact": "Swacting",
    "force-swact": "Force-Swacting",
    "reboot": "Rebooting",
    "reset": "Resetting",
    "reinstall": "Reinstalling",
    "power-on": "Powering-on",
    "power-off": "Powering-off",
}

# Seconds, as a host of a small site usually takes them.
ACCEPTED_S, PREPARED_S, DOWN_S, BOOT_S, TEST_S = 1, 22, 19, 291, 39
INITIALIZED_S, ENABLED_S, WORKER_S, AVAILABLE_S = 40, 5, 45, 12
SERVICES_OFF_S, LOCKED_S = 40, 8
INSTALL_S = 420
API_GAP_S = 20
RECOVERY_S = 120


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: `after_s` usual seconds after the one before, these fields change."""

    name: str
    after_s: float
    sets: Mapping[str, Any] = field(default_factory=dict)
    also: Optional[After] = None


def perform(cloud: Cloud, host: Host, action: str) -> None:
    """Accept a host action as sysinv does, or refuse it; what follows happens on the clock."""
    check = CHECKS.get(action)
    if check is None:
        raise client(f"'{action}' is not a supported maintenance action")
    check(cloud, host)
    cloud.touch(host, task=TASKS[action], ihost_action=_remembered(host, action))
    if action != "lock":
        word = "controller switchover" if "swact" in action else action
        note_command(cloud, host, word)
    climb(cloud, host, ladder(cloud, host, action))


def _remembered(host: Host, action: str) -> str:
    """Only what the VIM is told stays in ihost_action; the rest leaves it as it was."""
    return action if "lock" in action else host.ihost_action


def ladder(cloud: Cloud, host: Host, action: str) -> Sequence[Rung]:
    """The rungs an accepted action will climb."""
    if action == "lock":
        return lock()
    if action in {"force-lock", "force-unsafe-lock"}:
        return force_lock()
    if action in {"unlock", "force-unlock"}:
        return unlock(cloud, host)
    if action in {"swact", "force-swact"}:
        return swact(cloud, host)
    if action == "reinstall":
        return reinstall(host)
    if action in {"reset", "power-on", "power-off"} and not has_bmc(host):
        return no_bmc(host, action)
    return power(action)


def climb(cloud: Cloud, host: Host, rungs: Sequence[Rung]) -> None:
    """Put a host on a ladder; whatever ladder it was on ends there."""
    host.climb += 1
    mine = host.climb
    wait = 0.0
    for rung in rungs:
        wait += cloud.jitter(rung.after_s)
        cloud.clock.at(wait, _step(cloud, host, rung, mine))


def _step(cloud: Cloud, host: Host, rung: Rung, mine: int) -> Callable[[], None]:
    def step() -> None:
        if host.climb == mine and cloud.host(host.uuid) is host:
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


def _booted(cloud: Cloud, host: Host) -> None:
    host.booted_at = cloud.clock.now()


def _stopped(cloud: Cloud, host: Host) -> None:
    del cloud
    host.booted_at = None


def lock() -> tuple[Rung, ...]:
    return (
        Rung("services-disabled", SERVICES_OFF_S, {"vim_progress_status": "services-disabled"}),
        Rung(
            "locked",
            LOCKED_S,
            {
                "administrative": "locked",
                "task": "",
                **both(operational="disabled", availability="online"),
            },
        ),
    )


def force_lock() -> tuple[Rung, ...]:
    """The host is reset at once; it comes back online as any host that booted."""
    resetting = {
        "vim_progress_status": "services-disabled",
        "task": "Force Lock Reset in Progress",
    }
    down = {
        "administrative": "locked",
        "task": "",
        **both(operational="disabled", availability="offline"),
    }
    return (
        Rung("reset", ACCEPTED_S, resetting),
        Rung("locked", DOWN_S, down, _stopped),
        Rung("online", BOOT_S, both(availability="online"), _booted),
    )


def unlock(cloud: Cloud, host: Host) -> tuple[Rung, ...]:
    """From accepted to available. On a simplex system the services go down with the machine."""
    alone = cloud.system.is_simplex and host.is_active
    down = {"administrative": "unlocked", "task": "Rebooting", **both(availability="offline")}
    rungs = (
        Rung("reset", ACCEPTED_S + PREPARED_S, down, _leave if alone else _provisioning),
        Rung("booting", DOWN_S, {"task": "Booting"}, _stopped),
        Rung("testing", BOOT_S, _testing(host), _return if alone else _booted),
        Rung("initializing", TEST_S, {"task": "Initializing"}),
        Rung("enabled", INITIALIZED_S, _enabled(host), _configured),
    )
    tail: tuple[Rung, ...] = (
        Rung("available", WORKER_S + AVAILABLE_S, {"task": "", **_subfunction()}),
    )
    if host.is_aio:
        working = Rung("worker", ENABLED_S, {"task": "Enabling Worker Service"})
        return (*rungs, working, *tail)
    return (*rungs, Rung("settled", ENABLED_S, {"task": ""}))


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


def _provisioning(cloud: Cloud, host: Host) -> None:
    del cloud
    if host.invprovision == "unprovisioned":
        host.invprovision = "provisioning"


def _leave(cloud: Cloud, host: Host) -> None:
    _provisioning(cloud, host)
    cloud.trouble.away["reboot"] = "refused"


def _return(cloud: Cloud, host: Host) -> None:
    cloud.trouble.away.pop("reboot", None)
    _booted(cloud, host)


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
    if cloud.system.storage == "ceph" and any(host in g for g in alarms.osd_groups(cloud).values()):
        recover(cloud, host, cloud.jitter(RECOVERY_S))


def recover(cloud: Cloud, host: Host, for_s: float) -> None:
    """A host's OSDs fetch what was written while they were away."""
    cloud.recovering.add(host.uuid)

    def done() -> None:
        cloud.recovering.discard(host.uuid)
        alarms.review(cloud)

    cloud.clock.at(for_s, done)


def swact(cloud: Cloud, host: Host) -> tuple[Rung, ...]:
    """Services move to the peer; nobody answers while they do. Unchecked, they may find no one."""
    peer = cloud.peer(host)
    able = peer is not None and peer.is_serving and host.is_active
    if not host.is_active:
        return (Rung("nothing", ACCEPTED_S, {"task": "Swact: No active services"}),)
    end = _swap if able else _stay
    words = "Swact: Complete" if able else "Swact: Did Not Complete"
    return (
        Rung("in progress", ACCEPTED_S, {"task": "Swact: In-Progress"}),
        Rung("moving", 7, {}, _gap),
        Rung("moved", API_GAP_S if able else 6 * API_GAP_S, {"task": words}, end),
        Rung("settled", 10, {"task": ""}),
    )


def _gap(cloud: Cloud, host: Host) -> None:
    del host
    cloud.trouble.away["swact"] = "refused"


def _stay(cloud: Cloud, host: Host) -> None:
    del host
    cloud.trouble.away.pop("swact", None)


def _swap(cloud: Cloud, host: Host) -> None:
    cloud.trouble.away.pop("swact", None)
    peer = cloud.peer(host)
    for one, role in ((host, "Standby"), (peer, "Active")):
        if one is not None:
            cloud.touch(one, capabilities={**one.capabilities, "Personality": f"Controller-{role}"})
    alarms.review(cloud)


def has_bmc(host: Host) -> bool:
    return bool(host.bm_type and host.bm_type != "none" and host.bmc_answers)


def no_bmc(host: Host, action: str) -> tuple[Rung, ...]:
    """It is accepted all the same; maintenance then says in the task what is missing."""
    word = {"reset": "Reset", "power-on": "Power-On", "power-off": "Power-Off"}[action]
    why = "accessible" if host.bm_type and host.bm_type != "none" else "provisioned"
    return (
        Rung("failed", 5, {"task": f"{word} Failed - BMC is not {why}"}),
        Rung("settled", 20, {"task": ""}),
    )


def power(action: str) -> tuple[Rung, ...]:
    """Reboot, reset and the two power verbs; all but power-off end online."""
    if action == "power-off":
        off = {**both(availability="power-off"), "task": "Power-Off Completed"}
        return (Rung("off", 12, off, _stopped), Rung("settled", 5, {"task": ""}))
    done = {"reboot": "", "reset": "Reset Completed", "power-on": "Power-On Completed"}[action]
    return (
        Rung("down", DOWN_S, {**both(availability="offline"), "task": done}, _stopped),
        Rung("online", BOOT_S, {**both(availability="online"), "task": ""}, _booted),
    )


def reinstall(host: Host) -> tuple[Rung, ...]:
    """The disk is wiped and written again; until that is over an unlock is refused."""
    host.reinstalling = True
    return (Rung("down", DOWN_S, {**both(availability="offline")}, _stopped), *install())


def install() -> tuple[Rung, ...]:
    """A host boots from the network, is installed, and comes back to be inventoried."""
    share = INSTALL_S / 4
    online = {**both(availability="online"), "task": "", "install_state": "completed"}
    return (
        Rung("preinstall", share, {"install_state": "preinstall"}),
        Rung("installing", share, {"install_state": "installing"}),
        Rung("postinstall", share, {"install_state": "postinstall"}),
        Rung("booting", share, {"install_state": "booting"}),
        Rung("online", BOOT_S / 2, online, _installed),
        Rung("inventoried", 25, {"inv_state": "inventoried"}),
    )


def _installed(cloud: Cloud, host: Host) -> None:
    host.reinstalling = False
    _booted(cloud, host)
    if host.config_target is None:
        host.config_target = host.config_applied = cloud.new_uuid()
    if host.mgmt_ip is None:
        host.mgmt_ip = cloud.free_address()


def fail(cloud: Cloud, host: Host) -> None:
    """A host dies. Unlocked it is rebooted till it is back; locked it only goes dark."""
    if host.administrative == "locked":
        down = Rung("down", 0, both(availability="offline"), _stopped)
        take(cloud, host, down)
        climb(cloud, host, (Rung("online", BOOT_S, both(availability="online"), _booted),))
        return
    dead = {
        "task": "Rebooting/Resetting Host",
        **both(operational="disabled", availability="failed"),
    }
    host.failing = True
    take(cloud, host, Rung("failed", 0, dead, _stopped))
    if host.is_active and (peer := cloud.peer(host)) is not None and peer.is_serving:
        _swap(cloud, host)
    rest = unlock(cloud, host)
    again = Rung("booting", DOWN_S, {"task": "Booting", **both(availability="offline")})
    climb(cloud, host, (again, *rest[2:]))
