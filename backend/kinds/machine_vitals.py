"""How a machine feels: how long it is up, its load, its memory."""

from __future__ import annotations

from typing import Iterable

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, size
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span


def vitals_of_proc(text: str) -> Iterable[Body]:
    """Parse uptime, loadavg and meminfo of /proc, one after the other."""
    uptime, load, *rest = text.splitlines()
    memory = {
        name: int(value.split()[0]) * 1024
        for name, sign, value in (line.partition(":") for line in rest)
        if sign and value.split()
    }
    processes = load.split()[3].partition("/")[2]
    return [
        {
            "up_s": float(uptime.split()[0]),
            "load": float(load.split()[0]),
            "processes": int(processes),
            "memory": memory["MemTotal"],
            "available": memory["MemAvailable"],
        }
    ]


class Vitals(OfMachine):
    """How a machine feels: load of the last minute, memory in bytes."""

    up_s: float
    load: float
    processes: int = 0
    memory: int
    available: int

    @property
    def percent(self) -> int:
        """How much of its memory is used."""
        return 100 - 100 * self.available // self.memory if self.memory else 0


def _vitals_look(row: Vitals, _known: Known) -> Look:
    if row.percent >= 95:
        words = f"{row.percent} % of its memory is used"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    return WELL


VITALS: Kind[Vitals] = Kind(
    name="vitals",
    singular="vital",
    model=Vitals,
    read=Command(
        argv=("cat", "/proc/uptime", "/proc/loadavg", "/proc/meminfo"), parse=vitals_of_proc
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/vitals",
    label=lambda row: row.machine,
    columns=(
        MACHINE,
        Column(heading="UP", value=lambda row: span(round(row.up_s * 1000)), right=True),
        Column(heading="LOAD", value=lambda row: f"{row.load:.2f}", right=True),
        Column(heading="MEMORY", value=lambda row: size(row.memory), right=True),
        Column(heading="USED", value=lambda row: f"{row.percent}%", right=True),
        Column(heading="PROCESSES", value=lambda row: row.processes, right=True),
    ),
    look=_vitals_look,
    tab="v Vitals",
    noise=frozenset({"up_s", "load", "processes", "available"}),
    is_inventory=False,
    every_s=10.0,
)
