"""The storage of the whole system: backends, the controllers' filesystems, Ceph's monitors."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.backend_acts import BACKEND_ACTIONS
from backend.kinds.controller_fs_acts import CONTROLLER_FS_ACTIONS
from backend.kinds.inventory import NOISE, look_of
from backend.kinds.monitor_acts import MONITOR_ACTIONS
from backend.units import yes_no

EVERY_S = 15.0

_STATUS = re.compile(r"'status':\s*'([^']*)'")


class Backend(Row):
    """A storage backend."""

    uuid: str
    name: Optional[str] = None
    backend: Optional[str] = None
    state: Optional[str] = None
    task: Optional[str] = None
    services: Optional[str] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)


BACKENDS: Kind[Backend] = Kind(
    name="backends",
    singular="backend",
    model=Backend,
    read=Rest(service="sysinv", path="/storage_backend", items="storage_backends"),
    label=lambda row: row.name or row.uuid,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="BACKEND", value=lambda row: row.backend),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TASK", value=lambda row: row.task),
        Column(heading="COPIES", value=lambda row: row.capabilities.get("replication"), right=True),
        Column(heading="SERVICES", value=lambda row: row.services, wide=True),
    ),
    look=lambda row, _known: look_of(row.state, ("configured",)),
    state_fields=("state", "task"),
    actions=BACKEND_ACTIONS,
    aliases=("storage-backends", "storage_backend", "storage-backend"),
    noise=NOISE,
    every_s=EVERY_S,
)


class ControllerFilesystem(Row):
    """A filesystem of the controllers; ``size`` in GiB, ``state`` a dict written as text."""

    uuid: str
    name: str
    size: Optional[int] = None
    logical_volume: Optional[str] = None
    replicated: Optional[bool] = None
    state: Optional[str] = None

    @property
    def status(self) -> str:
        """The one word of its state; text that is no dict stays as it came."""
        said = (self.state or "").strip()
        found = _STATUS.search(said)
        return found.group(1) if found else said


CONTROLLER_FILESYSTEMS: Kind[ControllerFilesystem] = Kind(
    name="controller-filesystems",
    singular="controller-filesystem",
    model=ControllerFilesystem,
    read=Rest(service="sysinv", path="/controller_fs", items="controller_fs"),
    label=lambda row: row.name,
    columns=(
        Column(heading="NAME", value=lambda row: row.name),
        Column(heading="GIB", value=lambda row: row.size, right=True),
        Column(heading="STATE", value=lambda row: row.status),
        Column(heading="COPIED", value=lambda row: yes_no(row.replicated)),
        Column(heading="VOLUME", value=lambda row: row.logical_volume),
    ),
    look=lambda row, _known: look_of(row.status, ("available",)),
    state_fields=("state",),
    actions=CONTROLLER_FS_ACTIONS,
    aliases=("controller_fs", "controllerfs", "cfs"),
    noise=NOISE,
    every_s=EVERY_S,
)


class Monitor(Row):
    """A Ceph monitor of a host."""

    uuid: str
    hostname: Optional[str] = None
    ihost_uuid: Optional[str] = None
    ceph_mon_gib: Optional[int] = None
    state: Optional[str] = None
    task: Optional[str] = None


MONITORS: Kind[Monitor] = Kind(
    name="monitors",
    singular="monitor",
    model=Monitor,
    read=Rest(service="sysinv", path="/ceph_mon", items="ceph_mon"),
    label=lambda row: row.hostname or row.uuid,
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname),
        Column(heading="GIB", value=lambda row: row.ceph_mon_gib, right=True),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="TASK", value=lambda row: row.task),
    ),
    look=lambda row, _known: look_of(row.state, ("configured",)),
    state_fields=("state", "task"),
    actions=MONITOR_ACTIONS,
    aliases=("ceph_mon", "ceph-mons"),
    noise=NOISE,
    every_s=EVERY_S,
)
