"""Bad input and bad days at the command line and through the whole wire.

What is tested where (S: tests/backend/sources, R: tests/backend/store, T: tests/tui):

==============================================  ================================================
wrong password                                  here; S/test_keystone; peers/test_keystone (real)
token expired in mid-session                    here; S/test_rest; peers/test_keystone (real)
catalogue without a service                     here; S/test_keystone; peers/test_keystone (real)
401, 403, 404, user's error as 500, 503 HTML    test_replay; S/test_refusals
no JSON, truncated, missing, extra field        here; S/test_bodies
a mistyped field, each in turn                  test_replay
a list of 20,000                                here; S/test_bodies
names with escapes, markup, bidi, 10 kB         test_bad_names; test_render; T/test_confirm
self-signed certificate, a changed one          test_bad_certificates; S/test_tls
connection refused                              here; S/test_rest
accepts and never answers                       here; S/test_rest
floating address that moves in mid-poll         here; S/test_rest
a clock an hour off                             here; S/test_keystone
damaged, locked, read-only, full store          test_bad_records; R/test_bad_days
kill -9                                         test_kill; R/test_deeds
clouds.yaml with a mistake, open secrets file   here; backend/test_settings
a host that vanishes or is renumbered           here (the door); T/test_confirm (the dialog)
==============================================  ================================================
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from backend.errors import Malformed, Refused, Unauthorized, Unreachable
from backend.kind import Nothing, Rest
from backend.kinds import kind_named
from backend.lookout import Lookout
from backend.preview import Preview
from backend.sources import wire
from backend.sources.tls import Pins
from backend.station import Station
from backend.units import HOUR_MS
from tests.backend.sources.loopback import Reply
from tests.peers.replay import NOW_MS, Replay, listed, replaying, rows_of
from tests.program import run
from tests.test_replay import LAPTOP, looking, opened, target

HOSTS, ALARMS = kind_named("hosts"), kind_named("alarms")
assert HOSTS is not None
assert ALARMS is not None
C1 = "11111111-1111-4111-8111-000000000002"
GET_HOSTS = "GET /sysinv/v1/ihosts"
LOGIN = "POST /identity/v3/auth/tokens"


# --- who we are ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ("get", "hosts"),
        ("get", "alarms"),
        ("sweep",),
        ("show", "host", "controller-0"),
        ("do", "host", "lock", "controller-1", "--yes"),
    ],
    ids=" ".join,
)
async def test_a_wrong_password_is_said_with_exit_4_and_never_tried_twice(
    argv: Any, tmp_path: Path
) -> None:
    async with replaying(Replay(password="another")) as replay:
        ran = await run(tmp_path, *argv, env=replay.env())
    assert (ran.code, ran.out) == (4, "")
    assert "The request you have made requires authentication. (admin in admin)" in ran.err
    assert "check user, project and password" in ran.err
    assert replay.logins == 1
    assert replay.asked == []
    assert "s3cret-word" not in ran.said


async def test_a_wrong_password_is_not_tried_at_every_poll_of_a_console(tmp_path: Path) -> None:
    async with looking(tmp_path, Replay(password="another")) as (lookout, replay):
        for _ in range(3):
            reading = await lookout.read(HOSTS)
            assert isinstance(reading.error, Unauthorized)
        assert replay.logins == 1


async def test_a_token_expired_in_mid_session_is_renewed_once_and_silently(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with looking(tmp_path) as (lookout, replay):
        assert (await lookout.read(ALARMS)).error is None
        replay.refused.append("token-1")
        asked = [n for n, kind in lookout.kinds.items() if isinstance(kind.read, Rest)]
        readings = await asyncio.gather(*(lookout.watch.read_now(n) for n in asked))
        assert {
            reading.error for reading in readings if not lookout.kinds[reading.kind].parent
        } == {None}
        assert replay.logins == 2
    assert [one for one in caplog.records if "token" in one.message] == []


async def test_a_catalogue_without_fault_management_says_so_and_the_rest_is_shown(
    tmp_path: Path,
) -> None:
    async with replaying(Replay(without=("fm",))) as replay:
        alarms = await run(tmp_path, "get", "alarms", env=replay.env())
        hosts = await run(tmp_path, "get", "hosts", env=replay.env())
    assert alarms.code == 3
    assert "has no fm" in alarms.err
    assert "it has " in alarms.err
    assert "sysinv" in alarms.err
    assert (hosts.code, "storage-0" in hosts.out) == (0, True)


# --- what they answer ----------------------------------------------------------------------------

BODIES: Dict[str, Callable[[bytes], bytes]] = {
    "no JSON": lambda _: b"<html>it works!</html>",
    "nothing": lambda _: b"",
    "truncated": lambda whole: whole[: len(whole) // 2],
    "another envelope": lambda _: b'{"hosts": []}',
    "a text": lambda _: b'"ok"',
}


@pytest.mark.parametrize("how", BODIES)
async def test_no_json_and_truncated_json_are_said_and_the_last_rows_stand(
    how: str, tmp_path: Path
) -> None:
    async with looking(tmp_path) as (lookout, replay):
        whole = listed("ihosts", rows_of("/sysinv/v1/ihosts", "ihosts")).body
        assert len((await lookout.read(HOSTS)).rows) == 5
        replay.instead[GET_HOSTS] = Reply(BODIES[how](whole))
        reading = await lookout.read(HOSTS)
        assert isinstance(reading.error, Malformed)
        assert len(reading.rows) == 5
        del replay.instead[GET_HOSTS]
        assert (await lookout.read(HOSTS)).error is None


@pytest.mark.parametrize("how", ["no JSON", "truncated", "nothing"])
async def test_no_json_and_truncated_json_fail_get_in_words(how: str, tmp_path: Path) -> None:
    async with replaying() as replay:
        whole = listed("networks", rows_of("/sysinv/v1/networks", "networks")).body
        replay.instead["GET /sysinv/v1/networks"] = Reply(BODIES[how](whole))
        ran = await run(tmp_path, "get", "networks", env=replay.env())
    assert ran.out == ""
    assert "$" in ran.err
    assert "Traceback" not in ran.err
    assert ran.code == 11


async def test_a_missing_field_names_the_row_and_an_extra_one_is_kept(tmp_path: Path) -> None:
    rows = rows_of("/sysinv/v1/ihosts", "ihosts")
    less = {key: value for key, value in rows[1].items() if key != "availability"}
    more = {**rows[2], "quantum_state": "both"}
    async with replaying() as replay:
        replay.instead[GET_HOSTS] = listed("ihosts", [rows[0], less, more, *rows[3:]])
        ran = await run(tmp_path, "get", "hosts", "-o", "json", env=replay.env())
    found = json.loads(ran.out)
    assert len(found) == 4
    assert [row.get("quantum_state") for row in found].count("both") == 1
    assert "hosts: 1.availability: Field required" in ran.err


async def test_a_list_of_20_000_is_read_shown_and_filtered(tmp_path: Path) -> None:
    (first, *_) = rows_of("/fm/v1/alarms?expand=True&include_suppress=True", "alarms")
    rows = [{**first, "uuid": f"alarm-{n}", "reason_text": f"the {n}th"} for n in range(20_000)]
    async with replaying() as replay:
        replay.instead["GET /fm/v1/alarms"] = listed("alarms", rows)
        whole = await run(tmp_path, "get", "alarms", env=replay.env())
        one = await run(tmp_path, "get", "alarms", "--filter", "the 19999th", env=replay.env())
    assert (whole.code, whole.err) == (0, "")
    assert len(whole.out.splitlines()) == 20_001
    assert len(one.out.splitlines()) == 2


# --- nobody there --------------------------------------------------------------------------------


async def test_connection_refused_is_answered_from_the_record_with_its_age_and_exit_5(
    tmp_path: Path,
) -> None:
    async with replaying() as replay:
        env = replay.env()
        assert (await run(tmp_path, "get", "hosts", "--record", env=env)).code == 0
    hosts = await run(tmp_path, "get", "hosts", env=env)
    labels = await run(tmp_path, "get", "labels", env=env)
    shown = await run(tmp_path, "show", "host", "controller-1", env=env)
    act = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=env)
    offline = await run(tmp_path, "get", "hosts", "--offline", env=env)
    names = ("controller-0", "controller-1", "worker-0", "worker-1", "storage-0")
    assert hosts.code == 5
    assert all(name in hosts.out for name in names)
    assert "connection refused" in hosts.err
    assert "ago, and may have changed" in hosts.err
    # Of what nobody recorded, no empty list is shown.
    assert (labels.code, labels.out) == (5, "")
    assert "connection refused" in labels.err
    assert (shown.code, "controller-1" in shown.out) == (5, True)
    assert (act.code, act.out) == (5, "")
    assert (offline.code, offline.err) == (0, "")


async def test_a_service_that_accepts_and_never_answers_is_given_up_at_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looking(tmp_path) as (lookout, replay):
        assert (await lookout.read(HOSTS)).error is None
        sysinv = lookout.cloud.catalogue._service("sysinv")
        assert sysinv._wire.whole_s == wire.WHOLE_S == 30.0
        sysinv._wire.whole_s = 0.5
        replay.instead[GET_HOSTS] = Reply(hang=True)
        began = time.monotonic()
        reading = await lookout.read(HOSTS)
        assert time.monotonic() - began < 5
        assert isinstance(reading.error, Unreachable)
        assert "had not answered after 0.5 s" in str(reading.error)
        assert len(reading.rows) == 5
        # Nobody else waits for it.
        assert lookout.watch.known.reading("alarms").error is None


async def test_the_floating_address_moving_in_mid_poll_costs_no_reading(tmp_path: Path) -> None:
    first, second = Replay(), Replay()
    async with replaying(first) as one:
        assert one.server is not None
        port = one.server.port
        lookout = Lookout(
            one.settings(), place=LAPTOP, now_ms=lambda: NOW_MS, pins=Pins(tmp_path / "pins")
        )
        assert (await lookout.read(HOSTS)).error is None
    # The other controller answers at the same address; what was kept leads nowhere.
    second.logins = 1
    second.refused.append("token-1")
    async with replaying(second, port=port):
        reading = await lookout.read(HOSTS)
        assert reading.error is None
        assert len(reading.rows) == 5
        assert (second.logins, first.logins) == (2, 1)
        await lookout.close()


@pytest.mark.parametrize("off_ms", [HOUR_MS, -HOUR_MS])
async def test_a_clock_an_hour_off_shows_ages_by_the_services_own_date(
    off_ms: int, tmp_path: Path
) -> None:
    async with replaying() as replay:
        lookout = Lookout(
            replay.settings(),
            place=LAPTOP,
            now_ms=lambda: NOW_MS + off_ms,
            pins=Pins(tmp_path / "pins.json"),
        )
        await lookout.read(ALARMS)
        known = lookout.watch.known
        ages = [column for column in ALARMS.columns if column.heading == "FOR"]
        shown = [str(ages[0].cell(row, known)) for row in known.rows("alarms")]
        assert known.now_ms == NOW_MS
        assert replay.logins == 1
        await lookout.close()
    golden = (Path(__file__).parent / "golden" / "alarms.txt").read_text(encoding="utf-8")
    assert sorted(shown) == sorted(
        age for age in shown if f" {age} " in golden or f" {age.strip()} " in golden
    )
    assert all(age.startswith(("1h", "2h")) for age in shown)


# --- settings ------------------------------------------------------------------------------------


def clouds_yaml(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / ".config" / "stx-tui" / "clouds.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


GOOD = """\
clouds:
  site-7:
    auth:
      auth_url: http://127.0.0.1:9/v3
      username: admin
      password: s3cret-word
      project_name: admin
