"""What is done with one pod beside its log and a shell: attached to, forwarded, copied to and from.

Values that say themselves, as every read, write and session does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple, Union

from backend.kube import Kube

_PODS = Kube(plural="pods")


@dataclass(frozen=True)
class PodAttach:
    """The program that a container runs: what it writes, and where it reads, what is typed.

    ``terminal`` and ``listens`` are what the container was made with.
    """

    namespace: str
    pod: str
    container: str
    terminal: bool = False
    listens: bool = False

    @property
    def source(self) -> str:
        """Who opens it."""
        return "kubernetes"

    @property
    def path(self) -> str:
        """Where it is asked for."""
        return _PODS.path(self.namespace, self.pod, "attach")

    @property
    def size(self) -> Optional[Tuple[int, int]]:
        """The far end is told how large our screen is."""
        return None

    @property
    def request(self) -> str:
        """What is opened, as one line."""
        return f"ATTACH {self.path} to {self.container}"

    @property
    def command(self) -> Tuple[str, ...]:
        """The same as an operator would type it."""
        how = "".join(("i" if self.listens else "", "t" if self.terminal else ""))
        flags = (f"-{how}",) if how else ()
        at = ("kubectl", "-n", self.namespace, "attach", *flags, self.pod)
        return (*at, "-c", self.container)

    @property
    def sentence(self) -> str:
        """What is opened, in plain words."""
        return f"attach to {self.container} of {self.namespace}/{self.pod}"


@dataclass(frozen=True)
class PodForward:
    """A port of this machine that leads to one of a pod, for as long as this console runs.

    It listens on loopback alone. ``local`` 0: a free one below 32768. ``of`` is what the pod was
    picked from (``service/web``) and ``called`` how the port is called there; without a pod there
    is none to pick, and it cannot be sent.
    """

    namespace: str
    pod: str
    port: int
    local: int = 0
    of: str = ""
    called: str = ""

    @property
    def source(self) -> str:
        """Who is to do it."""
        return "kubernetes"

    @property
    def path(self) -> str:
        """Where each connection is asked for."""
        return _PODS.path(self.namespace, self.pod, "portforward")

    @property
    def request(self) -> str:
        """What listens, and where that leads, as one line."""
        here = self.local or "a free port"
        return f"LISTEN on 127.0.0.1:{here}, each connection by {self.path} to {self.port}"

    @property
    def command(self) -> Tuple[str, ...]:
        """The same as an operator would type it."""
        ports = f"{self.local or ''}:{self.called or self.port}"
        what = self.of or f"pod/{self.pod}"
        return ("kubectl", "-n", self.namespace, "port-forward", what, ports)

    @property
    def sentence(self) -> str:
        """What is done, in plain words."""
        return f"a port of this machine leads to {self.port} of {self.namespace}/{self.pod}"


@dataclass(frozen=True)
class ForwardEnd:
    """End a port that leads to a pod, and the connections over it; ``id`` is its own."""

    id: str
    called: str = ""

    @property
    def source(self) -> str:
        """Who is to do it."""
        return "kubernetes"

    @property
    def request(self) -> str:
        """What ends, as one line."""
        return f"CLOSE {self.called}"

    @property
    def command(self) -> Tuple[str, ...]:
        """Nothing that an operator would type: it is Ctrl-C there."""
        return ()

    @property
    def sentence(self) -> str:
        """What ends, in plain words."""
        return f"{self.called} ends"


@dataclass(frozen=True)
class Forwards:
    """Ask which ports of this console lead to pods."""

    @property
    def source(self) -> str:
        """Whose they are, where a cloud has it configured; nobody is asked but ourselves."""
        return "kubernetes"


@dataclass(frozen=True)
class PodCopy:
    """A file copied ``into`` a container, or out of it; compared with what was sent after.

    ``here`` is a path of this machine, ``there`` an absolute one of the container: of a file.
    """

    namespace: str
    pod: str
    container: str
    here: str
    there: str
    into: bool

    @property
    def source(self) -> str:
        """Who is to do it."""
        return "kubernetes"

    @property
    def path(self) -> str:
        """Where its tar is asked for."""
        return _PODS.path(self.namespace, self.pod, "exec")

    @property
    def _there(self) -> str:
        return f"{self.namespace}/{self.pod}:{self.there}"

    @property
    def request(self) -> str:
        """What is copied where, as one line."""
        ways = (self.here, self._there) if self.into else (self._there, self.here)
        return f"COPY {ways[0]} to {ways[1]} (as tar through {self.container}, then compared)"

    @property
    def command(self) -> Tuple[str, ...]:
        """The same as an operator would type it, without the comparison."""
        ways = (self.here, self._there) if self.into else (self._there, self.here)
        return ("kubectl", "cp", "-c", self.container, *ways)

    @property
    def sentence(self) -> str:
        """What is copied, in plain words."""
        if self.into:
            return f"{self.here} is copied into {self._there}"
        return f"{self._there} is copied to {self.here}"


# What is sent for a pod by other ways than a request.
PodWrite = Union[PodForward, ForwardEnd, PodCopy]
