"""All kinds and areas there are: the one registry, from which the console, CLI and store read.

An area's kinds are loaded when somebody asks for them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Callable, Mapping, Optional, Tuple

from backend.area import Area, Contents
from backend.called import is_short_for
from backend.kind import Derived, Kind


def _area(digit: str, name: str, title: str, *sources: str) -> Area:
    """Declare the area whose contents are in the module of that name: ``faults.FAULTS``."""

    def open_() -> Contents:
        contents: Contents = getattr(import_module(f"backend.kinds.{name}"), name.upper())
        return contents

    return Area(digit=digit, name=name, title=title, open=open_, sources=sources)


# What is shown first where there is no cloud to ask: the machine one sits on.
GROUND = _area("7", "ground", "Machine", "")
AREAS: Tuple[Area, ...] = (
    _area("1", "platform", "Hosts", "sysinv", "keystone", "fm"),
    _area("2", "faults", "Alarms", "fm"),
    _area("3", "storage", "Storage", "sysinv", "ceph", "fm", "kubernetes"),
    _area("4", "kubernetes", "Containers", "kubernetes", "sysinv", "registry"),
    _area("5", "patches", "Patches", "sysinv", "usm", "patching", "vim", "fm", "kubernetes", ""),
    _area("6", "hardware", "Servers", "bmc"),
    GROUND,
)


@cache
def every_kind() -> Tuple[Kind[Any], ...]:
    """Return all kinds there are; loads every area."""
    return tuple(kind for area in AREAS for kind in area.kinds)


@cache
def by_name() -> Mapping[str, Kind[Any]]:
    """Return all kinds by their own names."""
    return MappingProxyType({kind.name: kind for kind in every_kind()})


@cache
def _by_any_name() -> Mapping[str, Kind[Any]]:
    """Map every name, singular and alias; of two that want the same word the first has it."""
    found: dict[str, Kind[Any]] = {}
    for words in (lambda k: (k.name,), lambda k: (k.singular,), lambda k: k.aliases):
        for kind in every_kind():
            for word in words(kind):
                found.setdefault(word, kind)
    for area in AREAS:
        for kind in area.kinds:
            found.setdefault(f"{area.name}/{kind.name}", kind)
    return MappingProxyType(found)


def kind_named(name: str) -> Optional[Kind[Any]]:
    """Return the kind of that name, singular, alias or ``area/plural``, None where none is."""
    return _by_any_name().get(name)


def _is_there(kind: Kind[Any], has: Callable[[str], bool]) -> bool:
    if isinstance(kind.read, Derived) and not kind.read.alone:
        return any(_is_there(_need(name), has) for name in kind.read.made_of or kind.needs)
    return has(kind.read.source)


def _need(name: str) -> Kind[Any]:
    # Not by all names: that would load what stands in the areas behind.
    return next(kind for area in AREAS for kind in area.kinds if kind.name == name)


def areas_of(has: Callable[[str], bool]) -> Tuple[Area, ...]:
    """Return the areas with what makes sense in them where only those sources are; none is empty.

    Nothing is loaded by it.
    """

    def cut(kinds: Tuple[Kind[Any], ...]) -> Tuple[Kind[Any], ...]:
        return tuple(kind for kind in kinds if _is_there(kind, has))

    return tuple(area.with_kinds(cut) for area in AREAS if any(map(has, area.sources)))


def configured(has: Callable[[str], bool]) -> Tuple[Kind[Any], ...]:
    """Return the kinds that make sense where only the sources are there that ``has`` says."""
    return tuple(kind for area in areas_of(has) for kind in area.kinds)


def kind_there(name: str, has: Callable[[str], bool]) -> Optional[Kind[Any]]:
    """Return the kind of that name; of several the first whose source is there, as ``has`` says."""
    first = kind_named(name)
    if first is None or _is_there(first, has):
        return first
    return next((one for one in configured(has) if is_short_for(one, name)), first)


def area_of(kind: Kind[Any]) -> Area:
    """Return the area a kind stands in."""
    return next(area for area in AREAS if kind in area.kinds)
