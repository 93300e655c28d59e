"""What somebody must have read before an act: a preview as lines, laid out for one screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, List, Mapping, Sequence, Tuple

from backend.clean import cells, cut, pad, wrap
from backend.figure import Jump, Line
from backend.kind import Answer, Asker, Kind, LocalWrite, Reason, Risk
from backend.known import Known
from backend.preview import Preview, middle
from backend.rests import rests_on
from backend.tone import Tone
from backend.units import span, stopwatch
from stx_tui.panes.text import safe

# Indent of what stands below a heading.
IN = ""
# Older than this many times its own pace (and than OLD_MS), what is known is asked again first.
OLD_TIMES, OLD_MS = 3, 30_000
# Former times that are shown.
TIMES = 5
# How several rows are gone through.
IN_TURN = "one after the other, the first that fails stops the rest"
TOGETHER = "all at once, each to its own end: one that fails or is silent holds up no other"

_RISK = {
    Risk.HARMLESS: "runs at once, breaks nothing",
    Risk.DISRUPTIVE: "stops something: wants yes typed",
    Risk.DESTRUCTIVE: "may not be undone: wants the name typed",
}


@dataclass(frozen=True)
class Sheet:
    """The lines of a dialog, and where its digits jump to."""

    lines: Tuple[Line, ...]
    digits: Mapping[str, Jump] = field(default_factory=lambda: MappingProxyType({}))
    is_folded: bool = False


def risk_words(risk: Risk) -> str:
    """Return what a risk means, as people say it."""
    return _RISK[risk]


def title_of(preview: Preview) -> str:
    """Return the first words of the dialog: the question, or that it can't be asked."""
    if not preview.blocked:
        return f"{preview.title} ?"
    count = len(preview.blocked)
    return f"CANNOT {preview.title}: {count} reason{'s' if count > 1 else ''}"


def sheet(preview: Preview, width: int, height: int, *, every: bool = False) -> Sheet:
    """Return the dialog in lines of ``width`` cells. Where it would be longer than ``height`` the
    request is cut to one line, then the checks that pass are folded into a count, unless ``every``
    one is wanted.
    """
    shown = _sheet(preview, width, folded=False, short=False)
    for folded in (False, True):
        if not every and len(shown.lines) > height:
            shown = _sheet(preview, width, folded=folded, short=True)
    if len(shown.lines) < height:
        return replace(shown, lines=(Line(rule=True), *shown.lines))
    return shown


def buttons(preview: Preview) -> str:
    """Return what stands in the last row to the right of [ No ]."""
    word = preview.action.words
    if preview.blocked:
        count = len(preview.blocked)
        above = f"{count} reason{'s' if count > 1 else ''} above"
        return f"n     [ {word} ] absent: {above}   r ask again  d every check"
    if preview.wants in ("", "yes"):
        how = "type yes and Enter" if preview.wants else "y does it"
        return f"n     [ {word} ]  {how}     w why  d every check"
    return f"n     [ {word} ]  y, then type {preview.wants} and Enter   w why"


def ended_lines(why: str) -> Tuple[Line, ...]:
    """Return what a dialog says of which nothing can be sent any more."""
    first = Line(heading=f"{safe(why).upper()}.", tone=Tone.BAD)
    return (Line(rule=True), first, Line(text="nothing is sent: this is not what you asked about"))


def is_news(before: Preview, after: Preview) -> bool:
    """Whether somebody who read ``before`` has not read what ``after`` says."""
    return _read(before) != _read(after)


def old(preview: Preview, known: Known, kinds: Mapping[str, Kind[Any]]) -> Tuple[str, ...]:
    """Return in words which of the readings that the preview rests on are too old for it.

    What is none of ``kinds`` nobody here can read, and who asks again learns no more: of a site of
    baseboards alone sysinv says nothing, and the checks say that it was not asked.
    """
    words: List[str] = []
    ids = [preview.target.id(row) for row in preview.rows]
    for name, of in rests_on(kinds, preview.kind, preview.action, ids, known):
        kind = kinds.get(name)
        if kind is None:
            continue
        most_ms = max(OLD_MS, round(OLD_TIMES * 1000 * kind.every_s))
        age_ms = known.age_ms(name, of)
        if age_ms is None and known.reading(name, of).error is not None:
            continue  # it was asked in vain, and stands among the checks as not known
        if age_ms is None:
            words.append(f"{name} never read")
        elif age_ms > most_ms:
            words.append(f"{name} {span(age_ms)} old")
    return tuple(dict.fromkeys(words))


def stale_names(stale: Tuple[str, ...]) -> Tuple[str, ...]:
    """Return whose readings are old, without their ages, which go on."""
    return tuple(words.split(" ", 1)[0] for words in stale)


