"""The rows of an answer, one by one, so that a body of 19 MB never holds the interpreter long.

The text is decoded a window at a time and each row by one call of ``json``'s own scanner: between
two rows another thread gets its turn.
"""

from __future__ import annotations

import codecs
import json
import math
import re
import time
from itertools import islice
from typing import Any, Dict, Iterator, Mapping, NoReturn
from urllib.parse import parse_qsl, urlsplit

from backend.errors import Malformed
from backend.kind import Body

WINDOW = 64 * 1024
"""Bytes decoded at a time; a value that is longer doubles it until it fits."""

BREATH = 25
"""Rows, about a millisecond, after which others get a turn: by itself the interpreter gives one
only every 5 ms, and twice that until a waiting event loop has run."""
# Not 0: on 3.9 that takes the interpreter back before anybody woke up, and starves all others.
_TURN_S = 1e-5

_BLANK = " \t\n\r"
_NUMBER = "0123456789.eE+-"
_HYPERMEDIA = {"href", "rel"}


# The envelope's own "next": right after its list, or before it; a text inside a row can't stand so.
_NEXT_LAST = re.compile(rb'\]\s*,\s*"next"\s*:\s*"([^"]+)"\s*\}\s*\Z')
_NEXT_FIRST = re.compile(rb'\A\s*\{\s*"next"\s*:\s*"([^"]+)"')
_NEXT_ROOM = 4096
# What sysinv answers at most, and what it sends of each row: where a list was asked for without a
# limit, some of its lists end there and say nothing.
CUT_ROWS = 2000
_UUID = re.compile(rb'"uuid"\s*:\s*"([^"]+)"')


def next_query(raw: bytes) -> Mapping[str, str]:
    """Return the query of the page after this one, empty where this is the last.

    sysinv answers at most 2,000 rows at once. Where it says by ``next`` that there are more, the
    host in it is the one that was asked and is left out: a token goes where the catalogue says.
    Where it says nothing, a list of just so many rows is taken for one that was cut. Takes some ms
    a megabyte: to be called on a thread.
    """
    found = _NEXT_LAST.search(raw[-_NEXT_ROOM:]) or _NEXT_FIRST.search(raw[:_NEXT_ROOM])
    if found is None:
        # One by one, and no further than needed: a search of megabytes would hold every thread.
        uuids = [match[1] for match in islice(_UUID.finditer(raw), CUT_ROWS + 1)]
        if len(uuids) != CUT_ROWS:
            return {}
        return {"limit": str(CUT_ROWS), "marker": uuids[-1].decode("ascii", "replace")}
    url = found[1].decode("utf-8", "replace").replace("\\/", "/")
    return dict(parse_qsl(urlsplit(url).query))


def bodies(raw: bytes, items: str, kind: str = "") -> Iterator[Body]:
    """Yield each object of the list under ``items``, without its links to other resources.

    ``items`` "" is for a body that is the list itself, or one object (one row). What is no object
    is yielded as ``{"value": it}``; null, as the list or the whole body, yields nothing. Bytes that
    are no UTF-8 become replacement characters. Raises ``Malformed`` at the first fault, after the
    rows before it; its path begins at ``$``, and ``kind`` names what was asked.
    """
    text = _Text(raw)
    keys: Dict[str, str] = {}
    try:
        rows = _listed(text, items) if items else _rows(text)
        for number, row in enumerate(rows):
            if number % BREATH == 0:
                time.sleep(_TURN_S)
            yield _trimmed(row, keys)
        text.end()
    except (ValueError, RecursionError) as error:
        raise Malformed(kind or items or "answer", text.path, _words(error)) from error


def by_name(wholes: Iterator[Body], key: str, items: str = "") -> Iterator[Body]:
    """Yield each row of objects that hold rows by name, the name put under ``key``.

    The rows stand under ``items`` of each object ("": they are its own). Raises ``Malformed`` where
    something else stands there, or under a name.
    """
    for whole in wholes:
        rows = whole.get(items) if items else whole
        if not isinstance(rows, dict):
            raise Malformed(key, f"$.{items}", f"an object is wanted, got {str(whole)[:60]!r}")
        for name, row in rows.items():
            if not isinstance(row, dict):
                raise Malformed(key, f"$.{name}", f"an object is wanted, got {str(row)[:40]!r}")
            yield {key: name, **row}


