"""An object as large as the real API server takes: listed, opened, watched and edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.deed import Outcome
from backend.edits import form_of
from backend.whole import as_yaml, from_yaml
from tests.peers.cluster import Cluster
from tests.peers.desk import stationed
from tests.peers.site import made

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

# What a config map may hold is cut at a MiB.
LARGE = 1_040_000


async def test_an_object_of_a_megabyte_is_kept_small_in_its_list_and_opened_and_edited_whole(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    lines = "".join(f"line {number:06} of a large file\n" for number in range(LARGE // 28))
    large = made("ConfigMap", "large", "lab", data={"file": lines, "mode": "a"})
    # Not applied: kubectl would keep it once more in an annotation, which is cut at 256 K.
    real_cluster.kubectl("create", "-f", "-", given=json.dumps(large))
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind = station.lookout.kinds["configmaps"]
        await station.watch.read_now("configmaps")
        row = kind.find(station.watch.known.rows("configmaps"), "lab/large")
        assert row is not None
        assert len(json.dumps(row.body)) < 1000
        base = await station.whole(kind, row)
        text = as_yaml(base)
        assert len(text) > 1_000_000
        mine = from_yaml(text.replace("mode: a", "mode: b"))
        action = next(one for one in kind.actions if one.is_edit)
        form = form_of(action, base, mine)
        assert form is not None
        preview = station.acts.preview(kind, action, (kind.id(row),), form)
        assert {one.words for one in preview.consequences} == {'data.mode: "a" -> "b"'}
        (deed,) = await station.acts.do(preview, typed=preview.wants, why="a test")
        assert deed.outcome is Outcome.DONE
        now = await station.whole(kind, row)
        assert now["data"] == {"file": lines, "mode": "b"}
