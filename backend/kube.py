"""What is asked of Kubernetes, and what is sent to it, as values that say themselves."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Callable, FrozenSet, Iterable, Mapping, Optional, Tuple
from urllib.parse import quote

from backend.mask import Json, masked

if TYPE_CHECKING:
    from backend.known import Known


@dataclass(frozen=True)
class Kube:
    """Ask Kubernetes for all objects of one resource; it goes on to tell how they change.

    ``keep`` maps fields of a row to where they stand in the object, ``spec.nodeName``; of the
    items of a list ``status.conditions[type,status]`` keeps what is named. What every object has
    is kept always: uid, namespace, name, created, deleting, labels and owners. With ``table`` the
    server's own columns are asked for instead, each a field by its heading.
    """

    plural: str
    group: str = ""
    version: str = "v1"
    keep: Mapping[str, str] = field(default_factory=dict)
    table: bool = False

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return "kubernetes"

    @property
    def root(self) -> str:
        """The path of its group and version: ``/api/v1``, ``/apis/apps/v1``."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        """Return the path of all objects, of those of a namespace, or of one (a part of it)."""
        parts = [self.root]
        parts += ["namespaces", quote(namespace, safe="")] if namespace else []
        parts += [self.plural, *(quote(part, safe="") for part in (name, sub) if part)]
        return "/".join(parts)


# Columns of a table that say what every object is kept by, and so are not kept as cells; and the
# other fields of that sort, which no cell takes the place of.
OWN = frozenset({"name", "namespace", "age"})
_KEPT = frozenset({"uid", "created", "deleting", "labels", "owners"})


def field_of(heading: str) -> str:
    """Return the field of a row under which a table's cell is kept, "" where it is not."""
    name = heading.casefold()
    if name in OWN:
        return ""
    return f"{name} (printed)" if name in _KEPT else name


@dataclass(frozen=True)
class KubeHealth:
    """Ask the API server whether it is ready: one row, with the checks of its own that failed."""

    path: str = "/readyz?verbose"

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return "kubernetes"


@dataclass(frozen=True)
class KubeResources:
    """Ask the API server which resources it knows."""

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return "kubernetes"


@dataclass(frozen=True)
class Ended:
    """A container that ended and waits for its next start: its pod's uid, and which run it was."""

    log: PodLog
    pod: str
    run: int

    @property
    def key(self) -> Tuple[str, str, int]:
        """What was written in one run never changes."""
        return self.pod, self.log.container, self.run


@dataclass(frozen=True)
class LastWords:
    """Ask what containers that end again and again wrote last; ``of`` names them of what is known.

    Each is asked once a run; where none ends nobody is asked.
    """

    of: Callable[[Known], Iterable[Ended]]

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return "kubernetes"


@dataclass(frozen=True)
class KubeWhole:
    """One object, whole; ``secret`` are its fields whose values are shown only when asked for.

    With ``is_helm`` it is a secret in which Helm keeps a release: that is unpacked.
    """

    path: str
    secret: FrozenSet[str] = frozenset()
    is_helm: bool = False


MERGE = "application/merge-patch+json"
# Server-side apply: it makes what is not there, and changes what is.
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class KubeWrite:
    """One request to the API server that changes something.

    ``path`` may have a query; ``content`` is the media type of the body, for a patch.
    """

    method: str
    path: str
    body: Json = None
    content: str = "application/json"
    command: Tuple[str, ...] = ()
    sentence: str = ""
    secret: FrozenSet[str] = frozenset()

    @property
    def source(self) -> str:
        """Who is to do it, and says whether it did."""
        return "kubernetes"

    @property
    def request(self) -> str:
        """The request as one line, secrets masked."""
        body = "" if self.body is None else " " + json.dumps(masked(self.body, self.secret))
        return f"{self.method} {self.path}{body}"

    @property
    def rehearsal(self) -> KubeWrite:
        """The same as a dry run: the server says what would come of it, and does nothing."""
        sign = "&" if "?" in self.path else "?"
        return replace(self, path=f"{self.path}{sign}dryRun=All")


@dataclass(frozen=True)
class PodLog:
    """What a container wrote: its last ``tail`` lines, and what comes from then on.

    ``previous`` is its run before the last restart, which is over. ``name`` is what it is called
    among others.
    """

    namespace: str
    pod: str
    container: str
    name: str = ""
    tail: int = 100_000
    previous: bool = False

    @property
    def called(self) -> str:
        """What people call it."""
        name = self.name or f"{self.pod}/{self.container}"
        return f"{name} (before)" if self.previous else name

    @property
    def path(self) -> str:
        """The path of its log."""
        return Kube(plural="pods").path(self.namespace, self.pod, "log")


@dataclass(frozen=True)
class PodExec:
    """A program that is run in a container, with a terminal. No guard sees what is typed."""

    namespace: str
    pod: str
    container: str
    argv: Tuple[str, ...] = ("sh",)

    @property
    def source(self) -> str:
        """Who opens it."""
        return "kubernetes"

    @property
    def path(self) -> str:
        """Where it is asked for."""
        return Kube(plural="pods").path(self.namespace, self.pod, "exec")

    @property
    def size(self) -> Optional[Tuple[int, int]]:
        """The far end is told how large our screen is."""
        return None

    @property
    def request(self) -> str:
        """What is opened, as one line."""
        return f"EXEC {self.path} in {self.container}: {shlex.join(self.argv)}"

    @property
    def command(self) -> Tuple[str, ...]:
        """The same as an operator would type it."""
        at = ("kubectl", "-n", self.namespace, "exec", "-it", self.pod, "-c", self.container)
        return (*at, "--", *self.argv)

    @property
    def sentence(self) -> str:
        """What is opened, in plain words."""
        return f"open {self.argv[0]} in {self.container} of {self.namespace}/{self.pod}"
