"""A registry's images beside the recorded cluster: one its pods use, and two that none does."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

from backend.kinds.registry import IMAGE_TAGS
from backend.known import Reading
from backend.registry import REPOSITORIES
from tests.backend.kinds.site import reading

HOST = "registry.local:9001"
BASE = {"sha256:base": 50 * 1024**2}


def tag(repository: str, name: str, digest: str, own: int, **more: Any) -> Mapping[str, Any]:
    """Return a tag that shares its lowest layer with all others."""
    layers = {**BASE, f"sha256:{digest}": own}
    return {
        "repository": repository,
        "tag": name,
        "registry": HOST,
        "digest": f"sha256:{digest * 16}",
        "layers": layers,
        **more,
    }


TAGS: List[Mapping[str, Any]] = [
    tag("lab/web", "8", "aaaa", 1024**2),
    tag("lab/web", "7", "bbbb", 2 * 1024**2, platforms=["linux/amd64"]),
    tag("lab/web", "old", "bbbb", 2 * 1024**2),
    {"repository": "lab/odd", "tag": "1", "registry": HOST, "trouble": "registry 404: unknown"},
]

INSIDE: List[Mapping[str, Any]] = [
    {"image": "lab/web:7", "name": "libcurl4", "version": "7.74.0-1.3+deb11u9", "source": "curl"}
]


def readings() -> Mapping[Tuple[str, str], Reading[Any]]:
    """Return what a registry says."""
    names = ("lab/gone", "lab/odd", "lab/web")
    bodies = [{"name": name, "registry": HOST} for name in names]
    return {
        (REPOSITORIES, ""): reading(REPOSITORIES, bodies),
        (IMAGE_TAGS, ""): reading(IMAGE_TAGS, TAGS),
        ("image-packages", ""): reading("image-packages", INSIDE),
    }
