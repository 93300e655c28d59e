"""What may refuse an unlock because of a host's processors, memory and accelerators."""

from __future__ import annotations

import ast
from typing import Any, Iterable, Optional, Tuple

from backend.kinds.host import Host
from backend.kinds.host_check import WORKER, AnyCheck
from backend.kinds.host_checks import (
    FORCED_UNLOCK,
    UNLOCKS,
    has_label,
    list_of,
    rows_of,
    unlock_check,
    vswitch_of,
)
from backend.kinds.host_checks_ports import OVS_DPDK
from backend.kinds.host_fresh import is_current
from backend.known import Known

# Accelerators for forward error correction, by PCI class and device.
ACCELERATORS = frozenset({"120000", "120001"})
FEC = frozenset({"0d8f", "0d5c", "57c0"})

GIGANTIC_MIB = 1024


# --- processors ----------------------------------------------------------------------------------


def _vswitch_cpus(host: Host, known: Known) -> str:
    switch = vswitch_of(known)
    has = any(
        (row.allocated_function or "").lower() == "vswitch" for row in rows_of(known, "cpus", host)
    )
    if switch == "none" and has:
        return "some CPUs are for a vSwitch, and the system has none: give them another function"
    if switch == OVS_DPDK and not has:
        return f"{OVS_DPDK} needs a CPU of its own on it, and none is for it"
    return ""


# --- memory --------------------------------------------------------------------------------------


def _one_size(host: Host, known: Known) -> str:
    """Huge pages that are to come are of one size, that of the vSwitch's where there is one."""
    sizes = set()
    for row in rows_of(known, "memory", host):
        if vswitch_of(known) != "none" and row.vswitch_hugepages_size_mib:
            sizes.add("1G" if row.vswitch_hugepages_size_mib == GIGANTIC_MIB else "2M")
        wanted = (("2M", row.vm_hugepages_nr_2M_pending), ("1G", row.vm_hugepages_nr_1G_pending))
        sizes |= {size for size, number in wanted if number}
    return "huge pages of 2M and of 1G are to come: only one size may change" * (len(sizes) > 1)


def _too_many_pages(host: Host, known: Known) -> str:
    for row in rows_of(known, "memory", host):
        wanted = _pages_mib(row)
        if row.memtotal_mib is not None and wanted > row.memtotal_mib:
            node = f"NUMA node {row.numa_node}"
            return f"huge pages of {wanted} MiB are to come on {node}, which has {row.memtotal_mib}"
    return ""


def _pages_mib(row: Any) -> int:
    """Return what the vSwitch's and the applications' pages take after the unlock, in MiB."""
    taken = 0
    if row.hugepages_configured:
        reqd = row.vswitch_hugepages_reqd
        count = row.vswitch_hugepages_nr if reqd is None else reqd
        taken += (count or 0) * (row.vswitch_hugepages_size_mib or 0)
    sizes = (
        (2, row.vm_hugepages_nr_2M_pending, row.vm_hugepages_nr_2M, row.vm_hugepages_2M_percentage),
        (
            GIGANTIC_MIB,
            row.vm_hugepages_nr_1G_pending,
            row.vm_hugepages_nr_1G,
            row.vm_hugepages_1G_percentage,
        ),
    )
    for mib, pending, now, percent in sizes:
        if row.vm_pending_as_percentage:
            share = pending if pending is not None else percent or 0
            taken += ((row.memtotal_mib or 0) - taken) * share // 100
        else:
            taken += mib * (pending if pending is not None else now or 0)
    return taken


def _little(host: Host, known: Known) -> str:
    rows = rows_of(known, "memory", host)
    kept = sum(row.platform_reserved_mib or 0 for row in rows)
    least = max((row.minimum_platform_reserved_mib or 0 for row in rows), default=0)
    return f"{kept} MiB are kept for the platform, {least} are wanted" if kept < least else ""


def _vswitch_memory(host: Host, known: Known) -> str:
    rows = rows_of(known, "memory", host)
    if len({row.vswitch_hugepages_size_mib for row in rows}) > 1:
        return "the vSwitch's pages are of unlike sizes on its NUMA nodes"
    for row in rows:
        if not row.vswitch_hugepages_nr and row.vswitch_hugepages_reqd is None:
            return f"the vSwitch has no memory on NUMA node {row.numa_node}"
    return ""


def _switched(host: Host, known: Known) -> bool:
    if not is_current("system", known):
        return True  # it may have one
    switch = vswitch_of(known)
    if switch == "none":
        return False
    label = "openvswitch" if switch == OVS_DPDK else switch
    return has_label(host, known, label)


# --- accelerators --------------------------------------------------------------------------------


def _fec(host: Host, known: Known) -> Iterable[Any]:
    return (
        row
        for row in rows_of(known, "devices", host)
        if row.pclass_id in ACCELERATORS and row.pdevice_id in FEC
    )


def _no_operator(_host: Host, known: Known) -> bool:
    """Whether nobody but sysinv sets the VFs: where the operator does, it does not ask."""
    names = {row.name for row in known.rows("applications") if row.status == "applied"}
    return "sriov-fec-operator" not in names


def _fec_vfs(host: Host, known: Known) -> str:
    for row in _fec(host, known):
        has, wanted = row.sriov_numvfs or 0, _expected(row.extra_info)
        if wanted is not None and has != wanted:
            return f"accelerator {row.pciaddr} is to have {wanted} VFs and has {has}"
        listed = [part for part in (row.sriov_vfs_pci_address or "").split(",") if part]
        if len(listed) != has:
            return f"accelerator {row.pciaddr} has {has} VFs and {len(listed)} are listed"
    return ""


def _expected(text: Optional[str]) -> Optional[int]:
    """Return the VFs a device should have: kept as the text of a Python value."""
    try:
        value = ast.literal_eval(text or "{}")
    except (ValueError, SyntaxError):
        return None
    number = value.get("expected_numvfs") if isinstance(value, dict) else None
    return int(str(number)) if str(number).isdigit() else None


# --- the checks ----------------------------------------------------------------------------------


_WORKER = frozenset({WORKER})

MACHINE_CHECKS: Tuple[AnyCheck, ...] = (
    unlock_check(
        "CPUs fit the vSwitch",
        "_semantic_check_worker_cpu_assignments",
        _vswitch_cpus,
        ("cpus", "system"),
        _WORKER,
        jump=list_of("cpus"),
    ),
    unlock_check(
        "huge pages of one size",
        "_check_memory_for_single_size",
        _one_size,
        ("memory", "system"),
        _WORKER,
        jump=list_of("memory"),
    ),
    unlock_check(
        "huge pages fit the memory",
        "_semantic_check_memory_for_node",
        _too_many_pages,
        ("memory",),
        _WORKER,
        jump=list_of("memory"),
    ),
    unlock_check(
        "memory for the platform",
        "check_unlock_worker",
        _little,
        ("memory",),
        _WORKER,
        # The service raises it by itself where that fits.
        soft=UNLOCKS,
        jump=list_of("memory"),
    ),
    unlock_check(
        "memory for the vSwitch",
        "_check_vswitch_memory",
        _vswitch_memory,
        ("memory", "system", "labels"),
        _WORKER,
        applies=_switched,
        jump=list_of("memory"),
    ),
    unlock_check(
        "accelerators are ready",
        "_semantic_check_acclr_fec_device",
        _fec_vfs,
        ("devices", "applications"),
        _WORKER,
        forced=False,
        soft=FORCED_UNLOCK,
        applies=_no_operator,
        jump=list_of("devices"),
    ),
)
