"""Real baseboards: OpenIPMI's ``ipmi_sim``, with a chassis, sensors, log, FRU and SOL each.

``python -m tests.peers.bmc [COUNT]`` starts some and prints a clouds.yaml; Enter ends them.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Optional, Set

USER, PASSWORD = "admin", "Adm1n*bmc"
START_S = 10.0

LAN = """\
name "{name}"
set_working_mc 0x20
  startlan 1
    addr {host} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control ". {chassis}; chassis 0x20"
  sol "tcp:127.0.0.1:{serial}" 115200 history=4000
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
  user 3 true "reader" "Read3r*bmc" user 10 none md2 md5 straight
"""
EMULATOR = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 1 1 1
sensor_set_value 0x20 0 1 {temperature} 0
sensor_set_threshold 0x20 0 1 settable 111111 80 70 60 0 5 10
sensor_set_event_support 0x20 0 1 enable scanning per-state 000111111000000 000111111000000 \
000111111000000 000111111000000
sensor_add 0x20 0 2 4 1
sensor_set_value 0x20 0 2 60 0
mc_add_fru_data 0x20 0 32 data \
0x01 0x00 0x00 0x01 0x00 0x00 0x00 0xfe \
0x01 0x03 0x19 0x00 0x00 0x00 0xc3 0x41 \
0x43 0x4d 0xc2 0x42 0x31 0xc3 0x53 0x31 \
0x32 0xc0 0xc0 0xc1 0x00 0x00 0x00 0x60
{events}
mc_enable 0x20
"""
EVENT = "sel_add 0x20 0x02 {data}"
CHASSIS = """\
# The chassis behind the baseboard: its state is in files, and every order is kept. ipmi_sim has a
# shell started for every look: nothing more is started by that.
chassis() {{
  cd "{room}" || return
  case "$2" in
  get)
    case "$3" in
    power | boot) read -r state <"$3" && echo "$3:$state" ;;
    *) return 1 ;;
    esac ;;
  set)
    echo "$3 $4" >>orders
    case "$3" in
    power | boot) echo "$4" >"$3" ;;
    esac ;;
  esac
}}
"""


def record(number: int, name: str, sort: int, unit: int, margins: bytes) -> bytes:
    """Return a full sensor record (IPMI 2.0, 43.1) of an analog sensor, one unit a count."""
    body = bytes([0x20, 0, number, 3, 1, 0x7F, 0x68, sort, 0x01])
    body += bytes([0x00, 0x72, 0x00, 0x72, 0x3F, 0x3F])  # events and readable thresholds
    body += bytes([0x00, unit, 0x00, 0x00])  # units: unsigned, base, modifier, linear
    body += bytes([1, 0, 0, 0, 0, 0])  # M = 1, B = 0, exponents 0
    body += bytes([0x00, 25, 30, 20, 255, 0]) + margins + bytes([2, 2, 0, 0, 0])
    body += bytes([0xC0 | len(name)]) + name.encode("latin-1")
    return bytes([number & 0xFF, 0, 0x51, 0x01, len(body)]) + body


