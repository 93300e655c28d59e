"""Why an action on a host would be refused: checks as data, all asked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, FrozenSet, List, Optional, Tuple

from backend.figure import Jump
from backend.kind import Answer, Asker, Reason
from backend.kinds.host import Host
from backend.kinds.host_fresh import why_stale
from backend.kinds.host_site import children, reading_of
from backend.known import Known, Reading

Fails = Callable[[Host, Known], str]
Applies = Callable[[Host, Known], bool]

NONE: FrozenSet[str] = frozenset()

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
    ``needs`` are kinds that must tell of now: where one was not read, does not answer, or comes
    from the record, the answer is "can't tell", whatever its rows say.
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
        words = self._untold(host, known)
        if words:
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

    def _untold(self, host: Host, known: Known) -> str:
        """Say what of its needs does not tell of now, and how old it is."""
        readings = [(kind, _reading(kind, host, known)) for kind in self.needs]
        unread = [kind for kind, reading in readings if not reading.was_read]
        if unread:
            return f"{', '.join(unread)} not read"
        return "; ".join(filter(None, (why_stale(kind, of, known) for kind, of in readings)))


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


def _reading(kind: str, host: Host, known: Known) -> Reading[Any]:
    """Return the reading of ``kind`` as far as ``host`` is concerned."""
    return reading_of(known, kind, host) if kind in OF_HOST else known.reading(kind)


def tells(kind: str, host: Host, known: Known) -> bool:
    """Whether ``kind`` was read of ``host``, and is of now."""
    return not why_stale(kind, _reading(kind, host, known), known)


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


# --- checks of several verbs -------------------------------------------------------------------


def is_busy_fs(row: Any) -> bool:
    """Whether a controller filesystem is being changed at this moment."""
    return "in_progress" in row.status


def _fs_busy(_host: Host, known: Known) -> str:
    busy = [row for row in known.rows("controller-filesystems") if is_busy_fs(row)]
    return f"controller filesystem {busy[0].name} is {busy[0].status}" if busy else ""


def no_filesystem_busy(
    name: str, asked: FrozenSet[str], ours: FrozenSet[str] = NONE, applies: Applies = always
) -> Check:
    """Return the check that no filesystem of the controllers is being resized."""
    return Check(
        name=name,
        fails=_fs_busy,
        verbs=asked,
        ours=ours,
        applies=applies,
        needs=("controller-filesystems",),
        jump=first_row("controller-filesystems", is_busy_fs),
    )


def _root_ca(_host: Host, known: Known) -> str:
    under_way = standing(known, "900.008")
    return f"a Kubernetes root CA update is under way ({under_way})" if under_way else ""


def no_root_ca_update(asked: FrozenSet[str], ours: FrozenSet[str] = NONE) -> Check:
    """Return the check of an update that the service refuses in some of its phases only."""
    return Check(
        name="no root CA update",
        fails=_root_ca,
        verbs=asked,
        ours=ours,
        soft=asked | ours,
        needs=("alarms",),
    )
