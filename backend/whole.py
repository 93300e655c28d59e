"""A whole object as text that can be read and edited, and what an edit changes of it; pure."""

from __future__ import annotations

import copy
import difflib
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from backend.clean import clean
from backend.errors import Refused
from backend.kube_yaml import MISFITS, reading
from backend.mask import Body

# Bookkeeping of the server and of kubectl: nobody edits it, and it hides the rest.
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MISSING = object()


def readable(body: Body) -> Body:
    """Return an object without the server's bookkeeping of who set which field."""
    kept = copy.deepcopy(dict(body))
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        notes = metadata.get("annotations")
        if isinstance(notes, dict):
            notes.pop(_APPLIED, None)
            if not notes:
                metadata.pop("annotations")
    return kept


def hidden(body: Body, secret: FrozenSet[str]) -> Body:
    """Return an object whose secret fields tell their keys, and how long each value is."""
    kept = dict(body)
    for name in secret & kept.keys():
        values = kept[name]
        if isinstance(values, dict):
            kept[name] = {key: f"<{len(str(value))} characters>" for key, value in values.items()}
        elif values:
            kept[name] = f"<{len(str(values))} characters>"
    return kept


def as_yaml(body: Any) -> str:
    """Return an object as YAML, its fields in the order in which they came.

    Every line can be shown as it is: what nobody would see stands as its escape, so that who edits
    the text changes nothing beside.
    """
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Writes a text of several lines as lines."""

    def lines(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, lines)

    def dumped(*, allow_unicode: bool) -> str:
        text: str = yaml.dump(
            body, Dumper=Dumper, sort_keys=False, allow_unicode=allow_unicode, width=10_000
        )
        return text

    text = dumped(allow_unicode=True)
    return text if unshown(text) is None else dumped(allow_unicode=False)


def unshown(text: str) -> Optional[int]:
    """Return the first line (from 1) with something in it that no screen shows, None: none has."""
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if clean(line) != line), None)


def from_yaml(text: str) -> Body:
    """Return the object of a YAML text; raises ``Refused`` that says the line."""
    found = all_from_yaml(text)
    if len(found) != 1:
        raise Refused(f"there are {len(found)} objects, and one is wanted")
    return found[0]


def all_from_yaml(text: str) -> Tuple[Body, ...]:
    """Return the objects of a YAML text of one or more; raises ``Refused`` that says the line."""
    import yaml

    try:
        # By libyaml where it is: 1.6 MB of many keys are read in 1.7 s, else in 5.4.
        loader = reading(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        found = [one for one in yaml.load_all(text, Loader=loader) if one is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Refused(f"{where}{problem}", "it is no YAML") from error
    except RecursionError as error:
        raise Refused("it is nested too deep") from error
    except MISFITS as error:
        raise Refused(f"a value does not fit its tag: {error}", "it is no YAML") from error
    if not all(isinstance(one, dict) for one in found):
        raise Refused("an object is wanted: apiVersion, kind, metadata, ...")
    return tuple(found)


def patch_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the merge patch (RFC 7386) that makes ``new`` of ``old``; empty where they agree."""
    patch: Dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key, _MISSING)
        if isinstance(before, dict) and isinstance(value, dict):
            inner = patch_of(before, value)
            if inner:
                patch[key] = inner
        elif before is _MISSING or before != value:
            patch[key] = value
    return patch


def leaves(patch: Mapping[str, Any], at: Tuple[str, ...] = ()) -> Iterator[Tuple[str, ...]]:
    """Yield the paths of what a patch sets or takes away."""
    for key, value in patch.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key)


def value_at(body: Any, path: Tuple[str, ...]) -> Any:
    """Return what stands at a path, None where nothing does."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def difference(old: Any, new: Any) -> List[str]:
    """Return what differs as text: lines with ``-`` and ``+``, some of what is around them."""
    lines = (as_yaml(old).splitlines(), as_yaml(new).splitlines())
    return list(difflib.unified_diff(*lines, lineterm="", n=2))[2:]


@dataclass(frozen=True)
class Fork:
    """One field that I changed, they changed, or both did since it was read."""

    path: str
    base: Any
    mine: Any
    theirs: Any

    @property
    def is_conflict(self) -> bool:
        """Whether both changed it, and not to the same."""
        return self.base not in (self.mine, self.theirs) and bool(self.mine != self.theirs)

    @property
    def says(self) -> str:
        """What became of it, in words."""
        was = f"{self.path}: was {_short(self.base)}"
        if self.is_conflict:
            return f"! {was}, you {_short(self.mine)}, they {_short(self.theirs)}"
        if self.theirs != self.base:
            return f"  {was}, they {_short(self.theirs)}"
        return f"  {was}, you {_short(self.mine)}"


def three_way(base: Body, mine: Body, theirs: Body) -> Tuple[Fork, ...]:
    """Return what I and others made of the same object, conflicts first."""
    ours = [*leaves(patch_of(base, mine)), *leaves(patch_of(base, theirs))]
    skip = {("metadata", "resourceVersion"), ("metadata", "generation")}
    paths = [path for path in dict.fromkeys(ours) if path not in skip and path[0] != "status"]
    forks = [
        Fork(".".join(path), *(value_at(one, path) for one in (base, mine, theirs)))
        for path in paths
    ]
    return tuple(sorted(forks, key=lambda fork: not fork.is_conflict))


def _short(value: Any) -> str:
    words = "none" if value is None else str(value)
    return words if len(words) <= 40 else f"{words[:37]}..."


def rebased(base: Body, mine: Body, theirs: Body) -> Body:
    """Return what is there now with my changes upon it; where both changed a field, mine stands."""
    return _patched(theirs, patch_of(base, mine))


def _patched(body: Any, patch: Mapping[str, Any]) -> Dict[str, Any]:
    made: Dict[str, Any] = dict(body) if isinstance(body, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict):
            made[key] = _patched(made.get(key), value)
        else:
            made[key] = value
    return made


def edit_of(base: Body, edited: Body) -> Optional[Tuple[Dict[str, Any], Dict[str, Any]]]:
    """Return the patch of an edit and what it changes from, None where nothing is changed.

    The patch holds to the version it was made of: what changed meanwhile is refused, not lost.
    Raises ``Refused`` where it would be another object.
    """
    for path in (("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "uid")):
        if value_at(base, path) != value_at(edited, path):
            raise Refused(f"{'.'.join(path)} cannot be changed: it would be another object")
    patch = patch_of(base, edited)
    before = {".".join(path): value_at(base, path) for path in leaves(patch)}
    if not patch:
        return None
    version = value_at(base, ("metadata", "resourceVersion"))
    metadata = {**patch.get("metadata", {}), "resourceVersion": version}
    return {**patch, "metadata": metadata}, before
