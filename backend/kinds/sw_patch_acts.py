"""What can be done where sw-patch is: apply and remove patches, install them host by host."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import (
    Action,
    Answer,
    Consequence,
    Form,
    Plan,
    Reason,
    Risk,
    Rung,
    Step,
)
from backend.kinds import sw_patch
from backend.known import Known
from backend.tone import Tone

_IN = ("deploying", "deployed", "committed")


def _one(write: Any) -> Plan:
    return Plan(steps=(Step(write=write, refusal=sw_patch.refusal, says=sw_patch.info),))


def _named(verb: str, sentence: str) -> Callable[[Any, Form, Known], Plan]:
    def plan(row: Any, _form: Form, _known: Known) -> Plan:
        said = sentence.format(row.release_id)
        return _one(sw_patch.write(verb, row.release_id, sentence=said))

    return plan


DELETE = _named("delete", "Take {} out of the repository; it would have to be uploaded again.")


def _check(check: str, words: str, jump: Optional[Jump] = None) -> Reason:
    return Reason.no(check, words, jump) if words else Reason.passes(check)


def _idle(known: Known) -> Reason:
    """sw-patch takes neither while any host installs."""
    check = "no host is installing patches"
    if not known.has("deploy-hosts"):
        return Reason.cant_tell(check, "the hosts' patches were not read")
    busy = [row.hostname for row in known.rows("deploy-hosts") if row.host_state == "deploying"]
    jump = Jump(kind="deploy-hosts", id=busy[0]) if busy else None
    return _check(check, f"{', '.join(busy)} is installing" if busy else "", jump)


def _apply_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    states = {one.release_id: one.state for one in known.rows("releases")}
    missing = [one for one in row.requires if states.get(one) not in _IN]
    is_there = "" if row.state in {"available", "removing"} else f"it is {row.state}"
    jump = Jump(kind="releases", id=missing[0]) if missing else None
    wants = f"it requires {', '.join(missing)}: apply that first" if missing else ""
    return (
        _check("it is not applied yet", is_there),
        _check("what it requires is applied", wants, jump),
        _idle(known),
        Reason.cant_tell("its base is the last commit of the feed, and its own pre-apply check"),
    )


def _remove_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    rows = known.rows("releases")
    by = [o.release_id for o in rows if row.release_id in o.requires and o.state in _IN]
    jump = Jump(kind="releases", id=by[0]) if by else None
    return (
        _check("it is applied", "" if row.state in _IN else f"it is {row.state}"),
        _check("it is not committed", "it is committed" if row.state == "committed" else ""),
        _check("it can be removed at all", "it says it can't" if row.unremovable else ""),
        _check("no applied patch requires it", f"{', '.join(by)} requires it" if by else "", jump),
        _idle(known),
        Reason.cant_tell("no application wants it"),
    )


def _stops(row: Any, _form: Form, known: Known) -> Tuple[Consequence, ...]:
    hosts = len(known.rows("deploy-hosts")) or len(known.rows("hosts"))
    first = Consequence(words="nothing stops yet: the repository changes, and no host")
    if not row.reboot_required:
        words = f"each of {hosts} hosts installs it in service, one by one"
        return (first, Consequence(words=words))
    words = f"each of {hosts} hosts is then to be locked, installed and unlocked, one by one"
    return (first, Consequence(words=words, tone=Tone.WARN))


_NEEDS = ("releases", "deploy-hosts", "hosts")


def _disruptive(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _hidden(row: Any, _known: Known) -> bool:
    return not row.is_sw_patch


RELEASE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="apply",
        key="A",
        words="apply",
        plan=_named("apply", "Put {} into what the hosts are to run; each installs it later."),
        risk=_disruptive,
        reasons=_apply_reasons,
        consequences=_stops,
        hidden=_hidden,
        needs=_NEEDS,
    ),
    Action(
        name="remove",
        key="R",
        words="remove",
        plan=_named("remove", "Take {} out of what the hosts are to run; each undoes it later."),
        risk=_disruptive,
        reasons=_remove_reasons,
        consequences=_stops,
        hidden=_hidden,
        needs=_NEEDS,
    ),
)

# --- host by host ------------------------------------------------------------------------------


class InstallForm(Form):
    """Whether it is to be installed on an unlocked host as well."""

    force: bool = Field(default=False, description="install although the host is not locked")


def _install(row: Any, form: InstallForm, _known: Known) -> Plan:
    more = "/force" if form.force else ""
    sentence = f"Have {row.hostname} install what is applied, and undo what was removed."
    return _one(sw_patch.write("host_install_async", row.hostname, more=more, sentence=sentence))


def _install_reasons(row: Any, form: InstallForm, known: Known) -> Tuple[Reason, ...]:
    host = next((one for one in known.rows("hosts") if one.name == row.hostname), None)
    check = "locked, as a reboot is required"
    found: List[Reason] = [
        _check("it has something to install", "it is current" if row.is_current else ""),
        _check("it is not installing", "it is" if row.host_state == "deploying" else ""),
    ]
    if not row.reboot_required or form.force:
        return (*found, Reason.passes(check))
    if host is None:
        return (*found, Reason.cant_tell(check, f"{row.hostname} was not read"))
    is_out = host.administrative == "locked"
    words = "" if is_out else f"it is {host.administrative}: lock it first"
    return (*found, _check(check, words, Jump(kind="hosts", id=host.uuid)))


def _install_stops(row: Any, form: InstallForm, _known: Known) -> Tuple[Consequence, ...]:
    if form.force:
        words = "what it runs is replaced under it; it runs the new only after its next boot"
        return (Consequence(words=words, tone=Tone.WARN),)
    if row.reboot_required:
        return (Consequence(words="it runs the new from its unlock on"),)
    return (Consequence(words="in service: the patch's own scripts restart what it changes"),)


def _ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    def is_in(*states: str) -> Callable[[Any, Known], bool]:
        return lambda row, _known: bool(row and row.host_state in states)

    return (
        Rung(name="taken up", reached=is_in("deploying", "deployed"), says="installing"),
        Rung(name="installed", reached=is_in("deployed"), says="patch current"),
    )


def _failed(row: Any, _known: Known) -> str:
    if row is None or row.host_state != "failed":
        return ""
    if row.agent_state == "install-rejected":
        return f"{row.hostname} rejected it: a host is to be locked first, or forced"
    return f"sw-patch says {row.agent_state}: the reason is in patching.log there"


HOST_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="install",
        key="I",
        words="install patches on",
        plan=_install,
        form=InstallForm,
        risk=lambda _row, form, _known: Risk.DESTRUCTIVE if form.force else Risk.DISRUPTIVE,
        reasons=_install_reasons,
        consequences=_install_stops,
        ladder=_ladder,
        failed=_failed,
        hidden=_hidden,
        needs=("deploy-hosts", "hosts"),
        aliases=("host-install", "host-install-async"),
    ),
)

# --- a patch brought to it ---------------------------------------------------------------------


def uploads(file: Any, patience_s: float) -> Plan:
    """Return what brings a file to sw-patch, which answers when it is checked and unpacked."""
    write = sw_patch.write(
        "upload",
        "",
        words=(str(file),),
        sentence=f"Bring {file.name} onto the shelf; nothing is applied by that.",
        file=str(file),
        file_name=file.name,
        patience_s=patience_s,
    )
    return _one(write)


def takes(suffix: str) -> Reason:
    """Return whether sw-patch takes a file of that ending."""
    words = "" if suffix == ".patch" else "sw-patch takes a .patch alone"
    answer = Answer.NO if words else Answer.PASSES
    return Reason(check="a .patch", answer=answer, words=words, of_form=True)
