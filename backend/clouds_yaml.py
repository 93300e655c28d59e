"""A settings file as a tree that knows, of each value, its file, line and key."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Collection, Dict, List, Mapping, Optional, Tuple, Union

from backend.errors import SettingsError

# A file that refers to itself would never end; and its aliases may multiply: of so many values, and
# of so many a character of its text, nobody wrote it by hand.
DEEPEST, MOST, MOST_PER_CHARACTER = 20, 10_000, 10
# Digits of a whole number: no setting has more.
DIGITS = 12

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0", "")


@dataclass(frozen=True)
class Spot:
    """One value and where it stands; ``key`` is its dotted path, or an environment variable.

    Scalars stay text as written, so that a password ``0123`` keeps its zero; null is None.
    """

    value: Union[str, Tuple[Spot, ...], Mapping[str, Spot], None] = field(repr=False)
    key: str
    file: str = ""
    line: int = 0

    def wrong(self, words: str, advice: str = "") -> SettingsError:
        """Return the error that names this place."""
        return SettingsError(words, advice, file=self.file, line=self.line, key=self.key)


class Section:
    """A mapping of a settings file, read by type; each reader raises ``SettingsError``."""

    def __init__(self, spot: Spot) -> None:
        if not isinstance(spot.value, Mapping):
            raise spot.wrong("must be a mapping of keys to values")
        self.spot = spot
        self.spots = spot.value

    def at(self, *keys: str) -> Optional[Spot]:
        """Return the first of ``keys`` that is there and not null."""
        for key in keys:
            spot = self.spots.get(key)
            if spot is not None and spot.value is not None:
                return spot
        return None

    def text(self, *keys: str) -> str:
        """Return the text of the first of ``keys`` that is there, else ""."""
        spot = self.at(*keys)
        if spot is None:
            return ""
        if not isinstance(spot.value, str):
            raise spot.wrong("must be a text")
        return spot.value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        spot = self.at(key)
        if spot is None:
            return default
        word = self.text(key).lower()
        if word not in _TRUE + _FALSE:
            raise spot.wrong(f"must be true or false, not {word!r}")
        return word in _TRUE

    def number(self, key: str) -> Optional[int]:
        """Return a whole number from 0 on, None where the key is not there."""
        spot = self.at(key)
        if spot is None:
            return None
        word = self.text(key)
        if not (word.isascii() and word.isdigit() and len(word) <= DIGITS):
            raise spot.wrong(f"must be a whole number, not {word[:40]!r}")
        return int(word)

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Return one of ``allowed``, "" where the key is not there."""
        spot = self.at(key)
        word = self.text(key)
        if spot is not None and word not in allowed:
            raise spot.wrong(f"{word!r} is not one of {_listed(allowed)}", _nearest(word, allowed))
        return word

    def words(self, key: str) -> Tuple[str, ...]:
        """Return a list of texts, as a command and its arguments are."""
        spot = self.at(key)
        if spot is None:
            return ()
        if not isinstance(spot.value, tuple) or not spot.value:
            raise spot.wrong("must be a list: [command, argument, ...], run without a shell")
        found: List[str] = []
        for part in spot.value:
            if not isinstance(part.value, str):
                raise part.wrong("must be a text")
            found.append(part.value)
        return tuple(found)

    def section(self, key: str) -> Optional[Section]:
        """Return the mapping under ``key``."""
        spot = self.at(key)
        return None if spot is None else Section(spot)

    def sections(self) -> Mapping[str, Section]:
        """Return the mappings under all keys, by key."""
        return {key: Section(spot) for key, spot in self.spots.items()}

    def only(
        self,
        allowed: Collection[str],
        ignored: Collection[str] = (),
        endings: Tuple[str, ...] = (),
    ) -> None:
        """Refuse keys that are neither ``allowed`` nor, by name or ending, somebody else's."""
        for key, spot in self.spots.items():
            if key not in allowed and key not in ignored and not key.endswith(endings or ("\0",)):
                raise spot.wrong(
                    "is no setting known here",
                    _nearest(key, allowed) or f"allowed: {_listed(allowed)}",
                )

    def over(self, other: Optional[Section]) -> Section:
        """Return ``other`` with what stands here laid over it, mapping by mapping."""
        return self if other is None else Section(_laid(self.spot, other.spot))


