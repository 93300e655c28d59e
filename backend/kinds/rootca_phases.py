"""The phases in which hosts and pods come to trust a new root CA of Kubernetes, in their order."""

from __future__ import annotations

from typing import Any, Optional, Tuple

SERVICE = "sysinv"
# How far each host is; asked for while a change is under way, as sysinv refuses it else.
OF_HOSTS = "kube-rootca-hosts"
STARTED, GENERATED = "update-started", "update-new-rootca-cert-generated"
COMPLETED, ABORTED = "update-completed", "update-aborted"
# Who is changed in which phase, in the service's order.
PHASES = (
    *(("host", "trust-both-cas"), ("pods", "trust-both-cas"), ("host", "update-certs")),
    *(("host", "trust-new-ca"), ("pods", "trust-new-ca")),
)
ORDER = (STARTED, GENERATED, *(f"updated-{who}-{phase}" for who, phase in PHASES), COMPLETED)


def done(who: str, phase: str) -> str:
    return f"updated-{who}-{phase}"


def runs(who: str, phase: str) -> str:
    return f"updating-{who}-{phase}"


def next_phase(state: Optional[str]) -> Optional[Tuple[str, str]]:
    """Return who is next in which phase, None where it is the certificate's turn, or nobody's.

    A phase of hosts runs until the last of them; one that failed is done again.
    """
    for before, (who, phase) in zip(ORDER[1:], PHASES):
        again = {before, f"{runs(who, phase)}-failed"}
        if who == "host":
            again.add(runs(who, phase))
        if state in again:
            return who, phase
    return None


def next_words(row: Any) -> str:
    found = next_phase(row.state)
    if found is not None:
        who, phase = found
        return f"{phase} on {'each host, one by one' if who == 'host' else 'the pods'}"
    if row.state == STARTED:
        return "generate the new certificate"
    if row.state == ORDER[-2]:
        return "complete"
    return "wait" if (row.state or "").startswith("updating-") else "nothing but to look again"
