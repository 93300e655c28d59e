"""Sensors come from sysinv while it lives, and from the baseboards where somebody wants that."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Mapping, Tuple

import pytest

from backend.courses import Courses
from backend.errors import Unreachable
from backend.kind import Rest
from backend.kinds import kind_named
from backend.kinds.hardware_sensors import SENSORS
from backend.known import Course
from backend.lookout import Lookout
from backend.place import Place
from backend.refresh import Answer
from backend.simulator import Simulator
from backend.sources.ipmi import Ipmi
from backend.sources.judged import counted, judged
from backend.sources.tls import Pins
from backend.units import system_ms
from tests.backend.test_cloud import settings_of

SERVER = "worker-1"


def sensor(name: str, status: str, **more: Any) -> Dict[str, Any]:
    return {"sensorname": name, "status": status, "suppress": False, **more}


async def told(facet: str, *sensors: Dict[str, Any]) -> List[Dict[str, Any]]:
    async def ask(read: Rest, parent: str) -> Answer:
        assert (read.path, parent) == ("/ihosts/{parent}/isensors", "uuid-0")
        return lambda: iter(sensors)

    return await judged(ask, "uuid-0", facet)


async def test_a_state_is_told_with_its_limits_and_without_a_value() -> None:
    (row,) = await told(
        "sensors",
        sensor("CPU1", "major", t_major_upper="80", t_minor_lower="n/a", audit_interval=300),
    )
    assert (row["health"], row["states"], row["unavailable"]) == ("critical", ["major"], False)
    assert row["thresholds"] == {"upper_major": 80.0}
    assert (row["told_by"], row["judged_every_s"]) == ("sysinv", 300)
    assert "value" not in row


@pytest.mark.parametrize(
    ("statuses", "health", "bad"),
    [
        (("ok", "minor"), "warning", ["s1: minor"]),
        (("critical", "minor"), "critical", ["s0: critical", "s1: minor"]),
        (("ok", "never heard of"), "warning", ["s1: never heard of"]),
        (("ok", "offline"), "ok", []),
    ],
)
async def test_health_is_what_the_sensors_come_to(
    statuses: Tuple[str, ...], health: str, bad: List[str]
) -> None:
    rows = [sensor(f"s{at}", status) for at, status in enumerate(statuses)]
    assert await told("health", *rows) == [{"health": health, "bad": bad, "told_by": "sysinv"}]


async def test_what_somebody_suppressed_is_no_bad_news() -> None:
    (row,) = await told("health", sensor("Fan", "critical", suppress=True), sensor("CPU", "ok"))
    assert (row["health"], row["bad"]) == ("ok", [])


async def test_where_nobody_reads_them_sysinv_can_tell_nothing() -> None:
    assert await told("sensors", sensor("CPU1", "offline"), sensor("CPU2", "disabled")) == []
    assert await told("sensors") == []


async def test_a_sysinv_that_is_away_is_no_matter() -> None:
    async def ask(_read: Rest, _parent: str) -> Answer:
        raise Unreachable("sysinv", "refused")

    assert await judged(ask, "uuid-0", "sensors") == []


# --- with the pretend cloud --------------------------------------------------------------------


@asynccontextmanager
async def looking(folder: Path) -> AsyncIterator[Tuple[Simulator, Lookout]]:
    """Look at a pretend cloud with baseboards, its hosts read."""
    async with Simulator(frozen=True, bmc=True) as simulator:
        lookout = Lookout(
            settings_of(simulator, folder),
            place=Place(hostname="desk"),
            now_ms=system_ms,
            pins=Pins(folder / "pins.json"),
        )
        try:
            await lookout.watch.read_now("hosts")
            yield simulator, lookout
        finally:
            await lookout.close()


async def read(lookout: Lookout, kind: str = "bmc-sensors") -> Tuple[Any, ...]:
    reading = await lookout.watch.read_now(kind, SERVER)
    assert reading.error is None, reading.error
    return reading.rows


def sessions(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """Return the list that grows by each log-in to a baseboard."""
    opened: List[str] = []
    log_in = Ipmi._log_in

    async def counted(self: Ipmi, *of: Any) -> Any:
        opened.append(self.name)
        return await log_in(self, *of)

    monkeypatch.setattr(Ipmi, "_log_in", counted)
    return opened


async def test_while_sysinv_lives_no_session_is_opened_for_sensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sessions(monkeypatch)
    async with looking(tmp_path) as (_, lookout):
        rows = await read(lookout)
        assert {row.told_by for row in rows} == {"sysinv"}
        assert all(row.value is None for row in rows)
        (health,) = await read(lookout, "server-health")
        assert (health.health, health.told_by) == ("ok", "sysinv")
        assert opened == []
        assert SENSORS.verdict is not None
        await lookout.watch.read_now("bmc-sensors")
        said = SENSORS.verdict(lookout.watch.known)
        assert "sensors, as maintenance judges them; r asks the BMCs" in f"{said.text}; {said.more}"


async def test_who_asks_again_gets_values_from_the_baseboard_for_a_while_over_one_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sessions(monkeypatch)
    async with looking(tmp_path) as (_, lookout):
        kind = kind_named("bmc-sensors")
        assert kind is not None
        lookout.cloud.retry(kind.read, SERVER)
        for _ in range(3):
            rows = await read(lookout)
        assert {row.told_by for row in rows} == {"BMC"}
        assert any(row.value is not None for row in rows)
        assert opened == [SERVER]
        lookout.cloud.baseboards._wanted.clear()  # the while is over
        assert {row.told_by for row in await read(lookout)} == {"sysinv"}


async def test_when_sysinv_is_away_the_baseboard_is_asked(tmp_path: Path) -> None:
    async with looking(tmp_path) as (simulator, lookout):
        simulator.order("api-away", service="platform")
        assert {row.told_by for row in await read(lookout)} == {"BMC"}
        (health,) = await read(lookout, "server-health")
        assert health.told_by == "BMC"


async def test_a_sensor_is_the_same_row_whoever_tells_of_it_and_keeps_its_course(
    tmp_path: Path,
) -> None:
    async def recall(*_: Any) -> Mapping[str, Course]:
        return {}

    courses = Courses(lambda *_: None, recall)
    async with looking(tmp_path) as (_, lookout):

        async def taken() -> Dict[str, str]:
            rows = await read(lookout)
            courses.take(SENSORS, lookout.watch.known.reading(SENSORS.name, SERVER))
            return {row.sensor: SENSORS.id(row) for row in rows}

        by_sysinv = await taken()
        lookout.cloud.retry(SENSORS.read, SERVER)
        by_bmc = await taken()
        both = by_sysinv.keys() & by_bmc.keys()
        assert {"CPU1 Temp", "Inlet Temp", "Fan 1"} <= both
        lookout.cloud.baseboards._wanted.clear()  # sysinv tells again, without values
        assert await taken() == by_sysinv
        kept = courses.by_key[SENSORS.name, SERVER]
        assert all(kept[by_sysinv[name]] for name in both)


def test_of_sensors_that_share_a_name_each_is_a_row_of_its_own() -> None:
    rows = counted([{"sensor": name} for name in ("Temp", "Fan", "Temp")])
    ids = [SENSORS.id(SENSORS.model.read({"server": "s0", **row})) for row in rows]
    assert ids == ["s0/Temp", "s0/Fan", "s0/Temp/2"]
