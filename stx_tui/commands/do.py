"""``stx-tui do``: an act without a screen: the same preview, the same door, the same record."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from typing import Any, List, Mapping, Sequence, Tuple

from backend.baseboard import Bmc
from backend.clean import clean
from backend.deed import Outcome
from backend.errors import Missing, Refused
from backend.forms import filled as filled_form
from backend.kind import Action, Answer, Form, Kind, Risk, Row
from backend.kinds import by_name
from backend.known import Known
from backend.preview import Preview, refused_field, secret_fields
from backend.rests import is_only_under, rests_on
from backend.station import Station
from stx_tui.commands.desk import (
    asks_cloud,
    begin,
    cloud_settings,
    leave,
    open_station,
    the_kind,
    the_kind_there,
    the_row,
    with_password,
)
from stx_tui.commands.edit import created, edited, read_text
from stx_tui.commands.follow import follow
from stx_tui.commands.get import chosen
from stx_tui.commands.held import hold, is_held
from stx_tui.panes.confirm import said
from stx_tui.panes.follow import each_tenth

FAILED = 9
# Nothing was done: the service said no, or nobody was there to be told.
UNDONE = {Outcome.REFUSED: 6, Outcome.NEVER_SENT: 5}
DONE = (Outcome.DONE, Outcome.FOLLOWED)


def run(arguments: argparse.Namespace) -> int:
    """Preview, confirm, send, and follow to the real end."""
    return asyncio.run(_do(arguments))


async def _do(arguments: argparse.Namespace) -> int:
    settings = cloud_settings(arguments)
    kind = the_kind_there(arguments.kind, settings)
    action = the_action(kind, arguments.action)
    fields = dict(arguments.fields)
    # What is made of a file goes on naming it; an edit is of the row.
    file = fields.get("file", "") if action.on_kind else fields.pop("file", "")
    text = read_text(file) if action.is_edit else ""
    form = the_form(action, fields)
    station = open_station(arguments, with_password(settings, kind))
    station.lookout.take(kind)
    try:
        names = tuple(arguments.name)
        preview = await _preview(station, kind, action, form, names, arguments.filter)
        if action.is_edit:
            from_text = created if action.on_kind else edited
            preview = await from_text(station, preview, text)
        print("\n".join(map(clean, preview_lines(preview))), file=sys.stderr)
        if arguments.dry_run:
            return 6 if preview.blocked else 0
        typed = _typed(arguments, preview)
        hush = station.watch.listen(each_tenth(lambda words: print(words, file=sys.stderr)))
        deeds = await station.acts.do(preview, typed=typed, why=arguments.why)
        hush()
        for deed in deeds:
            told = (f"deed {deed.number}", deed.label, deed.outcome.value, deed.answer)
            print(clean("  ".join(told)).rstrip(), flush=True)
        last = deeds[-1]  # the first that fails stops
        named = refused_field(preview, last.answer) if last.outcome is Outcome.REFUSED else ""
        if named:
            print(clean(f"--{named}: {last.answer}"), file=sys.stderr)
        if last.outcome in DONE and is_held(preview):
            await hold(station)
        if last.outcome not in DONE and len(deeds) == 1:
            return UNDONE.get(last.outcome, FAILED)
        # Done at once, any may have failed, and the others go on.
        is_done = all(deed.outcome in DONE for deed in deeds)
        if arguments.no_wait or not (is_done or action.at_once):
            return 0 if is_done else FAILED
        open_ = [deed for deed in deeds if deed.outcome is Outcome.FOLLOWED]
        ends = [await follow(station, deed.number) for deed in open_]
        return 0 if is_done and all(end.outcome is Outcome.DONE for end in ends) else FAILED
    finally:
        await leave(station)


def the_action(kind: Kind[Any], name: str) -> Action[Any]:
    """Return the action of that name; raises ``Missing`` with those there are."""
    action = kind.action(name)
    if action is None:
        there = ", ".join(one.name for one in kind.actions) or "none"
        raise Missing(f"{kind.name} have no action {name!r}", f"there are: {there}")
    return action


def the_form(action: Action[Any], fields: Mapping[str, str]) -> Form:
    """Return the filled form; raises ``Refused`` naming each field that is wrong.

    A secret is never taken from the command line, where everybody's process list shows it: given
    as ``-`` it is asked for.
    """
    texts = dict(fields)
    for name in secret_fields(action.form):
        if texts.get(name) not in (None, "-"):
            raise Refused(
                f"--{name} would stand in the process list", f"give --{name} - to be asked"
            )
        if name in texts:
            texts[name] = getpass.getpass(f"{name}: ")
    made = filled_form(action.form, texts)
    if isinstance(made, Form):
        return made
    faults = [f"--{name}: {words}" if name else words for name, words in made.items()]
    raise Refused("; ".join(faults), f"fields: {', '.join(action.form.model_fields)}")


async def _preview(
    station: Station,
    kind: Kind[Any],
    action: Action[Any],
    form: Form,
    names: Tuple[str, ...],
    shows: str = "",
) -> Preview:
    """Read what the action needs, find the rows, and return what would happen.

    ``shows`` is what the rows are to show, where they are not named: all that do are meant.
    """
    # A machine is there though no cloud is.
    await begin(station, needs_cloud=asks_cloud(kind))
    if kind.parent is not None:
        await station.watch.read_now(kind.parent)
    target = station.acts.target(kind, action)
    of = target if action.on_parent else kind
    needs = [name for name in of.needs if shows or not _is_of_one(name, of)]
    await asyncio.gather(*(station.watch.read_now(name) for name in (of.name, *needs)))
    reading = station.watch.known.reading(target.name)
    if reading.error is not None:
        raise reading.error
    rows = [_named(target, reading.rows, name, station.watch.known) for name in names]
    if shows:
        if names:
            raise Refused("either names, or --filter: not both")
        rows = list(chosen(target, reading, station.watch.known, (), shows))
        if not rows:
            raise Missing(f"no {target.singular} shows {shows!r}")
    if not rows and not action.on_kind:
        raise Missing(f"{action.name} what? name a {target.singular}")
    first = rows[0] if rows else None
    if action not in station.acts.actions(kind, first, under=action.on_parent):
        raise Refused(f"{action.name} makes no sense here")
    ids = [target.id(row) for row in rows]
    # What there is to choose from is told by what it needs.
    keys = rests_on(by_name(), kind, action, ids, station.watch.known)
    await asyncio.gather(*(station.watch.read_now(*key) for key in keys))
    _hold_to_choices(form, action.choices(first, station.watch.known))
    # Whether the record can be written decides what must be typed: it has to have been tried.
    await station.store.written()
    if station.store.trouble is not None:
        await station.store.written()  # a damaged file was put aside, and a new one begun
        await station.remember()
    return station.acts.preview(kind, action, ids, form)


def _is_of_one(name: str, kind: Kind[Any]) -> bool:
    """Whether each row's own baseboard tells of it: those named are asked, and no others."""
    needed = by_name().get(name)
    return needed is not None and isinstance(needed.read, Bmc) and is_only_under(needed, kind)


