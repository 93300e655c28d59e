"""What storage stands on what: from the disk in its slot to the claim of a pod, as one tree.

A disk is told by its place and serial, never by /dev/sdX alone: that is another after a boot. Where
sysinv and Ceph do not agree on which OSDs there are, both are said.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Iterator, List, Mapping, Optional, Set, Tuple

from backend.kinds.disk_health import Health, of_disk, unwell
from backend.kinds.disk_place import bears, place_of
from backend.kinds.once import once
from backend.kinds.storage_branch import MIB, Branch, by
from backend.kinds.storage_by_ceph import WHOLE_HOSTS, by_ceph, standing
from backend.kinds.storage_tiers import Tiers
from backend.known import Known
from backend.tone import Tone
from backend.units import counted

GIB_MIB = 1024
FULL_ALARM = "100.104"


# How the rows of a kind are found. They stay as they are for as long as they are not read anew: a
# Ceph that is read every second leaves what sysinv keeps where it was put.
Found = Mapping[Any, List[Any]]


@once
def _disks_of(rows: Tuple[Any, ...]) -> Mapping[Any, Tuple[int, int, List[Any]]]:
    """Return by host how many MiB its disks have, how many are free, and the disks."""
    found = by(rows, attrgetter("host_uuid"))
    return {
        host: (sum(row.size_mib or 0 for row in mine),
               sum(row.available_mib or 0 for row in mine), mine)
        for host, mine in found.items()
    }  # fmt: skip


@once
def _osds_by_id(rows: Tuple[Any, ...]) -> Mapping[int, Any]:
    return {row.id: row for row in rows}


@once
def _not_serving(rows: Tuple[Any, ...]) -> Set[int]:
    """Return the numbers of Ceph's OSDs that are down or out."""
    return {row.id for row in rows if not (row.is_up and row.is_in)}


