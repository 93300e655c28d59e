"""What an action asks, one field a line: choices by number, faults in words, a dot leaves."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

from backend.forms import field_named, texts_of
from backend.kind import Form
from stx_tui.panes.form import Field, fields_of, filled
from stx_tui.panes.text import safe
from stx_tui.plain.page import number
from stx_tui.plain.talk import Talk

LEAVE, EMPTY = ".", "-"


async def ask_form(
    talk: Talk,
    form: Type[Form],
    choices: Mapping[str, Tuple[str, ...]],
    row: Optional[Any],
    *,
    before: Optional[Form] = None,
    refusal: str = "",
) -> Optional[Form]:
    """Return the filled form, None where it was left; asks again what was wrong.

    With ``before``, of which the service said ``refusal``, the field that it names is asked again.
    """
    fields = fields_of(form, choices, row)
    texts = {field.name: field.value for field in fields}
    asked = fields
    talk.paper.row()
    if before is not None:
        texts.update(texts_of(before))
        refused = field_named(form, refusal)
        _say_faults(talk, fields, {refused: f"refused: {safe(refusal)}"})
        secrets = {field.name for field in fields if field.is_secret}
        asked = tuple(one for one in fields if one.name in {refused, *secrets}) or fields
        asked = asked if refused else fields
    talk.paper.say("Enter takes what stands in [ ], - leaves a field empty, a dot leaves it all.")
    while True:
        for field in asked:
            text = await _ask(talk, field, texts[field.name])
            if text is None:
                return None
            texts[field.name] = text
        made = filled(form, texts)
        if isinstance(made, Form):
            return made
        _say_faults(talk, fields, made)
        asked = tuple(field for field in fields if field.name in made) or fields


async def _ask(talk: Talk, field: Field, value: str) -> Optional[str]:
    """Return what a field shall be, None where all was left."""
    hints = _hints(field)
    talk.paper.say(f"{safe(field.title)}{'  (' + hints + ')' if hints else ''}")
    numbered = _numbered(field)
    for at, choice in enumerate(field.choices, 1):
        talk.paper.say(f"{at:>4}  {safe(choice)}" if numbered else f"      {safe(choice)}")
    if field.is_secret:
        text = await talk.ask_secret("not shown>")
    else:
        text = await talk.ask(f"{safe(field.name)} [{safe(value)}]>" if value else f"{field.name}>")
    if text == LEAVE:
        return None
    if text == EMPTY:
        return ""
    if not text:
        return value
    return _meant(field, text, numbered=numbered)


def _meant(field: Field, text: str, *, numbered: bool) -> str:
    """Return the choices whose numbers were typed, or what was typed."""
    if not numbered:
        return text
    words = text.replace(",", " ").split() if field.is_list else [text]
    meant: List[str] = []
    for word in words:
        at = number(word)
        is_choice = at is not None and 1 <= at <= len(field.choices)
        meant.append(field.choices[(at or 1) - 1] if is_choice else word)
    return " ".join(meant)


def _numbered(field: Field) -> bool:
    """Whether a number can mean a choice: not where choices are numbers themselves."""
    return bool(field.choices) and not any(choice.isdigit() for choice in field.choices)


def _hints(field: Field) -> str:
    hints = [safe(field.hint)] if field.hint else []
    if field.old:
        hints.append(f"now {safe(field.old)}")
    if field.is_list:
        hints.append("several, blanks between")
    if field.is_required:
        hints.append("needed")
    return "; ".join(hints)


def _say_faults(talk: Talk, fields: Tuple[Field, ...], faults: Mapping[str, str]) -> None:
    titles: Dict[str, str] = {field.name: field.title for field in fields}
    for name, words in faults.items():
        talk.paper.say(f"! {titles[name]}: {words}" if name in titles else f"! {words}")
