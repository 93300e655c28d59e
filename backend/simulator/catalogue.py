"""The alarm types the pretend cloud can raise, with what fault management says of each."""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("warning", "minor", "major", "critical")


@dataclass(frozen=True)
class Entry:
    """One alarm type. `mgmt` and `degrade` name the severity from which it counts, or "none"."""

    alarm_id: str
    severity: str
    entity: str
    reason: str
    repair: str
    alarm_type: str = "operational-violation"
    cause: str = "unspecified-reason"
    service_affecting: bool = True
    suppression: bool = True
    mgmt: str = "warning"
    degrade: str = "none"

    @property
    def entity_type_id(self) -> str:
        return "system.host" if self.entity.startswith("host=") else "system.service"

    def mgmt_affecting(self, severity: str) -> str:
        return _reaches(severity, self.mgmt)

    def degrade_affecting(self, severity: str) -> str:
        return _reaches(severity, self.degrade)


def _reaches(severity: str, level: str) -> str:
    """Fault management writes these two as the words True and False."""
    return str(level != "none" and SEVERITIES.index(severity) >= SEVERITIES.index(level))


_WATCH = "Monitor and if condition persists, contact next level of support."
_CABLES = "Check cabling and far-end port configuration and status on adjacent equipment."
_AUTO = (
    "If auto-recovery is consistently unable to recover host to the unlocked-enabled state "
    "contact next level of support or lock and replace failing host."
)
_OUT = "{host} was administratively locked to take it out-of-service."
_FAILED = "{host} experienced a service-affecting failure. Host is being auto recovered by Reboot."
_PROCESS = (
    "{host} is degraded due to the failure of its '{process}' process. "
    "Auto recovery of this major process is in progress."
)
_GROUP = (
    "Service group {group} loss of redundancy; expected 1 standby member but no standby members "
    "available"
)
_FULL = "File System threshold exceeded ; threshold {threshold:.2f}%, actual {actual:.2f}%"
_CPU = "Platform CPU threshold exceeded ; threshold 90.00%, actual {actual:.2f}%"
_MEMORY = "Memory threshold exceeded ; threshold 80.00%, actual {actual:.2f}%"
_CEPH = "Storage Alarm Condition: HEALTH_WARN. Please check 'ceph -s' for more details."

