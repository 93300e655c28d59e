"""Follows what was sent to its real end: rung by rung, from what the system itself says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Set, Tuple

from backend.baseboard import Bmc
from backend.deed import Deed, Outcome
from backend.figure import Line, Lines, Timeline, TimelineStep
from backend.kind import Action, Kind, Row, Rung
from backend.known import Key, Known, Reading
from backend.place import is_alive, is_elsewhere, this_process
from backend.preview import middle
from backend.refresh import made_of
from backend.rests import rests_on
from backend.tone import Tone
from backend.units import stopwatch
from backend.watch import Watch

# The pace at which the row of a running deed is read, in seconds.
PACE_S = 2.0
# How long after the sending something of it is seen, if it ever arrived: in seconds. A deed whose
# answer was lost ends then, as unknown as it is, lest it bar its row for ever.
UNSEEN_S = 120.0
# How long after its last sign a deed is given up as unknown, where the system no longer shows that
# it is under way: longer than any step of maintenance. While it does, a strategy of many hosts and
# an unlock that never ends are followed on, but not for ever: two weeks after.
LOST_S, ENDLESS_S = 3600.0, 14 * 86400.0
# How long a deed of a console on another machine is left to it.
ELSEWHERE_MS = 600_000

Rungs = Tuple[Rung[Any], ...]


@dataclass
class _Way:
    """The rungs of one running deed; ``old`` is the reading of ``key`` from before it was so.

    ``late`` are the polls that were under way then: their answers may be older than the sending.
    What rungs a deed has that was found in the record is asked at its first reading: before, what
    the ladder looks at (is there a second controller?) is not known yet.
    """

    deed: Deed
    rungs: Optional[Rungs]
    key: Key
    old: Reading[Any]
    late: Dict[Key, asyncio.Task[Reading[Any]]]
    leave: List[Callable[[], None]]

    def is_old(self, known: Known) -> bool:
        """Whether what is known of its row may be from before it was sent."""
        for key, task in list(self.late.items()):
            if not task.done():
                continue
            if key != self.key and key[0] == self.key[0]:
                self.old = known.reading(*self.key)  # its rows may stand there in another reading
            elif not task.cancelled() and known.reading(*key) is task.result():
                continue
            del self.late[key]
        return bool(self.late) or known.reading(*self.key) is self.old


class Follow:
    """Watches the open deeds of one cloud and closes each when it really is at its end.

    A deed is this console's own, or one that a console left behind (killed, or its line lost):
    what had not been sent is closed as never sent; what had is read from the system, never sent
    again. A deed that another living console sends is left to it.
    """

    def __init__(
        self,
        watch: Watch,
        kinds: Mapping[str, Kind[Any]],
        update: Callable[[Deed], Awaitable[Deed]],
        now_ms: Callable[[], int],
    ) -> None:
        """``update`` writes how a deed stands."""
        self._watch = watch
        self._kinds = kinds
        self._update = update
        self._now_ms = now_ms
        self._ways: Dict[str, _Way] = {}
        # Those that came to their end: a write under way may still bring them as they stood before.
        self._over: Set[Tuple[str, int]] = set()

    async def resume(self, deeds: Tuple[Deed, ...]) -> Tuple[Deed, ...]:
        """Take up the open deeds of the record; return what was found of each."""
        found: List[Deed] = []
        for deed in deeds:
            if not deed.is_open or is_alive(deed.process):
                continue
            if is_elsewhere(deed.process) and self._now_ms() - deed.seen_ms < ELSEWHERE_MS:
                continue  # its console may well live
            if deed.sent_ms is None:
                words = "the console ended before anything was sent"
                deed = replace(deed, outcome=Outcome.NEVER_SENT, answer=words)  # noqa: PLW2901
                found.append(await self._update(replace(deed, ended_ms=self._now_ms())))
                continue
            words = self._unknown(deed)
            if words:
                deed = replace(deed, outcome=Outcome.UNKNOWN, answer=words)  # noqa: PLW2901
            mine = replace(deed, process=this_process())
            # Before it is written: who hears of the writing begins what is new.
            self.begin(mine, is_found=True)
            found.append(await self._update(mine))
        return tuple(found)

    def _unknown(self, deed: Deed) -> str:
        """Return why nobody can say how far a sent deed came, "" where its ladder will tell."""
        _kind, action = self._declared(deed)
        if deed.answered_ms is None:
            return "sent, answer never seen; read from the system, not sent again"
        if deed.outcome is Outcome.OPEN and (action is None or action.ladder is None):
            return "taken, and not seen to its end; read from the system, not sent again"
        return ""

    def begin(self, deed: Deed, *, is_found: bool = False) -> None:
        """Follow ``deed`` from now on; look at its row and what its action needs, faster.

        ``is_found`` is one that another console left behind.
        """
        kind, action = self._declared(deed)
        if kind is None or action is None or deed.number in self._ways or not deed.is_open:
            return
        if (deed.number, deed.began_ms) in self._over:
            return
        if action.ladder is None and deed.outcome is not Outcome.UNKNOWN:
            return
        known = self._watch.known
        rungs = None if is_found else _rungs(deed, kind, action, known)
        ids = (deed.row_id,) if deed.row_id else ()
        own, *others = rests_on(self._kinds, kind, action, ids, known)
        leave = [self._watch.look(*own, every_s=PACE_S)]
        leave += [self._watch.look(*key, every_s=self._pace_s(key[0])) for key in others]
        made = [(kind.name, ""), *((name, "") for name in made_of(kind))]
        made += [key for key in others if self._pace_s(key[0])]
        polls = {key: self._watch.under_way(*key) for key in (own, *made)}
        late = {key: poll for key, poll in polls.items() if poll is not None}
        self._ways[deed.number] = _Way(
            deed=deed, rungs=rungs, key=own, old=known.reading(*own), late=late, leave=leave
        )

    def _pace_s(self, name: str) -> float:
        """Return how often what it needs is asked, 0 for its own pace.

        Of a server the row says nothing of an act's end: that is what its baseboard says.
        """
        kind = self._kinds.get(name)
        return PACE_S if kind is not None and isinstance(kind.read, Bmc) else 0.0

    async def heard(self, known: Known, reading: Optional[Reading[Any]]) -> None:
        """Go on with every deed of the kind that was just read."""
        for number, way in list(self._ways.items()):
            kind, action = self._declared(way.deed)
            if kind is None or action is None or number not in self._ways:
                continue
            if reading is not None and reading.error is not None:
                continue
            after = self._advance(way, kind, action, known)
            if after is way.deed:
                continue
            way.deed = after
            if not after.is_open:
                self._over.add((number, after.began_ms))
                for leave in self._ways.pop(number).leave:
                    leave()
            await self._update(after)

    def timeline(self, deed: Deed) -> Timeline:
        """Return how far a deed is, with this site's own times; of an ended one, how it went."""
        known = self._watch.known
        kind, action = self._declared(deed)
        way = self._ways.get(deed.number)
        rungs = way.rungs if way else None
        if kind is not None and action is not None and not rungs:
            rungs = _rungs(deed, kind, action, known)
        return timeline_of(deed, rungs or (), known)

    def close(self) -> Tuple[Deed, ...]:
        """Stop looking; return what is still open, as nobody's: whoever comes next takes it up."""
        left = tuple(replace(way.deed, process="") for way in self._ways.values())
        for way in self._ways.values():
            for leave in way.leave:
                leave()
        self._ways.clear()
        return left

    def _declared(self, deed: Deed) -> Tuple[Optional[Kind[Any]], Optional[Action[Any]]]:
        kind = self._kinds.get(deed.kind)
        return kind, kind.action(deed.action) if kind else None

    def _advance(self, way: _Way, kind: Kind[Any], action: Action[Any], known: Known) -> Deed:
        deed, row = way.deed, _row(known, kind, way.deed)
        began_ms = deed.sent_ms or deed.began_ms
        reading = known.reading(*way.key)
        if way.is_old(known) or reading.is_remembered or not reading.was_read:
            return deed  # what we have is older than the sending, or nothing
        read_ms = max(reading.at_ms, began_ms)  # the cloud's clock may have been set back
        if way.rungs is None:
            way.rungs = _rungs(deed, kind, action, known)
        rungs = way.rungs
        reached = dict(deed.reached)
        for rung in rungs[: _passed(deed, rungs, row, known)]:
            reached.setdefault(rung.name, read_ms)
        if len(reached) != len(deed.reached):
            deed = replace(deed, reached=MappingProxyType(reached))
        if rungs and len(reached) == len(rungs):
            return replace(deed, outcome=Outcome.DONE, ended_ms=read_ms)
        is_unseen = deed.outcome is Outcome.UNKNOWN and not reached
        patience_s = UNSEEN_S if is_unseen else _patience_s(deed, rungs, row, known)
        if read_ms - deed.seen_ms >= patience_s * 1000:
            words = f"nothing more of it was seen within {stopwatch(round(patience_s * 1000))}"
            answer = "; ".join(filter(None, (deed.answer, words)))
            return replace(deed, outcome=Outcome.UNKNOWN, answer=answer, ended_ms=read_ms)
        is_told = row is not None or action.on_kind
        words = action.failed(row, known) if action.failed and is_told else ""
        if words:
            return replace(deed, outcome=Outcome.FAILED, answer=words, ended_ms=read_ms)
        return deed


