"""Known vulnerabilities against installed packages, by Debian's version rules."""

from __future__ import annotations

from typing import Iterable, List

import pytest

from backend.cves import (
    FIXED,
    IGNORED,
    Entry,
    Installed,
    concerns,
    findings,
    is_before,
    release_of,
    shipped,
)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0-1", "1.0-2"),
        ("1.0~rc1-1", "1.0-1"),
        ("7.74.0-1.3+deb11u9", "7.74.0-1.3+deb11u15"),
        ("2.0-1", "1:1.0-1"),
        ("1.0-1", "1.0-1.stx.4"),
        ("9.9", "10.0"),
        ("1.0-1~bpo11+1", "1.0-1"),
    ],
)
def test_versions_are_compared_as_debian_does(older: str, newer: str) -> None:
    assert is_before(older, newer)
    assert not is_before(newer, older)
    assert not is_before(older, older)


def test_what_is_no_version_is_never_older() -> None:
    assert not is_before("no version", "1.0")
    assert not is_before("1.0", "")


@pytest.mark.parametrize(
    ("entry", "version", "does"),
    [
        (Entry("CVE-1", "p", fixed="2.0"), "1.9", True),
        (Entry("CVE-1", "p", fixed="2.0", status=FIXED), "2.0", False),
        (Entry("CVE-1", "p", introduced="1.5", fixed="2.0"), "1.4", False),
        (Entry("CVE-1", "p", introduced="1.5"), "9.0", True),
        (Entry("CVE-1", "p", exact="6.12.40"), "6.12.40-1.stx.2", True),
        (Entry("CVE-1", "p", exact="6.12.40"), "6.12.41", False),
        (Entry("CVE-1", "p", status=IGNORED), "1.0", False),
    ],
)
def test_a_version_is_concerned_from_where_it_began_to_where_it_was_fixed(
    entry: Entry, version: str, does: bool
) -> None:
    assert concerns(entry, version) is does


ENTRIES = (
    Entry("CVE-2026-4711", "curl", release="bullseye", fixed="7.74.0-1.3+deb11u15"),
    Entry("CVE-2026-4711", "curl", release="trixie", fixed="8.14.1-2"),
    Entry("CVE-2026-1", "linux", introduced="5.10", fixed="6.12.45"),
)


def asked(packages: List[str], releases: List[str]) -> Iterable[Entry]:
    told = ["", *releases]
    return [one for one in ENTRIES if one.package in packages and one.release in told]


def test_machines_with_the_same_version_are_one_finding_and_another_release_is_none() -> None:
    installed = [
        Installed("controller-0", "curl", "7.74.0-1.3+deb11u9", "bullseye"),
        Installed("worker-0", "curl", "7.74.0-1.3+deb11u9", "bullseye"),
        Installed("worker-1", "curl", "7.74.0-1.3+deb11u15", "bullseye"),
        Installed("worker-2", "curl", "8.14.1-1", "trixie"),
        Installed("worker-2", "linux", "6.12.40-1", "trixie"),
        Installed("worker-2", "vim", "9.1", "trixie"),
    ]
    found = {(one.entry.cve, one.version): one.machines for one in findings(installed, asked)}
    assert found == {
        ("CVE-2026-4711", "7.74.0-1.3+deb11u9"): ("controller-0", "worker-0"),
        ("CVE-2026-4711", "8.14.1-1"): ("worker-2",),
        ("CVE-2026-1", "6.12.40-1"): ("worker-2",),
    }


def test_the_release_of_a_machine_is_told_by_most_of_its_versions() -> None:
    assert release_of(["1.0-1+deb11u1", "2.0+deb11u3", "3.0-1~deb12u1", "4.0-1"]) == "bullseye"
    assert release_of(["1.0-1", "2.0"]) == ""


def test_what_a_release_ships_is_read_from_the_names_of_its_files() -> None:
    names = ["curl_8.14.1-2_amd64.deb", "libc6_2.36-9+deb12u4_amd64", "nonsense"]
    assert shipped(names) == {"curl": "8.14.1-2", "libc6": "2.36-9+deb12u4"}


def test_a_version_on_fifty_machines_is_compared_once() -> None:
    installed = [Installed(f"worker-{n}", "curl", "8.14.1-1", "trixie") for n in range(50)]
    entry = Entry("CVE-2026-1", "curl", release="trixie", fixed="8.14.1-2", status=FIXED)
    is_before.cache_clear()
    (found,) = findings(installed, lambda _packages, _releases: [entry])
    told = is_before.cache_info()
    assert (len(found.machines), told.misses, told.hits) == (50, 1, 0)
