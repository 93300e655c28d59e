"""A shell in a container, through the real API server; kwok runs it on this machine."""

from __future__ import annotations

import asyncio
import re
from typing import Any, List

import pytest

from backend.channel import Channel, Notice
from backend.errors import NotFound, Rejected, Unreachable
from backend.kube import PodExec
from tests.peers.cluster import Cluster
from tests.peers.test_kube_logs import stream_of
from tests.peers.test_kubernetes import looking

pytestmark = pytest.mark.peer


async def heard(channel: Channel, word: str) -> str:
    """Read until a word came; raises where it ends before."""
    said = b""
    while word.encode() not in said:
        one = await asyncio.wait_for(channel.read(), 20)
        assert one != b"", said
        said += one if isinstance(one, bytes) else one.words.encode()
    return said.decode("utf-8", "replace")


async def exec_of(lookout: Any, *argv: str) -> PodExec:
    stream = await stream_of(lookout, "web-")
    return PodExec(
        namespace=stream.namespace, pod=stream.pod, container=stream.container, argv=argv
    )


async def test_what_is_typed_is_answered_and_the_end_is_told(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        channel = await lookout.cloud.connect(await exec_of(lookout, "sh"))
        channel.resize(100, 30)
        await channel.write(b"stty size; echo typed-$((40+2))\n")
        assert "30 100" in await heard(channel, "typed-42\r\n")
        await channel.write(b"exit 3\n")
        notices: List[str] = []
        while True:
            one = await asyncio.wait_for(channel.read(), 20)
            if one == b"":
                break
            notices += [one.words] if isinstance(one, Notice) else []
        assert re.search(r"exit (code|status) 3", notices[0])
        await channel.close()


async def test_a_pod_that_is_not_there_or_a_command_that_is_not_is_said(
    real_cluster: Cluster,
) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        gone = PodExec(namespace="lab", pod="nobody", container="main")
        with pytest.raises(NotFound, match="nobody"):
            await lookout.cloud.connect(gone)
        stream = await exec_of(lookout, "sh")
        wrong = PodExec(namespace="lab", pod=stream.pod, container="sidecar")
        with pytest.raises(Rejected, match="sidecar is not valid"):
            await lookout.cloud.connect(wrong)


async def test_who_may_not_is_told(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        session = await exec_of(lookout, "sh")
    path = real_cluster.written("looker", {"token": "looker-token"})
    async with looking(path) as lookout:
        with pytest.raises(Rejected, match=r"cannot (create|get) resource"):
            await lookout.cloud.connect(session)


async def test_a_pod_that_vanishes_meanwhile_ends_the_session_in_words(
    real_cluster: Cluster,
) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        channel = await lookout.cloud.connect(await exec_of(lookout, "sh"))
        await asyncio.to_thread(real_cluster.end)
        try:
            said: List[Any] = []
            while not said or said[-1] != b"":
                said.append(await asyncio.wait_for(channel.read(), 30))
            assert any(isinstance(one, Notice) and one.is_down for one in said)
            await channel.close()
            with pytest.raises(Unreachable):
                await channel.write(b"x")
        finally:
            await asyncio.to_thread(real_cluster.begin)
            await channel.close()
