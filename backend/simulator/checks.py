"""The checks sysinv makes before a host action, and, as faithfully, those it does not make."""

from __future__ import annotations

from typing import Callable

from backend.simulator import alarms, shared, unlocking
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.refuse import client, server

# What the VIM was told last of a host that is on its way out.
LOCKS = ("lock", "force-lock", "force-unsafe-lock")
BUSY_APPS = ("applying", "updating", "recovering", "removing")
IN_PROGRESS = (*BUSY_APPS, "uploading")


def lock(cloud: Cloud, host: Host) -> None:
    if host.administrative == "locked":
        raise client(f"Avoiding lock action on already 'locked' host {host.name}")
    if cloud.backing_up:
        raise client(
            f"Avoiding lock action during 'backup in progress' on host {host.name}. If lock is "
            'required, please use "force lock" command.'
        )
    if host.personality != "worker" and not cloud.system.is_simplex and _recovers(cloud, host):
        raise client(
            f"PGs in recovery state, rejecting lock action on {host.name} as OSDs of this host are "
            "getting up to date data from its peer host. Retry once recovery completes."
        )
    _lock_controller(cloud, host, force=False)
    _lock_storage(cloud, host)
    if host.is_worker:
        _lock_worker(cloud, host)


def force_lock(cloud: Cloud, host: Host) -> None:
    """Skips the worker's and the applications' checks; a locked host is not refused either."""
    _lock_controller(cloud, host, force=True)
    _lock_storage(cloud, host)


def force_unsafe_lock(cloud: Cloud, host: Host) -> None:
    """Skips the monitors' quorum too; what would lose data is still refused."""
    _lock_controller(cloud, host, force=True, unsafe=True)
    _lock_storage(cloud, host, unsafe=True)


def _recovers(cloud: Cloud, host: Host) -> bool:
    return cloud.system.storage == "ceph" and host.uuid in cloud.recovering


def _lock_controller(cloud: Cloud, host: Host, *, force: bool, unsafe: bool = False) -> None:
    if host.personality != "controller":
        return
    if host.is_active and not cloud.system.is_simplex:
        raise client(f"{host.name} : Rejected: Can not lock an active controller.")
    if any(row["task"] in IN_PROGRESS for row in shared.rows(cloud, "storage_backend")):
        raise client(
            "Rejected: The application rook-ceph is in transition, please wait for the current "
            "operation to complete before host-lock action."
        )
    stors = children(cloud, host, "istors")
    if not force and any(stor["state"] == "configuring" for stor in stors):
        raise client(
            f"{host.name} : Rejected: Can not lock a controller with storage devices in "
            "'configuring' state."
        )
    nodes = cloud.of("storage")
    if nodes and not unsafe and all(node.administrative == "locked" for node in nodes):
        raise client(
            f"Rejected: Can not lock host {host.name} when storage nodes are locked Use "
            "--force_unsafe if you wish to lock anyway."
        )
    _monitors(cloud, host, unsafe=unsafe)


def _monitors(cloud: Cloud, host: Host, *, unsafe: bool, is_worker: bool = False) -> None:
    """Storage systems keep a quorum: a monitor may not go when too few would stay."""
    if unsafe or cloud.system.storage != "ceph" or not host.is_serving:
        return
    monitors = [h for h in cloud.hosts if h.capabilities.get("stor_function") == "monitor"]
    up = [h for h in monitors if h.is_serving]
    needed = len(monitors) // 2 + 1
    counts = is_worker or bool(cloud.of("storage"))
    if counts and host in up and len(up) <= needed:
        raise client(
            f"Only {len(up)} storage monitor available. At least {needed} unlocked and enabled "
            "hosts with monitors are required. Please ensure hosts with monitors are unlocked and "
            "enabled. Use --force --unsafe if you wish to lock anyway."
        )


def _lock_worker(cloud: Cloud, host: Host) -> None:
    if host.device_image_update == "in-progress":
        raise client(f"Rejected: Cannot lock {host.name} while device image update is in progress.")
    if host.personality == "worker":
        _monitors(cloud, host, unsafe=False, is_worker=True)


def _lock_storage(cloud: Cloud, host: Host, *, unsafe: bool = False) -> None:
    """The whole block is skipped for a host that is unlocked but disabled."""
    if host.personality != "storage" or not host.is_serving:
        return
    _monitors(cloud, host, unsafe=unsafe)
    group = next((g for g in alarms.osd_groups(cloud).values() if host in g), [host])
    peers = [h for h in group if h is not host and h.is_serving and h.ihost_action not in LOCKS]
    if not peers:
        raise client(
            "Cannot lock a storage node when ceph pools are not empty and replication is lost. "
            "This may result in data loss. "
        )


def unlock(cloud: Cloud, host: Host) -> None:
    _unlock(cloud, host, force=False)