def _passed(deed: Deed, rungs: Rungs, row: Optional[Row], known: Known) -> int:
    """Return how many rungs are behind: the furthest that holds now and did not before it began.

    One that held before (a host that is online reboots and is online again) counts only once all
    before it were passed.
    """
    passed = len(deed.reached)
    for index, rung in enumerate(rungs):
        if index < passed or not rung.reached(row, known):
            continue
        if index == passed or rung.name not in deed.held:
            passed = index + 1
    return passed


def _patience_s(deed: Deed, rungs: Rungs, row: Optional[Row], known: Known) -> float:
    """Return how long nothing new may be seen of it: longer while a rung that it passed holds."""
    passed = (one for one in rungs if one.name in deed.reached and one.name not in deed.held)
    return ENDLESS_S if any(one.reached(row, known) for one in passed) else LOST_S


def _rungs(deed: Deed, kind: Kind[Any], action: Action[Any], known: Known) -> Rungs:
    """Return the way of a deed, by its row as it is now, or was when it began."""
    if action.ladder is None:
        return ()
    return action.ladder(_row(known, kind, deed) or _row_before(kind, deed), known)


def _row(known: Known, kind: Kind[Any], deed: Deed) -> Optional[Row]:
    row: Optional[Row] = known.find(kind.name, deed.row_id)[0]
    return row


