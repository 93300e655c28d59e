"""Each act on the pretend cloud's hosts, followed by our ladders to its end, second by second."""

from __future__ import annotations

import json
from typing import Dict, List, Set

import pytest

from backend.kind import Rung
from backend.kinds.host import Host
from backend.kinds.host_ladders import LADDERS, failed
from backend.known import Known
from backend.simulator import life, platform, scenes
from backend.simulator.clock import Clock
from backend.simulator.cloud import Cloud
from backend.simulator.refuse import Refusal
from tests.backend.kinds.site import LAPTOP, host, reading, reasons


def pretend(scene: str = "standard") -> Cloud:
    return scenes.build(scene, clock=Clock(frozen=True), seed=7)


def seen(cloud: Cloud) -> Known:
    """Return what a console reads of the pretend cloud at this moment."""
    now = cloud.clock.now()
    system = {"uuid": "s", "name": "s", "system_mode": cloud.system.system_mode}
    bodies = {
        "hosts": [one.detail("http://h", now) for one in cloud.hosts],
        "alarms": [alarm.draw("") for alarm in cloud.alarms.values()],
        "system": [system],
        "service-groups": platform.service_groups(cloud)["sm_servicegroup"],
    }
    plain = json.loads(json.dumps(bodies))
    readings = {(name, ""): reading(name, rows) for name, rows in plain.items()}
    return Known(cloud="c", now_ms=round(now.timestamp() * 1000), place=LAPTOP, readings=readings)


def climb(cloud: Cloud, name: str, verb: str, seconds: int = 2400) -> Dict[str, int]:
    """Act, and return each rung of the ladder with the second at which it was passed."""
    before = seen(cloud)
    row = host(before, name)
    rungs: List[Rung[Host]] = list(LADDERS[verb](row, before))
    held: Set[str] = {rung.name for rung in rungs if rung.reached(row, before)}
    life.perform(cloud, cloud.named(name), verb)
    passed: Dict[str, int] = {}
    for second in range(0, seconds, 2):
        known = seen(cloud)
        now = host(known, name)
        assert failed(now, known) == "", second
        at = len(passed)
        for index, rung in enumerate(rungs):
            late = index >= len(passed) and rung.reached(now, known)
            if late and (index == at or rung.name not in held):
                at = index + 1
        passed.update({rung.name: second for rung in rungs[len(passed) : at]})
        if len(passed) == len(rungs):
            return passed
        cloud.clock.advance(2)
    raise AssertionError(f"stopped at {list(passed)} with {now.task!r} {now.availability}")


@pytest.mark.parametrize(
    ("verbs", "name"),
    [
        (("lock", "unlock"), "controller-1"),
        (("lock", "unlock"), "worker-0"),
        (("lock", "unlock"), "storage-0"),
        (("force-lock", "unlock"), "worker-0"),
        (("lock", "reboot", "force-unlock"), "worker-0"),
        (("lock", "reset"), "worker-0"),
        (("lock", "power-off", "power-on"), "worker-0"),
        (("lock", "reinstall", "unlock"), "worker-0"),
        (("swact",), "controller-0"),
    ],
)
def test_a_pretend_life_climbs_its_whole_ladder(verbs: tuple[str, ...], name: str) -> None:
    cloud = pretend()
    for verb in verbs:
        times = list(climb(cloud, name, verb).values())
        assert times == sorted(times)
        assert verb == "force-swact" or times[-1] > 0
        cloud.clock.advance(60)


def test_an_all_in_one_shows_both_functions_on_its_way() -> None:
    cloud = pretend("site-7")
    climb(cloud, "controller-1", "lock")
    times = climb(cloud, "controller-1", "unlock")
    assert times["worker function"] > times["main function enabled"]
    assert times["boots, heard again (mtcAlive)"] > times["reset, host goes down"] + 60


def refusal_of(cloud: Cloud, name: str, verb: str) -> str:
    try:
        life.perform(cloud, cloud.named(name), verb)
    except Refusal as refusal:
        return str(refusal) or "refused"
    return ""


@pytest.mark.parametrize("scene", ["standard", "site-7", "site-9"])
def test_whatever_the_pretend_service_refuses_on_a_quiet_site_we_foresaw(scene: str) -> None:
    """The other way round it may refuse less than we: it forgets what the real one forgets."""
    quiet = pretend(scene)
    known = seen(quiet)
    for name in [one.name for one in quiet.hosts if one.hostname]:
        for verb in LADDERS:
            if verb == "delete":
                continue
            said = refusal_of(pretend(scene), name, verb)
            blocks = [one.check for one in reasons(known, verb, name).values() if one.blocks]
            assert blocks or not said, (name, verb, said)
