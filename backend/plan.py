"""What to ask, send and open, as values that say themselves: Reads, Writes, Sessions, Plans."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    FrozenSet,
    Iterable,
    Mapping,
    Optional,
    Tuple,
    Union,
)

from backend.baseboard import Bmc, BmcWrite, Sol
from backend.ceph import Ceph, CephWrite
from backend.docker import Docker
from backend.kube import Kube, KubeHealth, KubeResources, KubeWrite, LastWords, PodExec
from backend.mask import MASK, Body, Json, masked
from backend.pods import Forwards, PodAttach, PodWrite
from backend.registry import Registry, RegistryDelete

if TYPE_CHECKING:
    from backend.known import Known


# --- what to ask -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rest:
    """Ask a REST service of the catalogue: ``{parent}`` in the path is the parent row's id.

    Where that is made of several with slashes between, ``{0}`` is the first of them, and so on.
    ``items`` is the key around the list ("" where the body is the list or the one object itself);
    ``named`` is where the body is no list but an object of rows by name: the name is put under it;
    ``under`` is the path for the rows of one parent alone, where ``path`` answers for all of them;
    ``also`` are more paths whose rows are of the same kind, asked after the first; ``mine`` is the
    field that tells a row its parent's id, where the service does not; ``otherwise`` is asked in
    its place where the cloud has no such service, or the service no such path; ``absent`` are
    words of a refusal that means that there is nothing of it now.
    """

    service: str
    path: str
    items: str = ""
    named: str = ""
    under: str = ""
    also: Tuple[str, ...] = ()
    mine: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    otherwise: Optional[Rest] = None
    absent: Tuple[str, ...] = ()

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
        """Who is asked: nobody but this machine."""
        return ""


@dataclass(frozen=True)
class Derived:
    """Rows worked out of what is known of other kinds: nothing is asked of anybody.

    ``rows(known)`` is pure and returns bodies, as a service would. What it looks at are the needs
    of its kind: they are read first, and it is worked out anew whenever one of them says something
    new. Where some of them cannot be read it says so in its rows; where none can, it fails with
    the first, unless it knows something by itself (``alone``).
    """

    rows: Callable[[Known], Iterable[Body]]
    alone: bool = False
    # Whether what is known of it is told while the rest is awaited, or a service hangs.
    partly: bool = False
    # The kinds it is made of, where its columns look at more than that (None: all its needs).
    made_of: Optional[Tuple[str, ...]] = None
    # Whether what people recorded is among it: without a station that is looked up first.
    recorded: bool = False
    # What a row's columns look up, beside its own body: what a program is given of it too.
    joined: Optional[Callable[[Any, Known], Body]] = None
    # What is read as well, as its needs stand now: (kind, parent) of each.
    spare: Optional[Callable[[Known], Tuple[Tuple[str, str], ...]]] = None

    @property
    def source(self) -> str:
        """Who is asked: nobody."""
        return ""


@dataclass(frozen=True)
class Identity:
    """What Keystone's token says of the person who asks: one row, without the token itself."""

    @property
    def source(self) -> str:
        """Who is asked: Keystone."""
        return "keystone"


# The machine that the console runs on, as a parent; any other is the name of a host behind SSH.
HERE = "here"
# What stands in an argv for the rest of a parent below a machine: of ``here/sda`` it is ``sda``.
OF = "{of}"
# Where a row below it is of two: under ``here/new/old`` these are ``new`` and ``old``.
OF_ONE, OF_OTHER = "{of.one}", "{of.other}"
# What stands between the texts of programs that are read together.
PAGE = "\f"


@dataclass(frozen=True)
class Command:
    """Run a program on a machine and read what it prints; the parent is the machine ("": here).
    Below one it may be something of it: under ``here/sda`` an ``{of}`` in ``argv`` is ``sda``.

    ``argv`` meets no shell here and arrives whole at a host behind SSH. ``parse`` is pure, makes
    bodies of the text, and raises ``ValueError`` where the shape is none it knows; each body then
    says its ``machine`` too. A file is read by ``cat``. A program that is not there is *absent*:
    ``otherwise`` is asked in its place, as where it answers in another shape; ``also`` is asked
    beside it, and what is absent there is left out. ``codes`` are the exit codes of an answer.
    """

    argv: Tuple[str, ...]
    parse: Callable[[str], Iterable[Body]]
    otherwise: Optional[Command] = None
    also: Tuple[Union[Command, Docker], ...] = ()
    codes: FrozenSet[int] = frozenset({0})
    # What it complains of where it is there and what it speaks to is no part of this machine.
    absent: Tuple[str, ...] = ()
    deadline_s: float = 10.0
    most_bytes: int = 4 * 1024 * 1024
    # Programs run after it whose text ``parse`` gets too, a PAGE between: to compare what they say.
    then: Tuple[Tuple[str, ...], ...] = ()

    @property
    def source(self) -> str:
        """Who is asked: the program."""
        return self.argv[0]


@dataclass(frozen=True)
class LogList:
    """The logs an operator knows that are on this machine."""

    @property
    def source(self) -> str:
        """Who is asked: nobody but this machine."""
        return ""