def _listed(text: _Text, items: str) -> Iterator[Any]:
    """Yield what stands under ``items`` of the object that comes next."""
    was_there = False
    text.expect("{")
    is_first = True
    while text.peek() != "}":
        if not is_first:
            text.expect(",")
        is_first = False
        key = text.value()
        text.path = f"$.{key}"
        text.expect(":")
        if key == items:
            was_there = True
            yield from _rows(text)
        else:
            text.value()
        text.path = "$"
    if not was_there:
        text.path = f"$.{items}"
        raise ValueError("is not there")
    text.expect("}")


def _rows(text: _Text) -> Iterator[Any]:
    """Yield each value of the list that comes next, or the one value; of null, nothing."""
    if text.peek() != "[":
        value = text.value()
        if value is not None:
            yield value
        return
    path = text.path
    text.expect("[")
    number = 0
    while text.peek() != "]":
        if number:
            text.expect(",")
        text.path = f"{path}[{number}]"
        yield text.value()
        number += 1
    text.path = path
    text.expect("]")


def _trimmed(row: Any, keys: Dict[str, str]) -> Body:
    """Return the row without links, its keys shared with the rows before it."""
    if not isinstance(row, dict):
        return {"value": row}
    share = keys.setdefault
    return {
        share(key, key): value
        for key, value in row.items()
        if type(value) is not list or not _is_links(value)
    }


def _is_links(value: list[Any]) -> bool:
    return bool(value) and all(
        isinstance(one, dict) and bool(one) and one.keys() <= _HYPERMEDIA for one in value
    )


class _Text:
    """A body as text, a place in it, and the JSON path of what is read there."""

    def __init__(self, raw: bytes) -> None:
        self._raw = memoryview(raw)
        self._read = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._text = ""
        self._at = 0
        self.path = "$"

    def peek(self) -> str:
        """Return the next character that is no blank, "" at the end."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in _BLANK:
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Step over ``character``, which must come next."""
        found = self.peek()
        if found != character:
            words = f"{character!r} is wanted, {found!r} found" if found else "is cut off"
            raise ValueError(words)
        self._at += 1

    def value(self) -> Any:
        """Return the value that comes next and step over it."""
        self.peek()
        while True:
            try:
                value, end = _SCAN(self._text, self._at)
            except ValueError:
                # It may only be cut by the window.
                if not self._more():
                    raise
                continue
            may_go_on = isinstance(value, (int, float)) and not self._text[end:].strip(_NUMBER)
            if may_go_on and self._more():
                # So may a number be: 1 of 12, of 1.5 or of 1e9.
                continue
            start, self._at = self._at, end
            escapes = (self._text.find(half, start, end) for half in ("\\ud", "\\uD"))
            return _paired(value) if max(escapes) >= 0 else value

    def end(self) -> None:
        """Hold that nothing more comes."""
        if self.peek():
            raise ValueError("something follows the end")

    def _more(self) -> bool:
        """Decode another window; False at the end. What was stepped over is let go."""
        if self._read >= len(self._raw):
            return False
        rest = self._text[self._at :]
        size = max(WINDOW, len(rest))
        part = self._raw[self._read : self._read + size]
        self._read += len(part)
        self._text = rest + self._decode(part, self._read >= len(self._raw))
        self._at = 0
        return True


def _paired(value: Any) -> Any:
    """Return ``value`` with halves of surrogate pairs replaced: no encoding can write them."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_paired(one) for one in value]
    if isinstance(value, dict):
        return {_paired(key): _paired(one) for key, one in value.items()}
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


# A control character within a string is no JSON either, but harms nobody: whoever shows it,
# replaces it.
_SCAN = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite, strict=False).raw_decode


def _words(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        near = error.doc[error.pos : error.pos + 20]
        if not near or error.msg.startswith("Unterminated string"):
            return "is cut off"
        return f"is no JSON: {error.msg.lower()}, at {near!r}"
    return str(error)
