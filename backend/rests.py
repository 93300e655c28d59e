"""Which readings an action rests on, and which show what came of it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, Tuple

from backend.baseboard import Bmc
from backend.kind import Action, Kind, Reach
from backend.known import Key, Known


def rests_on(
    kinds: Mapping[str, Kind[Any]],
    kind: Kind[Any],
    action: Action[Any],
    row_ids: Sequence[str],
    known: Known,
) -> Tuple[Key, ...]:
    """Return the readings that an action on these rows rests on, its own rows' first."""
    keys = list(own_readings(kind, action, row_ids, known))
    over = owners(kind, action, row_ids, known)
    for name in action.needs:
        needed = kinds.get(name)
        under: Tuple[str, ...] = ()
        if needed is not None and needed.parent and needed.parent == kind.parent:
            under = over
        elif needed is not None and is_only_under(needed, kind):
            # Asked for all at once it would fan out over all parents there are.
            under = tuple(row_ids)
        keys += [(name, of) for of in under or ("",)]
    keys += [(name, row_id) for name in action.own_needs for row_id in row_ids]
    return tuple(dict.fromkeys(keys))


def shown_by(
    kinds: Mapping[str, Kind[Any]],
    kind: Kind[Any],
    action: Action[Any],
    row_ids: Sequence[str],
    known: Known,
) -> Tuple[Key, ...]:
    """Return the readings that show what comes of an action: its rows', and what it needs of them.

    Of a server that is what its own baseboard says beside them too: from where it boots, after a
    disc was inserted.
    """
    keys = list(own_readings(kind, action, row_ids, known))
    over = owners(kind, action, row_ids, known)
    for needed in (kinds[name] for name in action.needs if name in kinds):
        if is_only_under(needed, kind):
            keys += [(needed.name, of) for of in row_ids]
        elif isinstance(needed.read, Bmc) and needed.parent and needed.parent == kind.parent:
            keys += [(needed.name, of) for of in over]
    return tuple(dict.fromkeys(keys))


def is_only_under(needed: Kind[Any], kind: Kind[Any]) -> bool:
    """Whether a kind answers only under one row of ``kind``."""
    return needed.parent == kind.name and needed.reach is Reach.PER_PARENT


def own_readings(
    kind: Kind[Any], action: Action[Any], row_ids: Sequence[str], known: Known
) -> Tuple[Key, ...]:
    """Return the readings that have the rows themselves, and show what comes of the action."""
    over = owners(kind, action, row_ids, known)
    mine = tuple((kind.name, of) for of in over) or ((kind.name, ""),)
    if action.on_parent and kind.parent:
        return ((kind.parent, ""), *mine)
    return mine


def owners(
    kind: Kind[Any], action: Action[Any], row_ids: Sequence[str], known: Known
) -> Tuple[str, ...]:
    """Return the parents whose children an action touches, () where it has no parents."""
    if action.on_parent:
        return tuple(row_ids)
    rows = (known.find(kind.name, row_id)[0] for row_id in row_ids)
    found = dict.fromkeys(row.parent_id(known) for row in rows if row is not None)
    return tuple(of for of in found if of)
