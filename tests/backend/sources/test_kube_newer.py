"""An API server three minors newer, played: it says more than we know, and serves some no more.

None of such a release can be built yet. What stands in its place answers what a real one said once
(``tests/samples/kubernetes``), with fields, states and conditions nobody has heard of.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List

import httpx
import pytest

from backend.errors import Absent
from backend.kind import Kind, Kube
from backend.kinds import every_kind
from backend.kinds.kubernetes import BY_NAME
from backend.known import Known, Reading
from backend.refresh import refresh
from backend.settings import CloudSettings
from backend.sources.kube import KubeSource
from backend.sources.tls import Pins
from tests.backend.kinds import kube
from tests.backend.kinds.site import LAPTOP
from tests.backend.sources.test_kubeconfig import written

SAMPLED = tuple(
    kind
    for kind in every_kind()
    if isinstance(kind.read, Kube)
    and kind.read.version
    and (kube.SAMPLES / f"{kind.name}.json").is_file()
)
# Served no more by it, say.
REMOVED = BY_NAME["endpoints"]


def newer(whole: Any) -> Any:
    """Return an object as a newer release may tell it: more fields at every place, none less.

    A mapping of texts (labels, amounts) is of no release: it stays what it is.
    """
    if isinstance(whole, dict):
        if all(isinstance(value, str) for value in whole.values()):
            return whole
        grown = {key: newer(value) for key, value in whole.items()}
        return {**grown, "newerField": {"mode": "Unheard", "values": [1, None]}}
    if isinstance(whole, list):
        items = [newer(one) for one in whole]
        is_typed = bool(items) and isinstance(items[0], dict) and "type" in items[0]
        return [*items, {"type": "Unheard", "status": "Sideways"}] if is_typed else items
    return whole


async def answer(request: httpx.Request) -> httpx.Response:
    """Answer as it does; what it does not serve is no page, as of all releases."""
    if request.url.path == "/version":
        return httpx.Response(200, json={"major": "1", "minor": "37+", "gitVersion": "v1.37.0"})
    for kind in SAMPLED:
        assert isinstance(kind.read, Kube)
        if request.url.path == kind.read.path() and kind is not REMOVED:
            items = [newer(one) for one in kube.objects(kind.name)]
            metadata = {"resourceVersion": "7", "remainingItemCount": 0, "shard": "a"}
            whole: Dict[str, Any] = {"kind": "List", "metadata": metadata, "items": items}
            return httpx.Response(200, json=whole)
    return httpx.Response(404, text="404 page not found")


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[KubeSource]:
    settings = CloudSettings(name="c", kubeconfig=str(written(tmp_path / "config")))
    transport = httpx.MockTransport(answer)
    made = KubeSource(settings, Pins(tmp_path / "pins"), kube.now_ms, transport=transport)
    yield made
    await made.close()


async def read(source: KubeSource, kind: Kind[Any]) -> Reading[Any]:
    async def ask(wanted: Any, _parent: str) -> Any:
        return await source.ask(wanted)

    return await refresh(kind, Reading(kind=kind.name), ask, kube.now_ms)


async def test_a_server_three_minors_newer_is_read_as_any_though_it_says_more(
    source: KubeSource,
) -> None:
    assert len(SAMPLED) > 30
    there = [kind for kind in SAMPLED if kind is not REMOVED]
    readings = await asyncio.gather(*(read(source, kind) for kind in there))
    found = {(one.kind, ""): one for one in readings}
    known = Known(cloud="c", now_ms=kube.now_ms(), place=LAPTOP, readings=found)
    before = kube.cluster()
    for kind, reading in zip(there, readings):
        assert (reading.error, reading.malformed) == (None, ()), kind.name
        assert len(reading.rows) == len(kube.objects(kind.name)), kind.name
        for row in reading.rows:
            cells = [column.cell(row, known) for column in kind.columns]
            assert "Unheard" not in json.dumps(cells, default=str), kind.name
            kind.look(row, known)
            if kind.strip is not None:
                kind.strip(row, known)
    # What it says as before is shown as before.
    for name in ("pods", "nodes", "deployments"):
        assert _looks(BY_NAME[name], known) == _looks(BY_NAME[name], before)


def _looks(kind: Kind[Any], known: Known) -> List[Any]:
    return [(kind.name_of(row), kind.look(row, known).mark) for row in known.rows(kind.name)]


def test_a_state_nobody_has_heard_of_is_shown_in_the_servers_word_and_not_as_well() -> None:
    whole = newer(kube.objects("pods")[0])
    whole["status"].update(phase="Hibernating", conditions=[], containerStatuses=[])
    pods = BY_NAME["pods"]
    (body,) = kube.bodies("pods", [whole])
    row = pods.model.read(body)
    assert row.status == "Hibernating"  # type: ignore[attr-defined]
    assert not row.is_fine  # type: ignore[attr-defined]


async def test_an_api_that_a_newer_server_serves_no_more_is_absent_and_others_go_on(
    source: KubeSource,
) -> None:
    reading = await read(source, REMOVED)
    assert isinstance(reading.error, Absent)
    assert str(reading.error) == "this cluster has no endpointslices.discovery.k8s.io"
    assert ":api-resources" in reading.error.advice
    assert (await read(source, BY_NAME["pods"])).error is None
