"""The platform above single hosts: health in words, service groups and services."""

from __future__ import annotations

from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json

# Groups with one active and one standby member; the others are active wherever they run.
PAIRED = ("oam-services", "controller-services", "cloud-services", "vim-services")
EVERYWHERE = (
    "patching-services",
    "directory-services",
    "web-services",
    "storage-services",
    "storage-monitoring-services",
)
SERVICES = (
    "oam-ip",
    "management-ip",
    "drbd-pg",
    "drbd-rabbit",
    "drbd-platform",
    "pg-fs",
    "postgres",
    "rabbit-fs",
    "rabbit",
    "platform-fs",
    "sysinv-inv",
    "sysinv-conductor",
    "mtc-agent",
    "hw-mon",
    "fm-mgr",
    "keystone",
    "barbican-api",
    "cert-mon",
    "dnsmasq",
    "docker-distribution",
    "etcd",
    "usm-api",
    "vim",
    "vim-api",
)


def health(cloud: Cloud) -> str:
    """What `system health-query` prints, as one string."""
    known = [host for host in cloud.hosts if host.personality]
    out = [host.name for host in known if not host.is_serving]
    unprovisioned = [host.name for host in known if host.invprovision != "provisioned"]
    stale = [host.name for host in known if host.config_applied != host.config_target]
    rows = [alarm for alarm in cloud.alarms.values() if alarm.suppression_status != "suppressed"]
    affecting = sum(alarm.mgmt_affecting == "True" for alarm in rows)
    sick = any(alarm.alarm_id.startswith("800.") for alarm in rows)
    nodes = [host.name for host in known if host.is_worker and not host.is_serving]
    lines = [
        "System Health:",
        *_line("All hosts are provisioned", unprovisioned, "Unprovisioned hosts"),
        *_line("All hosts are unlocked/enabled", out, "Locked or disabled hosts"),
        *_line(
            "All hosts have current configurations",
            stale,
            "Hosts with out of date configurations",
        ),
        f"Ceph Storage Healthy: {_mark(not sick)}",
        f"No alarms: {_mark(not rows)}",
        *([_alarm_count(len(rows), affecting)] if rows else []),
        *_line("All kubernetes nodes are ready", nodes, "Kubernetes nodes not ready"),
        f"All kubernetes control plane pods are ready: {_mark(True)}",
    ]
    return "\n".join([*lines, ""])


def _mark(good: bool) -> str:
    return "[OK]" if good else "[Fail]"


def _line(claim: str, against: list[str], label: str) -> list[str]:
    first = f"{claim}: {_mark(not against)}"
    return [first, f"{label}: {', '.join(against)}"] if against else [first]


def _alarm_count(count: int, affecting: int) -> str:
    return f"[{count}] alarms found, [{affecting}] of which are management affecting"


def service_groups(cloud: Cloud) -> Json:
    """Each group's members, in step with who is active and who is enabled."""
    rows: list[Json] = []
    for group in (*PAIRED, *EVERYWHERE):
        for host in cloud.of("controller"):
            state = _role(host, paired=group in PAIRED)
            desired = _role(host, paired=group in PAIRED, wished=True)
            rows.append(
                {
                    "status": "",
                    "state": state,
                    "desired_state": desired,
                    "name": "controller",
                    "service_group_name": group,
                    "node_name": host.name,
                    "condition": "",
                    "uuid": f"33333333-3333-4333-8333-{len(rows):012d}",
                }
            )
    return {"sm_servicegroup": rows}


def _role(host: Host, *, paired: bool, wished: bool = False) -> str:
    if not host.is_serving and not (wished and host.administrative == "unlocked"):
        return "disabled"
    return "active" if host.is_active or not paired else "standby"


def service_nodes(cloud: Cloud) -> Json:
    """The controllers as service management sees them."""
    rows = [
        {
            "id": number,
            "name": host.name,
            "administrative_state": host.administrative,
            "ready_state": "enabled" if host.is_serving else "disabled",
            "operational_state": host.operational,
            "availability_status": host.availability,
        }
        for number, host in enumerate(cloud.of("controller"), 1)
    ]
    return {"nodes": rows}


def services(cloud: Cloud) -> Json:
    """Every service on every controller."""
    rows: list[Json] = []
    for host in cloud.of("controller"):
        role = _role(host, paired=True)
        state = "disabled" if role == "disabled" else f"enabled-{role}"
        for name in SERVICES:
            rows.append(
                {
                    "id": len(rows) + 1,
                    "status": "",
                    "state": state,
                    "desired_state": state,
                    "name": name,
                    "node_name": host.name,
                }
            )
    return {"services": rows}
