"""Host keys that are learnt by asking: each host's own, however many are asked together."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import List

import pytest

from backend.errors import Untrusted
from backend.sources.hostkeys import HostKeys, fingerprint
from backend.sources.tls import Pins

# Writes the key of its host where ssh would, once both hosts were asked; ends once both wrote.
PROBE = """\
#!/bin/sh
for word in "$@"; do
  case $word in UserKnownHostsFile=*) file=${word#*=};; esac
  host=$word
done
cd "$(dirname "$0")"
touch "asked-$host"
while [ "$(ls asked-* | wc -l)" -lt 2 ]; do sleep 0.01; done
echo "$host ssh-ed25519 $(cat "key-$host")" >> "$file"
touch "wrote-$host"
while [ "$(ls wrote-* | wc -l)" -lt 2 ]; do sleep 0.01; done
"""


@dataclass(frozen=True)
class Host:
    name: str

    @property
    def endpoint(self) -> str:
        return f"ssh {self.name}:22"


def known_by(file: Path) -> List[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return sorted(line.split()[0] for line in lines)


async def test_two_hosts_that_are_asked_together_are_each_known_by_their_own_key(
    tmp_path: Path,
) -> None:
    program, room = tmp_path / "probe", tmp_path / "room"
    program.write_text(PROBE, encoding="utf-8")
    program.chmod(0o700)
    room.mkdir()
    pins, hosts = Pins(tmp_path / "pins"), (Host("worker-0"), Host("worker-1"))
    for host in hosts:
        key = base64.b64encode(host.name.encode()).decode()
        (tmp_path / f"key-{host.name}").write_text(key, encoding="utf-8")
        pins.pin(host.endpoint, fingerprint(key))
    keys = HostKeys(pins, room)
    await asyncio.gather(*(keys.learn(host, (str(program), host.name)) for host in hosts))
    (known,) = room.iterdir()
    assert str(known) == keys.files.split()[-1]
    assert known_by(known) == ["worker-0", "worker-1"]


async def test_a_key_that_is_another_than_the_pinned_one_is_shown_and_not_taken(
    tmp_path: Path,
) -> None:
    program = tmp_path / "probe"
    program.write_text(PROBE, encoding="utf-8")
    program.chmod(0o700)
    for name in ("asked-other", "wrote-other"):
        (tmp_path / name).touch()
    key = base64.b64encode(b"new").decode()
    (tmp_path / "key-worker-0").write_text(key, encoding="utf-8")
    pins = Pins(tmp_path / "pins")
    pins.pin("ssh worker-0:22", "SHA256:old")
    (tmp_path / "room").mkdir()
    keys = HostKeys(pins, tmp_path / "room")
    with pytest.raises(Untrusted, match="CHANGED"):
        await keys.learn(Host("worker-0"), (str(program), "worker-0"))
