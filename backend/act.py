"""The one door to change: gate → preview → record → send → watch → record."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from backend.behind import Record, Wire
from backend.called import called
from backend.channel import Channel, Recorded
from backend.deed import Deed, Outcome, outcome_of
from backend.deed_keeps import answers, before, held
from backend.errors import Refused, StoreError, StxError
from backend.insist import Insisting, is_gone, is_not_now
from backend.kind import Action, Form, Json, Kind, KubeWrite, LocalWrite, Plan, Row, Step
from backend.known import Key
from backend.offer import Offer, offer
from backend.place import this_process
from backend.preview import Preview, commands_of, preview, said
from backend.rests import rests_on, shown_by
from backend.watch import Watch

# The number of a deed done while the record could not be written.
UNRECORDED = "unrecorded"
# How often it is said how much of a file is on its way, in ms.
CARRIED_MS = 500


class Acts:
    """The door of one cloud. Nothing else sends a Plan or opens a Session."""

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
        # By kind: what takes long, as an upload, holds back no act of another.
        self._turns: Dict[str, asyncio.Lock] = {}
        self._unrecorded = 0
        self.insisting = Insisting(
            lambda write: wire.send(write, _unheard), self._update, watch, kinds, now_ms
        )

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

    def offers(self, kind: Kind[Any], row_ids: Sequence[str], of: str = "") -> Tuple[Offer, ...]:
        """Return what makes sense on these rows, then under their parent, then on the kind itself.

        Each comes with the ids of what it would be done to, and as it stands now. ``of`` is the
        parent where it is known without a row: of an empty list.
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
        found += [(one, ()) for one in self.actions(kind, None)]
        return tuple(
            offer(known, kind, one, its_ids, self.target(kind, one)) for one, its_ids in found
        )

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

    async def rehearse(self, preview: Preview) -> Tuple[Json, ...]:
        """Have the service say what would come of it, where it can without doing it.

        Raises ``Refused`` where it is blocked here, and the service's own refusal.
        """
        if preview.blocked:
            raise Refused(preview.refusal)
        writes = [write for write in preview.writes if isinstance(write, KubeWrite)]
        return tuple([await self._wire.send(write.rehearsal, _unheard) for write in writes])

    # --- the door ------------------------------------------------------------------------------

    async def do(self, preview: Preview, *, typed: str, why: str) -> Tuple[Deed, ...]:
        """Send what ``preview`` shows, one row after the other; the first failure stops.

        Where the action is ``at_once`` all rows together, each to its own end. Returns the deeds in
        the order of the rows, none for those that a failure before them left alone. ``typed`` must
        be what ``preview.wants``; ``why`` is for the record. Acts of one kind wait for each other.
        Raises ``Refused`` before anything was sent: read-only, blocked, not confirmed, or what it
        would do is not what was shown any more. Failures of the sending are in the deed.
        """
        if self._confirmed(preview, typed).opens is not None:
            raise Refused("it opens a session: somebody has to sit before it")
        async with self._turn(preview.kind):
            # The act before it took its time: it is judged on what that left.
            now = self._confirmed(preview, typed)
            if now.action.at_once and len(now.rows) > 1:
                return await self._do_at_once(now, why)
            return await self._do_all(now, why)

    async def open(self, preview: Preview, *, typed: str, why: str) -> Tuple[Deed, Channel]:
        """Send what ``preview`` shows, and open the session it ends in; both are one deed.

        The deed is done once the session stands; at its close it says how long that was. What is
        typed in it is outside our guards. Raises ``Refused`` as ``do`` does, and the error of
        whatever kept it from opening, which is in the deed as well.
        """
        if self._confirmed(preview, typed).opens is None:
            raise Refused("it opens no session")
        async with self._turn(preview.kind):
            now = self._confirmed(preview, typed)
            assert now.opens is not None
            row, plan = (now.rows[0] if now.rows else None), now.plans[0]
            deed = await self._open(now, row, plan, why)
            deed = await self._send_all(deed, plan, self._seen_in(now, row))
            if deed.outcome is Outcome.OPEN:
                deed = await self._about_to(deed)
            if deed.outcome is not Outcome.OPEN:
                raise Refused(deed.answer or deed.outcome.value)
            try:
                channel = await self._wire.connect(now.opens)
            except StxError as error:
                await self._close(deed, *outcome_of(error))
                raise
            deed = await self._close(deed, Outcome.DONE, "opened")
        return deed, Recorded(channel, lambda words: self._closed(deed, words), self._now_ms)

    async def _closed(self, deed: Deed, words: str) -> None:
        """Write how long a session stood; that it stood is written, so a full disk stops nobody."""
        try:
            await self._close(deed, Outcome.DONE, words)
        except StoreError:
            self._on_deed(replace(deed, answer=words, ended_ms=self._now_ms()))

    def _confirmed(self, preview: Preview, typed: str) -> Preview:
        """Return the preview of this moment, where it is what was shown and confirmed."""
        if typed != preview.wants:
            raise Refused(f"not confirmed: {preview.wants!r} was to be typed")
        ids = [preview.target.id(row) for row in preview.rows]
        now = self.preview(preview.kind, preview.action, ids, preview.form)
        if now.blocked:
            raise Refused(now.refusal)
        if now.says != preview.says:
            raise Refused("it is not what was shown any more; look again")
        return now

    async def _do_at_once(self, preview: Preview, why: str) -> Tuple[Deed, ...]:
        """Send for all rows together: each has its own end, whatever became of the others.

        All are on the disk before the first is sent.
        """
        pairs = list(zip(preview.rows, preview.plans))
        opened: List[Deed] = []
        for row, plan in pairs:
            try:
                opened.append(await self._open(preview, row, plan, why))
            except Refused as error:
                for deed in opened:
                    await self._close(deed, Outcome.NEVER_SENT, str(error))
                raise
        each = [self._go(preview, deed, row, plan) for deed, (row, plan) in zip(opened, pairs)]
        return tuple(await asyncio.gather(*each))

    async def _do_all(self, preview: Preview, why: str) -> Tuple[Deed, ...]:
        """Send for one row after the other; each is judged anew, on what those before it left."""
        targets: Tuple[Optional[Row], ...] = preview.rows or (None,)
        deeds: List[Deed] = []
        for row, plan in zip(targets, preview.plans):
            ids = [preview.target.id(row)] if row is not None else []
            now = self.preview(preview.kind, preview.action, ids, preview.form)
            if now.blocked:
                if not deeds:
                    raise Refused(now.refusal)
                deeds.append(await self._never(now, row, plan, why))
                break
            deeds.append(await self._do_one(now, row, plan, why))
            if deeds[-1].outcome not in (Outcome.DONE, Outcome.FOLLOWED):
                break
        return tuple(deeds)

    def _turn(self, kind: Kind[Any]) -> asyncio.Lock:
        """Return the lock that lets one act through at a time (made on the loop it is used on)."""
        return self._turns.setdefault(kind.name, asyncio.Lock())

    async def _never(self, preview: Preview, row: Optional[Row], plan: Plan, why: str) -> Deed:
        """Record an act that was confirmed with others, and is blocked when its turn comes."""
        deed = await self._open(preview, row, plan, why)
        return await self._close(deed, Outcome.NEVER_SENT, preview.refusal)

    async def _open(self, preview: Preview, row: Optional[Row], plan: Plan, why: str) -> Deed:
        """Write a new deed; raises ``Refused`` where that fails and was not said before."""
        known, kind, target = preview.known, preview.kind, preview.target
        deed = Deed(
            number="",
            cloud=known.cloud,
            kind=kind.name,
            action=preview.action.name,
            row_id=target.id(row) if row else "",
            label=called(target, row, known) if row else "",
            who=known.place.user,
            terminal=known.place.terminal,
            began_ms=self._now_ms(),
            why=why,
            form=MappingProxyType(answers(preview.form)),
            sends=tuple(one.request for one in said(plan)),
            commands=commands_of(plan),
            before=MappingProxyType(before(target, row)),
            held=held(preview, row),
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
        return await self._go(preview, await self._open(preview, row, plan, why), row, plan)

    async def _go(self, preview: Preview, deed: Deed, row: Optional[Row], plan: Plan) -> Deed:
        keys = self._seen_in(preview, row)
        deed = await self._send_all(deed, plan, keys)
        if deed.outcome is not Outcome.OPEN:
            self.insisting.forget(deed)
            return deed
        if preview.action.ladder is None:
            deed = await self._close(deed, Outcome.DONE, deed.answer)
            # What came of it is to be seen at once, not when its kind's turn comes.
            await asyncio.gather(*(self._watch.read_now(*key) for key in keys))
            return deed
        waits = self.insisting.waits(deed)
        deed = await self._update(replace(deed, outcome=Outcome.FOLLOWED, answer=waits))
        self.insisting.begin(deed)
        return deed

    def _seen_in(self, preview: Preview, row: Optional[Row]) -> Tuple[Key, ...]:
        """Return the readings that show what comes of it; none where only our record changes."""
        if all(isinstance(write, LocalWrite) for write in preview.writes):
            return ()
        ids = [preview.target.id(row)] if row is not None else []
        return shown_by(self._kinds, preview.kind, preview.action, ids, preview.known)

    async def _send_all(self, deed: Deed, plan: Plan, keys: Sequence[Key]) -> Deed:
        """Send one step after the other; the deed stays open as long as each is taken."""
        for step in plan.steps:
            deed = await self._send(deed, step, keys)
            if deed.outcome is not Outcome.OPEN:
                break
        return deed

    async def _send(self, deed: Deed, step: Step, keys: Sequence[Key]) -> Deed:
        """Send one write; what the service said is in the deed that comes back."""
        deed = await self._about_to(deed)
        if deed.outcome is not Outcome.OPEN:
            return deed
        answer: Json = None
        try:
            if isinstance(step.write, LocalWrite):
                await self._record.mark(step.write.kind, step.write.id, step.write.values)
            else:
                answer = await self._wire.send(step.write, self._carrying(deed))
        except StxError as error:
            if step.patient and (is_not_now(error) or is_gone(error)):
                if is_not_now(error):
                    self.insisting.put_off(deed, step, str(getattr(error, "reason", error)))
                return await self._update(replace(deed, answered_ms=self._now_ms()))
            outcome, words = outcome_of(error)
            if outcome is Outcome.UNKNOWN:
                return await self._update(replace(deed, outcome=outcome, answer=words))
            return await self._close(deed, outcome, words)
        return await self._answered(deed, step, answer, keys)

    async def _about_to(self, deed: Deed) -> Deed:
        """Write that it is sent now; where that fails it is not, for a crash would hide whether."""
        try:
            return await self._update(replace(deed, sent_ms=deed.sent_ms or self._now_ms()))
        except StoreError as error:
            return await self._close(deed, Outcome.NEVER_SENT, f"not sent: {error}")

    def _carrying(self, deed: Deed) -> Callable[[int, int], None]:
        """Return what shows how much of a file is on its way: not at every block of it."""
        told_ms = 0

        def told(gone: int, of: int) -> None:
            nonlocal told_ms
            if self._now_ms() - told_ms >= CARRIED_MS or gone == of:
                told_ms = self._now_ms()
                self._on_deed(replace(deed, carried=(gone, of, told_ms)))

        return told

    async def _answered(self, deed: Deed, step: Step, answer: Json, keys: Sequence[Key]) -> Deed:
        """Take the answer to a write, and look whether it took."""
        deed = await self._update(replace(deed, answered_ms=self._now_ms()))
        no = step.refusal(answer) if step.refusal is not None else ""
        if no:
            return await self._close(deed, Outcome.REFUSED, no)
        if step.took is not None and not await self._took(step, keys):
            words = f"{step.unseen} within {step.wait_s:.0f} s"
            return await self._close(deed, Outcome.FAILED, words)
        return replace(deed, answer=step.says(answer)) if step.says is not None else deed

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


def _unheard(_gone: int, _of: int) -> None:
    """Hear nothing of how far a write is that carries no file."""
