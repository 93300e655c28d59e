"""Where one sits: this machine, this terminal, this person; read once, from the machine itself."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Mapping

PLATFORM_CONF = Path("/etc/platform/platform.conf")
BUILD_INFO = Path("/etc/build.info")


@dataclass(frozen=True)
class Place:
    """Where the console runs.

    ``platform`` holds the keys of ``/etc/platform/platform.conf`` (nodetype, subfunction,
    system_type, system_mode, UUID …), empty where this is no StarlingX machine. ``uuid`` is what
    sysinv calls this host: it, not a name that may coincide, says "you are on it".
    """

    hostname: str = ""
    user: str = ""
    terminal: str = ""
    uuid: str = ""
    release: str = ""
    by_ssh: bool = False
    platform: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_starlingx(self) -> bool:
        """Whether this machine is part of a StarlingX system."""
        return bool(self.platform)

    def is_on(self, hostname: str, uuid: str = "") -> bool:
        """Whether one sits on that host: only ever true on a StarlingX machine."""
        if not self.is_starlingx:
            return False
        if self.uuid and uuid:
            return self.uuid == uuid
        return bool(hostname) and self.hostname == hostname


def find_place(
    conf: Path = PLATFORM_CONF, build: Path = BUILD_INFO, env: Mapping[str, str] = os.environ
) -> Place:
    """Return where this process runs, as the machine itself says."""
    platform = _pairs(conf)
    return Place(
        hostname=socket.gethostname().split(".")[0],
        user=env.get("SUDO_USER") or _user(),
        terminal=_terminal(),
        uuid=platform.get("UUID", ""),
        release=_pairs(build).get("SW_VERSION", "").strip('"') or platform.get("sw_version", ""),
        by_ssh="SSH_CONNECTION" in env,
        platform=MappingProxyType(platform),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid that no passwd knows
        return f"uid {os.getuid()}"


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        if os.isatty(descriptor):
            try:
                return os.ttyname(descriptor).replace("/dev/", "", 1)
            except OSError:  # a pty of another /dev/pts, as in a container or chroot
                return "unnamed terminal"
    return "no terminal"


def _pairs(path: Path) -> Mapping[str, str]:
    """Return ``key=value`` lines of a file; a file that is not there or not ours says nothing."""
    if not os.access(path, os.R_OK):
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {
        key.strip(): value.strip()
        for key, sign, value in (line.partition("=") for line in lines)
        if sign and not key.lstrip().startswith("#")
    }


def this_process() -> str:
    """Return what says which console a deed belongs to: machine, boot, process, its start."""
    return _process(os.getpid())


def is_alive(process: str) -> bool:
    """Whether the console that ``this_process`` named still runs on this machine.

    Boot and start time are in the name: after a reboot another program may have the same number.
    """
    parts = process.split("/")
    return len(parts) == 4 and parts[2].isdigit() and _process(int(parts[2])) == process


def is_elsewhere(process: str) -> bool:
    """Whether that console runs, or ran, on another machine: from here nobody can tell."""
    return bool(process) and process.split("/", maxsplit=1)[0] != os.uname().nodename


def _process(pid: int) -> str:
    """Return the name of a process; of one that is gone a name that equals no other."""
    stat, boot = Path(f"/proc/{pid}/stat"), Path("/proc/sys/kernel/random/boot_id")
    if not stat.exists():
        return "gone"
    # The command in parentheses may hold spaces; the start time is the 20th field after it.
    started = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return f"{os.uname().nodename}/{boot.read_text(encoding='ascii').strip()[:8]}/{pid}/{started}"
