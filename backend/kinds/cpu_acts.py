"""What the cores of a host are for: functions by processor."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason
from backend.kinds.edits import check, disruptive, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import asked, at_unlock, called, kin, locked, send, works
from backend.known import Known

FUNCTIONS = ("platform", "vswitch", "shared", "application-isolated")
# What the service calls them, and what is left when all others have theirs.
WORDS = {
    "platform": "Platform",
    "vswitch": "Vswitch",
    "shared": "Shared",
    "application-isolated": "Application-isolated",
}
PROCESSORS = ("0", "1", "2", "3")
COUNT = "num_cores_on_processor"

Cores = Dict[int, Dict[str, int]]


class AssignCores(Form):
    """What cores are for: so many on each processor, or a list of them."""

    function: Literal["platform", "vswitch", "shared", "application-isolated"] = Field(
        description="application takes what is left", examples=["platform"]
    )
    num_cores_on_processor0: Optional[int] = Field(default=None, ge=0, title="on processor 0")
    num_cores_on_processor1: Optional[int] = Field(default=None, ge=0, title="on processor 1")
    num_cores_on_processor2: Optional[int] = Field(default=None, ge=0, title="on processor 2")
    num_cores_on_processor3: Optional[int] = Field(default=None, ge=0, title="on processor 3")
    cpulist: Optional[str] = Field(
        default=None, pattern=r"^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$", description="as 4-7,12"
    )

    @property
    def counts(self) -> Dict[int, int]:
        """The cores wanted by processor."""
        given = {int(number): getattr(self, COUNT + number) for number in PROCESSORS}
        return {number: value for number, value in given.items() if value is not None}

    @property
    def listed(self) -> Tuple[int, ...]:
        """The logical processors that the list names."""
        found: List[int] = []
        for part in (self.cpulist or "").split(",") if self.cpulist else ():
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
        return tuple(dict.fromkeys(found))


def threads(rows: Tuple[Any, ...]) -> int:
    """Return how many logical processors one core has."""
    return 1 + max((row.thread or 0 for row in rows), default=0)


def cores(rows: Tuple[Any, ...]) -> Cores:
    """Return the cores of each processor by what they are for, in the service's words."""
    each = threads(rows)
    found: Cores = {}
    for row in rows:
        node = found.setdefault(row.numa_node or 0, {})
        function = row.allocated_function or "Application"
        node[function] = node.get(function, 0) + 1
    return {node: {f: n // each for f, n in of.items()} for node, of in found.items()}


def after(form: AssignCores, rows: Tuple[Any, ...]) -> Cores:
    """Return the same as it would be: all but application is as given, application is the rest."""
    then = cores(rows)
    function, each = WORDS[form.function], threads(rows)
    wanted = dict(form.counts)
    if form.cpulist:
        by_number = {row.cpu: row.numa_node or 0 for row in rows}
        nodes = [by_number[number] for number in form.listed if number in by_number]
        wanted = {node: nodes.count(node) // each for node in then}
    for node, count in wanted.items():
        of = then.setdefault(node, {})
        of["Application"] = of.get("Application", 0) + of.get(function, 0) - count
        of[function] = count
    return then


def _assign(host: Host, form: AssignCores, _known: Known) -> Plan:
    cap: Dict[str, Json] = {"function": form.function}
    flags: List[str] = ["-f", form.function]
    if form.cpulist:
        cap["cpulist"] = form.cpulist
        flags += ["-c", form.cpulist]
    if form.counts:
        cap["sockets"] = [{str(number): value} for number, value in form.counts.items()]
        flags += [w for n, value in form.counts.items() for w in (f"-p{n}", str(value))]
    return send(
        "PUT",
        f"/ihosts/{host.uuid}/state/host_cpus_modify",
        [cap],
        ("system", "host-cpu-modify", *flags, called(host)),
        f"give cores of {host.name} to {form.function}",
    )


def _reasons(host: Host, form: AssignCores, known: Known) -> Tuple[Reason, ...]:
    rows = kin(known, "cpus", host)
    both = bool(form.counts and form.cpulist)
    given = "give cores by processor, or a list" if not (form.counts or form.cpulist) else ""
    given = "by processor or as a list, not both" if both else given
    return (
        check("cores are given one way", given, Asker.OURS),
        locked(host),
        works(host),
        asked("there are so many cores", _too_many(form, rows), "cpus", host, known),
        asked("the platform keeps enough", _too_few(host, form, rows), "cpus", host, known),
        *_of_function(form),
    )


def _too_many(form: AssignCores, rows: Tuple[Any, ...]) -> str:
    there = cores(rows)
    missing = [number for number in form.counts if number not in there]
    if missing:
        return f"there is no processor {missing[0]}"
    numbers = {row.cpu for row in rows}
    unknown = [number for number in form.listed if number not in numbers]
    if unknown:
        return f"there is no cpu {unknown[0]}"
    for node, of in after(form, rows).items():
        if of.get("Application", 0) < 0:
            return f"processor {node} has {sum(there[node].values())} cores in all"
    if form.function == "shared" and any(value > 1 for value in form.counts.values()):
        return "one shared core a processor at most"
    return ""


def _too_few(host: Host, form: AssignCores, rows: Tuple[Any, ...]) -> str:
    then, each = after(form, rows), threads(rows)
    platform = sum(of.get("Platform", 0) for of in then.values()) * each
    if platform < (2 if host.is_aio else 1):
        return "it would have no core" if not host.is_aio else "it wants two logical ones"
    left = sum(of.get("Application", 0) for of in then.values())
    shared = sum(of.get("Shared", 0) for of in then.values())
    return "no core would be left for applications" if left + shared <= 0 else ""


def _of_function(form: AssignCores) -> Tuple[Reason, ...]:
    if form.function != "vswitch" or not any(form.counts.values()):
        return ()
    return (server_knows("there is a vSwitch", "vswitch cores want a vSwitch type set"),)


def _consequences(host: Host, form: AssignCores, known: Known) -> Tuple[Consequence, ...]:
    rows = kin(known, "cpus", host)
    before, then = cores(rows), after(form, rows)
    said = [
        Consequence(words=f"processor {node}, {name.lower()}: {old.get(name, 0)} -> {of[name]}")
        for node, of in sorted(then.items())
        for old in (before.get(node, {}),)
        for name in of
        if of[name] != old.get(name, 0)
    ]
    return (*said, at_unlock("it counts"))


CPU_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="assign",
        key="F",
        words="Give cores to a function",
        plan=_assign,
        risk=disruptive,
        form=AssignCores,
        reasons=_reasons,
        consequences=_consequences,
        needs=("hosts", "system", "cpus"),
        on_parent=True,
        aliases=("host-cpu-modify", "modify"),
    ),
)
