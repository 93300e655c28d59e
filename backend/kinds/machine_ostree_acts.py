"""What can be done with OSTree on a machine, where nobody else owns its software."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from backend.figure import Jump
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
from backend.kinds.machine_ostree_status import looked_again
from backend.known import Known
from backend.plan import HERE
from backend.tone import Tone

# Reading every object of a repository takes long on a slow disk, in seconds.
CHECK_S = 3600.0
DEPLOY_S = 900.0
DEPLOYMENTS = "ostree-deployments"


def _run(
    says: Callable[[Any], str], argv: Callable[[Any, Known], Tuple[str, ...]], within_s: float
) -> Any:
    def plan(row: Any, _form: Form, known: Known) -> Plan:
        return Plan.of(
            CommandWrite(
                argv=argv(row, known),
                machine=row.machine,
                sentence=says(row),
                deadline_s=within_s,
            )
        )

    return plan


def _by_index(says: Callable[[Any], str], *verb: str, within_s: float = 60.0) -> Any:
    """Return the plan of an act that OSTree knows by index alone: it looks again before it acts."""
    act = _run(says, lambda row, _known: ("ostree", "admin", *verb, str(row.index)), within_s)

    def plan(row: Any, form: Form, known: Known) -> Plan:
        return Plan(steps=(looked_again(row), *act(row, form, known).steps))

    return plan


def is_free(machine: str, known: Known) -> Reason:
    """Return whether USM leaves the software of a machine to others.

    On a host of StarlingX it is USM that deploys: what is changed behind its back it calls out of
    sync, and its next deploy undoes or breaks.
    """
    check = "USM does not own this machine's software"
    is_host = known.place.is_starlingx if machine == HERE else _is_a_host(machine, known)
    if is_host:
        words = "USM does: deploy a release there, or turn its deploy back"
        where = Jump(kind="releases")
        return Reason(check=check, answer=Answer.NO, words=words, jump=where, asker=Asker.OURS)
    if machine != HERE:
        words = "none of this cloud's hosts is called so: whether it is one is not known"
        words = words if known.rows("hosts") else "hosts not read: whether it is one is not known"
        return Reason(check=check, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)
    return Reason(check=check, answer=Answer.PASSES, asker=Asker.OURS)


def _is_a_host(machine: str, known: Known) -> bool:
    """Whether a machine behind SSH, by its name or its address, is a host of this cloud."""
    row = known.row(MACHINES, machine)
    called = {machine, *((row.name, row.address) if row is not None else ())}
    hosts = known.rows("hosts")
    named = {name for host in hosts for name in (host.name, host.body.get("mgmt_ip"))}
    return bool(called & named - {"", None})


def _free(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    return (is_free(row.machine, known),)


def _check(check: str, words: str) -> Reason:
    answer = Answer.NO if words else Answer.PASSES
    return Reason(check=check, answer=answer, words=words)


def _undeploy_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    return (
        is_free(row.machine, known),
        _check("it does not run", "it is what runs now" if row.is_booted else ""),
        _check("it is not pinned", "it is pinned: unpin it first" if row.pinned else ""),
    )


def _rollback_reasons(row: Any, _form: Form, known: Known) -> Tuple[Reason, ...]:
    words = "the next boot brings it as it is" if row.index == 0 else ""
    return (is_free(row.machine, known), _check("it is not next already", words))


def _next_boot(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    return (
        Consequence(words="nothing that runs changes before the next boot"),
        Consequence(words="that boot brings another tree; /var stays as it is", tone=Tone.WARN),
        Consequence(words="what is neither pinned, running nor the way back is taken away"),
    )


def _taken(row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    words = f"{row.commit[:12]} can't be booted any more; the one way back there may be"
    return (Consequence(words=words, tone=Tone.WARN),)


def _stateroot(row: Any, known: Known) -> str:
    """Return the stateroot that a commit would be deployed in: that of what runs, or is next."""
    rows = known.rows(DEPLOYMENTS, row.machine) or known.rows(DEPLOYMENTS)
    mine = [one for one in rows if one.machine == row.machine]
    found = next((one.stateroot for one in mine if one.is_booted), "")
    return str(found or next((one.stateroot for one in mine), "debian"))


def _deploy_argv(row: Any, known: Known) -> Tuple[str, ...]:
    root = getattr(row, "stateroot", "") or _stateroot(row, known)
    return ("ostree", "admin", "deploy", f"--os={root}", row.commit)


def _risk(risk: Risk) -> Any:
    return lambda _row, _form, _known: risk


def _named(row: Any) -> str:
    return " ".join(filter(None, (row.commit[:12], row.version)))


DEPLOYMENT_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="pin",
        key="P",
        words="pin",
        plan=_by_index(
            lambda row: f"keep {_named(row)}: no deploy and no cleanup takes it away", "pin"
        ),
        risk=_risk(Risk.DISRUPTIVE),
        reasons=lambda row, _form, _known: (
            _check("it is not pinned yet", "it is pinned" if row.pinned else ""),
        ),
        needs=("hosts", MACHINES),
    ),
    Action(
        name="unpin",
        key="U",
        words="unpin",
        plan=_by_index(
            lambda row: f"let {_named(row)} be taken away by a deploy or a cleanup",
            *("pin", "--unpin"),
        ),
        risk=_risk(Risk.DISRUPTIVE),
        reasons=lambda row, _form, _known: (
            _check("it is pinned", "" if row.pinned else "it is not pinned"),
        ),
        needs=("hosts", MACHINES),
    ),
    Action(
        name="rollback",
        key="R",
        words="boot next into",
        plan=_run(
            lambda row: f"deploy {_named(row)} once more, for the next boot", _deploy_argv, DEPLOY_S
        ),
        risk=_risk(Risk.DESTRUCTIVE),
        reasons=_rollback_reasons,
        consequences=_next_boot,
        needs=("hosts", MACHINES),
    ),
    Action(
        name="undeploy",
        key="D",
        words="undeploy",
        plan=_by_index(
            lambda row: f"take {_named(row)} away from what can be booted",
            "undeploy",
            within_s=DEPLOY_S,
        ),
        risk=_risk(Risk.DESTRUCTIVE),
        reasons=_undeploy_reasons,
        consequences=_taken,
        needs=("hosts", MACHINES),
    ),
    Action(
        name="cleanup",
        key="C",
        words="clean up beside",
        plan=_run(
            lambda row: f"delete what no deployment of {row.machine} needs any more",
            lambda _row, _known: ("ostree", "admin", "cleanup"),
            DEPLOY_S,
        ),
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_free,
        needs=("hosts", MACHINES),
    ),
)

COMMIT_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="deploy",
        key="Y",
        words="deploy",
        plan=_run(lambda row: f"deploy {_named(row)} for the next boot", _deploy_argv, DEPLOY_S),
        risk=_risk(Risk.DESTRUCTIVE),
        reasons=_free,
        consequences=_next_boot,
        needs=("hosts", MACHINES),
    ),
)


def _marks(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    words = "a commit with a missing object is marked as partial: it is not deployed any more"
    return (
        Consequence(words="every object is read: the disk is busy for minutes"),
        Consequence(words=words),
        Consequence(words="who signed is another question: page Signatures of a commit"),
    )


REF_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="verify",
        key="V",
        words="verify the repository of",
        plan=_run(
            lambda row: f"read and check every object of the repository of {row.machine}",
            lambda _row, _known: ("ostree", "fsck", "--quiet"),
            CHECK_S,
        ),
        risk=_risk(Risk.DISRUPTIVE),
        consequences=_marks,
        aliases=("fsck",),
    ),
)