def read(path: Path) -> Section:
    """Return what a YAML (or JSON) file says; an empty file says nothing.

    Raises ``SettingsError`` with the line where it is no YAML, has a key twice, or can't be read.
    """
    import yaml

    text = _text_of(path)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Section(Spot(value={}, key="", file=str(path), line=1))
        return Section(_Tree(loader, text, path).spot(node, "", 0))
    except yaml.YAMLError as error:
        raise _no_yaml(error, path) from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", file=str(path)) from error


def read_all(path: Path) -> Tuple[Section, ...]:
    """Return each document of a YAML file as ``read`` does the only one; empty ones say nothing."""
    import yaml

    text = _text_of(path)
    try:
        loader = yaml.SafeLoader(text)
        found: List[Section] = []
        while loader.check_node():
            node = loader.get_node()
            is_empty = isinstance(node, yaml.ScalarNode) and not node.value
            if not is_empty:
                found.append(Section(_Tree(loader, text, path).spot(node, "", 0)))
    except yaml.YAMLError as error:
        raise _no_yaml(error, path) from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", file=str(path)) from error
    return tuple(found)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {_reason(error)}", file=str(path)) from error


def _no_yaml(error: Any, path: Path) -> SettingsError:
    """Return what a YAML error says, with the line where it says one."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or getattr(error, "context", None) or error
    line = mark.line + 1 if mark else 0
    return SettingsError(f"is no YAML: {words}", file=str(path), line=line)


def from_environment(values: Mapping[str, Tuple[str, str]]) -> Section:
    """Return ``{key: (variable, its value)}`` as if a file had said it."""
    spots = {
        key: Spot(value=value, key=variable, file="environment")
        for key, (variable, value) in values.items()
    }
    return Section(Spot(value=spots, key="", file="environment"))


class _Tree:
    """Makes spots of one document's nodes, as many as its text can have meant."""

    def __init__(self, loader: Any, text: str, path: Path) -> None:
        self._loader = loader
        self._file = str(path)
        self._left = max(MOST, MOST_PER_CHARACTER * len(text))

    def spot(self, node: Any, key: str, depth: int) -> Spot:
        """Return a node and all within; raises ``SettingsError`` with its line."""
        import yaml

        here = Spot(value=None, key=key, file=self._file, line=node.start_mark.line + 1)
        self._left -= 1
        if depth > DEEPEST:
            raise here.wrong("is nested too deeply")
        if self._left < 0:
            raise here.wrong("its aliases make far more of it than stands there")
        if isinstance(node, yaml.ScalarNode):
            is_null = node.tag == "tag:yaml.org,2002:null"
            return replace(here, value=None if is_null else node.value)
        if isinstance(node, yaml.SequenceNode):
            parts = [
                self.spot(part, f"{key}[{number}]", depth + 1)
                for number, part in enumerate(node.value)
            ]
            return replace(here, value=tuple(parts))
        own = {id(name) for name, _ in node.value}
        self._loader.flatten_mapping(node)
        return replace(here, value=self._mapping(here, node, own, depth))

    def _mapping(self, here: Spot, node: Any, own: Collection[int], depth: int) -> Dict[str, Spot]:
        """Return what stands under each key; ``own`` are those that no merge brought."""
        import yaml

        found: Dict[str, Spot] = {}
        mine: Dict[str, int] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise here.wrong("has a key that is no text")
            path = f"{here.key}.{name.value}" if here.key else name.value
            # The line of the key, not of the value: that is where one looks.
            told = Spot(value=None, key=path, file=self._file, line=name.start_mark.line + 1)
            if id(name) in own:
                if name.value in mine:
                    raise told.wrong(f"stands twice, first on line {mine[name.value]}")
                mine[name.value] = told.line
            found[name.value] = replace(told, value=self.spot(value, path, depth + 1).value)
        return found


def _laid(top: Spot, below: Spot) -> Spot:
    if not (isinstance(top.value, Mapping) and isinstance(below.value, Mapping)):
        return top
    merged: Dict[str, Spot] = dict(below.value)
    for key, spot in top.value.items():
        merged[key] = _laid(spot, merged[key]) if key in merged else spot
    return Spot(value=merged, key=below.key, file=below.file, line=below.line)


def _listed(allowed: Collection[str]) -> str:
    return ", ".join(sorted(allowed))


def _nearest(word: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(allowed), n=1)
    return f"did you mean {near[0]}?" if near else ""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error)
