"""When a deploy was in each of its boxes, how long, and what that took here before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, List, Tuple

import pytest_asyncio

from backend.clean import cells
from backend.deed import Deed, Outcome
from backend.kinds import deploy_times
from backend.kinds.deploy_states import verdict
from backend.known import Known, Memory, Passage, Since
from tests.backend.kinds.desk import Desk, sat_at
from tests.backend.kinds.fm import NOW_MS
from tests.backend.kinds.site import named
from tests.backend.kinds.test_deploy_days import act, look
from tests.backend.kinds.test_deploy_picture import drawn, known_in
from tests.backend.simulator.test_software import RELEASE

# 09:05Z is now; seconds before it, and the state that the deploy came to then.
Story = Tuple[Tuple[int, str], ...]
NOW: Story = ((3600, "start"), (3330, "start-done"), (2892, "host"))
BEFORE: Story = (
    *((90_000, "start"), (89_720, "start-done"), (89_000, "host"), (86_000, "host-done")),
    *((85_900, "activate"), (85_800, "activate-done"), (85_700, "completed"), (85_600, "")),
)


def passages(*stories: Story, row_id: str = "deploy") -> Tuple[Passage, ...]:
    return tuple(
        Passage(row_id=row_id, value=value, ms=NOW_MS - seconds * 1000)
        for story in stories
        for seconds, value in story
    )


def known(state: str, *stories: Story, by_then: bool = False, **memory: Any) -> Known:
    """Return a deploy in that state, with what the record saw of it and of those before."""
    (seconds, _value) = stories[-1][-1]
    since = Since(ms=NOW_MS - seconds * 1000, at_least=by_then)
    told = Memory(
        passages={"deploy": passages(*stories)},
        since={("deploy", "deploy", "state"): since},
        **memory,
    )
    return replace(known_in(state, "deployed", "pending", "pending"), memory=told)


def now_of(of: Known) -> str:
    kind = named("deploy")
    assert kind.strip is not None
    (row,) = of.rows("deploy")
    (text,) = [one.text for one in kind.strip(row, of).lines if one.heading == "NOW"]
    return text


def test_each_box_says_since_when_and_how_long_and_what_is_to_come_what_it_took_before() -> None:
    lines = drawn(known("host", BEFORE, NOW))
    assert lines[:3] == [
        "   start    -->  [ HOST ]  -->  activate  -->  complete  -->   delete",
        "    done          1 of 3",
        "08:05Z 4:30   08:16Z 48:12       ~1:40",
    ]
    assert max(map(cells, lines)) <= 76


def test_the_running_one_says_how_long_it_is_there_and_what_it_took_before() -> None:
    of = known("host", BEFORE, NOW)
    assert now_of(of) == "host since 08:16Z, 48:12; took 50:00 here before"
    assert verdict(of).text.endswith("1 of 3 hosts done.  1:00:00")
    page = named("deploy").tabs[0].figure
    assert page is not None
    (row,) = of.rows("deploy")
    said = [line.text for line in page(row, of).lines]  # type: ignore[union-attr]
    assert "start             from 08:05Z, took 4:30; took 4:40 here before" in said
    assert "host              from 08:16Z, so far 48:12; took 50:00 here before" in said
    assert "activate          took 1:40 here before" in said


def test_what_was_never_seen_here_is_not_made_up() -> None:
    of = known("host", NOW)
    assert now_of(of) == "host since 08:16Z, 48:12; what it takes here is not known yet"
    assert drawn(of)[2] == "08:05Z 4:30   08:16Z 48:12"


def test_of_hosts_done_one_by_one_the_rest_is_expected_from_locks_deploys_and_unlocks() -> None:
    usual = {
        ("hosts", "lock", ""): (60_000,),
        ("deploy-hosts", "deploy", ""): (120_000, 180_000),
        ("hosts", "unlock", ""): (450_000,),
    }
    said = now_of(known("host", NOW, usual=usual))
    assert said == "host since 08:16Z, 48:12; about 22:00 to go, as hosts took here before"


def test_a_box_takes_what_a_deed_or_a_step_of_a_strategy_took_where_no_deploy_was_seen() -> None:
    story: Story = ((100, "start"),)
    by_hand = known("start", story, usual={("releases", "start", ""): (271_000,)})
    assert now_of(by_hand).endswith("1:40; took 4:31 here before")
    by_vim = known("start", story, steps={("strategies", "", "", "start-upgrade"): (300_000,)})
    assert now_of(by_vim).endswith("1:40; took 5:00 here before")


def test_what_was_only_found_later_has_no_instant_and_says_at_least_how_long() -> None:
    of = known("start", ((100, "start"),), by_then=True)
    first = replace(of.memory.passages["deploy"][0], at_least=True)
    of = replace(of, memory=replace(of.memory, passages={"deploy": (first,)}))
    assert drawn(of)[2].strip() == ">1:40"
    assert now_of(of).startswith("start by 09:03Z, >1:40;")
    assert verdict(of).text.endswith(">1:40")


def test_when_it_began_is_known_of_our_own_deed_though_it_was_seen_later() -> None:
    of = known("start", ((100, "start"),), by_then=True)
    first = replace(of.memory.passages["deploy"][0], at_least=True)
    deed = Deed(
        number="1",
        cloud="site-7",
        kind="releases",
        action="start",
        row_id="starlingx-25.09.2",
        label="starlingx-25.09.2",
        who="ann",
        terminal="",
        began_ms=NOW_MS - 131_000,
        sent_ms=NOW_MS - 130_000,
        outcome=Outcome.FOLLOWED,
    )
    memory = replace(of.memory, passages={"deploy": (first,)}, deeds=(deed,))
    assert drawn(replace(of, memory=memory))[2].strip() == "09:02Z 2:10"
    # One that was refused, of another release, or of long before says nothing of it.
    others = (
        replace(deed, outcome=Outcome.REFUSED),
        replace(deed, label="starlingx-25.09.9"),
        replace(deed, sent_ms=NOW_MS - 3_600_000),
    )
    memory = replace(memory, deeds=others)
    assert drawn(replace(of, memory=memory))[2].strip() == ">1:40"


def test_a_box_that_failed_ended_when_it_failed_and_is_no_measure_of_what_it_takes() -> None:
    failed: Story = ((600, "start"), (500, "start-failed"))
    of = known("start-failed", failed)
    assert drawn(of)[1:3] == ["   FAILED", "08:55Z 1:40"]
    again = known("start", (*failed, (400, "")), ((100, "start"),))
    assert now_of(again).endswith("what it takes here is not known yet")


def test_a_state_that_the_record_has_not_heard_of_yet_is_told_by_what_was_just_seen() -> None:
    of = known("activate", NOW, ((90, "activate"),))
    told = Memory(passages={"deploy": passages(NOW)}, since=of.memory.since)
    assert now_of(replace(of, memory=told)).startswith("activate since 09:03Z, 1:30;")


def test_each_host_says_how_long_its_part_took_or_what_is_usual_here() -> None:
    parts = passages(((900, "pending"), (700, "deploying"), (560, "deployed")), row_id="worker-0")
    running = passages(((900, "pending"), (48, "deploying")), row_id="controller-0")
    of = known_in("host", "pending", "deploying", "deployed")
    of = replace(of, memory=Memory(passages={"deploy-hosts": (*parts, *running)}))
    kind = named("deploy-hosts")
    (column,) = [one for one in kind.columns if one.heading == "TOOK"]
    took = {row.hostname: column.cell(row, of) for row in of.rows(kind.name)}
    assert took == {"controller-1": "~2:20", "controller-0": "0:48", "worker-0": "2:20"}


# --- on the pretend cloud ----------------------------------------------------------------------


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with sat_at(tmp_path) as opened:
        yield opened


async def until(desk: Desk, *states: str) -> None:
    """Let time go by, looking every twenty seconds, until the deploy is so ("": gone)."""
    station, client = desk
    for _ in range(40):
        await look(station)
        if next((row.state for row in station.watch.known.rows("deploy")), "") in states:
            break
        await client.sim.advance(20)
    await station.store.written()
    await station.remember()


async def test_a_deploy_that_was_watched_says_what_its_boxes_took_and_the_next_one_expects_that(
    desk: Desk,
) -> None:
    station, client = desk
    client.sim.cloud.software.release(RELEASE)["reboot_required"] = False
    await look(station)
    took: List[int] = []
    for _ in range(2):
        # A reading is as exact as the service's clock is told: its state is to be a later one.
        await client.sim.advance(60)
        await act(desk, "releases", "start", RELEASE)
        await until(desk, "start-done")
        known = station.watch.known
        (row,) = known.rows("deploy")
        found = deploy_times.stay_in("start", row, known)
        assert found is not None
        if took:
            assert deploy_times.times("start", known) == tuple(took)
        took.append(found.took_ms(known.now_ms))
        assert (found.is_exact, 200_000 < took[-1] < 400_000) == (True, True)
        await act(desk, "deploy", "delete", "deploy")
        await until(desk, "")
    assert deploy_times.times("start", station.watch.known) == tuple(reversed(took))
