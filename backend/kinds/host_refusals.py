"""All that may refuse an action on a host: every check there is, in one table."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.host_check import AnyCheck
from backend.kinds.host_checks_lock import LOCK_CHECKS
from backend.kinds.host_checks_machine import MACHINE_CHECKS
from backend.kinds.host_checks_network import NETWORK_CHECKS
from backend.kinds.host_checks_ports import PORT_CHECKS
from backend.kinds.host_checks_power import POWER_CHECKS
from backend.kinds.host_checks_storage import STORAGE_CHECKS
from backend.kinds.host_checks_swact import SWACT_CHECKS
from backend.kinds.host_checks_unlock import UNLOCK_CHECKS

# In the order the service asks them.
CHECKS: Tuple[AnyCheck, ...] = (
    *LOCK_CHECKS,
    *UNLOCK_CHECKS,
    *STORAGE_CHECKS,
    *MACHINE_CHECKS,
    *PORT_CHECKS,
    *NETWORK_CHECKS,
    *SWACT_CHECKS,
    *POWER_CHECKS,
)
