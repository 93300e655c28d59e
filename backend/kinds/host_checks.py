"""Why an action on a host would be refused: checks as data, all asked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, FrozenSet, List, Optional, Tuple

from backend.figure import Jump
from backend.kind import Answer, Asker, Reason
from backend.kinds.host import Host
from backend.kinds.host_site import children
from backend.known import Known

Fails = Callable[[Host, Known], str]
Applies = Callable[[Host, Known], bool]

# Kinds that are read under each host; the others are the system's.
OF_HOST = frozenset(
    {
        "labels",
        "interfaces",
        "partitions",
        "disks",
        "osds",
        "filesystems",
        "volume-groups",
        "physical-volumes",
    }
)


def always(_host: Host, _known: Known) -> bool:
    """Apply to every host."""
    return True


@dataclass(frozen=True)
class Check:
    """One question before an action: ``fails`` says why not, "" where it passes.

    ``verbs`` are those the service asks it for, ``ours`` those it forgets and we ask it for.
    ``soft`` are verbs for which a failure is only said, as where forcing is meant to overcome it.
    ``needs`` are kinds that must have been read; else the answer is "can't tell".
    """

    name: str
    fails: Fails
    verbs: FrozenSet[str] = frozenset()
    ours: FrozenSet[str] = frozenset()
    soft: FrozenSet[str] = frozenset()
    applies: Applies = always
    needs: Tuple[str, ...] = ()
    jump: Optional[Callable[[Host, Known], Optional[Jump]]] = None

    def answer(self, verb: str, host: Host, known: Known) -> Reason:
        """Return what this check says of ``verb`` on ``host``."""
        asker = Asker.SERVICE if verb in self.verbs else Asker.OURS
        unread = [kind for kind in self.needs if not was_read(kind, host, known)]
        if unread:
            words = f"{', '.join(unread)} not read"
            return Reason(check=self.name, answer=Answer.CANT_TELL, words=words, asker=asker)
        words = self.fails(host, known)
        if not words:
            return Reason(check=self.name, answer=Answer.PASSES, asker=asker)
        return Reason(
            check=self.name,
            answer=Answer.CANT_TELL if verb in self.soft else Answer.NO,
            words=words,
            jump=self.jump(host, known) if self.jump else None,
            asker=asker,
        )


@dataclass(frozen=True)
class ServersOwn:
    """A check that only the server can make: said, never blocking."""

    name: str
    words: str
    verbs: FrozenSet[str]
    applies: Applies = always

    def answer(self, _verb: str, _host: Host, _known: Known) -> Reason:
        """Return that nobody but the server knows."""
        return Reason(
            check=self.name, answer=Answer.CANT_TELL, words=self.words, asker=Asker.SERVER
        )


def verbs(*names: str) -> FrozenSet[str]:
    """Return a set of verbs."""
    return frozenset(names)


def was_read(kind: str, host: Host, known: Known) -> bool:
    """Whether ``kind`` was read as far as ``host`` is concerned."""
    return children(known, kind, host) is not None if kind in OF_HOST else known.has(kind)


def reasons_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    """Return what answers all checks of ``verb`` at once, those that forbid it first."""
    from backend.kinds.host_checks_lock import LOCK_CHECKS
    from backend.kinds.host_checks_power import POWER_CHECKS
    from backend.kinds.host_checks_swact import SWACT_CHECKS
    from backend.kinds.host_checks_unlock import UNLOCK_CHECKS

    known_checks: Tuple[Any, ...] = (*LOCK_CHECKS, *UNLOCK_CHECKS, *SWACT_CHECKS, *POWER_CHECKS)
    mine = [
        check for check in known_checks if verb in check.verbs or verb in getattr(check, "ours", ())
    ]

    def reasons(host: Host, _form: Any, known: Known) -> Tuple[Reason, ...]:
        found: List[Reason] = [
            check.answer(verb, host, known) for check in mine if check.applies(host, known)
        ]
        order = (Answer.NO, Answer.PASSES, Answer.CANT_TELL)
        return tuple(sorted(found, key=lambda reason: order.index(reason.answer)))

    return reasons


# --- what several checks ask -------------------------------------------------------------------


def itself(host: Host, _known: Known) -> Optional[Jump]:
    """Lead to the host's own page."""
    return Jump(kind="hosts", id=host.uuid)


def first_row(kind: str, test: Callable[[Any], bool]) -> Callable[[Host, Known], Optional[Jump]]:
    """Lead to the first row of ``kind`` that a test finds."""

    def jump(host: Host, known: Known) -> Optional[Jump]:
        rows = children(known, kind, host) if kind in OF_HOST else known.rows(kind)
        found = next((row for row in rows or () if test(row)), None)
        if found is None:
            return Jump(kind=kind)
        return Jump(kind=kind, id=str(getattr(found, "uuid", None) or found.name))

    return jump


def alarm_stands(*ids: str) -> Callable[[Any], bool]:
    """Test an alarm for being one of these types."""
    return lambda alarm: alarm.alarm_id in ids


def standing(known: Known, *ids: str) -> str:
    """Return the first of these alarm types that stands, "" where none does."""
    test = alarm_stands(*ids)
    return next((str(alarm.alarm_id) for alarm in known.rows("alarms") if test(alarm)), "")


def backend_of(known: Known, sort: str) -> Optional[Any]:
    """Return the storage backend of that sort (``ceph``, ``ceph-rook``), None without one."""
    return next((row for row in known.rows("backends") if row.backend == sort), None)
