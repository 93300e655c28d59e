"""Sends again, in the background, what a service said "not now" to; its deed is followed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from backend.deed import Deed, Outcome
from backend.errors import NotFound, Rejected, StxError, Unreachable
from backend.forms import filled
from backend.kind import Form, Kind
from backend.plan import Step, Write
from backend.rests import rests_on
from backend.watch import Watch

# How long after a "not now" it is asked again, in seconds: as kubectl does.
AGAIN_S = 5.0
# Too Many Requests: a disruption budget lets nobody go now, or the server is busy.
NOT_NOW = 429


def is_not_now(error: StxError) -> bool:
    """Whether a service would take the same at another time."""
    return isinstance(error, Rejected) and error.status == NOT_NOW


def is_gone(error: StxError) -> bool:
    """Whether there is nothing left to ask it of."""
    return isinstance(error, NotFound) or (isinstance(error, Rejected) and error.is_conflict)


class Insisting:
    """Holds the steps that were put off, by deed; each is sent until it is taken, or gone.

    It ends with its deed, whoever ends that. What it sends names uids: a second time does nothing.
    """

    def __init__(
        self,
        send: Callable[[Write], Awaitable[object]],
        update: Callable[[Deed], Awaitable[Deed]],
        watch: Watch,
        kinds: Mapping[str, Kind[Any]],
        now_ms: Callable[[], int],
    ) -> None:
        """``update`` writes how a deed stands."""
        self._send = send
        self._update = update
        self._watch = watch
        self._kinds = kinds
        self._now_ms = now_ms
        self._left: Dict[str, List[Tuple[Step, str]]] = {}
        self._tasks: Dict[str, asyncio.Task[None]] = {}

    def put_off(self, deed: Deed, step: Step, error: str) -> None:
        """Keep a step to be sent again once ``begin`` says so."""
        self._left.setdefault(deed.number, []).append((step, error))

    def forget(self, deed: Deed) -> None:
        """Send nothing more of a deed that ended before it was followed."""
        self._left.pop(deed.number, None)

    def waits(self, deed: Deed) -> str:
        """Return who waits for what, in words; "" where nothing does."""
        left = self._left.get(deed.number, [])
        return _said(left)

    def begin(self, deed: Deed) -> None:
        """Go on sending what was put off, as long as the deed is open."""
        if self._left.get(deed.number) and deed.number not in self._tasks:
            self._tasks[deed.number] = asyncio.ensure_future(self._go(deed.number))

    async def take_up(self, deeds: Sequence[Deed]) -> None:
        """Go on with what a console put off before it ended: what is still there is asked again."""
        for deed in deeds:
            kind = self._kinds.get(deed.kind)
            action = kind.action(deed.action) if kind is not None else None
            if kind is None or action is None or not action.is_patient or not deed.is_open:
                continue
            keys = rests_on(self._kinds, kind, action, (deed.row_id,), self._watch.known)
            await asyncio.gather(*(self._watch.read_now(*key) for key in keys))
            known = self._watch.known
            row, form = known.find(kind.name, deed.row_id)[0], filled(action.form, deed.form)
            if row is None or not isinstance(form, Form):
                continue
            for step in action.plan(row, form, known).steps:
                if step.patient:
                    self.put_off(deed, step, "left by a console that ended")
            self.begin(deed)

    async def close(self) -> None:
        """Send nothing more; the deeds stay open in the record, to be taken up again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go(self, number: str) -> None:
        try:
            while self._left.get(number):
                await asyncio.sleep(AGAIN_S)
                deed = self._now(number)
                if deed is None or not deed.is_open:
                    return
                await self._round(deed)
        finally:
            self._left.pop(number, None)
            self._tasks.pop(number, None)

    async def _round(self, deed: Deed) -> None:
        """Ask once for everything that is left, and say what of it still waits."""
        still: List[Tuple[Step, str]] = []
        for step, _error in self._left[deed.number]:
            try:
                await self._send(step.write)
            except StxError as error:
                if is_gone(error):
                    continue
                if not is_not_now(error) and not isinstance(error, Unreachable):
                    await self._failed(deed.number, str(error))
                    return
                still.append((step, str(getattr(error, "reason", error))))
        self._left[deed.number] = still
        now = self._now(deed.number)
        # Whoever follows it may have written the words of an earlier round.
        if now is not None and now.is_open and _said(still) != now.answer:
            await self._update(replace(now, answer=_said(still)))

    def _now(self, number: str) -> Optional[Deed]:
        """Return the deed as it stands."""
        deeds = self._watch.known.memory.deeds
        return next((deed for deed in deeds if deed.number == number), None)

    async def _failed(self, number: str, words: str) -> None:
        self._left[number] = []
        now = self._now(number)
        if now is not None and now.is_open:
            ended = {"outcome": Outcome.FAILED, "ended_ms": self._now_ms()}
            await self._update(replace(now, answer=words, **ended))  # type: ignore[arg-type]


def _said(left: List[Tuple[Step, str]]) -> str:
    """Return how many are left, and what the service says of the first of them."""
    if not left:
        return ""
    step, error = left[0]
    more = f"; {len(left) - 1} more wait" if len(left) > 1 else ""
    return f"{step.write.sentence}: not now{more}. {error}"
