"""The one door to change: gate → preview → record → send → watch → record."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from backend.deed import Deed, Outcome
from backend.errors import Refused, Rejected, StoreError, StxError, Unauthorized, Unreachable
from backend.kind import (
    Action,
    Form,
    Json,
    Kind,
    LocalWrite,
    Plan,
    Reach,
    Row,
    Step,
    Write,
)
from backend.known import Key, Known
from backend.place import this_process
from backend.plan import MASK
from backend.preview import Preview, command_line, preview, secret_fields
from backend.watch import Watch

# The number of a deed done while the record could not be written.
UNRECORDED = "unrecorded"


class Record(Protocol):
    """What the door asks of the store; each call returns when the disk has it."""

    async def open_deed(self, deed: Deed) -> Deed:
        """Write a new deed and return it with its number."""

    async def update_deed(self, deed: Deed) -> None:
        """Write how a deed stands."""

    async def mark(self, kind: str, row_id: str, values: Mapping[str, Optional[str]]) -> None:
        """Remember what somebody said of a row."""


class Wire(Protocol):
    """What the door asks of the cloud."""

    async def send(self, write: Write) -> Json:
        """Have one write done by the source it belongs to."""


class Acts:
    """The door of one cloud. Nothing else sends a Plan."""

    def __init__(
        self,
        watch: Watch,
        wire: Wire,
        record: Record,
        kinds: Mapping[str, Kind[Any]],
        now_ms: Callable[[], int],
        on_deed: Callable[[Deed], None],
    ) -> None:
        """``on_deed`` is told of each deed that was opened or went on."""
        self._watch = watch
        self._wire = wire
        self._record = record
        self._kinds = kinds
        self._now_ms = now_ms
        self._on_deed = on_deed
        self._one_at_a_time: Optional[asyncio.Lock] = None
        self._unrecorded = 0

    # --- before --------------------------------------------------------------------------------

    def actions(
        self, kind: Kind[Any], row: Optional[Row], *, under: bool = False
    ) -> Tuple[Action[Any], ...]:
        """Return what makes sense on ``row`` here, in the declared order (None: on the kind).

        With ``under`` the row is one of the kind's parent: what makes sense under it.
        """
        known = self._watch.known
        return tuple(
            action
            for action in kind.actions
            if (row is None, under) == (action.on_kind, action.on_parent)
            and not (action.hidden is not None and action.hidden(row, known))
        )

    def offers(
        self, kind: Kind[Any], row_ids: Sequence[str], of: str = ""
    ) -> Tuple[Tuple[Action[Any], Tuple[str, ...]], ...]:
        """Return what makes sense on these rows, then under their parent, then on the kind itself.

        Each comes with the ids of what it would be done to. ``of`` is the parent where it is known
        without a row: of an empty list.
        """
        known, ids = self._watch.known, tuple(row_ids)
        found: List[Tuple[Action[Any], Tuple[str, ...]]] = []
        rows = [row for row in (known.find(kind.name, one)[0] for one in ids) if row is not None]
        for row in rows:
            found += [(one, ids) for one in self.actions(kind, row) if (one, ids) not in found]
        over = {of} if of else {row.parent_id(known) for row in rows}
        parent = known.find(kind.parent, over.pop())[0] if kind.parent and len(over) == 1 else None
        if parent is not None:
            parent_id = self._kinds[str(kind.parent)].id(parent)
            found += [(one, (parent_id,)) for one in self.actions(kind, parent, under=True)]
        return (*found, *((one, ()) for one in self.actions(kind, None)))

    def target(self, kind: Kind[Any], action: Action[Any]) -> Kind[Any]:
        """Return the kind of the rows that ``action`` is done to: its own, or the parent's."""
        return self._kinds[kind.parent] if action.on_parent and kind.parent else kind

    def preview(
        self, kind: Kind[Any], action: Action[Any], row_ids: Sequence[str], form: Form
    ) -> Preview:
        """Return what would happen; pure, on what is known now.

        Raises ``Refused`` where a row is not there any more.
        """
        target = self.target(kind, action)
        return preview(self._watch.known, kind, action, row_ids, form, target)

    async def ask_again(self, preview: Preview) -> Preview:
        """Read anew what the action needs, and return the preview on that."""
        ids = [preview.target.id(row) for row in preview.rows]
        keys = rests_on(self._kinds, preview.kind, preview.action, ids, preview.known)
        await asyncio.gather(*(self._watch.read_now(*key) for key in keys))
        return self.preview(preview.kind, preview.action, ids, preview.form)

    # --- the door ------------------------------------------------------------------------------

    async def do(self, preview: Preview, *, typed: str, why: str) -> Tuple[Deed, ...]:
        """Send what ``preview`` shows, one row after the other; the first failure stops.

        Raises ``Refused`` before anything was sent: read-only, blocked, not confirmed, or what it
        would do is not what was shown any more. Failures of the sending are in the deed.
        """
        if typed != preview.wants:
            raise Refused(f"not confirmed: {preview.wants!r} was to be typed")
        ids = [preview.target.id(row) for row in preview.rows]
        now = self.preview(preview.kind, preview.action, ids, preview.form)
        if now.blocked:
            raise Refused("; ".join(reason.words or reason.check for reason in now.blocked))
        if now.says != preview.says:
            raise Refused("it is not what was shown any more; look again")
        async with self._turn():
            return await self._do_all(now, why)

    async def _do_all(self, preview: Preview, why: str) -> Tuple[Deed, ...]:
        """Send for one row after the other; each is judged anew, on what those before it left."""
        targets: Tuple[Optional[Row], ...] = preview.rows or (None,)
        deeds: List[Deed] = []
        for row, plan in zip(targets, preview.plans):
            ids = [preview.target.id(row)] if row is not None else []
            now = self.preview(preview.kind, preview.action, ids, preview.form)
            if now.blocked:
                words = "; ".join(reason.words or reason.check for reason in now.blocked)
                if not deeds:
                    raise Refused(words)
                deeds.append(await self._never(now, row, plan, why, words))
                break
            deeds.append(await self._do_one(now, row, plan, why))
            if deeds[-1].outcome not in (Outcome.DONE, Outcome.FOLLOWED):
                break
        return tuple(deeds)

    def _turn(self) -> asyncio.Lock:
        """Return the lock that lets one act through at a time (made on the loop it is used on)."""
        if self._one_at_a_time is None:
            self._one_at_a_time = asyncio.Lock()
        return self._one_at_a_time

    async def _never(
        self, preview: Preview, row: Optional[Row], plan: Plan, why: str, words: str
    ) -> Deed:
        """Record an act that was confirmed with others, and then not sent."""
        deed = await self._open(preview, row, plan, why)
        return await self._close(deed, Outcome.NEVER_SENT, words)

    async def _open(self, preview: Preview, row: Optional[Row], plan: Plan, why: str) -> Deed:
        """Write a new deed; raises ``Refused`` where that fails and was not said before."""
        known, kind, target = preview.known, preview.kind, preview.target
        deed = Deed(
            number="",
            cloud=known.cloud,
            kind=kind.name,
            action=preview.action.name,
            row_id=target.id(row) if row else "",
            label=target.name_of(row) if row else "",
            who=known.place.user,
            terminal=known.place.terminal,
            began_ms=self._now_ms(),
            why=why,
            form=MappingProxyType(_said(preview.form)),
            sends=tuple(step.write.request for step in plan.steps),
            commands=tuple(command_line(step.write) for step in plan.steps if step.write.command),
            before=MappingProxyType(_before(target, row)),
            held=_held(preview, row),
            process=this_process(),
        )
        try:
            deed = await self._record.open_deed(deed)
        except StoreError as error:
            if not known.trouble:
                words = f"not sent, for it could not be recorded first: {error}; look again"
                raise Refused(words) from error
            # It was said, and confirmed a step higher: a full disk must not keep anybody out.
            self._unrecorded += 1
            deed = replace(deed, number=f"{UNRECORDED}-{self._unrecorded}")
        self._on_deed(deed)
        return deed

    async def _do_one(self, preview: Preview, row: Optional[Row], plan: Plan, why: str) -> Deed:
        deed = await self._open(preview, row, plan, why)
        keys = self._seen_in(preview, row)
        for step in plan.steps:
            deed = await self._send(deed, step, keys)
            if deed.ended_ms is not None or deed.outcome is Outcome.UNKNOWN:
                return deed
        if preview.action.ladder is None:
            deed = await self._close(deed, Outcome.DONE)
            # What came of it is to be seen at once, not when its kind's turn comes.
            await asyncio.gather(*(self._watch.read_now(*key) for key in keys))
            return deed
        return await self._update(replace(deed, outcome=Outcome.FOLLOWED))

    def _seen_in(self, preview: Preview, row: Optional[Row]) -> Tuple[Key, ...]:
        """Return the readings that show what comes of it; none where only our record changes."""
        if all(isinstance(write, LocalWrite) for write in preview.writes):
            return ()
        ids = [preview.target.id(row)] if row is not None else []
        return own_readings(preview.kind, preview.action, ids, preview.known)

    async def _send(self, deed: Deed, step: Step, keys: Sequence[Key]) -> Deed:
        """Send one write; what the service said is in the deed that comes back."""
        about_to = replace(deed, sent_ms=deed.sent_ms or self._now_ms())
        try:
            about_to = await self._update(about_to)
        except StoreError as error:
            # Without this word on the disk a crash would leave it unknown whether it was sent.
            return await self._close(deed, Outcome.NEVER_SENT, f"not sent: {error}")
        deed = about_to
        answer: Json = None
        try:
            if isinstance(step.write, LocalWrite):
                await self._record.mark(step.write.kind, step.write.id, step.write.values)
            else:
                answer = await self._wire.send(step.write)
        except Unreachable as error:
            if error.sent:
                return await self._update(replace(deed, outcome=Outcome.UNKNOWN, answer=str(error)))
            return await self._close(deed, Outcome.NEVER_SENT, str(error))
        except Rejected as error:
            return await self._close(deed, Outcome.REFUSED, error.reason)
        except Unauthorized as error:
            return await self._close(deed, Outcome.REFUSED, str(error))
        except StxError as error:
            return await self._close(deed, Outcome.FAILED, str(error))
        return await self._answered(deed, step, answer, keys)

    async def _answered(self, deed: Deed, step: Step, answer: Json, keys: Sequence[Key]) -> Deed:
        """Take the answer to a write, and look whether it took."""
        deed = await self._update(replace(deed, answered_ms=self._now_ms()))
        no = step.refusal(answer) if step.refusal is not None else ""
        if no:
            return await self._close(deed, Outcome.REFUSED, no)
        if step.took is not None and not await self._took(step, keys):
            words = f"the service took it, and nothing was seen of it within {step.wait_s:.0f} s"
            return await self._close(deed, Outcome.FAILED, words)
        return deed

    async def _took(self, step: Step, keys: Sequence[Key]) -> bool:
        """Look until the step is seen to have taken, or its time is up."""
        took = step.took
        assert took is not None
        ends_ms = self._now_ms() + step.wait_s * 1000
        while True:
            await asyncio.gather(*(self._watch.read_now(*key) for key in keys))
            if took(self._watch.known):
                return True
            if self._now_ms() >= ends_ms:
                return False
            await asyncio.sleep(1.0)

    async def _close(self, deed: Deed, outcome: Outcome, answer: str = "") -> Deed:
        return await self._update(
            replace(deed, outcome=outcome, answer=answer, ended_ms=self._now_ms())
        )

    async def _update(self, deed: Deed) -> Deed:
        if not deed.number.startswith(UNRECORDED):
            await self._record.update_deed(deed)
        self._on_deed(deed)
        return deed


