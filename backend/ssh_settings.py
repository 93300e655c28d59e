"""``ssh:`` of a cloud in clouds.yaml: which hosts are reached by SSH, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Dict, Mapping, Optional

from backend.clouds_yaml import Section
from backend.home import at_home
from backend.plan import HERE
from backend.secret import Password, password_of

_KEYS = {
    *("user", "port", "hosts", "key", "jump", "folder"),
    *("password", "password_command", "password_file", "sudo"),
}


@dataclass(frozen=True)
class Ssh:
    """How hosts are reached by SSH: ``hosts`` are addresses by name; "" and None: as ssh does.

    ``jump`` is the host (of ``hosts``, or an address) that the others are behind, ``folder`` what
    stands for ``~/.ssh`` with its ``config`` and ``known_hosts``. With ``sudo`` all that runs there
    runs as root, by the password of the account where sudo asks for one.
    """

    user: str = ""
    port: Optional[int] = None
    hosts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    password: Password = field(default_factory=Password)
    key: str = ""
    jump: str = ""
    folder: str = ""
    sudo: bool = False


def ssh_of(cloud: Section) -> Optional[Ssh]:
    """Return what a cloud says of SSH, None where nothing; raises ``SettingsError``."""
    spot = cloud.at("ssh")
    if spot is None:
        return None
    said = Section(spot)
    said.only(_KEYS)
    port = said.number("port")
    if port is not None and not 0 < port < 65536:
        raise said.spots["port"].wrong(f"{port} is no port", "1 to 65535; 22 is usual")
    return Ssh(
        user=_word(said, "user", "user"),
        port=port,
        hosts=MappingProxyType(_hosts(said.section("hosts"))),
        password=password_of(said),
        key=_path(said.text("key")),
        jump=_word(said, "jump", "host"),
        folder=_path(said.text("folder")),
        sudo=said.flag("sudo", default=False),
    )


def _path(text: str) -> str:
    return str(at_home(text)) if text else ""


def _hosts(said: Optional[Section]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for name, spot in said.spots.items() if said is not None else ():
        if name == HERE or name.startswith("-"):
            raise spot.wrong(f"{name!r} is no name for a host", f"{HERE} is this machine itself")
        assert said is not None
        found[name] = _word(said, name, "host")
        if not found[name]:
            raise spot.wrong("has no address", "as in 192.168.204.3")
    return found


def _word(said: Section, key: str, what: str) -> str:
    """Return one word that ssh cannot take for an option."""
    word = said.text(key)
    if word.startswith("-") or any(part.isspace() for part in word):
        raise said.spots[key].wrong(f"{word!r} is no {what}")
    return word
