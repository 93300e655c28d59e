"""The platform's releases as USM keeps them: on the shelf, deployed, committed."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

from pydantic import Field, model_validator

from backend.figure import Jump
from backend.kind import (
    Action,
    Column,
    Consequence,
    Form,
    Kind,
    Plan,
    Reason,
    Rest,
    RestWrite,
    Risk,
    Row,
    Step,
    Tab,
)
from backend.kinds import sw_patch, sw_patch_acts
from backend.kinds.deploy_states import HERE, SERVICE, how_deployed, usm
from backend.kinds.deploys import start_ladder, started_badly
from backend.kinds.obstacles import ACT_NEEDS, in_the_way
from backend.kinds.release_looks import look, missing, page, strip
from backend.kinds.release_precheck import prechecked, prechecked_badly
from backend.kinds.release_upload import UPLOAD, on_first
from backend.known import Known
from backend.tone import Tone

EVERY_S = 15.0
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


class Release(Row):
    """A release on the shelf, or deployed; its id is its key, it has no uuid."""

    release_id: str
    state: str
    sw_version: Optional[str] = None
    component: Optional[str] = None
    summary: Optional[str] = None
    description: Optional[str] = None
    install_instructions: Optional[str] = None
    warnings: Optional[str] = None
    reboot_required: Optional[bool] = None
    unremovable: Optional[bool] = None
    requires: List[str] = Field(default_factory=list)
    packages: List[str] = Field(default_factory=list)
    # Of an older system: how sw-patch itself calls its state.
    patch_state: Optional[str] = None

    @model_validator(mode="before")
    @classmethod
    def _in_our_words(cls, said: Any) -> Any:
        return sw_patch.release_of(said)

    @property
    def is_sw_patch(self) -> bool:
        """Whether it is a patch of sw-patch, on a system older than USM."""
        return self.patch_state is not None

    @property
    def cves(self) -> Tuple[str, ...]:
        """The CVEs that its own text names."""
        said = " ".join(filter(None, (self.summary, self.description, self.warnings)))
        return tuple(dict.fromkeys(_CVE.findall(said)))

    @property
    def takes_a_body(self) -> bool:
        """Whether this USM names releases in the body of a request, as it does since June 2026.

        That release of the service also says of each release which metapackages it has.
        """
        return "metapackages" in self.body


# --- what can be done --------------------------------------------------------------------------


class ForceForm(Form):
    """Whether minor alarms are to be let through."""

    force: bool = Field(default=False, description="go on although minor alarms stand")


def _write(row: Release, verb: str, body: Dict[str, Any], sentence: str) -> RestWrite:
    path = f"/deploy/{verb}" if row.takes_a_body else f"/deploy/{row.release_id}/{verb}"
    if row.takes_a_body:
        body = {"releases": [row.release_id], **body}
    force = ("--force",) if "force" in body else ()
    command = ("deploy", verb, row.release_id, *force)
    return usm("POST", path, *command, body=body, sentence=sentence)


def _forced(form: ForceForm) -> Dict[str, Any]:
    # The client sends the word, not the boolean.
    return {"force": "true"} if form.force else {}


def _precheck(row: Release, form: ForceForm, _known: Known) -> Plan:
    sentence = f"Check whether the system is ready to deploy {row.release_id}; nothing changes."
    write = _write(row, "precheck", _forced(form), sentence)
    return Plan(steps=(Step(write=write, refusal=prechecked_badly, says=prechecked),))


def _start(row: Release, form: ForceForm, _known: Known) -> Plan:
    sentence = f"Begin to deploy {row.release_id}; no host changes before it is its turn."
    return Plan.of(_write(row, "start", _forced(form), sentence))


def _delete(row: Release, _form: Form, _known: Known) -> Plan:
    if row.is_sw_patch:
        return sw_patch_acts.DELETE(row, _form, _known)
    sentence = f"Take {row.release_id} off the shelf; it would have to be uploaded again."
    path = f"/release/{row.release_id}"
    return Plan.of(usm("DELETE", path, "delete", row.release_id, sentence=sentence))


def _must_be(row: Release, *states: str) -> Tuple[Reason, ...]:
    if row.state in states:
        return (Reason.passes(f"it is {' or '.join(states)}"),)
    return (Reason.no(f"it is {' or '.join(states)}", f"{row.release_id} is {row.state}"),)


def _no_deploy(known: Known) -> Tuple[Reason, ...]:
    """USM deploys one thing at a time."""
    check = "no other deploy"
    if not known.has("deploy"):
        return (Reason.cant_tell(check, "the deploy was not read"),)
    for deploy in known.rows("deploy"):
        words = f"{deploy.to_release} is being deployed ({deploy.state})"
        return (Reason.no(check, words, HERE),)
    return (Reason.passes(check),)


def _requires(row: Release, known: Known) -> Tuple[Reason, ...]:
    wanting = missing(row, known)
    if not wanting:
        return (Reason.passes("what it requires is deployed"),)
    words = f"it requires {', '.join(wanting)}"
    jump = Jump(kind="releases", id=wanting[0])
    return (Reason.no("what it requires is deployed", words, jump),)


def _major(row: Release) -> str:
    return ".".join((row.sw_version or "").split(".")[:2])


def _where(row: Release, known: Known) -> Tuple[Reason, ...]:
    """Check that a major release is looked at and begun where USM takes it; a patch is anywhere."""
    runs = {_major(one) for one in known.rows("releases") if one.state in {"deployed", "committed"}}
    is_major = bool(_major(row)) and bool(runs) and _major(row) not in runs
    return (on_first(known),) if is_major else ()


def start_reasons(row: Release, _form: Form, known: Known) -> Tuple[Reason, ...]:
    """What stands in the way of a deploy of this release, as far as it can be seen from here."""
    return (
        *_must_be(row, "available"),
        *_no_deploy(known),
        *_requires(row, known),
        *_where(row, known),
        *in_the_way(known, "deploy", "deploy"),
        Reason.cant_tell("its own precheck"),
    )


def _needed_by(row: Release, known: Known) -> Tuple[Reason, ...]:
    others = [one.release_id for one in known.rows("releases") if row.release_id in one.requires]
    check = "no other release requires it"
    if not others:
        return (Reason.passes(check),)
    jump = Jump(kind="releases", id=others[0])
    return (Reason.no(check, f"{', '.join(others)} requires it", jump),)


def _start_stops(row: Release, _form: Form, known: Known) -> Tuple[Consequence, ...]:
    hosts = len(known.rows("hosts"))
    found = [Consequence(words="nothing stops yet: the files are staged and the data is migrated")]
    if row.reboot_required:
        words = f"each of {hosts} hosts is then to be locked, deployed and unlocked, one by one"
        found.append(Consequence(words=words, tone=Tone.WARN))
    elif row.reboot_required is None:
        words = f"USM does not say whether the {hosts} hosts are to be locked for it"
        found.append(Consequence(words=words, tone=Tone.WARN))
    else:
        found.append(Consequence(words="in service: no host has to be locked for it"))
    found.append(Consequence(words="alarm 900.023 stands as long as the deploy is under way"))
    return tuple(found)


_NEEDS = ("releases", *ACT_NEEDS)


def _is_patch(row: Release, _known: Known) -> bool:
    return row.is_sw_patch


RELEASE_ACTIONS: Tuple[Action[Release], ...] = (
    UPLOAD,
    Action(
        name="precheck",
        key="P",
        words="precheck",
        plan=_precheck,
        form=ForceForm,
        risk=lambda _row, _form, _known: Risk.HARMLESS,
        reasons=lambda row, _form, known: (*_must_be(row, "available"), *_where(row, known)),
        needs=("releases", "hosts"),
        hidden=_is_patch,
    ),
    Action(
        name="start",
        key="S",
        words="start",
        plan=_start,
        form=ForceForm,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        reasons=start_reasons,
        consequences=_start_stops,
        ladder=start_ladder,
        failed=started_badly,
        needs=_NEEDS,
        hidden=_is_patch,
        aliases=("deploy-start",),
    ),
    Action(
        name="delete",
        key="D",
        words="delete",
        plan=_delete,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        reasons=lambda row, _form, known: (
            *_must_be(row, "available", "unavailable", "upload-failed"),
            *_needed_by(row, known),
        ),
        needs=("releases",),
    ),
    *sw_patch_acts.RELEASE_ACTIONS,
)

RELEASES: Kind[Release] = Kind(
    name="releases",
    singular="release",
    model=Release,
    read=Rest(service=SERVICE, path="/release", otherwise=sw_patch.PATCHES),
    id=lambda row: row.release_id,
    columns=(
        Column(heading="RELEASE", value=lambda row: row.release_id, most=28),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="RR", value=lambda row: how_deployed(row.reboot_required)),
        Column(heading="CVES", value=lambda row: len(row.cves) or None, right=True),
        Column(heading="SUMMARY", value=lambda row: row.summary, most=32),
        Column(heading="PACKAGES", value=lambda row: len(row.packages), right=True, wide=True),
    ),
    look=look,
    strip=strip,
    tabs=(Tab(key="o", title="Overview", figure=page),),
    state_fields=("state",),
    actions=RELEASE_ACTIONS,
    aliases=("software-releases",),
    every_s=EVERY_S,
)
