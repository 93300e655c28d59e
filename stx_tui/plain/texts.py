"""Acts whose form is a text, in line mode: a file is named, rehearsed, its difference printed."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional, Tuple

from backend.creating import lines_of, nothing_new, rehearse
from backend.edits import TextForm, form_of, would_change
from backend.errors import Refused, StxError
from backend.kind import Action, Form, Kind
from backend.kinds.kube_create import CreateForm
from backend.station import Station
from backend.whole import from_yaml
from stx_tui.commands.edit import STANDARD_INPUT, read_text
from stx_tui.panes.text import safe
from stx_tui.plain.talk import Talk


async def ask_text(
    talk: Talk, station: Station, kind: Kind[Any], action: Action[Any], row: Optional[Any]
) -> Optional[Form]:
    """Return the form of what a named file has, None where it was left or would be refused."""
    name = await talk.ask("the file with its text, Enter leaves>")
    if not name:
        return None
    try:
        if name == STANDARD_INPUT:
            raise Refused("what is typed here is heard line by line: name a file")
        text = await asyncio.to_thread(read_text, name)
        if row is None:
            form, lines = await _made(station, kind, action, name, text)
        else:
            form, lines = await _edited(station, kind, action, row, text)
    except StxError as error:
        for part in str(error).split("; "):
            talk.paper.say(safe(part), hang=2)
        return None
    for line in lines:
        talk.paper.say(safe(line))
    return form


async def _made(
    station: Station, kind: Kind[Any], action: Action[Any], name: str, text: str
) -> Tuple[Form, List[str]]:
    form, tried = await rehearse(station, kind, action, text, CreateForm(file=name))
    if not any(one.lines or not one.is_there for one in tried):
        raise nothing_new(tried)
    return form, lines_of(tried)


async def _edited(
    station: Station, kind: Kind[Any], action: Action[Any], row: Any, text: str
) -> Tuple[Form, List[str]]:
    if issubclass(action.form, TextForm):
        made = action.form.of(row, station.watch.known, text)
        return made, made.lines(row, station.watch.known)
    base = await station.whole(kind, row)
    form = form_of(action, base, from_yaml(text))
    if form is None:
        raise Refused("the file says what is there already: nothing is changed")
    preview = station.acts.preview(kind, action, (kind.id(row),), form)
    (would,) = await station.acts.rehearse(preview)
    assert isinstance(would, dict)
    return form, would_change(base, would)
