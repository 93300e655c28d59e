"""Files of known vulnerabilities: four formats as a stream; bad ones change nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, List

import pytest

from backend.cves import FIXED, OPEN, Entry
from backend.errors import Missing, NotConfigured, NotReadable, StoreError, StxError
from backend.sources import cve_files
from backend.sources.cve_files import entries, format_of
from backend.sources.cve_store import CveStore

SAMPLES = Path(__file__).parent / "samples" / "cves"
NOW_MS = 1_795_000_000_000


def untold(_gone: int, _of: int) -> None:
    """Hear nothing of how far it is."""


def read(name: str) -> List[Entry]:
    return list(entries(SAMPLES / f"{name}.json", untold))


@pytest.mark.parametrize("name", ["debian", "yocto", "kernel", "osv"])
def test_each_format_is_known_by_what_stands_in_it(name: str) -> None:
    assert format_of(SAMPLES / f"{name}.json") == name


def test_debians_tracker_tells_release_by_release_and_leaves_out_what_one_never_had() -> None:
    found = {(one.cve, one.release): (one.status, one.fixed) for one in read("debian")}
    assert found == {
        ("CVE-2026-4711", "bullseye"): (FIXED, "7.74.0-1.3+deb11u15"),
        ("CVE-2026-4711", "trixie"): (FIXED, "8.14.1-2"),
        ("TEMP-0000000-ABCDEF", "bullseye"): (OPEN, ""),
        ("CVE-2026-1180", "bullseye"): (OPEN, ""),
    }


def test_yoctos_summary_tells_of_the_one_version_that_was_built_what_is_unpatched() -> None:
    (one,) = read("yocto")
    assert (one.cve, one.package, one.exact) == ("CVE-2026-31431", "linux-yocto", "6.12.40")
    assert one.urgency == "7.8"


def test_a_record_of_the_kernel_tells_from_which_version_to_which() -> None:
    (one,) = read("kernel")
    assert (one.cve, one.package) == ("CVE-2026-23000", "linux")
    assert (one.introduced, one.fixed) == ("5.10", "6.12.45")


def test_osv_tells_ranges_and_what_is_of_another_system_is_left_out() -> None:
    found = [(one.cve, one.release, one.introduced, one.fixed) for one in read("osv")]
    assert found == [
        ("CVE-2026-4711", "bullseye", "", "7.74.0-1.3+deb11u15"),
        ("CVE-2026-4711", "trixie", "8.0", ""),
    ]


@pytest.mark.parametrize("join", ["lines", "list"])
def test_records_come_as_a_list_or_one_a_line_too(join: str, tmp_path: Path) -> None:
    one = json.loads((SAMPLES / "osv.json").read_text())
    records = [one, {**one, "id": "DSA-2", "aliases": ["CVE-2026-2"]}]
    text = json.dumps(records) if join == "list" else "\n".join(map(json.dumps, records))
    path = tmp_path / "all.json"
    path.write_text(text)
    assert {entry.cve for entry in entries(path, untold)} == {"CVE-2026-4711", "CVE-2026-2"}


# --- what is bad -------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> CveStore:
    """A file of ours with Debian's data in it."""
    made = CveStore(tmp_path / "state" / "cves.db")
    made.take(SAMPLES / "debian.json", NOW_MS, untold)
    return made


