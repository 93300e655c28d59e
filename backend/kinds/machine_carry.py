"""Files onto a medium that a person plugged in: which file, which medium, what forbids it."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Answer,
    Asker,
    Consequence,
    FileCopy,
    Form,
    Plan,
    Reason,
    Risk,
)
from backend.kinds.machine import OfMachine, size
from backend.known import Known
from backend.plan import HERE


class KeptFile(OfMachine):
    """A file that is to be carried off. Size in bytes."""

    path: str
    size: int
    at_ms: int

    @property
    def file(self) -> str:
        """Its name without its folder."""
        return self.path.rpartition("/")[2]

    @property
    def made_by(self) -> str:
        """What a run that makes such a file is called."""
        return "backup" if self.path.startswith("/opt/") else "collect"


def written_by(row: KeptFile, known: Known) -> Optional[Any]:
    """Return the run under supervision that writes a file, or failed while it wrote it."""
    for run in known.rows("runs"):
        is_its = run.name == row.made_by and run.machine == row.machine
        if not is_its or run.began_ms is None or row.at_ms < run.began_ms:
            continue
        has_failed = bool(run.status) and row.at_ms <= (run.ended_ms or 0)
        if run.is_running or has_failed:
            return run
    return None


class ToMedium(Form):
    """Where to: a folder at which a medium is mounted."""

    folder: str = Field(description="where the medium is mounted, as :media says")


def _media(known: Known) -> Tuple[str, ...]:
    return tuple(
        row.mountpoint
        for row in known.rows("media", HERE)
        if row.mountpoint and row.mountpoint not in {"/", "/boot"} and not row.ro
    )


def _folders(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"folder": _media(known)}


def _carry(row: KeptFile, form: ToMedium, _known: Known) -> Plan:
    words = f"copy {row.file} to the medium at {form.folder}, and compare it there"
    machine = "" if row.machine == HERE else row.machine
    return Plan.of(FileCopy(path=row.path, folder=form.folder, sentence=words, machine=machine))


def harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    """Return the risk of what changes nothing that is there."""
    return Risk.HARMLESS


def _on_this_machine(row: OfMachine) -> Reason:
    words = "it is on another machine: fetch it from there first (scp)"
    answer = Answer.PASSES if row.machine == HERE else Answer.NO
    return Reason(check="it is on this machine", answer=answer, words=words, asker=Asker.OURS)


def _is_whole(row: KeptFile, known: Known) -> Reason:
    run, check = written_by(row, known), "it is whole"
    if run is None and not known.has("runs"):
        words = "what runs was not read yet"
        return Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
    if run is None:
        return Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)
    if run.is_running:
        words = f"{run.name} writes it still: follow it in :runs"
        return Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)
    words = f"the {run.name} that wrote it {run.stands}"
    return Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)


def _carry_reasons(row: KeptFile, form: ToMedium, known: Known) -> Tuple[Reason, ...]:
    check = "a medium is mounted there"
    if form.folder in _media(known):
        mounted = Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)
    else:
        words = "no removable medium is known there; what is no mount is refused"
        mounted = Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
    return (_is_whole(row, known), mounted)


def _carry_consequences(row: KeptFile, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    if row.machine == HERE:
        return ()
    words = f"all of it comes over SSH from {row.machine}: {size(row.size)}"
    return (Consequence(words=words),)


CARRY: Action[Any] = Action(
    name="copy",
    key="M",
    words="copy to a medium",
    form=ToMedium,
    plan=_carry,
    risk=harmless,
    choices=_folders,
    reasons=_carry_reasons,
    consequences=_carry_consequences,
    needs=("media", "runs"),
)


class FromHere(Form):
    """Which file."""

    path: str = Field(description="a file of this machine")


def _put(row: Any, form: FromHere, _known: Known) -> Plan:
    words = f"copy {form.path} to {row.label or row.name}, and compare it there"
    return Plan.of(FileCopy(path=form.path, folder=row.mountpoint or "-", sentence=words))


def _put_reasons(row: Any, _form: FromHere, _known: Known) -> Tuple[Reason, ...]:
    check, words = (
        "it is mounted, and can be written",
        f"mount it first: mount /dev/{row.name} /mnt",
    )
    answer = Answer.PASSES if row.mountpoint and not row.ro else Answer.NO
    return (
        _on_this_machine(row),
        Reason(check=check, answer=answer, words=words, asker=Asker.OURS),
    )


PUT: Action[Any] = Action(
    name="put",
    key="P",
    words="copy a file to",
    form=FromHere,
    plan=_put,
    risk=harmless,
    reasons=_put_reasons,
)
