"""What containers write, as it comes: asked for again where it stopped, no line shown twice."""

from __future__ import annotations

import asyncio
import re
from typing import AsyncIterator, Callable, Dict

from backend.errors import NotFound, Rejected, Unreachable
from backend.kube import PodLog
from backend.sources.arriving import Arriving
from backend.sources.flow import lines
from backend.sources.kube_api import KubeApi

# After an end (the container ended, or the server): how soon it is asked again, in seconds.
AGAIN_S, MOST_S = 1.0, 30.0
BAD = 400
# A container may be silent; whether its server is still there is asked after so long, in seconds.
SILENCE_S = 120.0
# What the server puts before each line.
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+\S*")
# A line that does not end is cut after so many bytes.
LONGEST = 1 << 20


class ContainerLog(Arriving):
    """The log of one container while it is open; ``close`` ends the asking."""

    def __init__(self, api: KubeApi, stream: PodLog) -> None:
        """Begin to ask; to be made on the event loop."""
        super().__init__(stream.called, lambda: _arriving(api, stream, self.say), kept=stream.tail)


async def open_log(api: KubeApi, stream: PodLog) -> ContainerLog:
    """Open the log of a container; raises ``StxError`` where it cannot be had."""
    log = ContainerLog(api, stream)
    await log.begun()
    return log


async def _arriving(
    api: KubeApi, stream: PodLog, say: Callable[[str], None]
) -> AsyncIterator[bytes]:
    """Yield lines with the time of each before it, for as long as its pod is there."""
    seen, wait_s = _Seen(), AGAIN_S
    loop = asyncio.get_running_loop()
    while True:
        came, began_s = False, loop.time()
        try:
            query = _query(stream, seen.last)
            parts = api.flow(stream.path, query, idle_s=SILENCE_S, accept="*/*")
            async for line in lines(parts, most=LONGEST):
                if seen.is_new(line):
                    came = True
                    yield line
        except NotFound:
            if not seen.last:
                raise
            say("its pod is gone; these were its last lines")
            return
        except (Unreachable, Rejected) as error:
            # A container that waits for its next start has no log to give: 400.
            if not seen.last or getattr(error, "status", BAD) != BAD:
                raise
            is_silent = loop.time() - began_s >= SILENCE_S
            if not is_silent and wait_s == AGAIN_S:
                say(f"{error}; it is asked for again")
        if stream.previous:
            return
        seen.again()
        wait_s = AGAIN_S if came else min(wait_s * 2, MOST_S)
        await asyncio.sleep(wait_s)


def _query(stream: PodLog, last: bytes) -> Dict[str, str]:
    query = {"container": stream.container, "timestamps": "true"}
    query.update({"previous": "true"} if stream.previous else {"follow": "true"})
    if last:
        # The server knows whole seconds only: what comes twice is left out here.
        query["sinceTime"] = last.decode("ascii", "replace")
    else:
        query["tailLines"] = str(stream.tail)
    return query


class _Seen:
    """Tells lines that came already: the times before a container's lines never go back."""

    def __init__(self) -> None:
        self.last = b""
        self._same = self._skip = 0

    def again(self) -> None:
        """Begin anew with what the server has since the last second."""
        self._skip = self._same

    def is_new(self, line: bytes) -> bool:
        """Whether a line was not there before; it is from now on."""
        at = line.partition(b" ")[0]
        if not _STAMP.fullmatch(at):
            return True
        if at < self.last:
            return False
        if at == self.last:
            if self._skip:
                self._skip -= 1
                return False
            self._same += 1
            return True
        self.last, self._same, self._skip = at, 1, 0
        return True
