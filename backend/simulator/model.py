"""What the pretend cloud is made of: plain mutable rows that draw themselves as the wire does."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

Json = dict[str, Any]

_UPTIME = 987654321987654321
_UPTIME_MARK = str(_UPTIME).encode()

# Sub-collections a single host points at, in the order sysinv lists them.
CHILDREN = (
    "iinterfaces",
    "ports",
    "ethernet_ports",
    "inodes",
    "icpus",
    "imemorys",
    "istors",
    "idisks",
    "partitions",
    "ceph_mon",
    "ipvs",
    "ilvgs",
    "host_fs",
    "kube_update_ca",
    "isensors",
    "isensorgroups",
    "pci_devices",
    "lldp_agents",
    "lldp_neighbours",
    "labels",
)

# Maintenance reports uptime now and then, not at every question.
UPTIME_AUDIT_S = 60


def iso(instant: datetime) -> str:
    """An instant as sysinv writes it: microseconds and +00:00."""
    return instant.astimezone(timezone.utc).isoformat(timespec="microseconds")


def zoneless(instant: datetime) -> str:
    """Fault management's way: UTC that does not say so."""
    return iso(instant)[:-6]


def links(base: str, *path: str) -> list[Json]:
    """The pair of links the services give each row; the bookmark lacks /v1 and leads nowhere."""
    tail = "/".join(path)
    return [
        {"href": f"{base}/v1/{tail}", "rel": "self"},
        {"href": f"{base}/{tail}", "rel": "bookmark"},
    ]


class Row(ABC):
    """A row that keeps its serialised form until one of its fields is set."""

    _drawn: Optional[tuple[str, bytes]] = None

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name != "_drawn":
            object.__setattr__(self, "_drawn", None)

    @abstractmethod
    def draw(self, base: str) -> Json:
        """The row as the service shows it, its links built on ``base``."""

    def drawn(self, base: str) -> bytes:
        """The row as JSON, kept for as long as nothing about it changes."""
        if self._drawn is None or self._drawn[0] != base:
            self._drawn = (base, json.dumps(self.draw(base)).encode())
        return self._drawn[1]


