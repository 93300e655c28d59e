"""A Ceph that runs on loopback: one monitor, one manager, three OSDs that keep all in memory.

``python -m tests.peers.ceph`` starts it and prints what ``ceph`` needs to be told; Enter ends it.
``MISSING`` names what of it is not on this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Sequence

from tests.peers.keystone import free_port

PROGRAMS = ("ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "monmaptool", "ceph-authtool")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
OSDS, POOLS = 3, ("kube-rbd",)
START_S, OSD_BYTES = 90.0, 256 * 1024 * 1024

_CONF = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{port},v1:127.0.0.1:{next}]
mon initial members = a
mgr initial modules =
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth allow insecure global id reclaim = false
keyring = {room}/$name.keyring
run dir = {room}
admin socket = {room}/$name.asok
pid file = {room}/$name.pid
log file = {room}/$name.log
log to stderr = false
crash dir = {room}/crash
ms bind ipv6 = false
osd crush chooseleaf type = 0
osd pool default size = 2
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon warn on pool no redundancy = false
mon allow pool delete = true
mon pg warn min per osd = 0
mon data avail warn = 1
mon osd min down reporters = 1
mon osd down out interval = 600
mon osd adjust heartbeat grace = false
osd heartbeat grace = 4
osd heartbeat interval = 1
mgr tick period = 1
mon mgr beacon grace = 8
mgr stats period = 1
osd objectstore = memstore
memstore device bytes = {bytes}
[mon.a]
mon data = {room}/mon.a
[mgr]
mgr data = {room}/$name
[osd]
osd data = {room}/$name
osd class update on start = false
"""


