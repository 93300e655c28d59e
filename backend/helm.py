"""A Helm release as Helm keeps it in a secret: base64 of gzip of JSON, once more in base64."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any, Dict

from backend.errors import Malformed
from backend.mask import Body

# Of one release, unpacked: a secret holds a megabyte, and gzip makes a thousandth of zeros.
MOST_BYTES = 64 * 1024 * 1024


def release_of(secret: Body) -> Body:
    """Return what a secret of type ``helm.sh/release.v1`` says, to be read.

    Raises ``Malformed`` where it is none.
    """
    try:
        packed = base64.b64decode(base64.b64decode(str((secret.get("data") or {})["release"])))
        # Windowed for gzip, as Helm writes it; what is no gzip is JSON as it stands.
        is_gzip = packed[:2] == b"\x1f\x8b"
        raw = _unpacked(packed) if is_gzip else packed
        said = json.loads(raw)
    except (KeyError, ValueError, binascii.Error, zlib.error, RecursionError) as error:
        raise Malformed("helm", "data.release", f"no release of Helm: {error}") from error
    if not isinstance(said, dict):
        raise Malformed("helm", "data.release", "no release of Helm")
    return _readable(said)


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    raw = unpacker.decompress(packed, MOST_BYTES)
    if unpacker.unconsumed_tail:
        raise ValueError(f"more than {MOST_BYTES >> 20} MB")
    return raw


def _readable(said: Dict[str, Any]) -> Body:
    info, chart = said.get("info") or {}, said.get("chart") or {}
    metadata = chart.get("metadata") or {}
    return {
        "name": said.get("name"),
        "namespace": said.get("namespace"),
        "revision": said.get("version"),
        "status": info.get("status"),
        "description": info.get("description"),
        "deployed": info.get("last_deployed"),
        "chart": f"{metadata.get('name')} {metadata.get('version')}",
        "app_version": metadata.get("appVersion"),
        "values": said.get("config") or {},
        "defaults": chart.get("values") or {},
        "notes": info.get("notes") or "",
        "manifest": said.get("manifest") or "",
    }
