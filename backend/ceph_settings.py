"""``ceph:`` of a cloud in clouds.yaml: where Ceph is asked, and as whom."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from backend.clouds_yaml import Section
from backend.plan import HERE

_KEYS = {"machine", "conf", "name", "keyring", "pod", "namespace"}
# Where Ceph's own programs look on a controller.
CONF = Path("/etc/ceph/ceph.conf")


@dataclass(frozen=True)
class CephWay:
    """Ceph is asked on ``machine`` (this one, or the name of a host behind SSH).

    ``conf``, ``name`` and ``keyring`` "": as Ceph's own programs find them. With ``pod`` (as
    ``deploy/rook-ceph-tools``) it is asked in that pod of Rook's, by ``kubectl`` on that machine.
    """

    machine: str = HERE
    conf: str = ""
    name: str = "client.admin"
    keyring: str = ""
    pod: str = ""
    namespace: str = "rook-ceph"


def ceph_of(cloud: Section) -> Optional[CephWay]:
    """Return what a cloud says of Ceph, None where nothing; raises ``SettingsError``."""
    spot = cloud.at("ceph")
    if spot is None:
        return None
    said = Section(spot)
    said.only(_KEYS)
    for key in _KEYS:
        word = said.text(key)
        # All of them are given to a program.
        if word.startswith("-") or any(part.isspace() for part in word):
            raise said.spots[key].wrong(f"{word!r} is no {key}")
    return CephWay(
        machine=said.text("machine") or HERE,
        conf=said.text("conf"),
        name=said.text("name") or "client.admin",
        keyring=said.text("keyring"),
        pod=said.text("pod"),
        namespace=said.text("namespace") or "rook-ceph",
    )


def ceph_here() -> Optional[CephWay]:
    """Return the way to the Ceph that this machine is set up for, None where it is for none."""
    return CephWay() if os.access(CONF, os.R_OK) else None
