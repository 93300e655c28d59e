"""The vocabulary: Kind, Column, Action, Area, and the Reads, Writes and Plans they yield.

Everything here is a frozen value; nothing here does I/O. A kind is one declaration:

>>> DISKS = Kind[Disk](
...     name="disks", singular="disk", model=Disk, parent="hosts", id=lambda d: d.uuid,
...     read=Rest(service="sysinv", path="/ihosts/{parent}/idisks", items="idisks"),
...     columns=(Column(heading="PATH", value=lambda d: d.device_path),),
... )
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    FrozenSet,
    Generic,
    Iterable,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
)

from pydantic import BaseModel, ConfigDict

from backend.ceph import Answers, Ceph, CephCommand, CephWrite, Told
from backend.figure import Figure, Jump, Lines
from backend.kube import Kube, KubeHealth, KubeResources, KubeWhole, KubeWrite
from backend.mask import Body, Json
from backend.plan import (
    Command,
    CommandWrite,
    Derived,
    FileCopy,
    Identity,
    LocalRead,
    LocalWrite,
    LogList,
    Plan,
    Read,
    Rest,
    RestWrite,
    Step,
    Write,
)
from backend.reason import Answer, Asker, Consequence, Reason
from backend.streams import Logs
from backend.tone import WELL, Look, Verdict

if TYPE_CHECKING:
    from backend.known import Known

__all__ = [
    "Action",
    "Answer",
    "Answers",
    "Asker",
    "Body",
    "Ceph",
    "CephCommand",
    "CephWrite",
    "Column",
    "Command",
    "CommandWrite",
    "Consequence",
    "Derived",
    "Expected",
    "F",
    "FileCopy",
    "Form",
    "Identity",
    "Json",
    "Kind",
    "Kube",
    "KubeHealth",
    "KubeResources",
    "KubeWhole",
    "KubeWrite",
    "LocalRead",
    "LocalWrite",
    "LogList",
    "Logs",
    "Nothing",
    "Plan",
    "R",
    "Reach",
    "Read",
    "Reason",
    "Rest",
    "RestWrite",
    "Risk",
    "Row",
    "Rung",
    "Step",
    "Tab",
    "Told",
    "Write",
]


class Row(BaseModel):
    """One thing of a kind, frozen: typed where we read, whole (``body``) where we don't."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    @classmethod
    def read(cls, body: Body) -> Row:
        """Build a row from one object of a service's answer.

        Raises pydantic's ``ValidationError``; ``refresh`` alone turns that into ``Malformed``.
        """
        row = cls.model_validate(body)
        row.__dict__["body"] = body
        return row

    @classmethod
    def recall(cls, text: str) -> Row:
        """Build a row from the text of a body; what nobody looks at stays text."""
        row = cls.model_validate_json(text)
        row.__dict__["text"] = text
        return row

    def told(self, name: str) -> Any:
        """Return what a form's field of that name is now, None where it has no such thing."""
        return getattr(self, name, None)

    def parent_id(self, _known: Known) -> str:
        """Return the id of the row it belongs to, "" where it belongs to none."""
        return ""

    @cached_property
    def body(self) -> Body:
        """The object as the service sent it."""
        # Kept beside the fields: a private attribute of pydantic's costs four validations on 3.9.
        body: Body = json.loads(self.__dict__.get("text", "{}"))
        return body


R = TypeVar("R", bound=Row)


# --- what can be done --------------------------------------------------------------------------


class Risk(IntEnum):
    """How much an action may break: it decides what must be typed to confirm."""

    HARMLESS = 0
    DISRUPTIVE = 1
    DESTRUCTIVE = 2

    def raised(self) -> Risk:
        """Return the next step up, as for several rows at once."""
        return Risk(min(self + 1, Risk.DESTRUCTIVE))


