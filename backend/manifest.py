"""Objects of Kubernetes as a file has them: each with the lines where its fields stand; pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import quote

from backend.errors import Refused
from backend.kube_yaml import MISFITS, UNSENT, reading
from backend.mask import Body
from backend.whole import value_at

if TYPE_CHECKING:
    from backend.kinds.kube_discovered import ApiResource

# Of one file: as many values as fit a node's memory many times over, aliases counted each time.
MOST_VALUES = 200_000
# No object is so deep; one that holds itself is without end.
DEEPEST = 100
# Who owns the fields that are sent, as the API server keeps it.
OWNER = "stx-tui"
# How many faults are said of a file at once.
_SAID = 6
# A field as the API server names it: ``spec.template.spec.containers[0].image``.
_FIELD = re.compile(r"\.?((?:spec|data|metadata|status|rules|webhooks)(?:\.[\w-]+|\[[^\]]*\])+)")


@dataclass(frozen=True)
class Document:
    """One object of a file; ``lines`` are where its fields stand (from 1), by path."""

    body: Body
    file: str
    line: int
    lines: Mapping[Tuple[str, ...], int] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Where it begins: ``site.yaml:12``."""
        return f"{self.file}:{self.line}"

    def where_of(self, words: str) -> str:
        """Return where the first field stands that a refusal names; where it begins if none."""
        for named in _FIELD.findall(words):
            path = tuple(filter(None, re.split(r"[.\[\]]", named)))
            for end in range(len(path), 0, -1):
                if path[:end] in self.lines:
                    return f"{self.file}:{self.lines[path[:end]]}"
        return self.where


