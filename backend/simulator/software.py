"""The deploy of a release: staged, brought to host after host, activated, or turned back."""

from __future__ import annotations

from typing import Callable

from backend.simulator import alarms
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, answer
from backend.simulator.model import Host, Json
from backend.simulator.refuse import software as refused
from backend.simulator.shelf import Software

# Seconds that each part usually takes.
START_S, HOST_S, ACTIVATE_S = 270, 130, 95

# In which states of the deploy a verb is taken; an abort of ``activate`` is let in, and then fails
# for want of a transition, as in the real one.
GUARDS = {
    "host": ("start-done", "host", "host-failed"),
    "rollback": ("activate-rollback-done", "host-rollback", "host-rollback-failed"),
    "activate": ("host-done", "activate-failed"),
    "activate_rollback": ("activate-rollback-pending", "activate-rollback-failed"),
    "complete": ("activate-done",),
    "abort": (
        *("activate", "activate-done", "activate-failed", "completed"),
        *("host", "host-done", "host-failed"),
    ),
    "delete": ("host-rollback-done", "completed", "start-done", "start-failed"),
}


def said(info: str) -> Answer:
    """What USM says yes with."""
    return answer({"info": f"{info}\n", "warning": "", "error": ""})


def guard(software: Software, verb: str) -> Json:
    """The deploy, where its state takes this verb; refused in USM's own words where not."""
    state = software.deploy["state"] if software.deploy else None
    if software.deploy is None or state not in GUARDS[verb]:
        words = {
            "host": f"Current deployment ({state}) is not ready to deploy host",
            "rollback": f"Current deployment ({state}) is not ready to rollback host",
        }
        states = ", ".join(GUARDS[verb])
        verbal = f"{verb.capitalize()} deployment only when current deployment state is {states}"
        raise refused(words.get(verb, verbal))
    return software.deploy


def healthy(cloud: Cloud) -> list[tuple[str, bool]]:
    """The lines of a precheck."""
    serving = all(host.is_serving for host in cloud.hosts if host.personality)
    mgmt = [a for a in cloud.alarms.values() if a.mgmt_affecting == "True"]
    return [
        ("All hosts are provisioned", all(host.personality for host in cloud.hosts)),
        ("All hosts are unlocked/enabled", serving),
        ("All hosts have current configurations", not any(h.config_status for h in cloud.hosts)),
        ("No management affecting alarms", not mgmt),
    ]


def precheck(cloud: Cloud, release_id: str) -> Answer:
    """Say how the system stands: with 200 either way, what fails as an error with the report."""
    cloud.software.release(release_id)
    lines = [f"{words}: [{'OK' if well else 'Fail'}]" for words, well in healthy(cloud)]
    report = "System Health:\n" + "\n".join(lines) + "\n"
    if all(well for _, well in healthy(cloud)):
        return said(report)
    words = "The following issues have been detected, which prevents deploying the release."
    return answer({"info": "", "warning": "", "error": f"{release_id}:\n{words}\n{report}\n"})


def start(cloud: Cloud, release_id: str) -> Answer:
    """Stage the release; the hosts come later, one by one."""
    software = cloud.software
    if software.deploy is not None:
        words = f"There is already a deployment in progress ({software.deploy['state']}). "
        raise refused(f"{words}Please complete/delete the current deployment.")
    release = software.release(release_id)
    if release["state"] != "available":
        raise refused(f"Release {release_id} is {release['state']}, it must be available")
    states = {one["release_id"]: one["state"] for one in software.releases}
    missing = [one for one in release["requires"] if states.get(one) != "deployed"]
    if missing:
        raise refused(f"{release_id} requires {', '.join(missing)}")
    if not all(well for _, well in healthy(cloud)):
        raise refused("The system is not healthy: run the precheck and mend what it says")
    _begin(cloud, release)
    return said("Deployment started")


def _begin(cloud: Cloud, release: Json) -> None:
    software = cloud.software
    runs = [one for one in software.releases if one["state"] == "deployed"][-1]
    software.deploy = {
        "from_release": runs["sw_version"],
        "to_release": release["sw_version"],
        "feed_repo": "/var/www/pages/feed/rel-24.09",
        "commit_id": cloud.uuid_of("commit", release["release_id"]).replace("-", ""),
        "reboot_required": release["reboot_required"],
        "state": "start",
        "pre_upgrade_deploy": False,
        "options": {},
        "major_release": False,
    }
    release["state"] = "deploying"
    software.hosts = {
        host.name: {
            "hostname": host.name,
            "software_release": runs["sw_version"],
            "target_release": release["sw_version"],
            "reboot_required": release["reboot_required"],
            "pre_upgrade_deploy": False,
            "host_state": "pending",
        }
        for host in cloud.hosts
        if host.personality
    }
    alarms.stand(cloud, "900.023")
    _later(
        cloud, START_S, "start", lambda well: _to(cloud, "start-done" if well else "start-failed")
    )


