"""What an action asks, as fields: derived from its form, with the choices that there are now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping, Optional, Tuple, Type, get_args, get_origin

from pydantic.fields import FieldInfo
from typing_extensions import Literal

from backend.forms import NO, YES, bare, filled, is_list, is_secret, said, text
from backend.kind import Form

__all__ = ["Field", "fields_of", "filled", "said"]


@dataclass(frozen=True)
class Field:
    """One field of a form: ``choices`` where only these may be, ``old`` what the row has now."""

    name: str
    title: str
    hint: str = ""
    choices: Tuple[str, ...] = ()
    value: str = ""
    old: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_list: bool = False


def fields_of(
    form: Type[Form], choices: Mapping[str, Tuple[str, ...]], row: Optional[Any] = None
) -> Tuple[Field, ...]:
    """Return the fields of ``form``; ``row`` is what it is about, for the old values."""
    return tuple(
        _field(name, info, choices.get(name, ()), row) for name, info in form.model_fields.items()
    )


def _field(name: str, info: FieldInfo, choices: Tuple[str, ...], row: Optional[Any]) -> Field:
    old = row.told(name) if row is not None else None
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    allowed = choices or _allowed(info.annotation)
    value = text(default)
    if not value and old is not None and text(old) in (allowed or (text(old),)):
        value = "" if is_secret(info) else text(old)
    return Field(
        name=name,
        title=info.title or name.replace("_", " "),
        hint=info.description or "",
        choices=allowed,
        value=value,
        old="" if is_secret(info) else text(old),
        is_required=info.is_required(),
        is_secret=is_secret(info),
        is_list=is_list(info),
    )


def _allowed(annotation: Any) -> Tuple[str, ...]:
    """Return the only values a type allows, () where it allows any."""
    plain = bare(annotation)
    if plain is bool:
        return (NO, YES)
    if get_origin(plain) is Literal:
        return tuple(str(value) for value in get_args(plain))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return tuple(str(one.value) for one in plain)
    return ()
