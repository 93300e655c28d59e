"""Ceph behind ``ask`` and ``send``: by its own library first, by its manager's REST last."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple, cast

from backend.ceph import Ceph, CephCommand, CephWrite, Told
from backend.ceph_settings import CephWay
from backend.errors import Malformed, NotConfigured, StxError, Unauthorized, Unreachable
from backend.kind import Body, Json
from backend.refresh import Answer
from backend.sources.ceph_direct import Direct
from backend.sources.ceph_said import SOURCE, Said, refusal
from backend.sources.fresh import Fresh
from backend.sources.machines import Machines

if TYPE_CHECKING:
    from backend.settings import CloudSettings
    from backend.sources.ceph_manager import Dashboard
    from backend.sources.tls import Pins

# An answer that is no older is one: of kinds that are read together each command is asked once.
FRESH_S = 0.3
# How long what may be missing is waited for where it was answered just now, and how long that one
# holds, in seconds: a manager that is busy, or fails over, holds up nothing that monitors know.
LATE_S, HOLDS_S = 0.15, 10.0
# How long the manager is asked before Ceph itself is tried once more, in seconds.
AGAIN_S = 60.0


def _unheard() -> None:
    """Nobody waits for news."""


class CephSource:
    """One cluster, asked the ways its settings name; nothing is started before it is asked."""

    def __init__(
        self,
        way: CephWay,
        settings: CloudSettings,
        pins: Pins,
        machines: Machines,
        on_news: Callable[[], None] = _unheard,
    ) -> None:
        """``settings`` are the cloud's: its kubeconfig leads to Rook's pod on this machine.

        ``on_news`` hears that what was read is old: Ceph has another map of its OSDs.
        """
        self._on_news = on_news
        conf = settings.kubeconfig
        self.direct = Direct(way, machines, self._heard, conf) if way.is_direct else None
        self.dashboard: Optional[Dashboard] = None
        if way.managers:
            # Who asks Ceph itself does not pay for the library of HTTP.
            from backend.sources.ceph_manager import Dashboard

            self.dashboard = Dashboard(way, settings, pins)
        self._fresh: Fresh[Said] = Fresh(FRESH_S)
        # What may be missing, when and as it was said last.
        self._last: Dict[str, Tuple[float, Said]] = {}
        self._direct_again_s = 0.0

    async def ask(self, read: Ceph, parent: str = "") -> Answer:
        """Ask what ``read`` says and return its answer, to be read row by row.

        Raises the errors of ``backend.errors`` for what must be answered; what may be missing is.
        """
        must = [one.under(parent) for one in read.commands]
        may = [one.under(parent) for one in read.extras]
        said = await asyncio.gather(
            *(self._shared(one) for one in must),
            # Whether something may be stopped is never told from memory.
            *(self._shared(one) if parent else self._spared(one) for one in may),
            return_exceptions=True,
        )
        answers: List[Tuple[str, Said]] = []
        for at, (command, one) in enumerate(zip((*must, *may), said)):
            error = one if isinstance(one, BaseException) else refusal(command, one, read.codes)
            if error is None:
                answers.append((command.prefix, cast("Said", one)))
            elif at < len(must) or not isinstance(error, StxError):
                raise error
        return lambda: _rows(read, answers, parent)

    async def send(self, write: CephWrite) -> Json:
        """Have one command done. Raises ``Rejected`` with Ceph's own words where it says no."""
        self.forget()
        said = await self._one(write.ask)
        self.forget()
        error = refusal(write.ask, said, ())
        if error is not None:
            raise error
        return {"said": said.words, "out": said.out.decode("utf-8", "replace")[:4000]}

    def _heard(self) -> None:
        self._fresh.forget()
        self._on_news()

    def forget(self) -> None:
        """Ask all anew from now on: something was changed, or time was moved."""
        self._fresh.forget()
        self._last.clear()
        if self.dashboard is not None:
            self.dashboard.forget()

    def retry(self) -> None:
        """Let a password that was refused be tried once more, and Ceph itself be asked again."""
        self._direct_again_s = 0.0
        if self.dashboard is not None:
            self.dashboard.retry()

    async def close(self) -> None:
        """End the process, close the connections."""
        if self.direct is not None:
            await self.direct.close()
        if self.dashboard is not None:
            await self.dashboard.close()

    async def _shared(self, command: CephCommand) -> Said:
        return await self._fresh.ask(json.dumps(command.body), lambda: self._one(command))

    async def _spared(self, command: CephCommand) -> Said:
        """Ask what may be missing; of what takes its time return what was said last."""
        key = json.dumps(command.body)
        asked = asyncio.ensure_future(self._shared(command))
        asked.add_done_callback(lambda done: self._keep(key, done))
        at_s, last = self._last.get(key, (-HOLDS_S, None))
        if last is not None and asyncio.get_running_loop().time() - at_s < HOLDS_S:
            await asyncio.wait((asked,), timeout=LATE_S)
            if not asked.done():
                return last
        return await asked

    def _keep(self, key: str, done: asyncio.Future[Said]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._last[key] = (asyncio.get_running_loop().time(), done.result())
        else:
            self._last.pop(key, None)

    async def _one(self, command: CephCommand) -> Said:
        """Ask Ceph itself; where it cannot be reached, its manager, for a while."""
        if self.direct is None:
            return await self._by_manager(command)
        now_s = asyncio.get_running_loop().time()
        if self.dashboard is None or now_s >= self._direct_again_s:
            try:
                return await self.direct.ask(command)
            except (NotConfigured, Unauthorized, Unreachable) as error:
                # What may have arrived is not sent a second time another way.
                if self.dashboard is None or (isinstance(error, Unreachable) and error.sent):
                    raise
                self._direct_again_s = now_s + AGAIN_S
        return await self._by_manager(command)

    async def _by_manager(self, command: CephCommand) -> Said:
        if self.dashboard is None:
            raise NotConfigured("no way to Ceph is set up", "add ceph: to this cloud")
        return await self.dashboard.ask(command)


def _rows(read: Ceph, answers: List[Tuple[str, Said]], parent: str) -> Iterator[Body]:
    """Read the answers, on a thread, and yield the rows that they make, each under its parent."""
    try:
        told = {prefix: Told(_json(one), one.code, one.words) for prefix, one in answers}
        under = {"of": parent} if parent else {}
        yield from ({**body, **under} for body in read.rows(told))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        words = f"answers in a shape not known here: {error}"
        raise Malformed(SOURCE, " + ".join(prefix for prefix, _ in answers), words) from error


def _json(one: Said) -> Any:
    # With a code an old Ceph has only words.
    return json.loads(one.out) if one.out.strip() else None
