"""FM's kinds against the pretend cloud: what they ask is answered, what they send is taken."""

from __future__ import annotations

from typing import Any, AsyncIterator

import pytest
import pytest_asyncio

from backend.kind import Kind, Rest, RestWrite
from backend.kinds.faults import ALARMS, EVENTS, FAULTS, SUPPRESSIONS
from backend.known import Known, Reading
from backend.place import Place
from backend.simulator import Simulator
from tests.backend.kinds.fm import NOW_MS, reading
from tests.backend.simulator.client import FM, Client


@pytest_asyncio.fixture
async def admin() -> AsyncIterator[Client]:
    async with Simulator(frozen=True) as simulator, Client(simulator) as client:
        yield client


async def _read(client: Client, kind: Kind[Any]) -> Reading[Any]:
    assert isinstance(kind.read, Rest)
    answer = await client.get(FM + kind.read.path, **kind.read.query)
    return reading(kind, tuple(kind.model.read(body) for body in answer[kind.read.items]))


async def _known(client: Client) -> Known:
    asked = [kind for kind in FAULTS.kinds if isinstance(kind.read, Rest)]
    readings = {(kind.name, ""): await _read(client, kind) for kind in asked}
    return Known(cloud="x", now_ms=NOW_MS, place=Place(), readings=readings)


async def test_every_kind_of_faults_is_answered(admin: Client) -> None:
    base = await _known(admin)
    for kind in (ALARMS, EVENTS, SUPPRESSIONS):
        assert base.rows(kind.name)
    # Only what was asked for with expand has the vendor's words.
    assert all(row.proposed_repair_action for row in base.rows("alarms"))


@pytest.mark.parametrize("kind", [ALARMS, SUPPRESSIONS], ids=lambda kind: kind.name)
async def test_a_type_is_hidden_and_shown_again_and_seen_to_be(
    admin: Client, kind: Kind[Any]
) -> None:
    base = await _known(admin)
    row = next(
        row
        for row in base.rows(kind.name)
        if row.alarm_id == base.rows("alarms")[0].alarm_id
    )  # fmt: skip
    for name in ("suppress", "unsuppress"):
        action = kind.action(name)
        assert action is not None
        (step,) = action.plan(row, action.form(), base).steps
        assert step.took is not None
        assert not step.took(base)
        await _send(admin, step.write)
        base = await _known(admin)
        assert step.took(base)


async def test_a_deleted_alarm_is_gone_and_the_log_says_clear(admin: Client) -> None:
    base = await _known(admin)
    row = base.rows("alarms")[0]
    action = ALARMS.action("delete")
    assert action is not None
    (step,) = action.plan(row, action.form(), base).steps
    await _send(admin, step.write)
    after = await _known(admin)
    assert step.took is not None
    assert step.took(after)
    newest = max(after.rows("events"), key=lambda event: event.at_ms)
    assert (newest.state, newest.event_log_id) == ("clear", row.alarm_id)


async def _send(client: Client, write: Any) -> None:
    assert isinstance(write, RestWrite)
    assert write.service == "fm"
    reply = await client.http.request(write.method, FM + write.path, json=write.body)
    assert reply.is_success, reply.text
