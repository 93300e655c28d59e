"""What the pretend cluster says of times: what was is not another time when one looks again."""

from __future__ import annotations

from backend.simulator import Simulator
from backend.simulator.cluster_bodies import objects, stamp
from backend.simulator.kube_orders import Orders


async def test_when_a_thing_was_made_does_not_move_with_the_clock() -> None:
    async with Simulator(frozen=True) as simulator:
        cloud = simulator.cloud
        before = {key: _made(body) for key, body in objects(cloud, Orders()).items()}
        await simulator.advance(900)
        after = {key: _made(body) for key, body in objects(cloud, Orders()).items()}
    both = before.keys() & after.keys()
    assert len(both) > 50
    assert {key: after[key] for key in both} == {key: before[key] for key in both}


async def test_a_node_of_a_locked_host_is_not_ready_since_the_host_went() -> None:
    async with Simulator(frozen=True) as simulator:
        cloud = simulator.cloud
        worker = next(host for host in cloud.hosts if host.administrative == "locked")
        cloud.touch(worker)
        went = cloud.now()
        await simulator.advance(7200)
        body = objects(cloud, Orders())["nodes", "", str(worker.hostname)]
    (ready,) = body["status"]["conditions"]
    assert ready["status"] == "Unknown"
    assert ready["lastTransitionTime"] == stamp(went)


def _made(body: object) -> str:
    assert isinstance(body, dict)
    return str(body["metadata"]["creationTimestamp"])
