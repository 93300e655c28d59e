"""What makes pods that end: jobs, and what starts jobs by the clock."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_acts import RESUME, SUSPEND, TRIGGER
from backend.kinds.kube_logs import of_workload
from backend.kinds.kube_losses import of_job
from backend.kinds.kube_object import (
    Items,
    KubeObject,
    Words,
    bad,
    busy,
    conditions,
    declared,
    goes,
)
from backend.kinds.kube_selector import chooses
from backend.kinds.kube_workloads import CONDITIONS, IMAGES_OF, INSTALLED, PODS_TAB
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import instant_ms, span


class Job(KubeObject):
    """A job (batch/v1)."""

    wanted: Optional[int] = None
    done: int = 0
    failed: int = 0
    active: int = 0
    suspended: bool = False
    began: Optional[str] = None
    ended: Optional[str] = None
    selector: Words = {}
    images: Items = []
    conditions: Items = []
    release: str = ""
    release_namespace: str = ""

    def took_ms(self, known: Known) -> Optional[int]:
        """Return how long it took, or runs, in ms."""
        began = instant_ms(self.began)
        return None if began is None else (instant_ms(self.ended) or known.now_ms) - began

    def selects(self, labels: Any) -> bool:
        """Whether a pod of these labels is one of its own."""
        return bool(self.selector) and chooses(self.selector, labels)


def _took(row: Job, known: Known) -> Optional[str]:
    ms = row.took_ms(known)
    return None if ms is None else span(ms)


def _job_look(row: Job, known: Known) -> Look:
    said = conditions(row.conditions)
    failed = said.get("Failed") or {}
    if failed.get("status") == "True":
        return bad(f"{failed.get('reason')}: {failed.get('message')}")
    if (said.get("Complete") or {}).get("status") == "True":
        return Look(tone=Tone.PLAIN)
    if row.suspended:
        return Look(mark=Mark.OUT, notes=("suspended",))
    if row.failed:
        return busy(f"runs; {row.failed} of its pods failed")
    return goes(row, known) or Look(tone=Tone.BUSY, mark=Mark.BUSY)


JOBS: Kind[Job] = declared(
    "jobs",
    "job",
    Job,
    Kube(
        group="batch",
        plural="jobs",
        keep={
            "wanted": "spec.completions",
            "done": "status.succeeded",
            "failed": "status.failed",
            "active": "status.active",
            "suspended": "spec.suspend",
            "began": "status.startTime",
            "ended": "status.completionTime",
            "selector": "spec.selector",
            "images": IMAGES_OF,
            "conditions": CONDITIONS,
            **INSTALLED,
        },
    ),
    (
        Column(heading="DONE", value=lambda row: f"{row.done}/{row.wanted or 1}", right=True),
        Column(heading="FAILED", value=lambda row: row.failed, right=True),
        Column(
            heading="TOOK", joined=_took, order=lambda row, known: row.took_ms(known), right=True
        ),
        Column(heading="OWNER", value=lambda row: row.owner, wide=True),
    ),
    look=_job_look,
    tabs=(PODS_TAB,),
    logs=of_workload("job"),
    logs_needs=("pods",),
    is_inventory=False,
    loses=of_job,
)


class CronJob(KubeObject):
    """A cron job (batch/v1)."""

    schedule: str = ""
    zone: str = ""
    suspended: bool = False
    active: Items = []
    last: Optional[str] = None
    succeeded: Optional[str] = None
    template: Words = {}


def _last_run(row: CronJob, known: Known) -> Optional[int]:
    last = instant_ms(row.last)
    return None if last is None else known.now_ms - last


def _cron_look(row: CronJob, known: Known) -> Look:
    if row.suspended:
        return Look(mark=Mark.OUT, notes=("suspended: nothing starts it until it is resumed",))
    last, good = instant_ms(row.last), instant_ms(row.succeeded)
    if last is not None and not row.active and (good is None or good < last):
        return bad("its last run did not succeed")
    return goes(row, known) or WELL


CRONJOBS: Kind[CronJob] = declared(
    "cronjobs",
    "cronjob",
    CronJob,
    Kube(
        group="batch",
        plural="cronjobs",
        keep={
            "schedule": "spec.schedule",
            "zone": "spec.timeZone",
            "suspended": "spec.suspend",
            "active": "status.active[name,uid]",
            "last": "status.lastScheduleTime",
            "succeeded": "status.lastSuccessfulTime",
            "template": "spec.jobTemplate",
        },
    ),
    (
        Column(heading="SCHEDULE", value=lambda row: row.schedule),
        Column(heading="ACTIVE", value=lambda row: len(row.active), right=True),
        Column(
            heading="LAST",
            joined=lambda row, known: (
                None if row.last is None else span(_last_run(row, known) or 0)
            ),
            order=_last_run,
            right=True,
        ),
        Column(heading="ZONE", value=lambda row: row.zone, wide=True),
    ),
    aliases=("cj",),
    look=_cron_look,
    actions=(TRIGGER, SUSPEND, RESUME),
)

BATCH: Tuple[Kind[Any], ...] = (JOBS, CRONJOBS)