def _read(preview: Preview) -> Tuple[object, ...]:
    checks = tuple((reason.check, reason.answer) for reason in preview.reasons)
    bad = tuple(c.words for c in preview.consequences if c.tone is Tone.BAD)
    return (preview.says, preview.risk, checks, bad, preview.ends_session)


# --- the sections ------------------------------------------------------------------------------


def _sheet(preview: Preview, width: int, *, folded: bool, short: bool) -> Sheet:
    digits = {str(n): r.jump for n, r in enumerate(_failing(preview), 1) if r.jump and n <= 9}
    checks = _checks(preview, width, folded=folded)
    stops = (
        *_ends(preview, width),
        *_rows(preview, width),
        *_stops(preview, width),
        *_long(preview, width),
    )
    rule = Line(rule=True)
    first, second = (checks, stops) if preview.blocked else (stops, checks)
    lines = (*first, rule, *second, rule, *_sends(preview, width, folded=short))
    return Sheet(lines=lines, digits=MappingProxyType(digits), is_folded=folded)


def _rows(preview: Preview, width: int) -> Tuple[Line, ...]:
    lines: List[Line] = []
    if len(preview.rows) > 1:
        names = ", ".join(preview.target.name_of(row) for row in preview.rows)
        lines += _headed("ROWS", f"{len(preview.rows)} {preview.target.name}: {names}", width)
        order = TOGETHER if preview.action.at_once else IN_TURN
        lines += _headed(" ", f"{order}; the risk is a step higher", width)
    for at, words in enumerate(said(preview)):
        lines += _headed(" " if at else "WITH", words, width)
    return tuple(lines)


def said(preview: Preview) -> Tuple[str, ...]:
    """Return what was asked and answered, a line each, beside what is so now; news alone."""
    return tuple(
        f"{one.name}: {one.now} -> {one.value}" if one.now else f"{one.name}: {one.value}"
        for one in preview.given
        if one.is_news
    )


def _ends(preview: Preview, width: int) -> Tuple[Line, ...]:
    told = " ".join(consequence.words for consequence in preview.consequences)
    if not preview.ends_session or "This program ends with it." in told:
        return ()
    where = preview.known.place.terminal or "this terminal"
    words = f"YOU ARE ON IT ({where}): THIS PROGRAM ENDS WITH IT."
    then = _text("log in again and start stx-tui: it finds this deed and goes on", width)
    return (Line(heading=words, tone=Tone.BAD), *then)


def _stops(preview: Preview, width: int) -> Tuple[Line, ...]:
    lines = [Line(heading="WHAT STOPS")]
    for said_ in preview.consequences:
        lines += _text(said_.words, width, tone=said_.tone, jump=said_.jump)
    if not preview.consequences:
        lines += _text("nothing that is known here", width)
    told = " ".join(consequence.words for consequence in preview.consequences)
    ids = dict.fromkeys(alarm.alarm_id for alarm in preview.expects)
    if any(alarm_id not in told for alarm_id in ids):
        lines += _text(f"alarms to expect: {' '.join(ids)}   (so not new ones)", width)
    return tuple(lines)


def _long(preview: Preview, width: int) -> Tuple[Line, ...]:
    said = f"{_took(preview.usual_ms)} here" if preview.usual_ms else ""
    if preview.undoing_ms:
        undoing = f"{preview.action.undone_by} after it {_took(preview.undoing_ms)}"
        said = f"{said}, and the {undoing}" if said else f"never done here; the {undoing}"
    if not said and preview.action.ladder is not None:
        said = "never done here before: nobody can tell"
    return _headed("HOW LONG", said, width) if said else ()


def _took(times: Sequence[int]) -> str:
    """Return ``usually 7:41 (7:41 7:38 7:44)``: the middle, and what it is the middle of."""
    each = " ".join(stopwatch(ms) for ms in times[:TIMES])
    return f"usually {stopwatch(middle(times[:TIMES]) or 0)} ({each})"


def _failing(preview: Preview) -> Tuple[Reason, ...]:
    return preview.blocked


def _checks(preview: Preview, width: int, *, folded: bool) -> Tuple[Line, ...]:
    ours = tuple(r for r in preview.reasons if r.asker is Asker.OURS and not r.blocks)
    theirs = tuple(r for r in preview.reasons if r.asker is not Asker.OURS and not r.blocks)
    lines = [Line(heading="WILL IT BE ACCEPTED?", text=f"  {_counts(preview.reasons)}")]
    for number, reason in enumerate(_failing(preview), 1):
        lines += _no(number, reason, width)
    lines += _answers(theirs, width, folded=folded)
    if ours:
        lines.append(Line(heading=f"WE ASK, {_service(preview)} DOES NOT"))
        lines += _answers(ours, width, folded=folded)
    return tuple(lines)


