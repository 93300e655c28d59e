"""A host as sysinv says it, and what follows from its fields alone."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Row

LOCKED, UNLOCKED = "locked", "unlocked"
ENABLED, DISABLED = "enabled", "disabled"

# From best to worst, as maintenance goes through them; a word it does not have is worst.
OPERATIONAL = ("enabled", "disabled")
AVAILABILITY = (
    "available",
    "degraded",
    "online",
    "intest",
    "offduty",
    "offline",
    "power-off",
    "poweroff",
    "failed",
)

# Nobody was ever up for longer, in seconds (a hundred years): what says so is no uptime.
LONGEST_S = 3_155_760_000


class Host(Row):
    """One of sysinv's hosts; a discovered one has neither hostname nor personality."""

    uuid: str
    administrative: str
    operational: str
    availability: str
    id: Optional[int] = None
    hostname: Optional[str] = None
    personality: Optional[str] = None
    subfunctions: Optional[str] = None
    subfunction_oper: Optional[str] = None
    subfunction_avail: Optional[str] = None
    task: Optional[str] = None
    ihost_action: Optional[str] = None
    vim_progress_status: Optional[str] = None
    invprovision: Optional[str] = None
    inv_state: Optional[str] = None
    install_state: Optional[str] = None
    install_state_info: Optional[str] = None
    config_status: Optional[str] = None
    config_applied: Optional[str] = None
    config_target: Optional[str] = None
    device_image_update: Optional[str] = None
    mgmt_mac: Optional[str] = None
    mgmt_ip: Optional[str] = None
    bm_type: Optional[str] = None
    bm_ip: Optional[str] = None
    boot_device: Optional[str] = None
    console: Optional[str] = None
    sw_version: Optional[str] = None
    clock_synchronization: Optional[str] = None
    uptime: Optional[int] = None
    peers: Optional[Dict[str, Any]] = None
    capabilities: Dict[str, Any] = Field(default_factory=dict)
    location: Optional[Dict[str, Any]] = None

    def told(self, name: str) -> Any:
        """What a form's field of that name is now; its location is one word of several."""
        return (self.location or {}).get("locn") if name == "location" else super().told(name)

    # --- who it is -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What people call it: its hostname, else the MAC it was discovered by."""
        return self.hostname or self.mgmt_mac or self.uuid

    @property
    def is_discovered(self) -> bool:
        """Whether nobody said yet what it is to be."""
        return not self.personality

    @property
    def is_controller(self) -> bool:
        return self.personality == "controller"

    @property
    def is_storage(self) -> bool:
        return self.personality == "storage"

    @property
    def functions(self) -> List[str]:
        """Its subfunctions, such as ``controller`` and ``worker`` on an all-in-one host."""
        return [part.strip() for part in (self.subfunctions or "").split(",") if part.strip()]

    @property
    def is_aio(self) -> bool:
        """Whether a worker's function runs on this controller: only then has it two states."""
        return self.is_controller and "worker" in self.functions

    @property
    def is_worker(self) -> bool:
        """Whether it runs applications' pods, as its only function or beside a controller's."""
        return "worker" in (self.personality or "") or self.is_aio

    @property
    def is_active(self) -> bool:
        """Whether it is the active controller."""
        return _mapping(self.capabilities).get("Personality") == "Controller-Active"

    @property
    def group(self) -> str:
        """The storage group it keeps copies in, "" where it is in none."""
        return str(_mapping(self.peers).get("name") or "")

    @property
    def peer_names(self) -> Tuple[str, ...]:
        """The other hosts of its storage group."""
        names = _mapping(self.peers).get("hosts")
        found = names if isinstance(names, (list, tuple)) else ()
        return tuple(str(name) for name in found if name != self.hostname)

    @property
    def has_bmc(self) -> bool:
        return (self.bm_type or "none").lower() != "none"

    # --- how it is -----------------------------------------------------------------------------

    @property
    def is_locked(self) -> bool:
        return self.administrative == LOCKED

    @property
    def oper(self) -> str:
        """The worse of main and worker function: ``enabled`` alone is the classic lie."""
        return _worse(self.operational, self.subfunction_oper, OPERATIONAL, both=self.is_aio)

    @property
    def avail(self) -> str:
        """The worse of main and worker function, once the main function is enabled."""
        both = self.is_aio and self.operational == ENABLED
        return _worse(self.availability, self.subfunction_avail, AVAILABILITY, both=both)

    @property
    def is_enabled(self) -> bool:
        """Whether it is in service with all its functions."""
        return self.administrative == UNLOCKED and self.oper == ENABLED

    @property
    def up_ms(self) -> Optional[int]:
        """For how long it has been up, None where sysinv does not say or says what can't be."""
        seconds = self.uptime or 0
        return seconds * 1000 if 0 < seconds <= LONGEST_S else None

    @property
    def worker_lags(self) -> bool:
        """Whether its main function is enabled and its worker function is not."""
        return self.is_aio and self.operational == ENABLED and self.oper != ENABLED

    @property
    def doing(self) -> str:
        """Maintenance's task, "" where there is none."""
        return (self.task or "").strip()

    @property
    def installing(self) -> str:
        """The state of an installation, without the audit counter maintenance hangs on it."""
        return (self.install_state or "").rstrip("+ ").strip()

    @property
    def is_installing(self) -> bool:
        return self.installing not in ("", "completed", "failed")

    @property
    def is_old_config(self) -> bool:
        """Whether it runs another configuration than the one that is wanted."""
        differs = bool(self.config_target) and self.config_applied != self.config_target
        return differs or bool((self.config_status or "").strip())

    @property
    def is_at_ease(self) -> bool:
        """Whether there is nothing to say of it: most hosts most of the time, so asked first."""
        return (
            self.availability == "available"
            and self.operational == ENABLED
            and self.administrative == UNLOCKED
            and self.config_applied == self.config_target
            and not self.task
            and not self.config_status
            and bool(self.personality)
            and self.install_state in (None, "", "completed")
            and (not self.is_aio or (self.oper == ENABLED and self.avail == "available"))
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a nested value; a deed keeps those of its row as JSON text, unvalidated."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _worse(main: str, other: Optional[str], order: tuple[str, ...], *, both: bool) -> str:
    if not both or not other:
        return main
    return max(main, other, key=lambda word: order.index(word) if word in order else len(order))
