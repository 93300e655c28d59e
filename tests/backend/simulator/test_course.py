"""Whatever is done to a cloud, it settles and answers, and its alarms have causes."""

from __future__ import annotations

import contextlib
import random

import pytest

from backend.simulator import Cloud, Simulator
from backend.simulator.checks import CHECKS
from backend.simulator.life import perform
from backend.simulator.refuse import Refusal
from tests.backend.simulator.client import Client

ORDERS = (
    "host-dies",
    "disk-fills",
    "disk-clears",
    "process-fails",
    "process-recovers",
    "config-changes",
    "bmc-away",
    "bmc-back",
    "enable-fails",
    "storage-recovers",
    "osd-configures",
)

LEGAL = {
    ("unlocked", "enabled", "available"),
    ("unlocked", "enabled", "degraded"),
    ("unlocked", "disabled", "failed"),
    ("unlocked", "disabled", "offline"),
    ("unlocked", "disabled", "intest"),
    ("locked", "disabled", "online"),
    ("locked", "disabled", "offline"),
    ("locked", "disabled", "power-off"),
}


def stir(sim: Simulator, dice: random.Random) -> None:
    """Do one thing at random; what is refused is refused."""
    names = [host.name for host in sim.cloud.hosts if host.hostname]
    name = dice.choice(names)
    if dice.random() < 0.4:
        sim.order(dice.choice(ORDERS), host=name)
        return
    with contextlib.suppress(Refusal):
        perform(sim.cloud, sim.cloud.named(name), dice.choice(sorted(CHECKS)))


def agree(cloud: Cloud) -> None:
    """Alarms are there for the states that cause them, and for no other."""
    raised = {entity for kind, entity in cloud.alarms if kind == "200.001"}
    locked = {
        f"host={host.name}"
        for host in cloud.hosts
        if host.administrative == "locked" and host.invprovision == "provisioned"
    }
    assert raised == locked
    failing = {entity for kind, entity in cloud.alarms if kind == "200.004"}
    assert failing == {f"host={host.name}" for host in cloud.hosts if host.failing}
    assert len([host for host in cloud.hosts if host.is_active]) == 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scene", ["site-7", "site-9", "standard"])
async def test_a_cloud_settles_after_any_course(scene: str, seed: int) -> None:
    dice = random.Random(f"{scene}/{seed}")
    sim = Simulator(scene, frozen=True, seed=seed, token_lifetime_s=10**6)
    async with sim, Client(sim) as client:
        for _ in range(60):
            stir(sim, dice)
            await sim.advance(dice.choice([0, 1, 7, 30, 120, 500]))
            agree(sim.cloud)
            for host in sim.cloud.hosts:
                states = (host.administrative, host.operational, host.availability)
                assert states in LEGAL, (host.name, host.task)
        await sim.advance(3 * 3600)
        hosts = await client.hosts()
    for row in hosts.values():
        assert row["task"] == "" or "threshold reached" in row["task"] or "Worker" in row["task"]
    agree(sim.cloud)