def _row_before(kind: Kind[Any], deed: Deed) -> Row:
    """Return the row as it was when the deed began, as far as the deed kept it."""
    row: Row = kind.model.model_construct(**{key: _value(deed.before[key]) for key in deed.before})
    return row


def _value(text: str) -> Any:
    """Return a nested value of a deed's ``before``, which keeps those as JSON; else the text."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        return text  # a text of the service that only begins like one


def timeline_of(deed: Deed, rungs: Rungs, known: Known) -> Timeline:
    """Return a deed's rungs as a Timeline, each beside its usual time at this site."""
    began_ms = deed.sent_ms or deed.began_ms
    steps: List[TimelineStep] = []
    since_ms: Optional[int] = began_ms
    for rung in rungs:
        ended_ms = deed.reached.get(rung.name)
        usual = _usual(known, deed, rung.name)
        steps.append(
            TimelineStep(
                name=rung.name,
                says=rung.says,
                tone=Tone.GOOD if ended_ms else Tone.BUSY if since_ms else Tone.PLAIN,
                began_ms=since_ms if deed.is_open or ended_ms else None,
                ended_ms=ended_ms,
                usual_ms=middle(usual),
                seen=len(usual),
            )
        )
        since_ms = ended_ms
    return Timeline(
        title=f"{deed.action} {deed.label}",
        steps=tuple(steps),
        now_ms=deed.ended_ms or known.now_ms,
        began_ms=began_ms,
        notes=Lines(lines=_notes(deed, rungs, known)),
        failed=deed.answer if deed.outcome in FAILED else "",
    )


FAILED = (Outcome.FAILED, Outcome.REFUSED, Outcome.NEVER_SENT)


def _notes(deed: Deed, rungs: Rungs, known: Known) -> Tuple[Line, ...]:
    notes: List[Line] = []
    silent_ms = known.now_ms - deed.seen_ms
    if deed.is_open and deed.reached and silent_ms >= LOST_S * 1000:
        words = f"nothing new for {stopwatch(silent_ms)}, the system still says it is under way"
        notes.append(Line(heading="still runs", text=words))
    running = next((rung for rung in rungs if rung.name not in deed.reached), None)
    if deed.is_open and running is not None and running.gives_up_s:
        minutes, seconds = divmod(running.gives_up_s, 60)
        words = f"{running.name} at {minutes}:{seconds:02d}, then {running.then}"
        notes.append(Line(heading="gives up", text=words))
    if deed.outcome is Outcome.FOLLOWED and deed.is_open and deed.answer:
        notes.append(Line(heading="waits", text=deed.answer, tone=Tone.WARN))
    if deed.outcome is Outcome.UNKNOWN:
        notes.append(Line(heading="unknown", text=deed.answer, tone=Tone.WARN))
    return tuple(notes)


def _usual(known: Known, deed: Deed, rung: str) -> Tuple[int, ...]:
    steps = known.memory.steps
    mine = steps.get((deed.kind, deed.action, deed.label, rung), ())
    return mine or steps.get((deed.kind, deed.action, "", rung), ())
