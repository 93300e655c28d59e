"""What to ask and what to send, as values that say themselves: Reads, Writes, Steps and Plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    FrozenSet,
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


@dataclass(frozen=True)
class LocalRead:
    """Rows that come from our own record, not from the cloud: ``changes``."""

    table: str


Read = Union[Rest, LocalRead]


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


Write = Union[RestWrite, LocalWrite]


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
