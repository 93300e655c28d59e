"""Which hosts an act must never take together: both controllers, both peers of a storage group."""

from __future__ import annotations

from typing import Any, List, Tuple

from backend.kind import Answer, Asker, Reason
from backend.known import Known


def together(hosts: Tuple[Any, ...], _known: Known) -> Tuple[Reason, ...]:
    """Return what forbids taking just these hosts in one go, though each alone may be taken.

    The service is asked of one host at a time and looks at no plan: the second of a pair would be
    refused at best, and at worst taken before the first is back.
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
    return tuple(reasons)


def _never(check: str, names: List[str]) -> Reason:
    words = f"{' and '.join(names)} keep each other's work: take one, and wait until it is back"
    return Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)
