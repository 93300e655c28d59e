"""The life of a host: what each action sets going once it is accepted."""

from __future__ import annotations

from typing import Sequence

from backend.simulator.checks import CHECKS
from backend.simulator.cloud import Cloud
from backend.simulator.enabling import swap, unlock
from backend.simulator.model import Host
from backend.simulator.refuse import client
from backend.simulator.rungs import (
    BOOT_S,
    DOWN_S,
    Rung,
    aside,
    booted,
    both,
    climb,
    note_command,
    stopped,
)

# Seconds, as a host of a small site usually takes them.
ACCEPTED_S, SERVICES_OFF_S, LOCKED_S = 1, 40, 8
INSTALL_S = 420
API_GAP_S = 20

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
    put = aside if "swact" in action else climb
    put(cloud, host, ladder(cloud, host, action))


def _remembered(host: Host, action: str) -> str:
    """Only what the VIM is told stays in ihost_action; the rest leaves it as it was."""
    return action if "lock" in action else host.ihost_action


def ladder(cloud: Cloud, host: Host, action: str) -> Sequence[Rung]:
    """The rungs an accepted action will climb."""
    if action == "lock":
        return lock(host)
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


def lock(host: Host) -> tuple[Rung, ...]:
    """The VIM moves services away, then the host is out; one not heard comes online later."""
    deaf = host.availability in {"offline", "failed"}
    out = {
        "administrative": "locked",
        "task": "",
        "failing": False,
        **both(operational="disabled", availability="offline" if deaf else "online"),
    }
    rungs = (
        Rung("services-disabled", SERVICES_OFF_S, {"vim_progress_status": "services-disabled"}),
        Rung("locked", LOCKED_S, out),
    )
    heard = Rung("online", BOOT_S, both(availability="online"), booted)
    return (*rungs, heard) if deaf else rungs


def force_lock() -> tuple[Rung, ...]:
    """The host is reset at once; it comes back online as any host that booted."""
    resetting = {
        "vim_progress_status": "services-disabled",
        "task": "Force Lock Reset in Progress",
    }
    down = {
        "administrative": "locked",
        "task": "",
        "failing": False,
        **both(operational="disabled", availability="offline"),
    }
    return (
        Rung("reset", ACCEPTED_S, resetting),
        Rung("locked", DOWN_S, down, stopped),
        Rung("online", BOOT_S, both(availability="online"), booted),
    )


def swact(cloud: Cloud, host: Host) -> tuple[Rung, ...]:
    """Services move to the peer; nobody answers while they do. Unchecked, they may find no one."""
    peer = cloud.peer(host)
    able = peer is not None and peer.is_serving and host.is_active
    if not host.is_active:
        nothing = Rung("nothing", ACCEPTED_S, {"task": "Swact: No active services"})
        return (nothing, Rung("settled", 10, {"task": ""}))
    end = swap if able else _stay
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
        return (Rung("off", 12, off, stopped), Rung("settled", 5, {"task": ""}))
    done = {"reboot": "", "reset": "Reset Completed", "power-on": "Power-On Completed"}[action]
    return (
        Rung("down", DOWN_S, {**both(availability="offline"), "task": done}, stopped),
        Rung("online", BOOT_S, {**both(availability="online"), "task": ""}, booted),
    )


def reinstall(host: Host) -> tuple[Rung, ...]:
    """The disk is wiped and written again; until that is over an unlock is refused."""
    host.reinstalling = True
    return (Rung("down", DOWN_S, {**both(availability="offline")}, stopped), *install())


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
    booted(cloud, host)
    if host.config_target is None:
        host.config_target = host.config_applied = cloud.new_uuid()
    if host.mgmt_ip is None:
        host.mgmt_ip = cloud.free_address()
