"""Images for devices that can be programmed: uploaded, applied by label, written to hosts."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from pydantic import Field, FilePath
from typing_extensions import Literal

from backend.figure import Jump
from backend.kind import Action, Consequence, Form, Json, Plan, Reason, RestWrite, Risk, Step
from backend.kinds.edits import SERVICE
from backend.known import Known
from backend.tone import Tone

PATIENCE_S = 300.0
# A file that every machine has: for examples only.
SOME_FILE = "/etc/hosts"
# What sysinv wants beside the file, by the sort of it.
WANTED = {
    "functional": "bitstream_id",
    "root-key": "key_signature",
    "key-revocation": "revoke_key_id",
}


class UploadForm(Form):
    """A bitstream, a root key, or the revocation of a key."""

    file: FilePath = Field(examples=[SOME_FILE], description="path of it, on this machine")
    bitstream_type: Literal["functional", "root-key", "key-revocation"] = Field(
        default="functional", description="what it is"
    )
    pci_vendor: str = Field(examples=["8086"], description="of the devices it is for, as 8086")
    pci_device: str = Field(examples=["0b30"], description="of the devices it is for, as 0b30")
    bitstream_id: Optional[str] = Field(default=None, description="of a functional one")
    key_signature: Optional[str] = Field(default=None, description="of a root key")
    revoke_key_id: Optional[int] = Field(default=None, description="of a revocation")
    name: Optional[str] = Field(default=None, description="what people call it")
    image_version: Optional[str] = Field(default=None, description="its version")
    description: Optional[str] = Field(default=None, description="what it is for")


class LabelForm(Form):
    """On which devices: all, or those with a label."""

    label: Optional[str] = Field(
        default=None, pattern=r"^[^=\s]+=[^=\s]+$", description="as fpga=n3000; none: all devices"
    )


def refused(answer: Json) -> str:
    """Return why an upload was not taken: the service says it in an answer of status 200."""
    return str(answer.get("error") or "") if isinstance(answer, dict) else ""


def _upload(_row: None, form: UploadForm, _known: Known) -> Plan:
    given = form.model_dump(exclude={"file"}, exclude_none=True)
    fields: Dict[str, Json] = {name: str(value) for name, value in given.items()}
    own = WANTED[form.bitstream_type]
    more = [w for n, v in fields.items() if n in ("name", own) for w in (f"--{n}", str(v))]
    words = (form.bitstream_type, form.pci_vendor, form.pci_device, str(form.file))
    write = RestWrite(
        service=SERVICE,
        method="POST",
        path="/device_images",
        body=fields,
        command=("system", "device-image-upload", *more, *words),
        sentence=f"Upload {form.file.name}; no device is changed by that.",
        file=str(form.file),
        patience_s=PATIENCE_S,
    )
    return Plan(steps=(Step(write=write, refusal=refused),))


def _upload_reasons(_row: None, form: UploadForm, _known: Known) -> Tuple[Reason, ...]:
    own = WANTED[form.bitstream_type]
    check = f"a {form.bitstream_type} image says its {own}"
    if getattr(form, own) is not None:
        return (Reason.passes(check),)
    found = Reason.no(check, f"{own} must be given")
    return (Reason(check=check, answer=found.answer, words=found.words, of_form=True),)


def _labelled(verb: str) -> Any:
    def plan(row: Any, form: LabelForm, _known: Known) -> Plan:
        key, _, value = (form.label or "").partition("=")
        labels: List[Json] = [{key: value}] if key else []
        label = (form.label,) if form.label else ()
        where = f"devices labelled {form.label}" if form.label else "all devices it is for"
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="PATCH",
                path=f"/device_images/{row.uuid}?action={verb}",
                body=labels,
                command=("system", f"device-image-{verb}", row.uuid, *label),
                sentence=f"{verb} {row.name or row.uuid}: {where}.",
            )
        )

    return plan


def _delete(row: Any, _form: Form, _known: Known) -> Plan:
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="DELETE",
            path=f"/device_images/{row.uuid}",
            command=("system", "device-image-delete", row.uuid),
            sentence=f"Take {row.name or row.uuid} away; it would have to be uploaded again.",
        )
    )


def _not_written(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check = "it is on no device, and on its way to none"
    if not known.has("device-image-states"):
        return (Reason.cant_tell(check, "device-image-states not read"),)
    states = [one for one in known.rows("device-image-states") if one.image_uuid == row.uuid]
    for one in states:
        if one.status in ("completed", "in-progress"):
            words = f"{one.status} on {one.hostname} {one.pciaddr}"
            jump = Jump(kind="device-image-states", id=one.uuid)
            return (Reason.no(check, words, jump),)
    return (Reason.passes(check),)


def _waits(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    words = "nothing is written yet: each host is then to be updated, and locked and unlocked after"
    return (Consequence(words=words),)


def _risk(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


_STATES = ("device-image-states",)
DEVICE_IMAGE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="upload",
        key="U",
        words="upload",
        plan=_upload,
        form=UploadForm,
        risk=_risk,
        reasons=_upload_reasons,
        on_kind=True,
        aliases=("device-image-upload",),
    ),
    Action(
        name="apply",
        key="A",
        words="apply",
        plan=_labelled("apply"),
        form=LabelForm,
        risk=_risk,
        consequences=_waits,
        needs=_STATES,
    ),
    Action(
        name="remove",
        key="R",
        words="apply no longer",
        plan=_labelled("remove"),
        form=LabelForm,
        risk=_risk,
        needs=_STATES,
    ),
    Action(
        name="delete",
        key="D",
        words="delete",
        plan=_delete,
        risk=_risk,
        reasons=_not_written,
        needs=_STATES,
    ),
)


# --- on a host ---------------------------------------------------------------------------------


def _host(row: Any, known: Known) -> Any:
    return next((one for one in known.rows("hosts") if one.name == row.hostname), None)


def _on_host(path: str, command: str, sentence: str) -> Any:
    def plan(row: Any, _form: Form, known: Known) -> Plan:
        host = _host(row, known)
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="POST",
                path=f"/ihosts/{host.uuid if host is not None else row.hostname}/{path}",
                command=("system", command, str(row.hostname)),
                sentence=sentence.format(row.hostname),
            )
        )

    return plan


def _update_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check = "the host is unlocked, enabled, and writes none yet"
    host = _host(row, known)
    if host is None:
        return (Reason.cant_tell(check, f"{row.hostname} was not read"),)
    jump = Jump(kind="hosts", id=host.uuid)
    if host.device_image_update == "in-progress":
        return (Reason.no(check, f"{host.name} is at it already", jump),)
    if (host.administrative, host.operational) != ("unlocked", "enabled"):
        return (Reason.no(check, f"it is {host.administrative}/{host.operational}", jump),)
    return (Reason.passes(check),)


def _abort_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check, host = "the host writes images now", _host(row, known)
    is_at_it = host is not None and host.device_image_update == "in-progress"
    return (Reason.passes(check) if is_at_it else Reason.no(check, "it does not"),)


def _written(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    words = "devices are not to be used meanwhile; the host wants a lock and an unlock after it"
    return (Consequence(words=words, tone=Tone.WARN),)


ON_HOST_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="update",
        key="U",
        words="write to the host of",
        plan=_on_host(
            "device_image_update", "host-device-image-update", "Write all pending images to {}."
        ),
        risk=_risk,
        reasons=_update_reasons,
        consequences=_written,
        needs=("hosts",),
    ),
    Action(
        name="abort",
        key="X",
        words="abort on the host of",
        plan=_on_host(
            "device_image_update_abort",
            "host-device-image-update-abort",
            "Write no further image to {}; the one being written is finished.",
        ),
        risk=_risk,
        reasons=_abort_reasons,
        needs=("hosts",),
    ),
)
