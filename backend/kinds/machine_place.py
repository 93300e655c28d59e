"""Where one sits, in words: role, mode, release, active or standby, how far it is into service."""

from __future__ import annotations

from backend.place import Phase, Place
from backend.tone import Tone, Verdict

_MODES = {"simplex": "SX", "duplex": "DX", "duplex-direct": "DX"}


def role(place: Place) -> str:
    """Return what a StarlingX machine is: ``AIO-DX controller``, ``worker (low latency)``."""
    said = place.platform
    node = said.get("nodetype", "machine")
    functions = said.get("subfunction", "").split(",")
    is_all_in_one = "All-in-one" in said.get("system_type", "") or (
        node == "controller" and "worker" in functions
    )
    mode = _MODES.get(said.get("system_mode", ""), "")
    kind = "-".join(filter(None, ("AIO" if is_all_in_one else "", mode)))
    latency = " (low latency)" if "lowlatency" in functions else ""
    central = said.get("distributed_cloud_role", "")
    return " ".join(filter(None, (kind, central, node))) + latency


def where(place: Place) -> str:
    """Return one sentence that says where one is."""
    if not place.is_starlingx:
        return f"{place.hostname}, no StarlingX machine ({place.terminal})"
    parts = [role(place)]
    if place.release:
        parts.append(f"release {place.release}")
    if place.is_active is not None:
        parts.append("active" if place.is_active else "standby")
    if place.phase is not Phase.CONFIGURED:
        parts.append(place.phase.value)
    return f"{place.hostname}: {', '.join(parts)} ({place.terminal})"


def standing(place: Place) -> Verdict:
    """Return the verdict on where one sits alone: what is to be known before anything else."""
    if place.has_failed:
        text = f"its configuration FAILED; {where(place)}"
        more = "why: the last of /var/log/puppet, and of /var/log/sysinv.log"
        return Verdict(word="NOT WELL", text=text, more=more, tone=Tone.BAD)
    if place.is_to_stay:
        text = "DO NOT LOG OUT before the first unlock: losing it means a re-install"
        return Verdict(word="WARN", text=text, more=f"{where(place)}; :guards", tone=Tone.WARN)
    if place.phase is Phase.INSTALLED:
        more = "bootstrap is run under supervision: :runs, B; its guards: :guards"
        return Verdict(word="BEFORE", text=where(place), more=more, tone=Tone.BUSY)
    return Verdict(word="WELL", text=where(place))
