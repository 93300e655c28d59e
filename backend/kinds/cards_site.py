"""Cards of alarms that stand on the site: services, storage, applications, software."""

from __future__ import annotations

from typing import Tuple

from backend.kinds.cards import Card

SITE_CARDS: Tuple[Card, ...] = (
    Card(
        alarm_id="260.001",
        short="not reconciled",
        cause="the deployment manager could not make {it} as its description says",
        do="its resource's status names the first difference; mend the description or the system",
        verify="the resource says reconciled",
        affects="warning",
    ),
    Card(
        alarm_id="280.001",
        short="subcloud offline",
        cause="the system controller gets no answer from {it}: its site, its link, or its power",
        do="reach its OAM address; ask the site. Its own work goes on without us",
        verify="the subcloud says online",
        affects="none",
    ),
    Card(
        alarm_id="280.002",
        short="out of sync",
        cause="a setting kept the same on all sites differs on this subcloud",
        do="see which endpoint is out of sync; patches and Kubernetes want a strategy, "
        "the rest is retried by itself",
        verify="every endpoint says in-sync",
        affects="none",
    ),
    Card(
        alarm_id="400.001",
        short="service failure",
        cause="a service of {it} fails or runs badly; the text names which",
        do="see the services of the group; one that restarts for ever says why in its log. "
        "A swact may help where the other controller is well",
        verify="the group is active on one controller and standby on the other, nothing failed",
        affects="warning",
        live="group",
    ),
    Card(
        alarm_id="400.002",
        short="loss of redundancy",
        cause="{it} runs on one controller and has no standby: the other is locked, down or "
        "coming up",
        do="bring the other controller back: unlock it, or find out why it is not available",
        verify="the service group has a standby",
        affects="warning",
        live="group",
    ),
    Card(
        alarm_id="500.200",
        short="certificate ends",
        cause="a certificate ends soon ({it})",
        do="renew it now; one that cert-manager looks after should have done so: see why not",
        verify="its date is ahead, and the daily check clears this (or runs at its next round)",
        affects="none",
    ),
    Card(
        alarm_id="500.210",
        short="certificate ended",
        cause="a certificate has expired ({it}); whoever checks it refuses to talk",
        do="renew it; services that read it only at start want a restart",
        verify="its date is ahead, and the next check clears this",
        affects="none",
    ),
    Card(
        alarm_id="750.002",
        short="apply failed",
        cause="{it} could not be applied: an image, a chart's value, or a pod that never got ready",
        do="read its progress line and the pods of its namespace, mend that, apply again",
        verify="the application says applied",
        affects="none",
        live="application",
    ),
    Card(
        alarm_id="750.004",
        short="being applied",
        cause="{it} is being applied",
        do="wait: it clears by itself, and hosts can't be unlocked meanwhile",
        verify="the application says applied",
        affects="warning",
        live="application",
    ),
    Card(
        alarm_id="750.006",
        short="re-apply pending",
        cause="{it} is to be applied again as hosts changed, once none is between states",
        do="bring every host to locked or to unlocked and available; then it starts by itself",
        verify="the application is applied again",
        affects="none",
        live="application",
    ),
    Card(
        alarm_id="800.001",
        short="storage",
        cause="Ceph is not at ease; critical: it stopped writing, or data are at risk",
        do="ceph health detail names what: an OSD or monitor that is down, slow, or full. "
        "With a controller locked or booting this is usual and passes",
        verify="ceph says HEALTH_OK",
        affects="warning",
    ),
    Card(
        alarm_id="800.010",
        short="data at risk",
        cause="no disk of replication group {it} is up: its data can't be reached",
        do="bring a storage host of the group back, one is enough; do not wipe or replace disks",
        verify="at least one OSD of the group is up and in",
        affects="warning",
    ),
    Card(
        alarm_id="800.011",
        short="one copy left",
        cause="replication group {it} has lost a copy: a host or an OSD of it is down",
        do="bring it back; don't lock the other one of the group meanwhile",
        verify="all OSDs of the group are up and in, and recovery has ended",
        affects="warning",
    ),
    Card(
        alarm_id="850.002",
        short="Kubernetes away",
        cause="the Kubernetes API does not answer its health check",
        do="on the active controller: is kube-apiserver running (crictl ps), is etcd, "
        "is its disk full, have its certificates expired",
        verify="kubectl get nodes answers",
        affects="major",
    ),
    Card(
        alarm_id="900.023",
        short="deploy in progress",
        cause="a software release is being deployed",
        do="go on with it to its end: complete, then delete",
        verify="no deploy is listed",
        affects="none",
    ),
    Card(
        alarm_id="900.024",
        short="old release",
        cause="a release is listed that can't be used any more",
        do="delete it with software delete",
        verify="no release is unavailable",
        affects="none",
    ),
)
