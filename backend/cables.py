"""The plan of a site's cables, as somebody wrote it: which port of which host goes to which switch.

::

    controller-0:
      enp0s3: {switch: sw-11, port: Eth1/7}
      enp0s4: sw-12            # any port of it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Mapping, Tuple

from backend.clouds_yaml import Section, Spot, read
from backend.errors import SettingsError

End = Tuple[str, str]


@dataclass(frozen=True)
class Planned:
    """The far end of one cable as planned: ``port`` "" where any of the switch's will do."""

    switch: str
    port: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.switch} {self.port}".rstrip()


@dataclass(frozen=True)
class CablePlan:
    """All planned cables by (host, port); ``fault`` says why the file could not be read."""

    file: str
    cables: Mapping[End, Planned] = field(default_factory=lambda: MappingProxyType({}))
    fault: str = ""


def read_plan(path: Path) -> CablePlan:
    """Return the plan in a file; raises ``SettingsError`` with the line and key of a mistake."""
    return CablePlan(file=str(path), cables=MappingProxyType(_cables(read(path))))


def plan_or_fault(path: Path) -> CablePlan:
    """Return the plan in a file, or in its place why there is none."""
    try:
        return read_plan(path)
    except SettingsError as error:
        return CablePlan(file=str(path), fault=str(error))


def _cables(said: Section) -> Dict[End, Planned]:
    found: Dict[End, Planned] = {}
    taken: Dict[Tuple[str, str], Spot] = {}
    for host, ports in said.sections().items():
        for port, spot in ports.spots.items():
            planned = _planned(spot)
            far = (planned.switch, planned.port)
            if planned.port and far in taken:
                first = taken[far]
                raise spot.wrong(f"goes to {planned}, as {first.key} on line {first.line}")
            taken[far] = spot
            found[host, port] = planned
    return found


def _planned(spot: Spot) -> Planned:
    if isinstance(spot.value, str):
        switch, _blank, port = spot.value.partition(" ")
        if not switch:
            raise spot.wrong("must name a switch, and may name its port: sw-11 Eth1/7")
        return Planned(switch=switch, port=port.strip(), line=spot.line)
    section = Section(spot)
    section.only(("switch", "port"))
    if not section.text("switch"):
        raise spot.wrong("must name a switch: {switch: sw-11, port: Eth1/7}")
    return Planned(switch=section.text("switch"), port=section.text("port"), line=spot.line)