OfCluster = Union[Kube, KubeHealth, KubeResources, LastWords, Forwards]
Read = Union[Rest, LocalRead, Derived, Identity, Command, LogList, Bmc, OfCluster, Ceph, Registry]


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
    # The path of a file that goes with it, in a form under that name; the body are fields beside.
    # What is in the file is read when it is sent, and recorded nowhere.
    file: str = ""
    file_field: str = "file"
    file_name: str = ""  # where the service goes by it
    # Paths of files that each go under a name of their own, where the service goes by names.
    files: Tuple[str, ...] = ()
    # How much longer than usual the service may take over what it got, in seconds.
    patience_s: float = 0.0

    @property
    def source(self) -> str:
        """Who is to do it, and says whether it did."""
        return self.service

    @property
    def request(self) -> str:
        """The request as one line, secrets masked."""
        body = "" if self.body is None else " " + json.dumps(masked(self.body, self.secret))
        file = f" {self.file_field}=@{self.file}" if self.file else ""
        files = "".join(f" @{path}" for path in self.files)
        return f"{self.method} {self.service}{self.path}{body}{file}{files}"


# How much of a value of our own record is said of it.
_SAID = 200


def _short(value: Optional[str]) -> str:
    """Return a value of our own record as it is said: a whole inventory is told by its length."""
    if value is None or not value:
        return "-"
    return value if len(value) <= _SAID else f"({len(value)} characters)"


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
        values = " ".join(f"{key}={_short(value)}" for key, value in self.values.items())
        return f"RECORD {self.kind} {values} (here only: the service has no such field)"


@dataclass(frozen=True)
class CommandWrite:
    """Run a program that changes something on ``machine`` ("" or HERE: this one, else by SSH).

    ``given`` goes to its standard input and is never shown: the only place for a secret, as others
    read a command line. Where ``run`` names it, the program gets a session of its own, with log,
    pid and exit status in the state folder: it outlives this console, and is found again.
    """

    argv: Tuple[str, ...]
    machine: str = ""
    sentence: str = ""
    given: str = field(default="", repr=False)
    codes: FrozenSet[int] = frozenset({0})
    deadline_s: float = 60.0
    run: str = ""

    @property
    def source(self) -> str:
        """Who is to do it: the machine."""
        return "this machine" if self.machine in ("", HERE) else self.machine

    @property
    def command(self) -> Tuple[str, ...]:
        """What an operator would type here for it."""
        if self.machine in ("", HERE):
            return self.argv
        return ("ssh", self.machine, shlex.join(self.argv))

    @property
    def request(self) -> str:
        """What is run, where and how, as one line."""
        how = f" as {self.run}, which outlives this console" if self.run else ""
        given = f" < {MASK}" if self.given else ""
        return f"RUN on {self.source}{how}: {shlex.join(self.argv)}{given}"


@dataclass(frozen=True)
class FileCopy:
    """Copy a file of ``machine`` onto a medium mounted here at ``folder``; prove that it is there.

    It is written beside its name, synced, read back from the medium, compared, and then named; a
    ``.sha256`` stands beside it. What is no mounted medium is refused.
    """

    path: str
    folder: str
    sentence: str = ""
    machine: str = ""

    @property
    def is_far(self) -> bool:
        """Whether it comes from another machine."""
        return self.machine not in ("", HERE)

    @property
    def source(self) -> str:
        """Who is to do it."""
        return "this machine"

    @property
    def command(self) -> Tuple[str, ...]:
        """What an operator would type for it, without the comparison."""
        if self.is_far:
            return ("scp", f"{self.machine}:{self.path}", f"{self.folder}/")
        return ("cp", self.path, f"{self.folder}/")

    @property
    def request(self) -> str:
        """What is copied where, as one line."""
        path = f"{self.machine}:{self.path}" if self.is_far else self.path
        return f"COPY {path} to {self.folder} (synced, read back, compared)"


# Each says itself: ``source`` (who does it), ``request`` (one line, no secrets), ``command`` (argv
# of what an operator would type, empty where there is none) and ``sentence`` (plain words).
Write = Union[
    RestWrite,
    LocalWrite,
    CommandWrite,
    FileCopy,
    BmcWrite,
    KubeWrite,
    PodWrite,
    CephWrite,
    RegistryDelete,
]


# --- what to talk with -------------------------------------------------------------------------


# A two-way stream of bytes. Each says itself as a Write does, and has a ``size``; what is typed in
# it no guard sees.
Session = Union[Sol, PodExec, PodAttach]


@dataclass(frozen=True)
class Step:
    """One Write of a plan, and how to tell from what is known that it took.

    ``took`` is asked after each reading until true; None: the service's answer is proof enough.
    ``wait_s`` is how long that may last before the plan stops as failed. ``refusal`` returns the
    words of an answer that says no though its status says yes, "" where it says yes. ``unseen``
    are the words where it was taken, and nothing was seen of it; ``says`` returns what of a good
    answer is worth keeping. One that is ``patient`` goes on where the service says "not now": it
    is sent again, beside the steps after it, until it is taken or the deed is over; what it names
    may be gone by then.
    """

    write: Write
    took: Optional[Callable[[Known], bool]] = None
    wait_s: float = 60.0
    refusal: Optional[Callable[[Json], str]] = None
    says: Optional[Callable[[Json], str]] = None
    unseen: str = "the service took it, and nothing was seen of it"
    patient: bool = False


@dataclass(frozen=True)
class Plan:
    """What an action sends: one or more steps, in order; the first that fails stops it.

    ``opens`` is the session that stands open when all of them are done.
    """

    steps: Tuple[Step, ...] = ()
    opens: Optional[Session] = None

    @classmethod
    def of(cls, write: Write) -> Plan:
        """Return the plan of one write."""
        return cls(steps=(Step(write=write),))
