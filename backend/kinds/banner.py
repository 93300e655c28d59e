"""What stands beside the cloud's name wherever one is: mode and release, who is active, alarms."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.faults import counts_text
from backend.kinds.host_site import active_controller, is_simplex, system_of
from backend.known import Known

# The kinds it looks at: polled as long as there is a console.
NEEDS: Tuple[str, ...] = ("system", "hosts", "alarms")
# The kind of which a baseline says what is not new.
BASELINE_OF = "alarms"


def banner(known: Known) -> Tuple[str, ...]:
    """Return its parts, the most important last: ``AIO-DX 24.09``, who is active, ``C1 M3 m0 w2``.

    Between bootstrap and first unlock ``DO NOT LOG OUT`` stands behind them.

    What was never read is left out.
    """
    parts = (_what(known), _active(known), _alarms(known), _stay(known))
    return tuple(part for part in parts if part)


def _what(known: Known) -> str:
    system = system_of(known)
    if system is None:
        return ""
    is_aio = str(system.system_type).casefold().startswith("all-in-one")
    mode = "SX" if is_simplex(known) else "DX"
    shape = f"AIO-{mode}" if is_aio else str(system.system_type or "")
    return f"{shape} {system.software_version or ''}".strip()


def _active(known: Known) -> str:
    if not known.has("hosts"):
        return ""
    active = active_controller(known)
    return f"active {active.name}" if active is not None else "NO ACTIVE CONTROLLER"


def _stay(known: Known) -> str:
    """Say on every screen what costs a re-install: to lose the console before the first unlock."""
    return "DO NOT LOG OUT" if known.place.is_to_stay else ""


def _alarms(known: Known) -> str:
    return counts_text(known.rows("alarms"), zeros=True) if known.has("alarms") else ""
