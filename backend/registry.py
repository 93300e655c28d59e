"""What is asked of an image registry, and what is sent to it, as values that say themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

SOURCE = "registry"
REPOSITORIES, TAGS, PACKAGES = "repositories", "tags", "packages"


@dataclass(frozen=True)
class Registry:
    """Ask a registry by its v2 API for its repositories, or for the tags of one, its parent.

    A tag's row has the digest of its manifest, and the size of each of its layers. The packages of
    an image are asked for under its full name (``lab/web:7``) alone: its layers come over for it.
    """

    what: str = REPOSITORIES

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return SOURCE


@dataclass(frozen=True)
class RegistryDelete:
    """Take a manifest out of a repository, and with it every tag that names it."""

    repository: str
    digest: str
    command: Tuple[str, ...] = ()
    sentence: str = ""

    @property
    def source(self) -> str:
        """Who is to do it, and says whether it did."""
        return SOURCE

    @property
    def path(self) -> str:
        """Where it stands in the registry."""
        return f"/v2/{self.repository}/manifests/{self.digest}"

    @property
    def request(self) -> str:
        """The request as one line."""
        return f"DELETE {SOURCE}{self.path}"
