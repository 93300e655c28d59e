"""What to listen to, as values that say themselves: logs in files, journals, what others tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple, Union

from backend.baseboard import SelLog
from backend.docker import DockerLog
from backend.kube import PodLog
from backend.plan import HERE


@dataclass(frozen=True)
class LogFile:
    """A log in files, its rotated parts with it: the path of the one that is written to.

    ``machine`` is the host it lies on, by its name; "" or HERE is the one we run on.
    """

    path: str
    name: str = ""
    machine: str = ""

    @property
    def called(self) -> str:
        """What people call it, with its machine where that is another."""
        stem = self.name or self.path.rpartition("/")[2].replace(".log", "")
        return f"{self.machine}:{stem}" if self.machine not in ("", HERE) else stem


@dataclass(frozen=True)
class Journal:
    """What systemd's journal has, of some units or all; ``folder`` is where its files are."""

    units: Tuple[str, ...] = ()
    machine: str = ""
    folder: str = ""

    @property
    def called(self) -> str:
        """What people call it, with its machine where that is another."""
        stem = self.units[0].replace(".service", "") if len(self.units) == 1 else "journal"
        return f"{self.machine}:{stem}" if self.machine not in ("", HERE) else stem


# Text that arrives. To add one: its value here, what opens it as a ``logs.line.Log`` in
# ``logs.opening`` or ``cloud.open``; text that can only be listened to becomes one as
# ``logs.gathered.Gathered``.
Stream = Union[LogFile, Journal, PodLog, SelLog, DockerLog]


@dataclass(frozen=True)
class Logs:
    """Which streams tell of a thing, and of which moment (epoch ms, None: now); ``of`` names it.

    ``before`` are those of its run before this one; ``command`` is what shows them elsewhere.
    """

    streams: Tuple[Stream, ...]
    at_ms: Optional[int] = None
    of: str = ""
    before: Tuple[Stream, ...] = ()
    command: Tuple[str, ...] = ()

    @property
    def names(self) -> Tuple[str, ...]:
        """What the streams are called."""
        return tuple(stream.called for stream in self.streams)
