"""An act by numbers: what can be done, what it asks, what it would do, why, and the exact word."""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple

from backend.deed import Deed, Outcome
from backend.errors import StxError
from backend.figure import Jump
from backend.kind import Form, Kind, Nothing
from backend.offer import Offer
from backend.preview import Preview
from backend.rests import rests_on
from backend.station import Station
from stx_tui.panes import confirm
from stx_tui.panes.asked import Asked
from stx_tui.panes.detail import find
from stx_tui.panes.follow import each_tenth
from stx_tui.panes.text import safe
from stx_tui.plain.fields import ask_form
from stx_tui.plain.following import follow
from stx_tui.plain.page import number
from stx_tui.plain.paper import plain
from stx_tui.plain.talk import Talk
from stx_tui.plain.texts import ask_text

# More lines than any preview has: on paper nothing is folded.
ENDLESS = 100_000
NOT_SENT = "nothing was sent"


async def offer(
    talk: Talk, kind: Kind[Any], row_ids: Tuple[str, ...], of: str = ""
) -> Optional[Jump]:
    """Print what can be done with these rows (or the kind itself), and do what is chosen.

    ``of`` is the parent where there may be no rows under it.
    """
    await talk.read(((kind.name, ""), *((name, "") for name in kind.needs)))
    station = talk.station
    if station is None:
        talk.paper.say("not connected: nothing can be done until it is; r tries again")
        return None
    offers = station.acts.offers(kind, row_ids, of)
    names = [_called(talk, kind, row_id) for row_id in row_ids] or [kind.name]
    talk.paper.row()
    talk.paper.say(f"WHAT CAN BE DONE with {', '.join(names)}")
    for at, one in enumerate(offers, 1):
        _print_offer(talk, at, one)
    if not offers:
        talk.paper.say(f"nothing can be done with {kind.name} from here")
        return None
    text = await talk.ask(f"1-{len(offers)} or the word shows what it would do, Enter leaves>")
    chosen = _chosen(offers, text)
    if chosen is None:
        talk.paper.say(f"{NOT_SENT}" if not text else f"{text!r} is none of them; {NOT_SENT}")
        return None
    await act(talk, station, Asked(kind, chosen.action, chosen.row_ids))
    return None


async def act(talk: Talk, station: Station, asked: Asked) -> None:
    """Ask what it asks, show what it would do, and do it where that is confirmed.

    What the service refuses is asked again, with all that was given.
    """
    before: Optional[Form] = None
    refusal = ""
    while True:
        form = await _ask(talk, station, asked, before, refusal)
        if form is None:
            talk.paper.say(NOT_SENT)
            return
        refusal = await _go_on(talk, station, asked, form)
        if not refusal or not asked.action.form.model_fields:
            return
        before = form


async def _ask(
    talk: Talk, station: Station, asked: Asked, before: Optional[Form], refusal: str
) -> Optional[Form]:
    """Return the filled form of an act, None where it was left."""
    kind, action = asked.kind, asked.action
    if not action.form.model_fields:
        return Nothing()
    target = station.acts.target(kind, action).name
    row = find(talk.known, target, asked.row_ids[0])[0] if asked.row_ids else None
    # What is added has no values yet, and those of one row are not those of several.
    now = row if len(asked.row_ids) == 1 and not action.on_parent else None
    if action.is_edit:
        return await ask_text(talk, station, kind, action, now)
    choices = action.choices(row, talk.known)
    return await ask_form(talk, action.form, choices, now, before=before, refusal=refusal)


async def _go_on(talk: Talk, station: Station, asked: Asked, form: Form) -> str:
    """Preview, confirm and send; return what the service refused, "" where it did not."""
    preview = await _look(talk, station, asked, form)
    if preview is None:
        return ""
    _print_preview(talk, preview)
    if preview.blocked:
        talk.paper.say(f"it can't be sent as long as a check fails; {NOT_SENT}")
        return ""
    why = await talk.ask("why, for the record (Enter: none)>")
    typed = await _confirmed(talk, station, asked, form)
    if typed is None or asked.preview is None:
        return ""
    return await _send(talk, station, asked.preview, typed, why)


# --- what there is to do -----------------------------------------------------------------------


def _print_offer(talk: Talk, at: int, one: Offer) -> None:
    asks = f"asks {', '.join(one.asks)}" if one.asks else ""
    risk = _risk(one.preview) if one.preview is not None else ""
    words = "; ".join(filter(None, (asks, risk))) if not one.why_not else "CANNOT:"
    talk.paper.say(f"{at:>3}  {plain(one.action.name):<18}  {words}", hang=25)
    for why in one.why_not:
        talk.paper.say(safe(why), indent=7)


