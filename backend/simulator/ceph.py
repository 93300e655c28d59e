"""What was ordered of the pretend Ceph."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.simulator.model import Json


@dataclass
class Ceph:
    """What was ordered of it: flags, OSDs taken out, weights, quotas; what is being recovered."""

    flags: set[str] = field(default_factory=set)
    osd_flags: dict[int, set[str]] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)
    downed: dict[int, datetime] = field(default_factory=dict)
    weights: dict[int, float] = field(default_factory=dict)
    quotas: dict[str, Json] = field(default_factory=dict)
    # By the uuid of a host: since when its OSDs get what they missed, and for how many seconds.
    recovery: dict[str, tuple[datetime, float]] = field(default_factory=dict)
