"""What there is to show: the areas, the kinds, and what stands in row 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Iterable, Mapping, Optional, Tuple

from backend.kind import Area, Kind
from backend.known import Key, Known


def _nothing(_known: Known) -> Tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Rooms:
    """The kinds and areas of a console.

    ``banner(known)`` are the parts of row 1 beside the cloud's name, the most important last: it
    is the first ones that go where there is no room. ``banner_needs`` are the kinds it looks at.
    A baseline says of the kind ``baseline_of`` what is not new.
    """

    areas: Tuple[Area, ...]
    kinds: Tuple[Kind[Any], ...]
    banner: Callable[[Known], Tuple[str, ...]] = _nothing
    banner_needs: Tuple[str, ...] = ()
    baseline_of: str = ""
    # The kind that is shown first; "": the first of the first area.
    first: str = ""

    def reminders(self, known: Known) -> Tuple[str, ...]:
        """Return what somebody left so that it is to be thought of: flags that stand."""
        return _left_so(self.kinds, known)

    @property
    def first_kind(self) -> Kind[Any]:
        """The kind that is shown first."""
        return self.by_name.get(self.first) or self.areas[0].kinds[0]

    @property
    def by_name(self) -> Mapping[str, Kind[Any]]:
        """The kinds by their own names."""
        return {kind.name: kind for kind in self.kinds}

    def kind(self, name: str) -> Optional[Kind[Any]]:
        """Return the kind of that name, singular or alias."""
        lowered = name.casefold()
        for kind in self.kinds:
            if lowered in (
                kind.name,
                kind.singular,
                *kind.aliases,
                _full(self.area_of(kind), kind),
            ):
                return kind
        return None

    def area(self, digit: str) -> Optional[Area]:
        """Return the area of that digit."""
        return next((area for area in self.areas if area.digit == digit), None)

    def area_of(self, kind: Kind[Any]) -> Optional[Area]:
        """Return the first area that has ``kind``."""
        names = ((area, {one.name for one in area.kinds}) for area in self.areas)
        return next((area for area, kinds in names if kind.name in kinds), None)

    def named(self, start: str) -> Tuple[str, ...]:
        """Return the names of kinds that begin with ``start``, those only an alias finds last."""
        lowered = start.casefold()
        by_name = [kind.name for kind in self.kinds if kind.name.startswith(lowered)]
        by_alias = [kind.name for kind in self.kinds if _begins(kind.aliases, lowered)]
        return tuple(dict.fromkeys((*by_name, *by_alias)))

    def with_kind(self, kind: Kind[Any], beside: str) -> Rooms:
        """Return these rooms with a kind that was found later, in the area of another."""
        if kind.name in self.by_name:
            return self
        areas = tuple(
            replace(area, kinds=(*area.kinds, kind))
            if any(one.name == beside for one in area.kinds)
            else area
            for area in self.areas
        )
        return replace(self, areas=areas, kinds=(*self.kinds, kind))

    def looked_at(self, kind: Kind[Any], parent: str = "") -> Tuple[Key, ...]:
        """Return what is read while ``kind`` (under that parent) is listed, itself first."""
        names = {one.name for one in self.kinds}
        others = ((name, "") for name in (*kind.needs, *self.banner_needs) if name in names)
        return tuple(dict.fromkeys(((kind.name, parent), *others)))


def _everything(_source: str) -> bool:
    return True


def all_rooms(has: Callable[[str], bool] = _everything, *, is_alone: bool = False) -> Rooms:
    """Return all that the library declares, and that has a source in this cloud.

    ``is_alone``: there is no cloud to ask first.
    """
    from backend.kinds import GROUND_KIND, areas_of, configured
    from backend.kinds.banner import BASELINE_OF, NEEDS, banner

    kinds = configured(has)
    names = {kind.name for kind in kinds}
    reminding = tuple(kind.name for kind in kinds if kind.reminder is not None)
    needs = () if is_alone else tuple(name for name in NEEDS if name in names)
    return Rooms(
        areas=areas_of(kinds),
        kinds=kinds,
        banner=lambda known: (*banner(known), *_left_so(kinds, known)),
        banner_needs=(*needs, *reminding),
        baseline_of=BASELINE_OF,
        first=GROUND_KIND.name if is_alone else "",
    )


def _left_so(kinds: Tuple[Kind[Any], ...], known: Known) -> Tuple[str, ...]:
    said = (kind.reminder(known) for kind in kinds if kind.reminder is not None)
    return tuple(words for words in said if words)


def _full(area: Optional[Area], kind: Kind[Any]) -> str:
    return f"{area.name}/{kind.name}" if area is not None else kind.name


def _begins(names: Iterable[str], start: str) -> bool:
    return any(name.startswith(start) for name in names)
