"""The whole pretend cloud: its rows, its clock, its dice, and how they are found."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Optional

from backend.simulator.ceph import Ceph
from backend.simulator.clock import Clock
from backend.simulator.images import Images
from backend.simulator.kube import Kube
from backend.simulator.model import Alarm, Event, Host, Json, System
from backend.simulator.overlay import Overlay
from backend.simulator.shelf import Older, Software, shelf

# Fault management keeps a bounded log; older lines fall out.
EVENTS_KEPT = 4000

SERVICES = ("identity", "platform", "faultmanagement", "usm", "patching", "vim")


@dataclass
class Trouble:
    """What is wrong with the services: prefix (or "swact") → "refused", "503" or "silent"."""

    away: dict[str, str] = field(default_factory=dict)
    skew_s: float = 0.0

    @property
    def refused(self) -> bool:
        return "refused" in self.away.values()


class Cloud:
    """The model a scene builds, a request reads and an action changes."""

    def __init__(self, *, system: System, clock: Clock, seed: int) -> None:
        self.system = system
        self.clock = clock
        self.rng = random.Random(seed)  # noqa: S311 (dice, not secrets)
        self.hosts: list[Host] = []
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.suppressed: set[str] = set()
        self.labels: dict[str, list[Json]] = {}
        self.apps: list[Json] = []
        # By application: the package of it that came with the release.
        self.brought: dict[str, str] = {}
        # By application and chart: what the user gave Helm, and whether it is used at all.
        self.overrides: dict[tuple[str, str], Json] = {}
        self.chart_attributes: dict[tuple[str, str], Json] = {}
        self.children: dict[tuple[str, str], list[Json]] = {}
        self.shared: dict[str, list[Json]] = {}
        self.overlay = Overlay()
        # The text of the licence, "" where none was installed.
        self.licence = ""
        self.standing: dict[tuple[str, str], tuple[str, Json]] = {}
        self.page_max = 2000
        self.raised: set[tuple[str, str]] = set()
        self.recovering: set[str] = set()
        # OSDs that are dead, as sysinv does not know: its rows stay as they are.
        self.lost_osds: set[str] = set()
        # Hosts whose power their own baseboard cut.
        self.unpowered: set[str] = set()
        self.backing_up = False
        self.software: Software = shelf(system.software_version)
        # sw-patch, on a system older than USM.
        self.older: Optional[Older] = None
        self.kube = Kube()
        self.ceph = Ceph()
        self.images = Images()
        # What the VIM orchestrates now, in its own shape.
        self.strategy: Optional[Json] = None
        # host uuid → what fails when it is enabled next, and how often still
        self.doomed: dict[str, tuple[str, int]] = {}
        self.trouble = Trouble()
        self._by_ref: dict[str, Host] = {}
        self._last_id = 0
        self._last_alarm = 0

    def now(self) -> datetime:
        """The instant the services believe it is."""
        return self.clock.now() + timedelta(seconds=self.trouble.skew_s)

    def new_uuid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def uuid_of(self, *words: object) -> str:
        """A uuid made of words: the same in every run, whatever was asked for before."""
        told = "/".join(map(str, (self.system.uuid, *words)))
        return str(uuid.UUID(bytes=hashlib.sha256(told.encode()).digest()[:16], version=4))

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def next_alarm_id(self) -> int:
        self._last_alarm += 1
        return self._last_alarm

    def free_address(self) -> str:
        """The next free address of the management network."""
        taken = {host.mgmt_ip for host in self.hosts}
        numbers = range(2, 250 * 50)
        told = (f"192.168.{204 + n // 250}.{n % 250 + 2}" for n in numbers)
        return next(address for address in told if address not in taken)

    def jitter(self, seconds: float) -> float:
        """A usual duration, as it comes out this time: a tenth shorter to a tenth longer."""
        return seconds * self.rng.uniform(0.9, 1.1)

    def add(self, host: Host) -> Host:
        self.hosts.append(host)
        self._by_ref[host.uuid] = host
        self._by_ref[str(host.id)] = host
        return host

    def remove(self, host: Host) -> None:
        self.hosts.remove(host)
        del self._by_ref[host.uuid], self._by_ref[str(host.id)]
        self.labels.pop(host.uuid, None)
        for key in [key for key in self.children if key[0] == host.uuid]:
            del self.children[key]

    def host(self, ref: str) -> Optional[Host]:
        """A host by uuid, id or hostname."""
        found = self._by_ref.get(ref)
        return found or next((h for h in self.hosts if h.hostname == ref), None)

    def named(self, hostname: str) -> Host:
        """The host of that name; raises KeyError with the names there are."""
        host = self.host(hostname)
        if host is None:
            raise KeyError(f"no host {hostname!r} among {[h.name for h in self.hosts[:20]]}")
        return host

    def of(self, personality: str) -> list[Host]:
        return [host for host in self.hosts if host.personality == personality]

    @property
    def active(self) -> Optional[Host]:
        """The controller that carries the services."""
        return next((host for host in self.of("controller") if host.is_active), None)

    @property
    def dark(self) -> bool:
        """Whether the machine that carries the services is down: nobody answers."""
        active = self.active
        return active is not None and active.booted_at is None

    def peer(self, host: Host) -> Optional[Host]:
        """The other controller."""
        return next((c for c in self.of("controller") if c is not host), None)

    def touch(self, host: Host, **fields: Any) -> None:
        """Set fields of a host, and when."""
        for name, value in fields.items():
            setattr(host, name, value)
        host.updated_at = self.now()
