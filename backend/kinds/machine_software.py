"""What a machine is made of: processes, kernel, packages."""

from __future__ import annotations

import re
from typing import Any, Iterable, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, size, split_rows
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

# --- processes ---------------------------------------------------------------------------------

_PS = ("pid", "parent", "user", "cpu", "rss", "state", "for_s", "line")


def processes_of_ps(text: str) -> Iterable[Body]:
    """Parse ``ps -eo pid,ppid,user:32,pcpu,rss,stat,etimes,args``; rss in KiB."""
    return [
        {
            "pid": int(one["pid"]),
            "parent": int(one["parent"]),
            "user": one["user"],
            "cpu": float(one["cpu"]),
            "rss": int(one["rss"]) * 1024,
            "state": one["state"],
            "for_s": int(one["for_s"]),
            # A name of its own may hold spaces: the first word of the line has none.
            "name": (one["line"].split() or ("?",))[0].rpartition("/")[2],
            "line": one["line"],
        }
        for one in split_rows(text, _PS, None)
        # Threads of the kernel hold nothing and cannot be ended.
        if int(one["parent"]) != 2 and int(one["pid"]) != 2
    ]


class Process(OfMachine):
    """A process: percent of one processor over its life, memory in bytes."""

    pid: int
    parent: int
    user: str
    cpu: float
    rss: int
    state: str
    for_s: int
    name: str
    line: str = ""


def _process_look(row: Process, _known: Known) -> Look:
    if row.state.startswith("D"):
        words = "waits for a disk or the network, and cannot be ended meanwhile"
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))
    if row.state.startswith("Z"):
        return Look(tone=Tone.WARN, mark=Mark.OUT, notes=("ended; its parent does not look",))
    return WELL


PROCESSES: Kind[Process] = Kind(
    name="processes",
    singular="process",
    model=Process,
    read=Command(
        argv=("ps", "-ww", "--no-headers", "-eo", "pid,ppid,user:32,pcpu,rss,stat,etimes,args"),
        parse=processes_of_ps,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.pid}",
    label=lambda row: f"{row.name}[{row.pid}]",
    columns=(
        MACHINE,
        Column(heading="PID", value=lambda row: row.pid, right=True),
        Column(heading="CPU", value=lambda row: f"{row.cpu:.1f}", right=True),
        Column(heading="MEMORY", value=lambda row: size(row.rss), right=True),
        Column(heading="FOR", value=lambda row: span(row.for_s * 1000), right=True),
        Column(heading="USER", value=lambda row: row.user, most=14),
        Column(heading="NAME", value=lambda row: row.name, most=20),
        Column(heading="COMMAND", value=lambda row: row.line, most=80, wide=True),
    ),
    look=_process_look,
    sort=lambda row, _known: (-row.cpu, -row.rss),
    tab="p Processes",
    aliases=("ps", "top"),
    noise=frozenset({"cpu", "rss", "for_s", "state"}),
    is_inventory=False,
    every_s=10.0,
)

# --- the kernel --------------------------------------------------------------------------------


def kernel_of_proc(text: str) -> Iterable[Body]:
    """Parse version, cmdline, tainted and printk of /proc, one line each."""
    version, parameters, tainted, printk = text.splitlines()
    found = re.match(r"Linux version (\S+)", version)
    if found is None:
        raise ValueError(f"no Linux: {version[:40]!r}")
    return [
        {
            "release": found.group(1),
            "version": version,
            "parameters": parameters,
            "tainted": int(tainted),
            "console_level": int(printk.split()[0]),
        }
    ]


class RunningKernel(OfMachine):
    """The kernel that runs now; ``console_level``: more urgent messages fall onto the console."""

    release: str
    version: str
    parameters: str
    tainted: int = 0
    console_level: int = 0

    @property
    def is_realtime(self) -> bool:
        """Whether it is the low-latency kernel."""
        return "PREEMPT_RT" in self.version or "PREEMPT RT" in self.version


_KERNEL = ("version", "cmdline", "sys/kernel/tainted", "sys/kernel/printk")

# Bits of /proc/sys/kernel/tainted that something broke behind: died, machine check, lockup.
_BROKE = 1 << 7 | 1 << 4 | 1 << 14


def _kernel_look(row: RunningKernel, _known: Known) -> Look:
    if row.tainted & _BROKE:
        words = f"it stumbled since it booted (tainted {row.tainted}): see kernel-messages"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    return WELL


RUNNING_KERNELS: Kind[RunningKernel] = Kind(
    name="running-kernels",
    singular="running-kernel",
    model=RunningKernel,
    read=Command(
        argv=("cat", *(f"/proc/{name}" for name in _KERNEL)),
        parse=kernel_of_proc,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/kernel",
    label=lambda row: row.release,
    columns=(
        MACHINE,
        Column(heading="RELEASE", value=lambda row: row.release, most=32),
        Column(heading="REAL TIME", value=lambda row: "yes" if row.is_realtime else "no"),
        Column(heading="TAINTED", value=lambda row: row.tainted, right=True),
        Column(heading="BOOTED WITH", value=lambda row: row.parameters, most=80),
    ),
    look=_kernel_look,
    tab="k Kernel",
    aliases=("uname", "cmdline", "ground/kernel"),
    is_inventory=False,
    every_s=60.0,
)

# --- packages ----------------------------------------------------------------------------------

_DPKG = ("name", "version", "architecture", "status", "size", "source", "source_version")


def packages_of_dpkg(text: str) -> Iterable[Body]:
    """Parse ``dpkg-query -W`` in our own form; sizes are KiB, empty of what is not installed."""
    return [
        {**one, "status": one["status"].strip(), "size": int(one["size"] or 0) * 1024}
        for one in split_rows(text, _DPKG, "\t")
    ]


class Package(OfMachine):
    """A package of Debian's; ``status`` is dpkg's: ``ii`` is installed and whole."""

    name: str
    version: str
    architecture: str = ""
    status: str = ""
    size: int = 0
    # What it was built of: advisories name that.
    source: str = ""
    source_version: str = ""


def _package_look(row: Package, _known: Known) -> Look:
    if row.status in {"ii", "hi"}:
        return WELL
    if row.status.startswith(("r", "p")) and row.status.endswith(("c", "n")):
        return Look(mark=Mark.OUT)
    words = f"not whole ({row.status}): dpkg --configure -a"
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))


_FIELDS = (
    *("Package", "Version", "Architecture", "db:Status-Abbrev", "Installed-Size"),
    *("source:Package", "source:Version"),
)
_DPKG_FORM = r"\t".join(f"${{{name}}}" for name in _FIELDS) + r"\n"

PACKAGES: Kind[Package] = Kind(
    name="packages",
    singular="package",
    model=Package,
    read=Command(
        argv=("dpkg-query", "-W", "-f", _DPKG_FORM),
        parse=packages_of_dpkg,
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.name}:{row.architecture}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="PACKAGE", value=lambda row: row.name, most=36),
        Column(heading="VERSION", value=lambda row: row.version, most=36),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(heading="STATUS", value=lambda row: row.status),
    ),
    look=_package_look,
    sort=lambda row, _known: (row.name, row.machine),
    tab="P Packages",
    aliases=("dpkg",),
    is_inventory=False,
    every_s=600.0,
)
SOFTWARE_OF_MACHINE: Tuple[Kind[Any], ...] = (PROCESSES, RUNNING_KERNELS, PACKAGES)
