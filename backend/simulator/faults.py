"""Faults to order: hosts that die, disks that fill, services that go away or fall silent."""

from __future__ import annotations

from typing import Any, Callable, Optional

from backend.simulator import alarms, enabling, shared
from backend.simulator.children import children
from backend.simulator.cloud import SERVICES, Cloud
from backend.simulator.keystone import Keystone
from backend.simulator.model import Json
from backend.simulator.rungs import Rung, both, climb, stopped, take

Fault = Callable[..., None]


class Faults:
    """Takes orders by name; each is a method with underscores for hyphens.

    Every order raises KeyError for a host there is not and TypeError for arguments it has not.
    """

    def __init__(self, cloud: Cloud, keystone: Keystone) -> None:
        self._cloud = cloud
        self._keystone = keystone

    def order(self, fault: str, **args: Any) -> None:
        """Let a fault happen now; KeyError names those there are."""
        if fault not in ORDERS:
            raise KeyError(f"no fault {fault!r}; there are {', '.join(sorted(ORDERS))}")
        self._cloud.clock.catch_up()
        ORDERS[fault](self, **args)

    def host_dies(self, host: str) -> None:
        """An unlocked host fails; maintenance reboots it until it is back."""
        enabling.fail(self._cloud, self._cloud.named(host))

    def host_vanishes(self, host: str) -> None:
        """A host goes dark in the middle of whatever it does, and never comes back by itself."""
        row = self._cloud.named(host)
        dark = both(operational="disabled", availability="offline")
        self._cloud.software.silent.add(row.name)
        take(self._cloud, row, Rung("dark", 0, dark, stopped))
        climb(self._cloud, row, ())

    def disk_fills(self, host: str, filesystem: str = "/var/log", percent: float = 92.1) -> None:
        """A filesystem passes 80 % (major) or 90 % (critical); below, the alarm goes."""
        alarms.full(self._cloud, self._cloud.named(host).name, filesystem, percent)

    def disk_clears(self, host: str, filesystem: str = "/var/log") -> None:
        """The filesystem has room again."""
        words = {"host": self._cloud.named(host).name, "filesystem": filesystem}
        alarms.lift(self._cloud, "100.104", **words)

    def process_fails(self, host: str, process: str = "pmond", severity: str = "major") -> None:
        """A process does not come back; from major on its host is degraded."""
        name = self._cloud.named(host).name
        alarms.stand(self._cloud, "200.006", severity, host=name, process=process)

    def process_recovers(self, host: str, process: str = "pmond") -> None:
        """The process runs again."""
        name = self._cloud.named(host).name
        alarms.lift(self._cloud, "200.006", host=name, process=process)

    def config_changes(self, host: str) -> None:
        """Something was configured that only a lock and unlock applies."""
        row = self._cloud.named(host)
        target = self._cloud.new_uuid()
        self._cloud.touch(row, config_target=target, config_status="Config out-of-date")
        alarms.review(self._cloud, row)

    def bmc_away(self, host: str, for_s: Optional[float] = None) -> None:
        """A host's board controller no longer answers maintenance."""
        self._bmc(host, answers=False)
        if for_s is not None:
            self._cloud.clock.at(for_s, lambda: self.bmc_back(host))

    def bmc_back(self, host: str) -> None:
        """The board controller answers again."""
        self._bmc(host, answers=True)

    def _bmc(self, host: str, *, answers: bool) -> None:
        row = self._cloud.named(host)
        self._cloud.touch(row, bmc_answers=answers)
        alarms.review(self._cloud, row)

    def storage_recovers(self, host: str, for_s: float = 300) -> None:
        """A host's OSDs are getting their data back: a lock is refused meanwhile."""
        enabling.recover(self._cloud, self._cloud.named(host), for_s)
        alarms.review(self._cloud)

    def enable_fails(self, host: str, stage: str = "test", times: int = 1) -> None:
        """The next enables of a host fail: at config, test, services, heartbeat or worker."""
        if stage not in enabling.STAGES and stage != "worker":
            raise KeyError(f"no stage {stage!r}; there are worker, {', '.join(enabling.STAGES)}")
        self._cloud.doomed[self._cloud.named(host).uuid] = (stage, times)

    def backup_runs(self, for_s: float = 600) -> None:
        """A backup is taken: locks are refused meanwhile."""
        self._cloud.backing_up = True
        alarms.stand(self._cloud, "210.001")

        def done() -> None:
            self._cloud.backing_up = False
            alarms.lift(self._cloud, "210.001")

        self._cloud.clock.at(for_s, done)

    def drbd_resizes(self, filesystem: str = "platform", for_s: float = 300) -> None:
        """A replicated filesystem grows: a swact is refused meanwhile."""
        rows = shared.rows(self._cloud, "controller_fs")
        row = next((row for row in rows if row["name"] == filesystem), None)
        if row is None:
            raise KeyError(f"no filesystem {filesystem!r} among {[r['name'] for r in rows]}")
        before, row["state"] = row["state"], "{'status': 'drbd_fs_resizing_in_progress'}"
        self._cloud.clock.at(for_s, lambda: row.update(state=before))

    def osd_configures(self, host: str, for_s: float = 120) -> None:
        """A host's OSDs are being set up: a lock of a controller is refused meanwhile."""
        rows = children(self._cloud, self._cloud.named(host), "istors")
        for row in rows:
            row["state"] = "configuring"

        def done() -> None:
            for row in rows:
                row["state"] = "configured"

        self._cloud.clock.at(for_s, done)

    def osd_dies(self, host: str) -> None:
        """The OSDs of a host are dead, and what is on them has a copy less."""
        row = self._cloud.named(host)
        osds = [one for one in children(self._cloud, row, "istors") if one["function"] == "osd"]
        if not osds:
            raise KeyError(f"no OSD on {host}")
        self._cloud.lost_osds |= {one["uuid"] for one in osds}
        alarms.review(self._cloud)

    def osd_returns(self, host: str, for_s: float = 120) -> None:
        """They are back, and get what was written meanwhile; then the alarms clear."""
        row = self._cloud.named(host)
        self._cloud.lost_osds -= {one["uuid"] for one in children(self._cloud, row, "istors")}
        self.storage_recovers(host, for_s)

    def api_away(
        self, service: str = "all", how: str = "refused", for_s: Optional[float] = None
    ) -> None:
        """A service is gone: "refused" closes the one port, "503" is what a proxy says of it."""
        if how not in {"refused", "503", "silent"}:
            raise KeyError(f"no way {how!r} to be away; there are refused, 503, silent")
        names = SERVICES if service == "all" else (service,)
        for name in names:
            if name not in SERVICES:
                raise KeyError(f"no service {name!r}; there are all, {', '.join(SERVICES)}")
            self._cloud.trouble.away[name] = how
        if for_s is not None:
            self._cloud.clock.at(for_s, lambda: self.api_back(service))

    def api_silent(self, service: str = "all", for_s: Optional[float] = None) -> None:
        """A service takes requests and never answers."""
        self.api_away(service, "silent", for_s)

    def api_back(self, service: str = "all") -> None:
        """The services answer again."""
        for name in SERVICES if service == "all" else (service,):
            self._cloud.trouble.away.pop(name, None)

    def step_fails(self, step: str) -> None:
        """The next step of that name fails, once.

        A part of a deploy (start, activate, activate-rollback, a host), a step of a strategy, a
        state of an upgrade of Kubernetes, kubelet-HOST, or the update of an application, by its
        name.
        """
        self._cloud.software.doomed.add(step)

    def token_expires(self) -> None:
        """Every token there is stops being good."""
        self._keystone.revoke_all()

    def clock_skew(self, seconds: float) -> None:
        """The services' clock is that far ahead of ours (behind, when negative)."""
        self._cloud.trouble.skew_s = seconds

    def alarm_clears(self, alarm_id: str, **words: Any) -> None:
        """Whatever stood behind an alarm is over."""
        alarms.lift(self._cloud, alarm_id, **words)


ORDERS: dict[str, Fault] = {
    name.replace("_", "-"): method
    for name, method in vars(Faults).items()
    if callable(method) and not name.startswith("_") and name != "order"
}


def told() -> list[Json]:
    """The orders there are, with what each does."""
    return [{"fault": name, "does": ORDERS[name].__doc__} for name in sorted(ORDERS)]
