"""What may refuse an unlock or a force-unlock: the host's own state, and what goes on beside it."""

from __future__ import annotations

from typing import Any, Tuple

from backend.figure import Jump
from backend.kinds.host import Host
from backend.kinds.host_check import CONTROLLER, WORKER, AnyCheck, ServersOwn
from backend.kinds.host_checks import (
    FORCED_UNLOCK,
    UNLOCK,
    UNLOCKS,
    first_row,
    is_all_in_one,
    itself,
    list_of,
    no_root_ca_update,
    unlock_check,
)
from backend.kinds.host_site import is_simplex
from backend.kinds.host_tasks import gave_up
from backend.known import Known

BUSY_APP = ("applying", "updating", "recovering", "removing")
_ON_WORKER = frozenset({WORKER})


def _unlocked(host: Host, _known: Known) -> str:
    return "" if host.is_locked else f"{host.name} is unlocked already"


def _locking(host: Host, _known: Known) -> str:
    if not host.doing or gave_up(host.doing):
        return ""
    return f"it is busy: {host.doing}"


def _install_failed(host: Host, _known: Known) -> str:
    return "its installation failed: reinstall it" if host.installing == "failed" else ""


def _off(host: Host, _known: Known) -> str:
    off = host.availability in ("power-off", "poweroff")
    return "it is powered off: power it on and wait until it is online" if off else ""


def _not_online(host: Host, _known: Known) -> str:
    if host.availability in ("online", "power-off", "poweroff"):
        return ""
    return f"it is {host.availability}: wait until it is online"


def _unprovisioned(host: Host, _known: Known) -> str:
    fields = {
        "MAC": host.mgmt_mac,
        "hostname": host.hostname,
        "personality": host.personality,
        "subfunctions": host.subfunctions,
    }
    missing = [name for name, value in fields.items() if not value]
    return f"it has no {', '.join(missing)}: classify it" if missing else ""


def _reinstalling(host: Host, _known: Known) -> str:
    busy = host.inv_state == "reinstalling" or host.is_installing
    return f"it is being installed ({host.installing or host.inv_state})" if busy else ""


def _not_inventoried(host: Host, _known: Known) -> str:
    return "" if host.inv_state == "inventoried" else "its inventory has not come in yet"


def _app_moves(_host: Host, known: Known) -> str:
    busy = [app for app in known.rows("applications") if is_busy_app(app, known)]
    if not busy:
        return ""
    where = ": on simplex this refuses an unlock" if busy[0].status == "uploading" else ""
    return f'application {busy[0].name} is "{busy[0].status}"{where}'


def is_busy_app(app: Any, known: Known) -> bool:
    """Whether an application is in a state that refuses an unlock; uploading does on simplex."""
    return app.status in BUSY_APP or (app.status == "uploading" and is_simplex(known))


def _busy_app_row(host: Host, known: Known) -> Jump | None:
    return first_row("applications", lambda app: is_busy_app(app, known))(host, known)


def _kubelet(host: Host, known: Known) -> str:
    rows = [row for row in known.rows("kube-host-upgrades") if row.host_id == host.id]
    busy = any(row.status == "upgrading-kubelet" for row in rows)
    return "its kubelet is being upgraded" if busy else ""


def _asks_kubelet(host: Host, known: Known) -> bool:
    """Whether the service asks: of workers only where they are no controllers' work."""
    return host.is_controller or not is_all_in_one(known)


def _restoring(_host: Host, known: Known) -> str:
    said = [str(row.value) for row in known.rows("restore")]
    busy = bool(said) and "in progress" in said[0] and "not in progress" not in said[0]
    return "a restore is under way: complete it first" if busy else ""


def _unconfigured(host: Host, _known: Known) -> str:
    return "" if host.invprovision else "it was never configured"


UNLOCK_CHECKS: Tuple[AnyCheck, ...] = (
    unlock_check("locked", "check_unlock", _unlocked),
    unlock_check("not busy with something else", "check_unlock", _locking, forced=False),
    unlock_check("installed", "check_unlock", _install_failed, jump=itself),
    unlock_check("powered on", "check_unlock", _off, jump=itself),
    unlock_check("online", "check_unlock", _not_online, forced=False, soft=FORCED_UNLOCK),
    unlock_check("provisioned", "check_unlock", _unprovisioned, jump=itself),
    unlock_check("not being installed", "check_unlock", _reinstalling, forced=False),
    unlock_check("inventoried", "check_unlock", _not_inventoried),
    unlock_check("configured", "check_unlock_worker", _unconfigured, on=_ON_WORKER),
    unlock_check(
        "no application in transition",
        "check_unlock_application",
        _app_moves,
        ("applications", "system"),
        forced=False,
        soft=FORCED_UNLOCK,
        jump=_busy_app_row,
    ),
    unlock_check(
        "kubelet not being upgraded",
        "_semantic_check_unlock_kube_upgrade",
        _kubelet,
        ("kube-host-upgrades", "system"),
        frozenset({CONTROLLER, WORKER}),
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_asks_kubelet,
        jump=list_of("kube-host-upgrades"),
    ),
    no_root_ca_update(UNLOCK, FORCED_UNLOCK, "_semantic_check_unlock_kube_rootca_update"),
    unlock_check(
        "no restore under way",
        "_semantic_check_restore_complete",
        _restoring,
        ("restore",),
        _ON_WORKER,
        soft=UNLOCKS,
        jump=list_of("restore"),
    ),
    ServersOwn(
        name="software deployed to it",
        foretells="check_unlock_patching",
        words="whether a software deploy waits for this host",
        verbs=UNLOCK,
        since="24.09",
    ),
    ServersOwn(
        name="patched",
        foretells="check_unlock_patching",
        words="whether it has the patches that others have",
        verbs=UNLOCK,
        until="24.09",
    ),
    ServersOwn(
        name="kernel settled",
        foretells="check_unlock_kernel_config_status",
        words="whether another kernel was chosen within the last two minutes",
        verbs=UNLOCK,
        on=_ON_WORKER,
    ),
    ServersOwn(
        name="AppArmor settled",
        foretells="check_unlock_apparmor_config_status",
        words="whether AppArmor is being switched on or off",
        verbs=UNLOCK,
    ),
    ServersOwn(
        name="no manifest pending",
        foretells="check_unlock_runtime_manifests",
        words="whether a run-time manifest that must come first is pending",
        verbs=UNLOCK,
    ),
    ServersOwn(
        name="the applications' own checks",
        foretells="mtc_action_apps_semantic_checks",
        words="each application's plug-in may refuse",
        verbs=UNLOCK,
    ),
)
