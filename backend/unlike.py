"""What is unlike in two values of one field: members of a list by their names, lines of a text."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

# One thing that differs: where (a path with dots), before, now; "-" where there was none.
Unlike = Tuple[str, str, str]
NONE, THERE = "-", "there"
# What names the members of a list, the first that all of them have; Kubernetes' conditions first.
_NAMES = ("type", "name", "id", "uuid")
# Said before others: what it is, then why, then in how many words.
_FIRST = ("status", "reason")
# Instants within a value move without anything else: they are no news of their own.
_INSTANT = re.compile(r"(Time|At|_at)$")


def unlike(field: str, old: Optional[str], new: Optional[str]) -> Tuple[Unlike, ...]:
    """Return what differs between two JSON texts, as the record keeps them (None: no such field).

    Empty where members differ in instants alone. Raises ``ValueError`` where one is no JSON.
    """
    was, now = (None if text is None else json.loads(text) for text in (old, new))
    return tuple(_differ(field, was, now))


def _differ(path: str, was: Any, now: Any) -> Iterator[Unlike]:
    if was == now:
        return
    named = _named(was, now)
    if named is not None:
        for name in dict.fromkeys((*named[0], *named[1])):
            yield from _member(f"{path}.{name}", named[0].get(name), named[1].get(name))
    elif isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(dict.fromkeys((*was, *now)), key=_rank):
            if not _INSTANT.search(str(key)):
                yield from _differ(f"{path}.{key}", was.get(key), now.get(key))
    elif isinstance(was, str) and isinstance(now, str) and "\n" in was + now:
        yield (path, *_lines(was, now))
    else:
        yield path, _plain(was), _plain(now)


def _rank(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _member(path: str, was: Any, now: Any) -> Iterator[Unlike]:
    if was is None or now is None:
        yield path, NONE if was is None else THERE, NONE if now is None else THERE
    else:
        yield from _differ(path, was, now)


def _named(was: Any, now: Any) -> Optional[Tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return the members of two lists by their names, None where these are no such lists."""
    if not (isinstance(was, list) and isinstance(now, list)):
        return None
    members = [*was, *now]
    if not all(isinstance(one, dict) for one in members):
        return None
    for key in _NAMES:
        if all(isinstance(one.get(key), str) for one in members):
            by_name: List[Dict[str, Any]] = [{one[key]: one for one in side} for side in (was, now)]
            is_whole = len(by_name[0]) == len(was) and len(by_name[1]) == len(now)
            return (by_name[0], by_name[1]) if is_whole else None
    return None


def _lines(was: str, now: str) -> Tuple[str, str]:
    """Return the lines that only one of two texts has."""
    gone: List[str] = []
    come: List[str] = []
    for line in difflib.ndiff(was.splitlines(), now.splitlines()):
        if line[:2] in ("- ", "+ "):
            (gone if line[0] == "-" else come).append(line[2:].strip())
    return "; ".join(filter(None, gone)) or NONE, "; ".join(filter(None, come)) or NONE


def _plain(value: Any) -> str:
    if value is None or value == "":
        return NONE
    return value if isinstance(value, str) else json.dumps(value)