class Site:
    """The rows of all kinds that storage is made of, each found by what it stands on."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.disks = _disks_of(known.rows("disks"))
        self.ceph = _osds_by_id(known.rows("ceph-osds"))
        self.full = [row for row in known.rows("alarms") if row.alarm_id == FULL_ALARM]
        self.tiers = Tiers(known)

    # Of a site that is well nobody asks for these.

    @cached_property
    def partitions(self) -> Found:
        """Partitions by the id of their disk."""
        return by(self.known.rows("partitions"), lambda row: row.body.get("idisk_uuid"))

    @cached_property
    def volumes(self) -> Found:
        """Physical volumes by host."""
        return by(self.known.rows("physical-volumes"), attrgetter("host_uuid"))

    @cached_property
    def groups(self) -> Found:
        """Volume groups by host."""
        return by(self.known.rows("volume-groups"), attrgetter("host_uuid"))

    @cached_property
    def filesystems(self) -> Found:
        """Filesystems by host."""
        return by(self.known.rows("filesystems"), attrgetter("host_uuid"))

    @cached_property
    def osds(self) -> Found:
        """OSDs by the id of their disk."""
        return by(self.known.rows("osds"), attrgetter("idisk_uuid"))

    def hosts(self) -> Iterator[Branch]:
        """Yield each host that has a disk, with all that is in it; of many, where one is to look.

        With a thousand disks, those of hosts that are well are counted and not worked out.
        """
        hosts = [host for host in self.known.rows("hosts") if host.uuid in self.disks]
        unwell = self._unwell() if len(hosts) > WHOLE_HOSTS else None
        for host in hosts:
            is_told = unwell is None or bool({host.uuid, host.name} & unwell)
            yield self.host(host, is_told=is_told)

    def host(self, host: Any, *, is_told: bool = True) -> Branch:
        """Return one host, with all that is in it where ``is_told``."""
        size_mib, free_mib, disks = self.disks[host.uuid]
        told = sorted(disks, key=place_of) if is_told else []
        return Branch(
            id=f"hosts/{host.uuid}",
            text=host.name,
            kind="hosts",
            row=host.uuid,
            mib=size_mib,
            free_mib=free_mib,
            note=counted(len(disks), "disk"),
            below=tuple(self._disk(disk, host) for disk in told),
        )

    def _unwell(self) -> Set[str]:
        """Return ids and names of hosts on which something is not as it should be."""
        found = {row.hostname for row in self.full}
        found |= {row.host_uuid for row in self.known.rows("partitions") if "Error" in row.state}
        if unwell(self.known):
            disks = self.known.rows("disks")
            found |= {row.host_uuid for row in disks if _is_unwell(row, self.known)}
        if self.ceph:
            bad, there = _not_serving(self.known.rows("ceph-osds")), self.ceph.keys()
            numbers = _numbers(self.known.rows("osds"))
            found |= {numbers[one] for one in (numbers.keys() & bad) | (numbers.keys() - there)}
        return found

    def _disk(self, disk: Any, host: Any) -> Branch:
        parts = self.partitions.get(disk.uuid, [])
        whole = [v for v in self.volumes.get(host.uuid, []) if _is_on(v, disk, parts)]
        below = [self._partition(part, host) for part in parts]
        below += [self._volume(volume, host) for volume in whole]
        below += [self._osd(osd) for osd in self.osds.get(disk.uuid, [])]
        serial = disk.serial_id or "serial unknown"
        node = str(disk.device_node or "").rpartition("/")[2]
        sort = " ".join(filter(None, (disk.device_type, node)))
        feels = of_disk(disk, self.known) or Health(name="", serial="")
        worn = "" if feels.worn_percent is None else f"{feels.worn_percent} % of its life is used"
        return Branch(
            id=f"disks/{disk.uuid}",
            text=f"{place_of(disk)} {serial}",
            kind="disks",
            row=disk.uuid,
            mib=disk.size_mib,
            free_mib=disk.available_mib,
            note=feels.short or sort,
            says=", ".join(filter(None, (sort, feels.words or worn))),
            tone=feels.tone,
            below=tuple(below),
            like=place_of(disk),
        )

    def _partition(self, part: Any, host: Any) -> Branch:
        mine = [v for v in self.volumes.get(host.uuid, []) if _device(v) == part.device_path]
        is_bad = "Error" in part.state
        return Branch(
            id=f"partitions/{part.uuid}",
            text=str(part.device_node or part.device_path or part.uuid).rpartition("/")[2],
            kind="partitions",
            row=part.uuid,
            mib=part.size_mib,
            # What is as it should be is silent.
            note="" if part.state == "In-Use" else part.state,
            tone=Tone.BAD if is_bad else Tone.PLAIN,
            below=tuple(self._volume(volume, host) for volume in mine),
        )

    def _volume(self, volume: Any, host: Any) -> Branch:
        group = next(
            (g for g in self.groups.get(host.uuid, []) if g.lvm_vg_name == volume.lvm_vg_name), None
        )
        below = () if group is None else (self._group(group, host),)
        return Branch(
            id=f"physical-volumes/{volume.uuid}",
            text=f"pv {volume.lvm_pv_name or ''}".strip(),
            kind="physical-volumes",
            row=volume.uuid,
            mib=_mib_of(volume.lvm_pv_size),
            note="" if volume.pv_state == "provisioned" else str(volume.pv_state or ""),
            below=below,
        )

    def _group(self, group: Any, host: Any) -> Branch:
        # Platform filesystems are volumes of cgts-vg, on every host.
        mine = self.filesystems.get(host.uuid, []) if group.lvm_vg_name == "cgts-vg" else []
        return Branch(
            id=f"volume-groups/{group.uuid}",
            text=group.lvm_vg_name,
            kind="volume-groups",
            row=group.uuid,
            mib=_mib_of(group.lvm_vg_size),
            free_mib=_mib_of(group.lvm_vg_avail_size),
            below=tuple(self._filesystem(one, host) for one in mine),
        )

    def _filesystem(self, one: Any, host: Any) -> Branch:
        mine = (row for row in self.full if row.hostname == host.name and _is_of(row, one.name))
        alarm = next(mine, None)
        bad = alarm is not None and alarm.severity == "critical"
        return Branch(
            id=f"filesystems/{one.uuid}",
            text=one.name,
            kind="filesystems",
            row=one.uuid,
            mib=None if one.size is None else one.size * GIB_MIB,
            note="" if alarm is None else f"{alarm.severity[0].upper()} {FULL_ALARM}",
            says="" if alarm is None else f"filling up: alarm {FULL_ALARM}, {alarm.severity}",
            tone=Tone.PLAIN if alarm is None else Tone.BAD if bad else Tone.WARN,
        )

    def _osd(self, osd: Any) -> Branch:
        seen = self.ceph.get(osd.osdid) if osd.osdid is not None else None
        branch = Branch(
            id=f"osds/{osd.uuid}",
            text=osd.label,
            kind="osds",
            row=osd.uuid,
            # What is as it should be is silent.
            note="" if osd.state == "configured" else osd.state or "",
            says=f"{osd.state or 'its state is not said'}, tier {osd.tier_name or '-'}",
            joins=self.tiers.of_osd(osd.tier_name, seen),
            like="OSD",
        )
        if seen is not None:
            return replace(
                branch, kind="ceph-osds", row=seen.uuid, **standing(seen, branch.note, branch.says)
            )
        if self.ceph and osd.function in (None, "osd") and osd.state == "configured":
            return replace(branch, note="sysinv has it, and CEPH HAS NOT", tone=Tone.BAD)
        return branch

    def strays(self) -> Iterator[Branch]:
        """Yield OSDs that Ceph has and sysinv has not, where both were read."""
        if not (self.known.has("osds") and self.ceph):
            return
        ours = _numbers(self.known.rows("osds"))
        for number, seen in self.ceph.items() if self.ceph.keys() - ours.keys() else ():
            if number not in ours:
                note = f"Ceph has it on {seen.host or 'no host'}, and SYSINV HAS NOT"
                yield Branch(
                    id=f"stray/{seen.uuid}",
                    text=seen.name,
                    kind="ceph-osds",
                    row=seen.uuid,
                    note=note,
                    tone=Tone.WARN,
                )


def _is_unwell(disk: Any, known: Known) -> bool:
    feels = of_disk(disk, known)
    return feels is not None and bool(feels.words)


def _is_of(alarm: Any, name: str) -> bool:
    """Whether an alarm is of that filesystem: its entity ends in where that is mounted."""
    mounted = alarm.entity_instance_id.rpartition("=")[2].rpartition("/")[2]
    return bool(mounted in (name, f"{name}s"))


@once
def _numbers(rows: Tuple[Any, ...]) -> Mapping[Any, str]:
    """Return the hosts of sysinv's OSDs by Ceph's number of each."""
    return {row.osdid: row.host_uuid for row in rows if row.osdid is not None}


def _device(volume: Any) -> str:
    return str(volume.disk_or_part_device_path or "")


def _is_on(volume: Any, disk: Any, parts: List[Any]) -> bool:
    """Whether a volume is on a disk, and on no partition of it that is told by itself."""
    return bears(disk, volume) and _device(volume) not in {str(part.device_path) for part in parts}


def _mib_of(count: Optional[int]) -> Optional[int]:
    return None if count is None else count // MIB


def tree(known: Known) -> Tuple[Branch, ...]:
    """Return all of it: hosts, then what only Ceph has, then pools; many hosts are folded."""
    site = Site(known)
    hosts = list(site.hosts())
    if len(hosts) > WHOLE_HOSTS:
        hosts = [_folded(host) for host in hosts]
    return (*hosts, *by_ceph(known, site.tiers), *site.strays(), *site.tiers.branches())


def host_branch(uuid: str, known: Known) -> Optional[Branch]:
    """Return one host with all that is in it, None where none of its disks is known."""
    site = Site(known)
    host = known.row("hosts", uuid)
    return None if host is None or uuid not in site.disks else site.host(host)


def _folded(branch: Branch) -> Branch:
    """Return it with only what is not well, and the way there."""
    bad = tuple(_folded(one) for one in branch.below if not one.is_well)
    return replace(branch, below=bad)