class Ceph:
    """A cluster that runs: its files, its own ``ceph``, and what tests do to it."""

    def __init__(self, room: Path) -> None:
        """``room`` holds its files and logs."""
        self.room = room
        self.fsid = str(uuid.uuid4())
        self.conf = room / "ceph.conf"
        self.port = free_port()
        self.keyring = room / "client.admin.keyring"
        self._running: Dict[str, subprocess.Popen[bytes]] = {}
        text = _CONF.format(
            fsid=self.fsid, port=self.port, next=self.port + 1, room=room, bytes=OSD_BYTES
        )
        self.conf.write_text(text, encoding="utf-8")

    def ceph(self, *words: str, deadline_s: float = 30.0) -> str:
        """Run the cluster's own ``ceph`` and return what it printed."""
        return run("ceph", f"--conf={self.conf}", *words, deadline_s=deadline_s)

    def json(self, *words: str) -> Any:
        """Ask ``ceph`` for JSON."""
        return json.loads(self.ceph(*words, "-f", "json"))

    def until(self, claim: Any, what: str, seconds: float = 60.0) -> None:
        """Wait until ``claim()`` holds."""
        ends = time.monotonic() + seconds
        while not claim():
            if time.monotonic() > ends:
                raise AssertionError(f"it never came true: {what}")
            time.sleep(0.2)

    # --- its processes -------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start a daemon: ``mon.a``, ``mgr.x``, ``osd.0``."""
        kind, _, of = name.partition(".")
        log = (self.room / f"{name}.err").open("ab")
        self._running[name] = subprocess.Popen(
            [f"ceph-{kind}", f"--conf={self.conf}", "-f", "-i", of],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        log.close()

    def kill(self, name: str) -> None:
        """Kill a daemon at once."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end(self) -> None:
        """Kill what still runs."""
        for name in list(self._running):
            self.kill(name)

    # --- its making ----------------------------------------------------------------------------

    def make(self) -> None:
        """Make monitor, manager and OSDs, and return when all placement groups are clean."""
        self._keys()
        run(
            *("monmaptool", "--create", "--clobber", "--fsid", self.fsid),
            *("--addv", "a", f"[v2:127.0.0.1:{self.port},v1:127.0.0.1:{self.port + 1}]"),
            str(self.room / "monmap"),
        )
        run(
            *("ceph-mon", f"--conf={self.conf}", "--mkfs", "-i", "a"),
            *(f"--monmap={self.room / 'monmap'}", f"--keyring={self.room / 'first.keyring'}"),
        )
        shutil.copy(self.room / "first.keyring", self.room / "mon.a.keyring")
        self.start("mon.a")
        self.manager("x")
        for number in range(OSDS):
            self._osd(number)
        for pool in POOLS:
            self.ceph("osd", "pool", "create", pool, "8", "8")
            self.ceph("osd", "pool", "application", "enable", pool, "rbd")
        self.until(self.is_well, "the cluster is well", START_S)

    def manager(self, name: str) -> None:
        """Make and start a manager, where it does not run; without modules of no use here."""
        if f"mgr.{name}" in self._running:
            return
        folder = self.room / f"mgr.{name}"
        folder.mkdir(exist_ok=True)
        caps = ("mon", "allow profile mgr", "osd", "allow *", "mds", "allow *")
        said = self.ceph("auth", "get-or-create", f"mgr.{name}", *caps, deadline_s=START_S)
        (self.room / f"mgr.{name}.keyring").write_text(said)
        self.start(f"mgr.{name}")

    @contextmanager
    def filesystem(self, name: str, *servers: str) -> Iterator[None]:
        """Have a filesystem while the block lasts, with metadata servers for it."""
        pools = (f"{name}-meta", f"{name}-data")
        for pool in pools:
            self.ceph("osd", "pool", "create", pool, "4", "4")
        self.ceph("fs", "new", name, *pools)
        try:
            for server in servers:
                self._server(server)
            yield
        finally:
            for server in servers:
                if f"mds.{server}" in self._running:
                    self.kill(f"mds.{server}")
            self.ceph("fs", "fail", name)
            self.ceph("fs", "rm", name, "--yes-i-really-mean-it")
            for pool in pools:
                self.ceph("osd", "pool", "delete", pool, pool, "--yes-i-really-really-mean-it")

    def _server(self, name: str) -> None:
        caps = ("mon", "allow profile mds", "osd", "allow rwx", "mds", "allow *", "mgr",
                "allow profile mds")  # fmt: skip
        keyring = self.room / f"mds.{name}.keyring"
        keyring.write_text(self.ceph("auth", "get-or-create", f"mds.{name}", *caps))
        self.start(f"mds.{name}")

    def _keys(self) -> None:
        first = str(self.room / "first.keyring")
        make = ("ceph-authtool", first, "--gen-key")
        run(*make, "--create-keyring", "-n", "mon.", "--cap", "mon", "allow *")
        everything = [
            w for part in ("mon", "osd", "mds", "mgr") for w in ("--cap", part, "allow *")
        ]
        admin = str(self.keyring)
        run("ceph-authtool", admin, "--create-keyring", "--gen-key", "-n", "client.admin",
            *everything)  # fmt: skip
        run("ceph-authtool", first, "--import-keyring", admin)

    def _osd(self, number: int) -> None:
        folder, name = self.room / f"osd.{number}", str(uuid.uuid4())
        folder.mkdir()
        assert self.ceph("osd", "new", name).strip() == str(number)
        caps = ("mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *")
        keyring = self.room / f"osd.{number}.keyring"
        keyring.write_text(self.ceph("auth", "get-or-create", f"osd.{number}", *caps))
        conf = (f"--conf={self.conf}", "-i", str(number), "--osd-uuid", name)
        run("ceph-osd", *conf, "--mkfs", "--no-mon-config")
        self.start(f"osd.{number}")

    def is_well(self) -> bool:
        """Whether every OSD is up and every placement group is clean."""
        said = self.json("status")
        osds, groups = said["osdmap"], said["pgmap"]
        osds = osds.get("osdmap", osds)
        states = groups.get("pgs_by_state", [])
        clean = sum(one["count"] for one in states if one["state_name"] == "active+clean")
        return bool(osds["num_up_osds"] == OSDS and clean == groups["num_pgs"] >= 8)


def run(*argv: str, deadline_s: float = 30.0) -> str:
    """Run a program and return what it printed; raises with its own words where it fails."""
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=deadline_s, check=False, env=environment()
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr or done.stdout}")
    return done.stdout


def environment() -> Dict[str, str]:
    """Return what programs of Ceph see: Python's own modules of the system, not of a venv."""
    path = os.environ.get("PATH", "")
    parts: Sequence[str] = [part for part in path.split(os.pathsep) if "/sbin" not in part]
    found: List[str] = [*parts, "/usr/sbin", "/sbin"]
    return {**os.environ, "PATH": os.pathsep.join(found)}


@contextmanager
def ceph() -> Iterator[Ceph]:
    """Run a whole cluster while the block lasts."""
    with TemporaryDirectory(prefix="stx-tui-ceph-") as folder:
        peer = Ceph(Path(folder))
        try:
            peer.make()
            yield peer
        finally:
            peer.end()


if __name__ == "__main__":
    with ceph() as started:
        print(f"ceph --conf={started.conf} -s")
        input()
