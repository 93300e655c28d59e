"""An object as large as the real API server takes: listed, opened, watched and edited."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from backend.deed import Outcome
from backend.edits import form_of
from backend.whole import as_yaml, from_yaml
from tests.backend.test_watch import until
from tests.peers.cluster import Cluster
from tests.peers.desk import stationed
from tests.peers.site import definition, made

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

# What a config map may hold is cut at a MiB, what the store takes in one request at a half more.
LARGE, LARGEST = 1_040_000, 1_500_000


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


async def test_a_custom_resource_of_a_megabyte_and_a_half_is_heard_as_it_changes_and_opened_whole(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    defined = definition("large.lab", "v1", "Blob", "blobs", namespaced=True)
    real_cluster.apply(defined)
    real_cluster.kubectl("wait", "--for=condition=Established", "crd/blobs.large.lab")
    text = "0123456789abcdef" * (LARGEST // 16)
    blob = made("Blob", "large", "lab", api="large.lab/v1", spec={"text": text, "turn": 0})
    real_cluster.kubectl("create", "-f", "-", given=json.dumps(blob))
    path = "/apis/large.lab/v1/namespaces/lab/blobs/large"
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind = await station.lookout.discover("blobs")
        assert kind is not None
        leave = station.watch.look(kind.name)

        def labels() -> Any:
            row = kind.find(station.watch.known.rows(kind.name), "lab/large")
            return None if row is None else row.labels

        await until(lambda: labels() == {}, 60)
        for turn in ("1", "2"):
            change = {"metadata": {"labels": {"turn": turn}}, "spec": {"turn": int(turn)}}
            await asyncio.to_thread(real_cluster.patch, path, change)
            await until(lambda turn=turn: labels() == {"turn": turn}, 60)
        row = kind.find(station.watch.known.rows(kind.name), "lab/large")
        assert row is not None
        assert len(json.dumps(row.body)) < 1000
        assert station.watch.known.reading(kind.name).malformed == ()
        whole = await station.whole(kind, row)
        assert whole["spec"] == {"text": text, "turn": 2}
        await asyncio.to_thread(real_cluster.kubectl, "-n", "lab", "delete", "blobs", "large")
        await until(lambda: labels() is None, 60)
        leave()
    real_cluster.kubectl("delete", "crd", "blobs.large.lab")
