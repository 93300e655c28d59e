"""What is asked of a baseboard over Redfish, facet by facet, in the bodies that IPMI's have.

A part that is not there (404, 405, 410, 501) is left out; one that fails otherwise says so in its
row. What a whole facet consists of is refused as absent where it is.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from backend.errors import Malformed, NotConfigured, NotFound, Rejected, StxError
from backend.sources.redfish_resource import Resource, inside, linked, links, listed, troubled
from backend.sources.redfish_sensors import Readings
from backend.sources.redfish_tree import Tree
from backend.sources.redfish_words import (
    Body,
    conditions,
    distinct,
    event_body,
    health_of,
    part,
    power_body,
    strings,
    target,
    task_body,
    text,
    trouble,
    whole,
    with_prefix,
    worst,
)

# What a log of the machine's own events is called, likeliest first.
_LOGS = ("sel", "iml", "eventlog", "log1", "log")
_PARTS = (("processor", "Processors"), ("memory", "Memory"), ("ethernet", "EthernetInterfaces"))


class Facets:
    """The questions to one baseboard; where its system stands in the tree is asked once."""

    def __init__(self, tree: Tree, system: str = "") -> None:
        """``system`` is the id, name or UUID of the one meant, where it has several."""
        self._tree = tree
        self._wanted = system
        self._path = ""
        self._readings = Readings(tree)
        # The path of the task that was ordered last ("": it told of none), None: nothing was.
        self.ordered: Optional[str] = None

    # --- where things are ----------------------------------------------------------------------

    async def system(self, *, is_quick: bool = False) -> Resource:
        """Return the system: the machine whose power and parts it has."""
        if not self._path:
            self._path = await self._found()
        return await self._tree.get(self._path, is_quick=is_quick)

    async def _found(self) -> str:
        tree = self._tree
        await tree.enter()
        at = linked(tree.root, "Systems")
        if not at:
            raise self.without("system")
        paths = list(links(await tree.get(at, is_quick=True), "Members"))
        if self._wanted:
            return await self._named(paths)
        if len(paths) == 1:
            return paths[0]
        names = ", ".join(path.rstrip("/").rpartition("/")[2] for path in paths[:8])
        words = f"{tree.service}: it has {len(paths)} systems ({names or 'none'})"
        raise NotConfigured(words, "say which: system: NAME under bmc: in clouds.yaml")

    async def _named(self, paths: List[str]) -> str:
        for path in paths:
            if path.rstrip("/").rpartition("/")[2] == self._wanted:
                return path
        for path in paths:
            one = await self._tree.get(path, is_quick=True)
            if self._wanted in (one.get("Name"), one.get("UUID"), one.get("HostName")):
                return path
        words = f"{self._tree.service}: it has no system {self._wanted!r}"
        raise NotConfigured(words, "look at system: under bmc: in clouds.yaml")

    async def chassis(self) -> List[Resource]:
        """Return the chassis that the system is in; one that cannot be read says its trouble."""
        system = await self.system()
        paths = list(links(system, "Links", "Chassis"))
        if not paths and linked(self._tree.root, "Chassis"):
            # It does not say: a machine that has one of them sits in that one.
            paths = list(
                links(await self._tree.optional(linked(self._tree.root, "Chassis")), "Members")
            )
            paths = paths if len(paths) == 1 else []
        return [one for one in [await self._tree.part(path) for path in paths] if one]

    async def manager(self) -> Resource:
        """Return the resource of the baseboard itself, an empty one where it has none."""
        return await self._tree.optional(await self._manager_at())

    async def _manager_at(self) -> str:
        system = await self.system()
        at = linked(system, "Links", "ManagedBy")
        if not at:
            managers = await self._tree.optional(linked(self._tree.root, "Managers"))
            at = linked(inside(managers, "Members"))
        return at

    async def _owners(self) -> Tuple[Resource, Resource]:
        """Return who may have what is the machine's own: the system, and the baseboard."""
        return await self.system(), await self._tree.part(await self._manager_at())

    def without(self, what: str) -> NotFound:
        """Return how a baseboard that lacks something is told of."""
        return NotFound(self._tree.service, 501, f"has no {what}")

    # --- power and health ----------------------------------------------------------------------

    async def power(self) -> List[Body]:
        """Return the one row of power, identify LED and boot override: one request."""
        return [power_body(await self.system(is_quick=True))]

    async def health(self) -> List[Body]:
        """Return the one row of health; only where something is not well more is read."""
        system = await self.system()
        manager = await self._tree.part(await self._manager_at())
        stand = [system, *await self.chassis(), manager]
        # What could not be read is not well before it is.
        bad = [f"not read: {one['trouble']}" for one in stand if "trouble" in one]
        health = worst([*(health_of(one.get("Status")) for one in stand), *["warning"][: len(bad)]])
        if health != "ok":
            for one in stand:
                bad += conditions(one.get("Status"))
            for name in ("Memory", "Processor", "Storage"):
                said = health_of(inside(system, f"{name}Summary", "Status"))
                bad += [f"{name.casefold()}: {said}"] * (said != "ok")
            bad += await self._ill_sensors()
        return [{"health": health, "bad": bad}]

    async def _ill_sensors(self) -> List[str]:
        try:
            rows = await self.sensors()
        except (Rejected, Malformed) as error:
            return [f"sensors not read: {error}"]
        unread = dict.fromkeys(f"not read: {one['trouble']}" for one in rows if "trouble" in one)
        ill = [f"{one['sensor']}: {one['health']}" for one in rows if one["health"] != "ok"]
        return [*ill, *unread]

    async def sensors(self) -> List[Body]:
        """Return every sensor with its value, state and thresholds."""
        return distinct(await self._readings.of(await self.chassis()), "sensor")

    # --- the log -------------------------------------------------------------------------------

    async def log_service(self) -> Resource:
        """Return the service of the log that tells of the machine. Raises where it has none."""
        found: List[Tuple[int, str]] = []
        failed: List[StxError] = []
        for owner in await self._owners():
            services = await self._tree.part(linked(owner, "LogServices"))
            failed += [one["error"] for one in (owner, services) if "trouble" in one]
            for path in links(services, "Members"):
                name = path.rstrip("/").rpartition("/")[2].casefold()
                found.append((_LOGS.index(name) if name in _LOGS else len(_LOGS), path))
        if not found:
            raise failed[0] if failed else self.without("event log")
        return await self._tree.get(min(found, key=lambda one: one[0])[1])

    async def sel(self) -> List[Body]:
        """Return the log, oldest first."""
        at = linked(await self.log_service(), "Entries")
        if not at:
            raise self.without("event log")
        rows = [event_body(one) for one in await self._tree.members(at)]
        return sorted(rows, key=lambda row: (row["timestamp"], _ordinal(row["record"])))

    # --- what it is built of -------------------------------------------------------------------

    async def inventory(self) -> List[Body]:
        """Return what is in the machine, a row a component, and the versions of its firmware."""
        system, chassis = await self.system(), await self.chassis()
        manager = await self._tree.part(await self._manager_at())
        rows = [part("system", system, "System")]
        rows += [part("chassis", one) for one in chassis]
        rows += [part("baseboard", manager, "BMC")] if manager else []
        for sort, name in _PARTS:
            rows += [part(sort, one) for one in await self._members(linked(system, name))]
        rows += await self._storage(system)
        for one in chassis:
            power = await self._tree.part(linked(one, "Power"))
            rows += [part("power supply", psu) for psu in listed(power, "PowerSupplies")]
            rows += [part("power supply", power)] if "trouble" in power else []
            adapters = await self._members(linked(one, "NetworkAdapters"))
            rows += [part("network adapter", _with_firmware(adapter)) for adapter in adapters]
        rows += await self._firmware()
        return distinct([row for row in rows if row], "component")

    async def _storage(self, system: Resource) -> List[Body]:
        rows: List[Body] = []
        for one in await self._members(linked(system, "Storage")):
            rows += [part("controller", each) for each in listed(one, "StorageControllers")]
            rows += [part("controller", one)] if "trouble" in one else []
            drives = [await self._tree.part(path) for path in links(one, "Drives")]
            rows += [part("disk", drive) for drive in drives if drive]
        if not rows:
            for one in await self._members(linked(system, "SimpleStorage")):
                rows += [part("disk", device) for device in listed(one, "Devices")]
        return rows

    async def _firmware(self) -> List[Body]:
        update = await self._tree.part(linked(self._tree.root, "UpdateService"))
        members = await self._members(linked(update, "FirmwareInventory"))
        return [part("firmware", one) for one in [update] * ("trouble" in update) + members]

    async def _members(self, path: str) -> List[Resource]:
        """Return the members of what may not be there; what fails otherwise is one that says so."""
        try:
            return await self._tree.collected(path)
        except (Rejected, Malformed) as error:
            return [troubled(path, error)]

    # --- the baseboard itself ------------------------------------------------------------------

    async def lan(self) -> List[Body]:
        """Return the rows of the baseboard's own network, and its firmware's version."""
        manager = await self.manager()
        if not manager:
            raise self.without("manager")
        ports = await self._tree.collected(linked(manager, "EthernetInterfaces"))
        firmware = text(manager.get("FirmwareVersion"))
        return [{**_port(one), "firmware": firmware} for one in ports] or [{"firmware": firmware}]

    async def users(self) -> List[Body]:
        """Return the accounts that have a name."""
        service = await self._accounts()
        shortest = whole(service.get("MinPasswordLength"))
        longest = whole(service.get("MaxPasswordLength"))
        return [
            {
                "uid": text(one.get("Id")),
                "name": text(one.get("UserName")) or text(one.get("Id")),
                "privilege": text(one.get("RoleId")).casefold(),
                "enabled": one.get("Enabled") is not False and one.get("Locked") is not True,
                "shortest": shortest,
                "longest": longest,
                "at": text(one.get("@odata.id")),
                "trouble": trouble(one),
            }
            for one in await self._tree.members(linked(service, "Accounts"))
            if text(one.get("UserName")) or trouble(one)
        ]

    async def _accounts(self) -> Resource:
        await self._tree.enter()
        service = await self._tree.optional(linked(self._tree.root, "AccountService"))
        if not linked(service, "Accounts"):
            raise self.without("account service")
        return service

    async def media(self) -> List[Body]:
        """Return the places for virtual media, and what is in each."""
        return [
            {
                "slot": text(one.get("Id")) or text(one.get("Name")),
                "name": text(one.get("Name")),
                "types": strings(one.get("MediaTypes")),
                "image": text(one.get("Image")),
                "inserted": one.get("Inserted") is True,
                "write_protected": one.get("WriteProtected") is not False,
                "connected": text(one.get("ConnectedVia")),
                "insert_at": target(one, "#VirtualMedia.InsertMedia"),
                "eject_at": target(one, "#VirtualMedia.EjectMedia"),
                "at": text(one.get("@odata.id")),
                "trouble": trouble(one),
            }
            for one in await self.slots()
        ]

    async def slots(self) -> List[Resource]:
        """Return the resources of virtual media: the system's, else the baseboard's."""
        failed: List[StxError] = []
        for owner in await self._owners():
            failed += [owner["error"]] if "trouble" in owner else []
            try:
                found = await self._tree.collected(linked(owner, "VirtualMedia"))
            except (Rejected, Malformed) as error:
                failed.append(error)
                continue
            if found:
                return found
        raise failed[0] if failed else self.without("virtual media")

    async def tasks(self) -> List[Body]:
        """Return what it works on for longer: firmware that is written, a reset that waits.

        The one that was ordered last is ``is_ours``. Of one that it does not tell of, we say so.
        """
        await self._tree.enter()
        service = await self._tree.optional(linked(self._tree.root, "Tasks"))
        parts = (self.ordered or "").split("/")
        rows = [
            {"is_ours": text(one.get("Id")) in parts[1:], **task_body(one)}
            for one in await self._tree.collected(linked(service, "Tasks"))
        ]
        if self.ordered is not None and not any(row["is_ours"] for row in rows):
            rows.append({"is_ours": True, **await self._ordered(self.ordered)})
        return rows

    async def _ordered(self, path: str) -> Body:
        """Return the task that was ordered last: it need stand in no list."""
        told = await self._tree.optional(path) if path.startswith("/") else {}
        if text(told.get("TaskState")):
            return task_body(told)
        untold = "its baseboard took it, and tells of no task: look at the versions (Parts)"
        name = "what was ordered"
        return {"task": "ordered", "name": name, "state": "Untold", "messages": [untold]}


def _port(one: Resource) -> Dict[str, Any]:
    address = next(iter(listed(one, "IPv4Addresses")), {})
    return {
        "port": text(one.get("Id")),
        "at": text(one.get("@odata.id")),
        "ipv4_address": with_prefix(text(address.get("Address")), text(address.get("SubnetMask"))),
        "ipv4_configuration": text(address.get("AddressOrigin")),
        "ipv4_gateway": text(address.get("Gateway")),
        "mac_address": text(one.get("MACAddress") or one.get("PermanentMACAddress")),
        "vlan_id": inside(one, "VLAN", "VLANId") if inside(one, "VLAN", "VLANEnable") else None,
        "trouble": trouble(one),
    }


def _ordinal(record: str) -> int:
    return int(record) if record.isascii() and record.isdigit() else 0


def _with_firmware(adapter: Resource) -> Resource:
    """Return a network adapter with its firmware's version, which its controllers say."""
    said = [text(one.get("FirmwarePackageVersion")) for one in listed(adapter, "Controllers")]
    versions = ", ".join(dict.fromkeys(filter(None, said)))
    return {**adapter, "FirmwareVersion": versions} if versions else adapter
