"""A file of objects before it is sent: each rehearsed by the API server, its difference shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Dict, List, Optional, Tuple

from backend.edits import would_change
from backend.errors import NotFound, Refused, Rejected
from backend.kind import Action, Body, Kind
from backend.kinds.kube_create import CreateForm, secret_of
from backend.kube import KubeWhole
from backend.manifest import Placed, as_json, documents, placed, refused
from backend.station import Station
from backend.whole import hidden, readable

RESOURCES = "api-resources"


@dataclass(frozen=True)
class Rehearsed:
    """One object, and what would come of it: lines with ``-`` and ``+``; none where nothing."""

    placed: Placed
    is_there: bool
    lines: Tuple[str, ...]
    untried: str = ""

    @property
    def says(self) -> str:
        """What would become of it, in one line."""
        what = self.placed.what
        if self.untried:
            return f"{what} would be made; {self.untried}"
        if not self.is_there:
            return f"{what} would be made"
        return f"{what} would be changed" if self.lines else f"{what} is there as the file has it"


async def rehearse(
    station: Station,
    kind: Kind[Any],
    action: Action[Any],
    text: str,
    asked: CreateForm,
) -> Tuple[CreateForm, Tuple[Rehearsed, ...]]:
    """Return the form of what would really change, and what would come of each object.

    Raises ``Refused`` with file and line of all that is wrong or would be refused: nothing was
    sent then, but for dry runs.
    """
    found = documents(text, PurePath(asked.file).name or "text")
    reading = await station.watch.read_now(RESOURCES)
    if reading.error is not None:
        raise reading.error
    namespace = asked.namespace or await station.cloud.namespace()
    places = placed(found, reading.rows, namespace)
    news = {one.name for one in places if one.document.body["kind"] == "Namespace"}
    tried: List[Rehearsed] = []
    faults: List[str] = []
    for place in places:
        try:
            tried.append(await _tried(station, kind, action, place, asked, news))
        except Rejected as error:
            faults.append(f"{place.document.where_of(error.reason)}: {_reason(place, error)}")
    if faults:
        raise refused(faults)
    sends = [_sent(one) for one in tried if one.lines or not one.is_there]
    return asked.model_copy(update={"objects": as_json(sends)}), tuple(tried)


async def _tried(
    station: Station,
    kind: Kind[Any],
    action: Action[Any],
    place: Placed,
    asked: CreateForm,
    news: set[str],
) -> Rehearsed:
    """Have the API server say what would come of one object."""
    before = await _before(station, place)
    alone = [_sent(Rehearsed(place, before is not None, ()))]
    form = asked.model_copy(update={"objects": as_json(alone)})
    preview = station.acts.preview(kind, action, (), form)
    try:
        (would,) = await station.acts.rehearse(preview)
    except NotFound:
        # A dry run leaves nothing behind: what goes into a namespace of the same file waits for it.
        if place.namespace in news:
            said = f"it cannot be tried before its namespace {place.namespace} is there"
            return Rehearsed(place, is_there=False, lines=_lines(None, place.body), untried=said)
        raise
    assert isinstance(would, dict)
    return Rehearsed(place, before is not None, _lines(before, would))


async def _before(station: Station, place: Placed) -> Optional[Body]:
    if not place.path:
        return None
    try:
        return readable(await station.cloud.whole(KubeWhole(path=place.path)))
    except NotFound:
        return None


def _lines(before: Optional[Body], would: Body) -> Tuple[str, ...]:
    """Return what would differ; of what is secret only that it does."""
    base = before if before is not None else {}
    changed = would_change(base, would)
    secret = secret_of(would)
    if not secret or not changed:
        return tuple(changed)
    shown = would_change(hidden(base, secret), hidden(readable(would), secret))
    return tuple(shown) or ("~ its values change",)


def _sent(one: Rehearsed) -> Dict[str, Any]:
    place = one.placed
    return {
        "path": place.path or place.collection,
        "body": place.body,
        "what": place.what,
        "is_named": bool(place.path),
        "is_there": one.is_there,
    }


def _reason(place: Placed, error: Rejected) -> str:
    words = f"{place.what}: {error.reason}"
    if error.is_conflict and "conflict" in error.reason:
        words += " (force takes these fields over)"
    return words


def lines_of(tried: Tuple[Rehearsed, ...]) -> List[str]:
    """Return all that would come of a file, to be read: each object, and its difference."""
    said: List[str] = []
    for one in tried:
        said += [f"{one.says}   ({one.placed.document.where})", *(f"  {x}" for x in one.lines), ""]
    return said[:-1]


def nothing_new(tried: Tuple[Rehearsed, ...]) -> Refused:
    """Return the refusal where all of a file is there already."""
    return Refused(f"all {len(tried)} objects are there as the file has them: nothing is changed")
