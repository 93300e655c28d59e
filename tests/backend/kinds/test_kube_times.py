"""The steps of an upgrade of Kubernetes in time: what each took, and what it took here before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.draw import figure_lines
from backend.kinds.kube_steps import order
from backend.kinds.kube_times import timeline
from backend.known import Memory, Passage, Since
from tests.backend.kinds.test_kube_upgrade import known_in

Story = Tuple[Tuple[int, str], ...]
NOW: Story = (
    *((900, "upgrade-started"), (840, "downloading-images"), (600, "downloaded-images")),
    *((500, "pre-updating-apps"), (400, "pre-updated-apps"), (60, "upgrading-networking")),
)
BEFORE: Story = (
    *((9000, "upgrading-networking"), (8900, "upgraded-networking")),
    *((8000, "upgrading-first-master"), (7700, "upgraded-first-master"), (7000, "")),
)


def drawn(state: str, *, simplex: bool = False, stories: Dict[str, Story]) -> List[str]:
    known = known_in(state, simplex=simplex)
    (row,) = known.rows("kube-upgrade")
    seen = tuple(
        Passage(row.uuid if name == "now" else name, value, known.now_ms - seconds * 1000)
        for name, story in stories.items()
        for seconds, value in story
    )
    since = {("kube-upgrade", row.uuid, "state"): Since(ms=known.now_ms - 60_000)}
    known = replace(known, memory=Memory(passages={"kube-upgrade": seen}, since=since))
    return [line.text for line in figure_lines(timeline(row, known), 78, known.now_ms)]


def line_of(lines: List[str], words: str) -> List[str]:
    return next(line for line in lines if words in line).split()


def test_each_step_says_what_it_took_and_what_it_took_here_before() -> None:
    lines = drawn("upgrading-networking", stories={"old": BEFORE, "now": NOW})
    assert line_of(lines, "download-images")[-3:] == ["downloaded-images", "4:00", "?"]
    assert line_of(lines, "update-applications ")[-3:] == ["pre-updated-apps", "1:40", "?"]
    running = line_of(lines, " networking ")
    assert (running[0], running[-3:]) == (">>", ["upgraded-networking", "1:00", "1:40"])
    assert line_of(lines, "control plane of one")[-2:] == ["upgraded-first-master", "5:00"]
    # And each host: what is next on it, and what is in its way.
    said = next(line for line in lines if line.startswith("worker-0"))
    assert "v1.29.2  kubelet: it is upgrading-networking" in said


def test_what_nobody_saw_is_done_and_has_no_time() -> None:
    lines = drawn("upgraded-storage", stories={})
    done = line_of(lines, "download-images")
    assert (done[0], done[-2:]) == ("ok", ["downloaded-images", "?"])
    assert line_of(lines, "control plane of one")[0] == "control"


@pytest.mark.parametrize("simplex", [True, False])
def test_every_state_has_its_steps_and_each_is_done_when_it_is_behind(*, simplex: bool) -> None:
    states = order(known_in("x", simplex=simplex))
    behind = []
    for state in (*states, "upgrading-storage-failed", "pondering"):
        known = known_in(state, simplex=simplex)
        (row,) = known.rows("kube-upgrade")
        made: Any = timeline(row, known)
        behind.append(sum(step.is_done for step in made.steps))
        assert bool(made.failed) is state.endswith("failed")
    assert behind[: len(states)] == sorted(behind[: len(states)])
    assert (behind[0], behind[len(states) - 1]) == (0, len(made.steps))


def test_a_step_that_failed_is_said_as_failed() -> None:
    cordon = drawn("cordon-failed", simplex=True, stories={"now": NOW})
    assert [line_of(cordon, name)[0] for name in ("storage", "cordon")] == ["ok", "cordon"]
    lines = drawn("upgrading-storage-failed", stories={"now": NOW})
    assert any("FAILED  sysinv says upgrading-storage-failed" in line for line in lines)
