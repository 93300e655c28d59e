"""Docker's own API, as values: what to ask the daemon of a machine, and what a container wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Iterable, Mapping, Tuple
from urllib.parse import urlencode

from backend.mask import Body

# Where the daemon listens, unless DOCKER_HOST names another socket of this machine.
SOCKET = "/var/run/docker.sock"
# Whom a request over the socket is addressed to: HTTP wants a name, the daemon does not look.
URL = "http://docker"


@dataclass(frozen=True)
class Docker:
    """Ask Docker's daemon on its socket; no program of Docker's is needed for it.

    On a machine behind SSH it is ``curl`` that speaks to the socket. ``parse`` is pure, and raises
    ``ValueError`` where the shape is none it knows.
    """

    path: str
    parse: Callable[[str], Iterable[Body]]
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Who is asked."""
        return "docker"

    @property
    def asked(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def argv(self) -> Tuple[str, ...]:
        """What asks the same where only programs reach."""
        return ("curl", "-sS", "--unix-socket", SOCKET, f"{URL}{self.asked}")


@dataclass(frozen=True)
class DockerLog:
    """What a container of Docker's wrote: its last ``tail`` lines, and what comes from then on."""

    container: str
    name: str
    machine: str = ""
    tail: int = 100_000

    @property
    def called(self) -> str:
        """What people call it."""
        return self.name

    @property
    def path(self) -> str:
        """The path of its container."""
        return f"/containers/{self.container}"
