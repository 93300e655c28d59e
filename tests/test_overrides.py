"""Helm overrides of an application from the command line, whole, on the pretend cloud."""

from __future__ import annotations

from pathlib import Path

from tests.program import run
from tests.test_whole_act import changes, pretend

CHART = "platform-integ-apps/rbd-provisioner"


async def test_overrides_are_shown_changed_after_their_difference_and_kept_when_disabled(
    tmp_path: Path,
) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("provisioner:\n  replicaCount: 1\n")
    async with pretend(tmp_path) as (simulator, env):
        listed = await run(tmp_path, "get", "charts", "--of", "platform-integ-apps", env=env)
        words = ("do", "chart", "override", CHART, "--file", str(file))
        dry = await run(tmp_path, *words, "--dry-run", env=env)
        sent = await run(tmp_path, *words, "--yes", env=env)
        again = await run(tmp_path, *words, "--yes", env=env)
        off = await run(tmp_path, "do", "chart", "disable", CHART, "--yes", env=env)
        kept = dict(simulator.cloud.overrides)
        after = await run(tmp_path, "get", "charts", "--of", "platform-integ-apps", env=env)
    assert "rbd-provisioner" in listed.out
    assert dry.code == 0, dry.said
    assert "-  replicaCount: 2" in dry.err
    assert "+  replicaCount: 1" in dry.err
    assert sent.code == 0, sent.said
    assert again.code == 6
    assert "nothing is changed" in again.err
    assert off.code == 0, off.said
    path = "/platform/v1/helm_charts/platform-integ-apps"
    assert [(method, at.partition("?")[0]) for method, at in changes(simulator)] == [
        ("PATCH", path),
        ("PATCH", path),
    ]
    assert kept == {
        ("platform-integ-apps", "rbd-provisioner"): {"provisioner": {"replicaCount": 1}}
    }
    row = next(line for line in after.out.splitlines() if "rbd-provisioner" in line)
    assert row.split()[-1] == "no"
