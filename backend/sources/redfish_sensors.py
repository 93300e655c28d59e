"""The sensors of a baseboard over Redfish, part by part: what fails keeps what it told last."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Awaitable, Callable, Dict, List, Tuple

from backend.errors import Malformed, Rejected, StxError, Unreachable, Untrusted
from backend.sources.redfish_resource import Resource, linked
from backend.sources.redfish_tree import Tree
from backend.sources.redfish_words import (
    Body,
    power_bodies,
    sensor_body,
    text,
    thermal_bodies,
    unread_body,
)

Read = Callable[[str], Awaitable[List[Body]]]
Failed = List[StxError]


class Readings:
    """The readings of one baseboard, with the last ones of each part and their instant."""

    def __init__(self, tree: Tree) -> None:
        """Nothing is asked yet."""
        self._tree = tree
        self._last: Dict[str, Tuple[str, List[Body]]] = {}

    async def of(self, chassis: List[Resource]) -> List[Body]:
        """Return the sensors of all of them; those of a part that failed say why.

        They are as they were read last, ``read_at`` that instant ("": never, then the part stands
        for them). Raises what failed where nothing at all was read.
        """
        rows: List[Body] = []
        failed: Failed = []
        for one in chassis:
            rows += await self._of(one, failed)
        if failed and all("trouble" in row for row in rows):
            raise failed[0]
        return rows

    async def _of(self, chassis: Resource, failed: Failed) -> List[Body]:
        if "trouble" in chassis:
            failed.append(chassis["error"])
            return [unread_body(f"Chassis {text(chassis.get('Id'))}", chassis["trouble"])]
        thermal, power = linked(chassis, "Thermal"), linked(chassis, "Power")
        rows = [
            *await self._part("Thermal", thermal, self._thermal, failed),
            *await self._part("Power", power, self._power, failed),
        ]
        if all("trouble" in row for row in rows):
            # The newer way to the same sensors, of some the only one.
            newer = linked(chassis, "Sensors")
            rows = await self._part("Sensors", newer, self._sensors, failed) or rows
        return rows

    async def _part(self, name: str, path: str, read: Read, failed: Failed) -> List[Body]:
        try:
            rows = await read(path) if path else []
        except (Rejected, Malformed, Unreachable) as error:
            if isinstance(error, Untrusted):
                raise
            failed.append(error)
            at, kept = self._last.get(path, ("", [unread_body(name)]))
            return [{**row, "trouble": str(error), "read_at": at} for row in kept]
        self._last[path] = (datetime.now(timezone.utc).isoformat(timespec="seconds"), rows)
        return rows

    async def _thermal(self, path: str) -> List[Body]:
        return thermal_bodies(await self._tree.optional(path))

    async def _power(self, path: str) -> List[Body]:
        return power_bodies(await self._tree.optional(path))

    async def _sensors(self, path: str) -> List[Body]:
        members = await self._tree.collected(path)
        return [row for row in map(sensor_body, members) if row]
