"""YAML as Kubernetes and Helm read it: what only older YAML takes for something else stays text."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Pattern, Tuple

_TAG = "tag:yaml.org,2002:"
# Without numbers to the base of 60: 52:54:00:12:34:56 is an address, and 12:30 a time.
_NUMBERS: Dict[str, Pattern[str]] = {
    f"{_TAG}int": re.compile(
        r"[-+]?(?:0b[01][01_]*|0o?[0-7][0-7_]*|0|[1-9][0-9_]*|0x[0-9a-fA-F][0-9a-fA-F_]*)$",
    ),
    f"{_TAG}float": re.compile(
        r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?"
        r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
    ),
}
# What PyYAML raises of a value that does not fit its own tag: ``!!int five``.
MISFITS = (ValueError, LookupError, AttributeError, TypeError)
# What JSON has no word for, and nobody would find again as it was written.
UNSENT = frozenset(f"{_TAG}{name}" for name in ("binary", "timestamp", "set", "omap", "pairs"))


def reading(base: Any) -> Any:
    """Return a loader of PyYAML's that reads so; ``base`` is one of its safe ones."""

    class Loader(base):  # type: ignore[misc]
        """Leaves instants as they are written: the API wants them as text."""

        yaml_implicit_resolvers = {
            first: _resolvers(pairs) for first, pairs in base.yaml_implicit_resolvers.items()
        }

    return Loader


def _resolvers(pairs: List[Tuple[str, Any]]) -> List[Tuple[str, Any]]:
    return [(tag, _NUMBERS.get(tag, sort)) for tag, sort in pairs if tag != f"{_TAG}timestamp"]