@dataclass(eq=False)
class Host(Row):
    """One host as sysinv knows it. Field names are the wire's; `booted_at` gives its uptime."""

    id: int
    uuid: str
    hostname: Optional[str]
    personality: Optional[str]
    subfunctions: Optional[str]
    mgmt_mac: str
    isystem_uuid: str
    created_at: datetime
    mgmt_ip: Optional[str] = None
    bm_ip: Optional[str] = None
    bm_type: Optional[str] = "none"
    bm_username: Optional[str] = None
    invprovision: str = "unprovisioned"
    serialid: Optional[str] = None
    administrative: str = "locked"
    operational: str = "disabled"
    availability: str = "offline"
    subfunction_oper: str = "disabled"
    subfunction_avail: str = "offline"
    action: str = "none"
    ihost_action: str = ""
    inv_state: Optional[str] = None
    vim_progress_status: Optional[str] = None
    task: str = ""
    config_status: str = ""
    config_applied: Optional[str] = None
    config_target: Optional[str] = None
    clock_synchronization: str = "ntp"
    location: Json = field(default_factory=dict)
    capabilities: Json = field(default_factory=dict)
    peers: Optional[Json] = None
    boot_device: str = "/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0"
    rootfs_device: str = "/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0"
    hw_settle: str = "0"
    install_output: str = "text"
    console: str = "ttyS0,115200n8"
    tboot: str = "false"
    ttys_dcd: bool = False
    apparmor: str = "disabled"
    install_state: Optional[str] = None
    install_state_info: Optional[str] = None
    max_cpu_mhz_configured: str = ""
    iscsi_initiator_name: Optional[str] = None
    nvme_host_id: Optional[str] = None
    nvme_host_nqn: Optional[str] = None
    device_image_update: Optional[str] = None
    kernel_provisioned: str = "standard"
    kernel_running: str = "standard"
    reboot_needed: bool = False
    sw_version: str = "24.09"
    updated_at: Optional[datetime] = None
    booted_at: Optional[datetime] = None
    # Not on the wire.
    reinstalling: bool = False
    failing: bool = False
    bmc_answers: bool = True
    climb: int = 0
    tries: int = 0

    @property
    def name(self) -> str:
        return self.hostname or self.uuid

    @property
    def is_worker(self) -> bool:
        return "worker" in (self.subfunctions or "").split(",")

    @property
    def is_aio(self) -> bool:
        """A controller that is a worker too, and so has a subfunction to enable."""
        return self.personality == "controller" and self.is_worker

    @property
    def is_active(self) -> bool:
        return bool(self.capabilities.get("Personality") == "Controller-Active")

    @property
    def is_serving(self) -> bool:
        return self.administrative == "unlocked" and self.operational == "enabled"

    def uptime(self, now: datetime) -> int:
        """Seconds since it booted, as of maintenance's last audit; 0 while it is down."""
        if self.booted_at is None:
            return 0
        up = int((now - self.booted_at).total_seconds())
        return up - up % UPTIME_AUDIT_S

    def draw(self, base: str) -> Json:
        return self._shape(base, detail=False)

    def detail(self, base: str, now: datetime) -> Json:
        """The row as a single GET gives it: the list's, and where its children are."""
        return {**self._shape(base, detail=True), "uptime": self.uptime(now)}

    def line(self, base: str, now: datetime) -> bytes:
        """The list row as bytes; only the uptime is put in anew."""
        return self.drawn(base).replace(_UPTIME_MARK, str(self.uptime(now)).encode())

    def _shape(self, base: str, *, detail: bool) -> Json:
        return {
            **self._identity(),
            **self._state(),
            **({"forisystemid": 1} if detail else {}),
            "isystem_uuid": self.isystem_uuid,
            "peers": self.peers,
            "links": links(base, "ihosts", self.uuid),
            **({c: links(base, "ihosts", self.uuid, c) for c in CHILDREN} if detail else {}),
            **self._install(),
            "device_image_update": self.device_image_update,
            "reboot_needed": self.reboot_needed,
            "sw_version": self.sw_version,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at) if self.updated_at else None,
        }

    def _identity(self) -> Json:
        names = "id uuid hostname invprovision mgmt_mac mgmt_ip bm_ip bm_type bm_username"
        more = "personality subfunctions subfunction_oper subfunction_avail serialid"
        return {name: getattr(self, name) for name in f"{names} {more}".split()}

    def _state(self) -> Json:
        names = "administrative operational availability action ihost_action inv_state"
        config = "config_status config_applied config_target clock_synchronization"
        return {
            **{name: getattr(self, name) for name in names.split()},
            "vim_progress_status": self.vim_progress_status,
            "task": self.task,
            "mtce_info": "",
            "reserved": False,
            **{name: getattr(self, name) for name in config.split()},
            "uptime": _UPTIME,
            "location": self.location,
            "capabilities": self.capabilities,
        }

    def _install(self) -> Json:
        names = "boot_device rootfs_device hw_settle install_output console tboot ttys_dcd apparmor"
        more = "install_state install_state_info max_cpu_mhz_configured"
        return {
            **{name: getattr(self, name) for name in f"{names} {more}".split()},
            "min_cpu_mhz_allowed": "800",
            "max_cpu_mhz_allowed": "3500",
            "cstates_available": "C1,C1E,C6,POLL",
            "iscsi_initiator_name": self.iscsi_initiator_name,
            "nvme_host_id": self.nvme_host_id,
            "nvme_host_nqn": self.nvme_host_nqn,
        }


