"""Which machines there are, where one sits among them, and what is wrong on each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict

import pytest

from backend.errors import Absent, Unreachable
from backend.kinds.banner import banner
from backend.kinds.ground import GROUND, headline
from backend.kinds.log_places import of_machine
from backend.kinds.machine_list import (
    LOOKED_AT,
    MACHINE_LIST,
    Machine,
    machines_of,
    troubles,
)
from backend.kinds.machine_place import where
from backend.kinds.machine_start import BOOTSTRAP
from backend.kinds.machine_vitals import Vitals
from backend.known import Known, Reading
from backend.place import Phase, Place, find_place
from backend.plan import HERE
from backend.tone import Look, Mark, Tone
from tests.backend.kinds import machines
from tests.backend.kinds.site import bodies, reading

PLATFORM: Dict[str, str] = {
    "nodetype": "controller",
    "subfunction": "controller,worker,lowlatency",
    "system_type": "All-in-one",
    "system_mode": "duplex",
    "UUID": "4bd7",
}


def root(
    folder: Path, *flags: str, mounted: str = "/", platform: Dict[str, str] = PLATFORM
) -> Path:
    """Make what a StarlingX machine has below its root."""
    for name, text in {
        "etc/platform/platform.conf": "".join(f"{k}={v}\n" for k, v in platform.items()),
        "etc/build.info": 'SW_VERSION="24.09"\nBUILD_ID="x"\n',
        "proc/mounts": f"/dev/drbd2 {mounted} ext4 rw 0 0\n",
        **dict.fromkeys(flags, ""),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


CONFIGURED = ("etc/platform/.bootstrap_completed", "etc/platform/.initial_config_complete")


def test_the_active_controller_and_its_standby_know_what_they_are(tmp_path: Path) -> None:
    active = find_place(root(tmp_path / "0", *CONFIGURED, mounted="/opt/platform"), {})
    standby = find_place(root(tmp_path / "1", *CONFIGURED), {})
    assert (active.phase, active.is_active, standby.is_active) == (Phase.CONFIGURED, True, False)
    assert "AIO-DX controller (low latency), release 24.09, standby (" in where(standby)


def test_a_worker_is_neither_active_nor_standby(tmp_path: Path) -> None:
    worker = {"nodetype": "worker", "subfunction": "worker", "system_type": "Standard"}
    place = find_place(root(tmp_path, CONFIGURED[1], platform=worker), {})
    assert place.is_active is None
    assert ": worker, release 24.09 (" in where(place)
    waiting = find_place(root(tmp_path / "new", platform=worker), {})
    assert "installed, not unlocked yet" in where(waiting)


def test_a_controller_says_whether_it_was_bootstrapped(tmp_path: Path) -> None:
    before = find_place(root(tmp_path / "a"), {})
    between = find_place(root(tmp_path / "b", CONFIGURED[0]), {})
    assert (before.phase, between.phase) == (Phase.INSTALLED, Phase.BOOTSTRAPPED)
    said = headline(Known(cloud="", now_ms=0, place=before))
    assert said.word == "BEFORE"
    assert f":runs, {BOOTSTRAP.key};" in said.more


def test_between_bootstrap_and_first_unlock_it_says_not_to_log_out(tmp_path: Path) -> None:
    place = find_place(root(tmp_path, CONFIGURED[0]), {})
    said = headline(Known(cloud="", now_ms=0, place=place))
    assert said.text.startswith("DO NOT LOG OUT")
    # Whatever else is wrong: it comes before all, on the machine's own page too.
    known = machines.known(place)
    assert headline(known).text == said.text
    assert MACHINE_LIST.sentence is not None
    assert MACHINE_LIST.sentence(known.row("machines", HERE), known).text == said.text
    assert banner(known)[-1] == "DO NOT LOG OUT"
    assert "DO NOT LOG OUT" not in banner(machines.known())


def test_the_page_of_a_machine_says_what_each_of_its_pages_comes_to() -> None:
    known = machines.known()
    (page,) = MACHINE_LIST.tabs
    assert page.figure is not None
    lines = page.figure(known.row("machines", HERE), known).lines
    said = {line.heading: line.text for line in lines if line.heading}
    assert said["drbd"].startswith("3 of 4 not well: drbd-platform: syncing: 42.2 %")
    assert said["vitals"] == "1 of 1 not well: here: 96 % of its memory is used"
    well = Vitals.read({"machine": HERE, "up_s": 3600, "load": 0.5, "memory": 8, "available": 6})
    calm = replace(known.reading("vitals", HERE), rows=(well,))
    absent = Absent("drbdadm is not on this machine")
    gone = replace(known.reading("drbd-resources", HERE), error=absent)
    silent = replace(known.reading("links", HERE), error=Unreachable("ip", "did not end"))
    readings = {("drbd-resources", HERE): gone, ("links", HERE): silent, ("vitals", HERE): calm}
    known = replace(known, readings=MappingProxyType({**known.readings, **readings}))
    said = {
        line.heading: line.text for line in page.figure(known.row("machines", HERE), known).lines
    }
    assert said["drbd"] == "not here: drbdadm is not on this machine"
    assert said["links"].startswith("not read: ")
    assert said["vitals"].startswith("up 1h, load 0.50, memory 8B, used 25%")


def test_a_configuration_that_failed_is_said_first(tmp_path: Path) -> None:
    place = find_place(root(tmp_path, *CONFIGURED, "var/run/.config_fail"), {})
    assert headline(machines.known(place)).text.startswith("its configuration FAILED")


def test_what_is_no_starlingx_machine_says_so(tmp_path: Path) -> None:
    place = find_place(tmp_path, {})
    assert place.phase is Phase.NONE
    assert "no StarlingX machine" in where(place)


def test_the_root_may_be_a_disk_that_a_rescue_system_mounted(tmp_path: Path) -> None:
    there = root(tmp_path, *CONFIGURED)
    assert find_place(env={"STX_TUI_ROOT": str(there)}).release == "24.09"


# --- machines ----------------------------------------------------------------------------------


def test_without_ssh_there_is_this_machine_alone() -> None:
    hosts = {("hosts", ""): reading("hosts", bodies("hosts"))}
    known = Known(cloud="c", now_ms=1, place=machines.STANDBY, readings=hosts)
    (one,) = machines_of(known)
    assert (one["uuid"], one["name"]) == ("here", "controller-1")


def test_with_ssh_there_are_those_of_the_settings_and_sysinvs_each_once() -> None:
    place = replace(machines.STANDBY, neighbours=MappingProxyType({"controller-0": "10.10.10.3"}))
    hosts = {("hosts", ""): reading("hosts", bodies("hosts"))}
    known = Known(cloud="c", now_ms=1, place=place, readings=hosts)
    rows = {str(row["name"]): row for row in machines_of(known)}
    sysinvs = {str(row["hostname"]): row for row in bodies("hosts")}
    assert set(rows) == set(sysinvs) | {"controller-1"}
    assert rows["controller-0"]["address"] == "10.10.10.3"
    assert rows["controller-1"]["known_by"] == "here"
    others = set(rows) - {"controller-0", "controller-1"}
    assert all(rows[name]["address"] == sysinvs[name]["mgmt_ip"] for name in others)


def test_a_machine_says_what_is_wrong_on_it_and_the_area_the_first_of_it() -> None:
    known = machines.known()
    kind = GROUND.kinds[0]
    (row,) = known.rows("machines")
    assert kind.look(row, known).notes[0] == "2 units failed"
    cells = [column.cell(row, known) for column in kind.columns]
    assert cells[:6] == ["controller-1", "25h", "3.21", "96%", 2, "98% /var/log"]
    said = headline(known)
    assert (said.word, said.text) == ("WARN", "2 units failed")
    assert "standby" in said.more
    strip = kind.strip(row, known) if kind.strip else None
    assert strip is not None
    assert "standby" in strip.lines[0].text


def test_a_machine_that_does_not_answer_says_why_and_holds_nobody() -> None:
    place = replace(machines.STANDBY, neighbours=MappingProxyType({"worker-0": "10.10.10.9"}))
    known = machines.known(place)
    away: Reading[object] = replace(
        known.reading("vitals", "worker-0"), error=Unreachable("worker-0", "No route to host")
    )
    known = replace(known, readings={**known.readings, ("vitals", "worker-0"): away})
    kind = GROUND.kinds[0]
    row = known.row("machines", "worker-0")
    look = kind.look(row, known)
    assert (look.mark, look.notes) == (Mark.UNKNOWN, ("worker-0: No route to host",))
    here = known.row("machines", "here")
    assert kind.look(here, known).mark is Mark.BAD


def test_a_machine_of_which_nothing_was_read_is_not_called_well() -> None:
    rows = {("machines", ""): reading("machines", [{"uuid": HERE, "name": "controller-1"}])}
    known = Known(cloud="c", now_ms=1, place=machines.STANDBY, readings=rows)
    said = headline(known)
    assert (said.word, said.tone) == ("READING", Tone.PLAIN)
    assert "controller-1" in said.text
    assert GROUND.kinds[0].look(known.row("machines", HERE), known) == Look()


@pytest.mark.parametrize("name", LOOKED_AT)
def test_what_could_not_be_read_of_a_machine_is_told_and_it_is_not_called_well(name: str) -> None:
    known = machines.known()
    well = {key: replace(one, rows=()) for key, one in known.readings.items() if key[1] == HERE}
    told = known.reading("time-sources", HERE)
    followed = tuple(one for one in told.rows if one.is_followed)
    well["time-sources", HERE] = replace(told, rows=followed)
    error = Unreachable("systemctl", "did not end within 10 s, and was stopped")
    well[name, HERE] = Reading(kind=name, parent=HERE, error=error)
    machine = {("machines", ""): known.reading("machines")}
    known = replace(known, readings={**well, **machine})
    (row,) = known.rows("machines")
    seen = GROUND.kinds[0].look(row, known)
    assert seen.mark is Mark.UNKNOWN
    assert "did not end within 10 s" in seen.notes[0]
    said = headline(known)
    assert said.word != "WELL"
    assert "did not end within 10 s" in said.text
    # What a machine has not is no fault of it.
    absent: Reading[Any] = replace(well[name, HERE], error=Absent("drbdadm is not on this machine"))
    known = replace(known, readings={**known.readings, (name, HERE): absent})
    assert headline(known).word == "WELL"


def test_a_clock_that_follows_nobody_is_told_though_no_source_is_bad() -> None:
    known = machines.known()
    kept = {("machines", ""): known.reading("machines")}
    told = known.reading("time-sources", HERE)
    others = tuple(one for one in told.rows if one.state == "good, combined")
    assert others
    for rows in ((), others):
        readings = {**kept, ("time-sources", HERE): replace(told, rows=rows)}
        said = headline(replace(known, readings=readings))
        assert (said.word, said.text) == ("WARN", "its clock follows no time source")
    silent = replace(told, rows=(), error=Absent("chronyc is not on this machine"))
    (row,) = known.rows("machines")
    alone = replace(known, readings={**kept, ("time-sources", HERE): silent})
    assert troubles(row, alone) == ()


@pytest.mark.parametrize("place", [Place(), Place(hostname="desk", platform={"nodetype": ""})])
def test_of_nothing_at_all_there_is_still_a_sentence(place: Place) -> None:
    assert headline(Known(cloud="", now_ms=0, place=place)).text


def test_l_opens_what_a_machine_writes_of_itself_where_it_lies() -> None:
    here, far = Machine(uuid=HERE, name="controller-1"), Machine(uuid="worker-0", name="worker-0")
    known = machines.known()
    assert {getattr(one, "machine", "") for one in of_machine(here, known).streams} == {HERE}
    logs = of_machine(far, known)
    assert {getattr(one, "machine", "") for one in logs.streams} == {"worker-0"}
    assert "worker-0:kern" in logs.names
