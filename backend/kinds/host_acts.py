"""What can be done to a host."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from backend.kind import Action, Nothing, Plan, RestWrite, Risk, Step
from backend.kinds.host import Host
from backend.kinds.host_ladders import LADDERS, failed
from backend.known import Known

SERVICE = "sysinv"


def order(verb: str) -> Callable[[Host, Nothing, Known], Plan]:
    """Return the plan of a host action: one PATCH of the host's action."""
    words, force = verb.replace("force-", "").replace("unsafe-", ""), "force" in verb
    flags = ("--force",) * force + ("--unsafe",) * ("unsafe" in verb)

    def plan(host: Host, _form: Nothing, _known: Known) -> Plan:
        write = RestWrite(
            service=SERVICE,
            method="PATCH",
            path=f"/ihosts/{host.uuid}",
            body=[{"op": "replace", "path": "/action", "value": verb}],
            command=("system", f"host-{words}", *flags, host.hostname or str(host.id)),
            sentence=f"ask sysinv to {verb} {host.name}",
        )
        return Plan(steps=(Step(write=write),))

    return plan


def _risk(_host: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE


ACTIONS: Tuple[Action[Host], ...] = tuple(
    Action(
        name=verb,
        key=key,
        words=words,
        plan=order(verb),
        risk=_risk,
        needs=("alarms",),
        ladder=LADDERS[verb],
        failed=failed,
    )
    for verb, key, words in (("lock", "L", "Lock"), ("unlock", "U", "Unlock"))
)
