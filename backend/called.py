"""What a kind and a row are called, where their own names alone would not tell which is meant."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Tuple

from pydantic import ValidationError

from backend.kind import Kind
from backend.known import Known


def called(kind: Kind[Any], row: Any, known: Known) -> str:
    """Return what a row is called on a screen: its label, unless its kind says more of it."""
    return kind.name_of(row) if kind.called is None else kind.called(row, known)


def called_then(
    kind: Kind[Any], body: Optional[Mapping[str, Any]], label: str, known: Known
) -> str:
    """Return what a row of that body was called, the ``label`` of the record where nobody can tell.

    The body may be as another version of the service, or of ours, had it.
    """
    if kind.called is None or body is None:
        return label
    try:
        return called(kind, kind.model.read(dict(body)), known)
    except ValidationError:
        return label


def named(kind: Kind[Any], rows: Iterable[Any], name: str, known: Known) -> Tuple[Any, ...]:
    """Return the rows that an operator means by ``name``: their label, id, or name on a screen."""
    return tuple(
        row
        for row in rows
        if name in (kind.name_of(row), kind.id(row)) or name == called(kind, row, known)
    )


def none_of(kind: Kind[Any]) -> str:
    """Return that there is not one of it; what there is one of at most is named for one."""
    return f"there {'are' if kind.name.endswith('s') else 'is'} no {kind.name}"


def is_short_for(kind: Kind[Any], name: str) -> bool:
    """Whether a kind has that name within its area: ``hardware/sensors`` are ``sensors`` there."""
    return bool(name) and any(alias.partition("/")[2] == name for alias in kind.aliases)