def force_unlock(cloud: Cloud, host: Host) -> None:
    _unlock(cloud, host, force=True)


def _unlock(cloud: Cloud, host: Host, *, force: bool) -> None:
    if host.install_state == "failed":
        raise client(f"Cannot unlock host {host.name} due to installation failure")
    if host.administrative == "unlocked":
        if "lock" in host.ihost_action and "unlock" not in host.ihost_action:
            raise client(
                f"Host {host.name} is currently undergoing a '{host.ihost_action}' action."
            )
        raise client(f"Avoiding 'unlock' action on already 'unlocked' host {host.name}")
    if host.availability == "power-off":
        raise client(
            f"Can not 'Unlock a Powered-Off' host {host.name}; Power-on, wait for 'online' status "
            "and then 'unlock'"
        )
    if not force and host.availability != "online":
        raise client(
            f"Host {host.name} is not online. Wait for 'online' availability status and then "
            "'unlock'"
        )
    _unlock_provisioned(host, force=force)
    _unlock_applications(cloud, host, force=force)
    _unlock_rootca(cloud, host, force=force)
    if not children(cloud, host, "ipvs"):
        raise client(
            f"The cgts-vg volume group on {host.name} does not contain any physical volumes."
        )
    if host.personality == "controller":
        unlocking.controller(cloud, host, force=force)
    if host.is_worker:
        unlocking.worker(cloud, host, force=force)
    _unlock_storage(cloud, host)
    unlocking.interfaces(cloud, host)
    unlocking.partitions(cloud, host)


def _unlock_provisioned(host: Host, *, force: bool) -> None:
    if not (host.mgmt_mac and host.hostname and host.personality and host.subfunctions):
        raise client(
            f"Can not unlock an unprovisioned host {host.name}. Please perform 'Edit Host' to "
            "provision host."
        )
    if host.reinstalling and not force:
        raise client(
            f"Can not unlock host {host.name} undergoing reinstall. Please ensure host has "
            "completed reinstall prior to unlock."
        )
    if host.inv_state != "inventoried":
        raise client(
            f"Can not unlock host {host.name} that has not yet been inventoried. Please wait for "
            "host to complete initial inventory prior to unlock."
        )


def _unlock_applications(cloud: Cloud, host: Host, *, force: bool) -> None:
    simplex = cloud.system.is_simplex
    busy = (*BUSY_APPS, "uploading") if simplex else BUSY_APPS
    if not force and any(app["status"] in busy for app in cloud.apps):
        word = "uploaded, " if simplex else ""
        raise client(
            f"Rejected: Can not unlock host {host.name} while an application is being {word}"
            "applied, updated, recovered or removed. Please try again later."
        )


def _unlock_rootca(cloud: Cloud, host: Host, *, force: bool) -> None:
    updates = shared.rows(cloud, "kube_rootca_update")
    if not force and any(row["state"].startswith("updating-") for row in updates):
        raise client(
            f"Can not unlock {host.name} while kubernetes root ca update phase in progress. Wait "
            "for update phase to complete on host."
        )


def _unlock_storage(cloud: Cloud, host: Host) -> None:
    if host.personality == "storage" and not children(cloud, host, "istors"):
        raise client("Can not unlock a storage node without any Storage Volumes configured")
    if host.personality == "storage" and cloud.system.storage == "ceph":
        monitors = [h for h in cloud.hosts if h.capabilities.get("stor_function") == "monitor"]
        up = sum(h.is_serving for h in monitors)
        is_first = host.hostname == "storage-0" and host.invprovision == "provisioned"
        needed = 1 if is_first else len(monitors) // 2 + 1
        if up < needed:
            raise client(
                f"Can not unlock storage node. Only {up} storage monitor available. At least "
                f"{needed} unlocked and enabled hosts with monitors are required. Please ensure "
                "hosts with monitors are unlocked and enabled."
            )


def swact(cloud: Cloud, host: Host) -> None:
    if host.personality != "controller":
        raise client(f"Swact action not allowed for non controller host {host.name}.")
    if host.administrative == "locked":
        raise client("Controller is Locked ; No services to Swact")
    if cloud.system.is_simplex:
        raise client("Swact action not allowed for a simplex system.")
    peer = cloud.peer(host)
    if peer is not None:
        _swact_target(cloud, host, peer)
    for filesystem in shared.rows(cloud, "controller_fs"):
        if "drbd_fs_resizing_in_progress" in filesystem["state"]:
            raise client(
                f"drbd '{filesystem['name']}' is resizing. Wait for the resizing to complete "
                "before issuing Swact"
            )
    for app in cloud.apps:
        if app["status"] == "applying":
            raise client(f"Swact action not allowed. {app['name']} apply is in progress.")
    _swact_rootca(cloud, host)