_ENTRIES = (
    Entry(
        alarm_id="100.101",
        severity="major",
        entity="host={host}",
        reason=_CPU,
        repair=_WATCH,
        cause="threshold-crossed",
        service_affecting=False,
        mgmt="major",
        degrade="critical",
    ),
    Entry(
        alarm_id="100.103",
        severity="major",
        entity="host={host}.numa=node0",
        reason=_MEMORY,
        repair=_WATCH,
        cause="threshold-crossed",
        service_affecting=False,
        mgmt="none",
        degrade="critical",
    ),
    Entry(
        alarm_id="100.104",
        severity="critical",
        entity="host={host}.filesystem={filesystem}",
        reason=_FULL,
        repair="Reduce usage or resize filesystem.",
        cause="threshold-crossed",
        service_affecting=False,
        mgmt="critical",
        degrade="critical",
    ),
    Entry(
        alarm_id="100.106",
        severity="major",
        entity="host={host}.port={port}",
        reason="'OAM' Port failed.",
        repair=_CABLES,
        cause="unknown",
        degrade="major",
    ),
    Entry(
        alarm_id="100.114",
        severity="minor",
        entity="host={host}.ntp",
        reason="NTP configuration does not contain any valid or reachable NTP servers.",
        repair=_WATCH,
        alarm_type="communication",
        cause="unknown",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="200.001",
        severity="warning",
        entity="host={host}",
        reason=_OUT,
        repair="Administratively unlock Host to bring it back in-service.",
        cause="out-of-service",
        suppression=False,
    ),
    Entry(
        alarm_id="200.004",
        severity="critical",
        entity="host={host}",
        reason=_FAILED,
        repair=_AUTO,
        cause="application-subsystem-failure",
    ),
    Entry(
        alarm_id="200.006",
        severity="major",
        entity="host={host}.process={process}",
        reason=_PROCESS,
        repair="If this alarm does not automatically clear after some time and continues to be "
        "asserted after Host is locked and unlocked then contact next level of support for root "
        "cause analysis and recovery.",
        cause="unknown",
        degrade="major",
    ),
    Entry(
        alarm_id="200.010",
        severity="warning",
        entity="host={host}",
        reason="{host} access to board management module has failed.",
        repair="Check Host's board management configuration and connectivity.",
        cause="communication-subsystem-failure",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="210.001",
        severity="minor",
        entity="host=controller",
        reason="System Backup in progress.",
        repair="No action required.",
        service_affecting=False,
        suppression=False,
    ),
    Entry(
        alarm_id="250.001",
        severity="major",
        entity="host={host}",
        reason="{host} Configuration is out-of-date.",
        repair="Administratively lock and unlock {host} to update config.",
        suppression=False,
    ),
    Entry(
        alarm_id="400.002",
        severity="major",
        entity="service_domain=controller.service_group={group}",
        reason=_GROUP,
        repair="Bring a controller node back in to service, otherwise contact next level of "
        "support.",
        alarm_type="processing-error",
        cause="underlying-resource-unavailable",
    ),
    Entry(
        alarm_id="750.002",
        severity="major",
        entity="k8s_application={application}",
        reason="Application Apply Failure",
        repair="Retry applying the application. Check application is managed by the system "
        "application framework. If the issue persists, please check system inventory log for "
        "cause.",
        alarm_type="processing-error",
        cause="unknown",
        mgmt="none",
    ),
    Entry(
        alarm_id="750.006",
        severity="warning",
        entity="k8s_application={application}",
        reason="Automatic Application Re-Apply Is Pending",
        repair="Ensure all hosts are either locked or unlocked. When the system is stable the "
        "application will be automatically reapplied.",
        alarm_type="processing-error",
        cause="unknown",
        service_affecting=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="800.001",
        severity="warning",
        entity="cluster={cluster}",
        reason=_CEPH,
        repair="Manually restart Ceph processes and check the state of the Ceph cluster with "
        "'ceph -s' If problem persists, contact next level of support.",
        alarm_type="equipment",
        cause="equipment-malfunction",
        suppression=False,
    ),
    Entry(
        alarm_id="800.010",
        severity="critical",
        entity="cluster={cluster}.peergroup={peergroup}",
        reason="Potential data loss. No available OSDs in storage replication group.",
        repair="Ensure storage hosts from replication group are unlocked and available.",
        alarm_type="equipment",
        cause="equipment-malfunction",
        suppression=False,
    ),
    Entry(
        alarm_id="800.011",
        severity="major",
        entity="cluster={cluster}.peergroup={peergroup}",
        reason="Loss of replication in peergroup.",
        repair="Ensure storage hosts from replication group are unlocked and available.",
        alarm_type="equipment",
        cause="equipment-malfunction",
        suppression=False,
    ),
    Entry(
        alarm_id="900.007",
        severity="minor",
        entity="host=controller",
        reason="Kubernetes upgrade in progress.",
        repair="No action required.",
        cause="configuration-out-of-date",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="900.008",
        severity="minor",
        entity="host=controller",
        reason="Kubernetes rootca update in progress",
        repair="Wait for kubernetes rootca procedure to complete",
        cause="unspecified-reason",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="900.009",
        severity="minor",
        entity="host=controller",
        reason="Kubernetes root CA update aborted, certificates may not be fully updated.",
        repair="Fully update certificates by a new root CA update.",
        cause="unspecified-reason",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="900.020",
        severity="warning",
        entity="host={host}",
        reason="Deploy host completed with success",
        repair="Unlock host",
        alarm_type="equipment",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
    Entry(
        alarm_id="900.021",
        severity="major",
        entity="host={host}",
        reason="Deploy host failed",
        repair="Check the logs for errors, fix the issues manually and retry",
        alarm_type="equipment",
        suppression=False,
    ),
    Entry(
        alarm_id="900.023",
        severity="minor",
        entity="host=controller",
        reason="Software release deploy operation in progress.",
        repair="Complete release deploy.",
        alarm_type="environmental",
        service_affecting=False,
        suppression=False,
        mgmt="none",
    ),
)

CATALOGUE = {entry.alarm_id: entry for entry in _ENTRIES}
