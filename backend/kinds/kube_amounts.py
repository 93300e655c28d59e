"""Amounts as Kubernetes writes them: ``250m`` of a CPU, ``64Gi``, ``16`` devices."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Iterable, Mapping

_UNITS = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    **{unit: 1000.0**power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}


@lru_cache(maxsize=4096)
def amount(text: Any) -> float:
    """Return an amount as a number (of CPUs, bytes, things), 0 where it is none."""
    said = str(text if text is not None else "").strip()
    digits = said.rstrip("numkMGTPEi")
    try:
        return float(digits) * _UNITS[said[len(digits) :]]
    except (ValueError, KeyError):
        return 0.0


def added(amounts: Iterable[Mapping[str, Any]]) -> Dict[str, float]:
    """Return the sum of several requests, by resource."""
    total: Dict[str, float] = {}
    for one in amounts:
        for resource, text in one.items():
            total[resource] = total.get(resource, 0.0) + amount(text)
    return total


def shown(resource: str, value: float) -> str:
    """Return an amount of a resource as people read it."""
    is_bytes = resource.startswith(("memory", "hugepages-", "ephemeral-storage", "storage"))
    if not is_bytes:
        return f"{value:.3g}" if value < 100 else f"{value:.0f}"
    for unit, size in (("T", 1024.0**4), ("G", 1024.0**3), ("M", 1024.0**2)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value / 1024:.0f}K" if value else "0"
