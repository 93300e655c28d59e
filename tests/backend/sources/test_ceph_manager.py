"""A manager of Ceph that answers otherwise than hoped, on a real wire."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from backend.ceph import CephCommand
from backend.ceph_settings import CephWay
from backend.errors import Malformed, NotFound, StxError, Unauthorized
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources.ceph_manager import Dashboard
from backend.sources.ceph_said import Said
from backend.sources.tls import Pins
from tests.backend.sources.loopback import Asked, Reply, Script, serving

DF = CephCommand(prefix="df")


def said(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(body=json.dumps(value).encode(), status=status, headers=headers)


def usual(asked: Asked) -> Reply:
    """Answer what is asked before and beside the maps."""
    if asked.target == "/api/auth":
        return said({"token": "t-1"}, 201)
    return said({"have_mon_connection": True})


async def asked_of(script: Script, tmp_path: Path, *commands: CephCommand) -> List[object]:
    """Return what each command was answered, or failed with."""
    found: List[object] = []
    async with serving(script) as server:
        way = CephWay(
            is_direct=False,
            managers=(f"http://127.0.0.1:{server.port}",),
            username="site",
            password=Password(given=Secret(text="pw")),
        )
        dashboard = Dashboard(way, CloudSettings(name="c"), Pins(tmp_path / "pins"))
        try:
            for command in commands:
                try:
                    found.append(await dashboard.ask(command))
                except StxError as error:
                    found.append(error)
        finally:
            await dashboard.close()
    return found


@pytest.mark.parametrize("full", [[], None, "well", {}, {"df": None}])
async def test_an_answer_of_another_release_s_shape_is_an_error_that_says_so(
    full: Any, tmp_path: Path
) -> None:
    def script(asked: Asked) -> Reply:
        return said(full) if asked.target == "/api/health/full" else usual(asked)

    status = CephCommand(prefix="status")
    (error,) = await asked_of(script, tmp_path, status)
    assert isinstance(error, Malformed)
    assert "another shape" in str(error)


async def test_a_password_that_was_refused_is_sent_once_however_often_one_asks(
    tmp_path: Path,
) -> None:
    entered: List[str] = []

    def script(asked: Asked) -> Reply:
        entered.append(asked.target)
        return said({"detail": "Invalid credentials"}, 400)

    first, second = await asked_of(script, tmp_path, DF, DF)
    assert isinstance(first, Unauthorized)
    assert isinstance(second, Unauthorized)
    assert entered == ["/api/auth"]


async def test_a_standby_that_sends_elsewhere_by_another_protocol_is_not_followed(
    tmp_path: Path,
) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(body=b"", status=303, headers={"Location": "ftp://192.0.2.1/"})

    (error,) = await asked_of(script, tmp_path, DF)
    assert "no manager is active now" in str(error)


async def test_what_the_rest_has_no_path_for_is_said_to_be_had_from_ceph_itself(
    tmp_path: Path,
) -> None:
    (answer,) = await asked_of(usual, tmp_path, CephCommand(prefix="pg dump_stuck"))
    assert isinstance(answer, Said)
    assert answer.code == errno.ENOSYS
    assert "Ceph itself has" in answer.words


FULL = {"df": {"stats": {"total_bytes": 9}, "pools": []}}


async def test_a_path_that_a_release_has_not_leaves_all_others(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        if asked.target in ("/api/host", "/api/logs/all", "/api/block/image"):
            return said({"detail": "The path was not found."}, 404)
        return said(FULL) if asked.target == "/api/health/full" else usual(asked)

    gone = ("device ls", "log last", "rbd images")
    commands = [CephCommand(prefix=prefix) for prefix in (*gone, "df")]
    *missing, df = await asked_of(script, tmp_path, *commands)
    assert [type(one) for one in missing] == [NotFound] * 3
    assert isinstance(df, Said)
    assert json.loads(df.out) == FULL["df"]


@pytest.mark.parametrize(
    ("command", "newer", "older", "body"),
    [
        (CephCommand.of("osd out", ids=["1"]), "/api/osd/1/mark", "POST /api/osd/1/mark_out", {}),
        (
            CephCommand.of("osd set-group", flags="noout", who=["1"]),
            "/api/osd/flags/individual",
            "PUT /api/osd/1/flags",
            {"flags": ["noup", "noout"]},
        ),
        (
            CephCommand.of("osd unset-group", flags="noup", who=["1"]),
            "/api/osd/flags/individual",
            "PUT /api/osd/1/flags",
            {"flags": []},
        ),
    ],
    ids=["out", "a flag of one OSD", "and without it"],
)
async def test_what_ceph_14_and_15_have_another_path_for_goes_there(
    tmp_path: Path, command: CephCommand, newer: str, older: str, body: Any
) -> None:
    orders: List[Tuple[str, Any]] = []

    def script(asked: Asked) -> Reply:
        if asked.target == newer:
            return said({"detail": "The path was not found."}, 404)
        if asked.target == "/api/osd":
            return said([{"id": 1, "state": ["exists", "up", "noup"]}])
        if asked.method in ("PUT", "POST") and asked.target != "/api/auth":
            orders.append((f"{asked.method} {asked.target}", json.loads(asked.body)))
        return usual(asked)

    (answer,) = await asked_of(script, tmp_path, command)
    assert answer == Said(0)
    assert orders == [(older, body)]


WHOLE = "?offset=0&limit=-1&search=&sort=%2Bname"
HOSTS = [{"hostname": f"storage-{number}"} for number in range(7)]


@pytest.mark.parametrize("plainly", ["a page", "it stumbles"])
async def test_of_a_list_that_comes_in_pages_all_of_it_is_asked_for(
    tmp_path: Path, plainly: str
) -> None:
    targets: List[str] = []

    def script(asked: Asked) -> Reply:
        targets.append(asked.target)
        if asked.target == "/api/host":
            page = said(HOSTS[:5], **{"X-Total-Count": "7"})
            return page if plainly == "a page" else said({"detail": "list index"}, 500)
        if asked.target == f"/api/host{WHOLE}":
            return said(HOSTS, **{"X-Total-Count": "7"})
        if asked.target.endswith("/devices"):
            return said([{"devid": f"disk-of-{asked.target.split('/')[3]}", "daemons": []}])
        return usual(asked)

    (answer,) = await asked_of(script, tmp_path, CephCommand(prefix="device ls"))
    assert isinstance(answer, Said)
    assert len(json.loads(answer.out)) == 7
    # Once that is known it is asked that way at once.
    assert targets.count("/api/host") == 1


async def test_a_list_that_fails_and_knows_no_pages_fails_in_its_own_words(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        if asked.target == "/api/host":
            return said({"detail": "its database is locked"}, 500)
        if asked.target.startswith("/api/host?"):
            return said({"detail": "Unexpected query string parameters"}, 404)
        return usual(asked)

    (error,) = await asked_of(script, tmp_path, CephCommand(prefix="device ls"))
    assert "its database is locked" in str(error)


async def test_ceph_14_is_asked_of_each_osd_whether_it_is_safe_to_destroy(tmp_path: Path) -> None:
    safe = {"safe_to_destroy": [3], "active": [], "missing_stats": [], "stored_pgs": []}

    def script(asked: Asked) -> Reply:
        if asked.target == "/api/osd/safe_to_destroy?ids=3":
            return said({"detail": "Unexpected query string parameters: ids"}, 404)
        return said(safe) if asked.target == "/api/osd/3/safe_to_destroy" else usual(asked)

    command = CephCommand.of("osd safe-to-destroy", ids=["3"])
    (answer,) = await asked_of(script, tmp_path, command)
    assert isinstance(answer, Said)
    assert json.loads(answer.out) == safe
