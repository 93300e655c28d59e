"""Alarms by cause: raised when the cause appears, cleared when it goes, each time written down."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterator, Optional

from backend.simulator.catalogue import CATALOGUE, Entry
from backend.simulator.cloud import Cloud
from backend.simulator.model import Alarm, Event, Host, Json

Key = tuple[str, str]
Cause = tuple[Key, str, Json]

# One group stands for the several that lose their standby together.
REDUNDANT_GROUP = "vim-services"
# From when on a filesystem has an alarm, and a critical one.
MAJOR_PERCENT, CRITICAL_PERCENT = 80.0, 90.0


def cause(alarm_id: str, severity: Optional[str] = None, **words: Any) -> Cause:
    """A cause by type and the words its entity and reason are made of."""
    entry = CATALOGUE[alarm_id]
    return (alarm_id, entry.entity.format(**words)), severity or entry.severity, words


def stand(cloud: Cloud, alarm_id: str, severity: Optional[str] = None, **words: Any) -> None:
    """Let a cause stand until it is lifted, and raise its alarm; anew when its degree changes."""
    key, level, told = cause(alarm_id, severity, **words)
    if cloud.standing.get(key, (level,))[0] != level:
        lift(cloud, alarm_id, **words)
    cloud.standing[key] = (level, told)
    review(cloud, *_hosts_of(cloud, words))


def lift(cloud: Cloud, alarm_id: str, **words: Any) -> None:
    """Take a standing cause away, and clear its alarm."""
    key, _, _ = cause(alarm_id, **words)
    cloud.standing.pop(key, None)
    review(cloud, *_hosts_of(cloud, words))


def review(cloud: Cloud, *hosts: Host) -> None:
    """Compare causes with what was raised for them: the given hosts', the cluster's, the standing.

    A cause whose alarm somebody deleted is not raised again while it lasts, as in the real one.
    """
    wanted = {key: (level, words) for key, level, words in _causes(cloud, hosts)}
    wanted.update(cloud.standing)
    mine = _scope(cloud, hosts)
    for key in sorted(cloud.raised - wanted.keys()):
        if key in mine:
            _clear(cloud, key)
    for key in sorted(wanted.keys() - cloud.raised):
        _raise(cloud, key, *wanted[key])
    ill = degraded_names(cloud)
    for host in hosts:
        half = host.is_aio and host.subfunction_avail == "failed"
        _degrade(cloud, host, "degraded" if half or host.name in ill else "available")


def forget(cloud: Cloud, host: Host) -> None:
    """Clear all that a deleted host caused."""
    for key in [k for k in cloud.standing if host_in(k[1]) == host.name]:
        del cloud.standing[key]
    for key in sorted(k for k in cloud.raised if host_in(k[1]) == host.name):
        _clear(cloud, key)
    review(cloud)


def delete(cloud: Cloud, alarm: Alarm) -> None:
    """Remove a row as an operator may: a clear is logged, the cause stays and keeps silent."""
    del cloud.alarms[alarm.alarm_id, alarm.entity_instance_id]
    log(cloud, alarm, "clear", cloud.now())


def note(
    cloud: Cloud, log_id: str, entity: str, reason: str, when: Optional[datetime] = None
) -> None:
    """Write a line to the event log that is no alarm."""
    cloud.events.append(
        Event(
            uuid=cloud.new_uuid(),
            event_log_id=log_id,
            state="log",
            entity_type_id="system.host",
            entity_instance_id=entity,
            timestamp=when or cloud.now(),
            severity="not-applicable",
            reason_text=reason,
            event_log_type="other",
            probable_cause="unspecified-reason",
            proposed_repair_action="",
            service_affecting=True,
            suppression=False,
        )
    )


def host_in(entity: str) -> Optional[str]:
    """The host an entity belongs to, if it belongs to one."""
    head = entity.split(".", 1)[0]
    return head[len("host=") :] if head.startswith("host=") else None


def degraded_names(cloud: Cloud) -> set[Optional[str]]:
    """The hosts that a standing cause degrades."""
    return {
        host_in(entity)
        for (kind, entity), (level, _) in cloud.standing.items()
        if CATALOGUE[kind].degrade_affecting(level) == "True"
    }


def _degrade(cloud: Cloud, host: Host, wanted: str) -> None:
    """Keep an enabled host's availability in step with what degrades it."""
    if host.is_serving and host.availability in {"available", "degraded"}:
        if host.availability != wanted:
            cloud.touch(host, availability=wanted)
        if not host.is_aio and host.subfunction_avail != wanted:
            cloud.touch(host, subfunction_avail=wanted)


def _causes(cloud: Cloud, hosts: tuple[Host, ...]) -> Iterator[Cause]:
    for host in hosts:
        yield from _host_causes(host)
    if not cloud.system.is_simplex and not _has_standby(cloud):
        yield cause("400.002", group=REDUNDANT_GROUP)
    yield from _storage_causes(cloud)


def _host_causes(host: Host) -> Iterator[Cause]:
    if host.invprovision != "provisioned":
        return
    if host.administrative == "locked":
        yield cause("200.001", host=host.name)
    if host.config_target and host.config_applied != host.config_target:
        yield cause("250.001", host=host.name)
    if host.failing:
        yield cause("200.004", host=host.name)
    if not host.bmc_answers:
        yield cause("200.010", host=host.name)


