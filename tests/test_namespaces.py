"""Several hosts on one machine: each an sshd in a network, and with a name, of its own.

Only root can make them, and only where the kernel lets it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from tests.backend.sources.sshd import IS_ROOT, PROGRAM, Sshd
from tests.program import Ran, run

IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PORT = 22
# A network that nobody else has: 10.231.<number of this process>.
NETWORK = f"10.231.{os.getpid() % 250}"


def ip(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(IP), *words], check=True, capture_output=True)


def may() -> bool:
    """Whether this kernel lets us have a network of our own."""
    if IP is None or PROGRAM is None or not IS_ROOT or shutil.which("unshare") is None:
        return False
    name = f"stx-probe-{os.getpid()}"
    if subprocess.run([IP, "netns", "add", name], check=False, capture_output=True).returncode:
        return False
    ip("netns", "del", name)
    return True


pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not may(), reason="no network namespaces, or no sshd, or not root"),
]


@dataclass
class Host:
    """One of them: its end of the cable is ``address``, ours is named ``cable``."""

    name: str
    address: str
    cable: str
    sshd: Sshd

    def pull(self) -> None:
        ip("link", "set", self.cable, "down")


def plugged(number: int, name: str, folder: Path, leave: ExitStack) -> Host:
    """Make a network, a cable to it, and an sshd there that calls itself ``name``."""
    space, cable = f"stx-{os.getpid()}-{number}", f"stx{os.getpid() % 100_000}{number}"
    ours, theirs = (f"{NETWORK}.{number * 4 + end}" for end in (1, 2))
    ip("netns", "add", space)
    leave.callback(ip, "netns", "del", space)
    ip("link", "add", cable, "type", "veth", "peer", "name", "mgmt0", "netns", space)
    # By itself it goes with its network: when the last session there has ended.
    leave.callback(ip, "link", "del", cable)
    ip("address", "add", f"{ours}/30", "dev", cable)
    ip("link", "set", cable, "up")
    for words in (
        ("address", "add", f"{theirs}/30", "dev", "mgmt0"),
        ("link", "set", "mgmt0", "up"),
    ):
        ip("-n", space, *words)
    named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', name)
    sshd = Sshd(
        folder=folder / name,
        port=PORT,
        addresses=(theirs,),
        within=(str(IP), "netns", "exec", space, *named),
    )
    sshd.folder.mkdir()
    leave.callback(sshd.stop)
    return Host(name=name, address=theirs, cable=cable, sshd=sshd.start())


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[List[Host]]:
    with ExitStack() as leave:
        names = ("controller-1", "worker-0", "worker-1")
        yield [plugged(number, name, tmp_path, leave) for number, name in enumerate(names)]


async def asked(home: Path, hosts: List[Host], kind: str) -> Ran:
    """Ask all of them for a kind, by one key; each has a host key of its own."""
    first = hosts[0].sshd
    lines = []
    for host in hosts:
        (host.sshd.folder / "authorized").write_bytes(first.key.with_suffix(".pub").read_bytes())
        host.sshd.trusted(host.address)
        lines.append((host.sshd.home / "known_hosts").read_text(encoding="utf-8"))
    (first.home / "known_hosts").write_text("".join(lines).replace("[", "").replace("]:22", ""))
    ssh: Dict[str, Any] = {"hosts": {host.name: host.address for host in hosts}}
    ssh.update(user=first.user, key=str(first.key), folder=str(first.home))
    config = home / ".config" / "stx-tui" / "clouds.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"clouds": {"site-7": {"ssh": ssh}}}), encoding="utf-8")
    config.chmod(0o600)
    return await run(home, "get", kind, "--of", "all", "-o", "json")


async def test_each_host_tells_of_its_own_network(tmp_path: Path, hosts: List[Host]) -> None:
    ran = await asked(tmp_path, hosts, "link-addresses")
    assert ran.code == 0, ran.said
    told = {(row["machine"], row["address"]) for row in json.loads(ran.out)}
    for host in hosts:
        own = {address for machine, address in told if machine == host.name and "." in address}
        assert own == {f"{host.address}/30"}


async def test_a_host_whose_cable_is_pulled_is_said_and_holds_nobody(
    tmp_path: Path, hosts: List[Host]
) -> None:
    hosts[1].pull()
    ran = await asked(tmp_path, hosts, "link-addresses")
    assert ran.code == 5
    assert {row["machine"] for row in json.loads(ran.out)} == {"here", "controller-1", "worker-1"}
    assert "worker-0: " in ran.err
