"""All kinds and areas there are: the one registry, from which the console, CLI and store read."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Mapping, Optional, Tuple

from backend.kind import Area, Derived, Kind
from backend.kinds.faults import FAULTS
from backend.kinds.ground import GROUND
from backend.kinds.hardware import HARDWARE
from backend.kinds.kubernetes import KUBERNETES
from backend.kinds.patches import PATCHES
from backend.kinds.platform import PLATFORM
from backend.kinds.storage import STORAGE

AREAS: Tuple[Area, ...] = (PLATFORM, FAULTS, STORAGE, KUBERNETES, PATCHES, HARDWARE, GROUND)
# What is shown first where there is no cloud to ask: the machine one sits on.
GROUND_KIND = GROUND.kinds[0]
KINDS: Tuple[Kind[Any], ...] = tuple(kind for area in AREAS for kind in area.kinds)


def _names() -> Mapping[str, Kind[Any]]:
    """Map every name, singular and alias; of two that want the same word the first has it."""
    found: dict[str, Kind[Any]] = {}
    for words in (lambda k: (k.name,), lambda k: (k.singular,), lambda k: k.aliases):
        for kind in KINDS:
            for word in words(kind):
                found.setdefault(word, kind)
    for area in AREAS:
        for kind in area.kinds:
            found.setdefault(f"{area.name}/{kind.name}", kind)
    return MappingProxyType(found)


_BY_NAME = _names()


def kind_named(name: str) -> Optional[Kind[Any]]:
    """Return the kind of that name, singular, alias or ``area/plural``, None where none is."""
    return _BY_NAME.get(name)


def configured(has: Callable[[str], bool]) -> Tuple[Kind[Any], ...]:
    """Return the kinds that make sense where only the sources are there that ``has`` says."""

    def is_there(kind: Kind[Any]) -> bool:
        if isinstance(kind.read, Derived) and not kind.read.alone:
            needs = (_BY_NAME[name] for name in kind.needs)
            return any(is_there(need) for need in needs)
        return has(kind.read.source)

    return tuple(kind for kind in KINDS if is_there(kind))


def areas_of(kinds: Tuple[Kind[Any], ...]) -> Tuple[Area, ...]:
    """Return the areas with those of their kinds that are among ``kinds``; none is empty."""
    names = {kind.name for kind in kinds}
    cut = (
        replace(area, kinds=tuple(kind for kind in area.kinds if kind.name in names))
        for area in AREAS
    )
    return tuple(area for area in cut if area.kinds)


def area_of(kind: Kind[Any]) -> Area:
    """Return the area a kind stands in."""
    return next(area for area in AREAS if kind in area.kinds)
