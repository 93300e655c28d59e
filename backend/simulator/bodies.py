"""Reading what a client sent: a JSON object or a JSON patch, refused in the services' words."""

from __future__ import annotations

import json
from typing import Any

from backend.simulator.exchange import Request
from backend.simulator.model import Json
from backend.simulator.refuse import client

OPERATIONS = {"add", "replace", "remove"}


def json_of(request: Request) -> Any:
    """The body as JSON."""
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise client(f"Request is not in valid JSON format, malformed body: {error}") from None


def object_of(request: Request) -> Json:
    """The body as a JSON object."""
    body = json_of(request)
    if not isinstance(body, dict):
        raise client(f"Invalid input. Value: '{body}'. Value not a valid object: {body}")
    return body


def patch_of(request: Request) -> Json:
    """A JSON patch as field → new value."""
    patch = json_of(request)
    if not isinstance(patch, list):
        raise client(
            f"Invalid input for field/attribute patch. Value: '{patch}'. "
            f"Value not a valid list: {patch}"
        )
    changes: Json = {}
    for one in patch:
        if not isinstance(one, dict) or not str(one.get("path", "")).startswith("/"):
            raise client(f"Invalid patch format: {one} has no path")
        if one.get("op") not in OPERATIONS:
            raise client(f"Operation not supported: {one.get('op')}")
        name = str(one["path"])[1:]
        if name.endswith("/-"):
            # What is put into a list, or taken out of it: each with how.
            changes.setdefault(name, []).append((one["op"], one.get("value")))
        else:
            changes[name] = one.get("value")
    return changes
