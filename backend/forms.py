"""What an action asks, as text: a form filled from words, its values in words, what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple, Type, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from backend.kind import Form, Row
from backend.mask import MASK

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Given:
    """One field of a form that was given: its value in words, and what it is now ("": unknown)."""

    name: str
    value: str
    now: str = ""

    @property
    def is_news(self) -> bool:
        """Whether it would be otherwise than it is."""
        return self.value != self.now


def given(form: Form, row: Optional[Row]) -> Tuple[Given, ...]:
    """Return what was given in a form, beside what ``row`` has now; secrets masked."""
    return tuple(
        Given(
            name=name, value=value, now="" if value == MASK or row is None else text(row.told(name))
        )
        for name, value in said(form).items()
    )


def filled(form: Type[Form], texts: Mapping[str, str]) -> Union[Form, Mapping[str, str]]:
    """Return the form made of typed texts, or what is wrong by field ("": with all of it).

    A field left empty is not given at all, so that its default holds.
    """
    values: Dict[str, Any] = {}
    for name, typed in texts.items():
        if typed.strip():
            info = form.model_fields.get(name)
            many = info is not None and is_list(info)
            values[name] = typed.replace(",", " ").split() if many else typed.strip()
    try:
        return form.model_validate(values)
    except ValidationError as error:
        wrong: Dict[str, str] = {}
        for one in error.errors(include_url=False):
            where = str(one["loc"][0]) if one["loc"] else ""
            wrong.setdefault(where, _fault(one["type"], one["msg"]))
        return wrong


def said(form: Form) -> Dict[str, str]:
    """Return what was given in a form by field, secrets masked."""
    values: Dict[str, str] = {}
    for name, info in type(form).model_fields.items():
        value = getattr(form, name)
        if value is not None and value not in ((), "") and not _is_unsaid(info):
            values[name] = MASK if is_secret(info) else text(value)
    return values


def texts_of(form: Form) -> Dict[str, str]:
    """Return a form as the texts that ``filled`` makes it of; secrets are to be typed again."""
    names = (name for name, info in type(form).model_fields.items() if not is_secret(info))
    return {name: text(getattr(form, name)) for name in names}


def bare(annotation: Any) -> Any:
    """Return a type without its Optional."""
    if get_origin(annotation) is Union:
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def is_list(info: FieldInfo) -> bool:
    """Whether a field takes several values."""
    return get_origin(bare(info.annotation)) in (list, tuple, set, frozenset)


def is_secret(info: FieldInfo) -> bool:
    """Whether a field is never shown or recorded."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return bool(extra.get("secret"))


def _is_unsaid(info: FieldInfo) -> bool:
    """Whether a field is not even named: what it holds is said better elsewhere."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return bool(extra.get("unsaid"))


def text(value: Any) -> str:
    """Return a value as people write it: yes and no, several with blanks between, "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(str(one) for one in value)
    return str(value)


def _fault(kind: str, message: str) -> str:
    """Return a fault as an operator says it."""
    if kind == "missing":
        return "must be given"
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


# --- what a service refuses --------------------------------------------------------------------


def field_named(form: Type[Form], refusal: str) -> str:
    """Return the field of a form that the words of a refusal name, "" where they name none.

    A field is named by its name, or by what the service calls it (``called`` beside its
    description): as whole words, whatever stands between them; the longest name wins.
    """
    found = [
        (len(name), field)
        for field, info in form.model_fields.items()
        for name in (field, *_called(info))
        if re.search(_as_words(name), refusal, re.IGNORECASE)
    ]
    return max(found, default=(0, ""))[1]


def _called(info: FieldInfo) -> Tuple[str, ...]:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    called: Iterable[Any] = extra.get("called") or ()  # type: ignore[assignment]
    return tuple(str(one) for one in called)


def _as_words(name: str) -> str:
    parts = [re.escape(part) for part in re.split(r"[^0-9A-Za-z]+", name) if part]
    return r"(?<![0-9A-Za-z])" + r"[^0-9A-Za-z]*".join(parts) + r"(?![0-9A-Za-z])"
