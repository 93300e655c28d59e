"""What differs between two bodies of one row, as fields; and the way back. Pure."""

from __future__ import annotations

import copy
import json
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

Difference = Tuple[str, Optional[str], Optional[str]]


def text(value: Any) -> str:
    """Return a JSON value as the record keeps it: one spelling for one value, plain ASCII."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def kept(body: Mapping[str, Any], without: Iterable[str]) -> Dict[str, Any]:
    """Return ``body`` without the fields named in ``without``: keys, or paths with dots."""
    left = dict(body)
    for name in without:
        if name in left:
            del left[name]
        elif "." in name:
            _take_out(left, name)
    return left


def differences(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    noise: Iterable[str] = (),
    secret: Iterable[str] = (),
) -> Tuple[Difference, ...]:
    r"""Return (field, old, new) of what differs; values are JSON text, None where there was none.

    Objects are entered and their fields named by a path with dots; lists are one value. A dot or a
    backslash in a key has a backslash before it; a key of no characters is written ``\e``.
    1 and true and 1.0 differ.
    """
    without = (*noise, *secret)
    return tuple(_differ("", kept(old, without), kept(new, without)))


def undone(body: Mapping[str, Any], changes: Iterable[Difference]) -> Dict[str, Any]:
    """Return what ``body`` was before ``changes``, which are the newest first."""
    former: Dict[str, Any] = copy.deepcopy(dict(body))
    for field, old, _new in changes:
        place, key = _find(former, field)
        if old is None:
            place.pop(key, None)
        else:
            place[key] = json.loads(old)
    return former


def _differ(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in (*old, *(key for key in new if key not in old)):
        field = path + _written(key)
        if key not in new:
            yield field, text(old[key]), None
        elif key not in old:
            yield field, None, text(new[key])
        elif isinstance(old[key], dict) and isinstance(new[key], dict):
            yield from _differ(field + ".", old[key], new[key])
        else:
            before, after = text(old[key]), text(new[key])
            if before != after:
                yield field, before, after


def _written(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.") or "\\e"


def _keys(field: str) -> List[str]:
    """Return the keys of a path: the way back from ``_written``."""
    keys, key, signs = [], "", iter(field)
    for sign in signs:
        if sign == "\\":
            following = next(signs)
            key += "" if following == "e" else following
        elif sign == ".":
            keys.append(key)
            key = ""
        else:
            key += sign
    return [*keys, key]


def _find(body: Dict[str, Any], field: str) -> Tuple[Dict[str, Any], str]:
    """Return the object that holds the last key of a path, and that key."""
    *ways, last = _keys(field)
    for key in ways:
        body = body[key]
    return body, last


def _take_out(body: Dict[str, Any], path: str) -> None:
    """Take a field named by its path out of ``body``, copying only the objects on the way."""
    *ways, last = path.split(".")
    for key in ways:
        inner = body.get(key)
        if not isinstance(inner, dict):
            return
        body[key] = dict(inner)
        body = body[key]
    body.pop(last, None)
