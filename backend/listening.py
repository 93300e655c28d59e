"""Opens streams of text: those of this machine, cloud or not."""

from __future__ import annotations

import asyncio
from typing import Union

from typing_extensions import assert_never

from backend.baseboard import SelLog
from backend.docker import DockerLog
from backend.errors import NotConfigured
from backend.kube import PodLog
from backend.logs.files import Here
from backend.logs.journal import JournalLog
from backend.logs.line import Log
from backend.logs.opening import open_file
from backend.plan import HERE
from backend.sources.grepping import counted
from backend.sources.streaming import lines
from backend.streams import Journal, LogFile, Stream


async def open_here(stream: Stream) -> Log:
    """Open a stream of this machine. Raises ``Missing`` and ``Unreadable``."""
    if isinstance(stream, PodLog):
        raise NotConfigured(
            f"{stream.called} is in a cluster", "name the cloud it belongs to, with a kubeconfig"
        )
    if isinstance(stream, SelLog):
        raise NotConfigured(
            f"{stream.called} is a baseboard's", "name the cloud it belongs to, with bmc:"
        )
    if isinstance(stream, DockerLog):
        raise NotConfigured(
            f"{stream.called} is a container of Docker", f"docker logs -f {stream.container[:12]}"
        )
    if stream.machine not in ("", HERE):
        raise NotConfigured(
            f"{stream.called} lies on another machine",
            "name the cloud it belongs to, or run this there",
        )
    return await asyncio.to_thread(_open, stream)


def _open(stream: Union[LogFile, Journal]) -> Log:
    if isinstance(stream, LogFile):
        return open_file(stream, Here(counted))
    if isinstance(stream, Journal):
        log = JournalLog(stream, lines)
        log.last()  # raises here, where it can be said, what would keep it from being read
        return log
    assert_never(stream)
