"""The recorded real system through the real wire: what each kind, the command line, the console
and every refusal show of it.

``WRITE_GOLDEN=1 pytest tests/test_replay.py`` writes the golden tables anew.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple, get_origin
from urllib.parse import urlencode

import pytest

from backend.clean import clean
from backend.errors import (
    Forbidden,
    Malformed,
    NotConfigured,
    NotFound,
    Rejected,
    StxError,
    Unauthorized,
)
from backend.kind import Ceph, Kind, Reach, Rest
from backend.kinds import area_of, every_kind, kind_named
from backend.kinds.hardware import HARDWARE
from backend.lookout import Lookout
from backend.place import Place
from backend.registry import Registry
from backend.render import rows_text
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from tests.backend.kinds.invented import INVENTED
from tests.backend.sources.loopback import Reply
from tests.peers.replay import (
    NOW_MS,
    Replay,
    let_it_lock,
    listed,
    recorded,
    replaying,
    rows_of,
    ticking,
)
from tests.program import run

GOLDEN = Path(__file__).parent / "golden"
LAPTOP = Place(hostname="laptop", user="admin", terminal="pts/0")

# Hosts of which the kinds that answer under one host alone were recorded.
HOSTS = {f"11111111-1111-4111-8111-00000000000{n}": n for n in (1, 3, 5)}
# What the recorded system had none of, and why: its table is only headings.
EMPTY = {
    "kube-upgrade": "no upgrade of Kubernetes was under way",
    "kube-rootca-updates": "no update of Kubernetes' root CA was under way",
    "sdn-controllers": "it had no SDN controller",
    "device-labels": "no device had a label",
    "device-image-states": "no image was on a device",
    "replacements": "nothing was being replaced",
}

# What a machine's own programs and baseboards tell was never asked of the recorded services.
RECORDED = tuple(
    kind
    for kind in every_kind()
    if area_of(kind).name not in ("ground", "hardware", "kubernetes")
    and not isinstance(kind.read, (Ceph, Registry))
    # Told by files that a site carries in.
    and kind.name not in ("cves", "cve-files")
    # Asked by the name of an application: of the recorded ones nobody asked.
    and not (isinstance(kind.read, Rest) and kind.read.mine)
)
each = pytest.mark.parametrize("kind", RECORDED, ids=lambda kind: kind.name)
# What services are asked for; the others are worked out of these, or said with the token.
ASKED = tuple(kind for kind in RECORDED if isinstance(kind.read, Rest))
each_asked = pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.name)


def target(kind: Kind[Any], parent: str = "") -> str:
    """Return where a kind is asked, as the replay serves it."""
    assert isinstance(kind.read, Rest)
    query = f"?{urlencode(kind.read.query)}" if kind.read.query else ""
    path = kind.read.under if parent and kind.read.under else kind.read.path
    version = "" if kind.read.service == "vim" else "/v1"
    return f"/{kind.read.service}{version}{path.format(parent=parent)}{query}"


def its_rows(kind: Kind[Any], parent: str = "") -> List[Dict[str, Any]]:
    """Return what was recorded of a kind, under that parent."""
    assert isinstance(kind.read, Rest)
    return rows_of(target(kind, parent), kind.read.items, kind.read.named)


def parents(kind: Kind[Any]) -> Tuple[str, ...]:
    return tuple(HOSTS) if kind.reach is Reach.PER_PARENT else ("",)


@asynccontextmanager
async def looking(path: Path, replay: Optional[Replay] = None) -> AsyncIterator[Tuple[Any, Any]]:
    """A lookout on the replay, with a clock that stands."""
    async with replaying(replay) as served:
        lookout = Lookout(
            served.settings(),
            place=LAPTOP,
            now_ms=lambda: NOW_MS,
            pins=Pins(path / "pins.json"),
        )
        try:
            yield lookout, served
        finally:
            await lookout.close()


async def opened(path: Path, replay: Replay, **more: Any) -> Station:
    """Return a station on the replay, started, with its record in ``path``."""
    now_ms = more.pop("now_ms", lambda: NOW_MS)
    station = Station(
        replay.settings(),
        store=Store(path / "record.db", now_ms=now_ms, kinds=every_kind()),
        place=more.pop("place", LAPTOP),
        now_ms=now_ms,
        pins=Pins(path / "pins.json"),
    )
    await station.start()
    return station


def test_every_kind_has_its_recorded_answer_or_a_reason_why_not() -> None:
    for kind in ASKED:
        assert isinstance(kind.read, Rest)
        rows = [its_rows(kind, of) for of in parents(kind)]
        assert bool(any(rows)) == (kind.name not in EMPTY), kind.name


@each
async def test_what_its_sample_shows_is_the_golden_table(kind: Kind[Any], tmp_path: Path) -> None:
    shown: List[str] = []
    async with looking(tmp_path) as (lookout, _):
        for parent in parents(kind):
            reading = await lookout.read(kind, parent)
            assert reading.error is None
            assert reading.malformed == ()
            known = lookout.watch.known
            # What answers under one host alone was not recorded of every host.
            whole = [n for n in kind.needs if kind_named(n).reach is Reach.ALL]  # type: ignore[union-attr]
            errors = [known.reading(name).error for name in whole]
            # Of what is not configured nothing was recorded.
            assert [e for e in errors if e and not isinstance(e, NotConfigured)] == []
            order = kind.sort
            rows = (
                sorted(reading.rows, key=lambda row: order(row, known)) if order else reading.rows
            )
            shown.append(rows_text(kind, rows, known, "wide", wide=True))
    found = "\n".join(shown)
    golden = GOLDEN / f"{kind.name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert all(line == clean(line) for line in found.splitlines())


@each
async def test_under_one_host_are_just_the_rows_that_the_whole_has_of_it(
    kind: Kind[Any], tmp_path: Path
) -> None:
    if not (isinstance(kind.read, Rest) and kind.read.under):
        return
    async with looking(tmp_path) as (lookout, replay):
        whole = await lookout.read(kind)
        for parent in HOSTS:
            part = await lookout.watch.read_now(kind.name, parent)
            assert part.error is None
            assert set(part.by_id) <= set(whole.by_id)
            # Some rows do not say whose they are.
            others = [row for row in part.rows if getattr(row, "host_uuid", "") not in ("", parent)]
            assert others == []
            mine = {i for i, row in whole.by_id.items() if getattr(row, "host_uuid", "") == parent}
            assert mine <= set(part.by_id)
            assert replay.asked[-1] == ("GET", target(kind, parent))


def test_there_is_no_golden_table_of_a_kind_that_is_not() -> None:
    shown = (*RECORDED, *HARDWARE.kinds)
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {kind.name for kind in shown}


# --- each field mistyped in turn -----------------------------------------------------------------


def wrong(kind: Kind[Any], field: str) -> Any:
    """Return what no field of that type is."""
    said = str(kind.model.model_fields[field].annotation)
    is_object = "Dict" in said or get_origin(kind.model.model_fields[field].annotation) is dict
    return "no object" if is_object else {"not": ["what", "was", "said"]}


@each_asked
async def test_each_mistyped_field_is_named_and_other_rows_stand(
    kind: Kind[Any], tmp_path: Path
) -> None:
    assert isinstance(kind.read, Rest)
    parent = parents(kind)[0]
    rows = next((found for of in parents(kind) if (found := its_rows(kind, of))), [])
    rows = [dict(INVENTED[kind.name])] if kind.name in EMPTY else rows
    async with looking(tmp_path) as (lookout, replay):
        # The recorded rows of one host stand in for those of any.
        asked = f"GET {target(kind, parent)}"
        for name, info in kind.model.model_fields.items():
            if name == kind.read.named:
                continue  # the name of a row is a key, and no key is mistyped
            field = info.alias or name
            bad = [{**rows[0], field: wrong(kind, name)}, *rows[1:]]
            replay.instead[asked] = listed(kind.read.items, bad, kind.read.named)
            reading = await lookout.watch.read_now(kind.name, parent)
            assert reading.error is None
            (fault,) = reading.malformed
            assert isinstance(fault, Malformed)
            # Of a field that is a part with fields of its own, the first of those is named.
            assert fault.kind == kind.name
            assert fault.path.startswith(f"0.{field}")
            assert len(reading.rows) == len(rows) - 1
        del replay.instead[asked]


async def test_a_mistyped_field_under_one_host_is_named_in_the_whole_too(tmp_path: Path) -> None:
    kind = kind_named("labels")
    assert kind is not None
    first, *_ = HOSTS
    rows = rows_of(target(kind, first), "labels")
    async with looking(tmp_path) as (lookout, replay):
        for number in (2, 4):
            uuid = f"11111111-1111-4111-8111-00000000000{number}"
            replay.instead[f"GET {target(kind, uuid)}"] = listed("labels", [])
        bad = [{**rows[0], "label_key": 7}, *rows[1:]]
        replay.instead[f"GET {target(kind, first)}"] = listed("labels", bad)
        reading = await lookout.read(kind)
        assert reading.error is None
        assert [fault.path for fault in reading.malformed] == ["0.label_key"]
        again = await lookout.read(kind)
        assert len(again.malformed) == 1


# --- on the command line and on the screen -------------------------------------------------------


async def test_get_as_a_process_shows_five_hosts_and_nine_alarms(tmp_path: Path) -> None:
    async with replaying() as replay:
        hosts = await run(tmp_path, "get", "hosts", env=replay.env())
        alarms = await run(tmp_path, "get", "alarms", "-o", "json", env=replay.env())
    assert (hosts.code, hosts.err, alarms.code, alarms.err) == (0, "", 0, "")
    names = ["controller-0", "controller-1", "storage-0", "worker-0", "worker-1"]
    assert sorted(name for name in names if name in hosts.out) == names
    assert alarms.out.count('"alarm_id"') == 9
    assert all(method == "GET" for method, _ in replay.asked)


async def test_the_console_shows_five_hosts_and_nine_alarms(tmp_path: Path) -> None:
    from stx_tui.app import StxApp
    from tests.tui.things import screen_text, until

    async with replaying() as replay:

        async def opener() -> Station:
            return await opened(tmp_path, replay)

        app = StxApp(None, opener, now_ms=lambda: NOW_MS, place=LAPTOP)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.known.has("hosts") and app.known.has("alarms"))
            await until(pilot, lambda: "storage-0" in "\n".join(screen_text(app)))
            text = "\n".join(screen_text(app))
            for name in ("controller-0", "controller-1", "worker-0", "worker-1", "storage-0"):
                assert name in text
            await pilot.press("colon", *"alarms", "enter")
            await until(pilot, lambda: "9 ACTIVE" in "\n".join(screen_text(app)))
            assert len(app.known.rows("alarms")) == 9
            assert len(app.known.rows("hosts")) == 5


async def test_the_recorded_lock_is_followed_to_its_end(tmp_path: Path) -> None:
    async with replaying(ticking()) as replay:
        let_it_lock(replay)
        ran = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=replay.env())
        assert len(replay.sent) == 1
    assert ran.code == 0, ran.said
    assert ran.out.count("  ok  ") == 4
    assert ran.out.splitlines()[-1].startswith("done after ")


# --- what the services say when they say no ------------------------------------------------------

WORDS_503 = "The server is currently unavailable. Please try again at a later time."
HTML_503 = Reply(
    f"""<html>
 <head>
  <title>503 Service Unavailable</title>
 </head>
 <body>
  <h1>503 Service Unavailable</h1>
  {WORDS_503}<br /><br />\n\n\n
 </body>
