"""The dashboard of a real Ceph: the REST of its managers, one active and one standing by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Tuple

from tests.peers.ceph import Ceph, run
from tests.peers.keystone import free_port

USER, PASSWORD = "site", "Secret-word-77"
MODULE = Path("/usr/share/ceph/mgr/dashboard")
NAMES = ("x", "y")
# A manager that begins loads dozens of modules first.
SETTLE_S = 240.0


@dataclass(frozen=True)
class Dashboards:
    """Where each manager's REST answers, by its name; both show one certificate."""

    peer: Ceph
    ports: Dict[str, int]
    certificate: Path

    def url(self, name: str) -> str:
        """Return where a manager answers."""
        return f"https://127.0.0.1:{self.ports[name]}"

    @property
    def active(self) -> str:
        """The name of the manager that is active, "" where none is."""
        said = self.peer.json("mgr", "dump")
        return str(said["active_name"]) if said["available"] else ""

    def settle(self) -> Tuple[str, str]:
        """Wait until one is active with its REST, and one stands by; return their names."""
        for name in NAMES:
            self.peer.manager(name)
        self.peer.until(self._is_settled, "one manager is active and one stands by", SETTLE_S)
        active = self.active
        return active, next(name for name in NAMES if name != active)

    def _is_settled(self) -> bool:
        said = self.peer.json("mgr", "dump")
        where = str(said["services"].get("dashboard", ""))
        return bool(said["standbys"]) and f":{self.ports.get(said['active_name'])}/" in where


def dashboards(peer: Ceph) -> Dashboards:
    """Make the REST of two managers answer on loopback."""
    key, certificate = peer.room / "dashboard.key", peer.room / "dashboard.crt"
    # It takes RSA alone.
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=ceph-dashboard", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    peer.ceph("config-key", "set", "mgr/dashboard/crt", "-i", str(certificate))
    peer.ceph("config-key", "set", "mgr/dashboard/key", "-i", str(key))
    found = Dashboards(peer, {name: free_port() for name in NAMES}, certificate)
    for name, port in found.ports.items():
        where = f"mgr/dashboard/{name}"
        peer.ceph("config", "set", "mgr", f"{where}/server_addr", "127.0.0.1")
        peer.ceph("config", "set", "mgr", f"{where}/ssl_server_port", str(port))
        peer.manager(name)
    peer.ceph("mgr", "module", "enable", "dashboard")
    found.settle()
    word = peer.room / "word"
    word.write_text(PASSWORD)
    peer.until(lambda: _is_user(peer, word), "its user is made")
    return found


def _is_user(peer: Ceph, word: Path) -> bool:
    """Make the user; a module that just begins takes no command yet."""
    try:
        peer.ceph("dashboard", "ac-user-create", USER, "-i", str(word), "administrator")
    except RuntimeError as error:
        return "already exists" in str(error)
    return True
