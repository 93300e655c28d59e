"""What the API server tells, read: pages of a list, tables, lines of a watch, one object whole."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from pydantic_core import from_json

from backend.errors import Malformed, Rejected
from backend.helm import release_of
from backend.kind import Body
from backend.kube import field_of
from backend.sources.kubeconfig import SERVICE
from backend.sources.projection import Project, projection
from backend.sources.wire import MOST_BYTES

# Rows of the first page, a screen full, and of those after it: unpacking one keeps the interpreter
# from the event loop, of 1000 pods for 30 ms.
FIRST, PAGE = 100, 500


# How a packed body begins, and what zlib calls the format.
_GZIP, _WINDOW = b"\x1f\x8b", 31


def whole_of(raw: bytes, *, is_helm: bool) -> Body:
    found: Body = parsed(raw, "object")
    return release_of(found) if is_helm else found


class Page:
    """One page of a list: what is kept, where it was cut, and how old the list is."""

    def __init__(self, bodies: Tuple[Body, ...], version: str, after: str) -> None:
        self.bodies, self.version, self.after = bodies, version, after


class News:
    """What a few lines of a watch say together: the last of each object."""

    def __init__(self) -> None:
        self.bodies: Dict[str, Body] = {}
        self.gone: Dict[str, None] = {}
        self.version = ""
        self.error: Optional[Rejected] = None


def after(page: Page) -> Optional[Dict[str, str]]:
    return {"limit": str(PAGE), "continue": page.after} if page.after else None


def unpacked(raw: bytes, kind: str) -> bytes:
    """Return a body as it was before the server packed it: no JSON begins as packed ones do.

    Never more than an answer may be.
    """
    if not raw.startswith(_GZIP):
        return raw
    unpacking = zlib.decompressobj(_WINDOW)
    try:
        whole = unpacking.decompress(raw, MOST_BYTES)
    except zlib.error as error:
        raise Malformed(kind, "$", f"packed, and not to be unpacked: {error}") from error
    if not unpacking.eof:
        words = f"more than {MOST_BYTES >> 20} MiB" if unpacking.unconsumed_tail else "cut off"
        raise Malformed(kind, "$", f"packed: {words}")
    return whole


def parsed(raw: bytes, kind: str) -> Any:
    try:
        found = from_json(unpacked(raw, kind))
    except ValueError as error:
        raise Malformed(kind, "$", f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Malformed(kind, "$", "no JSON object")
    return found


def page_of(raw: bytes, project: Project, kind: str) -> Page:
    whole = parsed(raw, kind)
    with _shaped(kind):
        metadata = whole.get("metadata") or {}
        items = _items(whole)
        if items is None:
            raise Malformed(kind, "$", f"no list but a {str(whole.get('kind'))[:40]}")
        bodies = tuple(project(item) for item in items)
        version, cut = (str(metadata.get(key, "")) for key in ("resourceVersion", "continue"))
    return Page(bodies, version, cut)


def _items(whole: Mapping[str, Any]) -> Optional[List[Any]]:
    """Return the objects of a list, or the rows of a table under its headings."""
    if whole.get("kind") != "Table":
        items = whole.get("items")
        # A server of somebody's own in Go writes a list of nothing as null.
        if items is None and str(whole.get("kind")).endswith("List"):
            return []
        return items if isinstance(items, list) else None
    names = [str(one.get("name")) for one in whole.get("columnDefinitions") or ()]
    return [{"names": names, **row} for row in whole.get("rows") or ()]


@contextmanager
def _shaped(kind: str) -> Iterator[None]:
    """Tell what is shaped as no object of Kubernetes: who serves a part of the API may say it."""
    try:
        yield
    except (AttributeError, TypeError, LookupError) as error:
        raise Malformed(kind, "$", "is no object of Kubernetes") from error


class Tabled:
    """Keeps of a row of a table its object's name and age, and its cells under their headings.

    A watch says the headings once, with its first row. A server that makes no tables sends the
    objects themselves: of those the name and age are all there is.
    """

    def __init__(self) -> None:
        self._names: List[str] = []
        self._named = projection({})

    def __call__(self, row: Mapping[str, Any]) -> Dict[str, Any]:
        if "names" not in row:
            return self._named(row)
        self._names = row["names"] or self._names
        kept = self._named(row.get("object") or {})
        for name, cell in zip(self._names, row.get("cells") or ()):
            field = field_of(name)
            if field:
                kept.setdefault(field, cell)
        return kept


def news_of(raw: List[bytes], project: Project, kind: str) -> News:
    """Read lines of a watch; one that tells of an error is the last."""
    with _shaped(kind):
        return _news_of(raw, project, kind)


def _news_of(raw: List[bytes], project: Project, kind: str) -> News:
    news = News()
    for line in raw:
        if not line.strip():
            continue
        event = parsed(line, kind)
        what, whole = event.get("type"), event.get("object") or {}
        if what == "ERROR":
            code = whole.get("code")
            reason = str(whole.get("message") or whole.get("reason") or "no word why")
            news.error = Rejected(SERVICE, code if isinstance(code, int) else 500, reason)
            break
        version = _version_of(whole)
        news.version = version or news.version
        if what == "BOOKMARK":
            continue
        for item in _items(whole) or () if whole.get("kind") == "Table" else (whole,):
            body = project(item)
            uid = str(body["uid"])
            if what == "DELETED":
                news.bodies.pop(uid, None)
                news.gone[uid] = None
            else:
                news.gone.pop(uid, None)
                news.bodies[uid] = body
    return news


def is_older(version: str, than: str) -> bool:
    """Whether a version of a list comes before another, as far as both are numbers.

    Nothing that is watched goes back, but where etcd was restored.
    """
    return version.isdecimal() and than.isdecimal() and int(version) < int(than)


def _version_of(whole: Mapping[str, Any]) -> str:
    """Return the version of an object, or of the (last) one in a table."""
    metadata = whole.get("metadata") or {}
    if whole.get("kind") == "Table" and not metadata.get("resourceVersion"):
        rows = whole.get("rows") or [{}]
        metadata = (rows[-1].get("object") or {}).get("metadata") or {}
    return str(metadata.get("resourceVersion", ""))