def _has_standby(cloud: Cloud) -> bool:
    return any(c.is_serving and not c.is_active for c in cloud.of("controller"))


def osd_groups(cloud: Cloud) -> dict[str, list[Host]]:
    """The hosts that keep copies of each other's data: storage pairs, or the controllers."""
    nodes = [h for h in cloud.of("storage") if h.invprovision == "provisioned"]
    if not nodes:
        return {"group-0": cloud.of("controller")}
    groups: dict[str, list[Host]] = {}
    for host in nodes:
        groups.setdefault((host.peers or {}).get("name", "group-0"), []).append(host)
    return groups


def _storage_causes(cloud: Cloud) -> Iterator[Cause]:
    """An OSD host away, or filling up again: Ceph warns. Bare-metal Ceph names the group too."""
    words = {"cluster": cloud.system.uuid}
    for group, hosts in osd_groups(cloud).items():
        away = [host for host in hosts if not host.is_serving or _lost(cloud, host)]
        if away or any(host.uuid in cloud.recovering for host in hosts):
            yield cause("800.001", **words)
        if away and cloud.system.storage == "ceph":
            lost = "800.010" if len(away) == len(hosts) else "800.011"
            yield cause(lost, **words, peergroup=group)


def _lost(cloud: Cloud, host: Host) -> bool:
    """Whether an OSD of a host is dead."""
    return any(
        osd["uuid"] in cloud.lost_osds for osd in cloud.children.get((host.uuid, "istors"), ())
    )


def eased(cloud: Cloud, host: str, filesystem: str, size: int, growth: int) -> None:
    """Say how full a filesystem is that has grown by some of its ``size``: its alarm may clear."""
    words = {"host": host, "filesystem": filesystem}
    key, _, _ = cause("100.104", **words)
    level, told = cloud.standing.get(key, ("", {}))
    if level:
        actual = round(told["actual"] * (size - growth) / size, 1)
        full(cloud, host, filesystem, actual)


def full(cloud: Cloud, host: str, filesystem: str, percent: float) -> None:
    """Say how full a filesystem is: from 80 % on there is a major alarm, from 90 % a critical."""
    if percent < MAJOR_PERCENT:
        lift(cloud, "100.104", host=host, filesystem=filesystem)
        return
    worst = percent >= CRITICAL_PERCENT
    stand(
        cloud,
        "100.104",
        "critical" if worst else "major",
        host=host,
        filesystem=filesystem,
        threshold=CRITICAL_PERCENT if worst else MAJOR_PERCENT,
        actual=percent,
    )


def _scope(cloud: Cloud, hosts: tuple[Host, ...]) -> set[Key]:
    """The raised keys this review may judge: a cause of a host not looked at is left alone."""
    names = {host.name for host in hosts}
    own = {"200.001", "200.004", "200.010", "250.001"}
    return {key for key in cloud.raised if key[0] not in own or host_in(key[1]) in names}


def _hosts_of(cloud: Cloud, words: Json) -> list[Host]:
    host = cloud.host(words.get("host", ""))
    return [host] if host else []


def _raise(cloud: Cloud, key: Key, severity: str, words: Json) -> None:
    cloud.raised.add(key)
    alarm = build(cloud, CATALOGUE[key[0]], key[1], severity, words)
    cloud.alarms[key] = alarm
    log(cloud, alarm, "set", cloud.now())


def build(cloud: Cloud, entry: Entry, entity: str, severity: str, words: Json) -> Alarm:
    """The row of an alarm that is raised now."""
    return Alarm(
        id=cloud.next_alarm_id(),
        uuid=cloud.new_uuid(),
        alarm_id=entry.alarm_id,
        entity_type_id=entry.entity_type_id,
        entity_instance_id=entity,
        timestamp=cloud.now(),
        severity=severity,
        reason_text=entry.reason.format(**words),
        alarm_type=entry.alarm_type,
        probable_cause=entry.cause,
        proposed_repair_action=entry.repair.format(**words),
        service_affecting=entry.service_affecting,
        suppression=entry.suppression,
        mgmt_affecting=entry.mgmt_affecting(severity),
        degrade_affecting=entry.degrade_affecting(severity),
        suppression_status="suppressed" if entry.alarm_id in cloud.suppressed else "unsuppressed",
    )


def _clear(cloud: Cloud, key: Key) -> None:
    cloud.raised.discard(key)
    alarm = cloud.alarms.pop(key, None)
    if alarm is not None:
        log(cloud, alarm, "clear", cloud.now())


def log(cloud: Cloud, alarm: Alarm, state: str, when: datetime) -> None:
    """Write down that an alarm was set or cleared."""
    cloud.events.append(
        Event(
            uuid=cloud.new_uuid(),
            event_log_id=alarm.alarm_id,
            state=state,
            entity_type_id=alarm.entity_type_id,
            entity_instance_id=alarm.entity_instance_id,
            timestamp=when,
            severity=alarm.severity,
            reason_text=alarm.reason_text,
            event_log_type=alarm.alarm_type,
            probable_cause=alarm.probable_cause,
            proposed_repair_action=alarm.proposed_repair_action,
            service_affecting=alarm.service_affecting,
            suppression=alarm.suppression,
        )
    )
