"""What is kept of an object of Kubernetes: its name and age, and the fields that are declared."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable, Dict, Mapping, Tuple

Take = Callable[[Any], Any]
Project = Callable[[Mapping[str, Any]], Dict[str, Any]]

_OWNERS = ("kind", "name", "uid")
_ITEMS = re.compile(r"^(?P<path>.*)\[(?P<items>.*)\]$")


def projection(keep: Mapping[str, str]) -> Project:
    """Return the function that keeps of an object what ``keep`` declares (see ``plan.Kube``).

    A path is ``spec.nodeName``; one that begins with a slash is a JSON pointer, for keys with dots.
    ``[name,image]`` after it keeps of each item of a list only these, ``[cpu=limits.cpu]`` under
    another name; ``data{}`` keeps of a mapping its keys alone. What an object lacks is left out.
    """
    takes = tuple((name, taking(path)) for name, path in keep.items())

    def project(whole: Mapping[str, Any]) -> Dict[str, Any]:
        kept = _identity(whole.get("metadata") or {})
        for name, take in takes:
            value = take(whole)
            if value is not None:
                kept[name] = value
        return kept

    return project


@lru_cache(maxsize=512)
def taking(path: str) -> Take:
    """Return the function that takes what stands at ``path``, None where nothing does."""
    if path.endswith("{}"):
        return _keys(_walk(_steps(path[:-2])))
    listed = _ITEMS.match(path)
    if listed is None:
        return _walk(_steps(path))
    outer = _walk(_steps(listed["path"]))
    inner = tuple(
        (name or at.rpartition(".")[2], _walk(_steps(at)))
        for name, at in map(_named, listed["items"].split(","))
    )

    def take(whole: Any) -> Any:
        items = outer(whole)
        if not isinstance(items, list):
            return None
        return [
            {name: value for name, take in inner for value in (take(item),) if value is not None}
            for item in items
        ]

    return take


def _keys(outer: Take) -> Take:
    def take(whole: Any) -> Any:
        mapping = outer(whole)
        return sorted(mapping) if isinstance(mapping, dict) else None

    return take


def _named(item: str) -> Tuple[str, str]:
    name, equals, path = item.partition("=")
    return (name, path) if equals else ("", item)


def _steps(path: str) -> Tuple[str, ...]:
    if path.startswith("/"):
        return tuple(
            step.replace("~1", "/").replace("~0", "~") for step in path.lstrip("/").split("/")
        )
    return tuple(path.split("."))


def _walk(steps: Tuple[str, ...]) -> Take:
    def take(whole: Any) -> Any:
        value = whole
        for step in steps:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    return take


def _identity(metadata: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what every object is kept by."""
    name, namespace = metadata.get("name", ""), metadata.get("namespace")
    kept = {"uid": metadata.get("uid") or f"{namespace or ''}/{name}", "name": name}
    if namespace:
        kept["namespace"] = namespace
    for field, of in (
        ("created", "creationTimestamp"),
        ("deleting", "deletionTimestamp"),
        ("labels", "labels"),
    ):
        value = metadata.get(of)
        if value:
            kept[field] = value
    owners = metadata.get("ownerReferences")
    if owners:
        kept["owners"] = [{key: one.get(key) for key in _OWNERS} for one in owners]
    return kept