</html>""".encode(),
    status=503,
    headers={"Content-Type": "text/html; charset=UTF-8"},
)

# A recorded refusal, the sentence in it, its error, and the exit code of ``get``.
REFUSALS: Dict[str, Tuple[str, type[StxError], int]] = {
    # 1: JSON in JSON, with a faultcode; the second is a user's error sent as 500.
    "fm_err_404_alarm.json": (
        "Alarm 99999999-9999-4999-8999-999999999999 could not be found.",
        NotFound,
        8,
    ),
    "errors_400_sort_key.json": ("", Rejected, 6),
    "errors_400_delete_unlocked_host.json": (
        "Unable to complete the action delete because Host worker-0 is in administrative state",
        Rejected,
        6,
    ),
    "fm_err_bad_query.json": (
        "alarm_get_all() got an unexpected keyword argument 'bogus'",
        Rejected,
        6,
    ),
    # 2: the inner JSON is a faultstring alone.
    "errors_403_lock_as_reader.json": ("Access was denied to this resource.", Forbidden, 6),
    "errors_404_path.json": ("", NotFound, 8),
    # 3: code, title, description; null or empty.
    "fm_err_403_delete_as_reader.json": ("Forbidden", Forbidden, 6),
    "fm_err_404_path.json": ("Not Found", NotFound, 8),
    # 4: Keystone's style, of a bad token.
    "errors_401_bad_token.json": (
        "The request you have made requires authentication.",
        Unauthorized,
        4,
    ),
    "fm_err_401_bad_token.json": (
        "The request you have made requires authentication.",
        Unauthorized,
        4,
    ),
    # 5: sysinv with no token at all.
    "errors_401_no_token.json": (
        "OIDC Authorization failed: Missing OIDC token in the request",
        Unauthorized,
        4,
    ),
    # 6: USM's, JSON sent as text/html. No kind asks it: it stands where sysinv would answer.
    "usm_err_activate_wrong_state.json": (
        "Activate deployment only when current deployment state is host-done, activate-failed",
        Rejected,
        6,
    ),
    "503.html": (WORDS_503, Rejected, 6),
}
each_refusal = pytest.mark.parametrize("file", REFUSALS)


def refusing(file: str) -> Reply:
    return HTML_503 if file == "503.html" else recorded(file)


@each_refusal
async def test_each_error_shape_is_the_services_own_sentence(file: str, tmp_path: Path) -> None:
    words, sort, _ = REFUSALS[file]
    kind = kind_named("alarms" if file.startswith("fm") else "hosts")
    assert kind is not None
    async with looking(tmp_path) as (lookout, replay):
        replay.instead[f"GET {target(kind)}"] = refusing(file)
        error = (await lookout.read(kind)).error
    assert type(error) is sort
    assert words in str(error)
    assert not set("{}<>\\") & set(str(error))


@each_refusal
async def test_each_error_shape_is_said_by_get_with_its_exit_code(
    file: str, tmp_path: Path
) -> None:
    words, _, code = REFUSALS[file]
    kind = kind_named("suppressions" if file.startswith("fm") else "networks")
    assert kind is not None
    async with replaying() as replay:
        replay.instead[f"GET {target(kind)}"] = refusing(file)
        ran = await run(tmp_path, "get", kind.name, env=replay.env())
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("stx-tui: ")
    assert words in ran.err
    assert "Traceback" not in ran.err


# What a PATCH is refused with, the sentence, and the exit code of ``do``.
SENT = {
    "errors_400_lock_storage.json": ("PGs in recovery state, rejecting lock action", 6),
    "errors_403_lock_as_reader.json": ("Access was denied to this resource.", 6),
    "errors_404_host_uuid.json": ("", 6),
    "errors_400_delete_unlocked_host.json": ("Unable to complete the action delete", 6),
    "errors_401_bad_token.json": ("The request you have made requires authentication.", 6),
    "usm_err_activate_wrong_state.json": ("Activate deployment only when", 6),
    "503.html": (WORDS_503, 6),
}


@pytest.mark.parametrize("file", SENT)
async def test_each_error_shape_is_said_by_do_and_stands_in_the_record(
    file: str, tmp_path: Path
) -> None:
    words, code = SENT[file]
    async with replaying() as replay:
        replay.instead["PATCH /sysinv/v1/ihosts/11111111-1111-4111-8111-000000000002"] = refusing(
            file
        )
        ran = await run(tmp_path, "do", "host", "lock", "controller-1", "--yes", env=replay.env())
        since = ("--since", "2026-01-01T00:00:00Z")  # the recorded cloud dates its deeds
        told = await run(tmp_path, "history", "--deeds", *since, "-o", "json", env=replay.env())
    assert words in ran.said
    assert ran.code == code
    assert "Traceback" not in ran.said
    # A 401 says that nothing was done: once more, with a new token.
    assert len(replay.sent) == (2 if "401" in file else 1)
    assert words in told.out
    assert "lock: refused" in told.out