def rests_on(
    kinds: Mapping[str, Kind[Any]],
    kind: Kind[Any],
    action: Action[Any],
    row_ids: Sequence[str],
    known: Known,
) -> Tuple[Key, ...]:
    """Return the readings that an action on these rows rests on, its own rows' first."""
    keys = list(own_readings(kind, action, row_ids, known))
    over = owners(kind, action, row_ids, known)
    for name in action.needs:
        needed = kinds.get(name)
        under: Tuple[str, ...] = ()
        if needed is not None and needed.parent and needed.parent == kind.parent:
            under = over
        elif needed is not None and needed.parent == kind.name and needed.reach is Reach.PER_PARENT:
            # Asked for all at once it would fan out over all parents there are.
            under = tuple(row_ids)
        keys += [(name, of) for of in under or ("",)]
    keys += [(name, row_id) for name in action.own_needs for row_id in row_ids]
    return tuple(dict.fromkeys(keys))


def own_readings(
    kind: Kind[Any], action: Action[Any], row_ids: Sequence[str], known: Known
) -> Tuple[Key, ...]:
    """Return the readings that have the rows themselves, and show what comes of the action."""
    over = owners(kind, action, row_ids, known)
    mine = tuple((kind.name, of) for of in over) or ((kind.name, ""),)
    if action.on_parent and kind.parent:
        return ((kind.parent, ""), *mine)
    return mine


