"""Emptying a node: cordoned, then each pod asked to leave as its disruption budget lets it go."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from backend.kind import (
    Action,
    Asker,
    Consequence,
    Json,
    Kube,
    KubeWrite,
    Nothing,
    Plan,
    Reason,
    Risk,
    Rung,
    Step,
)
from backend.kinds.fresh_checks import looked_up, untold
from backend.kinds.kube_acts import CORDON
from backend.kinds.kube_pod import Pod, is_placed
from backend.known import Known
from backend.tone import Tone
from backend.units import counted

NEEDS = ("nodes", "pods", "disruption-budgets")
# Names that are said in full of many.
_NAMED = 4


def leaving(node: Any, known: Known) -> List[Pod]:
    """Return the pods that a drain asks to leave: neither the node's own nor a daemon set's."""
    return [pod for pod in known.rows("pods") if pod.node == node.name and _leaves(pod)]


def _leaves(pod: Pod) -> bool:
    return is_placed(pod) and not pod.mirror and not pod.owner.startswith("DaemonSet/")


def _plan(node: Any, _form: Any, known: Known) -> Plan:
    (cordon,) = CORDON.plan(node, Nothing(), known).steps
    pods = [pod for pod in leaving(node, known) if not pod.deleting]
    steps = [] if node.cordoned else [cordon]
    return Plan((*steps, *(Step(write=_evict(pod, node), patient=True) for pod in pods)))


def _evict(pod: Pod, node: Any) -> KubeWrite:
    metadata: Json = {"name": pod.name, "namespace": pod.namespace}
    body: Json = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": metadata,
        "deleteOptions": {"preconditions": {"uid": pod.uid}},
    }
    drain = ("--ignore-daemonsets", "--delete-emptydir-data", "--force")
    return KubeWrite(
        method="POST",
        path=Kube(plural="pods").path(pod.namespace, pod.name, "eviction"),
        body=body,
        # One command asks them all, and is said once.
        command=("kubectl", "drain", node.name, *drain),
        sentence=f"{pod.full_name} is asked to leave {node.name}",
    )


# --- before ------------------------------------------------------------------------------------


def lost_with(node: Any, known: Known) -> Tuple[Consequence, ...]:
    """Return which pods of a node stop for good, serve nowhere for a while, or lose what they keep.

    Whoever takes the node away means them too: a drain, or the host that is locked.
    """
    pods = leaving(node, known)
    bare = [pod for pod in pods if not pod.is_owned]
    alone = [pod for pod in pods if pod.is_owned and not _is_served(pod, node, known)]
    local = [pod for pod in pods if pod.local_volumes]
    found = (
        _group(bare, "for good: nothing makes it anew", Tone.BAD),
        _group(alone, "serves nowhere until it starts elsewhere", Tone.BAD),
        _group(local, "what it keeps in an empty directory is lost", Tone.BAD),
    )
    return tuple(one for one in found if one is not None)


def _stops(node: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    pods = leaving(node, known)
    rest = sum(pod.is_owned for pod in pods)
    return (
        *lost_with(node, known),
        *_held(pods, known),
        *CORDON.consequences(node, Nothing(), known),
        *(_rest(rest, node, known) if rest else ()),
    )


def _rest(count: int, node: Any, known: Known) -> Tuple[Consequence, ...]:
    if _is_last(node, known):
        words = f"{counted(count, 'pod')} of it serve nowhere until a node takes them"
        return (Consequence(words=words, tone=Tone.BAD),)
    return (Consequence(words=f"{count} pods start on other nodes"),)


def _is_last(node: Any, known: Known) -> bool:
    """Whether no other node takes what has to leave this one."""
    return bool(CORDON.consequences(node, Nothing(), known))


def _is_served(pod: Pod, node: Any, known: Known) -> bool:
    """Whether another of its kind serves on another node meanwhile."""
    return any(
        one.owners == pod.owners and one.is_ready and one.node != node.name
        for one in known.rows("pods")
        if one.namespace == pod.namespace
    )


def _group(pods: Sequence[Pod], words: str, tone: Tone) -> Optional[Consequence]:
    if not pods:
        return None
    names = ", ".join(pod.full_name for pod in pods[:_NAMED])
    more = f" and {len(pods) - _NAMED} more" if len(pods) > _NAMED else ""
    return Consequence(words=f"{names}{more}: {words}", tone=tone)


def _held(pods: Sequence[Pod], known: Known) -> List[Consequence]:
    """Return the budgets that let none of their pods go now: the drain waits for them."""
    found = []
    if pods and not known.has("disruption-budgets"):
        words = "budgets were not read: whether it has to wait is not known"
        found.append(Consequence(words=words, tone=Tone.WARN))
    for budget in known.rows("disruption-budgets"):
        held = [pod for pod in pods if budget.covers(pod)]
        if held and budget.allowed < len(held):
            words = f"{budget.full_name} lets {budget.allowed} of {len(held)} go now"
            why = f"{budget.rule}, {budget.healthy} are healthy"
            found.append(Consequence(words=f"{words} ({why}): it waits", tone=Tone.WARN))
    return found


def _reasons(_node: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    """Check that who has to leave is known: without the pods nobody could be asked to."""
    check = "its pods are known"
    if not known.has("pods"):
        return (Reason.no(check, "pods not read: nobody could be asked to leave"),)
    return (
        looked_up(check, "", known, "pods", asker=Asker.OURS),
        looked_up("budgets are known", "", known, "disruption-budgets", asker=Asker.OURS),
    )


def _risk(node: Any, _form: Any, known: Known) -> Risk:
    if untold(known, "pods"):
        return Risk.DESTRUCTIVE  # who is lost with it nobody can tell
    pods = leaving(node, known)
    lost = any(not pod.is_owned or pod.local_volumes for pod in pods)
    lost = lost or (bool(pods) and _is_last(node, known))
    return Risk.DESTRUCTIVE if lost else Risk.DISRUPTIVE


# --- how far it is -----------------------------------------------------------------------------


def _is_cordoned(node: Any, _known: Known) -> bool:
    return node is not None and bool(node.cordoned)


def _all_asked(node: Any, known: Known) -> bool:
    if node is None or not known.has("pods"):
        return False
    return all(pod.deleting for pod in leaving(node, known))


def _is_empty(node: Any, known: Known) -> bool:
    return node is not None and known.has("pods") and not leaving(node, known)


def _ladder(_node: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    return (
        Rung(name="takes no new pods", reached=_is_cordoned, says="SchedulingDisabled"),
        Rung(name="every pod may leave", reached=_all_asked, says="evicted, budgets kept"),
        Rung(name="its pods are gone", reached=_is_empty, says="ended within their grace"),
    )


def _ended(node: Any, _known: Known) -> str:
    return "" if node.cordoned else "it takes new pods again: somebody uncordoned it"


DRAIN: Action[Any] = Action(
    name="drain",
    key="D",
    words="Drain",
    plan=_plan,
    risk=_risk,
    reasons=_reasons,
    consequences=_stops,
    ladder=_ladder,
    failed=_ended,
    needs=NEEDS,
    is_patient=True,
    undone_by="uncordon",
)
