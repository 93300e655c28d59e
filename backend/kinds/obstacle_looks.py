"""One look each at what may stand in the way of changing software: pure, of what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Tuple

from backend.kinds.certificates import BAD_DAYS, days_to
from backend.kinds.kube_pods import trouble_of
from backend.kinds.kube_unwell import unwell_pods
from backend.known import Known

# A filesystem of a machine this full has no room for what a deploy unpacks, in percent.
FULL = 85
# Of more of a sort the rest is one line.
MOST = 8
# The alarm of a full filesystem: it stands under disk space, affecting management or not.
FULL_ALARM = "100.104"
# The report that says of all what the others say again.
GENERAL = "health"
_REPORTS = {GENERAL: "", "upgrade-health": "deploy", "kube-upgrade-health": "kubernetes"}


@dataclass(frozen=True)
class Obstacle:
    """One thing found: its name, why it is in the way, and the row where it is mended."""

    name: str
    why: str
    kind: str
    id: str = ""


Finds = Callable[[Known], Iterator[Obstacle]]


@dataclass(frozen=True)
class OnesLook:
    """A look: its sort, what would be well, what it looks at, and what it finds.

    ``only`` says of what it stands in the way ("": of all); ``is_ours`` are looks that no service
    takes by itself.
    """

    sort: str
    check: str
    needs: Tuple[str, ...]
    finds: Finds
    only: str = ""
    is_ours: bool = False


def _hosts(known: Known) -> Iterator[Obstacle]:
    for host in known.rows("hosts"):
        wrong = _wrong(host)
        if wrong:
            yield Obstacle(name=host.name, why=wrong, kind="hosts", id=host.uuid)


def _wrong(host: Any) -> str:
    if host.is_discovered:
        return "it was found, and nobody said yet what it is to be"
    if (host.invprovision or "provisioned") != "provisioned":
        return f"it is {host.invprovision}, not provisioned"
    states = (host.administrative, host.operational, host.availability)
    return (
        ""
        if states == ("unlocked", "enabled", "available")
        else "it is " + "/".join(filter(None, states))
    )


def _configuration(known: Known) -> Iterator[Obstacle]:
    for host in known.rows("hosts"):
        if host.config_status and not host.is_discovered:
            why = f"{host.config_status}: lock and unlock it"
            yield Obstacle(name=host.name, why=why, kind="hosts", id=host.uuid)


def _alarms(known: Known) -> Iterator[Obstacle]:
    """Yield the alarms that affect management, one a type."""
    by_type: Dict[str, List[Any]] = {}
    for alarm in known.rows("alarms"):
        if alarm.blocks_management and alarm.alarm_id != FULL_ALARM:
            by_type.setdefault(alarm.alarm_id, []).append(alarm)
    for alarm_id, alarms in sorted(by_type.items()):
        first = alarms[0]
        more = f" (and {len(alarms) - 1} more)" if len(alarms) > 1 else ""
        why = f"{first.where}: {first.reason}{more}"
        yield Obstacle(name=alarm_id, why=why, kind="alarms", id=first.uuid)


def _strategy(known: Known) -> Iterator[Obstacle]:
    for row in known.rows("strategies"):
        why = f"a {row.name} strategy is {row.state}: it is to be deleted first"
        yield Obstacle(name=row.name, why=why, kind="strategies", id=row.uuid)


def _deploy(known: Known) -> Iterator[Obstacle]:
    for row in known.rows("deploy"):
        why = f"a deploy of it is {row.state}"
        yield Obstacle(name=row.to_release, why=why, kind="deploy", id="deploy")


def _upgrade(known: Known) -> Iterator[Obstacle]:
    for row in known.rows("kube-upgrade"):
        why = f"the upgrade of Kubernetes is {row.state}"
        yield Obstacle(name=str(row.to_version), why=why, kind="kube-upgrade", id=row.uuid)


def _applications(known: Known) -> Iterator[Obstacle]:
    for row in known.rows("applications"):
        status = row.status or ""
        if status.endswith(("ing", "starting", "-failed", "missing")):
            why = ": ".join(filter(None, (f"it is {status}", row.progress)))
            yield Obstacle(name=row.name, why=why, kind="applications", id=row.name)


def _disk(known: Known) -> Iterator[Obstacle]:
    """Yield what is full: by its alarm, and by what machines say of their mounts where seen."""
    for alarm in known.rows("alarms"):
        if alarm.alarm_id == FULL_ALARM:
            yield Obstacle(name=alarm.where, why=alarm.reason, kind="alarms", id=alarm.uuid)
    # A machine's are read under it, and with those of all others.
    mounts = {
        (row.machine, row.target): row
        for (kind, _), reading in known.readings.items()
        if kind == "mounts"
        for row in reading.rows
    }
    for (machine, target), row in mounts.items():
        if row.percent >= FULL and not row.read_only:
            name = f"{machine} {target}"
            yield Obstacle(name=name, why=f"{row.percent} % full", kind="mounts")


def _certificates(known: Known) -> Iterator[Obstacle]:
    for kind in ("platform-certificates", "k8s-certificates"):
        for row in known.rows(kind):
            left = days_to(row.expires_ms, known)
            if left is not None and left < BAD_DAYS:
                why = "it has ended" if left < 0 else f"it ends in {left} days"
                yield Obstacle(name=row.name, why=why, kind=kind, id=row.name)


def _nodes(known: Known) -> Iterator[Obstacle]:
    for row in known.rows("nodes"):
        if not row.is_ready:
            yield Obstacle(name=row.name, why="the node is not ready", kind="nodes", id=row.uid)


def _pods(known: Known) -> Iterator[Obstacle]:
    pods = unwell_pods(known)
    for pod in pods[:MOST]:
        trouble = trouble_of(pod, known)
        words = ": ".join(filter(None, (trouble.word, trouble.why))) if trouble else "in trouble"
        yield Obstacle(name=pod.full_name, why=words, kind="pods", id=pod.uid)
    if len(pods) > MOST:
        why = f"{len(pods) - MOST} more pods are in trouble"
        yield Obstacle(name="more pods", why=why, kind="troubles")


def _report(kind: str) -> Finds:
    def finds(known: Known) -> Iterator[Obstacle]:
        said = set(_failing(known, GENERAL)) if kind != GENERAL else set()
        for name, words in _failing(known, kind):
            if (name, words) not in said:
                yield Obstacle(name=name, why=f"the service says: {words}", kind=kind, id=kind)

    return finds


def _failing(known: Known, kind: str) -> Iterator[Tuple[str, str]]:
    """Yield the lines of a report that say anything but OK, each with its details."""
    for row in known.rows(kind):
        for name, state, details in row.lines:
            if state != "OK":
                yield name, details or state


def _of(sort: str, check: str, finds: Finds, *needs: str, **more: Any) -> OnesLook:
    return OnesLook(sort=sort, check=check, needs=needs, finds=finds, **more)


LOOKS: Tuple[OnesLook, ...] = (
    _of("strategy", "no other strategy", _strategy, "strategies"),
    _of("deploy", "no other deploy", _deploy, "deploy"),
    _of("kubernetes", "no upgrade of Kubernetes", _upgrade, "kube-upgrade"),
    _of("host", "all hosts provisioned, unlocked, enabled, available", _hosts, "hosts"),
    _of("configuration", "all hosts have their configuration", _configuration, "hosts"),
    _of("alarm", "no alarm affects management", _alarms, "alarms"),
    _of("application", "no application in transition or failed", _applications, "applications"),
    *(
        _of("report", f"the report {kind}", _report(kind), kind, only=only)
        for kind, only in _REPORTS.items()
    ),
    _of("disk", "room on the disks", _disk, "alarms", is_ours=True),
    _of(
        "certificate",
        f"no certificate ends within {BAD_DAYS} days",
        _certificates,
        "platform-certificates",
        "k8s-certificates",
        is_ours=True,
    ),
    _of("node", "all nodes are ready", _nodes, "nodes", is_ours=True),
    _of("pod", "no pod in trouble", _pods, "pods", is_ours=True),
)
