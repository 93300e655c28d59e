"""What to ask and what to send, as values that say themselves: Reads, Writes, Steps and Plans."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    Optional,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from backend.known import Known

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]
Body = Mapping[str, Any]

# What stands in a dialog, a deed and a log where a secret was.
MASK = "********"


# --- what to ask -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rest:
    """Ask a REST service of the catalogue: ``{parent}`` in the path is the parent row's id.

    ``items`` is the key around the list ("" where the body is the list or the one object itself);
    ``under`` is the path for the rows of one parent alone, where ``path`` answers for all of them.
    """

    service: str
    path: str
    items: str = ""
    under: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return self.service


@dataclass(frozen=True)
class LocalRead:
    """Rows that come from our own record, not from the cloud: ``changes``."""

    table: str

    @property
    def source(self) -> str:
        """Who is asked: our own record."""
        return "record"


@dataclass(frozen=True)
class Derived:
    """Rows worked out of what is known of other kinds: nothing is asked of anybody.

    ``rows(known)`` is pure and returns bodies, as a service would. What it looks at are the needs
    of its kind: they are read first, and it is worked out anew whenever one of them says something
    new. Where some of them cannot be read it says so in its rows; where none can, it fails with
    the first.
    """

    rows: Callable[[Known], Iterable[Body]]

    @property
    def source(self) -> str:
        """Who is asked: nobody."""
        return ""


Read = Union[Rest, LocalRead, Derived]


# --- what to send ------------------------------------------------------------------------------


@dataclass(frozen=True)
class RestWrite:
    """One request to a REST service; says itself as request, command and sentence."""

    service: str
    method: str
    path: str
    body: Json = None
    command: Tuple[str, ...] = ()
    sentence: str = ""
    # Keys of the body that are never shown or recorded.
    secret: FrozenSet[str] = frozenset()

    @property
    def source(self) -> str:
        """Who is to do it, and says whether it did."""
        return self.service

    @property
    def request(self) -> str:
        """The request as one line, secrets masked."""
        body = "" if self.body is None else " " + json.dumps(_masked(self.body, self.secret))
        return f"{self.method} {self.service}{self.path}{body}"


@dataclass(frozen=True)
class LocalWrite:
    """A change of our own store: what no service of the cloud remembers (seen, assigned, noted).

    ``kind`` and ``id`` say of which row, ``values`` which fields; None takes a field away.
    """

    kind: str
    id: str
    values: Mapping[str, Optional[str]]
    command: Tuple[str, ...] = ()
    sentence: str = ""

    @property
    def source(self) -> str:
        """Who is to do it: our own record."""
        return "record"

    @property
    def request(self) -> str:
        """What is written, as one line."""
        values = " ".join(f"{key}={value or '-'}" for key, value in self.values.items())
        return f"RECORD {self.kind} {values} (here only: the service has no such field)"


# Each says itself: ``source`` (who does it), ``request`` (one line, no secrets), ``command`` (argv
# of what an operator would type, empty where there is none) and ``sentence`` (plain words).
Write = Union[RestWrite, LocalWrite]


def _masked(body: Json, secret: FrozenSet[str]) -> Json:
    if isinstance(body, dict):
        masked = {key: MASK if key in secret else _masked(v, secret) for key, v in body.items()}
        # JSON patch: the name of the secret is in the path beside its value.
        if str(body.get("path", "")).lstrip("/") in secret:
            masked["value"] = MASK
        return masked
    if isinstance(body, list):
        return [_masked(item, secret) for item in body]
    return body


@dataclass(frozen=True)
class Step:
    """One Write of a plan, and how to tell from what is known that it took.

    ``took`` is asked after each reading until true; None: the service's answer is proof enough.
    ``wait_s`` is how long that may last before the plan stops as failed.
    """

    write: Write
    took: Optional[Callable[[Known], bool]] = None
    wait_s: float = 60.0


@dataclass(frozen=True)
class Plan:
    """What an action sends: one or more steps, in order; the first that fails stops it."""

    steps: Tuple[Step, ...]

    @classmethod
    def of(cls, write: Write) -> Plan:
        """Return the plan of one write."""
        return cls(steps=(Step(write=write),))
