"""A server's own event log (SEL) as a log: beside those of hosts, pods and services, by time."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Mapping, Set

from backend.baseboard import SelLog
from backend.errors import StxError
from backend.sources.arriving import PAUSE_S, Arriving

# How often a baseboard is asked for more while its log is open, and at most after it failed.
AGAIN_S, MOST_S = 15.0, 120.0
# How long the logs beside it wait for it: what comes later comes as news.
OPEN_S = 4.0

Ask = Callable[[], Awaitable[List[Dict[str, Any]]]]
_LEVELS: Mapping[str, str] = {"ok": "INFO", "warning": "WARNING"}


async def open_log(stream: SelLog, ask: Ask) -> Arriving:
    """Open it; ``ask`` returns the bodies of all events. Raises ``StxError``."""
    # An empty log has no line whose coming would say that it was read.
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    log: Arriving = Arriving(stream.called, lambda: _arriving(ask, log.say, answered))
    either = asyncio.FIRST_COMPLETED
    await asyncio.wait([log.task, answered], timeout=OPEN_S, return_when=either)
    await log.begun(PAUSE_S)
    return log


async def _arriving(
    ask: Ask, say: Callable[[str], None], answered: asyncio.Future[None]
) -> AsyncIterator[bytes]:
    """Yield each event once, oldest first, as long as somebody reads."""
    seen: Set[str] = set()
    wait_s = AGAIN_S
    while True:
        try:
            events = await ask()
        except StxError as error:
            if not answered.done():
                raise
            if wait_s == AGAIN_S:
                say(f"{error}; it is asked for again")
            wait_s = min(wait_s * 2, MOST_S)
        else:
            wait_s = AGAIN_S
            for event in events:
                key = f"{event.get('record')} {event.get('timestamp')}"
                if key not in seen:
                    seen.add(key)
                    yield line_of(event)
            if not answered.done():
                answered.set_result(None)
        await asyncio.sleep(wait_s)


def line_of(event: Mapping[str, Any]) -> bytes:
    """Return an event as a line: by the baseboard's own clock, without a time where it had none."""
    level = _LEVELS.get(str(event.get("health") or "ok"), "CRITICAL")
    what = ": ".join(filter(None, (str(event.get("sensor") or ""), str(event.get("event") or ""))))
    over = " (over)" if event.get("is_over") else ""
    words = (str(event.get("timestamp") or ""), level, f"{what}{over}")
    text = " ".join(filter(None, words))
    return text.replace("\n", " ").encode()