"""


async def test_clouds_yaml_with_a_mistake_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    path = clouds_yaml(tmp_path, GOOD + "    colour: pink\n")
    for argv in (("get", "hosts"), ("history",), ("doctor",), ("--plain",)):
        ran = await run(tmp_path, *argv)
        assert ran.code == 3
        assert f"{path}:8: " in ran.err
        assert "colour" in ran.err
        assert "Traceback" not in ran.err


async def test_clouds_yaml_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = clouds_yaml(tmp_path, GOOD + "   broken: [1\n")
    ran = await run(tmp_path, "get", "hosts")
    assert ran.code == 3
    assert f"{path}:" in ran.err
    assert "Traceback" not in ran.err


async def test_a_secrets_file_that_others_can_read_is_refused_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    async with replaying() as replay:
        held = tmp_path / "password"
        held.write_text("s3cret-word\n")
        held.chmod(0o644)
        text = GOOD.replace("password: s3cret-word", f"password_file: {held}")
        clouds_yaml(tmp_path, text.replace("http://127.0.0.1:9/v3", replay.auth_url))
        ran = await run(tmp_path, "get", "hosts")
        assert replay.logins == 0
        held.chmod(0o600)
        well = await run(tmp_path, "get", "hosts")
    assert ran.code == 3
    assert str(held) in ran.err
    assert f"chmod 600 {held}" in ran.err
    assert "s3cret-word" not in ran.said
    assert well.code == 0


async def test_no_settings_at_all_say_what_to_do_in_three_lines(tmp_path: Path) -> None:
    ran = await run(tmp_path, "get", "hosts")
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 3
    assert "stx-tui demo" in ran.err


# --- a host that is not the one any more ---------------------------------------------------------


def other(change: str) -> List[Dict[str, Any]]:
    """Return the recorded hosts after controller-1 vanished, or was renumbered or renamed."""
    rows = rows_of("/sysinv/v1/ihosts", "ihosts")
    if change == "vanished":
        return [row for row in rows if row["uuid"] != C1]
    values = {"renumbered": {"uuid": C1.replace("2", "7")}, "renamed": {"hostname": "controller-9"}}
    return [{**row, **values[change]} if row["uuid"] == C1 else row for row in rows]


async def refusal(station: Station, preview: Preview, *, is_asked_again: bool) -> str:
    """Do what was previewed, and return why it is refused."""
    try:
        if is_asked_again:
            await station.acts.ask_again(preview)
        await station.acts.do(preview, typed=preview.wants, why="")
    except Refused as error:
        return str(error)
    raise AssertionError("it was done")


@pytest.mark.parametrize("change", ["vanished", "renumbered", "renamed"])
@pytest.mark.parametrize("is_asked_again", [True, False])
async def test_a_host_that_vanishes_or_is_renumbered_while_its_dialog_is_open_is_not_acted_on(
    change: str, is_asked_again: bool, tmp_path: Path
) -> None:
    async with replaying() as replay:
        station = await opened(tmp_path, replay)
        try:
            action = HOSTS.action("lock")
            assert action is not None
            for name in dict.fromkeys(("hosts", *HOSTS.needs, *action.needs)):
                await station.watch.read_now(name)
            preview = station.acts.preview(HOSTS, action, [C1], Nothing())
            assert preview.title == "LOCK controller-1"
            replay.instead[GET_HOSTS] = listed("ihosts", other(change))
            await station.watch.read_now("hosts")
            said = await refusal(station, preview, is_asked_again=is_asked_again)
            assert station.watch.known.memory.deeds == ()
        finally:
            await station.close()
        assert replay.sent == []
    words = "not what was shown" if change == "renamed" else "is not there any more"
    assert words in said


def test_every_kind_is_asked_where_the_replay_serves_it() -> None:
    assert isinstance(HOSTS.read, Rest)
    assert f"GET {target(HOSTS)}" == GET_HOSTS
