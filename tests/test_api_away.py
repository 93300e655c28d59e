"""The API server is away: what is wrong is asked of the runtime of the machine one stands on."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import AsyncIterator

import pytest

from backend.kinds.kube_troubles import TROUBLES
from backend.kinds.kube_verdict import verdict
from backend.known import Reading
from backend.lookout import Lookout
from backend.place import Place
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from tests.backend.kinds.test_kube_away import SOME
from tests.backend.sources.test_kubeconfig import written
from tests.peers.keystone import free_port


@pytest.fixture
async def lookout(tmp_path: Path) -> AsyncIterator[Lookout]:
    """A cloud of nothing but a cluster, on whose port nobody listens."""
    server = f"https://127.0.0.1:{free_port()}"
    clusters = [{"name": "c", "cluster": {"server": server}}]
    kubeconfig = written(tmp_path / "config", clusters=clusters)
    made = Lookout(
        CloudSettings(name="site-7", kubeconfig=str(kubeconfig)),
        place=Place(hostname="controller-0"),
        now_ms=lambda: 1_900_000_000_000,
        pins=Pins(tmp_path / "pins.json"),
    )
    yield made
    await made.close()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that programs are found in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setattr("backend.sources.local.PATH", str(folder))
    return folder


async def troubles(lookout: Lookout) -> Reading[object]:
    return await lookout.watch.read_now(TROUBLES.name)


async def test_an_api_server_that_is_away_leaves_what_the_runtime_of_this_machine_knows(
    lookout: Lookout, programs: Path
) -> None:
    crictl = programs / "crictl"
    answer = json.dumps({"containers": SOME})
    crictl.write_text(f"#!/bin/sh\n/bin/cat <<'EOF'\n{answer}\nEOF\n", encoding="utf-8")
    crictl.chmod(crictl.stat().st_mode | stat.S_IXUSR)
    reading = await troubles(lookout)
    assert reading.error is None
    names = [getattr(row, "name", "") for row in reading.rows]
    assert names[:2] == ["API server", "kube-system/kube-apiserver-controller-0"]
    said = verdict(lookout.watch.known)
    assert f"{said.word} {said.text}" == (
        "API SERVER DOES NOT ANSWER: what this machine's containerd knows"
    )


@pytest.mark.usefixtures("programs")
async def test_without_a_runtime_at_hand_the_list_is_not_empty_but_says_who_does_not_answer(
    lookout: Lookout,
) -> None:
    (row,) = (await troubles(lookout)).rows
    assert (getattr(row, "name", ""), getattr(row, "state", "")) == ("API server", "no answer")
    assert "connection refused" in getattr(row, "why", "")
    assert verdict(lookout.watch.known).word == "CANNOT"