@dataclass
class Sim:
    """One ``ipmi_sim``: where it answers, and what its chassis was told."""

    name: str
    host: str
    port: int
    room: Path
    serial: socket.socket
    process: Optional[subprocess.Popen[bytes]] = None
    sensors: List[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def power(self) -> str:
        return (self.room / "power").read_text().strip()

    @property
    def boot(self) -> str:
        return (self.room / "boot").read_text().strip()

    @property
    def orders(self) -> List[str]:
        path = self.room / "orders"
        return path.read_text().splitlines() if path.exists() else []

    def settings(self, **more: Any) -> Dict[str, Any]:
        """Return its entry under ``bmc:``."""
        return {"address": self.address, "username": USER, "password": PASSWORD, **more}

    def ipmitool(self, *words: str) -> str:
        """Return what the second opinion says."""
        command = ["ipmitool", "-I", "lanplus", "-C", "3", "-H", self.host, "-p", str(self.port)]
        command += ["-U", USER, "-P", PASSWORD, *words]
        done = subprocess.run(command, check=True, capture_output=True, timeout=30)
        return done.stdout.decode()

    def add_event(self, sensor: int = 1, sort: int = 1, data: int = 0x59, at_s: int = 0) -> None:
        """Add an event to its log: by default the temperature above its critical threshold."""
        stamp = list(at_s.to_bytes(4, "little"))
        record = [0, 0, 0x02, *stamp, 0x20, 0x00, 0x04, sort, sensor, 0x01, data, 0x5A, 0x50]
        self.ipmitool("raw", "0x0a", "0x44", *(f"0x{byte:02x}" for byte in record))

    def start(self) -> None:
        with (self.room / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["ipmi_sim", "-c", "lan.conf", "-f", "sim.emu", "-s", "state", "-n"],
                cwd=self.room,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def pause(self) -> None:
        """Let it fall silent, with everything it knows."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(10)

    def plugged(self, within_s: float = 10.0) -> socket.socket:
        """Return the machine's end of the serial line, once the baseboard connected to it."""
        self.serial.settimeout(within_s)
        line, _ = self.serial.accept()
        line.settimeout(within_s)
        return line


SENSORS = (
    record(1, "CPU1 Temp", 1, 1, bytes([90, 80, 70, 0, 5, 10])),
    record(2, "Fan 1", 4, 18, bytes([200, 190, 180, 5, 10, 20])),
)


def written(room: Path, name: str, sensors: int = 2, temperature: int = 41) -> Sim:
    """Write the files of one baseboard into ``room``; it does not run yet."""
    room.mkdir(parents=True)
    serial = socket.create_server(("127.0.0.1", 0))
    sim = Sim(name=name, host="127.0.0.1", port=free_udp_port(), room=room, serial=serial)
    (room / "power").write_text("1\n")
    (room / "boot").write_text("none\n")
    chassis = room / "chassis.sh"
    chassis.write_text(CHASSIS.format(room=room))
    port = serial.getsockname()[1]
    (room / "lan.conf").write_text(
        LAN.format(
            name=name,
            host=sim.host,
            port=sim.port,
            chassis=chassis,
            serial=port,
            user=USER,
            password=PASSWORD,
        )
    )
    (room / "sim.emu").write_text(EMULATOR.format(temperature=temperature, events=""))
    records = list(SENSORS[:sensors])
    write_records(room, name, records)
    return sim


def write_records(room: Path, name: str, records: List[bytes]) -> None:
    """Seed the sensor records: those that its own command makes cannot be read."""
    state = room / "state" / "ipmi_sim" / name
    state.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{number}:d:" + "".join(f"\\{byte:02x}" for byte in body)
        for number, body in reversed(list(enumerate(records, 1)))
    ]
    (state / "sdr.20.main").write_text(
        "\n".join([*lines, "last_erase_time:i:0", "last_add_time:i:1802"]) + "\n"
    )


@contextmanager
def sims(count: int = 1, **of: Any) -> Iterator[List[Sim]]:
    """Run so many baseboards while the block lasts."""
    with TemporaryDirectory(prefix="stx-tui-bmc-") as folder:
        started = [
            written(Path(folder) / f"s{number}", f"s{number}", **of) for number in range(count)
        ]
        try:
            for sim in started:
                sim.start()
            for sim in started:
                wait_for(sim)
            yield started
        finally:
            for sim in started:
                sim.stop()
                sim.serial.close()


def wait_for(sim: Sim) -> None:
    """Return once it answers; raises with its log where it does not."""
    question = bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5")
    ends = time.monotonic() + START_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.05)
        probe.connect((sim.host, sim.port))
        while time.monotonic() < ends:
            with contextlib.suppress(OSError):
                probe.send(question)
                if probe.recv(100):
                    return
            time.sleep(0.01)
    raise RuntimeError((sim.room / "log").read_text(errors="replace")[-2000:])


def free_udp_port() -> int:
    """Return a UDP port of loopback, below the ephemeral ones, that nobody has or was given."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        if port in _given:
            continue
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
            contextlib.suppress(OSError),
        ):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


_given: Set[int] = set()


if __name__ == "__main__":
    with sims(int(sys.argv[1]) if len(sys.argv) > 1 else 3) as running:
        boards = {sim.name: sim.settings() for sim in running}
        print(json.dumps({"clouds": {"rack": {"bmc": boards}}}, indent=2))
        input()
