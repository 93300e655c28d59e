"""What a registry says: challenges, JSON objects, manifests and their layers; pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Mapping, Tuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from backend.errors import Malformed
from backend.registry import SOURCE


def challenge_of(said: str) -> Dict[str, str]:
    """Return what a challenge names: ``realm="...",service="..."``; raises ``Malformed``."""
    try:
        return parse_keqv_list(parse_http_list(said))
    except (ValueError, IndexError) as error:
        raise Malformed(SOURCE, "WWW-Authenticate", f"{said[:80]!r} is no challenge") from error


def split_of(url: str) -> SplitResult:
    """Return the parts of a URL; raises ``Malformed``."""
    try:
        return urlsplit(url)
    except ValueError as error:
        raise Malformed(SOURCE, "URL", f"{url[:80]!r} is none") from error


def digest_of(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def object_of(raw: bytes) -> Dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed(SOURCE, "$", f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Malformed(SOURCE, "$", "no JSON object")
    return found


def listed_of(said: Mapping[str, Any], key: str) -> List[Mapping[str, Any]]:
    found = said.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def layers_of(said: Mapping[str, Any]) -> Dict[str, int]:
    """Return the layers of an image and its configuration, digest to bytes."""
    parts = listed_of(said, "layers")
    config = said.get("config")
    if not parts and not isinstance(config, dict):
        raise Malformed(SOURCE, "layers", "a manifest of a sort not known here")
    parts = [*parts, *([config] if isinstance(config, dict) else [])]
    return {str(one.get("digest")): _size(one.get("size")) for one in parts}


def _size(said: Any) -> int:
    if said is None or isinstance(said, int):
        return said or 0
    raise Malformed(SOURCE, "layers.size", f"{str(said)[:40]!r} is no size")


def stack_of(said: Mapping[str, Any]) -> List[str]:
    """Return the digests of an image's layers, the lowest first, without its configuration."""
    return [str(one.get("digest")) for one in listed_of(said, "layers")]


def blobs_of(manifest: Mapping[str, Any]) -> List[Tuple[str, int]]:
    sizes = manifest["layers"]
    return [(digest, sizes.get(digest, 0)) for digest in manifest.get("blobs") or ()]
