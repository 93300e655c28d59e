"""One action as it was done: the value that act, the store and the screen share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Mapping, Optional, Tuple

from backend.errors import Rejected, StxError, Unauthorized, Unreachable
from backend.units import mib, stopwatch


class Outcome(Enum):
    """How a deed stands. OPEN was written before anything was sent.

    UNKNOWN: sent, and the line dropped before the answer; it is re-read from the system and never
    sent again. FOLLOWED: the service took it, the end is still awaited.
    """

    OPEN = "open"
    FOLLOWED = "followed"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NEVER_SENT = "never sent"


@dataclass(frozen=True)
class Deed:
    """Who did what to which row, when, why, what was sent, what came of it.

    ``number`` is what people say ("2211-0041": day and month, then a count); instants are epoch ms
    (None: not yet). ``sends`` are the requests and ``commands`` the same as an operator would type,
    both without secrets. ``before`` are the row's fields as they were, ``reached`` the rungs of its
    ladder that were passed, each with the instant at which that was seen.
    """

    number: str
    cloud: str
    kind: str
    action: str
    row_id: str
    label: str
    who: str
    terminal: str
    began_ms: int
    why: str = ""
    form: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    sends: Tuple[str, ...] = ()
    commands: Tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    outcome: Outcome = Outcome.OPEN
    # Instants: when it was handed to the wire, when the service answered, when it really ended.
    sent_ms: Optional[int] = None
    answered_ms: Optional[int] = None
    ended_ms: Optional[int] = None
    answer: str = ""
    reached: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    # Rungs of the ladder that were true before it was sent: they say nothing of it by themselves.
    held: Tuple[str, ...] = ()
    # "machine/boot/pid/start" of the console that sends: others on the same record leave it alone.
    process: str = ""
    # While it carries a file: bytes on their way, how many there are, and when; never recorded.
    carried: Tuple[int, int, int] = (0, 0, 0)

    @property
    def is_open(self) -> bool:
        """Whether its end is still awaited."""
        return self.ended_ms is None

    @property
    def seen_ms(self) -> int:
        """When something of it was seen last: a rung, else its sending, else its beginning."""
        return max((*self.reached.values(), self.sent_ms or self.began_ms))

    @property
    def took_ms(self) -> Optional[int]:
        """From the sending to the real end."""
        if self.ended_ms is None or self.sent_ms is None:
            return None
        return self.ended_ms - self.sent_ms


def carrying(deed: Deed) -> str:
    """Return how much of its file is on its way: ``12M of 240M, 5 %, 0:14 gone, about 4:26 to go``.

    "" where it carries none, or all of it arrived and was answered.
    """
    gone, of, at_ms = deed.carried
    if not of or deed.answered_ms is not None or not deed.is_open:
        return ""
    share, took_ms = gone / of, at_ms - (deed.sent_ms or deed.began_ms)
    said = f"{_size(gone)} of {_size(of)}, {int(share * 100)} %, {stopwatch(took_ms)} gone"
    if gone >= of:
        return f"{said}; all of it is there, the service is looking at it"
    return f"{said}, about {stopwatch(round(took_ms / share - took_ms))} to go" if share else said


def _size(number: int) -> str:
    return mib(number >> 20) if number >= 1 << 20 else f"{number >> 10}K"


def outcome_of(error: StxError) -> Tuple[Outcome, str]:
    """Return how a deed stands after that error, and in whose words."""
    if isinstance(error, Unreachable):
        return (Outcome.UNKNOWN if error.sent else Outcome.NEVER_SENT), str(error)
    if isinstance(error, Rejected):
        return Outcome.REFUSED, error.reason
    if isinstance(error, Unauthorized):
        return Outcome.REFUSED, str(error)
    return Outcome.FAILED, str(error)
