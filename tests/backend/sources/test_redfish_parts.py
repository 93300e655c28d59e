"""A Redfish tree of which a part fails: what was read is shown, and what was not says why."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.errors import Malformed, Rejected, Unauthorized, Unreachable, Untrusted
from backend.sources.redfish_tree import MOST_MEMBERS
from tests.backend.sources.loopback import Reply
from tests.backend.sources.redfish_tree import LOG, SYSTEM, Pretended, link, members, refused
from tests.backend.sources.test_redfish import board, order

CHASSIS, MANAGER = "/redfish/v1/Chassis/1", "/redfish/v1/Managers/1"
THERMAL, POWER = f"{CHASSIS}/Thermal", f"{CHASSIS}/Power"
BROKEN = refused(500, "the sensor daemon is away")


def by_name(rows: List[Dict[str, Any]], key: str = "sensor") -> Dict[str, Dict[str, Any]]:
    return {row[key]: row for row in rows}


@pytest.mark.parametrize(
    ("failing", "fresh"), [(THERMAL, ["PSU 1"]), (POWER, ["CPU1 Temp", "Fan 1"])]
)
@pytest.mark.parametrize("answer", [BROKEN, Reply(body=b"<garbage"), Reply(cut=True)])
async def test_sensors_of_a_part_that_fails_stay_as_they_were_with_why_and_since_when(
    tmp_path: Path, failing: str, fresh: List[str], answer: Reply
) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        began = datetime.now(timezone.utc).replace(microsecond=0)
        before = by_name(await mine.ask("sensors"))
        bmc.replies[failing] = answer
        now = by_name(await mine.ask("sensors"))
        assert list(now) == list(before)
        for name, row in now.items():
            if name in fresh:
                assert row == before[name]
                continue
            assert row["value"] == before[name]["value"]
            assert row["trouble"].startswith("BMC of s0")
            assert began <= datetime.fromisoformat(row["read_at"]) <= datetime.now(timezone.utc)
        del bmc.replies[failing]
        assert by_name(await mine.ask("sensors")) == before


@pytest.mark.parametrize(("failing", "stands"), [(THERMAL, "Thermal"), (POWER, "Power")])
async def test_a_part_that_was_never_read_stands_for_its_sensors(
    tmp_path: Path, failing: str, stands: str
) -> None:
    bmc = Pretended()
    bmc.replies[failing] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("sensors"))
    assert (rows[stands]["unavailable"], rows[stands]["read_at"]) == (True, "")
    assert "the sensor daemon is away" in rows[stands]["trouble"]
    assert len(rows) > 1


async def test_a_part_that_does_not_answer_in_time_keeps_nobody_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.redfish_tree.LONG_S", 0.5)
    bmc = Pretended()
    bmc.replies[THERMAL] = Reply(hang=True)
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("sensors"))
    assert rows["PSU 1"]["value"] == 180
    assert rows["Thermal"]["trouble"]


async def test_where_every_part_fails_that_is_an_error_and_no_row(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, _):
        await mine.ask("sensors")
        bmc.replies.update({THERMAL: BROKEN, POWER: BROKEN})
        with pytest.raises(Rejected, match="sensor daemon is away"):
            await mine.ask("sensors")
        del bmc.replies[THERMAL], bmc.replies[POWER]
        bmc.replies[CHASSIS] = Reply(body=b"[]")
        with pytest.raises(Malformed, match=CHASSIS):
            await mine.ask("sensors")


async def test_of_two_chassis_the_one_that_can_be_read_is_shown(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.tree[SYSTEM]["Links"]["Chassis"].append(link("/redfish/v1/Chassis/2"))
    bmc.replies["/redfish/v1/Chassis/2"] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("sensors"))
        parts = by_name(await mine.ask("inventory"), "component")
    assert rows["CPU1 Temp"]["value"] == 41
    assert "away" in rows["Chassis 2"]["trouble"]
    assert "away" in parts["2"]["trouble"]


async def test_the_newer_way_to_sensors_stands_in_for_one_that_fails(tmp_path: Path) -> None:
    bmc, at = Pretended(), f"{CHASSIS}/Sensors"
    bmc.tree[CHASSIS]["Sensors"] = link(at)
    bmc.tree[at] = members(f"{at}/t1", f"{at}/t2")
    bmc.tree[f"{at}/t1"] = {"Name": "Inlet", "Reading": 21, "ReadingUnits": "Cel"}
    bmc.replies[f"{at}/t2"] = BROKEN
    bmc.replies.update({THERMAL: BROKEN, POWER: BROKEN})
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("sensors"))
    assert rows["Inlet"]["value"] == 21
    assert rows["t2"]["trouble"]
    assert set(rows) == {"Inlet", "t2"}


async def test_a_certificate_that_changes_between_two_parts_is_no_matter_of_a_part(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, server):
        await mine.ask("sensors")
        mine._pins.pin(f"127.0.0.1:{server.port}", "AB:CD")
        with pytest.raises(Untrusted):
            await mine.ask("sensors")


# --- what else has parts -----------------------------------------------------------------------


async def test_health_of_which_a_part_was_not_read_is_not_well(tmp_path: Path) -> None:
    bmc = Pretended()
    bmc.replies[MANAGER] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        (row,) = await mine.ask("health")
        assert row["health"] == "warning"
        assert "not read: BMC of s0 500: the sensor daemon is away" in row["bad"]
        bmc.tree[SYSTEM]["Status"]["HealthRollup"] = "Critical"
        bmc.replies.update({THERMAL: BROKEN, POWER: BROKEN})
        (row,) = await mine.ask("health")
        assert row["health"] == "critical"
        assert any(words.startswith("sensors not read") for words in row["bad"])


async def test_parts_are_told_though_power_a_drive_or_the_firmware_fails(tmp_path: Path) -> None:
    bmc, storage, update = Pretended(), f"{SYSTEM}/Storage", "/redfish/v1/UpdateService"
    bmc.tree[SYSTEM]["Storage"] = link(storage)
    bmc.tree[storage] = members(f"{storage}/1")
    bmc.tree[f"{storage}/1"] = {"Id": "1", "Drives": [link(f"{storage}/1/Drives/d0")]}
    bmc.tree["/redfish/v1/"]["UpdateService"] = link(update)
    for path in (POWER, MANAGER, update, f"{storage}/1/Drives/d0"):
        bmc.replies[path] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("inventory"), "component")
    assert rows["System"]["serial_number"] == "S123"
    troubled = {name for name, row in rows.items() if row.get("trouble")}
    assert troubled == {"Power", "BMC", "UpdateService", "d0"}


async def test_lists_that_fail_are_errors_and_members_that_fail_are_rows(tmp_path: Path) -> None:
    places = {
        "media": f"{MANAGER}/VirtualMedia",
        "lan": f"{MANAGER}/EthernetInterfaces",
        "tasks": "/redfish/v1/TaskService/Tasks",
    }
    for facet, at in places.items():
        bmc = Pretended()
        bmc.takes_firmware()
        bmc.task("Running", 5)
        (first,) = [one["@odata.id"] for one in bmc.tree[at]["Members"]]
        async with board(tmp_path, bmc) as (mine, _):
            bmc.replies[first] = BROKEN
            (row,) = await mine.ask(facet)
            assert "daemon is away" in row["trouble"], facet
            bmc.replies[at] = BROKEN
            with pytest.raises(Rejected, match="daemon is away"):
                await mine.ask(facet)


async def test_an_account_that_fails_is_a_row_beside_the_others(tmp_path: Path) -> None:
    bmc, at = Pretended(), "/redfish/v1/AccountService/Accounts"
    bmc.tree[at]["Members"].append(link(f"{at}/3"))
    bmc.replies[f"{at}/3"] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("users"), "uid")
    assert rows["2"]["trouble"] == ""
    assert "daemon is away" in rows["3"]["trouble"]


async def test_a_rule_of_passwords_that_is_no_number_is_none(tmp_path: Path) -> None:
    bmc = Pretended()
    rule = {"MinPasswordLength": "eight", "MaxPasswordLength": [20]}
    bmc.tree["/redfish/v1/AccountService"].update(rule)
    async with board(tmp_path, bmc) as (mine, _):
        (row,) = await mine.ask("users")
    assert (row["shortest"], row["longest"]) == (None, None)


async def test_a_baseboard_whose_own_resource_fails_still_tells_the_log_of_its_machine(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    bmc.replies[MANAGER] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        assert len(await mine.ask("sel")) == 3
        bmc.replies[f"{SYSTEM}/LogServices"] = BROKEN
        with pytest.raises(Rejected, match="daemon is away"):
            await mine.ask("sel")


# --- clearing a log of which not all is saved --------------------------------------------------


async def test_a_log_with_an_entry_that_cannot_be_read_shows_that_and_is_not_cleared(
    tmp_path: Path,
) -> None:
    bmc, at = Pretended(), f"{LOG}/Entries"
    bmc.tree[at] = members(f"{at}/1", f"{at}/2")
    bmc.tree[f"{at}/2"] = {"Id": "2", "Created": "2026-11-20T10:02:00Z", "Message": "fan slow"}
    bmc.replies[f"{at}/1"] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        rows = by_name(await mine.ask("sel"), "record")
        assert (rows["2"]["event"], rows["2"]["trouble"]) == ("fan slow", "")
        assert "daemon is away" in rows["1"]["trouble"]
        with pytest.raises(Rejected, match="not all of its log could be read"):
            await mine.send(order("sel-clear", last="2", count="2"))
    assert bmc.orders == []


async def test_an_event_of_a_clock_that_was_set_back_is_not_cleared_unseen(tmp_path: Path) -> None:
    """It stands before the last that was saved: only that there is one more tells of it."""
    bmc = Pretended()
    late = {"Id": "4", "Created": "1970-01-01T00:00:09Z", "Message": "reset, its clock with it"}
    async with board(tmp_path, bmc) as (mine, _):
        rows = await mine.ask("sel")
        saved = {"last": rows[-1]["record"], "count": str(len(rows))}
        bmc.tree[f"{LOG}/Entries?$skip=2"]["Members"].append({"@odata.id": f"{LOG}/4", **late})
        with pytest.raises(Rejected, match="went on since it was saved"):
            await mine.send(order("sel-clear", **saved))
        assert bmc.orders == []
        await mine.send(order("sel-clear", last="3", count="4"))
    assert len(bmc.orders) == 1


async def test_a_log_longer_than_is_read_is_not_cleared(tmp_path: Path) -> None:
    bmc, at = Pretended(), f"{LOG}/Entries"
    many = [{"Id": str(n), "Message": "x", "EntryType": "SEL"} for n in range(MOST_MEMBERS)]
    bmc.replies[at] = Reply(
        body=json.dumps({"Members": many, "Members@odata.nextLink": f"{at}?$skip=2000"}).encode()
    )
    async with board(tmp_path, bmc) as (mine, _):
        rows = await mine.ask("sel")
        saved = {"last": rows[-1]["record"], "count": str(len(rows))}
        with pytest.raises(Rejected, match="not all are read"):
            await mine.send(order("sel-clear", **saved))
    assert bmc.orders == []


async def test_the_light_of_a_chassis_that_cannot_be_read_is_not_said_to_be_none(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    del bmc.tree[SYSTEM]["LocationIndicatorActive"]
    bmc.replies[CHASSIS] = BROKEN
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Rejected, match="daemon is away"):
            await mine.send(order("identify", on="yes"))


async def test_one_that_dies_between_two_parts_is_away_with_all_of_them(tmp_path: Path) -> None:
    bmc = Pretended()
    async with board(tmp_path, bmc) as (mine, server):
        await mine.ask("sensors")
        await server.stop()
        with pytest.raises(Unreachable):
            await asyncio.wait_for(mine.ask("sensors"), 20)


# --- who one is, by baseboards that say it otherwise ------------------------------------------


@pytest.mark.parametrize("status", [400, 422])
async def test_a_login_refused_in_another_way_is_not_tried_again_either(
    tmp_path: Path, status: int
) -> None:
    """HPE's answer 400 to a wrong password, and lock the account as others do."""
    bmc = Pretended()
    at = "/redfish/v1/SessionService/Sessions"
    bmc.replies[at] = refused(status, "UnauthorizedLoginAttempt")
    async with board(tmp_path, bmc) as (mine, server):
        for _ in range(3):
            with pytest.raises(Unauthorized, match="UnauthorizedLoginAttempt"):
                await mine.ask("power")
        assert sum(asked.target == at for asked in server.asked) == 1
        mine.retry()
        del bmc.replies[at]
        assert (await mine.ask("power"))[0]["power"] == "on"


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "SessionLimitExceeded"), (400, "CreateLimitReachedForResource"), (503, "Busy")],
)
async def test_a_baseboard_that_has_no_session_left_judged_no_password(
    tmp_path: Path, status: int, message: str
) -> None:
    bmc = Pretended()
    at = "/redfish/v1/SessionService/Sessions"
    info = [{"MessageId": f"Base.1.8.{message}", "Message": "The session limit is reached."}]
    body = json.dumps({"error": {"@Message.ExtendedInfo": info}}).encode()
    bmc.replies[at] = Reply(status=status, body=body)
    async with board(tmp_path, bmc) as (mine, _):
        with pytest.raises(Rejected):
            await mine.ask("power")
        del bmc.replies[at]
        assert (await mine.ask("power"))[0]["power"] == "on"
