"""What can be done on a machine: what would be sent, what forbids it, what it says of itself."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, List, Optional

import pytest

from backend.kind import Action, Answer, CommandWrite, FileCopy, Form, Nothing, Write
from backend.kinds import kind_named
from backend.kinds.banner import banner
from backend.kinds.machine_bundles import BACKUP, BACKUPS, BUNDLES, COLLECT, Collect
from backend.kinds.machine_carry import CARRY, PUT, FromHere, ToMedium
from backend.kinds.machine_guards import GUARDS, guards_of
from backend.kinds.machine_printk import CONSOLE, LOUDER, QUIETER, console_of_proc
from backend.kinds.machine_runs import RUNS, STOP
from backend.kinds.machine_start import BOOTSTRAP, Playbook
from backend.known import Known
from backend.place import Phase, Place, find_place
from backend.preview import preview
from tests.backend.kinds import machines
from tests.backend.kinds.site import reading

NEW = replace(machines.STANDBY, phase=Phase.INSTALLED, is_active=None)


def sent(action: Action[Any], row: Any, form: Form, known: Optional[Known] = None) -> Write:
    (step,) = action.plan(row, form, known or machines.known()).steps
    return step.write


def no(action: Action[Any], row: Any, form: Form, known: Known) -> List[str]:
    return [one.words for one in action.reasons(row, form, known) if one.answer is Answer.NO]


def idle(place: Place = machines.STANDBY) -> Known:
    """Return a machine on which nothing runs under supervision."""
    known = machines.known(place)
    none = {("runs", ""): reading("runs", []), ("runs", "here"): reading("runs", [], "here")}
    return replace(known, readings={**known.readings, **none})


# --- bootstrap, collect, backup ----------------------------------------------------------------


def test_the_bootstrap_is_the_platforms_playbook_and_outlives_the_console() -> None:
    write = sent(BOOTSTRAP, None, Playbook(overrides="/home/sysadmin/localhost.yml"))
    assert isinstance(write, CommandWrite)
    assert write.argv == (
        *("ansible-playbook", "/usr/share/ansible/stx-ansible/playbooks/bootstrap.yml"),
        *("-e", "@/home/sysadmin/localhost.yml"),
    )
    assert write.run == "bootstrap"
    assert "outlives this console" in write.request


def test_only_a_controller_before_its_first_unlock_is_bootstrapped() -> None:
    assert no(BOOTSTRAP, None, Playbook(), idle(NEW)) == []
    assert no(BOOTSTRAP, None, Playbook(), idle()) == ["this machine is: configured"]
    assert no(BOOTSTRAP, None, Playbook(), idle(Place())) == [
        "this machine is: no StarlingX machine"
    ]


def test_what_runs_is_not_started_a_second_time() -> None:
    known = machines.known()
    (words,) = no(COLLECT, None, Collect(), known)
    assert words == "collect-20261121T023900Z is running: follow it in :runs"
    assert no(COLLECT, None, Collect(), idle()) == []


def test_collect_names_its_hosts_and_gives_its_password_where_nobody_reads_it() -> None:
    form = Collect(hosts="controller-0, worker-1", name="ticket4711", password="Knobel-7")
    write = sent(COLLECT, None, form)
    assert isinstance(write, CommandWrite)
    assert write.argv == (
        *("collect", "--list", "controller-0", "worker-1", "--name", "ticket4711"),
    )
    assert write.given == "Knobel-7\n"
    shown = preview(idle(), kind_named("bundles"), COLLECT, (), form)  # type: ignore[arg-type]
    assert "Knobel-7" not in f"{shown.requests}{shown.commands}{write!r}"
    everything = sent(COLLECT, None, Collect(hosts="all"))
    assert isinstance(everything, CommandWrite)
    assert everything.argv == ("collect", "--all")


def test_collect_is_refused_for_root_and_for_what_is_no_host() -> None:
    root = idle(replace(machines.STANDBY, user="sysadmin", is_root=True))
    assert no(COLLECT, None, Collect(), root) == [
        "collect refuses root: start the console as sysadmin"
    ]
    assert no(COLLECT, None, Collect(hosts="--clean"), idle()) == ["['--clean'] is no host"]


def test_a_backup_is_made_on_the_active_controller_alone() -> None:
    active = idle(replace(machines.STANDBY, is_active=True))
    assert no(BACKUP, None, Playbook(), active) == []
    assert no(BACKUP, None, Playbook(), idle()) == ["a backup is made on the active controller"]


def test_the_age_of_the_last_backup_is_told_and_only_the_newest_counts() -> None:
    known = machines.known()
    assert BACKUPS.verdict is not None
    said = BACKUPS.verdict(known)
    assert said.word == "WARN"
    assert said.text.startswith("last backup 42d ago, 1.2G: /opt/backups/localhost_platform")
    newest, older = sorted(known.rows("backups"), key=lambda row: -row.at_ms)
    assert BACKUPS.look(newest, known).notes == ("the newest there is, and 42d old",)
    assert BACKUPS.look(older, known).notes == ()
    none = replace(known, readings={**known.readings, ("backups", ""): reading("backups", [])})
    assert BACKUPS.verdict(none).text.startswith("no backup is kept")


def test_a_backup_that_is_written_or_failed_is_not_the_last_one_there_is() -> None:
    known = machines.known()
    newest, older = sorted(known.rows("backups"), key=lambda row: -row.at_ms)
    assert BACKUPS.verdict is not None
    began_ms = newest.at_ms - 1000
    run = {"machine": "here", "run": "backup-1", "name": "backup", "began_ms": began_ms}
    for more, words in (
        ({"is_running": True}, "backup writes it: 1.2G so far"),
        ({"status": 2, "ended_ms": newest.at_ms}, "failed (2): it may not be whole"),
    ):
        runs = reading("runs", [{**run, **more}])
        making = replace(known, readings={**known.readings, ("runs", ""): runs})
        assert words in BACKUPS.look(newest, making).notes[0]
        assert "the newest there is" in BACKUPS.look(older, making).notes[0]
        assert older.path in BACKUPS.verdict(making).text or more.get("is_running")
    assert BACKUPS.verdict(making).word == "WARN"
    # One that was made by a run that ended well, or by hand after one that failed, is whole.
    for more in ({"status": 0, "ended_ms": newest.at_ms}, {"status": 2, "ended_ms": began_ms + 1}):
        runs = reading("runs", [{**run, **more}])
        made = replace(known, readings={**known.readings, ("runs", ""): runs})
        assert "the newest there is" in BACKUPS.look(newest, made).notes[0]


def test_what_is_still_written_is_not_carried_off() -> None:
    known = machines.known()
    (row,) = known.rows("bundles")
    form = ToMedium(folder="/media/site7")
    assert no(CARRY, row, form, known) == ["collect writes it still: follow it in :runs"]
    unread = {key: one for key, one in known.readings.items() if key[0] != "runs"}
    reason, _ = CARRY.reasons(row, form, replace(known, readings=unread))
    assert (reason.answer, reason.words) == (Answer.CANT_TELL, "what runs was not read yet")
    assert RUNS.verdict is not None
    assert RUNS.verdict(replace(known, readings=unread)).word == "READING"


def test_a_run_is_ended_with_all_it_started_and_only_while_it_runs() -> None:
    rows = {row.name: row for row in machines.known().rows("runs")}
    write = sent(STOP, rows["collect"], Nothing())
    assert isinstance(write, CommandWrite)
    assert write.argv == ("kill", "-TERM", "--", "-3311")
    assert no(STOP, rows["collect"], Nothing(), machines.known()) == []
    assert no(STOP, rows["backup"], Nothing(), machines.known()) == ["it failed (2)"]
    assert RUNS.verdict is not None
    assert RUNS.verdict(machines.known()).text.startswith("collect runs for 2m: collecting")


def test_a_bundle_is_told_with_its_size_while_collect_writes_it() -> None:
    known = machines.known()
    (row,) = known.rows("bundles")
    assert BUNDLES.look(row, known).notes == ("collect writes it: 221M so far",)
    assert BUNDLES.verdict is not None
    said = BUNDLES.verdict(known)
    assert (said.word, said.text[:40]) == ("RUNNING", "collect runs for 2m, 221M so far: collec")
    folder = "/scratch/ALL_NODES_20261121.023900"
    hosts = [
        {"machine": "here", "path": f"{folder}/{name}.tgz", "size": 1 << 20, "at_ms": row.at_ms}
        for name in ("controller-0", "worker-0")
    ]
    gathering = reading("bundles", hosts)
    known = replace(known, readings={**known.readings, ("bundles", ""): gathering})
    assert "2.0M so far" in BUNDLES.verdict(known).text


def test_a_bundle_of_before_is_not_what_collect_writes_now() -> None:
    known = machines.known()
    (row,) = known.rows("bundles")
    assert not BUNDLES.look(row.model_copy(update={"at_ms": 0}), known).notes
    assert BUNDLES.verdict is not None
    ended = BUNDLES.verdict(idle())
    assert (ended.word, ended.text) == ("WELL", "the last of 1, 221M, 9s ago")


# --- to a medium -------------------------------------------------------------------------------


def test_what_is_carried_off_goes_to_a_medium_that_is_plugged_in() -> None:
    known = machines.known()
    (row,) = known.rows("bundles")
    assert CARRY.choices(row, known) == {"folder": ("/media/site7",)}
    write = sent(CARRY, row, ToMedium(folder="/media/site7"))
    assert write == FileCopy(
        path="/scratch/ALL_NODES_20261121.023900.tar",
        folder="/media/site7",
        sentence=write.sentence,
    )
    reasons = CARRY.reasons(row, ToMedium(folder="/media/site7"), idle())
    assert {one.answer for one in reasons} == {Answer.PASSES}
    far = row.model_copy(update={"machine": "worker-0"})
    assert no(CARRY, far, ToMedium(folder="/media/site7"), known) == []
    write = sent(CARRY, far, ToMedium(folder="/media/site7"))
    assert isinstance(write, FileCopy)
    assert write.machine == "worker-0"
    assert write.command[:2] == ("scp", f"worker-0:{row.path}")
    (said,) = CARRY.consequences(far, ToMedium(folder="/media/site7"), known)
    assert "over SSH from worker-0" in said.words


def test_a_medium_takes_a_file_only_where_it_is_mounted() -> None:
    known = machines.known()
    disk, part = known.rows("media")
    assert no(PUT, part, FromHere(path="/etc/hosts"), known) == []
    assert no(PUT, disk, FromHere(path="/etc/hosts"), known) == [
        "mount it first: mount /dev/sdc /mnt"
    ]


# --- guards ------------------------------------------------------------------------------------


def guard(name: str, known: Known) -> Any:
    rows = {row["name"]: row for row in guards_of(known)}
    return rows[name]


def test_between_bootstrap_and_first_unlock_the_guards_say_what_takes_the_console_away() -> None:
    place = replace(machines.STANDBY, phase=Phase.BOOTSTRAPPED, is_active=None, tmout_s=900)
    known = machines.known(place)
    assert guard("first unlock", known)["is_bad"]
    assert guard("shell timeout", known)["is_bad"]
    assert "TMOUT=900" in guard("shell timeout", known)["says"]
    later = replace(known, place=replace(place, phase=Phase.CONFIGURED))
    assert not guard("first unlock", later)["is_bad"]
    assert not guard("shell timeout", later)["is_bad"]


def test_between_bootstrap_and_first_unlock_every_screen_says_not_to_log_out() -> None:
    place = replace(machines.STANDBY, phase=Phase.BOOTSTRAPPED, is_active=None)
    assert banner(Known(cloud="", now_ms=0, place=place)) == ("DO NOT LOG OUT",)
    assert banner(Known(cloud="", now_ms=0, place=machines.STANDBY)) == ()


def test_what_nobody_was_asked_is_not_said_to_be_well() -> None:
    known = Known(cloud="", now_ms=0, place=machines.STANDBY)
    for name in ("session timeout", "serial carrier", "kernel messages"):
        assert guard(name, known)["is_bad"] is None


@pytest.mark.parametrize(("ttys_dcd", "is_bad"), [(True, True), ("True", True), (False, False)])
def test_a_serial_line_that_logs_out_when_the_cable_is_pulled_is_told(
    ttys_dcd: Any, is_bad: bool
) -> None:
    from tests.backend.kinds.site import bodies

    hosts = [
        {**body, "ttys_dcd": ttys_dcd} if body["hostname"] == "controller-1" else body
        for body in bodies("hosts")
    ]
    known = machines.known()
    known = replace(known, readings={**known.readings, ("hosts", ""): reading("hosts", hosts)})
    assert guard("serial carrier", known)["is_bad"] is is_bad


def test_kernel_messages_are_offered_to_be_turned_down_and_put_back() -> None:
    known = machines.known()
    assert guard("kernel messages", known)["is_bad"]
    quiet, usual = (sent(action, None, Nothing()) for action in (QUIETER, LOUDER))
    assert (quiet.command, usual.command) == (("dmesg", "-n", "1"), ("dmesg", "-n", "4"))
    by_ssh = replace(known, place=replace(known.place, terminal="pts/3"))
    assert not guard("kernel messages", by_ssh)["is_bad"]
    assert GUARDS.verdict is not None
    rows = reading("guards", list(guards_of(known)))
    seen = replace(known, readings={**known.readings, ("guards", ""): rows})
    assert GUARDS.verdict(seen).word == "WARN"


def test_who_came_by_sudo_is_root_whoever_he_was_before() -> None:
    known = machines.known()
    for is_root, answer in ((True, Answer.PASSES), (False, Answer.CANT_TELL)):
        place = replace(machines.STANDBY, user="sysadmin", is_root=is_root)
        (reason,) = QUIETER.reasons(None, Nothing(), replace(known, place=place))
        assert reason.answer is answer
    assert find_place(env={"SUDO_USER": "sysadmin"}).user == "sysadmin"
    assert find_place(env={"SUDO_USER": "sysadmin"}).is_root is (os.geteuid() == 0)


def test_kernel_messages_that_were_turned_down_are_thought_of_until_they_are_put_back() -> None:
    known = machines.known()
    assert CONSOLE.reminder is not None
    assert CONSOLE.reminder(known) == ""
    (loud,) = known.rows("kernel-console")
    quiet = reading("kernel-console", [{**loud.body, "level": 1}])
    down = replace(known, readings={**known.readings, ("kernel-console", ""): quiet})
    assert CONSOLE.reminder(down) == "KERNEL QUIET"
    assert not guard("kernel messages", down)["is_bad"]
    back = sent(LOUDER, None, Nothing(), down)
    assert back.command == ("dmesg", "-n", "4")


@pytest.mark.parametrize(
    ("parameters", "usual"),
    [("ro quiet", 4), ("ro", 7), ("ro quiet loglevel=3", 3), ("loglevel=x ro", 7)],
)
def test_they_are_put_back_to_what_the_machine_booted_with(parameters: str, usual: int) -> None:
    (row,) = console_of_proc(f"1 4 1 7\n{parameters}\n")
    assert row == {"level": 1, "usual": usual}


# --- on another machine ------------------------------------------------------------------------


def with_neighbour(known: Known, **run: Any) -> Known:
    rows = [
        {"uuid": "here", "name": "controller-1"},
        {"uuid": "10.8.3.3", "name": "controller-0", "address": "10.8.3.3"},
    ]
    runs = [{"run": "backup-1", "name": "backup", "machine": "10.8.3.3", **run}] if run else []
    more = {
        ("machines", ""): reading("machines", rows),
        ("runs", "10.8.3.3"): reading("runs", runs, "10.8.3.3"),
    }
    return replace(known, readings={**known.readings, **more})


def test_what_is_started_on_another_machine_says_where_and_what_only_that_one_knows() -> None:
    known, form = with_neighbour(idle()), Playbook(machine="controller-0")
    write = sent(BACKUP, None, form, known)
    assert isinstance(write, CommandWrite)
    assert (write.machine, write.run) == ("10.8.3.3", "backup")
    assert no(BACKUP, None, form, known) == []
    unknown = [one for one in BACKUP.reasons(None, form, known) if one.answer is Answer.CANT_TELL]
    assert [one.check for one in unknown] == ["the active controller"]
    assert "on 10.8.3.3" in " ".join(one.words for one in BACKUP.consequences(None, form, known))
    assert BACKUP.choices(None, known) == {"machine": ("controller-1", "controller-0")}


def test_what_runs_there_is_not_started_there_a_second_time_and_here_it_may_be() -> None:
    known = with_neighbour(idle(replace(machines.STANDBY, is_active=True)), is_running=True)
    (words,) = no(BACKUP, None, Playbook(machine="controller-0"), known)
    assert words == "backup-1 is running: follow it in :runs"
    assert no(BACKUP, None, Playbook(), known) == []


def test_a_machine_nobody_knows_is_refused_before_anything_is_sent() -> None:
    (words,) = no(COLLECT, None, Collect(machine="worker-77"), with_neighbour(idle()))
    assert "worker-77" in words
    assert "neither in ssh: of clouds.yaml nor known to sysinv" in words


def test_a_run_that_ended_without_a_word_is_not_called_well() -> None:
    lost = {"run": "collect-1", "name": "collect", "machine": "here", "began_ms": 1}
    known = machines.known()
    runs = {("runs", ""): reading("runs", [lost])}
    assert RUNS.verdict is not None
    said = RUNS.verdict(replace(known, readings={**known.readings, **runs}))
    assert (said.word, said.text) == ("WARN", "the last, collect, lost")


def test_guards_that_were_not_looked_at_are_not_called_well_and_the_unknown_is_named() -> None:
    known = machines.known()
    assert GUARDS.verdict is not None
    none = {key: one for key, one in known.readings.items() if key[0] != "guards"}
    assert GUARDS.verdict(replace(known, readings=none)).word == "READING"
    rows = [{"name": "serial carrier", "says": "sysinv was not asked", "is_bad": None}]
    some = {**none, ("guards", ""): reading("guards", rows)}
    said = GUARDS.verdict(replace(known, readings=some))
    assert (said.word, said.more) == ("CAN'T TELL", "not known: serial carrier")
