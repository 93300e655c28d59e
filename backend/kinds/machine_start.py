"""What is started under supervision, here or behind SSH: where, what forbids it, the bootstrap."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Answer,
    Asker,
    CommandWrite,
    Consequence,
    Form,
    Plan,
    Reason,
    Risk,
)
from backend.kinds.machine import MACHINES
from backend.known import Known
from backend.place import Phase
from backend.plan import HERE

PLAYBOOKS = "/usr/share/ansible/stx-ansible/playbooks"


class Somewhere(Form):
    """Where it runs."""

    machine: str = Field(default="", description="a host behind SSH; nothing: this machine")


def place_of(form: Any, known: Known) -> str:
    """Return the id of the machine that a form names by name or id, HERE where it names none."""
    named = str(getattr(form, "machine", "") or HERE)
    rows = known.rows(MACHINES)
    return next((str(row.uuid) for row in rows if named in (row.name, row.uuid)), named)


def places(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return the machines that can be chosen."""
    return {"machine": tuple(str(row.name) for row in known.rows(MACHINES))}


def is_there(form: Any, known: Known) -> Reason:
    """Return whether the machine that is named is one that can be asked."""
    check, at = "the machine is one of ours", place_of(form, known)
    if at == HERE or known.row(MACHINES, at) is not None:
        return Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)
    words = f"{at!r} is neither in ssh: of clouds.yaml nor known to sysinv"
    return Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)


def only_it_knows(check: str, machine: str) -> Reason:
    """Return a check of another machine that only that one can make."""
    words = f"only {machine} itself says; its log in :runs does"
    return Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)


def is_free(name: str, known: Known, machine: str = HERE) -> Reason:
    """Return whether no other program of that name runs under supervision there."""
    check = f"no other {name} runs there"
    found = [*known.rows("runs", machine), *known.rows("runs")]
    of_it = [row for row in found if row.machine == machine and row.name == name]
    running = [row for row in of_it if row.is_running]
    if running:
        words = f"{running[0].run} is running: follow it in :runs"
        return Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)
    if not (known.has("runs") or known.has("runs", machine)):
        words = "what runs was not read yet"
        return Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
    return Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)


def outlives(_row: Any, form: Any, known: Known) -> Tuple[Consequence, ...]:
    """Say that it goes on by itself."""
    at = place_of(form, known)
    here = "" if at == HERE else f" on {at}"
    words = f"it goes on{here} though this console ends or its line drops; :runs finds it again"
    return (Consequence(words=words),)


# --- bootstrap ---------------------------------------------------------------------------------


class Playbook(Somewhere):
    """What a playbook is run with; the files keep what is secret, mode 0600."""

    overrides: str = Field(default="", description="a file of variables (default: ~/localhost.yml)")
    vault_password_file: str = Field(default="", description="for variables in an Ansible vault")


def playbook_argv(name: str, form: Playbook) -> Tuple[str, ...]:
    """Return the argv that runs one of the platform's playbooks."""
    extra = ("-e", f"@{form.overrides}") if form.overrides else ()
    vault = ("--vault-password-file", form.vault_password_file) if form.vault_password_file else ()
    return ("ansible-playbook", f"{PLAYBOOKS}/{name}.yml", *extra, *vault)


def _bootstrap(_row: Any, form: Playbook, known: Known) -> Plan:
    at = place_of(form, known)
    which = "this controller" if at == HERE else at
    words = f"bootstrap {which} by the platform's playbook, under supervision"
    argv = playbook_argv("bootstrap", form)
    return Plan.of(CommandWrite(argv=argv, machine=at, sentence=words, run="bootstrap"))


def _bootstrap_reasons(_row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    place, check = known.place, "a controller that was not unlocked yet"
    at = place_of(form, known)
    if at != HERE:
        here = only_it_knows(check, at)
    elif place.phase in (Phase.INSTALLED, Phase.BOOTSTRAPPED):
        here = Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)
    else:
        words = f"this machine is: {place.phase.value}"
        here = Reason(check=check, answer=Answer.NO, words=words, asker=Asker.OURS)
    return (is_there(form, known), here, is_free("bootstrap", known, at))


def disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    """Return the risk of what changes a system, and can be done again."""
    return Risk.DISRUPTIVE


BOOTSTRAP: Action[Any] = Action(
    name="bootstrap",
    key="B",
    words="bootstrap a controller",
    form=Playbook,
    choices=places,
    plan=_bootstrap,
    risk=disruptive,
    reasons=_bootstrap_reasons,
    consequences=outlives,
    needs=("runs", MACHINES),
    on_kind=True,
)
