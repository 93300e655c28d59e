"""The contents of a release: what it says of itself, requires, fixes and brings, whole."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from backend.draw import figure_lines
from backend.figure import Jump, Lines
from backend.kind import Nothing
from backend.kinds.deploy_hosts import DEPLOY_HOSTS
from backend.kinds.releases import RELEASES, Release
from backend.known import Known
from backend.reason import Answer
from tests.backend.kinds.site import reading
from tests.backend.kinds.test_deploys import known_in
from tests.peers.replay import rows_of

LATER = "starlingx-25.09.2"
TOLD = {
    "release_id": "starlingx-25.09.9",
    "state": "available",
    "sw_version": "25.09.9",
    "summary": "Fixes CVE-2024-6387 and CVE-2023-38545",
    "description": "Closes CVE-2024-6387 in sshd.\nRestarts curl's users.",
    "install_instructions": "Lock each host first.",
    "warnings": "Not on storage hosts before CVE-2020-1 is settled: CVE-2023-38545.",
    "requires": ["starlingx-25.09.1", "starlingx-25.09.2"],
    "packages": ["curl_8.14.1-2_amd64.deb", "openssh_9.2-3_amd64.deb"],
}


def page(row: Release, known: Known) -> Lines:
    (tab,) = [tab for tab in RELEASES.tabs if tab.key == "o"]
    assert tab.figure is not None
    found = tab.figure(row, known)
    assert isinstance(found, Lines)
    return found


def by_heading(lines: Lines) -> Dict[str, List[str]]:
    """Return the texts by their heading; a line without one goes on with that before it."""
    found: Dict[str, List[str]] = {}
    heading = ""
    for line in lines.lines:
        heading = line.heading or heading
        found.setdefault(heading, []).append(line.text)
    return found


def test_the_contents_of_a_recorded_release_are_all_its_packages_and_what_it_requires() -> None:
    known = known_in()
    body = next(one for one in rows_of("/usm/v1/release", "") if one["release_id"] == LATER)
    said = by_heading(page(known.row("releases", LATER), known))
    assert said["packages"] == body["packages"]
    assert said["requires"] == body["requires"]
    assert (said["summary"], said["description"]) == ([body["summary"]], [body["description"]])
    # What it does not have takes no line.
    assert not [heading for heading, texts in said.items() if not any(texts)]


def test_the_contents_name_every_cve_of_its_texts_once_and_lead_to_what_it_requires() -> None:
    known, row = known_in(), Release.read(TOLD)  # type: ignore[arg-type]
    lines = page(row, known)
    said = by_heading(lines)
    assert said["cves"] == ["CVE-2024-6387  CVE-2023-38545"]
    assert (said["install"], said["warnings"]) == (["Lock each host first."], [TOLD["warnings"]])
    assert said["packages"] == TOLD["packages"]
    jumps = [line.jump for line in lines.lines if line.jump is not None]
    assert jumps == [Jump(kind="releases", id=one) for one in TOLD["requires"]]


def test_the_contents_of_a_release_are_drawn_whole_and_in_its_own_lines() -> None:
    drawn = figure_lines(page(Release.read(TOLD), known_in()), 78, 0)  # type: ignore[arg-type]
    text = "\n".join(str(line) for line in drawn)
    for word in ("curl_8.14.1-2_amd64.deb", "openssh_9.2-3_amd64.deb", "Restarts curl's users."):
        assert word in text


@pytest.mark.parametrize(("said", "word"), [(True, "reboot"), (False, "in service"), (None, "?")])
def test_whether_hosts_restart_for_it_is_no_in_service_where_nobody_says(
    said: Any, word: str
) -> None:
    known = known_in()
    row = Release.read({**TOLD, "reboot_required": said})  # type: ignore[dict-item]
    (column,) = [one for one in RELEASES.columns if one.heading == "RR"]
    assert column.cell(row, known) == word
    start = RELEASES.action("start")
    assert start is not None
    words = [one.words for one in start.consequences(row, start.form(), known)]
    assert any("in service" in one for one in words) is (said is False)
    assert any("does not say" in one for one in words) is (said is None)


def test_a_host_is_not_called_ready_where_nobody_says_whether_it_restarts() -> None:
    known = known_in()
    body = {**known.rows("deploy-hosts")[-1].body, "reboot_required": None}
    (row,) = reading("deploy-hosts", [body]).rows
    deploy = DEPLOY_HOSTS.action("deploy")
    assert deploy is not None
    check = "locked and online, as a reboot is required"
    (found,) = [one for one in deploy.reasons(row, Nothing(), known) if one.check == check]
    assert found.answer is Answer.CANT_TELL
