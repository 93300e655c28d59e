"""Real Redfish: OpenStack's ``sushy-emulator`` with its fake driver, over TLS.

``python -m tests.peers.redfish`` starts one and prints a clouds.yaml; Enter ends it.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Optional

from tests.backend.sources.authority import Certificate
from tests.peers.packages import built

PACKAGES = ("sushy-tools>=1.3",)
USER, PASSWORD = "admin", "Adm1n*bmc"
HOST = "127.0.0.1"
SYSTEM = "27946b59-9e44-4fa7-8e91-f3527a1ef094"
START_S = 20.0
# bcrypt of PASSWORD.
HTPASSWD = f"{USER}:$2b$04$jpV2P8CF.vEgAS9v0M14JeAiybLXVXrGfJo/U1wwK.75pKvDNhliK\n"

# Power moves 1 to 11 s after it was ordered there: here at once, by a clock that is ahead.
CONFIGURATION = """\
SUSHY_EMULATOR_AUTH_FILE = {room!r} + '/htpasswd'
SUSHY_EMULATOR_STATE_DIR = {room!r}
SUSHY_EMULATOR_FAKE_SYSTEMS = [
    {{'uuid': uuid, 'name': name, 'power_state': 'On', 'external_notifier': False,
      'nics': [{{'mac': '00:5c:52:31:3a:9c', 'ip': '172.22.0.100'}}]}}
    for uuid, name in {systems!r}
]
import random as _random
_random.randint = lambda low, high: 0
# Its update service asks its driver for versions, and the fake one alone knows none.
from sushy_tools.emulator.resources.systems import fakedriver as _fake
_versions = {{'BiosVersion': '1.0.0'}}
_fake.FakeDriver.get_versions = lambda self, identity: _versions
_fake.FakeDriver.set_versions = lambda self, identity, more: _versions.update(more)
"""


@dataclass
class Emulator:
    """One that runs: where it answers, and the certificate it shows."""

    port: int
    room: Path
    certificate: Certificate
    process: Optional[subprocess.Popen[bytes]] = None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def settings(self, **more: Any) -> Dict[str, Any]:
        """Return its entry under ``bmc:``."""
        said = {"address": self.address, "protocol": "redfish"}
        return {**said, "username": USER, "password": PASSWORD, **more}

    def start(self) -> None:
        program = built("sushy", PACKAGES) / "sushy-emulator"
        where = ["--fake", "-i", HOST, "-p", str(self.port), "--config", str(self.room / "conf")]
        pem = str(self.certificate.path)
        command = [str(program), *where, "--ssl-certificate", pem, "--ssl-key", pem]
        with (self.room / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.room, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait()

    def _wait(self) -> None:
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            with suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return
            time.sleep(0.05)
        raise RuntimeError((self.room / "log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait(10)

    @property
    def log(self) -> List[str]:
        """What it wrote of the requests."""
        return (self.room / "log").read_text(errors="replace").splitlines()


@contextmanager
def emulator(systems: int = 1) -> Iterator[Emulator]:
    """Run one with so many systems while the block lasts."""
    with TemporaryDirectory(prefix="stx-tui-redfish-") as folder:
        room = Path(folder)
        ids = [(SYSTEM[:-1] + f"{4 + number:x}", f"node-{number}") for number in range(systems)]
        (room / "htpasswd").write_text(HTPASSWD)
        (room / "conf").write_text(CONFIGURATION.format(room=str(room), systems=ids))
        port = free_port()
        one = Emulator(port=port, room=room, certificate=Certificate(room / "bmc.pem"))
        try:
            one.start()
            yield one
        finally:
            one.stop()


@contextmanager
def shelf(name: str, content: bytes) -> Iterator[str]:
    """Serve one file over HTTP while the block lasts; its URL."""

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer((HOST, free_port()), Shelf)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}/{name}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    """Return a TCP port of loopback, below the ephemeral ones, that nobody has."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def shown(port: int) -> str:
    """Return the certificate that is shown there, as PEM: the second opinion."""
    return ssl.get_server_certificate((HOST, port))


if __name__ == "__main__":
    with emulator(int(sys.argv[1]) if len(sys.argv) > 1 else 1) as running:
        print(json.dumps({"clouds": {"rack": {"bmc": {"s0": running.settings()}}}}, indent=2))
        input()
