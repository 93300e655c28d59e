"""Why an action on a host would be refused: checks as data, all asked at once."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, List, Optional, Tuple

from backend.figure import Jump
from backend.kind import Answer, Reason
from backend.kinds.host import Host
from backend.kinds.host_check import (
    NONE,
    OF_HOST,
    OWN,
    AnyCheck,
    Applies,
    Check,
    Fails,
    always,
    tells,
    verbs,
)
from backend.kinds.host_site import children, system_of
from backend.known import Known


def checks_of(verb: str) -> Tuple[AnyCheck, ...]:
    """Return all checks of a verb, the service's own and ours."""
    from backend.kinds.host_refusals import CHECKS

    return tuple(check for check in CHECKS if verb in check.verbs | getattr(check, "ours", NONE))


def needs_of(verb: str) -> Tuple[str, ...]:
    """Return the kinds that the checks of a verb look at as a whole."""
    return tuple(name for name in _needs(verb) if name not in OWN)


def own_needs_of(verb: str) -> Tuple[str, ...]:
    """Return the kinds of which the checks of a verb look at the host's own rows alone."""
    return tuple(name for name in _needs(verb) if name in OWN)


def _needs(verb: str) -> Tuple[str, ...]:
    needs = (name for check in checks_of(verb) for name in getattr(check, "needs", ()))
    return tuple(dict.fromkeys(needs))


_ORDER = (Answer.NO, Answer.PASSES, Answer.CANT_TELL)


def reasons_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Reason, ...]]:
    """Return what answers all checks of ``verb`` at once, those that forbid it first."""
    mine = checks_of(verb)

    def reasons(host: Host, _form: Any, known: Known) -> Tuple[Reason, ...]:
        found: List[Reason] = [
            check.answer(verb, host, known) for check in mine if check.concerns(host, known)
        ]
        return tuple(reason for answer in _ORDER for reason in found if reason.answer is answer)

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


def list_of(kind: str) -> Callable[[Host, Known], Optional[Jump]]:
    """Lead to the list of a kind."""
    return lambda _host, _known: Jump(kind=kind)


def rows_of(known: Known, kind: str, host: Host) -> Tuple[Any, ...]:
    """Return the rows of a kind on a host, of which a check's needs say that they were read."""
    return children(known, kind, host) or ()


def has_label(host: Host, known: Known, key: str) -> bool:
    """Whether a label is set to ``enabled`` on a host; True where labels were not read."""
    if not tells("labels", host, known):
        return True
    rows = rows_of(known, "labels", host)
    return any(r.label_key == key and (r.label_value or "").lower() == "enabled" for r in rows)


def vswitch_of(known: Known) -> str:
    """Return the kind of virtual switch of the system, ``none`` where it has none."""
    system = system_of(known)
    return str((system.capabilities if system is not None else {}).get("vswitch_type") or "none")


def is_all_in_one(known: Known) -> bool:
    """Whether the controllers do the workers' work; False where nobody knows yet."""
    system = system_of(known)
    return system is not None and system.system_type == "All-in-one"


# --- checks of an unlock -----------------------------------------------------------------------

UNLOCK = verbs("unlock")
UNLOCKS = verbs("unlock", "force-unlock")
FORCED_UNLOCK = UNLOCKS - UNLOCK


def unlock_check(
    name: str,
    foretells: str,
    fails: Fails,
    needs: Tuple[str, ...] = (),
    on: FrozenSet[str] = NONE,
    *,
    forced: bool = True,
    soft: FrozenSet[str] = NONE,
    applies: Applies = always,
    jump: Optional[Callable[[Host, Known], Optional[Jump]]] = None,
) -> Check:
    """Return a check of an unlock; ``forced`` where the service asks it of a forced one too."""
    return Check(
        name=name,
        foretells=foretells,
        fails=fails,
        verbs=UNLOCKS if forced else UNLOCK,
        ours=NONE if forced else FORCED_UNLOCK,
        soft=soft,
        on=on,
        applies=applies,
        needs=needs,
        jump=jump,
    )


# --- checks of several verbs -------------------------------------------------------------------


def filesystem_at_rest(
    name: str,
    asked: FrozenSet[str],
    ours: FrozenSet[str] = NONE,
    *,
    words: Tuple[str, ...],
    soft: FrozenSet[str] = NONE,
    applies: Applies = always,
    foretells: str = "",
) -> Check:
    """Return the check that nothing of ``words`` is being done to a controller filesystem."""

    def is_busy(row: Any) -> bool:
        return "in_progress" in row.status and any(word in row.status for word in words)

    def fails(_host: Host, known: Known) -> str:
        busy = [row for row in known.rows("controller-filesystems") if is_busy(row)]
        return f"controller filesystem {busy[0].name} is {busy[0].status}" if busy else ""

    return Check(
        name=name,
        foretells=foretells,
        fails=fails,
        verbs=asked,
        ours=ours,
        soft=soft,
        applies=applies,
        needs=("controller-filesystems",),
        jump=first_row("controller-filesystems", is_busy),
    )


def _root_ca(_host: Host, known: Known) -> str:
    under_way = standing(known, "900.008")
    return f"a Kubernetes root CA update is under way ({under_way})" if under_way else ""


def no_root_ca_update(
    asked: FrozenSet[str], ours: FrozenSet[str] = NONE, foretells: str = ""
) -> Check:
    """Return the check of an update that the service refuses in some of its phases only."""
    return Check(
        name="no root CA update",
        foretells=foretells,
        fails=_root_ca,
        verbs=asked,
        ours=ours,
        soft=asked | ours,
        needs=("alarms",),
    )


def _backend_busy(_host: Host, known: Known) -> str:
    bad = [row for row in known.rows("backends") if is_busy_backend(row)]
    return f"storage backend {bad[0].name} is {bad[0].state}" if bad else ""


def is_busy_backend(row: Any) -> bool:
    """Whether a backend is neither configured nor waiting for this very unlock.

    Rook is not asked, nor what waits for its storage to be provisioned.
    """
    if row.backend in ("ceph-rook", "lvm") or row.task == "provision-storage":
        return False
    return row.state not in ("configured", "configuring-on-unlock")


def storage_ready(
    name: str, asked: FrozenSet[str], ours: FrozenSet[str] = NONE, on: FrozenSet[str] = NONE
) -> Check:
    """Return the check that no storage backend is being configured."""
    return Check(
        name=name,
        foretells="_semantic_check_storage_backend",
        fails=_backend_busy,
        verbs=asked,
        ours=ours,
        on=on,
        needs=("backends",),
        jump=first_row("backends", is_busy_backend),
    )