def _later(cloud: Cloud, seconds: float, part: str, then: Callable[[bool], None]) -> None:
    """Let a part take its time, and fail where that was ordered."""

    def end() -> None:
        well = part not in cloud.software.doomed
        cloud.software.doomed.discard(part)
        then(well)

    cloud.clock.at(cloud.jitter(seconds), end)


def _to(cloud: Cloud, state: str) -> None:
    if cloud.software.deploy is not None:
        cloud.software.deploy["state"] = state


def deploy_host(cloud: Cloud, host: Host, *, back: bool = False) -> None:
    """Bring one host to the new release, or back; refused where it is not its turn."""
    software = cloud.software
    deploy = guard(software, "rollback" if back else "host")
    part = software.hosts.get(host.name)
    if part is None:
        raise refused(f"Host {host.name} is not part of this deployment")
    is_out = (host.administrative, host.availability) == ("locked", "online")
    if deploy["reboot_required"] and not is_out and not cloud.system.is_simplex:
        raise refused(f"Rejected: {host.name} must be locked and online to be deployed")
    before = "rollback-" if back else ""
    part["host_state"] = f"{before}deploying"
    deploy["state"] = "host-rollback" if back else "host"

    def end(well: bool) -> None:
        if host.name in software.silent:
            return
        part["host_state"] = f"{before}{'deployed' if well else 'failed'}"
        if well:
            swapped = (part["target_release"], part["software_release"])
            part["software_release"] = swapped[0] if not back else swapped[1]
            alarms.lift(cloud, "900.021", host=host.name)
            if deploy["reboot_required"]:
                alarms.stand(cloud, "900.020", host=host.name)
        else:
            alarms.stand(cloud, "900.021", host=host.name)
        _review(cloud, before)

    _later(cloud, HOST_S, host.name, end)


def unlocked(cloud: Cloud, host: Host) -> None:
    """A deployed host that was unlocked runs what it was given."""
    alarms.lift(cloud, "900.020", host=host.name)


def _review(cloud: Cloud, before: str) -> None:
    """Let the deploy stand as its hosts do."""
    states = {one["host_state"] for one in cloud.software.hosts.values()}
    verb = "host-rollback" if before else "host"
    if f"{before}failed" in states:
        _to(cloud, f"{verb}-failed")
    elif states == {f"{before}deployed"}:
        _to(cloud, f"{verb}-done")


# --- activate, complete, abort, delete ---------------------------------------------------------


def activate(cloud: Cloud) -> Answer:
    """Let the new release take over; all hosts are to be unlocked."""
    guard(cloud.software, "activate")
    locked = [host.name for host in cloud.hosts if host.administrative != "unlocked"]
    if locked:
        raise refused(f"Rejected: hosts {', '.join(locked)} must be unlocked before activate")
    _to(cloud, "activate")
    done = {True: "activate-done", False: "activate-failed"}
    _later(cloud, ACTIVATE_S, "activate", lambda well: _to(cloud, done[well]))
    return said("Deploy activate has started")


def activate_rollback(cloud: Cloud) -> Answer:
    """Undo the activation; the hosts come after."""
    guard(cloud.software, "activate_rollback")
    _to(cloud, "activate-rollback")
    done = {True: "activate-rollback-done", False: "activate-rollback-failed"}
    _later(cloud, ACTIVATE_S, "activate-rollback", lambda well: _to(cloud, done[well]))
    return said("Deploy activate-rollback has started")


def complete(cloud: Cloud) -> Answer:
    """Declare the deploy done."""
    guard(cloud.software, "complete")
    _to(cloud, "completed")
    return said("Deployment has been completed")


def abort(cloud: Cloud) -> Answer:
    """Turn back, from where it stands."""
    deploy = guard(cloud.software, "abort")
    if deploy["state"] == "activate":
        raise refused("Can not transform deploy to activate-rollback-pending from activate")
    is_active = deploy["state"].startswith(("activate", "completed"))
    for part in cloud.software.hosts.values():
        deployed = part["host_state"] != "pending"
        part["host_state"] = "rollback-pending" if deployed else "rollback-deployed"
    _to(cloud, "activate-rollback-pending" if is_active else "host-rollback")
    _review(cloud, "rollback-")
    return said("Deployment has been aborted")


def delete(cloud: Cloud) -> None:
    """Forget the deploy, where its state allows it."""
    deploy = guard(cloud.software, "delete")
    begun = deploy["state"] not in {"start-done", "start-failed"}
    if begun and any(host.administrative != "unlocked" for host in cloud.hosts):
        raise refused("Hosts must be unlocked and online.")
    # Until then it can be turned back: what was completed is deployed from here on only.
    state = "deployed" if deploy["state"] == "completed" else "available"
    for release in cloud.software.releases:
        if release["state"] == "deploying":
            release["state"] = state
    for host in cloud.software.hosts:
        alarms.lift(cloud, "900.020", host=host)
        alarms.lift(cloud, "900.021", host=host)
    alarms.lift(cloud, "900.023")
    cloud.software.deploy = None
    cloud.software.hosts = {}