def refused(store: CveStore, path: Path) -> StxError:
    before = list(store.of_packages(["curl", "openssl"], ["bullseye", "trixie"]))
    files = store.files()
    with pytest.raises(StxError) as caught:
        store.take(path, NOW_MS, untold)
    assert list(store.of_packages(["curl", "openssl"], ["bullseye", "trixie"])) == before
    assert store.files() == files
    return caught.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html>not found</html>", "it is no JSON"),
        ("", "it is no JSON"),
        ('{"hello": [1, 2]}', "none of the formats that are known"),
        ("[1, 2, 3]", "none of the formats that are known"),
    ],
)
def test_a_file_of_the_wrong_format_says_so_and_nothing_is_lost(
    text: str, words: str, store: CveStore, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    error = refused(store, path)
    assert isinstance(error, NotReadable)
    assert words in str(error)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_file_says_where_it_ends_and_nothing_is_lost(
    share: float, store: CveStore, tmp_path: Path
) -> None:
    whole = (SAMPLES / "debian.json").read_bytes()
    path = tmp_path / "short.json"
    path.write_bytes(whole[: int(len(whole) * share)])
    error = refused(store, path)
    assert "it ends or breaks at byte" in str(error)
    assert "copy it anew" in error.advice


@pytest.mark.parametrize("said", [["x"], {"CVE-2026-1": "x"}, {"CVE-2026-1": {"releases": ["y"]}}])
def test_a_shape_that_is_no_trackers_further_down_is_told_and_nothing_is_lost(
    said: Any, store: CveStore, tmp_path: Path
) -> None:
    path = tmp_path / "odd.json"
    first = {"curl": {"CVE-2026-4711": {"releases": {}}}, "odd": said}
    path.write_text(json.dumps(first))
    assert isinstance(refused(store, path), NotReadable)


def test_a_file_that_is_not_there_and_a_folder_that_cannot_be_made_are_told(
    store: CveStore, tmp_path: Path
) -> None:
    assert isinstance(refused(store, tmp_path / "nothing.json"), Missing)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError):
        CveStore(tmp_path / "file" / "cves.db").take(SAMPLES / "osv.json", NOW_MS, untold)


def test_a_newer_file_takes_the_place_of_its_format_and_of_no_other(
    store: CveStore, tmp_path: Path
) -> None:
    store.take(SAMPLES / "osv.json", NOW_MS, untold)
    path = tmp_path / "newer.json"
    said = json.loads((SAMPLES / "debian.json").read_text())
    path.write_text(json.dumps({"openssl": said["openssl"]}))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    made = store.take(path, NOW_MS, untold)
    assert (made.format, made.entries, made.told_ms) == ("debian", 1, 1_700_000_000_000)
    assert {one.format for one in store.files()} == {"debian", "osv"}
    # OSV's two of curl are left, of Debian's none.
    assert len(list(store.of_packages(["curl"], ["bullseye", "trixie"]))) == 2


def test_one_is_found_by_the_beginning_of_its_number_or_its_package(store: CveStore) -> None:
    assert {one.package for one in store.find("CVE-2026-11")} == {"openssl"}
    assert {one.cve for one in store.find("cur")} == {"CVE-2026-4711", "TEMP-0000000-ABCDEF"}
    assert store.find("nothing") == []


def test_before_anything_was_imported_that_is_said_with_what_to_do(tmp_path: Path) -> None:
    empty = CveStore(tmp_path / "cves.db")
    assert empty.files() == ()
    with pytest.raises(NotConfigured, match="no CVE data was imported"):
        list(empty.of_packages(["curl"], ["bullseye"]))


def test_how_far_it_is_is_told_in_bytes(tmp_path: Path) -> None:
    heard: List[Any] = []
    CveStore(tmp_path / "cves.db").take(
        SAMPLES / "debian.json", NOW_MS, lambda gone, of: heard.append((gone, of))
    )
    size = (SAMPLES / "debian.json").stat().st_size
    assert heard
    assert all(0 <= gone <= of == size for gone, of in heard)


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "CVE-1", "modified": "x"}, {"affected": []}]',
        '{"package": [{"issue": [{"status": "Unpatched"}], "name": "a"}]}',
        '[{"cveMetadata": {"cveId": "CVE-1"}}, {"dataType": "CVE_RECORD"}]',
    ],
)
def test_a_record_that_lacks_what_every_one_has_is_told_and_nothing_is_lost(
    store: CveStore, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    before = store.files()
    with pytest.raises(NotReadable, match="a record has no"):
        store.take(path, 1, untold)
    assert store.files() == before


def test_a_medium_that_fails_in_the_middle_is_told_of_and_not_our_own_disk(
    store: CveStore,
) -> None:
    # Its first bytes cannot be read (EIO), as of a stick that was pulled out.
    path = Path("/proc/self/mem")
    for read in (cve_files.format_of, cve_files.digest):
        with pytest.raises(NotReadable, match="can't be read to its end"):
            read(path)
    with pytest.raises(NotReadable, match="/proc/self/mem"):
        store.take(path, 1, untold)
