"""What all kinds of Ceph share: how its answers are looked into, whichever release wrote them.

Ceph 14 (StarlingX's own), 16, 18 (Rook's) and 20 write the same things in slightly other places;
what one does not say is None here and "-" on the screen.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from backend.ceph import Answers
from backend.kind import Row
from backend.units import instant_ms

# How often what changes by the second is read, and what rarely does, in seconds. A new map of OSDs
# does not wait for it: whoever asks Ceph's library for us says so within a quarter of a second.
EVERY_S, SLOW_S = 2.0, 5.0


class OfCeph(Row):
    """A row of Ceph's own: none has a uuid, each says its own id."""

    uuid: str = ""


def said(told: Answers, prefix: str) -> Any:
    """Return the JSON that a command answered, None where it is missing."""
    found = told.get(prefix)
    return None if found is None else found.said


def objects(value: Any) -> List[Mapping[str, Any]]:
    """Return the objects of a list that may be missing; raises ``ValueError`` for another shape."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"no list of objects: {str(value)[:60]}")
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object that may be missing; raises ``ValueError`` for another shape."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"no object: {str(value)[:60]}")  # noqa: TRY004 - what parsers raise
    return value


def named(value: Any) -> Dict[str, Mapping[str, Any]]:
    """Return an object of objects by name."""
    return {str(name): mapping(one) for name, one in mapping(value).items()}


def moment(text: Any) -> Optional[int]:
    """Return epoch ms of Ceph's timestamp, None of none: zero is never."""
    return None if str(text).startswith(("0.0", "0000")) else instant_ms(text)


def address(one: Mapping[str, Any]) -> str:
    """Return where a daemon listens: its newest protocol's address, without the nonce."""
    for key in ("public_addrs", "addrs", "active_addrs"):
        vector = objects(mapping(one.get(key)).get("addrvec"))
        if vector:
            return str(vector[0].get("addr") or "")
    plain = one.get("public_addr") or one.get("addr") or one.get("active_addr") or ""
    return str(plain).rpartition("/")[0] or str(plain)