def _named(kind: Kind[Any], rows: Sequence[Row], name: str, known: Known) -> Row:
    """Return the row of that name or id; ``controller-0/eth0`` is the one under that parent.

    Names of children are their own only under one parent. Raises ``Missing`` and ``Refused``.
    """
    over, _sign, own = name.partition("/")
    if kind.parent and over and own:
        above = the_kind(kind.parent)
        parent = above.find(known.rows(above.name), over)
        if parent is not None:
            parent_id = above.id(parent)
            rows = [row for row in rows if row.parent_id(known) == parent_id]
            return the_row(kind, rows, own, known)
    return the_row(kind, rows, name, known)


def _hold_to_choices(form: Form, choices: Mapping[str, Tuple[str, ...]]) -> None:
    """Refuse a value that is none of those there are, as the console's form would."""
    for name, allowed in choices.items():
        value = getattr(form, name, None)
        given = value if isinstance(value, tuple) else (value,)
        for one in given:
            if one not in (None, "") and allowed and str(one) not in allowed:
                raise Refused(f"--{name}: {one!r} is none of {', '.join(allowed)}")


def preview_lines(preview: Preview) -> List[str]:
    """Return what a person reads before confirming, most important first."""
    known = preview.known
    lines = [f"{preview.title} ?   {clean(known.cloud)}   {preview.risk.name}"]
    if preview.blocked:
        lines[0] = f"CANNOT {preview.title}: {_reasons(len(preview.blocked))}"
    lines += [f"  with   {clean(words)}" for words in said(preview)]
    lines += [f"  stops  {clean(one.words)}" for one in preview.consequences]
    for answer in (Answer.NO, Answer.CANT_TELL):
        for reason in preview.reasons:
            if reason.answer is answer:
                words = ": ".join(filter(None, (reason.check, reason.words)))
                lines.append(f"  {answer.value:<5}  {clean(words)}")
    passed = sum(reason.answer is Answer.PASSES for reason in preview.reasons)
    lines.append(f"  ok     {passed} checks pass")
    lines += [f"  sends  {request}" for request in preview.requests]
    lines += [f"  as     {command}" for command in preview.commands]
    if preview.ends_session:
        lines.append("  THIS MACHINE GOES DOWN, and this session with it")
    return lines


def _reasons(count: int) -> str:
    return "1 reason" if count == 1 else f"{count} reasons"


def _typed(arguments: argparse.Namespace, preview: Preview) -> str:
    """Return what was typed to confirm, on the command line or at the prompt."""
    if preview.blocked or not preview.wants:
        return preview.wants
    if arguments.yes and preview.risk is Risk.DISRUPTIVE:
        return preview.wants
    if arguments.confirm is not None:
        return str(arguments.confirm)
    if not sys.stdin.isatty():
        raise Refused(
            f"not confirmed: it is {preview.risk.name}",
            "--yes" if preview.risk is Risk.DISRUPTIVE else f"--confirm '{preview.wants}'",
        )
    print(f"type {clean(preview.wants)} to do it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n")