def _counts(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return "no check is known for it: only the server can tell"
    passes = sum(reason.answer is Answer.PASSES for reason in reasons)
    fails = sum(reason.blocks for reason in reasons)
    unsure = [reason for reason in reasons if reason.answer is Answer.CANT_TELL]
    server = sum(reason.asker is Asker.SERVER for reason in unsure)
    words = f"{passes} pass, {fails} {'FAIL' if fails else 'fail'}"
    if server:
        words += f", {server} only the server knows"
    if len(unsure) > server:
        words += f", {len(unsure) - server} not known"
    return words


def _no(number: int, reason: Reason, width: int) -> Tuple[Line, ...]:
    words = reason.words or f"not so: {reason.check}"
    first, *more = wrap(safe(words), width - 5)
    digit = str(number) if number <= 9 else "-"
    texts = [f"{digit}  {first}", *(f"   {rest}" for rest in more)]
    if reason.jump is not None and number <= 9:
        go = f"{digit}  go there" if reason.jump.id else f"{digit}  go to {reason.jump.kind}"
        if cells(texts[-1]) + cells(go) + 3 > width:
            texts.append("")
        texts[-1] = pad(texts[-1], max(width - cells(go), 3)) + go
    tones = (Tone.BAD, *(Tone.PLAIN for _ in texts[1:]))
    return tuple(Line(text=t, tone=tone, jump=reason.jump) for t, tone in zip(texts, tones))


def _answers(reasons: Sequence[Reason], width: int, *, folded: bool) -> Tuple[Line, ...]:
    unsure = [f" ?  {_unsure(r)}" for r in reasons if r.answer is Answer.CANT_TELL]
    passes = [f"ok  {safe(r.check)}" for r in reasons if r.answer is Answer.PASSES]
    if folded and len(passes) > 1:
        passes = [f"ok  {len(passes)} checks pass                    d  shows every one"]
    return _columns(passes, width) + _columns(unsure, width)


def _unsure(reason: Reason) -> str:
    words = safe(reason.words)
    if reason.asker is Asker.SERVER or not words:
        return words or safe(reason.check)
    return f"{safe(reason.check)}: {words}"


def _columns(texts: Sequence[str], width: int) -> Tuple[Line, ...]:
    """Return texts in two columns where they are short enough, else below each other."""
    half = min((width - 2) // 2, 44)
    lines: List[Line] = []
    waiting = ""
    for text in texts:
        if cells(text) >= half or half < 20:
            first, *more = wrap(text, width - 2)
            lines.append(Line(text=IN + first))
            lines += [Line(text=IN + "    " + rest) for rest in more]
        elif waiting:
            lines.append(Line(text=IN + pad(waiting, half) + text))
            waiting = ""
        else:
            waiting = text
    if waiting:
        lines.append(Line(text=IN + waiting))
    return tuple(lines)


def _service(preview: Preview) -> str:
    asked = [write.source for write in preview.writes if not isinstance(write, LocalWrite)]
    return asked[0].upper() if asked else "THE SERVICE"


def _sends(preview: Preview, width: int, *, folded: bool) -> Tuple[Line, ...]:
    return (
        *_listed("SENDS", preview.requests, width, folded=folded),
        *_listed("SAME AS", preview.commands, width, folded=folded),
    )


def _listed(heading: str, texts: Sequence[str], width: int, *, folded: bool) -> Tuple[Line, ...]:
    shown = texts[:1] if folded else texts
    lines: List[Line] = []
    for index, text in enumerate(shown):
        whole = cut(safe(text), width - 11) if folded else text
        lines += _headed(heading if not index else " ", whole, width)
    if len(shown) < len(texts):
        lines += _headed(" ", f"and {len(texts) - len(shown)} more", width)
    return tuple(lines)


def _headed(heading: str, text: str, width: int) -> Tuple[Line, ...]:
    parts = wrap(safe(text), max(width - 11, 10))
    return tuple(
        Line(heading=heading if not index else " ", text=part) for index, part in enumerate(parts)
    )


def _text(
    text: str, width: int, *, tone: Tone = Tone.PLAIN, jump: Jump | None = None
) -> Tuple[Line, ...]:
    parts = wrap(safe(text), max(width - len(IN), 10))
    return tuple(
        Line(text=IN + part, tone=tone if not index else Tone.PLAIN, jump=jump)
        for index, part in enumerate(parts)
    )
