"""The sensors of a baseboard over IPMI: records read once, readings as often as they are wanted."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from pyghmi import constants, exceptions
from pyghmi.ipmi import sdr as sdr_records

from backend.sources.ipmi_wire import NONSENSE

Body = Dict[str, Any]

SENSOR, GET_READING, GET_THRESHOLDS = 4, 0x2D, 0x27
# Completion codes (IPMI 2.0, table 5-2): it is not there, as a bay without a drive; and it has no
# reading by its nature, or while the machine is off.
NOT_THERE = 0xCB
NO_READING = frozenset({0xCD, 0xD5})
_CODES = range(1, 0x100)
# What stands for the reading of a sensor that is not there.
GONE = object()
_MARGINS = (
    "lower_minor",
    "lower_major",
    "lower_critical",
    "upper_minor",
    "upper_major",
    "upper_critical",
)


def health_word(health: int) -> str:
    """Return ok, warning, critical or failed."""
    for level, word in (
        (constants.Health.Failed, "failed"),
        (constants.Health.Critical, "critical"),
        (constants.Health.Warning, "warning"),
    ):
        if health & level:
            return word
    return "ok"


class _Forgetful(Dict[Any, Any]):
    """Keeps nothing."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget it."""


# pyghmi gives the sensor records of one machine to all of the same model, firmware and date of
# change: many a baseboard has no such date, and two machines are seldom filled the same.
sdr_records.shared_sdrs = _Forgetful()


class Sensors:
    """The sensors of one baseboard; their records and limits are kept from login to login."""

    def __init__(self) -> None:
        self._records: Optional[Any] = None
        self._thresholds: Dict[int, Mapping[str, float]] = {}

    def health(self, command: Any) -> Body:
        """Return what they come to; one that cannot be read is not well before it is."""
        worst, bad = 0, []
        for entry, reading, why in self._readings(command):
            if why:
                worst |= constants.Health.Warning
                bad.append(f"{entry.name}: not read: {why}")
            elif reading is not None and reading.health:
                worst |= reading.health
                bad.append(f"{reading.name}: {', '.join(reading.states)}")
        return {"health": health_word(worst), "bad": bad}

    def bodies(self, command: Any) -> List[Body]:
        """Return every sensor with its value, states and thresholds; one that fails says why."""
        rows: List[Body] = []
        for entry, reading, why in self._readings(command):
            body = {"sensor": str(entry.name), "number": entry.sensor_number}
            if reading is None:
                sort = str(entry.sensor_type)
                rows.append({**body, "type": sort, "unavailable": True, "trouble": why})
                continue
            limits = dict(self._margins(command, entry))
            rows.append({**body, **_body(reading), "thresholds": limits})
        return rows

    def _readings(self, command: Any) -> Iterator[Tuple[Any, Any, str]]:
        """Yield the record of each with its reading: None where it has none, or why it failed.

        Raises where all of them failed: then it is no matter of a sensor.
        """
        if self._records is None:
            self._records = command.init_sdr()
        first: Optional[Exception] = None
        was_read = False
        for number in self._records.get_sensor_numbers():
            entry = self._records.sensors[number]
            try:
                reading = _reading(command, entry)
            except (*NONSENSE, exceptions.IpmiException) as error:
                first = first or error
                yield entry, None, words_of(error)
                continue
            was_read = True
            if reading is not GONE:
                yield entry, reading, ""
        if first is not None and not was_read:
            raise first

    def _margins(self, command: Any, entry: Any) -> Mapping[str, float]:
        """Return the thresholds of a sensor; they are read once."""
        number = entry.sensor_number
        if number not in self._thresholds:
            try:
                self._thresholds[number] = _thresholds(command, entry)
            except NONSENSE:
                return {}  # its reading stands without; they are asked for again
        return self._thresholds[number]


def _reading(command: Any, entry: Any) -> Any:
    """Return the reading of a sensor, None where it has none now."""
    answer = _asked(command, entry, GET_READING)
    if answer.get("code") == NOT_THERE:
        return GONE
    if answer.get("code") in NO_READING:
        return None
    if "error" in answer:
        raise exceptions.IpmiException(answer["error"], code=answer["code"])
    reading = entry.decode_sensor_reading(command, answer["data"])
    if not isinstance(reading, sdr_records.SensorReading):
        raise TypeError(f"no reading: {reading!r}")
    return reading


def _asked(command: Any, entry: Any, number: int) -> Any:
    return command.raw_command(
        netfn=SENSOR, command=number, rslun=entry.sensor_lun, data=(entry.sensor_number,)
    )


def _body(reading: Any) -> Body:
    return {
        "type": str(reading.type),
        "value": None if reading.value is None else round(float(reading.value), 3),
        "units": str(reading.units or "").strip(),
        "states": [str(state) for state in reading.states],
        "health": health_word(reading.health or 0),
        "unavailable": bool(reading.unavailable),
    }


def _thresholds(command: Any, entry: Any) -> Mapping[str, float]:
    if not getattr(entry, "has_thresholds", False):
        return {}
    answer = _asked(command, entry, GET_THRESHOLDS)
    if "error" in answer:
        return {}  # many a baseboard tells of none
    mask, *values = answer["data"]
    return {
        name: round(float(entry.decode_value(command, value)), 3)
        for bit, (name, value) in enumerate(zip(_MARGINS, values))
        if mask & (1 << bit)
    }


def words_of(error: Exception) -> str:
    """Return why one of many failed, in the baseboard's words where it has any.

    Raises it where the baseboard fell silent: then it is no matter of that one.
    """
    if isinstance(error, exceptions.PyghmiException):
        code = getattr(error, "ipmicode", 0)
        is_wrong = isinstance(error, exceptions.BmcErrorException)
        if code not in _CODES and not is_wrong:
            raise error
        return str(error) or f"refused with code {code:#04x}"
    return f"its answer cannot be read ({type(error).__name__} {error})"
