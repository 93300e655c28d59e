"""What a host computes with: its processors, its memory, its NUMA nodes, its kernel."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterator, Mapping, Optional, Tuple

from backend.kind import Column, Kind, Reach, Rest, Row
from backend.kinds.cpu_acts import CPU_ACTIONS
from backend.kinds.inventory import EVERY_S, HOST, NOISE, OfHost, host_name
from backend.kinds.kernel_acts import KERNEL_ACTIONS
from backend.kinds.memory_acts import MEMORY_ACTIONS
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import mib


class Cpu(OfHost):
    """A logical processor: one thread of a core."""

    cpu: Optional[int] = None
    core: Optional[int] = None
    thread: Optional[int] = None
    numa_node: Optional[int] = None
    allocated_function: Optional[str] = None
    cpu_model: Optional[str] = None


CPUS: Kind[Cpu] = Kind(
    name="cpus",
    singular="cpu",
    model=Cpu,
    read=Rest(service="sysinv", path="/icpus", items="icpus", under="/ihosts/{parent}/icpus"),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: f"cpu{'-' if row.cpu is None else row.cpu}",
    columns=(
        HOST,
        Column(heading="CPU", value=lambda row: row.cpu, right=True),
        Column(heading="NUMA", value=lambda row: row.numa_node, right=True),
        Column(heading="CORE", value=lambda row: row.core, right=True),
        Column(heading="THREAD", value=lambda row: row.thread, right=True),
        Column(heading="FUNCTION", value=lambda row: row.allocated_function, most=20),
        Column(heading="MODEL", value=lambda row: row.cpu_model, most=48, wide=True),
    ),
    sort=lambda row, known: (host_name(row, known), -1 if row.cpu is None else row.cpu),
    actions=CPU_ACTIONS,
    tab="C Cpus",
    aliases=("icpus", "icpu", "host-cpus"),
    noise=NOISE,
    every_s=EVERY_S,
)


class Memory(OfHost):
    """The memory of one NUMA node in MiB; huge pages of 2 MiB and 1 GiB by their number."""

    numa_node: Optional[int] = None
    memtotal_mib: Optional[int] = None
    memavail_mib: Optional[int] = None
    platform_reserved_mib: Optional[int] = None
    minimum_platform_reserved_mib: Optional[int] = None
    vm_hugepages_nr_2M: Optional[int] = None  # noqa: N815 - the service's word
    vm_hugepages_nr_1G: Optional[int] = None  # noqa: N815
    vm_hugepages_avail_2M: Optional[int] = None  # noqa: N815
    vm_hugepages_avail_1G: Optional[int] = None  # noqa: N815
    vm_hugepages_nr_2M_pending: Optional[int] = None  # noqa: N815
    vm_hugepages_nr_1G_pending: Optional[int] = None  # noqa: N815
    vm_hugepages_2M_percentage: Optional[int] = None  # noqa: N815
    vm_hugepages_1G_percentage: Optional[int] = None  # noqa: N815
    vm_pending_as_percentage: Optional[bool] = None
    hugepages_configured: Optional[bool] = None
    vswitch_hugepages_nr: Optional[int] = None
    vswitch_hugepages_reqd: Optional[int] = None
    vswitch_hugepages_size_mib: Optional[int] = None

    @property
    def pending(self) -> Tuple[str, ...]:
        """The huge pages that come with the next unlock, as ``512 of 2M``; () where none do."""
        unit = "% in" if self.vm_pending_as_percentage else " of"
        if self.vm_pending_as_percentage:
            wanted = (self.vm_hugepages_2M_percentage, self.vm_hugepages_1G_percentage)
        else:
            wanted = (self.vm_hugepages_nr_2M_pending, self.vm_hugepages_nr_1G_pending)
        return tuple(
            f"{number}{unit} {size}"
            for number, size in zip(wanted, ("2M", "1G"))
            if number is not None
        )


def _memory_look(row: Memory, _known: Known) -> Look:
    if not row.pending:
        return WELL
    words = f"huge pages from the next unlock on: {', '.join(row.pending)}"
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))


def _vswitch(row: Memory) -> Optional[str]:
    if not row.vswitch_hugepages_nr:
        return None
    return f"{row.vswitch_hugepages_nr} of {mib(row.vswitch_hugepages_size_mib)}"


MEMORY: Kind[Memory] = Kind(
    name="memory",
    singular="memory",
    model=Memory,
    read=Rest(
        service="sysinv", path="/imemorys", items="imemorys", under="/ihosts/{parent}/imemorys"
    ),
    parent="hosts",
    needs=("hosts",),
    label=lambda row: f"node{'-' if row.numa_node is None else row.numa_node}",
    columns=(
        HOST,
        Column(heading="NUMA", value=lambda row: row.numa_node, right=True),
        Column(heading="TOTAL", value=lambda row: mib(row.memtotal_mib), right=True),
        Column(heading="FREE", value=lambda row: mib(row.memavail_mib), right=True),
        Column(heading="PLATFORM", value=lambda row: mib(row.platform_reserved_mib), right=True),
        Column(heading="2M", value=lambda row: row.vm_hugepages_nr_2M, right=True),
        Column(heading="1G", value=lambda row: row.vm_hugepages_nr_1G, right=True),
        Column(heading="PENDING", value=lambda row: ", ".join(row.pending) or None),
        Column(heading="VSWITCH", value=_vswitch),
        Column(
            heading="2M FREE", value=lambda row: row.vm_hugepages_avail_2M, right=True, wide=True
        ),
        Column(
            heading="1G FREE", value=lambda row: row.vm_hugepages_avail_1G, right=True, wide=True
        ),
        Column(
            heading="PLATFORM MIN",
            value=lambda row: mib(row.minimum_platform_reserved_mib),
            right=True,
            wide=True,
        ),
    ),
    look=_memory_look,
    actions=MEMORY_ACTIONS,
    tab="m Memory",
    aliases=("imemorys", "imemory", "mem", "host-memory"),
    # What is free moves with every pod.
    noise=NOISE | {"memavail_mib"},
    own=frozenset({"vm_hugepages_avail_2M", "vm_hugepages_avail_1G", "vm_hugepages_nr_4K"}),
    every_s=EVERY_S,
)


# --- what both stand on ------------------------------------------------------------------------


class NumaNode(OfHost):
    """A NUMA node; neither in the whole nor under its host does it say whose it is."""

    numa_node: Optional[int] = None


# Both are read of all hosts at once, or under the one that is looked at.


@once
def _cpus_by_node(known: Known) -> Mapping[str, int]:
    cpus = {row.uuid: str(row.body.get("inode_uuid")) for row in _all_read("cpus", known)}
    return Counter(cpus.values())


@once
def _memory_by_node(known: Known) -> Mapping[str, Memory]:
    return {str(row.body.get("inode_uuid")): row for row in _all_read("memory", known)}


def _all_read(kind: str, known: Known) -> Iterator[Any]:
    return (row for (name, _), one in known.readings.items() if name == kind for row in one.rows)


def _memory_of(row: NumaNode, known: Known) -> Optional[Memory]:
    return _memory_by_node(known).get(row.uuid)


def _host_of_node(row: NumaNode, known: Known) -> Optional[str]:
    memory = _memory_of(row, known)
    return None if memory is None else host_name(memory, known)


def _total_of_node(row: NumaNode, known: Known) -> Optional[str]:
    memory = _memory_of(row, known)
    return None if memory is None else mib(memory.memtotal_mib)


NUMA_NODES: Kind[NumaNode] = Kind(
    name="numa-nodes",
    singular="numa-node",
    model=NumaNode,
    read=Rest(service="sysinv", path="/inodes", items="inodes", under="/ihosts/{parent}/inodes"),
    parent="hosts",
    needs=("hosts", "memory", "cpus"),
    label=lambda row: f"node{'-' if row.numa_node is None else row.numa_node}",
    columns=(
        Column(heading="HOST", joined=_host_of_node, most=20),
        Column(heading="NUMA", value=lambda row: row.numa_node, right=True),
        Column(
            heading="CPUS",
            joined=lambda row, known: _cpus_by_node(known).get(row.uuid),
            right=True,
        ),
        Column(heading="MEMORY", joined=_total_of_node, right=True),
    ),
    tab="N Numa",
    aliases=("inodes", "inode", "host-nodes"),
    noise=NOISE,
    every_s=EVERY_S,
)


class Kernel(Row):
    """Which kernel a host runs, and which it was given for its next boot."""

    ihost_uuid: str
    hostname: Optional[str] = None
    kernel_provisioned: Optional[str] = None
    kernel_running: Optional[str] = None

    @property
    def host_uuid(self) -> str:
        """The uuid of its host."""
        return self.ihost_uuid

    def parent_id(self, _known: Known) -> str:
        return self.host_uuid


def _kernel_look(row: Kernel, _known: Known) -> Look:
    if not row.kernel_running:
        return Look(mark=Mark.UNKNOWN, notes=("which kernel it runs is not said",))
    if row.kernel_running == row.kernel_provisioned:
        return WELL
    words = f"runs {row.kernel_running}, {row.kernel_provisioned} after the next unlock"
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(words,))


KERNELS: Kind[Kernel] = Kind(
    name="kernels",
    singular="kernel",
    model=Kernel,
    read=Rest(service="sysinv", path="/ihosts/{parent}/kernel"),
    parent="hosts",
    reach=Reach.PER_PARENT,
    id=lambda row: row.ihost_uuid,
    label=lambda row: row.hostname or row.ihost_uuid,
    like=lambda _row: "kernel",
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=20),
        Column(heading="RUNS", value=lambda row: row.kernel_running),
        Column(heading="PROVISIONED", value=lambda row: row.kernel_provisioned),
    ),
    look=_kernel_look,
    actions=KERNEL_ACTIONS,
    tab="K Kernel",
    aliases=("host-kernels",),
    every_s=60.0,
)

PROCESSORS: Tuple[Kind[Any], ...] = (CPUS, MEMORY, NUMA_NODES, KERNELS)
