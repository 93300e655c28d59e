"""The pane of CVEs: what concerns us, what the shelf would fix, and how old the data is."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import pytest

from backend.cves import shipped
from backend.kinds import areas_of, kind_named
from backend.kinds.cves import CVE_FILES, CVES, fixed_by, verdict
from backend.known import Known, Reading
from backend.place import Place
from backend.render import rows_text
from backend.settings import CloudSettings
from backend.sources.cves import Cves
from backend.tone import Mark, Tone
from stx_tui.commands.cves import run
from stx_tui.panes.rows import Rows
from tests.backend.kinds.site import reading

SAMPLES = Path(__file__).parents[1] / "sources" / "samples" / "cves"
NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000


def package(machine: str, name: str, version: str, source: str = "") -> Dict[str, Any]:
    body = {"machine": machine, "name": name, "version": version, "status": "ii"}
    return {**body, "source": source, "source_version": version if source else ""}


PACKAGES = [
    package("controller-0", "libcurl4", "7.74.0-1.3+deb11u9", "curl"),
    package("controller-0", "curl", "7.74.0-1.3+deb11u9", "curl"),
    package("worker-0", "curl", "7.74.0-1.3+deb11u15", "curl"),
    package("worker-0", "openssl", "1.1.1w-0+deb11u1"),
]


def taken(*names: str, days: int = 3) -> None:
    for name in names:
        path = SAMPLES / f"{name}.json"
        when = (NOW_MS - days * DAY_MS) / 1000
        os.utime(path, (when, when))
        assert run(argparse.Namespace(act="import", words=[str(path)])) == 0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("stx_tui.commands.cves.system_ms", lambda: NOW_MS)
    return tmp_path / "stx-tui" / "cves.db"


def known(home: Path, packages: List[Dict[str, Any]] = PACKAGES, **more: Any) -> Known:
    """Return what the console knows once it has looked at packages and at the file of CVEs."""
    place = Place(hostname="controller-0", user="admin", terminal="pts/0")
    found: Dict[Tuple[str, str], Reading[Any]] = {
        ("packages", ""): reading("packages", packages),
        **{
            (name.replace("_", "-"), ""): reading(name.replace("_", "-"), rows)
            for name, rows in more.items()
        },
    }
    made = Known(cloud="c", now_ms=NOW_MS, place=place, readings=MappingProxyType(found))
    cves = Cves(home)
    for name in ("cve-files", "cves"):
        found[name, ""] = reading(name, cves.rows(name, made))
    return replace(made, readings=MappingProxyType(found))


def test_what_concerns_an_installed_package_is_told_with_its_machines(home: Path) -> None:
    taken("debian", "osv")
    rows = {row.uuid: row for row in known(home).rows("cves")}
    assert {uuid: row.machines for uuid, row in rows.items()} == {
        "CVE-2026-4711/curl/7.74.0-1.3+deb11u9": ["controller-0"],
        "TEMP-0000000-ABCDEF/curl/7.74.0-1.3+deb11u9": ["controller-0"],
        "TEMP-0000000-ABCDEF/curl/7.74.0-1.3+deb11u15": ["worker-0"],
        "CVE-2026-1180/openssl/1.1.1w-0+deb11u1": ["worker-0"],
    }


def test_what_a_release_on_the_shelf_would_fix_is_told_by_its_packages_or_its_text(
    home: Path,
) -> None:
    taken("debian")
    releases = [
        {"release_id": "r1", "state": "deployed", "packages": ["curl_9.0-1_amd64.deb"]},
        {"release_id": "r2", "state": "available", "packages": ["curl_7.74.0-1.3+deb11u15_amd64"]},
        {"release_id": "r3", "state": "available", "summary": "Fixes CVE-2026-1180"},
    ]
    now = known(home, releases=releases)
    found = {row.cve: fixed_by(row, now) for row in now.rows("cves")}
    assert found == {"CVE-2026-4711": "r2", "TEMP-0000000-ABCDEF": None, "CVE-2026-1180": "r3"}
    row = next(row for row in now.rows("cves") if row.cve == "CVE-2026-4711")
    assert CVES.look(row, now).mark is Mark.BAD
    assert "the shelf would fix 2 of 4" in verdict(now).more


def test_rows_are_found_by_cve_by_package_by_host_and_by_the_release_that_fixes_them(
    home: Path,
) -> None:
    taken("debian")
    releases = [
        {"release_id": "r2", "state": "available", "packages": ["curl_7.74.0-1.3+deb11u15_amd64"]}
    ]
    now = known(home, releases=releases)
    rows = Rows(CVES)
    rows.show(now.reading("cves"), now)

    def found(needle: str) -> List[Tuple[str, Tuple[str, ...]]]:
        rows.search(needle)
        while rows.work(1.0):
            pass
        return [(entry.row.cve, tuple(entry.row.machines)) for entry in rows.shown]

    here, temp = ("controller-0",), "TEMP-0000000-ABCDEF"
    assert found("cve-2026-47") == [("CVE-2026-4711", here)]
    assert found("openssl") == [("CVE-2026-1180", ("worker-0",))]
    assert found("worker-0") == [("CVE-2026-1180", ("worker-0",)), (temp, ("worker-0",))]
    assert found("r2") == [("CVE-2026-4711", here)]
    assert len(found("")) == 4


def test_what_the_shelf_ships_is_read_once_for_all_rows(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken("debian")
    releases = [{"release_id": "r2", "state": "available", "packages": ["curl_9-1_amd64.deb"]}]
    now = known(home, releases=releases)
    asked: List[int] = []

    def counted(packages: Sequence[str]) -> Mapping[str, str]:
        asked.append(len(packages))
        return shipped(packages)

    monkeypatch.setattr("backend.kinds.cves.shipped", counted)
    assert CVES.sort is not None
    for row in now.rows("cves"):
        CVES.sort(row, now)
    assert asked == [1]


def test_how_old_the_data_is_stands_in_the_verdict_and_with_every_row(home: Path) -> None:
    taken("debian", days=3)
    now = known(home)
    said = verdict(now)
    assert (said.word, said.text) == ("WARN", "3 CVEs concern what is installed.  1 high.")
    assert "debian 3d old" in said.more
    assert CVES.strip is not None
    lines = CVES.strip(now.rows("cves")[0], now).lines
    assert ("DATA", "debian 3d old") in [(line.heading, line.text) for line in lines]


def test_data_two_years_old_says_so_before_anything_else(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken("debian", days=730)
    now = known(home)
    said = verdict(now)
    assert (said.word, said.tone) == ("OLD DATA", Tone.WARN)
    assert said.text.startswith("the data is up to 730 days old.")
    (row,) = now.rows("cve-files")
    assert CVE_FILES.look(row, now).notes[0].startswith("730 days old")
    assert "730 days old: what is newer is missing" in capsys.readouterr().err


def test_without_any_data_or_any_packages_that_is_said_and_nothing_is_called_well(
    home: Path,
) -> None:
    place = Place(hostname="controller-0", user="admin", terminal="pts/0")
    nothing = Known(cloud="c", now_ms=NOW_MS, place=place)
    assert "stx-tui cves import FILE" in verdict(nothing).text
    taken("debian")
    rows = Cves(home).rows("cve-files", nothing)
    files = replace(nothing, readings={("cve-files", ""): reading("cve-files", rows)})
    assert (verdict(files).word, "debian 3d old" in verdict(files).more) == ("READING", True)


def test_before_they_were_looked_up_no_cve_is_not_called_well(home: Path) -> None:
    taken("debian")
    now = known(home)
    part = {key: one for key, one in now.readings.items() if key[0] != "cves"}
    assert verdict(replace(now, readings=part)).word == "READING"


def test_what_a_file_says_draws_nothing_on_the_terminal(home: Path) -> None:
    taken("debian")
    now = known(home)
    text = rows_text(CVES, now.rows("cves"), now, "wide", wide=True)
    assert "\x1b" not in text
    assert "a name that draws" in text


def test_the_answer_is_worked_out_again_only_when_something_changed(home: Path) -> None:
    taken("debian")
    now, cves = known(home), Cves(home)
    first = cves.rows("cves", now)
    assert cves.rows("cves", now) is first
    taken("debian", days=1)
    assert cves.rows("cves", now) is not first


def test_the_command_line_takes_a_file_and_finds_what_it_says(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken("debian", "kernel")
    assert home.exists()
    said = capsys.readouterr().out
    assert "debian.json: debian, 4 entries, of " in said
    assert run(argparse.Namespace(act="find", words=["CVE-2026-4711"])) == 0
    out = capsys.readouterr().out
    assert "CVE-2026-4711  curl bullseye  fixed in 7.74.0-1.3+deb11u15  medium" in out


def test_what_nobody_knows_of_is_said_and_not_left_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken("debian")
    capsys.readouterr()
    assert run(argparse.Namespace(act="find", words=["CVE-1999-1"])) == 0
    said = capsys.readouterr()
    assert (said.out, "nothing is known of 'CVE-1999-1'" in said.err) == ("", True)
    assert "debian: 4 entries of " in said.err


def test_what_is_urgent_stands_first_and_what_is_no_harm_is_not_called_well(home: Path) -> None:
    taken("debian")
    now = known(home)
    first = now.rows("cves")[0]
    rows = [
        {**first.body, "uuid": urgency, "urgency": urgency}
        for urgency in ("unimportant", "low", "high", "medium", "not yet assigned")
    ]
    now = replace(now, readings={**now.readings, ("cves", ""): reading("cves", rows)})
    assert CVES.sort is not None
    keys = {row.urgency: CVES.sort(row, now) for row in now.rows("cves")}
    assert sorted(keys, key=keys.__getitem__)[:2] == ["high", "medium"]
    assert max(keys, key=keys.__getitem__) == "unimportant"
    assert verdict(now).text.endswith("  1 high.")
    assert CVES.sentence is not None
    harmless, *_ = now.rows("cves")
    said = CVES.sentence(harmless, now)
    assert (said.word, said.tone, said.more) == ("UNIMPORTANT", Tone.PLAIN, "data: debian 3d old")
    assert "no release on the shelf fixes it" in said.text


async def test_the_cloud_answers_for_them_and_says_where_nothing_was_imported(
    home: Path, tmp_path: Path
) -> None:
    from backend.cloud import Cloud
    from backend.errors import NotConfigured
    from backend.sources.tls import Pins

    place = Place(hostname="controller-0", user="admin", terminal="pts/0")
    now = Known(cloud="c", now_ms=NOW_MS, place=place)
    cloud = Cloud(
        CloudSettings(name="c"), Pins(tmp_path / "pins.json"), lambda: NOW_MS, lambda: now
    )
    kind: Any = kind_named("cve-files")
    assert list((await cloud.ask(kind.read))()) == []
    taken("debian")
    (row,) = list((await cloud.ask(kind.read))())
    assert row["format"] == "debian"
    await cloud.close()
    # Whether packages were read by then or not: no answer is one that there are none.
    for readings in ({}, {("packages", ""): reading("packages", PACKAGES)}):
        with pytest.raises(NotConfigured, match="imported"):
            Cves(tmp_path / "none.db").rows("cves", replace(now, readings=readings))


def test_an_image_that_was_looked_into_is_matched_as_a_host_is(home: Path) -> None:
    taken("debian")
    inside = [
        {**package("", "libcurl4", "7.74.0-1.3+deb11u9", "curl"), "image": "lab/web:7"},
        {**package("", "zlib1g", "1:1.2.11.dfsg-2+deb11u2", "zlib"), "image": "lab/web:7"},
    ]
    now = known(home)
    image = reading("image-packages", [{**one, "machine": None} for one in inside], "lab/web:7")
    now = replace(now, readings={**now.readings, ("image-packages", "lab/web:7"): image})
    rows = {row["uuid"]: row for row in Cves(home).rows("cves", now)}
    found = rows["CVE-2026-4711/curl/7.74.0-1.3+deb11u9"]
    assert found["machines"] == ("controller-0", "lab/web:7")


def test_they_stand_in_patches_and_head_it_on_a_machine_that_has_no_cloud(home: Path) -> None:
    taken("debian", days=40)
    there = {area.name: area for area in areas_of(lambda source: source == "")}
    patches = there["patches"]
    assert {"cves", "cve-files"} <= {kind.name for kind in patches.kinds}
    assert "obstacles" not in {kind.name for kind in patches.kinds}
    said = patches.headline(known(home))
    assert (said.word, said.more) == ("WARN", "data: debian 40d old")