@dataclass(eq=False)
class Alarm(Row):
    """One raised alarm. `mgmt_affecting` and `degrade_affecting` are the words True and False."""

    id: int
    uuid: str
    alarm_id: str
    entity_type_id: str
    entity_instance_id: str
    timestamp: datetime
    severity: str
    reason_text: str
    alarm_type: str
    probable_cause: str
    proposed_repair_action: str
    service_affecting: bool
    suppression: bool
    mgmt_affecting: str
    degrade_affecting: str
    suppression_status: str = "unsuppressed"

    def draw(self, base: str) -> Json:
        del base
        return {
            "uuid": self.uuid,
            "alarm_id": self.alarm_id,
            "entity_instance_id": self.entity_instance_id,
            "timestamp": zoneless(self.timestamp),
            "severity": self.severity,
            "reason_text": self.reason_text,
            **self._effects(),
        }

    def detail(self) -> Json:
        return {
            "uuid": self.uuid,
            "alarm_id": self.alarm_id,
            "alarm_state": "set",
            "entity_type_id": self.entity_type_id,
            "entity_instance_id": self.entity_instance_id,
            "timestamp": zoneless(self.timestamp),
            "severity": self.severity,
            "reason_text": self.reason_text,
            "alarm_type": self.alarm_type,
            "probable_cause": self.probable_cause,
            "proposed_repair_action": self.proposed_repair_action,
            "service_affecting": self.service_affecting,
            "suppression": self.suppression,
            **self._effects(),
        }

    def _effects(self) -> Json:
        names = ("suppression_status", "mgmt_affecting", "degrade_affecting")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Event:
    """One line of the event log: an alarm set or cleared, or something that was only logged."""

    uuid: str
    event_log_id: Optional[str]
    state: str
    entity_type_id: str
    entity_instance_id: str
    timestamp: datetime
    severity: str
    reason_text: str
    event_log_type: str
    probable_cause: str
    proposed_repair_action: str
    service_affecting: bool
    suppression: bool

    def draw(self, suppression_status: str, *, expand: bool) -> Json:
        short = "uuid event_log_id state entity_instance_id timestamp severity reason_text"
        names = (
            "uuid event_log_id state entity_type_id entity_instance_id timestamp severity "
            "reason_text event_log_type probable_cause proposed_repair_action service_affecting "
            "suppression"
        )
        row = {name: getattr(self, name) for name in (names if expand else short).split()}
        row["timestamp"] = zoneless(self.timestamp)
        return {**row, "suppression_status": suppression_status}


@dataclass
class System:
    """The one system row."""

    uuid: str
    name: str
    system_type: str
    system_mode: str
    created_at: datetime
    software_version: str = "24.09"
    description: str = "Pretend cloud"
    contact: str = "ops@site.example"
    location: str = "cabinet 2"
    latitude: str = "45.35"
    longitude: str = "-75.92"
    storage: str = "ceph-rook"
    timezone: str = "UTC"
    https_enabled: bool = True
    sdn_enabled: bool = False
    vswitch_type: str = "none"
    security_feature: str = "spectre_meltdown_v1"
    updated_at: Optional[datetime] = None

    @property
    def is_simplex(self) -> bool:
        return self.system_mode == "simplex"

    def draw(self, base: str) -> Json:
        names = "uuid name system_type system_mode description contact location latitude longitude"
        return {
            **{name: getattr(self, name) for name in f"{names} software_version".split()},
            "timezone": self.timezone,
            "links": links(base, "isystems", self.uuid),
            "capabilities": {
                "region_config": False,
                "vswitch_type": self.vswitch_type,
                "shared_services": "[]",
                "sdn_enabled": self.sdn_enabled,
                "https_enabled": self.https_enabled,
                "bm_region": "External",
                "cinder_backend": "ceph",
                "sysinv_provisioned": "yes",
            },
            "region_name": "RegionOne",
            "distributed_cloud_role": None,
            "service_project_name": None,
            "security_feature": self.security_feature,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at) if self.updated_at else None,
        }
