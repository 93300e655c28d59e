"""Where one sits: this machine, this terminal, this person; read once, from the machine itself."""

from __future__ import annotations

import getpass
import os
import re
import socket
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Mapping, Optional

# Where a machine says what it is, below its root. A flag's name is tsconfig's; the bootstrap
# playbook leaves the second, the first manifest after the first unlock the third.
CONF, BUILD = "etc/platform/platform.conf", "etc/build.info"
BOOTSTRAPPED = "etc/platform/.bootstrap_completed"
CONFIGURED = "etc/platform/.initial_config_complete"
PROFILE = "etc/profile.d/custom.sh"
FAILED, MOUNTS = "var/run/.config_fail", "proc/mounts"


class Phase(Enum):
    """How far a StarlingX machine is on its way into service."""

    NONE = "no StarlingX machine"
    INSTALLED = "before bootstrap"
    BOOTSTRAPPED = "bootstrapped, not unlocked yet"
    WAITING = "installed, not unlocked yet"
    CONFIGURED = "configured"


@dataclass(frozen=True)
class Place:
    """Where the console runs.

    ``platform`` holds the keys of ``/etc/platform/platform.conf`` (nodetype, subfunction,
    system_type, system_mode, UUID …), empty where this is no StarlingX machine. ``uuid`` is what
    sysinv calls this host: it, not a name that may coincide, says "you are on it". ``is_active``
    is None where there is nothing to be active in; ``neighbours`` are the addresses, by name, that
    settings give for SSH, None where they say nothing of SSH.
    """

    hostname: str = ""
    user: str = ""
    # Whether this process is root's: ``user`` is who called sudo for it.
    is_root: bool = False
    terminal: str = ""
    uuid: str = ""
    release: str = ""
    by_ssh: bool = False
    platform: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    phase: Phase = Phase.NONE
    is_active: Optional[bool] = None
    has_failed: bool = False
    neighbours: Optional[Mapping[str, str]] = None
    # After how many idle seconds a shell here ends, 0 where it does not.
    tmout_s: int = 0
    # The place is the pretend cloud's: what programs of this machine tell is real all the same.
    is_pretend: bool = False

    @property
    def is_starlingx(self) -> bool:
        """Whether this machine is part of a StarlingX system."""
        return bool(self.platform)

    @property
    def is_to_stay(self) -> bool:
        """Whether nobody may log out here: a console that is lost before the first unlock."""
        return self.phase is Phase.BOOTSTRAPPED

    def is_on(self, hostname: str, uuid: str = "") -> bool:
        """Whether one sits on that host: only ever true on a StarlingX machine."""
        if not self.is_starlingx:
            return False
        if self.uuid and uuid:
            return self.uuid == uuid
        return bool(hostname) and self.hostname == hostname


def find_place(root: Optional[Path] = None, env: Mapping[str, str] = os.environ) -> Place:
    """Return where this process runs, as the machine below ``root`` itself says.

    Without one it is what ``STX_TUI_ROOT`` names (a disk that a rescue system mounted), else ``/``.
    """
    root = Path(env.get("STX_TUI_ROOT", "/")) if root is None else root
    platform = _pairs(root / CONF)
    release = _pairs(root / BUILD).get("SW_VERSION", "").strip('"')
    phase = _phase(root, platform)
    return Place(
        hostname=socket.gethostname().split(".")[0],
        user=env.get("SUDO_USER") or _user(),
        is_root=os.geteuid() == 0,
        terminal=_terminal(),
        uuid=platform.get("UUID", ""),
        release=release or platform.get("sw_version", ""),
        by_ssh="SSH_CONNECTION" in env,
        platform=MappingProxyType(platform),
        phase=phase,
        is_active=_is_active(root, platform) if phase is Phase.CONFIGURED else None,
        has_failed=(root / FAILED).exists(),
        tmout_s=_tmout_s(root, env),
    )


def _tmout_s(root: Path, env: Mapping[str, str]) -> int:
    """Return TMOUT as this process sees it, else as every login shell of the machine sets it."""
    said = env.get("TMOUT", "")
    path = root / PROFILE
    if not said and os.access(path, os.R_OK):
        found = re.search(r"\bTMOUT=(\d+)", path.read_text(encoding="utf-8", errors="replace"))
        said = found.group(1) if found else ""
    return int(said) if said.isdigit() else 0


def _phase(root: Path, platform: Mapping[str, str]) -> Phase:
    if not platform:
        return Phase.NONE
    if (root / CONFIGURED).exists():
        return Phase.CONFIGURED
    if platform.get("nodetype") != "controller":
        return Phase.WAITING
    return Phase.BOOTSTRAPPED if (root / BOOTSTRAPPED).exists() else Phase.INSTALLED


def _is_active(root: Path, platform: Mapping[str, str]) -> Optional[bool]:
    """Return whether this controller is the active one, None on what is no controller.

    The active one has /opt/platform mounted, DRBD's or the only one's; nobody need be asked.
    """
    mounts = root / MOUNTS
    if platform.get("nodetype") != "controller" or not os.access(mounts, os.R_OK):
        return None
    lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.split(" ")[1:2] == ["/opt/platform"] for line in lines)


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


def _pairs(path: Path) -> Dict[str, str]:
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
