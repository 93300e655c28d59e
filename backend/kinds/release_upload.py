"""A release brought onto the shelf: from a file, or from a medium that is mounted here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Optional, Tuple

from pydantic import Field, FilePath

from backend.deed import Deed
from backend.figure import Jump
from backend.kind import (
    Action,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    RestWrite,
    Risk,
    Rung,
    Step,
)
from backend.kinds import sw_patch_acts
from backend.kinds.deploy_states import SERVICE
from backend.kinds.host_site import active_controller
from backend.kinds.sw_patch import is_older
from backend.known import Known

NAME = "upload"
FAILED = "upload-failed"
# USM checks the signature, unpacks, and answers only then; its own client waits as long.
PATIENCE_S = 1800.0
# A major release is taken on this controller alone.
FIRST = "controller-0"
# A service dates its answers to the second: two of its instants may be apart by so much less.
CLOCKS_MS = 2000
# A file that every machine has: for examples only.
SOME_FILE = "/etc/hosts"


class UploadForm(Form):
    """A patch, or the image of a major release with its signature."""

    file: FilePath = Field(
        examples=[SOME_FILE], description="path of the .patch or .iso, on this machine"
    )
    signature: Optional[FilePath] = Field(
        default=None, description="path of the .sig that goes with an .iso"
    )

    @property
    def is_major(self) -> bool:
        """Whether it is the image of a major release."""
        return self.file.suffix == ".iso"

    @property
    def paths(self) -> Tuple[Path, ...]:
        """All files that go."""
        return (self.file,) if self.signature is None else (self.file, self.signature)


def refused(answer: Json) -> str:
    """Return why nothing came of it: USM says it in an answer of status 200 as well."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return " ".join(str(error or "").split())


def _plan(_row: None, form: UploadForm, known: Known) -> Plan:
    if is_older(known):
        return sw_patch_acts.uploads(form.file, PATIENCE_S)
    paths = tuple(str(path) for path in form.paths)
    write = RestWrite(
        service=SERVICE,
        method="POST",
        path="/release",
        command=("software", "upload", *paths),
        sentence=f"Bring {form.file.name} onto the shelf; nothing is deployed by that.",
        files=paths,
        patience_s=PATIENCE_S,
    )
    return Plan(steps=(Step(write=write, refusal=refused),))


# --- what stands against it --------------------------------------------------------------------


def _is_whole(form: UploadForm) -> Reason:
    check = "a .patch, or an .iso with its .sig"
    suffix, beside = form.file.suffix, form.signature
    words = ""
    if suffix not in {".patch", ".iso"}:
        words = f"{form.file.name} is neither: USM goes by the name"
    elif form.is_major and (beside is None or beside.suffix != ".sig"):
        words = "an .iso is taken with its .sig alone"
    elif not form.is_major and beside is not None:
        words = "a .patch has its signature within"
    found = Reason.no(check, words) if words else Reason.passes(check)
    return Reason(check=check, answer=found.answer, words=words, of_form=True)


def _none_uploading(known: Known) -> Reason:
    check = "no other upload is under way"
    if not known.has("releases"):
        return Reason.cant_tell(check, "the releases were not read")
    for row in known.rows("releases"):
        if row.state == "uploading":
            words = f"{row.release_id} is uploading"
            return Reason.no(check, words, Jump(kind="releases", id=row.release_id))
    return Reason.passes(check)


def on_first(known: Known) -> Reason:
    """Return whether the controller is active that takes what is done of a major release."""
    check = f"{FIRST} is the active controller, as a major release wants"
    active = active_controller(known)
    if active is None:
        return Reason.cant_tell(check, "the hosts were not read")
    if active.name == FIRST:
        return Reason.passes(check)
    return Reason.no(check, f"{active.name} is: swact first", Jump(kind="hosts", id=active.uuid))


def _reasons(_row: None, form: UploadForm, known: Known) -> Tuple[Reason, ...]:
    first = (on_first(known),) if form.is_major else ()
    words = "where it is full USM says no more than: internal error"
    return (
        *((sw_patch_acts.takes(form.file.suffix),) if is_older(known) else ()),
        _is_whole(form),
        _none_uploading(known),
        *first,
        Reason.cant_tell("it is whole, and its signature is one the system trusts"),
        Reason.cant_tell("room in /scratch of the active controller", words),
    )


def _stops(_row: None, _form: UploadForm, _known: Known) -> Tuple[Consequence, ...]:
    return (
        Consequence(words="nothing stops, nothing is deployed; the file stays where it is"),
        Consequence(words="a line that is lost on the way leaves nothing on the shelf"),
    )


# --- to its end --------------------------------------------------------------------------------


def _deed(known: Known) -> Optional[Deed]:
    """Return the upload that is being followed."""
    return next((one for one in known.running("releases") if one.action == NAME), None)


def _since(deed: Deed, known: Known, after_ms: int = 0) -> Iterator[Any]:
    """Yield the releases that are as they are since that upload, or so long after it."""
    sent_ms = (deed.sent_ms or deed.began_ms) + after_ms
    for row in known.rows("releases"):
        since = known.since("releases", row.release_id, "state")
        if since is not None and since.ms >= sent_ms:
            yield row


def _is_there(_row: None, known: Known) -> bool:
    """Whether it is on the shelf; where the answer was lost something new must be seen there."""
    deed = _deed(known)
    if deed is None or any(row.state == "uploading" for row in known.rows("releases")):
        return False
    came = [row.state for row in _since(deed, known)]
    if FAILED in came:
        return False
    # What was there before may seem younger by as much as a service's clock is told inexactly.
    surely = [row.state for row in _since(deed, known, CLOCKS_MS)]
    return deed.answered_ms is not None or "available" in surely


def _failed(_row: None, known: Known) -> str:
    deed = _deed(known)
    bad = [row for row in _since(deed, known) if row.state == FAILED] if deed else []
    if not bad:
        return ""
    return f"USM says {FAILED} of {bad[0].release_id}: the reason is in software.log"


def _ladder(_row: None, _known: Known) -> Tuple[Rung[Any], ...]:
    return (Rung(name="unpacked, on the shelf", reached=_is_there, says="uploading, available"),)


UPLOAD: Action[Any] = Action(
    name=NAME,
    key="U",
    words="upload",
    plan=_plan,
    form=UploadForm,
    risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
    reasons=_reasons,
    consequences=_stops,
    ladder=_ladder,
    failed=_failed,
    needs=("releases", "deploy-hosts", "hosts"),
    on_kind=True,
)