@dataclass(frozen=True)
class Placed:
    """An object and where it goes: the path of its collection, its namespace and name."""

    document: Document
    collection: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The path of the object itself, "" where the server is to name it."""
        return f"{self.collection}/{quote(self.name, safe='')}" if self.name else ""

    @property
    def what(self) -> str:
        """What it is, as people say it: ``Deployment lab/web``."""
        metadata = self.document.body.get("metadata") or {}
        name = self.name or f"{metadata.get('generateName')}..."
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.document.body['kind']} {where}{name}"

    @property
    def body(self) -> Dict[str, Any]:
        """The object as it is sent: in its namespace, without what only a server writes."""
        body = {key: value for key, value in self.document.body.items() if key != "status"}
        metadata = dict(body.get("metadata") or {})
        for name in ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"):
            metadata.pop(name, None)
        if self.namespace:
            metadata["namespace"] = self.namespace
        return {**body, "metadata": metadata}


def documents(text: str, file: str) -> Tuple[Document, ...]:
    """Return the objects of a YAML (or JSON) text, those of a ``List`` one by one.

    Raises ``Refused`` that says file, line, and all that is wrong.
    """
    found: List[Document] = []
    faults: List[str] = []
    for node, body in _nodes(text, file):
        items = _items(node, body)
        for one, value in items:
            document, wrong = _document(one, value, file)
            faults += wrong
            found.append(document)
    if faults:
        raise refused(faults)
    if not found:
        raise Refused(f"{file}: there is no object in it", "apiVersion, kind, metadata, ...")
    return tuple(found)


def placed(
    found: Iterable[Document], resources: Iterable[ApiResource], namespace: str
) -> Tuple[Placed, ...]:
    """Return where each object goes; ``namespace`` is that of those that say none.

    Raises ``Refused`` that says file and line of each that this cluster does not know.
    """
    known = {(one.group, one.kind): one for one in resources}
    found = tuple(found)
    made = {_definition(one.body) for one in found}
    faults, places = [], []
    for document in found:
        group, _, version = str(document.body["apiVersion"]).rpartition("/")
        kind = str(document.body["kind"])
        resource = known.get((group, kind))
        if resource is None:
            said = f"this cluster knows no {kind} of {document.body['apiVersion']}"
            if (group, kind) in made:
                said += " yet: its definition stands in the same file; apply that one first"
            faults.append(f"{document.where}: {said}")
            continue
        metadata = document.body.get("metadata") or {}
        space = str(metadata.get("namespace") or namespace) if resource.namespaced else ""
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        within = f"/namespaces/{quote(space, safe='')}" if space else ""
        place = f"{root}{within}/{resource.plural}"
        places.append(Placed(document, place, space, str(metadata.get("name") or "")))
    faults += _twice(places)
    if faults:
        raise refused(faults)
    return tuple(places)


def refused(faults: List[str]) -> Refused:
    """Return the refusal that says what is wrong with a file, the first faults of many."""
    more = len(faults) - _SAID
    said = [*faults[:_SAID], *([f"and {more} more"] if more > 0 else [])]
    return Refused("; ".join(said), "nothing was sent")


# --- reading -----------------------------------------------------------------------------------


def _nodes(text: str, file: str) -> Iterator[Tuple[Any, Any]]:
    """Yield the documents of a text, as nodes that know their lines and as values."""
    import yaml

    class Loader(reading(yaml.SafeLoader)):  # type: ignore[misc]
        """Keeps what a mapping has itself: what it merges (``<<``) may stand in both."""

        def flatten_mapping(self, node: Any) -> None:
            node.written = list(node.value)
            super().flatten_mapping(node)

    try:
        loader: Any = Loader(text)
        while loader.check_node():
            node = loader.get_node()
            body = loader.construct_document(node)
            if body is not None:
                yield node, body
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark is not None else file
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Refused(f"{where}: {problem}", "it is no YAML") from error
    except RecursionError as error:
        raise Refused(f"{file}: it is nested too deep") from error
    except MISFITS as error:
        at = f"{file}:{loader.line + 1}"
        raise Refused(f"{at}: a value above does not fit its tag: {error}") from error


def _items(node: Any, body: Any) -> List[Tuple[Any, Any]]:
    """Return a document, or the items of one that is a list of Kubernetes."""
    if not isinstance(body, dict) or body.get("apiVersion") != "v1" or body.get("kind") != "List":
        return [(node, body)]
    values = body.get("items")
    nodes = next((value for key, value in node.value if key.value == "items"), None)
    if not isinstance(values, list) or nodes is None:
        return []
    return list(zip(nodes.value, values))


def _document(node: Any, body: Any, file: str) -> Tuple[Document, List[str]]:
    line = node.start_mark.line + 1
    where = f"{file}:{line}"
    if not isinstance(body, dict):
        return Document({}, file, line), [f"{where}: an object is wanted: apiVersion, kind, ..."]
    lines: Dict[Tuple[str, ...], int] = {}
    faults = [f"{file}:{at}: {words}" for at, words in _walked(node, lines)]
    faults += [
        f"{where}: it has no {name}"
        for name in ("apiVersion", "kind")
        if not isinstance(body.get(name), str) or not body[name]
    ]
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        at = lines.get(("metadata",), line)
        faults.append(f"{file}:{at}: it has no metadata.name")
    return Document(body, file, line, lines), faults


def _walked(node: Any, lines: Dict[Tuple[str, ...], int]) -> Iterator[Tuple[int, str]]:
    """Note the line of each field, and yield what is wrong with a mapping: a key that is twice."""
    left = [((), node)]  # type: List[Tuple[Tuple[str, ...], Any]]
    while left:
        path, one = left.pop()
        if len(lines) > MOST_VALUES:
            yield node.start_mark.line + 1, f"it has more than {MOST_VALUES} values"
            return
        if len(path) > DEEPEST:
            yield one.start_mark.line + 1, f"it is nested deeper than {DEEPEST}"
            return
        if one.tag in UNSENT:
            yield one.start_mark.line + 1, f"a {one.tag.rpartition(':')[2]} cannot be sent as it is"
        if one.id == "mapping":
            seen: Dict[str, int] = {}
            for key, value in getattr(one, "written", one.value):
                name, line = str(key.value), key.start_mark.line + 1
                if name in seen:
                    yield line, f"{name} stands in line {seen[name]} already"
                seen[name] = line
                lines[(*path, name)] = line
                left.append(((*path, name), value))
        elif one.id == "sequence":
            for at, value in enumerate(one.value):
                lines[(*path, str(at))] = value.start_mark.line + 1
                left.append(((*path, str(at)), value))


def _definition(body: Body) -> Optional[Tuple[str, str]]:
    """Return group and kind of what a definition defines, None where it is none."""
    if body.get("kind") != "CustomResourceDefinition":
        return None
    group, kind = value_at(body, ("spec", "group")), value_at(body, ("spec", "names", "kind"))
    return str(group), str(kind)


def _twice(places: Iterable[Placed]) -> List[str]:
    seen: Dict[str, Placed] = {}
    faults = []
    for one in places:
        if one.path and one.path in seen:
            first = seen[one.path].document.where
            faults.append(f"{one.document.where}: {one.what} stands in {first} already")
        seen.setdefault(one.path, one)
    return faults


def as_json(body: Any) -> str:
    """Return an object as JSON; what JSON has no word for as text."""
    return json.dumps(body, default=str)