def owners(
    kind: Kind[Any], action: Action[Any], row_ids: Sequence[str], known: Known
) -> Tuple[str, ...]:
    """Return the parents whose children an action touches, () where it has no parents."""
    if action.on_parent:
        return tuple(row_ids)
    rows = (known.find(kind.name, row_id)[0] for row_id in row_ids)
    found = dict.fromkeys(row.parent_id(known) for row in rows if row is not None)
    return tuple(of for of in found if of)


def _said(form: Form) -> Dict[str, str]:
    """Return a form's values as the record keeps them: secrets masked."""
    secret = secret_fields(type(form))
    values = {name: getattr(form, name) for name in type(form).model_fields}
    return {
        name: MASK if name in secret else str(value)
        for name, value in values.items()
        if value is not None
    }


def _held(preview: Preview, row: Optional[Row]) -> Tuple[str, ...]:
    """Return the rungs that are true already: a host that is online reboots and is online again."""
    ladder, known = preview.action.ladder, preview.known
    rungs = ladder(row, known) if ladder is not None and row is not None else ()
    return tuple(rung.name for rung in rungs if rung.reached(row, known))


def _before(kind: Kind[Any], row: Optional[Row]) -> Dict[str, str]:
    """Return a row's fields as they were, nested ones as JSON, to tell later what came of it."""
    if row is None:
        return {}
    return {
        key: json.dumps(value) if isinstance(value, (dict, list)) else str(value)
        for key, value in row.body.items()
        if value is not None and key not in kind.secret and key not in kind.noise
    }
