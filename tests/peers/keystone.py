"""The real Keystone from PyPI, under waitress on sqlite: built once, started once a run.

``python -m tests.peers.keystone`` starts it and prints an openrc; Enter ends it.
"""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, Tuple

import httpx

from tests.peers.packages import built

PACKAGES = ("keystone>=25", "waitress>=3")
PASSWORD = "Adm1n*pretend"
START_S = 60.0

# What a StarlingX registers beside Keystone itself; name, type, path after the port.
SERVICES = (("sysinv", "platform", "/v1"), ("fm", "faultmanagement", ""))

CONFIGURATION = """\
[database]
connection = sqlite:///{room}/keystone.db
[fernet_tokens]
key_repository = {room}/fernet
[fernet_receipts]
key_repository = {room}/fernet
[credential]
key_repository = {room}/credential
[token]
expiration = {expiration_s}
[cache]
enabled = false
[security_compliance]
lockout_failure_attempts = 5
lockout_duration = 1800
"""


@dataclass(frozen=True)
class Peer:
    """A Keystone that runs: ``url`` ends in /v3; ``room`` holds its files and log."""

    url: str
    room: Path

    def openrc(self, user: str = "admin", password: str = PASSWORD) -> Dict[str, str]:
        """Return the environment of a sourced openrc."""
        return {
            "OS_AUTH_URL": self.url,
            "OS_USERNAME": user,
            "OS_PASSWORD": password,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
        }

    def admin(self) -> Admin:
        """Return somebody who may do all."""
        return Admin(self)


class Admin:
    """Keystone's own API as its administrator: users, services, revocations."""

    def __init__(self, peer: Peer) -> None:
        self.url = peer.url
        user = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
        project = {"name": "admin", "domain": {"id": "default"}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": project}}}
        answer = httpx.post(f"{self.url}/auth/tokens", json=body, timeout=30).raise_for_status()
        self.token = answer.headers["X-Subject-Token"]
        self.project_id = answer.json()["token"]["project"]["id"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask Keystone; return its JSON, None where it has nothing to say."""
        answer = httpx.request(
            method,
            self.url + path,
            json=body,
            headers={"X-Auth-Token": self.token, **headers},
            timeout=30,
        ).raise_for_status()
        return answer.json() if answer.content else None

    def add_service(self, name: str, kind: str, url: str) -> None:
        """Register a service, as public and internal endpoints in RegionOne."""
        service = {"service": {"name": name, "type": kind}}
        service_id = self.ask("POST", "/services", service)["service"]["id"]
        for interface in ("public", "internal"):
            endpoint = {
                "service_id": service_id,
                "interface": interface,
                "region_id": "RegionOne",
                "url": url,
            }
            self.ask("POST", "/endpoints", {"endpoint": endpoint})

    def add_user(self, name: str, password: str, role: str) -> None:
        """Add a user with one role in project admin."""
        user = {"user": {"name": name, "password": password, "domain_id": "default"}}
        user_id = self.ask("POST", "/users", user)["user"]["id"]
        role_id = self.ask("GET", f"/roles?name={role}")["roles"][0]["id"]
        self.ask("PUT", f"/projects/{self.project_id}/users/{user_id}/roles/{role_id}")

    def revoke(self, token: str) -> None:
        """End a token now."""
        self.ask("DELETE", "/auth/tokens", **{"X-Subject-Token": token})

    def knows(self, token: str) -> bool:
        """Whether a token holds, as a service asks it of Keystone."""
        answer = httpx.get(
            f"{self.url}/auth/tokens",
            headers={"X-Auth-Token": self.token, "X-Subject-Token": token},
            timeout=30,
        )
        return answer.status_code == 200


@contextmanager
def keystone() -> Iterator[Peer]:
    """Set up a Keystone with the services of a StarlingX and run it while the block lasts."""
    programs = built("keystone", PACKAGES)
    with TemporaryDirectory(prefix="stx-tui-keystone-") as folder:
        room = Path(folder)
        port = free_port()
        configuration = written(room, "keystone.conf", expiration_s=3600)
        for name in ("fernet", "credential"):
            (room / name).mkdir(mode=0o700)
        who = [f"--keystone-user={os.geteuid()}", f"--keystone-group={os.getegid()}"]
        url = f"http://127.0.0.1:{port}/v3"
        steps: Tuple[Tuple[str, ...], ...] = (
            ("db_sync",),
            ("fernet_setup", *who),
            ("credential_setup", *who),
            (
                "bootstrap",
                f"--bootstrap-password={PASSWORD}",
                "--bootstrap-region-id=RegionOne",
                *(f"--bootstrap-{one}-url={url}" for one in ("public", "internal", "admin")),
            ),
        )
        with (room / "log").open("ab") as log:
            for step in steps:
                command = [str(programs / "keystone-manage"), f"--config-file={configuration}"]
                subprocess.run([*command, *step], check=True, stdout=log, stderr=log)
        with closing(sqlite3.connect(room / "keystone.db")) as record:
            # Keystone may read on one connection while it writes on another.
            record.execute("PRAGMA journal_mode = WAL")
        with running(room, configuration, port) as peer:
            admin = peer.admin()
            for number, (name, kind, path) in enumerate(SERVICES, 1):
                admin.add_service(name, kind, f"http://127.0.0.1:{port + number}{path}")
            yield peer


@contextmanager
def shortlived(peer: Peer, expiration_s: int) -> Iterator[Peer]:
    """Run a second Keystone on the same record, whose tokens end after ``expiration_s``."""
    configuration = written(peer.room, f"keystone-{expiration_s}.conf", expiration_s=expiration_s)
    with running(peer.room, configuration, free_port()) as other:
        yield other


def written(room: Path, name: str, expiration_s: int) -> Path:
    path = room / name
    text = CONFIGURATION.format(room=room, expiration_s=expiration_s)
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def running(room: Path, configuration: Path, port: int) -> Iterator[Peer]:
    """Run waitress until the block ends; raises with the end of its log where it does not start."""
    # Keystone reads the arguments of whatever program it is in: waitress-serve's would be its own.
    code = (
        "from keystone.server.wsgi import initialize_public_application as application\n"
        "import waitress\n"
        f"waitress.serve(application(), host='127.0.0.1', port={port}, threads=4)\n"
    )
    command = [str(built("keystone", PACKAGES) / "python"), "-W", "ignore", "-c", code]
    environment = {**os.environ, "OS_KEYSTONE_CONFIG_FILES": str(configuration)}
    log = room / "log"
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    try:
        url = f"http://127.0.0.1:{port}/v3"
        deadline = time.monotonic() + START_S
        while not answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")[-4000:])
            time.sleep(0.1)
        yield Peer(url=url, room=room)
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """Return a port of loopback, below the ephemeral ones, that nobody listens on."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000, 10)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


if __name__ == "__main__":
    with keystone() as started:
        for key, value in started.openrc().items():
            print(f"export {key}={value!r}")
        input()
