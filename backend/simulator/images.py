"""The registry of the pretend cloud: Docker's v2 API over images that are only described.

Repositories, tags and manifests can be listed and manifests deleted, after a token was fetched with
the name and password of a user, as at StarlingX's. There are no layers: nothing can be pulled.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Callable, Dict, Optional, Tuple

from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json

# Image → its tags; the same that sysinv lists.
IMAGES = {
    "docker.io/fluxcd/helm-controller": ("v1.0.1",),
    "docker.io/fluxcd/source-controller": ("v1.3.0",),
    "docker.io/starlingx/n3000-opae": ("v1.13.3",),
    "ghcr.io/fluxcd/helm-controller": ("v1.0.1",),
    "lab/gnss-probe": ("0.2", "0.3"),
    "oran/du": ("5.0", "5.1"),
    "portal/web": ("2.3.0", "2.4.0", "2.4.1", "stable"),
    "quay.io/calico/node": ("v3.27.3", "v3.28.0"),
    "quay.io/jetstack/cert-manager-controller": ("v1.13.3", "v1.15.3"),
    "registry.k8s.io/coredns/coredns": ("v1.11.1",),
}
# Tags of one and the same manifest.
_SAME = {"portal/web:stable": "portal/web:2.4.1"}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LIFE_S = 300
TOKEN_PATH, SERVICE = "registry-token", "registry.local:9001"


def _parts(repository: str, tag: str) -> list[Json]:
    """Layers of a size that its name decides; the lowest is shared by all tags of a repository."""
    names = [repository, f"{repository}:{tag}"]
    digests = [hashlib.sha256(f"pretend {name}".encode()).hexdigest() for name in names]
    return [
        {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": 1_000_000 + int(digest[:6], 16) * 5,
            "digest": f"sha256:{digest}",
        }
        for digest in digests
    ]


def _manifest(repository: str, tag: str) -> bytes:
    config = hashlib.sha256(f"pretend config {repository}:{tag}".encode()).hexdigest()
    said = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"size": 1469, "digest": f"sha256:{config}"},
        "layers": _parts(repository, tag),
    }
    return json.dumps(said, indent=3).encode()


class Images:
    """What the registry keeps now."""

    def __init__(self) -> None:
        self.tags: Dict[str, Dict[str, bytes]] = {
            name: {tag: _manifest(*_origin(name, tag)) for tag in tags}
            for name, tags in IMAGES.items()
        }

    def reply(self, request: Request, path: list[str]) -> Answer:
        """Answer what stands under ``/v2``, to whom has a token."""
        if not request.headers.get("authorization", "").startswith("Bearer pretend-"):
            return self._challenge(request, path)
        if path == ["_catalog"]:
            return answer({"repositories": sorted(self.tags)})
        name, what, last = _cut(path)
        tags = self.tags.get(name)
        if tags is None:
            return _error(404, "NAME_UNKNOWN", "repository name not known to registry")
        if (what, last) == ("tags", "list"):
            return answer({"name": name, "tags": sorted(tags) or None})
        if what == "manifests":
            return self._at_manifest(request, tags, last)
        return answer({})

    def token(self, request: Request, knows: Callable[[str, str], bool]) -> Answer:
        """Give a token to whom the cloud knows by name and password."""
        sort, _, pair = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(pair).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        if sort != "Basic" or not knows(user, password):
            return _error(401, "UNAUTHORIZED", "authentication required")
        scope = request.arg("scope") or ""
        token = hashlib.sha256(f"{user} {scope}".encode()).hexdigest()
        return answer({"access_token": f"pretend-{token}", "expires_in": _LIFE_S})

    def _at_manifest(self, request: Request, tags: Dict[str, bytes], last: str) -> Answer:
        digests = {tag: _digest(raw) for tag, raw in tags.items()}
        found = next((tag for tag in tags if last in (tag, digests[tag])), None)
        if found is None:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if request.method == "DELETE":
            for tag, digest in digests.items():
                if digest == last:
                    del tags[tag]
            return Answer(status=202)
        headers = (("Content-Type", MANIFEST), ("Docker-Content-Digest", digests[found]))
        return Answer(status=200, body=tags[found], headers=headers)

    def _challenge(self, request: Request, path: list[str]) -> Answer:
        scope = "registry:catalog:*"
        if path != ["_catalog"]:
            verb = "delete" if request.method == "DELETE" else "pull"
            scope = f"repository:{_cut(path)[0]}:{verb}"
        realm = f"{request.base}/{TOKEN_PATH}"
        said = f'Bearer realm="{realm}",service="{SERVICE}",scope="{scope}"'
        refused = _error(401, "UNAUTHORIZED", "authentication required")
        return Answer(
            status=401, body=refused.body, headers=(*refused.headers, ("Www-Authenticate", said))
        )


def named(images: Images, name: Optional[str]) -> Optional[list[Json]]:
    """The rows that sysinv makes of it: all images, or the tags of one; None: it has none such."""
    if name is None:
        return [{"name": image, "tag": None} for image in images.tags]
    tags = images.tags.get(name)
    return None if tags is None else [{"name": name, "tag": tag} for tag in tags]


def _origin(name: str, tag: str) -> Tuple[str, str]:
    repository, _, same = _SAME.get(f"{name}:{tag}", f"{name}:{tag}").rpartition(":")
    return repository, same


def _cut(path: list[str]) -> Tuple[str, str, str]:
    """Return a repository's name, which has slashes, and the two parts of the path after it."""
    if len(path) < 3:
        return "", "", ""
    return "/".join(path[:-2]), path[-2], path[-1]


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _error(status: int, code: str, words: str) -> Answer:
    return answer({"errors": [{"code": code, "message": words, "detail": None}]}, status)
