"""A pretend server's baseboard: chassis, sensors, event log, parts, its LAN and user, by IPMI 2.0.

Chapters and tables are those of IPMI 2.0 (revision 1.1). What it does not know it refuses with
0xC1, as a real one does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable

from backend.simulator import powering
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.rmcp import Reply

CHASSIS, SENSOR, APP, STORAGE, TRANSPORT = 0x00, 0x04, 0x06, 0x0A, 0x0C
UNKNOWN, ABSENT, BAD_DATA, CANCELLED = 0xC1, 0xCB, 0xCC, 0xC5
LAST = 0xFFFF
KEPT = 512
"""Events that its log holds."""


@dataclass(frozen=True)
class Sensor:
    """An analog sensor: what it shows is ``reading * scale * 10 ** exponent``."""

    name: str
    sort: int
    unit: int
    usual: float
    limits: tuple[int, ...]
    scale: int = 1
    exponent: int = 0
    sways: float = 0.0
    is_standby: bool = False

    @property
    def step(self) -> float:
        """What one count is, in its unit."""
        return float(self.scale * 10.0**self.exponent)


# Sort and unit by tables 42-3 and 43-15; limits are counts: upper nc, c, nr, lower nc, c, nr.
SENSORS = (
    Sensor("CPU1 Temp", 1, 1, 46, (80, 90, 100, 5, 3, 1), sways=6),
    Sensor("Inlet Temp", 1, 1, 24, (38, 42, 47, 5, 3, 1), sways=2, is_standby=True),
    Sensor("Fan 1", 4, 18, 7200, (250, 252, 254, 20, 15, 10), scale=60, sways=300),
    Sensor("Fan 2", 4, 18, 7140, (250, 252, 254, 20, 15, 10), scale=60, sways=300),
    Sensor("PSU1 Input", 8, 6, 180, (200, 220, 240, 0, 0, 0), scale=2, sways=20),
    Sensor("12V", 2, 4, 12.1, (130, 134, 138, 110, 106, 102), exponent=-1),
)


@dataclass
class Board:
    """What one baseboard remembers beside the power of its host."""

    cloud: Cloud
    host: Host
    user: str
    address: tuple[str, int]
    boot: bytes = bytes(5)
    lit_until: float = 0.0
    log: list[bytes] = field(default_factory=list)
    cleared_s: int = 0
    reservation: int = 0
    # What was set of its network (table 23-4); it answers where it did all the same.
    lan: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._was_on = self.is_on

    @property
    def is_on(self) -> bool:
        return powering.is_on(self.cloud, self.host)

    def now_s(self) -> float:
        return self.cloud.clock.now().timestamp()

    def command(self, netfn: int, number: int, data: bytes) -> Reply:
        """Do one command of a technician who is logged in."""
        self.cloud.clock.catch_up()
        self._look()
        known = COMMANDS.get((netfn, number))
        return (UNKNOWN, b"") if known is None else known(self, data)

    def _look(self) -> None:
        """Write into the log what became of the power since somebody looked."""
        if self.is_on != self._was_on:
            self._was_on = self.is_on
            # Power Unit, sensor-specific: power off / down, asserted or over (table 42-3).
            self.note(0x09, 0xF0, 0x6F, 0x80 if self.is_on else 0x00, 0x00)

    def note(self, sort: int, number: int, trigger: int, over: int, offset: int) -> None:
        """Write an event; a full log takes none any more, as real ones do."""
        if len(self.log) >= KEPT:
            return
        stamp = int(self.now_s()).to_bytes(4, "little")
        number_of = len(self.log) + 1
        body = bytes([2]) + stamp + bytes([0x20, 0, 4, sort, number, trigger | over, offset])
        self.reservation += 1  # what was reserved before does not hold any more (31.4)
        self.log.append(number_of.to_bytes(2, "little") + body + b"\xff\xff")


# --- chassis (28) ------------------------------------------------------------------------------


def _status(board: Board, _data: bytes) -> Reply:
    lit = board.lit_until - board.now_s()
    identify = 0x40 | (0 if lit <= 0 else 0x20 if math.isinf(lit) else 0x10)
    return 0, bytes([0x20 | board.is_on, 0, identify])


def _control(board: Board, data: bytes) -> Reply:
    cloud, host = board.cloud, board.host
    orders: dict[int, Callable[[Cloud, Host], None]] = {
        0: powering.cut,
        1: powering.give,
        2: _cycle,
        3: powering.reset,
        4: powering.reset,
        5: powering.cut,
    }
    if not data or data[0] not in orders:
        return BAD_DATA, b""
    orders[data[0]](cloud, host)
    board._look()
    return 0, b""


def _cycle(cloud: Cloud, host: Host) -> None:
    if powering.is_on(cloud, host):
        powering.reset(cloud, host)


def _identify(board: Board, data: bytes) -> Reply:
    seconds = data[0] if data else 15
    forced = len(data) > 1 and data[1] & 1
    board.lit_until = math.inf if forced else board.now_s() + seconds
    return 0, b""


def _set_boot(board: Board, data: bytes) -> Reply:
    if data and data[0] & 0x7F == 5:
        board.boot = data[1:6].ljust(5, b"\0")
    return 0, b""


def _get_boot(board: Board, data: bytes) -> Reply:
    if not data or data[0] & 0x7F != 5:
        return 0x80, b""
    return 0, bytes([1, 5]) + board.boot


# --- sensors (35) and their records (33, 43) ----------------------------------------------------


def _reading(board: Board, data: bytes) -> Reply:
    if not data or not 1 <= data[0] <= len(SENSORS):
        return ABSENT, b""
    sensor = SENSORS[data[0] - 1]
    if not (board.is_on or sensor.is_standby):
        return 0, bytes([0, 0xE0, 0xC0, 0])
    phase = board.now_s() / 600 + data[0] + board.host.id
    value = sensor.usual + sensor.sways * math.sin(phase)
    return 0, bytes([max(0, min(255, round(value / sensor.step))), 0xC0, 0xC0, 0])


def _thresholds(_board: Board, data: bytes) -> Reply:
    if not data or not 1 <= data[0] <= len(SENSORS):
        return ABSENT, b""
    high, low = SENSORS[data[0] - 1].limits[:3], SENSORS[data[0] - 1].limits[3:]
    return 0, bytes([0x3F, *low, *high])


def record(number: int) -> bytes:
    """Return a full sensor record (43.1)."""
    sensor = SENSORS[number - 1]
    name = sensor.name.encode()
    margins = bytes([*reversed(sensor.limits[:3]), *reversed(sensor.limits[3:])])
    body = bytes([0x20, 0, number, 3, 1, 0x7F, 0x68, sensor.sort, 0x01])
    body += bytes([0x00, 0x72, 0x00, 0x72, 0x3F, 0x3F, 0x00, sensor.unit, 0x00, 0x00])
    body += bytes([sensor.scale, 0, 0, 0, 0, (sensor.exponent & 0x0F) << 4])
    usual = round(sensor.usual / sensor.step)
    body += bytes([0x00, usual, min(255, usual + 9), max(0, usual - 9), 255, 0])
    body += margins + bytes([2, 2, 0, 0, 0, 0xC0 | len(name)]) + name
    return number.to_bytes(2, "little") + bytes([0x51, 0x01, len(body)]) + body


def _records(_board: Board, _data: bytes) -> Reply:
    return 0, bytes([0x51]) + len(SENSORS).to_bytes(2, "little") + bytes(2) + bytes(8) + b"\x22"


def _reserve(board: Board, _data: bytes) -> Reply:
    board.reservation = board.reservation % 0xFFFE + 1
    return 0, board.reservation.to_bytes(2, "little")


def _record(_board: Board, data: bytes) -> Reply:
    if len(data) < 6:
        return BAD_DATA, b""
    number = int.from_bytes(data[2:4], "little") or 1
    if not 1 <= number <= len(SENSORS):
        return ABSENT, b""
    following = number + 1 if number < len(SENSORS) else LAST
    part = record(number)[data[4] : data[4] + min(data[5], 64)]
    return 0, following.to_bytes(2, "little") + part


# --- the log (31) ------------------------------------------------------------------------------


def _log(board: Board, _data: bytes) -> Reply:
    last = board.log[-1][3:7] if board.log else bytes(4)
    room = ((KEPT - len(board.log)) * 16).to_bytes(2, "little")
    cleared = board.cleared_s.to_bytes(4, "little")
    return 0, bytes([0x51]) + len(board.log).to_bytes(2, "little") + room + last + cleared + b"\x02"


def _event(board: Board, data: bytes) -> Reply:
    if len(data) < 6:
        return BAD_DATA, b""
    number = int.from_bytes(data[2:4], "little")
    if not board.log:
        return ABSENT, b""
    number = 1 if number == 0 else len(board.log) if number == LAST else number
    if not 1 <= number <= len(board.log):
        return ABSENT, b""
    following = number + 1 if number < len(board.log) else LAST
    return 0, following.to_bytes(2, "little") + board.log[number - 1]


def _clear(board: Board, data: bytes) -> Reply:
    if len(data) < 6 or data[2:5] != b"CLR":
        return BAD_DATA, b""
    if int.from_bytes(data[:2], "little") != board.reservation:
        return CANCELLED, b""
    if data[5] == 0xAA:
        board.log.clear()
        board.cleared_s = int(board.now_s())
    return 0, b"\x01"


def _log_time(board: Board, _data: bytes) -> Reply:
    return 0, int(board.now_s()).to_bytes(4, "little")


# --- parts (34) --------------------------------------------------------------------------------


def fru(board: Board) -> bytes:
    """Return what is written on the board: maker, product and serial number (FRU 1.0)."""
    words = (b"Pretend", b"Edge server", f"P{board.host.id:05d}".encode(), b"EDGE-1")
    body = bytes([0, 0, 0, 0]) + b"".join(bytes([0xC0 | len(one)]) + one for one in words)
    body += bytes([0xC0, 0xC1])
    size = -(-(len(body) + 3) // 8)
    area = (bytes([1, size]) + body).ljust(size * 8 - 1, b"\0")
    head = bytes([1, 0, 0, 1, 0, 0, 0])
    return head + bytes([-sum(head) & 0xFF]) + area + bytes([-sum(area) & 0xFF])


def _fru(board: Board, data: bytes) -> Reply:
    if data[:1] != b"\0":
        return ABSENT, b""
    return 0, len(fru(board)).to_bytes(2, "little") + b"\0"


def _read_fru(board: Board, data: bytes) -> Reply:
    if data[:1] != b"\0" or len(data) < 4:
        return ABSENT, b""
    start = int.from_bytes(data[1:3], "little")
    part = fru(board)[start : start + data[3]]
    return (0, bytes([len(part)]) + part) if part else (0xC9, b"")


# --- itself (20, 22, 23) -----------------------------------------------------------------------


def _device(_board: Board, _data: bytes) -> Reply:
    return 0, bytes([0x20, 0x81, 0x02, 0x10, 0x02, 0x8F, 0x91, 0x12, 0x00, 0x01, 0x00])


def _channel(_board: Board, _data: bytes) -> Reply:
    return 0, bytes([1, 4, 1, 0x80, 0xF2, 0x1B, 0, 0, 0])


def _access(_board: Board, data: bytes) -> Reply:
    # Of 10 users one is enabled, the second, as administrator.
    return 0, bytes([10, 0x41, 1, 0x34 if len(data) > 1 and data[1] & 0x3F == 2 else 0x0F])


def _name(board: Board, data: bytes) -> Reply:
    name = board.user.encode() if data and data[0] & 0x3F == 2 else b""
    return 0, name.ljust(16, b"\0")


def _lan(board: Board, data: bytes) -> Reply:
    if len(data) < 2:
        return BAD_DATA, b""
    address = bytes(map(int, board.address[0].split(".")))
    told = {
        3: address,
        4: b"\x01",
        5: bytes([2, 0, 0x5E, *board.host.id.to_bytes(3, "big")]),
        6: bytes([255, 255, 255, 0]),
        12: address[:3] + b"\x01",
        20: bytes(2),
    }
    found = board.lan.get(data[1], told.get(data[1]))
    return (0x80, b"") if found is None else (0, b"\x11" + found)


def _set_lan(board: Board, data: bytes) -> Reply:
    known = {0: 1, 3: 4, 4: 1, 6: 4, 12: 4, 20: 2}
    if len(data) < 3 or data[1] not in known:
        return 0x80, b""
    if data[1] == 0 and data[2] == 1 and board.lan.get(0) == b"\x01":
        return 0x81, b""
    board.lan[data[1]] = data[2 : 2 + known[data[1]]]
    return 0, b""


def _restart(_board: Board, _data: bytes) -> Reply:
    return 0, b""


COMMANDS: dict[tuple[int, int], Callable[[Board, bytes], Any]] = {
    (CHASSIS, 0x01): _status,
    (CHASSIS, 0x02): _control,
    (CHASSIS, 0x04): _identify,
    (CHASSIS, 0x08): _set_boot,
    (CHASSIS, 0x09): _get_boot,
    (SENSOR, 0x27): _thresholds,
    (SENSOR, 0x2D): _reading,
    (APP, 0x01): _device,
    (APP, 0x02): _restart,
    (APP, 0x42): _channel,
    (APP, 0x44): _access,
    (APP, 0x46): _name,
    (STORAGE, 0x10): _fru,
    (STORAGE, 0x11): _read_fru,
    (STORAGE, 0x20): _records,
    (STORAGE, 0x22): _reserve,
    (STORAGE, 0x23): _record,
    (STORAGE, 0x40): _log,
    (STORAGE, 0x42): _reserve,
    (STORAGE, 0x43): _event,
    (STORAGE, 0x47): _clear,
    (STORAGE, 0x48): _log_time,
    (TRANSPORT, 0x01): _set_lan,
    (TRANSPORT, 0x02): _lan,
}
