"""One resource of Redfish: what stands in it, and where its links lead."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping

from backend.errors import StxError

Resource = Mapping[str, Any]


def linked(value: Any, *names: str) -> str:
    """Return the path that ``value``, or what stands in it under ``names``, leads to; "": none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, list) and value:
        value = value[0]
    path = value.get("@odata.id") if isinstance(value, dict) else None
    return path.partition("#")[0] if isinstance(path, str) else ""


def listed(value: Any, *names: str) -> List[Dict[str, Any]]:
    """Return the objects of the list under ``names``; what is none is left out."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def inside(value: Any, *names: str) -> Any:
    """Return what stands under ``names``, None where there is no such thing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def links(value: Any, *names: str) -> Iterator[str]:
    """Yield the paths of a list of links."""
    for one in listed(value, *names):
        path = linked(one)
        if path:
            yield path


def troubled(path: str, error: StxError) -> Resource:
    """Return what stands for a resource that could not be read: its id, and why not."""
    return {"Id": path.rstrip("/").rpartition("/")[2], "trouble": str(error), "error": error}
