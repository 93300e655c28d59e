"""What each check answers where: verb, host, what is otherwise there, check, answer, asker."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from backend.kind import Answer, Asker
from tests.backend.kinds.site import AIO, STANDBY_OK, bodies, hosts, osd_in

PASSES, NO, CANT_TELL = Answer.PASSES, Answer.NO, Answer.CANT_TELL
LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}
C1_OK = {"controller_1": STANDBY_OK}


def alarm(alarm_id: str, entity: str = "host=controller") -> Dict[str, Any]:
    return {
        **bodies("alarms")[0],
        "alarm_id": alarm_id,
        "entity_instance_id": entity,
        "uuid": alarm_id,
    }


def apps(name: str, status: str) -> Any:
    return [{"name": name, "status": status}]


def backend(**changes: Any) -> Any:
    return [{**bodies("backends")[0], **changes}]


def fs(status: str) -> Any:
    return [{**bodies("controller-filesystems")[0], "state": f"{{'status': '{status}'}}"}]


def group(**changes: Any) -> Any:
    return [{**bodies("service-groups")[1], **changes}]


def w1(**changes: Any) -> Any:
    return hosts(worker_1=changes)


Rows = Dict[str, Any]
Scenario = Tuple[str, str, Rows, str, Answer, Asker]
SERVICE, OURS, SERVER = Asker.SERVICE, Asker.OURS, Asker.SERVER

LOCKING: Tuple[Scenario, ...] = (
    ("lock", "controller-1", {}, "not the active controller", PASSES, SERVICE),
    ("lock", "controller-0", {}, "not the active controller", NO, SERVICE),
    ("force-lock", "controller-0", {}, "not the active controller", NO, SERVICE),
    ("force-unsafe-lock", "controller-0", {}, "not the active controller", NO, SERVICE),
    ("lock", "worker-1", {}, "not locked already", NO, SERVICE),
    ("force-lock", "worker-1", {}, "not locked already", NO, OURS),
    ("lock", "worker-0", {"alarms": [alarm("210.001")]}, "no backup running", NO, SERVICE),
    ("lock", "controller-1", {"osds": osd_in("configuring", 2)}, "no OSD configuring", NO, SERVICE),
    (
        "lock",
        "controller-1",
        {"osds": osd_in("configured", 2)},
        "no OSD configuring",
        PASSES,
        SERVICE,
    ),
    (
        "lock",
        "worker-0",
        {"hosts": hosts(worker_0={"device_image_update": "in-progress"})},
        "no device image update",
        NO,
        SERVICE,
    ),
    (
        "lock",
        "worker-0",
        {"alarms": [alarm("900.023")]},
        "no deploy in start or activate",
        CANT_TELL,
        SERVICE,
    ),
    (
        "lock",
        "controller-1",
        {"backends": backend(backend="ceph-rook"), "applications": apps("rook-ceph", "applying")},
        "rook-ceph not in transition",
        NO,
        SERVICE,
    ),
    (
        "lock",
        "controller-1",
        {"hosts": hosts(storage_0=LOCKED)},
        "Ceph monitors keep their quorum",
        NO,
        SERVICE,
    ),
    (
        "force-lock",
        "controller-1",
        {"hosts": hosts(storage_0=LOCKED)},
        "Ceph monitors keep their quorum",
        NO,
        SERVICE,
    ),
    ("lock", "storage-0", {}, "storage keeps a copy", CANT_TELL, SERVICE),
    ("lock", "worker-0", {"alarms": [alarm("900.201")]}, "no VIM strategy running", NO, OURS),
    (
        "force-lock",
        "worker-0",
        {"alarms": [alarm("900.201")]},
        "no VIM strategy running",
        CANT_TELL,
        OURS,
    ),
    (
        "lock",
        "controller-1",
        {"hosts": hosts(controller_0=LOCKED)},
        "the other controller serves",
        NO,
        OURS,
    ),
    ("lock", "controller-1", {}, "Ceph is healthy", CANT_TELL, OURS),
    ("lock", "controller-1", {}, "SM", CANT_TELL, SERVER),
    ("lock", "worker-0", {}, "the applications' own checks", CANT_TELL, SERVER),
)

UNLOCKING: Tuple[Scenario, ...] = (
    ("unlock", "worker-0", {}, "locked", NO, SERVICE),
    ("unlock", "worker-1", {}, "locked", PASSES, SERVICE),
    ("unlock", "worker-1", {}, "online", PASSES, SERVICE),
    ("unlock", "worker-1", {"hosts": w1(availability="offline")}, "online", NO, SERVICE),
    ("force-unlock", "worker-1", {"hosts": w1(availability="offline")}, "online", CANT_TELL, OURS),
    ("unlock", "worker-1", {"hosts": w1(availability="power-off")}, "powered on", NO, SERVICE),
    ("unlock", "worker-1", {"hosts": w1(install_state="failed+")}, "installed", NO, SERVICE),
    (
        "unlock",
        "worker-1",
        {"hosts": w1(task="Locking")},
        "not busy with something else",
        NO,
        SERVICE,
    ),
    (
        "unlock",
        "worker-1",
        {"hosts": w1(task="Service Failure, threshold reached, Lock/Unlock to retry")},
        "not busy with something else",
        PASSES,
        SERVICE,
    ),
    ("unlock", "worker-1", {"hosts": w1(mgmt_mac=None)}, "provisioned", NO, SERVICE),
    ("unlock", "worker-1", {"hosts": w1(inv_state="")}, "inventoried", NO, SERVICE),
    (
        "unlock",
        "worker-1",
        {"hosts": w1(inv_state="reinstalling")},
        "not being installed",
        NO,
        SERVICE,
    ),
    (
        "unlock",
        "worker-1",
        {"applications": apps("a", "applying")},
        "no application in transition",
        NO,
        SERVICE,
    ),
    (
        "force-unlock",
        "worker-1",
        {"applications": apps("a", "applying")},
        "no application in transition",
        CANT_TELL,
        OURS,
    ),
    (
        "unlock",
        "worker-1",
        {"applications": apps("a", "uploading")},
        "no application in transition",
        PASSES,
        SERVICE,
    ),
    ("unlock", "worker-1", {"alarms": [alarm("900.008")]}, "no root CA update", CANT_TELL, SERVICE),
    ("unlock", "worker-1", {"physical_volumes": []}, "cgts-vg has a volume", NO, SERVICE),
    (
        "unlock",
        "worker-1",
        {"hosts": hosts()[:4], "monitors": [], "osds": []},
        "Ceph is ready for workers",
        NO,
        SERVICE,
    ),
    ("unlock", "worker-1", {"monitors": []}, "Ceph is ready for workers", PASSES, SERVICE),
    (
        "unlock",
        "controller-1",
        {"backends": backend(state="configuring")},
        "storage backends configured",
        NO,
        SERVICE,
    ),
    (
        "unlock",
        "controller-1",
        {
            "controller_filesystems": fs("drbd_fs_creating_in_progress"),
            "backends": backend(backend="ceph-rook"),
        },
        "controller filesystems at rest",
        NO,
        SERVICE,
    ),
    (
        "unlock",
        "controller-1",
        {"controller_filesystems": fs("drbd_fs_resizing_in_progress")},
        "no filesystem being resized",
        CANT_TELL,
        OURS,
    ),
    ("unlock", "storage-0", {"osds": []}, "has an OSD", NO, SERVICE),
    (
        "unlock",
        "storage-0",
        {"hosts": hosts(controller_1=LOCKED, storage_0={**LOCKED, "invprovision": None})},
        "enough Ceph monitors",
        NO,
        SERVICE,
    ),
    ("unlock", "worker-1", {}, "no manifest pending", CANT_TELL, SERVER),
)

MOVING: Tuple[Scenario, ...] = (
    ("swact", "worker-0", {}, "a controller", NO, SERVICE),
    ("swact", "controller-1", {}, "the active controller", NO, OURS),
    ("swact", "controller-0", {}, "the other has its configuration", NO, SERVICE),
    (
        "swact",
        "controller-0",
        {"hosts": hosts(**C1_OK)},
        "the other has its configuration",
        PASSES,
        SERVICE,
    ),
    (
        "swact",
        "controller-0",
        {"hosts": hosts(controller_1=LOCKED)},
        "the other is enabled",
        NO,
        SERVICE,
    ),
    (
        "force-swact",
        "controller-0",
        {"hosts": hosts(controller_1=LOCKED)},
        "the other is enabled",
        NO,
        OURS,
    ),
    ("swact", "controller-0", {"hosts": hosts()[:1]}, "there is another controller", NO, OURS),
    (
        "swact",
        "controller-0",
        {"hosts": hosts(controller_1={"availability": "degraded"})},
        "the other is not degraded",
        NO,
        SERVICE,
    ),
    (
        "force-swact",
        "controller-0",
        {"hosts": hosts(controller_1={"availability": "degraded"})},
        "the other is not degraded",
        CANT_TELL,
        OURS,
    ),
    (
        "swact",
        "controller-0",
        {"hosts": hosts(controller_1={**AIO, "subfunction_oper": "disabled"})},
        "the other's worker function is enabled",
        NO,
        SERVICE,
    ),
    (
        "force-swact",
        "controller-0",
        {"hosts": hosts(controller_1={"task": "Locking"})},
        "nothing under way on the other",
        NO,
        OURS,
    ),
    (
        "force-swact",
        "controller-0",
        {"service_groups": group(condition="data-syncing")},
        "its data is in sync",
        NO,
        OURS,
    ),
    (
        "swact",
        "controller-0",
        {"controller_filesystems": fs("drbd_fs_resizing_in_progress")},
        "no filesystem being resized",
        NO,
        SERVICE,
    ),
    (
        "swact",
        "controller-0",
        {"applications": apps("a", "applying")},
        "no application being applied",
        NO,
        SERVICE,
    ),
    ("reboot", "worker-0", {}, "locked first", NO, SERVICE),
    ("reset", "worker-0", {}, "locked first", NO, SERVICE),
    ("reinstall", "worker-0", {}, "locked first", NO, SERVICE),
    ("power-on", "worker-0", {}, "locked first", NO, SERVICE),
    ("power-off", "worker-0", {}, "locked first", NO, SERVICE),
    ("delete", "worker-0", {}, "locked first", NO, SERVICE),
    ("reboot", "worker-1", {}, "hears the order", PASSES, OURS),
    ("reboot", "worker-1", {"hosts": w1(availability="offline")}, "hears the order", NO, OURS),
    ("reset", "worker-1", {}, "has a BMC", NO, OURS),
    ("power-on", "worker-1", {}, "has a BMC", NO, OURS),
    ("power-on", "worker-1", {}, "off now", NO, OURS),
    ("power-on", "worker-1", {"hosts": w1(bm_type="ipmi")}, "has a BMC", PASSES, OURS),
    ("power-off", "worker-1", {"hosts": w1(availability="power-off")}, "on now", NO, OURS),
    ("reinstall", "worker-1", {}, "can be made to install", PASSES, SERVICE),
    (
        "reinstall",
        "worker-1",
        {"hosts": w1(availability="offline")},
        "can be made to install",
        NO,
        SERVICE,
    ),
    ("delete", "controller-0", {}, "not the active controller", NO, OURS),
    ("delete", "storage-0", {}, "its storage may go", CANT_TELL, SERVER),
)
