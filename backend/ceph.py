"""What is asked of Ceph, and what is sent to it, as values that say themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, Mapping, Tuple

from backend.mask import Body, Json

# What stands in an argument for the id of the row that is asked about.
PARENT = "{parent}"


@dataclass(frozen=True)
class Told:
    """What one command answered: its errno (0: well), its words, and its JSON (None: none)."""

    said: Any
    code: int = 0
    words: str = ""


# What the commands of one read answered, by their prefixes; what may be missing is not in it.
Answers = Mapping[str, Told]


@dataclass(frozen=True)
class CephCommand:
    """One command of Ceph: its ``prefix`` and named arguments, as its monitors take them.

    The same in words is what an operator types after ``ceph``: arguments stand in their order; one
    that is True is an option, a list is its words.
    """

    prefix: str
    args: Tuple[Tuple[str, Json], ...] = ()

    @classmethod
    def of(cls, prefix: str, **args: Json) -> CephCommand:
        """Return a command with these arguments."""
        return cls(prefix=prefix, args=tuple(args.items()))

    def under(self, parent: str) -> CephCommand:
        """Return it with the id of a row where ``{parent}`` stands."""
        return CephCommand(
            prefix=self.prefix, args=tuple((name, _filled(one, parent)) for name, one in self.args)
        )

    @property
    def body(self) -> Dict[str, Json]:
        """What is sent to a monitor."""
        return {"prefix": self.prefix, **dict(self.args)}

    @property
    def words(self) -> Tuple[str, ...]:
        """What stands after ``ceph`` on a command line."""
        found = self.prefix.split()
        for name, value in self.args:
            if value is True:
                found.append(f"--{name.replace('_', '-')}")
            elif isinstance(value, list):
                found += map(str, value)
            else:
                found.append(str(value))
        return tuple(found)


def _filled(value: Json, parent: str) -> Json:
    if isinstance(value, list):
        return [_filled(one, parent) for one in value]
    return value.replace(PARENT, parent) if isinstance(value, str) else value


@dataclass(frozen=True)
class Ceph:
    """Ask Ceph some commands and make rows of what they answer; ``rows`` is pure.

    ``extras`` may be refused or unknown to this Ceph: they are missing among the answers then.
    ``codes`` are what a command may end with and still have answered (errno, positive).
    """

    commands: Tuple[CephCommand, ...]
    rows: Callable[[Answers], Iterable[Body]]
    extras: Tuple[CephCommand, ...] = ()
    codes: Tuple[int, ...] = ()

    @property
    def source(self) -> str:
        """Who is asked, as row 1 names it when the answer is late."""
        return "ceph"


@dataclass(frozen=True)
class CephWrite:
    """One command of Ceph that changes something."""

    ask: CephCommand
    sentence: str = ""

    @property
    def source(self) -> str:
        """Who is to do it, and says whether it did."""
        return "ceph"

    @property
    def command(self) -> Tuple[str, ...]:
        """What an operator would type for it."""
        return ("ceph", *self.ask.words)

    @property
    def request(self) -> str:
        """What a monitor is sent, as one line."""
        return f"CEPH {json.dumps(self.ask.body)}"