def _swact_rootca(cloud: Cloud, host: Host) -> None:
    words = f"Can not swact {host.name} while kubernetes root ca update phase"
    updates = shared.rows(cloud, "kube_rootca_update")
    if any(row["state"].startswith("updating-pods-") for row in updates):
        raise client(f"{words} in progress. Wait for update phase to complete.")
    if updates and cloud.kube.rootca_hosts.get(host.uuid, "").startswith("updating-host-"):
        raise client(f"{words} is in progress. Wait for update phase to complete on host.")


def _swact_target(cloud: Cloud, host: Host, peer: Host) -> None:
    if peer.operational != "enabled":
        raise client(
            f"{peer.name} is not enabled and has operational state {peer.operational}."
            "Standby controller must be  operationally enabled."
        )
    if peer.availability == "degraded":
        raise client(
            f"{peer.name} has degraded availability status. Standby controller must be in "
            "available status."
        )
    if peer.is_worker and peer.subfunction_oper != "enabled":
        raise client(
            f"{peer.name} subfunction is not enabled and has operational state "
            f"{peer.subfunction_oper}.Standby controller subfunctions {peer.subfunctions} must all "
            "be operationally enabled."
        )
    unlocking.backends(cloud)
    for one in (host, peer):
        if one.device_image_update == "in-progress":
            raise client(
                f"Rejected: Cannot swact {host.name} while {one.name} is updating device images."
            )
    if peer.config_target and peer.config_target != peer.config_applied:
        raise client(
            f"{peer.name} target Config {peer.config_target} not yet applied. Apply target Config "
            "via Lock/Unlock prior to Swact"
        )


def force_swact(cloud: Cloud, host: Host) -> None:
    """Nothing at all is checked here."""
    del cloud, host


def reboot(cloud: Cloud, host: Host) -> None:
    if host.administrative == "unlocked":
        raise client(f"Can not 'Reboot' an 'unlocked' host {host.name}; Please 'Lock' first")
    if cloud.system.is_simplex:
        raise client("Rebooting a simplex system is not allowed.")


def reset(cloud: Cloud, host: Host) -> None:
    if cloud.system.is_simplex:
        raise client("Can not 'Reset' a simplex system")
    if host.administrative == "unlocked":
        raise client(f"Can not 'Reset' an 'unlocked' host {host.name}; Please 'Lock' first")


def reinstall(cloud: Cloud, host: Host) -> None:
    if cloud.system.is_simplex:
        raise client("Reinstalling a simplex system is not allowed.")
    if host.administrative == "unlocked":
        raise client(f"Can not 'Reinstall' an 'unlocked' host {host.name}; Please 'Lock' first")
    if host.availability != "online" and host.bm_type is None:
        raise client(
            f"Can not 'Reinstall' {host.name} while it is 'offline' and a board management "
            "controller is not provisioned. Please provision a board management controller or wait "
            "for this host's availability state to be 'online' and then re-issue the reinstall "
            "command."
        )


def power_on(cloud: Cloud, host: Host) -> None:
    if host.administrative == "unlocked":
        raise client(f"Can not 'Power-On' an already Powered-on and 'unlocked' host {host.name}")
    if cloud.system.is_simplex:
        raise client("Can not 'Power-On' an already Powered-on simplex system")


def power_off(cloud: Cloud, host: Host) -> None:
    if cloud.system.is_simplex:
        raise client("Can not 'Power-Off' a simplex system via system commands")
    if host.administrative == "unlocked":
        raise client(f"Can not 'Power-Off' an 'unlocked' host {host.name}; Please 'Lock' first")


def delete(cloud: Cloud, host: Host) -> None:
    if cloud.system.is_simplex and host.hostname == "controller-0":
        raise client("Deleting controller-0 on a simplex system is not allowed.")
    if host.administrative == "unlocked":
        raise server(
            f"Unable to complete the action delete because Host {host.name} is in administrative "
            "state = unlocked."
        )
    if cloud.system.storage != "ceph-rook":
        return
    for row in children(cloud, host, "host_fs"):
        functions = row["capabilities"]["functions"]
        if row["name"] == "ceph" and (functions or row["state"] == "Reconfigure with App"):
            raise client(
                "host-delete rejected: not allowed when the host has host-fs ceph in "
                f"{row['state']} state with functions {functions}"
            )


CHECKS: dict[str, Callable[[Cloud, Host], None]] = {
    "lock": lock,
    "force-lock": force_lock,
    "force-unsafe-lock": force_unsafe_lock,
    "unlock": unlock,
    "force-unlock": force_unlock,
    "swact": swact,
    "force-swact": force_swact,
    "reboot": reboot,
    "reset": reset,
    "reinstall": reinstall,
    "power-on": power_on,
    "power-off": power_off,
}
