"""Two hosts side by side, and in words where one is otherwise than its peer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

from backend.draw import figure_lines
from backend.figure import Line, Lines
from backend.kinds.storage_map import STORAGE_MAP
from backend.kinds.storage_pair import peer_words, side_by_side
from backend.known import Known
from backend.tone import Tone
from tests.backend.kinds.site import reading
from tests.backend.kinds.test_storage_map import site

FULL = {"uuid": "a", "alarm_id": "100.104", "severity": "critical", "timestamp": 1,
        "entity_instance_id": "host=controller-1.filesystem=/var/log"}  # fmt: skip


def rows_of(known: Known, kind: str, **fields: Dict[str, Any]) -> Known:
    """Return it with other fields in rows of a kind, by the id of each."""
    rows = [replace_row(row, fields.get(row.uuid, {})) for row in known.rows(kind)]
    return replace(known, readings={**known.readings, (kind, ""): reading(kind, rows)})


def replace_row(row: Any, fields: Dict[str, Any]) -> Dict[str, Any]:
    return {**row.body, **fields}


def drawn(known: Known, line: str) -> List[str]:
    row = known.row("storage-map", line)
    return [one.text for one in side_by_side(row, known).lines]


def test_what_is_alike_is_the_same_and_each_disk_has_its_own_serial() -> None:
    head, *said = drawn(site(0, 1), "hosts/h0")
    assert head.startswith("controller-0")
    assert head.endswith("controller-1")
    assert said[0].startswith("00:17.0-ata-1.0 ROOT0")
    assert said[0].endswith("ROOT1 same")
    assert all(text.endswith("same") for text in said)


def test_what_is_otherwise_at_the_peer_is_said_with_its_trouble() -> None:
    known = rows_of(site(0, 1, alarms=[FULL]), "disks", d1b={"size_mib": 900_000})
    lines = side_by_side(known.row("storage-map", "hosts/h0"), known).lines
    log = next(line for line in lines if line.text.lstrip().startswith("log"))
    assert log.text.endswith("! C 100.104")
    assert log.tone is Tone.BAD
    disk = next(line for line in lines if "OSD0" in line.text)
    assert disk.text.endswith("OSD1 879G")
    assert "log ! C 100.104" in peer_words(known.row("storage-map", "hosts/h0"), known)


def test_what_only_one_of_them_has_is_there_on_its_side() -> None:
    known = site(0, 1)
    parts = [row.body for row in known.rows("filesystems") if row.uuid != "f1"]
    lost = replace(
        known, readings={**known.readings, ("filesystems", ""): reading("filesystems", parts)}
    )
    assert any(text.endswith("not there") for text in drawn(lost, "hosts/h0"))
    other = next(text for text in drawn(lost, "hosts/h1") if text.lstrip().startswith("- "))
    assert other.endswith("log 8G")


def test_any_line_on_a_host_shows_that_host_and_a_pool_the_first_one() -> None:
    pool = {"uuid": "p", "id": 1, "name": "p", "copies": 2, "rule": 0}
    known = site(0, 1, ceph_pools=[pool])
    assert drawn(known, "disks/d1b")[0].startswith("controller-1")
    assert drawn(known, "ceph-pools/p")[0].startswith("controller-0")


def test_a_host_without_a_peer_stands_alone() -> None:
    head, *said = drawn(site(0), "hosts/h0")
    assert head.endswith("no peer of it is known")
    assert not any(text.endswith("same") for text in said)
    assert peer_words(site(0).row("storage-map", "hosts/h0"), site(0)) == ""


def test_it_fits_a_screen_of_eighty_columns_whole() -> None:
    known = site(0, 1, alarms=[FULL])
    figure = side_by_side(known.row("storage-map", "hosts/h0"), known)
    assert all(len(line.text) <= 76 for line in figure_lines(figure, 76, known.now_ms))
    assert len(figure_lines(figure, 76, known.now_ms)) == len(figure.lines)


def test_below_the_rule_of_the_strip_is_what_stands_there_only_where_there_is_room() -> None:
    known = site(0, 1)
    assert STORAGE_MAP.strip is not None
    said = STORAGE_MAP.strip(known.row("storage-map", "hosts/h0"), known)
    assert [line.heading for line in said.brief.lines] == ["what", "is", "room", "peer"]
    assert any(line.rule for line in said.lines)
    assert Lines(lines=(Line(text="a"),)).brief.lines == (Line(text="a"),)
