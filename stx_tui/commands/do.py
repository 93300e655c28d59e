"""``stx-tui do``: an act without a screen: the same preview, the same door, the same record."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from typing import Any, List, Mapping, Tuple

from pydantic import ValidationError

from backend.clean import clean
from backend.deed import Outcome
from backend.errors import Missing, Refused
from backend.kind import Action, Answer, Form, Kind, Risk
from backend.preview import Preview, secret_fields
from backend.station import Station
from stx_tui.commands.desk import (
    cloud_settings,
    leave,
    open_station,
    the_kind,
    the_row,
    trusting,
    with_password,
)
from stx_tui.commands.follow import follow

FAILED = 9
# Nothing was done: the service said no, or nobody was there to be told.
UNDONE = {Outcome.REFUSED: 6, Outcome.NEVER_SENT: 5}
DONE = (Outcome.DONE, Outcome.FOLLOWED)


def run(arguments: argparse.Namespace) -> int:
    """Preview, confirm, send, and follow to the real end."""
    return asyncio.run(_do(arguments))


async def _do(arguments: argparse.Namespace) -> int:
    kind = the_kind(arguments.kind)
    action = the_action(kind, arguments.action)
    form = the_form(action, arguments.fields)
    station = open_station(arguments, with_password(cloud_settings(arguments)))
    try:
        preview = await _preview(station, kind, action, form, tuple(arguments.name))
        print("\n".join(map(clean, preview_lines(preview))), file=sys.stderr)
        if arguments.dry_run:
            return 6 if preview.blocked else 0
        typed = _typed(arguments, preview)
        deeds = await station.acts.do(preview, typed=typed, why=arguments.why)
        for deed in deeds:
            said = (f"deed {deed.number}", deed.label, deed.outcome.value, deed.answer)
            print(clean("  ".join(said)).rstrip())
        last = deeds[-1]  # the first that fails stops
        if last.outcome not in DONE:
            return UNDONE.get(last.outcome, FAILED) if len(deeds) == 1 else FAILED
        if arguments.no_wait:
            return 0
        ends = [await follow(station, deed.number) for deed in deeds if deed.is_open]
        return 0 if all(end.outcome is Outcome.DONE for end in ends) else FAILED
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
    filled = dict(fields)
    for name in secret_fields(action.form):
        if filled.get(name) not in (None, "-"):
            raise Refused(
                f"--{name} would stand in the process list", f"give --{name} - to be asked"
            )
        if name in filled:
            filled[name] = getpass.getpass(f"{name}: ")
    try:
        return action.form.model_validate(filled)
    except ValidationError as error:
        faults = [
            f"--{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise Refused("; ".join(faults), f"fields: {', '.join(action.form.model_fields)}") from None


async def _preview(
    station: Station, kind: Kind[Any], action: Action[Any], form: Form, names: Tuple[str, ...]
) -> Preview:
    """Read what the action needs, find the rows, and return what would happen."""

    async def start() -> None:
        error = await station.start()
        if error is not None:
            raise error

    await trusting(station.lookout, start)
    if kind.parent is not None:
        await station.watch.read_now(kind.parent)
    await asyncio.gather(*(station.watch.read_now(name) for name in (kind.name, *kind.needs)))
    reading = station.watch.known.reading(kind.name)
    if reading.error is not None:
        raise reading.error
    rows = [the_row(kind, reading.rows, name) for name in names]
    if not rows and not action.on_kind:
        raise Missing(f"{action.name} what? name a {kind.singular}")
    first = rows[0] if rows else None
    if action not in station.acts.actions(kind, first):
        raise Refused(f"{action.name} makes no sense here")
    _hold_to_choices(form, action.choices(first, station.watch.known))
    # Whether the record can be written decides what must be typed: it has to have been tried.
    await station.store.written()
    if station.store.trouble is not None:
        await station.store.written()  # a damaged file was put aside, and a new one begun
        await station.remember()
    preview = station.acts.preview(kind, action, [kind.id(row) for row in rows], form)
    return await station.acts.ask_again(preview)


def _hold_to_choices(form: Form, choices: Mapping[str, Tuple[str, ...]]) -> None:
    """Refuse a value that is none of those there are, as the console's form would."""
    for name, allowed in choices.items():
        value = getattr(form, name, None)
        if value not in (None, "") and allowed and str(value) not in allowed:
            raise Refused(f"--{name}: {value!r} is none of {', '.join(allowed)}")


def preview_lines(preview: Preview) -> List[str]:
    """Return what a person reads before confirming, most important first."""
    known = preview.known
    lines = [f"{preview.title} ?   {clean(known.cloud)}   {preview.risk.name}"]
    if preview.blocked:
        lines[0] = f"CANNOT {preview.title}: {_reasons(len(preview.blocked))}"
    lines += [f"  stops  {clean(one.words)}" for one in preview.consequences]
    for answer in (Answer.NO, Answer.CANT_TELL):
        for reason in preview.reasons:
            if reason.answer is answer:
                said = ": ".join(filter(None, (reason.check, reason.words)))
                lines.append(f"  {answer.value:<5}  {clean(said)}")
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
