"""What is to be carried off: support bundles of ``collect``, and backups."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    Answer,
    Asker,
    Body,
    Column,
    Command,
    CommandWrite,
    Consequence,
    Kind,
    Plan,
    Reach,
    Reason,
)
from backend.kinds.machine import MACHINE, MACHINES, size, split_rows
from backend.kinds.machine_carry import CARRY, KeptFile, harmless, written_by
from backend.kinds.machine_start import (
    Playbook,
    Somewhere,
    disruptive,
    is_free,
    is_there,
    only_it_knows,
    outlives,
    place_of,
    places,
    playbook_argv,
)
from backend.known import Known
from backend.plan import HERE
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import DAY_MS, day, span

# From which age on a backup is told, in days.
OLD_DAYS = 30
# Slashes in the path of a whole bundle; the hosts' own stand in a folder of its name meanwhile.
WHOLE = 2


def files_of_find(text: str) -> Iterable[Body]:
    r"""Parse ``find -printf '%s %T@ %p\n'``: bytes, instant in seconds, path."""
    return [
        {"path": one["path"], "size": int(one["size"]), "at_ms": round(float(one["at_s"]) * 1000)}
        for one in split_rows(text, ("size", "at_s", "path"), " ")
    ]


# --- collect -----------------------------------------------------------------------------------


class Collect(Somewhere):
    """Of which hosts; without any, of the one it runs on."""

    hosts: str = Field(default="", description="names, or all")
    name: str = Field(default="", description="what its file's name begins with")
    password: str = Field(
        default="",
        description="of sudo, which collect asks for",
        json_schema_extra={"secret": True},
    )


def _collect(_row: Any, form: Collect, known: Known) -> Plan:
    at = place_of(form, known)
    names = form.hosts.replace(",", " ").split()
    hosts = ("--all",) if names == ["all"] else ("--list", *names) if names else ()
    prefix = ("--name", form.name) if form.name else ()
    write = CommandWrite(
        argv=("collect", *hosts, *prefix),
        machine=at,
        sentence=f"collect a support bundle of {form.hosts or 'that host'} into its /scratch",
        given=f"{form.password}\n",
        run="collect",
    )
    return Plan.of(write)


def _collect_reasons(_row: Any, form: Collect, known: Known) -> Tuple[Reason, ...]:
    at, check = place_of(form, known), "one is not root"
    root = Answer.NO if known.place.is_root else Answer.PASSES
    words = "collect refuses root: start the console as sysadmin"
    user = Reason(check=check, answer=root, words=words, asker=Asker.OURS)
    bad = [one for one in form.hosts.replace(",", " ").split() if one.startswith("-")]
    names = Answer.NO if bad else Answer.PASSES
    return (
        is_there(form, known),
        user if at == HERE else only_it_knows(check, at),
        Reason(check="hosts are named", answer=names, words=f"{bad} is no host", asker=Asker.OURS),
        is_free("collect", known, at),
    )


COLLECT: Action[KeptFile] = Action(
    name="collect",
    key="T",
    words="collect a bundle",
    form=Collect,
    choices=places,
    plan=_collect,
    risk=harmless,
    reasons=_collect_reasons,
    consequences=outlives,
    needs=("runs", MACHINES),
    on_kind=True,
)

_FIND = ("-type", "f", "-printf", "%s %T@ %p\\n")
_ABSENT = frozenset({0, 1})  # a folder that is not there leaves code 1


def _kept(name: str, singular: str, find: Tuple[str, ...], **more: Any) -> Kind[KeptFile]:
    """Return a kind of files to be carried off, found by ``find``."""
    given = {"needs": (MACHINES,), "every_s": 10.0, **more}
    return Kind(
        name=name,
        singular=singular,
        model=KeptFile,
        read=Command(argv=("find", *find, *_FIND), parse=files_of_find, codes=_ABSENT),
        parent=MACHINES,
        reach=Reach.PER_PARENT,
        id=lambda row: f"{row.machine}/{row.path}",
        label=lambda row: row.file,
        columns=(
            MACHINE,
            Column(heading="FILE", value=lambda row: row.file, most=48),
            Column(heading="SIZE", value=lambda row: size(row.size), right=True),
            Column(heading="WHEN", value=lambda row: day(row.at_ms)),
            Column(heading="FOLDER", value=lambda row: row.path.rpartition("/")[0], most=32),
        ),
        sort=lambda row, _known: -row.at_ms,
        is_inventory=False,
        **given,
    )


def _collecting(known: Known, machine: str = "") -> Optional[Any]:
    """Return the collect that runs, on a machine or on any."""
    running = (row for row in known.rows("runs") if row.name == "collect" and row.is_running)
    return next((row for row in running if machine in ("", row.machine)), None)


def _is_written(row: KeptFile, known: Known) -> bool:
    """Whether what runs there writes it."""
    run = written_by(row, known)
    return run is not None and run.is_running


def _making_look(row: KeptFile, known: Known) -> Optional[Look]:
    """Say of a file that it is being made, or that its making failed; None of one that is whole."""
    run = written_by(row, known)
    if run is None:
        return None
    if run.is_running:
        words = f"{run.name} writes it: {size(row.size)} so far"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    words = f"the {run.name} that wrote it {run.stands}: it may not be whole"
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))


def _bundle_look(row: KeptFile, known: Known) -> Look:
    return _making_look(row, known) or WELL


def _bundles_verdict(known: Known) -> Verdict:
    run, rows = _collecting(known), known.rows("bundles")
    if run is not None:
        written = [row for row in rows if row.machine == run.machine and _is_written(row, known)]
        # The whole is made of the hosts' own: as long as those are gathered it is their sum.
        wholes = [row for row in written if row.path.count("/") == WHOLE]
        count = sum(row.size for row in wholes or written)
        since = span(known.now_ms - run.began_ms) if run.began_ms is not None else "a while"
        text = f"collect runs for {since}, {size(count)} so far: {run.last}"
        return Verdict(word="RUNNING", text=text, more="Enter on it in :runs", tone=Tone.BUSY)
    if not rows and not known.has("bundles"):
        return Verdict(word="READING", text="/scratch was not read yet.", tone=Tone.PLAIN)
    if not rows:
        text = "no bundle is kept in /scratch; T collects one"
        return Verdict(word="", text=text, tone=Tone.PLAIN)
    last = max(rows, key=lambda row: row.at_ms)
    text = f"the last of {len(rows)}, {size(last.size)}, {span(known.now_ms - last.at_ms)} ago"
    more = "M copies it to a medium, and compares it there"
    return Verdict(word="WELL", text=text, more=more, tone=Tone.GOOD)


BUNDLES = _kept(
    "bundles",
    "bundle",
    ("/scratch", "-maxdepth", "2", "(", "-name", "*.tar", "-o", "-name", "*.tgz", ")"),
    tab="T Bundles",
    aliases=("collect",),
    look=_bundle_look,
    verdict=_bundles_verdict,
    needs=(MACHINES, "runs"),
    every_s=3.0,
    actions=(COLLECT, CARRY),
)

# --- backups -----------------------------------------------------------------------------------


def _backup(_row: Any, form: Playbook, known: Known) -> Plan:
    at = place_of(form, known)
    words = "back up the platform by its playbook, under supervision, into /opt/backups"
    argv = playbook_argv("backup", form)
    return Plan.of(CommandWrite(argv=argv, machine=at, sentence=words, run="backup"))


def _backup_reasons(_row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    at, check = place_of(form, known), "the active controller"
    active = known.place.is_active
    answer = {True: Answer.PASSES, False: Answer.NO, None: Answer.CANT_TELL}[active]
    words = "a backup is made on the active controller"
    here = Reason(check=check, answer=answer, words=words, asker=Asker.OURS)
    return (
        is_there(form, known),
        here if at == HERE else only_it_knows(check, at),
        is_free("backup", known, at),
    )


def _while_it_runs(_row: Any, form: Any, known: Known) -> Tuple[Consequence, ...]:
    words = "until it ends the platform refuses a lock, an unlock and a swact (alarm 210.001)"
    return (Consequence(words=words, tone=Tone.WARN), *outlives(_row, form, known))


BACKUP: Action[KeptFile] = Action(
    name="backup",
    key="K",
    words="back up the platform",
    form=Playbook,
    choices=places,
    plan=_backup,
    risk=disruptive,
    reasons=_backup_reasons,
    consequences=_while_it_runs,
    needs=("runs", MACHINES),
    on_kind=True,
)


def _newest(known: Known) -> Dict[str, KeptFile]:
    """Return the newest backup of each machine that is whole as far as anybody knows."""
    found: Dict[str, KeptFile] = {}
    for row in sorted(known.rows("backups"), key=lambda row: int(row.at_ms)):
        if written_by(row, known) is None:
            found[row.machine] = row
    return found


def _backup_look(row: KeptFile, known: Known) -> Look:
    made = _making_look(row, known)
    if made is not None:
        return made
    if _newest(known).get(row.machine) is not row:
        return Look(mark=Mark.OUT)
    age_ms = known.now_ms - row.at_ms
    if age_ms >= OLD_DAYS * DAY_MS:
        words = f"the newest there is, and {span(age_ms)} old"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


def _backups_verdict(known: Known) -> Verdict:
    rows = _newest(known)
    making = [row for row in known.rows("backups") if _is_written(row, known)]
    if making:
        text = f"a backup is written, {size(making[0].size)} so far: {making[0].path}"
        return Verdict(word="RUNNING", text=text, more="Enter on it in :runs", tone=Tone.BUSY)
    if not rows and not known.has("backups"):
        return Verdict(word="READING", text="no machine was looked at yet.", tone=Tone.PLAIN)
    if not rows:
        text = "no backup is kept on any machine looked at"
        return Verdict(word="WARN", text=text, more="K makes one", tone=Tone.WARN)
    row = max(rows.values(), key=lambda one: one.at_ms)
    age_ms = known.now_ms - row.at_ms
    is_old = age_ms >= OLD_DAYS * DAY_MS
    text = f"last backup {span(age_ms)} ago, {size(row.size)}: {row.path}"
    return Verdict(
        word="WARN" if is_old else "WELL",
        text=text,
        more="M copies it to a medium: what is only here is lost with the machine",
        tone=Tone.WARN if is_old else Tone.GOOD,
    )


BACKUPS = _kept(
    "backups",
    "backup",
    ("/opt/backups", "/opt/platform-backup", "-maxdepth", "2", "-name", "*backup*.tgz*"),
    tab="K Backups",
    needs=(MACHINES, "runs"),
    look=_backup_look,
    verdict=_backups_verdict,
    actions=(BACKUP, CARRY),
)
BUNDLES_OF_MACHINE: Tuple[Kind[KeptFile], ...] = (BUNDLES, BACKUPS)
