"""``ceph:`` of a cloud in clouds.yaml: where Ceph is asked, and as whom."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Tuple

from backend.clouds_yaml import Section, Spot
from backend.plan import HERE
from backend.secret import Password, password_of
from backend.urls import check_url

_DIRECT = {"machine", "conf", "name", "keyring", "pod", "namespace"}
_PASSWORDS = ("password", "password_command", "password_file")
_MANAGER = {"manager", "username", *_PASSWORDS}
# Where Ceph's own programs look on a controller.
CONF = Path("/etc/ceph/ceph.conf")
_AS_IN = "https://192.168.204.1:8443"


@dataclass(frozen=True)
class CephWay:
    """Ceph is asked on ``machine`` (this one, or the name of a host behind SSH).

    ``conf``, ``name`` and ``keyring`` "": as Ceph's own programs find them. With ``pod`` (as
    ``deploy/rook-ceph-tools``) it is asked in that pod of Rook's, by ``kubectl`` on that machine.
    ``managers`` are where the dashboard of Ceph's manager may answer, as ``username``: they are
    asked last, or alone where nothing else is set (``is_direct`` False).
    """

    machine: str = HERE
    conf: str = ""
    name: str = "client.admin"
    keyring: str = ""
    pod: str = ""
    namespace: str = "rook-ceph"
    is_direct: bool = True
    managers: Tuple[str, ...] = ()
    username: str = ""
    password: Password = field(default_factory=Password)


def ceph_of(cloud: Section) -> Optional[CephWay]:
    """Return what a cloud says of Ceph, None where nothing; raises ``SettingsError``."""
    spot = cloud.at("ceph")
    if spot is None:
        return None
    said = Section(spot)
    said.only(_DIRECT | _MANAGER)
    for key in _DIRECT:
        word = said.text(key)
        # All of them are given to a program.
        if word.startswith("-") or any(part.isspace() for part in word):
            raise said.spots[key].wrong(f"{word!r} is no {key}")
    managers = _managers(said)
    return CephWay(
        machine=said.text("machine") or HERE,
        conf=said.text("conf"),
        name=said.text("name") or "client.admin",
        keyring=said.text("keyring"),
        pod=said.text("pod"),
        namespace=said.text("namespace") or "rook-ceph",
        is_direct=not managers or any(said.at(key) for key in _DIRECT),
        managers=managers,
        username=said.text("username"),
        password=password_of(said),
    )


def _managers(said: Section) -> Tuple[str, ...]:
    """Return where managers answer: one URL, or a list of them."""
    spot = said.at("manager")
    if spot is None:
        if said.at("username", *_PASSWORDS):
            raise said.spot.wrong("has a username or a password, and no manager", _AS_IN)
        return ()
    spots = spot.value if isinstance(spot.value, tuple) else (spot,)
    if not (spots and said.text("username") and said.at(*_PASSWORDS)):
        raise spot.wrong("wants a URL, a username and a password", "or a password_command")
    return tuple(_url(one) for one in spots)


def _url(spot: Spot) -> str:
    if not isinstance(spot.value, str):
        raise spot.wrong("must be a URL, or a list of them", f"as in {_AS_IN}")
    url = spot.value.rstrip("/")
    check_url(spot, url)
    return url


def ceph_here() -> Optional[CephWay]:
    """Return the way to the Ceph that this machine is set up for, None where it is for none."""
    return CephWay() if os.access(CONF, os.R_OK) else None
