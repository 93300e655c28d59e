"""A thousand hosts: what is well costs little, and the verdict is not asked host by host."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Dict, List

from backend.kinds.host_verdict import verdict
from tests.backend.kinds.site import STANDBY_OK, hosts, site


def many(count: int) -> List[Dict[str, Any]]:
    calm = hosts(controller_1=STANDBY_OK)
    worker = {**calm[4], "personality": "worker", "subfunctions": "worker"}
    rest = [{**worker, "uuid": f"w{i}", "hostname": f"worker-{i}"} for i in range(count)]
    return [*calm[:2], *rest]


def test_hosts_at_ease_are_looked_at_once_a_reading_however_often_the_verdict_is_asked() -> None:
    known = site(hosts=many(1000), alarms=[])
    asked = 0

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal asked
        asked += event == "call" and frame.f_code.co_name == "is_at_ease"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        words = [verdict(known).word for _ in range(3)]
    finally:
        sys.setprofile(before)
    assert words == ["WELL"] * 3
    assert asked == 1002
