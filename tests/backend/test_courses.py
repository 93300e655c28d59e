"""The course of numbers: sampled once a minute at most, bounded, remembered, and drawn."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from backend.courses import A_MINUTE, POINTS, Courses, thinned
from backend.figure import Spark
from backend.kinds.ceph_status import CEPH
from backend.kinds.hardware_sensors import SENSORS
from backend.known import Course, Reading
from backend.units import DAY_MS, MINUTE_MS
from tests.backend.kinds.rack import rack

NOW_MS = 1_795_000_000_000


def sensor(name: str, value: Any = 41.0) -> Any:
    return SENSORS.model.read({"server": "s0", "sensor": name, "value": value, "units": "C"})


def heard(at_ms: int, *rows: Any) -> Reading[Any]:
    by_id = {SENSORS.id(row): row for row in rows}
    return Reading(kind="bmc-sensors", parent="s0", rows=rows, by_id=by_id, at_ms=at_ms)


class Book:
    def __init__(self, former: Optional[Mapping[str, Course]] = None) -> None:
        self.written: List[Tuple[int, Dict[str, float]]] = []
        self.former = former or {}
        self.since_ms = 0

    def write(self, _kind: str, _name: str, values: Mapping[str, float], at_ms: int) -> None:
        self.written.append((at_ms, dict(values)))

    async def recall(self, *of: Any) -> Mapping[str, Course]:
        self.since_ms = of[3]
        return self.former

    def courses(self) -> Courses:
        return Courses(self.write, self.recall)


def test_a_number_is_kept_once_a_minute_however_often_it_is_read() -> None:
    book = Book()
    courses = book.courses()
    for second in range(0, 180, 15):
        courses.take(SENSORS, heard(NOW_MS + second * 1000, sensor("hot", 40.0 + second)))
    assert [at for at, _ in book.written] == [NOW_MS + at * MINUTE_MS for at in range(3)]
    kept = courses.by_key["bmc-sensors", "s0"]["s0/hot"]
    assert [value for _, value in kept] == [40.0, 100.0, 160.0]


async def test_what_moves_by_the_day_is_recalled_for_a_month() -> None:
    book = Book()
    courses = book.courses()
    row = CEPH.model.read({"fsid": "f", "uuid": "f", "health": "HEALTH_OK", "total": 9, "used": 3})
    reading: Any = Reading(kind="ceph", rows=(row,), by_id={"f": row}, at_ms=NOW_MS)
    assert courses.take(CEPH, reading) == (True, True)
    await courses.remember(("ceph", ""))
    assert book.since_ms == NOW_MS - 30 * DAY_MS
    courses.take(SENSORS, heard(NOW_MS, sensor("hot")))
    await courses.remember(("bmc-sensors", "s0"))
    assert book.since_ms == NOW_MS - DAY_MS


def test_what_has_no_value_is_not_sampled() -> None:
    book = Book()
    assert book.courses().take(SENSORS, heard(NOW_MS, sensor("off", None))) == (False, False)
    assert book.written == []


def test_of_very_many_rows_each_comes_to_its_turn_less_often() -> None:
    book = Book()
    courses = book.courses()
    rows = [sensor(f"s{number}") for number in range(A_MINUTE * 3)]
    for minute in range(9):
        courses.take(SENSORS, heard(NOW_MS + minute * MINUTE_MS, *rows))
    assert sum(len(values) for _, values in book.written) <= A_MINUTE * 9


def test_what_stays_in_memory_is_bounded_and_keeps_its_ends() -> None:
    whole = tuple((NOW_MS + at, float(at)) for at in range(2001))
    short = thinned(whole)
    assert len(short) <= POINTS
    assert (short[0][0], short[-1]) == (NOW_MS, whole[-1])


async def test_what_the_record_has_stands_before_what_is_sampled_now() -> None:
    former: Course = ((NOW_MS - 7200_000, 30.0), (NOW_MS - 3600_000, 35.0), (NOW_MS, 1.0))
    courses = Book({"s0/hot": former}).courses()
    courses.take(SENSORS, heard(NOW_MS, sensor("hot")))
    await courses.remember(("bmc-sensors", "s0"))
    values = [value for _, value in courses.by_key["bmc-sensors", "s0"]["s0/hot"]]
    assert values == [30.0, 35.0, 41.0]


def test_the_page_of_a_sensor_draws_its_course() -> None:
    known = rack()
    (tab,) = SENSORS.tabs
    row = known.rows("bmc-sensors", "controller-0")[0]
    assert tab.figure is not None
    drawn = tab.figure(row, known)
    assert isinstance(drawn, Spark)
    assert drawn.label == row.sensor
    assert SENSORS.sentence is not None
    assert SENSORS.sentence(row, known).text == "41 C; well within 5 .. 70"
