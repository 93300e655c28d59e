"""What can be done to an application of the platform, and where it is really at its end.

sysinv takes an order at once and works it off in the background: its status says how that goes,
and ``progress`` in words. A tarball is one of the active controller's own files.
"""

from __future__ import annotations

from typing import Any, Dict, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Json, Plan, RestWrite, Risk, Rung
from backend.kinds.application_packages import ENDS
from backend.kinds.application_update import UPDATE
from backend.known import Known
from backend.reason import Reason
from backend.tone import Tone

# In which status sysinv takes which order (its kube_app.py); in all others it refuses.
TAKES: Dict[str, Tuple[str, ...]] = {
    "apply": ("uploaded", "applied", "apply-failed"),
    "remove": ("applied", "apply-failed", "remove-failed"),
    "abort": ("applying", "updating", "removing"),
    "delete": ("uploaded", "upload-failed"),
}
# What a deletion of these takes with it is said more plainly than of others.
_GIVES = {
    "platform-integ-apps": "volumes of Ceph: claims are not filled any more",
    "rook-ceph": "Ceph itself: all its volumes",
    "cert-manager": "certificates: none is renewed any more",
    "nginx-ingress-controller": "the way in: no ingress answers any more",
    "oidc-auth-apps": "logins by OIDC",
}


class TarballForm(Form):
    """An application's package, as it lies on the active controller."""

    tarfile: str = Field(min_length=1, description="its path on the active controller")
    name: str = Field(default="", description="another name than the package says")
    version: str = Field(default="", description="another version than the package says")


def _is_package(_row: Any, form: Any, _known: Known) -> Tuple[Reason, ...]:
    check = "its package is a file of the controller"
    if form.tarfile.startswith("/") and form.tarfile.endswith(ENDS):
        return (Reason.passes(check),)
    return (Reason.no(check, f"{form.tarfile} is no path of a .tgz or .tar.gz there"),)


def _refused(verb: str) -> Any:
    def reasons(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
        takes, check = TAKES[verb], f"its status allows {verb}"
        words = f"it is {row.status}, and {verb} is taken where it is {' or '.join(takes)}"
        said = Reason.passes(check) if row.status in takes else Reason.no(check, words)
        return (said,)

    return reasons


def _directed(directive: str) -> Any:
    def plan(row: Any, _form: Any, _known: Known) -> Plan:
        write = RestWrite(
            service="sysinv",
            method="PATCH",
            path=f"/apps/{row.name}?directive={directive}",
            body={"values": {}},
            command=("system", f"application-{directive}", row.name),
            sentence=f"{directive} the application {row.name}",
        )
        return Plan.of(write)

    return plan


def _until(end: str, during: str, says: str) -> Any:
    def has(row: Any, *words: str) -> bool:
        return row is not None and row.status in words

    def ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
        return (
            Rung(
                name="sysinv works it off",
                reached=lambda row, _known: has(row, during, end),
                says=during,
            ),
            Rung(name=says, reached=lambda row, _known: has(row, end), says=end, settles=True),
        )

    return ladder


def _gave_up(row: Any, _known: Known) -> str:
    status = row.status or ""
    return f"{status}: {row.progress or 'no word why'}" if status.endswith("-failed") else ""


def _stops(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    gives = _GIVES.get(row.name, "its pods and what they serve")
    return (Consequence(words=f"{row.name} stops, and with it {gives}", tone=Tone.BAD),)


def _rolled(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    if row.status != "applied":
        return ()
    return (Consequence(words="it runs already: what its overrides changed is rolled out"),)


def _halfway(_row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = "what was installed so far stays as it is: apply or remove it after"
    return (Consequence(words=words, tone=Tone.WARN),)


def _deleted(row: Any, _form: Any, _known: Known) -> Plan:
    write = RestWrite(
        service="sysinv",
        method="DELETE",
        path=f"/apps/{row.name}",
        command=("system", "application-delete", row.name),
        sentence=f"delete the package and the overrides of {row.name}",
    )
    return Plan.of(write)


def _uploaded(_row: Any, form: TarballForm, _known: Known) -> Plan:
    body: Dict[str, Json] = {"tarfile": form.tarfile}
    body.update({"name": form.name} if form.name else {})
    body.update({"app_version": form.version} if form.version else {})
    named = ("-n", form.name) if form.name else ()
    versioned = ("-v", form.version) if form.version else ()
    write = RestWrite(
        service="sysinv",
        method="POST",
        path="/apps",
        body=body,
        command=("system", "application-upload", form.tarfile, *named, *versioned),
        sentence=f"upload the application of {form.tarfile}",
    )
    return Plan.of(write)


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _action(verb: str, key: str, words: str, plan: Any, **more: Any) -> Action[Any]:
    return Action(
        name=verb,
        key=key,
        words=words,
        plan=plan,
        risk=more.pop("risk", _disruptive),
        reasons=_refused(verb),
        **more,
    )


def _destructive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE


UPLOAD: Action[Any] = Action(
    name="upload",
    key="U",
    words="Upload a package",
    plan=_uploaded,
    risk=lambda _row, _form, _known: Risk.HARMLESS,
    form=TarballForm,
    reasons=_is_package,
    on_kind=True,
)

APPLICATION_ACTS: Tuple[Action[Any], ...] = (
    _action(
        "apply",
        "A",
        "Apply",
        _directed("apply"),
        ladder=_until("applied", "applying", "applied, its pods roll out"),
        failed=_gave_up,
        consequences=_rolled,
    ),
    _action(
        "remove",
        "R",
        "Remove",
        _directed("remove"),
        risk=_destructive,
        ladder=_until("uploaded", "removing", "removed, its package stays"),
        failed=_gave_up,
        consequences=_stops,
    ),
    _action("abort", "B", "Abort", _directed("abort"), consequences=_halfway),
    UPDATE,
    _action("delete", "X", "Delete", _deleted, risk=_destructive),
    UPLOAD,
)