class Form(BaseModel):
    """What an action asks; the console's dialog, ``do --field value`` and plain mode derive it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def __repr_args__(self) -> Iterable[Tuple[str, str]]:
        from backend.forms import said  # secrets masked, in every repr too

        return said(self).items()


class Nothing(Form):
    """The form of an action that asks nothing."""


F = TypeVar("F", bound=Form)


@dataclass(frozen=True)
class Rung(Generic[R]):
    """One step on the way to an action's real end, as the system itself names it.

    ``reached`` says from a row (None: the row is gone) and Known whether the system is *past* this
    rung; a rung further down that is reached means all before it were. ``says`` are the words of
    its states. ``gives_up_s`` is when the system itself ends it, and ``then`` what it does then.
    ``settles`` marks what comes after the state says so: alarms cleared, data in sync.
    """

    name: str
    reached: Callable[[Optional[R], Known], bool]
    says: str = ""
    gives_up_s: Optional[int] = None
    then: str = ""
    settles: bool = False


@dataclass(frozen=True)
class Expected:
    """An alarm that an action is expected to raise: not a new one while the deed runs."""

    alarm_id: str
    entity: str = ""


def _no_reasons(_row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    return ()


def _no_consequences(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    return ()


def _no_choices(_row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {}


@dataclass(frozen=True)
class Action(Generic[R]):
    """Something that can be done to a row, or with ``on_kind`` to the kind itself (add).

    With ``on_parent`` it is done under a row of the kind's parent (add an interface to a host):
    ``row`` is the parent's then. ``plan(row, form, known)`` is pure: dry run shows it, the deed
    stores it, tests compare it. ``risk`` is graded by verb, by where one sits and by what
    redundancy is left. ``hidden`` says when it makes no sense here at all (simplex has no swact).
    ``failed`` says, of a row seen while it is followed, that the system gave up, in the system's
    words ("": it has not).
    """

    name: str
    key: str
    words: str
    plan: Callable[[Any, Any, Known], Plan]
    risk: Callable[[Any, Any, Known], Risk]
    form: Type[Form] = Nothing
    choices: Callable[[Any, Known], Mapping[str, Tuple[str, ...]]] = _no_choices
    reasons: Callable[[Any, Any, Known], Tuple[Reason, ...]] = _no_reasons
    consequences: Callable[[Any, Any, Known], Tuple[Consequence, ...]] = _no_consequences
    # What forbids it for these rows together: both controllers, both peers of a group.
    together: Optional[Callable[[Tuple[Any, ...], Known], Tuple[Reason, ...]]] = None
    hidden: Optional[Callable[[Any, Known], bool]] = None
    needs: Tuple[str, ...] = ()
    own_needs: Tuple[str, ...] = ()  # child kinds, read under the row alone
    on_kind: bool = False
    on_parent: bool = False
    ladder: Optional[Callable[[Any, Known], Tuple[Rung[Any], ...]]] = None
    failed: Optional[Callable[[Any, Known], str]] = None
    expects: Optional[Callable[[Any, Known], Tuple[Expected, ...]]] = None
    # Whether the person's own session ends by it: said before it is sent.
    ends_session: Optional[Callable[[Any, Known], bool]] = None
    # What one row is called in its title, where a name is not enough to tell it by.
    title: Optional[Callable[[Any, Known], str]] = None
    # The action that gives back what this one takes: a lock is as long as its unlock after it.
    undone_by: str = ""
    # Whether several rows are done together, each to its own end; else up to the first failure.
    at_once: bool = False
    is_edit: bool = False  # whether its form is filled by editing the row's whole text
    # Whether its steps are patient: a console that comes after one that died goes on with them.
    is_patient: bool = False
    # Actions that it may be done beside while they are under way: what stops them.
    beside: Tuple[str, ...] = ()
    aliases: Tuple[str, ...] = ()  # where the operator's command line calls it otherwise


# --- what there is -----------------------------------------------------------------------------


class Reach(Enum):
    """How a child kind can be asked: all in one call, or only under one parent."""

    ALL = "all"
    PER_PARENT = "per parent"


@dataclass(frozen=True)
class Column(Generic[R]):
    """A heading and what stands under it: ``value`` of the row alone, or ``joined`` with Known.

    ``width`` is in cells (0: what its longest value takes, to ``most``); ``wide`` columns show
    only where there is room for all others; a value may be a str, a number or None (shown "-").
    """

    heading: str
    value: Optional[Callable[[R], Any]] = None
    joined: Optional[Callable[[R, Known], Any]] = None
    width: int = 0
    most: int = 40
    right: bool = False
    wide: bool = False
    order: Optional[Callable[[R, Known], Any]] = None

    def cell(self, row: R, known: Known) -> Any:
        """Return what stands under this heading for ``row``."""
        if self.joined is not None:
            return self.joined(row, known)
        return self.value(row) if self.value is not None else None

    def rank(self, row: R, known: Known) -> Any:
        """Return what ``row`` is sorted by under this heading."""
        return self.cell(row, known) if self.order is None else self.order(row, known)


@dataclass(frozen=True)
class Tab(Generic[R]):
    """A page of a row's detail, opened by a letter: a figure, or another kind's related rows.

    ``needs`` are kinds it looks at; ``under`` names what it looks at under one row of another kind
    alone, as (kind, parent id): the baseboard of a host, not those of all.
    """

    key: str
    title: str
    figure: Optional[Callable[[R, Known], Figure]] = None
    kind: str = ""
    related: Optional[Callable[[R, Any], bool]] = None
    needs: Tuple[str, ...] = ()
    under: Optional[Callable[[R, Known], Tuple[Tuple[str, str], ...]]] = None


def _well(_row: Any, _known: Known) -> Look:
    return WELL


def _own_id(row: Any) -> str:
    return str(row.uuid)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """A frozen declaration of one sort of thing; what it does not say is derived.

    ``name`` is the operators' plural; ``id`` never changes in a row's life, ``label`` is what
    people call it (and may). ``noise`` are fields that always change, ``secret`` ones never stored
    or shown, ``drop`` ones not even kept. ``every_s`` is how often it is read while looked at.
    """

    name: str
    singular: str
    model: Type[R]
    read: Read
    columns: Tuple[Column[R], ...]
    id: Callable[[R], str] = _own_id
    label: Optional[Callable[[R], str]] = None
    # What it is called on a screen, where the label alone would not tell which it is.
    called: Optional[Callable[[R, Known], str]] = None
    parent: Optional[str] = None
    reach: Reach = Reach.ALL
    look: Callable[[R, Known], Look] = _well
    strip: Optional[Callable[[R, Known], Lines]] = None
    tabs: Tuple[Tab[R], ...] = ()
    verdict: Optional[Callable[[Known], Verdict]] = None
    summary: Optional[Callable[[Known], Lines]] = None  # stands between the verdict and the rows
    # What stands in the row's own first line of detail: a sentence that confirms or contradicts.
    sentence: Optional[Callable[[R, Known], Verdict]] = None
    sort: Optional[Callable[[R, Known], Any]] = None
    # What every header says as long as it is so, and leaving asks about: "" for nothing.
    reminder: Optional[Callable[[Known], str]] = None
    # Letter and title of its page among its parent's ("m Memory"); "" makes both of the name.
    tab: str = ""
    # Fields whose last change says since when the row is as it is.
    state_fields: Tuple[str, ...] = ()
    jump: Optional[Callable[[R, Known], Optional[Jump]]] = None
    actions: Tuple[Action[R], ...] = ()
    # Which logs tell of a row, and of which moment.
    logs: Optional[Callable[[R, Known], Logs]] = None
    # Where a row is whole, to be fetched when somebody opens it.
    whole: Optional[Callable[[R], KubeWhole]] = None
    logs_needs: Tuple[str, ...] = ()  # kinds that ``logs`` looks at, read when it is asked for
    aliases: Tuple[str, ...] = ()
    needs: Tuple[str, ...] = ()
    noise: FrozenSet[str] = frozenset()
    # Fields that are each row's own: no difference between two of a sort.
    own: FrozenSet[str] = frozenset()
    # By what a row is the same under another parent; which rows one is to be like, likeliest first.
    like: Optional[Callable[[R], str]] = None
    twins: Optional[Callable[[R, Known], Tuple[R, ...]]] = None
    secret: FrozenSet[str] = frozenset()
    drop: FrozenSet[str] = frozenset({"links"})
    every_s: float = 10.0
    passes: str = ""  # a state field of few rows whose every change is remembered with its time
    # What of a body took how long (name, ms): of rows that are gone it says what is usual here.
    lasted: Optional[Callable[[Body], Iterable[Tuple[str, int]]]] = None
    # Where rows are a log that only grows: recorded as they come, never as changes.
    is_log: bool = False
    # A number of a row that is kept over time while it is read: drawn as its course.
    sample: Optional[Callable[[R], Optional[float]]] = None
    is_inventory: bool = True  # swept once an hour into the record, looked at or not

    def name_of(self, row: R) -> str:
        """Return what people call this row."""
        return self.label(row) if self.label else self.id(row)

    def action(self, name: str) -> Optional[Action[R]]:
        """Return the action of that name or alias."""
        return next((one for one in self.actions if name in (one.name, *one.aliases)), None)

    def find(self, rows: Tuple[R, ...], name: str) -> Optional[R]:
        """Return the row that an operator means by ``name``: its label or its id."""
        return next((r for r in rows if name in (self.name_of(r), self.id(r))), None)
