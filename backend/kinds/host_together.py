"""What hosts must never be taken together: controllers, peers, a quorum, all copies of data."""

from __future__ import annotations

from typing import Any, List, Tuple

from backend.kind import Answer, Asker, Reason
from backend.kinds.host import Host
from backend.kinds.host_copies import monitors_up, osds_of, serving_peers
from backend.known import Known


def together(hosts: Tuple[Any, ...], known: Known) -> Tuple[Reason, ...]:
    """Return what forbids taking just these hosts in one go, though each alone may be taken.

    The service is asked of one host at a time and looks at no plan: the second of a pair would be
    refused at best, and at worst taken before the first is back. What only stops is said.
    """
    reasons: List[Reason] = []
    controllers = [host.name for host in hosts if host.is_controller]
    if len(controllers) > 1:
        reasons.append(_never("not both controllers", controllers))
    groups: dict[str, List[str]] = {}
    for host in hosts:
        if host.group:
            groups.setdefault(host.group, []).append(host.name)
    reasons += [
        _never(f"not both peers of {group}", names)
        for group, names in groups.items()
        if len(names) > 1
    ]
    serving = [host for host in hosts if host.is_enabled]
    if len(serving) > 1:
        reasons += [*_quorum(serving, known), *_copies(serving, known), *_pods(serving, known)]
    return tuple(reasons)


def _quorum(out: List[Host], known: Known) -> List[Reason]:
    """Forbid what leaves Ceph's monitors without a quorum that they have now."""
    now, quorum = monitors_up(known)
    left, _ = monitors_up(known, [host.uuid for host in out])
    if len(left) == len(now) or len(left) >= quorum or len(now) < quorum:
        return []
    words = f"{len(left)} of {len(now)} Ceph monitors would serve, {quorum} are a quorum"
    return [_reason("a quorum of Ceph's monitors stays", Answer.NO, words)]


def _copies(out: List[Host], known: Known) -> List[Reason]:
    """Forbid what takes every copy of some data, where one serves elsewhere now."""
    away = [host.uuid for host in out]
    lost = [
        host.name
        for host in out
        if osds_of(host, known)
        and serving_peers(host, known)
        and not serving_peers(host, known, away)
    ]
    if not lost:
        return []
    words = f"{' and '.join(lost)} keep all copies of the same data: NO COPY would serve"
    return [_reason("a copy of the data stays", Answer.NO, words)]


def _pods(out: List[Host], known: Known) -> List[Reason]:
    """Say where no worker function is left for the pods of all these."""
    workers = [host for host in out if host.is_worker]
    away = {host.uuid for host in out}
    others = [h for h in known.rows("hosts") if h.is_worker and h.is_enabled]
    if not workers or any(host.uuid not in away for host in others):
        return []
    words = f"all {len(workers)} worker functions stop at once: pods have NOWHERE ELSE to go"
    return [_reason("pods have a place to go", Answer.CANT_TELL, words)]


def _reason(check: str, answer: Answer, words: str) -> Reason:
    return Reason(check=check, answer=answer, words=words, asker=Asker.OURS)


def _never(check: str, names: List[str]) -> Reason:
    words = f"{' and '.join(names)} keep each other's work: take one, and wait until it is back"
    return _reason(check, Answer.NO, words)
