"""Amounts as Kubernetes writes them: ``250m`` of a CPU, ``64Gi``, ``16`` devices."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
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
    digits = said.rstrip("numkKMGTPEi")
    try:
        return float(digits) * _UNITS[said[len(digits) :]]
    except (ValueError, KeyError):
        return 0.0


def added(amounts: Iterable[Mapping[str, Any]]) -> Dict[str, float]:
    """Return the sum of several requests, by resource; each as a text, or a number already."""
    total: Dict[str, float] = {}
    for one in amounts:
        for resource, asked in one.items():
            value = asked if isinstance(asked, float) else amount(asked)
            total[resource] = total.get(resource, 0.0) + value
    return total


def held(
    containers: Iterable[Mapping[str, Any]],
    init: Iterable[Mapping[str, Any]] = (),
    overhead: Mapping[str, Any] = MappingProxyType({}),
    pod: Mapping[str, Any] = MappingProxyType({}),
) -> Dict[str, float]:
    """Return what a pod holds of a node, by resource, as the scheduler counts it.

    What runs together is added. What runs before it, one after the other, is a most: each with the
    sidecars (init containers that go on running) begun before it, which count with both. What the
    pod itself asks for stands in the place of its containers'; its sandbox comes on top.
    """
    runs = added(_requests(one) for one in containers)
    beside: Dict[str, float] = {}
    before: Dict[str, float] = {}
    for one in init:
        asked = added((_requests(one), beside))
        if one.get("restartPolicy") == "Always":
            runs, beside = added((_requests(one), runs)), asked
        before = _most(before, asked)
    own = {name: amount(text) for name, text in pod.items()}
    return added((overhead, {**_most(runs, before), **own}))


def _requests(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return container.get("requests") or {}


def _most(one: Mapping[str, float], other: Mapping[str, float]) -> Dict[str, float]:
    names = dict.fromkeys((*one, *other))
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in names}


def shown(resource: str, value: float) -> str:
    """Return an amount of a resource as people read it."""
    is_bytes = resource.startswith(("memory", "hugepages-", "ephemeral-storage", "storage"))
    if not is_bytes:
        return f"{value:.3g}" if value < 100 else f"{value:.0f}"
    for unit, size in (("T", 1024.0**4), ("G", 1024.0**3), ("M", 1024.0**2)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value / 1024:.0f}K" if value else "0"
