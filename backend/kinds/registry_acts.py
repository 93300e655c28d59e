"""What is done to images in a registry: a tag is deleted, and its room collected."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Action, Consequence, Plan, Reason, RestWrite, Risk, Step
from backend.kinds.edits import disruptive
from backend.kinds.host_fresh import is_current, why_stale
from backend.known import Known
from backend.registry import RegistryDelete
from backend.tone import Tone

# The registry's word to a delete is that it was accepted.
_GONE_S = 60.0


def _delete(row: Any, _form: Any, _known: Known) -> Plan:
    host = row.registry

    def took(known: Known) -> bool:
        now = known.row("image-tags", row.full_name, row.repository)
        return known.has("image-tags", row.repository) and (now is None or now.digest != row.digest)

    write = RegistryDelete(
        repository=row.repository,
        digest=row.digest,
        command=("skopeo", "delete", f"docker://{host}/{row.repository}@{row.digest}"),
        sentence=f"{row.full_name} is taken out of the registry",
    )
    return Plan((Step(write=write, took=took, wait_s=_GONE_S),))


def _users(row: Any, known: Known) -> Optional[Tuple[Any, ...]]:
    """Return the pods that lose it, by whichever of its tags they name; None: it is not known."""
    from backend.kinds.registry import same_manifest, users

    if not is_current("pods", known):
        return None
    tags = (row, *same_manifest(row, known))
    found = {pod.uid: pod for tag in tags for pod in users(tag, known) or ()}
    return tuple(found.values())


def _delete_risk(row: Any, _form: Any, known: Known) -> Risk:
    # What cannot be told counts as used: on a site without internet nothing brings it back.
    return Risk.DISRUPTIVE if _users(row, known) == () else Risk.DESTRUCTIVE


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    if not row.digest:
        return (Reason.no("the manifest", row.trouble or "its manifest was not read"),)
    if _users(row, known) is None:
        words = why_stale("pods", known.reading("pods"), known)
        return (Reason.cant_tell("who uses it", f"{words}: what runs now is not known"),)
    return (Reason.passes("the manifest"),)


def _delete_stops(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    from backend.kinds.registry import same_manifest

    found = [
        Consequence(words=f"the tag {one.tag} goes too: it names the same manifest", tone=Tone.BAD)
        for one in same_manifest(row, known)
    ]
    pods = _users(row, known)
    for pod in (pods or ())[:5]:
        words = f"{pod.full_name} uses it: it runs on, and does not start on another node"
        found.append(Consequence(words=words, tone=Tone.BAD))
    if pods and len(pods) > 5:
        found.append(Consequence(words=f"{len(pods) - 5} more pods use it", tone=Tone.BAD))
    if pods == ():
        words = "no pod uses it now; one that is scaled to none, or comes at its hour, may"
        found.append(Consequence(words=words, tone=Tone.WARN))
    words = "its room is free when the registry's garbage is collected, not before"
    return (*found, Consequence(words=words))


DELETE: Action[Any] = Action(
    name="delete",
    key="D",
    words="Delete",
    plan=_delete,
    risk=_delete_risk,
    reasons=_delete_reasons,
    consequences=_delete_stops,
    needs=("pods",),
    aliases=("registry-image-delete",),
)


def _collect(_row: Any, _form: Any, _known: Known) -> Plan:
    return Plan.of(
        RestWrite(
            service="sysinv",
            method="POST",
            path="/registry_image?garbage_collect=True",
            body={},
            command=("system", "registry-garbage-collect"),
            sentence="the registry gives back the room of what was deleted",
        )
    )


def _collect_stops(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = "the active controller stops the registry for it: no image is pushed or pulled then"
    return (Consequence(words=words, tone=Tone.WARN),)


COLLECT: Action[Any] = Action(
    name="collect-garbage",
    key="X",
    words="Collect garbage",
    plan=_collect,
    risk=disruptive,
    consequences=_collect_stops,
    # Only the platform's own registry has it for a request.
    hidden=lambda _row, known: not known.has("registry-images"),
    needs=("registry-images",),
    on_kind=True,
    aliases=("registry-garbage-collect",),
)
