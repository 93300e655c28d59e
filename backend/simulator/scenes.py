"""Seeded clouds: site-7 as it is drawn, site-9 on one machine, a standard system, and big ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Callable, Optional

from backend.simulator import alarms
from backend.simulator.applications import app
from backend.simulator.arrivals import new_host
from backend.simulator.catalogue import CATALOGUE
from backend.simulator.clock import Clock
from backend.simulator.cloud import Cloud
from backend.simulator.enabling import TEST_S, unlock
from backend.simulator.labels import new as new_label
from backend.simulator.model import Host, System
from backend.simulator.rungs import climb, note_command

MINUTE, HOUR, DAY = 60, 3600, 86400

CONFIG = "3ad5a2bb-5b29-4a4e-a6e0-1d20d6ef3a3e"
NEW_CONFIG = "9d3a11f2-5a0f-4e0e-a7ad-a2b1f60f7f3d"

Scene = Callable[[Cloud], None]


def build(
    scene: str,
    *,
    clock: Clock,
    seed: int,
    hosts: Optional[int] = None,
    alarm_count: Optional[int] = None,
) -> Cloud:
    """The cloud of a scene, filled up to so many hosts and alarms; KeyError when there is none."""
    if scene not in SCENES:
        raise KeyError(f"no scene {scene!r}; there are {', '.join(sorted(SCENES))}")
    kind, mode, storage, draw = SCENES[scene]
    created = clock.now() - timedelta(days=140)
    cloud = Cloud(clock=clock, seed=seed, system=_system(scene, kind, mode, storage, created))
    cloud.system.uuid = cloud.new_uuid()
    draw(cloud)
    _fill_hosts(cloud, hosts or 0)
    alarms.review(cloud, *cloud.hosts)
    _fill_alarms(cloud, alarm_count or 0)
    cloud.page_max = max(cloud.page_max, len(cloud.hosts), len(cloud.alarms))
    HISTORY.get(scene, _no_history)(cloud)
    return cloud


def _system(scene: str, kind: str, mode: str, storage: str, created: datetime) -> System:
    return System(
        uuid="",
        name=scene,
        system_type=kind,
        system_mode=mode,
        storage=storage,
        created_at=created,
    )


def _host(cloud: Cloud, name: str, *, up_s: float, number: int) -> Host:
    """A provisioned host that is unlocked, enabled and available."""
    personality = name.rsplit("-", 1)[0]
    mac = f"52:54:00:6a:{number // 256:02x}:{number % 256:02x}"
    host = new_host(cloud, mac=mac, hostname=name, personality=personality)
    host.created_at = cloud.now() - timedelta(days=139)
    host.mgmt_ip = f"192.168.{204 + number // 250}.{number % 250 + 2}"
    host.bm_ip = f"10.10.{7 + number // 250}.{number % 250 + 1}"
    host.bm_type, host.bm_username = "dynamic", "root"
    host.invprovision, host.inv_state = "provisioned", "inventoried"
    host.install_state = "completed"
    host.serialid = f"SN{4242 + number:06d}"
    host.config_applied = host.config_target = CONFIG
    host.iscsi_initiator_name = f"iqn.2018-05.io.starlingx:{0xABC000 + number:012x}"
    host.nvme_host_id = cloud.new_uuid()
    host.nvme_host_nqn = f"nqn.2014-08.org.nvmexpress:uuid:{cloud.new_uuid()}"
    host.location = {"locn": f"rack {1 + number // 20}"}
    host.booted_at = cloud.clock.now() - timedelta(seconds=up_s)
    _enable(host)
    return host


def _enable(host: Host) -> None:
    host.administrative, host.operational, host.availability = "unlocked", "enabled", "available"
    host.subfunction_oper, host.subfunction_avail = "enabled", "available"
    host.vim_progress_status = "services-enabled"


def _lock(host: Host) -> None:
    host.administrative, host.operational, host.availability = "locked", "disabled", "online"
    host.subfunction_oper, host.subfunction_avail = "disabled", "online"
    host.vim_progress_status, host.ihost_action = "services-disabled", "lock"


def _activate(host: Host) -> None:
    host.capabilities = {**host.capabilities, "Personality": "Controller-Active"}


def _rook_only(cloud: Cloud) -> None:
    """Rook's monitors are not sysinv's: no host says it is one."""
    for host in cloud.of("controller"):
        host.capabilities = {k: v for k, v in host.capabilities.items() if k != "stor_function"}


def _site_7(cloud: Cloud) -> None:
    """A duplex site in the middle of an unlock, with two workers out of step and a new machine."""
    first = _host(cloud, "controller-0", up_s=41 * DAY, number=1)
    _activate(first)
    second = _host(cloud, "controller-1", up_s=0, number=2)
    for number, days in enumerate((3, 2, 97, 97)):
        worker = _host(cloud, f"worker-{number}", up_s=days * DAY, number=number + 3)
        new_label(cloud, worker, "sriovdp", "enabled")
    _rook_only(cloud)
    _lock(cloud.named("worker-1"))
    _coming_up(cloud, second)
    found = new_host(cloud, mac="00:1e:67:aa:07:31", hostname=None, personality=None)
    found.created_at = cloud.now() - timedelta(minutes=12)
    cloud.apps = _apps()
    full: dict[str, Any] = {"filesystem": "/var/log", "threshold": 90.0, "actual": 92.1}
    alarms.stand(cloud, "100.104", host="controller-1", **full)
    alarms.stand(cloud, "200.006", host="worker-0", process="pmond")
    alarms.stand(cloud, "800.001", cluster=cloud.system.uuid)
    alarms.stand(cloud, "750.006", application="platform-integ-apps")


# What happens to the calm site-7, by itself, in the fortnight after it was drawn.
CALM_START = datetime(2026, 11, 7, 2, 41, 20, tzinfo=timezone.utc)
_FORTNIGHT = 14 * DAY


def _site_7_calm(cloud: Cloud) -> None:
    """The same site a fortnight earlier, all well: what is to come happens by itself."""
    cloud.system.name = "site-7"
    first = _host(cloud, "controller-0", up_s=27 * DAY, number=1)
    _activate(first)
    _host(cloud, "controller-1", up_s=27 * DAY, number=2)
    for number, days in enumerate((3, 21, 83, 83)):
        worker = _host(cloud, f"worker-{number}", up_s=days * DAY, number=number + 3)
        new_label(cloud, worker, "sriovdp", "enabled")
    _rook_only(cloud)
    cloud.apps = _apps()
    full: dict[str, Any] = {"filesystem": "/var/log", "threshold": 90.0, "actual": 92.1}
    stand = partial(alarms.stand, cloud)
    for before_s, happens in (
        (SITE_7_SET["800.001"], partial(stand, "800.001", cluster=cloud.system.uuid)),
        (SITE_7_SET["200.006"], partial(stand, "200.006", host="worker-0", process="pmond")),
        (SITE_7_SET["250.001"], partial(_reconfigure, cloud, "controller-1")),
        (SITE_7_SET["100.104"], partial(stand, "100.104", host="controller-1", **full)),
        (12 * MINUTE, partial(_arrive, cloud)),
        (SITE_7_SET["750.006"], partial(stand, "750.006", application="platform-integ-apps")),
    ):
        cloud.clock.at(_FORTNIGHT - before_s, happens)


def _reconfigure(cloud: Cloud, name: str) -> None:
    host = cloud.named(name)
    host.config_status, host.config_target = "Config out-of-date", NEW_CONFIG
    alarms.review(cloud, host)


def _arrive(cloud: Cloud) -> None:
    new_host(cloud, mac="00:1e:67:aa:07:31", hostname=None, personality=None)


def _coming_up(cloud: Cloud, host: Host) -> None:
    """Six minutes into its unlock: testing itself, its configuration not yet applied."""
    host.operational, host.availability, host.task = "disabled", "intest", "Testing"
    host.subfunction_oper, host.subfunction_avail = "disabled", "offline"
    host.ihost_action, host.vim_progress_status = "unlock", "services-disabled"
    host.config_status, host.config_target = "Config out-of-date", NEW_CONFIG
    host.booted_at = cloud.clock.now() - timedelta(seconds=TEST_S)
    first, *rest = unlock(cloud, host)[3:]
    climb(cloud, host, (replace(first, after_s=2), *rest))


def _apps() -> list[dict[str, object]]:
    return [
        app("cert-manager", "24.09-9"),
        app("platform-integ-apps", "24.09-5"),
        app("nginx-ingress-controller", "24.09-2"),
        app("rook-ceph", "24.09-7"),
        app("oidc-auth-apps", "24.09-1", "uploaded"),
    ]


def _site_9(cloud: Cloud) -> None:
    """One machine that is everything."""
    host = _host(cloud, "controller-0", up_s=19 * DAY, number=1)
    _activate(host)
    host.bm_type, host.bm_ip, host.bm_username = "none", None, None
    _rook_only(cloud)
    cloud.apps = _apps()


def _standard(cloud: Cloud) -> None:
    """Two controllers, a storage pair on bare-metal Ceph, workers."""
    names = ["controller-0", "controller-1", "storage-0", "storage-1"]
    names += [f"worker-{number}" for number in range(3)]
    for number, name in enumerate(names, 1):
        _host(cloud, name, up_s=10 * DAY + number * HOUR, number=number)
    _activate(cloud.named("controller-0"))
    for name in ("storage-0", "storage-1"):
        host = cloud.named(name)
        host.peers = {"name": "group-0", "hosts": ["storage-0", "storage-1"]}
    cloud.named("storage-0").capabilities = {"stor_function": "monitor"}
    cloud.apps = [row for row in _apps() if row["name"] != "rook-ceph"]


def _fill_hosts(cloud: Cloud, count: int) -> None:
    """More workers, till there are `count` hosts in all."""
    worker = len(cloud.of("worker"))
    while len(cloud.hosts) < count:
        number = len(cloud.hosts) + 1
        _host(cloud, f"worker-{worker}", up_s=5 * DAY + number, number=number)
        worker += 1


def _fill_alarms(cloud: Cloud, count: int) -> None:
    """More standing causes spread over the hosts, till there are `count` alarms in all."""
    names = [host.name for host in cloud.hosts if host.invprovision == "provisioned"]
    made = 0
    while len(cloud.standing) + len(cloud.raised - cloud.standing.keys()) < count:
        kind, words = _FILLERS[made % len(_FILLERS)]
        told = {**words, "host": names[made % len(names)]}
        told = {k: v.format(made) if isinstance(v, str) else v for k, v in told.items()}
        key, level, said = alarms.cause(kind, **told)
        cloud.standing[key] = (level, said)
        made += 1
    if made:
        alarms.review(cloud)


_FILLERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("100.106", {"port": "enp{}s0"}),
    ("200.006", {"process": "daemon-{}"}),
    ("100.104", {"filesystem": "/var/lib/docker/{}", "threshold": 80.0, "actual": 83.4}),
)


def _no_history(cloud: Cloud) -> None:
    """The alarms there are were set an hour ago; nothing else is remembered."""
    for alarm in cloud.alarms.values():
        alarm.timestamp = cloud.now() - timedelta(hours=1)
    cloud.events.clear()
    _log_sets(cloud)


def _log_sets(cloud: Cloud) -> None:
    for alarm in sorted(cloud.alarms.values(), key=lambda row: row.timestamp):
        alarms.log(cloud, alarm, "set", alarm.timestamp)


# alarm type → seconds before now at which it was set
SITE_7_SET = {
    "100.104": 12 * MINUTE,
    "400.002": 6 * MINUTE + 12,
    "250.001": 16 * MINUTE,
    "200.006": 3 * HOUR,
    "200.001": 2 * DAY,
    "800.001": 2 * DAY + HOUR,
    "750.006": 9 * MINUTE,
}


def _site_7_history(cloud: Cloud) -> None:
    """What led to the scene: the lock and the unlock of controller-1, and older things."""
    now = cloud.now()
    for alarm in cloud.alarms.values():
        before_s = SITE_7_SET.get(alarm.alarm_id, HOUR)
        alarm.timestamp = now - timedelta(seconds=before_s, microseconds=-123456)
    cloud.events.clear()
    second = cloud.named("controller-1")
    key, level, words = alarms.cause("200.001", host="controller-1")
    locked = alarms.build(cloud, CATALOGUE["200.001"], key[1], level, words)
    for days in (30, 21, 14, 7):
        alarms.log(cloud, locked, "set", now - timedelta(days=days, minutes=11))
        alarms.log(cloud, locked, "clear", now - timedelta(days=days, minutes=7))
    alarms.log(cloud, locked, "set", now - timedelta(seconds=10 * MINUTE + 20))
    alarms.log(cloud, locked, "clear", now - timedelta(seconds=6 * MINUTE + 13))
    note_command(cloud, second, "unlock", now - timedelta(seconds=6 * MINUTE + 13))
    found = next(host for host in cloud.hosts if host.hostname is None)
    seen = f"{found.uuid} has been 'discovered' on the network"
    alarms.note(cloud, "200.020", f"host={found.uuid}.event=discovered", seen, found.created_at)
    _log_sets(cloud)


SCENES: dict[str, tuple[str, str, str, Scene]] = {
    "site-7": ("All-in-one", "duplex", "ceph-rook", _site_7),
    "site-7-calm": ("All-in-one", "duplex", "ceph-rook", _site_7_calm),
    "site-9": ("All-in-one", "simplex", "ceph-rook", _site_9),
    "standard": ("Standard", "duplex", "ceph", _standard),
}

HISTORY: dict[str, Callable[[Cloud], None]] = {"site-7": _site_7_history}
