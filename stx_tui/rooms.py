"""What there is to show: the areas, the kinds, and what stands in row 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Callable, Iterable, Mapping, Optional, Tuple

from backend.area import Area
from backend.called import is_short_for
from backend.kind import Kind
from backend.known import Key, Known


def _nothing(_known: Known) -> Tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Rooms:
    """The areas of a console, and the kinds in them.

    ``banner(known)`` are the parts of row 1 beside the cloud's name, the most important last: it
    is the first ones that go where there is no room. ``needs`` are the kinds it looks at.
    A baseline says of the kind ``baseline_of`` what is not new. ``is_whole`` is False as long as
    nobody shall wait for what stands in areas that nobody has gone to.
    """

    areas: Tuple[Area, ...]
    banner_of: Callable[[Known], Tuple[str, ...]] = _nothing
    needs: Tuple[str, ...] = ()
    baseline_of: str = ""
    # The area that is shown first; "": the first.
    first: str = ""
    is_whole: bool = True

    @cached_property
    def kinds(self) -> Tuple[Kind[Any], ...]:
        """All kinds; loads those of every area."""
        return tuple(kind for area in self.areas for kind in area.kinds)

    @cached_property
    def by_name(self) -> Mapping[str, Kind[Any]]:
        """All kinds by their own names."""
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def _reminding(self) -> Tuple[Kind[Any], ...]:
        return tuple(kind for kind in self.kinds if kind.reminder) if self.is_whole else ()

    @property
    def banner_needs(self) -> Tuple[str, ...]:
        """The kinds that row 1 looks at."""
        return (*self.needs, *(kind.name for kind in self._reminding))

    def banner(self, known: Known) -> Tuple[str, ...]:
        """Return what stands in row 1 beside the cloud's name."""
        return (*self.banner_of(known), *self.reminders(known))

    def reminders(self, known: Known) -> Tuple[str, ...]:
        """Return what somebody left so that it is to be thought of: flags that stand."""
        said = (kind.reminder(known) for kind in self._reminding if kind.reminder is not None)
        return tuple(words for words in said if words)

    @property
    def first_kind(self) -> Kind[Any]:
        """The kind that is shown first."""
        first = (area for area in self.areas if area.name == self.first)
        return next(first, self.areas[0]).kinds[0]

    def has(self, name: str) -> bool:
        """Whether there is a kind of that own name; areas behind its own are not loaded for it."""
        return any(kind.name == name for area in self.areas for kind in area.kinds)

    def kind(self, name: str) -> Optional[Kind[Any]]:
        """Return the kind of that name, singular or alias."""
        lowered = name.casefold()
        for area in self.areas:
            for kind in area.kinds:
                names = (kind.name, kind.singular, *kind.aliases, f"{area.name}/{kind.name}")
                if lowered in names:
                    return kind
        there = (kind for area in self.areas for kind in area.kinds)
        return next((kind for kind in there if is_short_for(kind, lowered)), None)

    def some(self, names: Iterable[str]) -> Mapping[str, Kind[Any]]:
        """Return the kinds of these own names, as many as there are."""
        found = ((name, self.kind(name)) for name in names)
        return {name: kind for name, kind in found if kind is not None and kind.name == name}

    def area(self, digit: str) -> Optional[Area]:
        """Return the area of that digit."""
        return next((area for area in self.areas if area.digit == digit), None)

    def area_of(self, kind: Kind[Any]) -> Optional[Area]:
        """Return the first area that has ``kind``."""
        return next(
            (area for area in self.areas if any(kind.name == one.name for one in area.kinds)), None
        )

    def named(self, start: str) -> Tuple[str, ...]:
        """Return the names of kinds that begin with ``start``, those only an alias finds last."""
        lowered = start.casefold()
        by_name = [kind.name for kind in self.kinds if kind.name.startswith(lowered)]
        by_alias = [kind.name for kind in self.kinds if _begins(kind.aliases, lowered)]
        return tuple(dict.fromkeys((*by_name, *by_alias)))

    def near(self, name: str) -> Tuple[str, ...]:
        """Return names of kinds that somebody may have meant by one that is none."""
        import difflib

        return tuple(difflib.get_close_matches(name.casefold(), self.by_name, n=3))

    def with_kind(self, kind: Kind[Any], beside: str) -> Rooms:
        """Return these rooms with a kind that was found later, in the area of another."""
        if kind.name in self.by_name:
            return self
        areas = tuple(
            area.with_kinds(lambda kinds: (*kinds, kind))
            if any(one.name == beside for one in area.kinds)
            else area
            for area in self.areas
        )
        return replace(self, areas=areas)

    def looked_at(self, kind: Kind[Any], parent: str = "") -> Tuple[Key, ...]:
        """Return what is read while ``kind`` (under that parent) is listed, itself first."""
        others = ((name, "") for name in (*kind.needs, *self.banner_needs) if self.has(name))
        return tuple(dict.fromkeys(((kind.name, parent), *others)))


def _everything(_source: str) -> bool:
    return True


def all_rooms(
    has: Callable[[str], bool] = _everything, *, is_alone: bool = False, first: str = ""
) -> Rooms:
    """Return all that the library declares, and that has a source in this cloud.

    ``is_alone``: there is no cloud to ask first. ``first`` names the area that is shown first.
    """
    from backend.kinds import GROUND, areas_of
    from backend.kinds.banner import BASELINE_OF, NEEDS, banner

    return Rooms(
        areas=areas_of(has),
        banner_of=banner,
        needs=() if is_alone else NEEDS,
        baseline_of=BASELINE_OF,
        first=GROUND.name if is_alone else first,
    )


def _begins(names: Iterable[str], start: str) -> bool:
    return any(name.startswith(start) for name in names)
