"""What an action asks, as fields: derived from its form, with the choices that there are now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, Mapping, Optional, Tuple, Type, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import Literal

from backend.kind import Form
from backend.plan import MASK

YES, NO = "yes", "no"


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


def filled(form: Type[Form], texts: Mapping[str, str]) -> Union[Form, Mapping[str, str]]:
    """Return the form made of typed texts, or what is wrong by field ("": with all of it).

    A field left empty is not given at all, so that its default holds.
    """
    values: Dict[str, Any] = {}
    for name, text in texts.items():
        if text.strip():
            many = _is_list(form.model_fields[name])
            values[name] = text.replace(",", " ").split() if many else text.strip()
    try:
        return form.model_validate(values)
    except ValidationError as error:
        wrong: Dict[str, str] = {}
        for one in error.errors(include_url=False):
            where = str(one["loc"][0]) if one["loc"] else ""
            wrong.setdefault(where, _words(one["type"], one["msg"]))
        return wrong


def said(form: Form) -> Dict[str, str]:
    """Return what was given in a form by field, secrets masked."""
    values: Dict[str, str] = {}
    for name, info in type(form).model_fields.items():
        value = getattr(form, name)
        if value is not None and value not in ((), ""):
            values[name] = MASK if _is_secret(info) else _text(value)
    return values


def _field(name: str, info: FieldInfo, choices: Tuple[str, ...], row: Optional[Any]) -> Field:
    old = getattr(row, name, None) if row is not None else None
    default = info.get_default(call_default_factory=True) if not info.is_required() else None
    allowed = choices or _allowed(info.annotation)
    value = _text(default)
    if not value and old is not None and _text(old) in (allowed or (_text(old),)):
        value = "" if _is_secret(info) else _text(old)
    return Field(
        name=name,
        title=info.title or name.replace("_", " "),
        hint=info.description or "",
        choices=allowed,
        value=value,
        old="" if _is_secret(info) else _text(old),
        is_required=info.is_required(),
        is_secret=_is_secret(info),
        is_list=_is_list(info),
    )


def _allowed(annotation: Any) -> Tuple[str, ...]:
    """Return the only values a type allows, () where it allows any."""
    plain = _bare(annotation)
    if plain is bool:
        return (NO, YES)
    if get_origin(plain) is Literal:
        return tuple(str(value) for value in get_args(plain))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return tuple(str(one.value) for one in plain)
    return ()


def _bare(annotation: Any) -> Any:
    """Return a type without its Optional."""
    if get_origin(annotation) is Union:
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def _is_list(info: FieldInfo) -> bool:
    return get_origin(_bare(info.annotation)) in (list, tuple, set, frozenset)


def _is_secret(info: FieldInfo) -> bool:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return bool(extra.get("secret"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(str(one) for one in value)
    return str(value)


def _words(kind: str, message: str) -> str:
    """Return a fault as an operator says it."""
    if kind == "missing":
        return "must be given"
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
