"""Names from outside on the command line: escape sequences, markup, bidi marks, 10 kB.

Whatever a service calls a thing, no byte that a terminal would obey reaches standard output or
standard error, and the program goes on. (Screens: tests/tui; the printers alone: test_render.)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.clean import clean
from backend.figure import Jump
from backend.kind import Kind, Rest
from backend.render import rows_text
from backend.station import Station
from stx_tui.commands.show import lines_of
from tests.backend.kinds.invented import INVENTED
from tests.backend.sources.loopback import Reply
from tests.peers.replay import NOW_MS, Replay, listed, replaying, rows_of
from tests.program import Ran, run
from tests.test_replay import ASKED, LAPTOP, looking, opened, parents, target

NASTY = (
    "\x1b[2J\x1b]0;owned\x07\x9b31m[bold red]x[/] \u202egpj.exe\u2066\u200b\x7f\r\nsecond line\t"
)
LONG = NASTY + "x" * 10_000
WORKER = "11111111-1111-4111-8111-000000000003"


def is_safe(text: str) -> bool:
    return all(line == clean(line) for line in text.split("\n"))


def assert_safe(ran: Ran) -> None:
    assert "Traceback" not in ran.err
    assert b"\x1b" not in ran.raw
    assert not {byte for byte in ran.raw if byte < 32} - {10}
    assert is_safe(ran.said), ran.said[:2000]


def spoilt(body: Dict[str, Any], keep: str, text: str = NASTY) -> Dict[str, Any]:
    """Return a row with ``text`` for each text in it, but for its id and instants."""
    kept = {"uuid", "ihost_uuid", "timestamp", "administrative", "operational", keep}
    return {
        key: value if key in kept or not isinstance(value, str) or value.isdigit() else text
        for key, value in body.items()
    }


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.name)
async def test_names_with_escapes_markup_and_bidi_marks_are_only_text_in_get_and_show(
    kind: Kind[Any], tmp_path: Path
) -> None:
    assert isinstance(kind.read, Rest)
    parent = parents(kind)[-1]
    rows = rows_of(target(kind, parents(kind)[0]), kind.read.items)
    rows = rows or [dict(INVENTED[kind.name])]
    async with looking(tmp_path) as (lookout, replay):
        asked = f"GET {target(kind, parent)}"
        replay.instead[asked] = listed(kind.read.items, [spoilt(row, "") for row in rows[:1]])
        reading = await lookout.read(kind, parent)
        assert (reading.error, reading.malformed) == (None, ())
        known = lookout.watch.known
    for output in ("table", "wide", "csv", "json", "yaml"):
        text = rows_text(kind, reading.rows, known, output)
        assert is_safe(text), (output, text[:500])
    for line in lines_of(kind, reading.rows[0], known, 79):
        assert line == clean(line), line


def hostile() -> Replay:
    """The recorded system with a worker, an alarm of it and a label all called terrible things."""
    replay = Replay()
    hosts = rows_of("/sysinv/v1/ihosts", "ihosts")
    hosts = [{**row, "hostname": LONG} if row["uuid"] == WORKER else row for row in hosts]
    alarms = rows_of("/fm/v1/alarms?expand=True&include_suppress=True", "alarms")
    bad = {
        "entity_instance_id": f"host={LONG}.filesystem={NASTY}",
        "reason_text": LONG,
        "proposed_repair_action": NASTY,
    }
    replay.instead["GET /sysinv/v1/ihosts"] = listed("ihosts", hosts)
    replay.instead["GET /fm/v1/alarms"] = listed("alarms", [{**alarms[0], **bad}, *alarms[1:]])
    return replay


COMMANDS: List[List[str]] = [
    ["get", "hosts"],
    ["get", "hosts", "-o", "wide"],
    ["get", "alarms", "-o", "csv"],
    ["get", "alarms", "-o", "yaml"],
    ["show", "host", WORKER],
    ["show", "host", WORKER, "-o", "json"],
    ["show", "host", NASTY],
    ["get", NASTY],
    ["get", "hosts", NASTY],
    ["do", "host", NASTY, WORKER],
    ["do", "host", "lock", NASTY],
    ["do", "host", "lock", WORKER, "--dry-run", "--why", NASTY],
    ["do", "host", "lock", WORKER, "--no-such-field", NASTY],
    ["do", "host", "lock", WORKER],
    ["follow", NASTY],
    ["history", "--since", NASTY],
    ["sweep"],
    ["doctor"],
    ["--plain"],
]


@pytest.mark.parametrize(
    "argv", COMMANDS, ids=lambda argv: " ".join(argv)[:40].encode("unicode_escape").decode()
)
async def test_no_command_prints_a_byte_that_a_terminal_would_obey(
    argv: List[str], tmp_path: Path
) -> None:
    async with replaying(hostile()) as replay:
        ran = await run(tmp_path, *argv, env=replay.env())
    assert_safe(ran)
    assert replay.sent == []


async def test_a_terrible_name_is_locked_and_found_in_the_history_as_text(tmp_path: Path) -> None:
    replay = hostile()
    replay.instead[f"PATCH /sysinv/v1/ihosts/{WORKER}"] = Reply(
        json.dumps({"error_message": json.dumps({"faultstring": LONG})}).encode(), status=400
    )
    async with replaying(replay):
        done = await run(
            tmp_path,
            "do",
            "host",
            "lock",
            WORKER,
            # Longer than anybody types: its id is wanted in its place.
            "--confirm",
            WORKER,
            "--why",
            NASTY,
            env=replay.env(),
        )
        told = await run(tmp_path, "history", "--since", "36500d", env=replay.env())
        csv = await run(tmp_path, "history", "--since", "36500d", "-o", "csv", env=replay.env())
    assert len(replay.sent) == 1, done.said[:2000]
    assert done.code == 6
    for ran in (done, told, csv):
        assert_safe(ran)
        assert "gpj.exe" in ran.said


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_a_refusal_with_escapes_in_its_words_is_only_text(
    status: int, tmp_path: Path
) -> None:
    async with replaying() as replay:
        inner = json.dumps({"faultstring": LONG})
        body = json.dumps({"error_message": inner}).encode()
        replay.instead["GET /sysinv/v1/networks"] = Reply(body, status=status)
        ran = await run(tmp_path, "get", "networks", env=replay.env())
    assert ran.code != 0
    assert "gpj.exe" in ran.err
    assert_safe(ran)


async def test_a_mistyped_field_with_escapes_is_told_as_text(tmp_path: Path) -> None:
    async with replaying() as replay:
        rows = rows_of("/sysinv/v1/networks", "networks")
        replay.instead["GET /sysinv/v1/networks"] = listed(
            "networks", [{**rows[0], "name": [NASTY]}, *rows[1:]]
        )
        ran = await run(tmp_path, "get", "networks", env=replay.env())
    assert "networks: 0.name:" in ran.err
    assert rows[1]["name"] in ran.out
    assert_safe(ran)


async def test_a_catalogue_with_escapes_in_it_is_told_as_text(tmp_path: Path) -> None:
    async with replaying() as replay:

        def login(asked: Any) -> Reply:
            reply = replay._login(asked)
            body = json.loads(reply.body)
            body["token"]["catalog"] = [
                {
                    "name": NASTY,
                    "type": NASTY,
                    "endpoints": [{"interface": NASTY, "region": NASTY, "url": NASTY}],
                }
            ]
            reply.body = json.dumps(body).encode()
            return reply

        replay.instead["POST /identity/v3/auth/tokens"] = login
        ran = await run(tmp_path, "get", "hosts", env=replay.env())
    assert ran.code == 3
    assert_safe(ran)


async def test_the_console_shows_terrible_names_as_text(tmp_path: Path) -> None:
    from stx_tui.app import StxApp
    from tests.tui.things import screen_text, until

    async with replaying(hostile()) as replay:

        async def opener() -> Station:
            return await opened(tmp_path, replay)

        app = StxApp(None, opener, now_ms=lambda: NOW_MS, place=LAPTOP)
        async with app.run_test(size=(80, 24)) as pilot:
            for words in ("hosts", "alarms", "events"):
                await pilot.press("colon", *words, "enter")
                await until(pilot, lambda name=words: app.known.has(name))
                await pilot.pause(0.2)
                assert all(line == clean(line) for line in screen_text(app))
            await pilot.press("colon", *"hosts", "enter")
            await until(pilot, lambda: "gpj.exe" in "".join(screen_text(app)))
            app.open(Jump(kind="hosts", id=WORKER))
            await pilot.pause(0.3)
            assert "owned" in "".join(screen_text(app))
            assert all(line == clean(line) for line in screen_text(app))
