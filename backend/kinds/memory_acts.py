"""What the memory of a host's NUMA nodes is for: the platform's share, huge pages."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from pydantic import Field, field_validator
from typing_extensions import Literal

from backend.kind import Action, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, disruptive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import at_unlock, called, locked, said_as, send, something, works
from backend.known import Known

PAGES = r"^[0-9]+%?$"
MIB_2M, MIB_1G = 2, 1024


class ModifyMemory(Form):
    """What the memory of a NUMA node is for; empty stays as it is."""

    platform_reserved_mib: Optional[int] = Field(
        default=None,
        ge=0,
        title="platform MiB",
        description="what the platform keeps",
        json_schema_extra=said_as("Platform memory", "Platform reserved memory"),
    )
    vm_hugepages_nr_2M_pending: Optional[str] = Field(  # noqa: N815 - the service's word
        default=None,
        pattern=PAGES,
        title="2M pages",
        description="a number, or as 80%",
        json_schema_extra=said_as("huge pages 2M", "2M hugepage", "max 2M pages"),
    )
    vm_hugepages_nr_1G_pending: Optional[str] = Field(  # noqa: N815
        default=None,
        pattern=PAGES,
        title="1G pages",
        description="a number, or as 80%",
        json_schema_extra=said_as("huge pages 1G", "1G hugepage", "max 1G pages"),
    )

    @field_validator("vm_hugepages_nr_2M_pending", "vm_hugepages_nr_1G_pending")
    @classmethod
    def _a_share(cls, value: Optional[str]) -> Optional[str]:
        if value and value.endswith("%") and int(value[:-1]) > 100:
            raise ValueError("100% at most")
        return value


class ModifyVswitch(Form):
    """The huge pages of the vSwitch on a NUMA node."""

    vswitch_hugepages_reqd: int = Field(
        ge=0, title="pages", examples=[1], json_schema_extra=said_as("vSwitch huge pages")
    )
    vswitch_hugepages_size_mib: Literal["2", "1024"] = Field(
        default="1024", title="size MiB", json_schema_extra=said_as("vSwitch hugepage size")
    )


def _now(row: Any) -> Mapping[str, str]:
    names = ModifyMemory.model_fields
    values = {name: getattr(row, name, None) for name in names}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _changes(row: Any, form: Any) -> Dict[str, str]:
    before = _now(row)
    given = {name: getattr(form, name, None) for name in ModifyMemory.model_fields}
    return {n: str(v) for n, v in given.items() if v is not None and str(v) != before[n]}


def _pages(changes: Mapping[str, str]) -> Dict[str, str]:
    return {name: value for name, value in changes.items() if name.startswith("vm_")}


def _modify_memory(row: Any, form: ModifyMemory, known: Known) -> Plan:
    changes = _changes(row, form)
    pages = _pages(changes)
    patch: List[Json] = [
        {
            "op": "replace",
            "path": f"/{name}",
            "value": int(value.rstrip("%")) if name in pages else value,
        }
        for name, value in changes.items()
    ]
    if pages:
        share = str(any(value.endswith("%") for value in pages.values()))
        patch.append({"op": "replace", "path": "/vm_pending_as_percentage", "value": share})
    flags = {
        "platform_reserved_mib": "-m",
        "vm_hugepages_nr_2M_pending": "-2M",
        "vm_hugepages_nr_1G_pending": "-1G",
    }
    words = [word for name, value in changes.items() for word in (flags[name], value)]
    host = _host(row, known)
    command = ("system", "host-memory-modify", *words, host, str(row.numa_node or 0))
    sentence = f"change the memory of node {row.numa_node} of {host}"
    return send("PATCH", f"/imemorys/{row.uuid}", patch, command, sentence)


def _host(row: Any, known: Known) -> str:
    return called(known.row("hosts", row.host_uuid), row)


def _memory_reasons(row: Any, form: ModifyMemory, known: Known) -> Tuple[Reason, ...]:
    host: Optional[Host] = known.row("hosts", row.host_uuid)
    changes = _changes(row, form)
    pages = _pages(changes)
    mixed = {value.endswith("%") for value in pages.values()}
    is_storage = host is not None and host.is_storage
    no_work = pages and host is not None and not host.is_worker
    return (
        something(changes),
        locked(host),
        check("it is no storage host", "its memory can't be changed" if is_storage else ""),
        check("pages are for workers", f"{host.name} is no worker" if no_work and host else ""),
        check(
            "both in numbers or both in %",
            "2M in numbers and 1G in % can't go together" if len(mixed) > 1 else "",
        ),
        check("one size of pages", _two_sizes(row, changes)),
        check("the platform keeps enough, and not too much", _platform(row, changes)),
        check("it fits into the node", _fits(row, changes)),
        check(
            "the processor has 1G pages",
            "it has not"
            if row.body.get("vm_hugepages_use_1G") is False
            and int(changes.get("vm_hugepages_nr_1G_pending", "0").rstrip("%") or 0)
            else "",
        ),
    )


def _wanted(row: Any, changes: Mapping[str, str], size: str) -> Tuple[int, bool]:
    """Return the pages of a size that there would be, and whether as a share in percent."""
    pages = _pages(changes)
    shares = [value.endswith("%") for value in pages.values()]
    # What is not changed is read in the unit of what is; where nothing is, in that of the row.
    is_share = any(shares) if shares else bool(row.vm_pending_as_percentage)
    text = pages.get(f"vm_hugepages_nr_{size}_pending")
    if text is not None:
        return int(text.rstrip("%")), is_share
    names = (f"nr_{size}_pending", *((f"{size}_percentage",) if is_share else ()), f"nr_{size}")
    told = (getattr(row, f"vm_hugepages_{name}", None) for name in names)
    return next((int(number) for number in told if number), 0), is_share


def _two_sizes(row: Any, changes: Mapping[str, str]) -> str:
    small, large = _wanted(row, changes, "2M")[0], _wanted(row, changes, "1G")[0]
    return f"{small} of 2M and {large} of 1G: one size a host" if small and large else ""


def _platform(row: Any, changes: Mapping[str, str]) -> str:
    given = changes.get("platform_reserved_mib")
    if given is None:
        return ""
    least, most = row.minimum_platform_reserved_mib or 0, (row.memtotal_mib or 0) * 2 // 3
    if int(given) < least:
        return f"{least} MiB at least"
    return f"{most} MiB at most" if most and int(given) > most else ""


def _fits(row: Any, changes: Mapping[str, str]) -> str:
    reserved = int(changes.get("platform_reserved_mib", row.platform_reserved_mib or 0))
    vswitch = (row.vswitch_hugepages_nr or 0) * (row.vswitch_hugepages_size_mib or 0)
    room = (row.memtotal_mib or 0) - reserved
    asked_mib = vswitch
    for size, mib in (("2M", MIB_2M), ("1G", MIB_1G)):
        number, share = _wanted(row, changes, size)
        asked_mib += (room - vswitch) * number // 100 if share else number * mib
    if asked_mib <= room:
        return ""
    return f"{asked_mib} MiB of pages and {reserved} of platform: the node has {row.memtotal_mib}"


def _after_memory(row: Any, form: ModifyMemory, _known: Known) -> Tuple[Consequence, ...]:
    changes = _changes(row, form)
    rename = {"2M": "vm_hugepages_nr_2M", "1G": "vm_hugepages_nr_1G"}
    said = [
        Consequence(
            words=f"{size} pages: {getattr(row, name) or 0} -> {changes[name + '_pending']}"
        )
        for size, name in rename.items()
        if name + "_pending" in changes
    ]
    return (*said, at_unlock("pages are set aside"))


def _vswitch(row: Any, form: ModifyVswitch, known: Known) -> Plan:
    number, size = str(form.vswitch_hugepages_reqd), int(form.vswitch_hugepages_size_mib)
    patch: List[Json] = [
        {"op": "replace", "path": "/vswitch_hugepages_reqd", "value": number},
        {"op": "replace", "path": "/vswitch_hugepages_size_mib", "value": size},
    ]
    host, flag = _host(row, known), "-2M" if size == MIB_2M else "-1G"
    words = ("-f", "vswitch", flag, number, host, str(row.numa_node or 0))
    sentence = f"give the vSwitch pages of node {row.numa_node} of {host}"
    command = ("system", "host-memory-modify", *words)
    return send("PATCH", f"/imemorys/{row.uuid}", patch, command, sentence)


def _vswitch_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host: Optional[Host] = known.row("hosts", row.host_uuid)
    words = "without a vSwitch type only 0 is taken"
    return (locked(host), works(host), server_knows("there is a vSwitch", words))


def _after_vswitch(row: Any, form: ModifyVswitch, _known: Known) -> Tuple[Consequence, ...]:
    old = f"{row.vswitch_hugepages_nr or 0} of {row.vswitch_hugepages_size_mib or '-'} MiB"
    new = f"{form.vswitch_hugepages_reqd} of {form.vswitch_hugepages_size_mib} MiB"
    return (Consequence(words=f"vSwitch pages: {old} -> {new}"), at_unlock("pages are set aside"))


MEMORY_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_modify_memory,
        risk=disruptive,
        form=ModifyMemory,
        reasons=_memory_reasons,
        consequences=_after_memory,
        needs=("hosts", "memory"),
        aliases=("host-memory-modify",),
    ),
    Action(
        name="vswitch",
        key="V",
        words="Give pages to the vSwitch",
        plan=_vswitch,
        risk=disruptive,
        form=ModifyVswitch,
        reasons=_vswitch_reasons,
        consequences=_after_vswitch,
        needs=("hosts", "memory"),
    ),
)
