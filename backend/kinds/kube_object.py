"""What every object of Kubernetes has: a name, perhaps in a namespace, an age, labels, owners."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Tuple, Type, TypeVar

from pydantic import SkipValidation
from typing_extensions import Annotated

from backend.kind import Action, Column, Kind, Kube, Row, Tab
from backend.kinds.kube_create import CREATE
from backend.kinds.kube_delete import Loses, deleting, nothing_more
from backend.kinds.kube_edit import editing, whole_of
from backend.kinds.once import once_each
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import instant_ms, span

# A watch tells changes at once; this is how long a silent one is believed, in seconds.
EVERY_S = 10.0

# As it came: what nobody checks costs neither time nor a second copy.
Items = Annotated[List[Dict[str, Any]], SkipValidation]
Words = Annotated[Dict[str, Any], SkipValidation]


class KubeObject(Row):
    """An object of Kubernetes, of which little is kept; its instants are RFC 3339."""

    uid: str
    name: str
    namespace: str = ""
    created: Optional[str] = None
    deleting: Optional[str] = None
    labels: Words = {}
    owners: Items = []

    @property
    def full_name(self) -> str:
        """Its name as people say it: ``namespace/name``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def owner(self) -> str:
        """What made it, as ``ReplicaSet/web-7d9``; "" where nobody did."""
        return f"{self.owners[0].get('kind')}/{self.owners[0].get('name')}" if self.owners else ""

    @property
    def is_owned(self) -> bool:
        """Whether something makes it anew when it goes."""
        return bool(self.owners)


K = TypeVar("K", bound=KubeObject)


def age_ms(row: KubeObject, known: Known) -> Optional[int]:
    """Return how old an object is, None where it does not say."""
    created = instant_ms(row.created)
    return None if created is None else known.now_ms - created


def age(row: KubeObject, known: Known) -> Optional[str]:
    """Return how old an object is, in words."""
    ms = age_ms(row, known)
    return None if ms is None else span(ms)


AGE: Column[Any] = Column(heading="AGE", joined=age, order=age_ms, width=4, right=True)


@once_each
def by_name(rows: Tuple[Any, ...]) -> Mapping[Tuple[str, str], Any]:
    """Return objects by namespace and name, worked out once for the rows of one reading."""
    return {(row.namespace, row.name): row for row in rows}


def conditions(items: Any) -> Dict[str, Dict[str, Any]]:
    """Return conditions by their type."""
    return {str(one.get("type")): one for one in items or ()}


def lasted_ms(condition: Optional[Dict[str, Any]], known: Known) -> int:
    """Return for how long a condition is as it is, 0 where it does not say."""
    since = instant_ms((condition or {}).get("lastTransitionTime"))
    return 0 if since is None else max(known.now_ms - since, 0)


def bad(words: str) -> Look:
    """Return the look of what is broken, and why."""
    return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))


def busy(words: str) -> Look:
    """Return the look of what is on its way."""
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))


def warned(words: str) -> Look:
    """Return the look of what should be looked at."""
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))


def goes(row: KubeObject, known: Known) -> Optional[Look]:
    """Return the look of what is being deleted, None where it is not."""
    since = instant_ms(row.deleting)
    if since is None:
        return None
    waits = span(known.now_ms - since)
    return busy(f"is being deleted, for {waits}; something may hold it (finalizers)")


def is_told_of(row: KubeObject, event: Any) -> bool:
    """Whether an event is about an object; a kubelet knows its own node by name alone."""
    return event.about.get("uid") in (row.uid, row.name if not row.namespace else row.uid)


# The page of every object that says what happened to it, as ``kubectl describe`` ends.
EVENTS_TAB: Tab[Any] = Tab(
    key="e", title="Events", kind="kube-events", related=is_told_of, needs=("kube-events",)
)


def _plain(row: Any, known: Known) -> Look:
    return goes(row, known) or WELL


def declared(
    name: str,
    singular: str,
    model: Type[K],
    read: Kube,
    columns: Tuple[Column[K], ...],
    *,
    aliases: Tuple[str, ...] = (),
    look: Callable[[Any, Known], Look] = _plain,
    needs: Tuple[str, ...] = (),
    tabs: Tuple[Tab[K], ...] = (),
    actions: Tuple[Action[K], ...] = (),
    heading: str = "NAME",
    most: int = 44,
    is_inventory: bool = True,
    loses: Optional[Loses] = nothing_more,
    loses_needs: Tuple[str, ...] = (),
    hides: FrozenSet[str] = frozenset(),
    **more: Any,
) -> Kind[K]:
    """Return the kind of an object of Kubernetes: its name first, its age last.

    It can be deleted, and ``loses`` says what stops for good then, looking at ``loses_needs``;
    None: not from here.
    ``hides`` are mappings of the whole object whose values are shown only when asked for.
    """
    named: Column[K] = Column(heading=heading, value=lambda row: row.full_name, most=most)
    return Kind(
        name=name,
        singular=singular,
        model=model,
        read=read,
        id=lambda row: row.uid,
        label=lambda row: row.full_name,
        sort=more.pop("sort", lambda row, _known: (row.namespace, row.name)),
        columns=(named, *columns, AGE),
        look=look,
        needs=needs,
        tabs=(*tabs, EVENTS_TAB),
        actions=(
            *actions,
            editing(read, singular, hides),
            *((deleting(read, singular, loses, loses_needs),) if loses is not None else ()),
            CREATE,
        ),
        whole=whole_of(read, hides),
        aliases=aliases,
        every_s=EVERY_S,
        is_inventory=is_inventory,
        **more,
    )
