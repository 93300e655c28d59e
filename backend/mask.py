"""JSON as services speak it, and what stands in place of its secrets wherever it is shown."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Mapping, Union

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]
Body = Mapping[str, Any]

# What stands in a dialog, a deed and a log where a secret was.
MASK = "********"


def masked(body: Json, secret: FrozenSet[str]) -> Json:
    """Return a body with the values of its secret keys masked."""
    if isinstance(body, dict):
        found = {key: MASK if key in secret else masked(v, secret) for key, v in body.items()}
        # JSON patch: the name of the secret is in the path beside its value.
        if str(body.get("path", "")).lstrip("/") in secret:
            found["value"] = MASK
        return found
    if isinstance(body, list):
        return [masked(item, secret) for item in body]
    return body