def _risk(preview: Preview) -> str:
    return confirm.risk_words(preview.risk) if preview.wants else "breaks nothing: wants yes typed"


def _chosen(offers: Sequence[Offer], text: str) -> Optional[Offer]:
    at = number(text)
    if at is not None:
        return offers[at - 1] if 1 <= at <= len(offers) else None
    return next((one for one in offers if text in (one.action.name, *one.action.aliases)), None)


def _called(talk: Talk, kind: Kind[Any], row_id: str) -> str:
    row, _reading = find(talk.known, kind.name, row_id)
    return safe(kind.name_of(row)) if row is not None else f"{row_id} (gone)"


# --- what it would do --------------------------------------------------------------------------


async def _look(talk: Talk, station: Station, asked: Asked, form: Form) -> Optional[Preview]:
    """Read anew what it rests on, and return what would happen; None where that is nothing."""
    kinds = talk.rooms.by_name
    keys = rests_on(kinds, asked.kind, asked.action, asked.row_ids, talk.known)
    await talk.read(keys, again=True)
    asked.look(station.acts, talk.known, form)
    if asked.ended or asked.preview is None:
        talk.paper.say(f"{asked.ended}: {NOT_SENT}")
        return None
    return asked.preview


def _print_preview(talk: Talk, preview: Preview) -> None:
    paper = talk.paper
    paper.row()
    paper.say(f"{confirm.title_of(preview)}   {talk.known.cloud}")
    shown = confirm.sheet(preview, paper.width - 2, ENDLESS, every=True)
    paper.lines(shown.lines)
    paper.rule()
    stale = confirm.old(preview, talk.known, talk.rooms.by_name)
    if stale:
        paper.say(f"OLD: {', '.join(stale)}: what is said above may not be so any more")


async def _confirmed(talk: Talk, station: Station, asked: Asked, form: Form) -> Optional[str]:
    """Return what confirms it, None where it was not confirmed.

    What harms nobody wants a yes here too: on a noisy line a number is no decision.
    """
    while True:
        before = asked.preview
        assert before is not None
        wants = before.wants or "yes"
        typed = await talk.confirm(f"TO DO IT, answer the next line with exactly: {wants}")
        # Letters that this terminal can't show can't be typed on it either.
        if typed not in (wants, plain(wants)):
            talk.paper.say(f"not confirmed: {NOT_SENT}")
            return None
        if not before.wants:
            # It harms nobody, and says the instant at which it is done: it is looked at anew.
            asked.look(station.acts, talk.known, form)
            return before.wants
        if not confirm.old(before, talk.known, talk.rooms.by_name):
            return before.wants
        after = await _look(talk, station, asked, form)
        if after is None:
            return None
        if not confirm.is_news(before, after):
            return after.wants
        talk.paper.say("IT CHANGED while you read. This is what it is now:")
        _print_preview(talk, after)
        if after.blocked:
            talk.paper.say(f"it can't be sent as long as a check fails; {NOT_SENT}")
            return None


# --- the door ----------------------------------------------------------------------------------


async def _send(talk: Talk, station: Station, preview: Preview, typed: str, why: str) -> str:
    """Send, follow to the end, and return what the service refused of a single act."""
    talk.paper.say("sending ...")
    hush = station.watch.listen(each_tenth(talk.paper.say))
    try:
        deeds = await station.acts.do(preview, typed=typed, why=why)
    except StxError as error:
        talk.paper.say(f"not sent: {error}")
        return ""
    finally:
        hush()
    for deed in deeds:
        _say_deed(talk, deed)
    left = len(preview.rows) - len(deeds)
    if left > 0:
        talk.paper.say(f"the other {left} were left alone")
    for deed in deeds:
        if deed.is_open:
            await follow(talk, deed)
    refused = [deed.answer for deed in deeds if deed.outcome is Outcome.REFUSED]
    return refused[0] if len(deeds) == 1 and refused else ""


def _say_deed(talk: Talk, deed: Deed) -> None:
    words = f"deed {deed.number}  {deed.action} {deed.label}".rstrip()
    how = "sent and taken" if deed.outcome is Outcome.FOLLOWED else deed.outcome.value.upper()
    talk.paper.say("  ".join(filter(None, (words, how, deed.answer))))
