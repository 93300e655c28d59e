"""Why each action on a row would be refused: all of them at once, at any time, before anybody asks.

A pure function of what is known: the console's page, ``show --why-not`` and the line mode print
the same figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, Mapping, Tuple

from backend.figure import Line, Lines
from backend.kind import Action, Answer, Asker, Kind, Reason, Row
from backend.known import Key, Known
from backend.offer import offer
from backend.rests import rests_on
from backend.tone import Tone, Verdict


@dataclass(frozen=True)
class Standing:
    """One action as it stands for a row: ``asks`` are fields that must be filled in first."""

    action: Action[Any]
    reasons: Tuple[Reason, ...] = ()
    asks: Tuple[str, ...] = ()

    @property
    def forbids(self) -> Tuple[Reason, ...]:
        """What refuses it, for sure."""
        return tuple(reason for reason in self.reasons if reason.blocks)

    @property
    def open(self) -> Tuple[Reason, ...]:
        """What nobody can tell."""
        return tuple(r for r in self.reasons if r.answer is Answer.CANT_TELL)


def standings(known: Known, kind: Kind[Any], row: Row) -> Tuple[Standing, ...]:
    """Return how each action that makes sense on ``row`` stands, those refused last."""
    actions = [one for one in _on_rows(kind) if not (one.hidden and one.hidden(row, known))]
    found = [_standing(known, kind, row, action) for action in actions]
    return tuple(sorted(found, key=lambda one: bool(one.forbids)))


def _on_rows(kind: Kind[Any]) -> Iterable[Action[Any]]:
    return (one for one in kind.actions if not (one.on_kind or one.on_parent))


def _standing(known: Known, kind: Kind[Any], row: Row, action: Action[Any]) -> Standing:
    made = offer(known, kind, action, (kind.id(row),))
    if made.gone:
        gone = Reason(check="there", answer=Answer.NO, words=made.gone, asker=Asker.OURS)
        return Standing(action=action, reasons=(gone,))
    if made.preview is None:
        return Standing(action=action, asks=made.asks)
    return Standing(action=action, reasons=made.preview.reasons)


def keys_of(
    known: Known, kind: Kind[Any], row_id: str, kinds: Mapping[str, Kind[Any]]
) -> Tuple[Key, ...]:
    """Return the readings that the actions on a row look at."""
    keys = (key for one in _on_rows(kind) for key in rests_on(kinds, kind, one, (row_id,), known))
    return tuple(dict.fromkeys(keys))


# --- in words ----------------------------------------------------------------------------------


def why_not(known: Known, kind: Kind[Any], row: Row) -> Lines:
    """Return every action on ``row`` with what stands against it, and where that is mended."""
    found = standings(known, kind, row)
    if not found:
        return Lines(lines=(Line(text=f"nothing can be done with {kind.name} from here"),))
    lines = [line for one in found for line in _lines(one)]
    return Lines(lines=tuple(lines))


def verdict(known: Known, kind: Kind[Any], row: Row) -> Verdict:
    """Return in a sentence what can be done to a row and what can't."""
    found = standings(known, kind, row)
    can = [one.action.words for one in found if not one.forbids]
    cannot = len(found) - len(can)
    words = ", ".join(can) or "nothing"
    more = f"{cannot} would be refused: below is each reason" if cannot else ""
    return Verdict(word="CAN", text=words, more=more, tone=Tone.WARN if cannot else Tone.GOOD)


def _lines(one: Standing) -> Iterable[Line]:
    key, head = one.action.key, f"{one.action.words:<22}"
    if one.asks:
        return [Line(heading=key, text=f"{head} asks {', '.join(one.asks)} first")]
    forbids, unsure = one.forbids, one.open
    if forbids:
        said = "1 reason" if len(forbids) == 1 else f"{len(forbids)} reasons"
        lines = [Line(heading=key, text=f"{head} CANNOT: {said}", tone=Tone.BAD)]
    else:
        passed = sum(reason.answer is Answer.PASSES for reason in one.reasons)
        lines = [Line(heading=key, text=f"{head} {_passed(passed, unsure)}")]
    lines += [_line("  no", reason) for reason in forbids]
    lines += _grouped(unsure)
    return lines


def _passed(passed: int, unsure: Tuple[Reason, ...]) -> str:
    said = f"{passed} checks pass" if passed != 1 else "1 check passes"
    return f"{said}, {len(unsure)} can't be told" if unsure else said


def _line(mark: str, reason: Reason) -> Line:
    ours = " (we ask; the service does not)" if reason.asker is Asker.OURS else ""
    words = f"{reason.check}: {reason.words}" if reason.words else reason.check
    tone = Tone.BAD if reason.blocks else Tone.PLAIN
    return Line(heading=mark, text=f"{words}{ours}", jump=reason.jump, tone=tone)


def _grouped(unsure: Tuple[Reason, ...]) -> List[Line]:
    """Return what can't be told: a line each, but for what only the server knows in one."""
    lines = [_line("  ?", reason) for reason in unsure if reason.asker is not Asker.SERVER]
    servers = [reason.check for reason in unsure if reason.asker is Asker.SERVER]
    if servers:
        lines.append(Line(heading="  ?", text=f"only the server knows: {', '.join(servers)}"))
    return lines
