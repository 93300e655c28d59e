from __future__ import annotations

import io
from pathlib import Path

import pytest

from backend.kinds import every_kind
from stx_tui.plain.talk import Opener
from tests.plain.spoken import Hand, PretendCloud, opener_of, spoken


def test_the_first_page_says_how_it_is_and_where_to_go(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud)
    assert "C1 M3 m0 w3" in said
    assert " 1  Hosts       NOT WELL" in said
    assert " 2  Alarms      NOT WELL" in said
    assert said.endswith("the input ended; what is under way goes on\n")


def test_an_area_and_a_kind_are_chosen_by_number(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, "1", "1")
    assert "  1  hosts                   7, 1 not well" in said
    assert "  1   controller-0" in said
    assert "  2 ~ controller-1" in said
    assert "        degraded by 200.006 process pmond" in said


@pytest.mark.parametrize("name", ["hosts", "host", "ihosts", "platform/hosts", "hos"])
def test_a_kind_is_named_as_operators_do(cloud: PretendCloud, opener: Opener, name: str) -> None:
    assert "> hosts: 7, read" in spoken(opener, cloud, f":{name}")


def test_a_name_that_nothing_has_is_said_with_those_there_are(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":nonsense", ":")
    assert "there is no kind 'nonsense'. There are:" in said
    assert said.count("  ".join(kind.name for kind in every_kind()[:3])) == 2


def test_a_filter_lets_only_rows_with_that_text_through(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "/worker", "/", "/nothing has this")
    assert "hosts: 4 of 7 with 'worker'" in said
    assert "  4   worker-3" in said
    assert "no host has 'nothing has this'; / alone lists all" in said


def test_a_number_opens_the_row_that_was_printed_with_it(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "/worker-1", "1")
    assert "> hosts > worker-1 " in said
    assert "locked / disabled / online" in said
    assert "there is no row 9: 1 to 7" in spoken(opener, cloud, ":hosts", "9")


def test_the_next_bad_row_is_printed_with_why_and_after_the_last_comes_the_first(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "/worker", "n", "n")
    after = said.split("/worker\n")[1].split("> n\n")[1:]
    assert all("1 ! worker-0" in part for part in after)
    assert all("degraded by 200.006 process pmond" in part for part in after)
    assert "no host is unwell" in spoken(opener, cloud, ":hosts", "/worker-3", "n")


def test_a_list_is_sorted_by_a_column_and_back(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":hosts", "s name", "s name", "s", "s nothing")
    firsts = [part.split("  1 ")[1][2:20].strip() for part in said.split("NAME  ")[1:]]
    assert firsts[0] == firsts[3] == "controller-0"
    assert firsts[1] == "00:1e:67:aa:07:31 "[:17].strip()
    assert firsts[2] == "worker-3"
    assert "no column 'nothing'; there are name, role" in said


def test_long_lists_come_in_pages_of_twenty(tmp_path: Path) -> None:
    with PretendCloud(scene="standard", hosts=45, frozen=True) as cloud:
        said = spoken(opener_of(cloud, tmp_path), cloud, ":hosts", "+", "+", "+", "-", "45")
    assert "rows 1 to 20 of 45" in said
    assert said.count("rows 21 to 40 of 45") == 2
    assert "rows 41 to 45 of 45" in said
    assert "that was the last page" in said


def test_the_pages_of_a_row_open_by_letter_and_its_lines_by_number(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts controller-1", "d", "1", "q", "y", "h")
    assert "[o Overview]" in said
    assert "[d Disks]" in said
    assert "> disks > " in said
    assert "hostname: controller-1" in said
    assert "[h History]" in said


def test_an_alarm_leads_to_what_it_is_about(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":alarms", "1", "g")
    assert "> alarms > 100.104" in said
    assert "> hosts > controller-1" in said


def test_help_says_what_can_be_typed_here_and_everywhere(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "?")
    assert "  number     opens the host of that number" in said
    assert "  w          watches: prints what changes" in said


def test_what_says_nothing_is_answered(cloud: PretendCloud, opener: Opener) -> None:
    assert "'blah' says nothing here; ? says what does" in spoken(opener, cloud, "blah")


def test_back_goes_back_and_at_the_top_it_leaves(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":hosts", "q", "q", ":alarms")
    assert "the input ended" not in said
    assert "> alarms:" not in said
    assert said.count(" 1  Hosts ") == 2


def test_a_walk_in_circles_has_an_end(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, *[":hosts", ":alarms"] * 30, *["q"] * 12)
    assert "the input ended" not in said


def test_a_baseline_is_set_and_seen(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":alarms", "b", "p")
    assert "no baseline is set yet" in said
    assert "from now on, what comes is new" in said
    assert "no baseline is set yet" not in said.split("what comes is new")[1]


def test_the_history_says_what_changed_and_leads_there(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, "h", "s", "s")
    assert "WHAT CHANGED   since" in said
    assert "since a week ago" in said


def test_watching_prints_what_changes_as_lines(cloud: PretendCloud, opener: Opener) -> None:
    with Hand(opener, cloud) as hand:
        hand.paper.wait_for("leave> ")
        hand.say(":alarms")
        hand.say("w", until="Enter ends it\n")
        cloud.order("disk-fills", host="worker-2")
        hand.paper.wait_for("came")
        assert "no longer watching" in hand.say("")


def test_what_is_remembered_is_said_to_be_so(
    cloud: PretendCloud, opener: Opener, tmp_path: Path
) -> None:
    from backend.store.glance import glance

    spoken(opener, cloud, ":hosts")
    seen = glance(tmp_path / "record.db", "site-7", ("system", "hosts", "alarms"))

    async def never() -> None:
        from backend.errors import NotConfigured

        raise NotConfigured("no such cloud", "write clouds.yaml")

    said = spoken(never, cloud, ":hosts", "1", "a", glance=seen)  # type: ignore[arg-type]
    assert "CANNOT  no such cloud" in said
    assert "write clouds.yaml" in said
    assert "WAS NOT WELL" in said
    assert "  2 ~ controller-1" in said
    assert "not connected: nothing can be done" in said


def test_the_end_of_the_input_is_no_failure(cloud: PretendCloud, opener: Opener) -> None:
    from tests.plain.spoken import heard

    assert "the input ended" in heard(opener, cloud, io.StringIO(""))
    assert "the input ended" in heard(opener, cloud, io.BytesIO(b":hosts"))


def test_why_prints_what_would_refuse_each_action(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":hosts controller-0", "why", "1")
    assert "CAN " in said
    assert "CANNOT: 1 reason" in said
    assert "1 !   no  not the active controller: controller-0 is the active" in said
    assert "> hosts > controller-" in said.split("why\n")[1]


def test_twin_prints_what_differs_from_the_twin_or_from_the_one_named(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts worker-0", "twin", "twin nobody", "twin worker-1")
    assert "worker-0 from worker-" in said or "worker-0 and worker-" in said
    assert "no host 'nobody' is known" in said
    assert "worker-0 from worker-1 in" in said
    assert "administrative: unlocked | locked" in said
