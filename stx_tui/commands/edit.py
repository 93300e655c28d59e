"""Acts whose form is a text of a file: an object edited, objects made; rehearsed first."""

from __future__ import annotations

import sys
from pathlib import Path

from backend.clean import clean
from backend.creating import lines_of, nothing_new, rehearse
from backend.edits import TextForm, form_of, would_change
from backend.errors import Refused, Rejected
from backend.kinds.kube_create import CreateForm
from backend.preview import Preview
from backend.station import Station
from backend.whole import from_yaml, three_way

STANDARD_INPUT = "-"


def read_text(path: str) -> str:
    """Return the text of a file, of ``-`` what comes in; raises ``Refused``."""
    if not path:
        raise Refused("what it is to be stands in a file", "--file PATH, or - for what comes in")
    try:
        return (
            sys.stdin.read() if path == STANDARD_INPUT else Path(path).read_text(encoding="utf-8")
        )
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error


async def edited(station: Station, before: Preview, text: str) -> Preview:
    """Return what the edit would do, and print what the service says would come of it.

    Raises ``Refused`` where nothing is changed, or where others changed the same meanwhile: both
    are printed then.
    """
    (row,) = before.rows
    kind, action = before.kind, before.action
    if issubclass(action.form, TextForm):
        made = action.form.of(row, station.watch.known, text)
        for line in made.lines(row, station.watch.known):
            print(clean(line), file=sys.stderr)
        return station.acts.preview(kind, action, (kind.id(row),), made)
    mine, base = from_yaml(text), await station.whole(kind, row)
    version = (mine.get("metadata") or {}).get("resourceVersion")
    if version is not None and version != base["metadata"].get("resourceVersion"):
        base = {**base, "metadata": {**base["metadata"], "resourceVersion": version}}
    form = form_of(action, base, mine)
    if form is None:
        raise Refused("the file says what is there already: nothing is changed")
    preview = station.acts.preview(kind, action, (kind.id(row),), form)
    try:
        (would,) = await station.acts.rehearse(preview)
    except Rejected as error:
        if error.is_conflict:
            theirs = await station.whole(kind, row)
            for fork in three_way(base, mine, theirs):
                print(clean(fork.says), file=sys.stderr)
            raise Refused(
                "it changed since the file was written",
                "leave resourceVersion out of the file to change it all the same",
            ) from error
        raise
    assert isinstance(would, dict)
    for line in would_change(base, would):
        print(clean(line), file=sys.stderr)
    return preview


async def created(station: Station, before: Preview, text: str) -> Preview:
    """Return what a file would make, and print what the API server says would come of it.

    Raises ``Refused`` with file and line where it would be refused, or where nothing would change.
    """
    assert isinstance(before.form, CreateForm)
    form, tried = await rehearse(station, before.kind, before.action, text, before.form)
    for line in lines_of(tried):
        print(clean(line), file=sys.stderr)
    if not any(one.lines or not one.is_there for one in tried):
        raise nothing_new(tried)
    return station.acts.preview(before.kind, before.action, (), form)
