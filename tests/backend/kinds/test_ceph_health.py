"""Ceph as it was recorded, well and sick, and as other releases write the same things."""

from __future__ import annotations

from dataclasses import replace
from errno import ENOSYS
from typing import Any, Dict

import pytest

from backend.ceph import Told
from backend.errors import NotConfigured, Unreachable
from backend.kind import Risk
from backend.kinds.ceph_checks import CHECKS, check_rows
from backend.kinds.ceph_daemons import SERVERS, filesystem_rows, server_rows
from backend.kinds.ceph_flags import flag_rows, reminder
from backend.kinds.ceph_groups import group_rows
from backend.kinds.ceph_osds import CEPH_OSDS
from backend.kinds.ceph_records import CEPH_DEVICES
from backend.kinds.ceph_safety import safety_rows
from backend.kinds.ceph_status import CephStatus, status_rows
from backend.kinds.ceph_words import MEANINGS
from backend.kinds.storage import STORAGE
from backend.kinds.storage_map import STORAGE_MAP
from backend.kinds.storage_verdict import until_full
from backend.known import Reading
from backend.tone import Mark, Tone
from backend.units import HOUR_MS
from tests.backend.kinds.ceph import answers, cluster
from tests.backend.kinds.site import reading

# After Ceph 14's own source (not recorded): what was inside other objects then, and no mutes.
NAUTILUS: Dict[str, Any] = {
    "fsid": "f1",
    "health": {
        "checks": {
            "OSD_DOWN": {"severity": "HEALTH_WARN", "summary": {"message": "1 osds down"}},
        },
        "status": "HEALTH_WARN",
    },
    "quorum_names": ["controller"],
    "monmap": {"epoch": 1, "mons": [{"name": "controller", "addr": "192.168.204.2:6789/0"}]},
    "osdmap": {"osdmap": {"epoch": 9, "num_osds": 2, "num_up_osds": 1, "num_in_osds": 2}},
    "pgmap": {"num_pgs": 64, "pgs_by_state": [{"state_name": "active+undersized", "count": 64}]},
    "mgrmap": {"active_name": "controller-0", "standbys": [{"name": "controller-1"}]},
}
# As Ceph 18 and 20 write it, after their source: one level, counts, mutes, numbers of monitors.
REEF: Dict[str, Any] = {
    "fsid": "f1",
    "health": {
        "status": "HEALTH_WARN",
        "checks": {
            "OSD_DOWN": {
                "severity": "HEALTH_WARN",
                "summary": {"message": "1 osds down", "count": 1},
                "muted": False,
            },
            "POOL_NO_REDUNDANCY": {
                "severity": "HEALTH_WARN",
                "summary": {"message": "1 pool(s) have no replicas configured", "count": 1},
                "muted": True,
            },
        },
        "mutes": [
            {"code": "POOL_NO_REDUNDANCY", "sticky": True, "summary": "1 pool(s)", "count": 1}
        ],
    },
    "quorum_names": ["a"],
    "monmap": {"epoch": 1, "min_mon_release_name": "reef", "num_mons": 1},
    "osdmap": {"epoch": 9, "num_osds": 2, "num_up_osds": 1, "num_in_osds": 2},
    "pgmap": {"num_pgs": 64, "pgs_by_state": [{"state_name": "active+undersized", "count": 64}]},
    "mgrmap": {"available": True, "num_standbys": 1, "modules": [], "services": {}},
}


def test_the_headline_of_a_sick_ceph_says_the_worst_first() -> None:
    said = STORAGE.headline(cluster())
    assert said.word == "NOT WELL"
    assert said.text.startswith("CephFS is DOWN")
    assert "1 of 3 OSDs down: osd.2 (vm)." in said.text
    assert said.text.endswith("Recovery: 8 of 40 copies missing; nothing moves.")


def test_the_headline_of_a_ceph_without_a_warning_is_well() -> None:
    told = answers("16-well")
    body = next(iter(status_rows(told)))
    known = cluster("16-well", status={**told["status"].said, "health": {"status": "HEALTH_OK"}})
    assert STORAGE.headline(known).word == "WELL"
    assert STORAGE.headline(known).text == f"3 OSDs up, {body['pgs']} of 9 groups clean, 9 % used."


def test_what_recovers_says_its_rate_and_the_time_left() -> None:
    told = answers()["status"].said
    groups = {**told["pgmap"], "recovering_objects_per_sec": 2, "recovering_bytes_per_sec": 5 << 20}
    known = cluster(status={**told, "pgmap": groups})
    said = STORAGE.headline(known).text
    # Right behind what does not answer.
    assert said.startswith(
        "CephFS is DOWN: no server of it runs. 1 of 3 OSDs down: osd.2 (vm). "
        "Recovery: 8 of 40 copies missing; 5.0M/s, about 4s left."
    )


@pytest.mark.parametrize("said", [NAUTILUS, REEF], ids=["14", "18 and 20"])
def test_health_json_of_ceph_14_16_18_and_20_says_the_same(said: Dict[str, Any]) -> None:
    (body,) = status_rows({"status": Told(said)})
    row = CephStatus.model_validate(body)
    assert (row.health, row.checks) == ("HEALTH_WARN", ["OSD_DOWN"])
    assert (row.osds, row.osds_up, row.osds_in) == (2, 1, 2)
    assert (row.monitors, len(row.quorum), row.standbys) == (1, 1, 1)
    assert (row.pgs, row.clean) == (64, 0)
    checks = list(check_rows({"health": Told({**said["health"]})}))
    assert checks[0]["message"] == "1 osds down"
    assert [one["muted"] for one in checks] == [False, True][: len(checks)]


def test_health_that_is_no_health_is_malformed_and_no_empty_list() -> None:
    for said in ({}, {"checks": []}, {"status": "HEALTH_OK", "checks": [1]}):
        with pytest.raises((ValueError, KeyError)):
            list(check_rows({"health": Told(said)}))
    with pytest.raises(KeyError):
        list(status_rows({"status": Told({"health": {}})}))


def test_each_check_says_what_it_means_and_an_unknown_one_says_itself() -> None:
    rows = {row.code: row for row in cluster().rows("ceph-checks")}
    assert rows["OSD_DOWN"].means == MEANINGS["OSD_DOWN"].means
    new = {"status": "HEALTH_WARN", "checks": {"NEW_CHECK": {"summary": {"message": "odd"}}}}
    known = cluster(health=new)
    (row,) = known.rows("ceph-checks")
    assert row.means == "odd"
    assert CHECKS.look(row, known).mark is Mark.BAD


def test_a_muted_check_that_is_gone_stays_in_sight() -> None:
    said = {"status": "HEALTH_OK", "checks": {}, "mutes": [{"code": "OSD_DOWN", "sticky": True}]}
    (row,) = cluster(health=said).rows("ceph-checks")
    assert row.muted
    assert row.sticky


def test_an_osd_says_where_it_is_and_that_it_is_down() -> None:
    known = cluster()
    rows = known.rows("ceph-osds")
    assert [(row.name, row.status, row.place) for row in rows] == [
        ("osd.0", "up in", "default/vm"),
        ("osd.1", "up in", "default/vm"),
        ("osd.2", "DOWN in", "default/vm"),
    ]
    assert CEPH_OSDS.look(rows[2], known).tone is Tone.BAD


def test_without_a_manager_osds_are_told_and_their_use_is_not() -> None:
    told = {key: one for key, one in answers().items() if key in ("osd tree", "osd dump")}
    rows = list(CEPH_OSDS.read.rows(told))  # type: ignore[union-attr,arg-type]
    assert len(rows) == 3
    assert {row["size"] for row in rows} == {None}


def test_a_tree_that_leads_back_into_itself_ends() -> None:
    tree = {
        "nodes": [
            {"id": -1, "name": "a", "type": "root", "children": [-2]},
            {"id": -2, "name": "b", "type": "host", "children": [-1, 0]},
            {"id": 0, "name": "osd.0", "type": "osd", "status": "up", "reweight": 1.0},
        ]
    }
    (row,) = cluster(osd_tree=tree).rows("ceph-osds")
    assert row.host == "b"


def test_an_old_ceph_answers_ok_to_stop_in_words_alone() -> None:
    (body,) = safety_rows(
        {
            "osd ok-to-stop": Told(None, code=16, words="3 PGs are already too degraded"),
            "osd safe-to-destroy": Told(None, code=0, words="OSD(s) 1 are safe to destroy"),
        }
    )
    assert body["ok_to_stop"] is False
    assert body["stop_says"] == "3 PGs are already too degraded"
    assert body["safe_to_destroy"] is True


def test_what_ceph_refuses_to_stop_says_why() -> None:
    row = cluster().rows("osd-safety", "0")[0]
    assert row.stop_words == (
        "ok-to-stop: NO (6 placement groups would lose their last copies or stop)"
    )
    assert row.safe_to_destroy is False


def test_flags_that_stand_are_a_reminder_and_pause_is_one_flag() -> None:
    assert reminder(cluster()) == "noout SET"
    said = {"flags": "pauserd,pausewr,sortbitwise", "crush_node_flags": {"storage-0": ["noout"]}}
    rows = [row for row in flag_rows({"osd dump": Told(said)}) if row["is_set"]]
    assert [row["uuid"] for row in rows] == ["pause", "noout/storage-0"]


def test_stuck_groups_are_a_list_in_ceph_14_and_in_an_object_later() -> None:
    one = {"pgid": "1.a", "state": "active+undersized", "acting": [0, 2147483647]}
    for said in ([one], {"pg_ready": True, "stuck_pg_stats": [one]}, []):
        rows = list(group_rows({"pg dump_stuck": Told(said)}))
        assert [row["pgid"] for row in rows] == ["1.a"][: len(said)]


def test_a_ceph_that_is_away_keeps_what_was_known_and_says_so() -> None:
    known = cluster()
    error = Unreachable("ceph", "no quorum")
    lost = {key: replace(one, error=error) for key, one in known.readings.items()}
    assert STORAGE.headline(replace(known, readings=lost)).text.startswith("CephFS is DOWN")
    never = {key: replace(one, rows=(), by_id={}, at_ms=0) for key, one in lost.items()}
    said = STORAGE.headline(replace(known, readings=never))
    assert (said.word, said.text) == ("CANNOT", "see: ceph: no quorum")


HOURS = {
    "fills at a steady pace": (0.50, 0.70, 8, "full in about 10h at the pace of 8h"),
    "shrinks": (0.70, 0.50, 8, "not growing in 8h"),
    "is hardly used more": (0.50, 0.500001, 8, "no end in sight at the pace of 8h"),
    "is past its limit": (0.90, 0.97, 8, "full: Ceph takes no more data"),
    "was looked at for minutes only": (0.50, 0.70, 0.5, ""),
}


@pytest.mark.parametrize("how", HOURS)
def test_how_long_it_lasts_is_told_from_what_was_sampled(how: str) -> None:
    before, after, hours, words = HOURS[how]
    known = cluster("16-well")
    (status,) = known.rows("ceph")
    began_ms = known.now_ms - round(hours * HOUR_MS)
    points = ((began_ms, before * status.total), (known.now_ms, after * status.total))
    memory = replace(known.memory, courses={("ceph", ""): {status.uuid: points}})
    assert until_full(status, replace(known, memory=memory)) == words


def test_a_metadata_server_that_is_not_heard_serves_nothing_though_it_keeps_its_state() -> None:
    info = {"gid_1": {"name": "m", "rank": 0, "state": "up:active", "laggy_since": "2026-11-26"}}
    dump = {"filesystems": [{"mdsmap": {"fs_name": "kube-cephfs", "max_mds": 1, "info": info}}]}
    told = {"fs dump": Told({**dump, "standbys": []})}
    (filesystem,) = filesystem_rows(told)
    assert filesystem["up"] == []
    (server,) = (SERVERS.model.read(body) for body in server_rows(told))
    look = SERVERS.look(server, cluster())
    assert (look.tone, look.notes) == (Tone.BAD, ("laggy: it is not heard",))


def test_what_the_managers_rest_cannot_ask_is_neither_a_yes_nor_a_no() -> None:
    none = Told(None, ENOSYS, "the manager's REST has nothing for it")
    asked = {"osd ok-to-stop": none, "osd safe-to-destroy": Told({"safe_to_destroy": [0]})}
    (body,) = safety_rows(asked)
    assert (body["ok_to_stop"], body["safe_to_destroy"]) == (None, True)
    known = cluster()
    row = CEPH_OSDS.model.read({"uuid": "0", "id": 0, "is_up": True, "is_in": True})
    safety = reading("osd-safety", [{**body, "of": "0"}], "0")
    known = replace(known, readings={**known.readings, ("osd-safety", "0"): safety})
    down = CEPH_OSDS.action("down")
    assert down is not None
    assert down.risk(row, None, known) is Risk.DESTRUCTIVE
    assert "taken for a no" in " ".join(one.words for one in down.reasons(row, None, known))


# As Ceph 16 writes a device of an OSD on a disk that predicts its end (after its source: the OSDs
# of the recorded cluster keep all in memory and have no disk).
DEVICE: Dict[str, Any] = {
    "devid": "ST_Z1X4ABCD",
    "location": [{"host": "vm", "dev": "sdb"}],
    "daemons": ["osd.0"],
    "life_expectancy_min": "2026-12-01T00:00:00.000000+0000",
    "life_expectancy_max": "2027-02-01T00:00:00.000000+0000",
}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Ceph expects it to fail in 4d"),
        ({"life_expectancy_min": "", "wear_level": 0.93}, "93 % of its life is used"),
    ],
)
def test_a_disk_that_ceph_expects_to_fail_or_that_is_worn_is_said_in_the_headline(
    more: Dict[str, Any], words: str
) -> None:
    known = cluster("16-well", device_ls=[{**DEVICE, **more}])
    (row,) = known.rows("ceph-devices")
    look = CEPH_DEVICES.look(row, known)
    assert look.mark is Mark.BAD
    assert look.notes[0].startswith(words)
    assert "1 disk worn out or about to fail: ST_Z1X4ABCD." in STORAGE.headline(known).text
    assert known.row("ceph-osds", "0").devices == ["ST_Z1X4ABCD"]


def test_a_yes_of_ceph_to_a_stop_counts_only_while_it_answers() -> None:
    known = cluster()
    asked = {"osd ok-to-stop": Told({"ok_to_stop": True}), "osd safe-to-destroy": Told({})}
    (body,) = safety_rows(asked)
    row = CEPH_OSDS.model.read({"uuid": "0", "id": 0, "is_up": True, "is_in": True})
    now = reading("osd-safety", [{**body, "ok_to_stop": True, "of": "0"}], "0")
    action = CEPH_OSDS.action("out")
    assert action is not None
    for one, risk in (
        (now, Risk.DISRUPTIVE),
        (replace(now, error=Unreachable("ceph", "no quorum")), Risk.DESTRUCTIVE),
        (replace(now, is_remembered=True), Risk.DESTRUCTIVE),
    ):
        then = replace(known, readings={**known.readings, ("osd-safety", "0"): one})
        assert action.risk(row, None, then) is risk


def test_a_ceph_that_does_not_answer_is_not_called_well_by_what_sysinv_configured() -> None:
    known = cluster("16-well")
    backends = reading("backends", [{"uuid": "b", "name": "ceph-rook", "state": "configured"}])
    error = Unreachable("ceph", "no quorum")
    mine = {**known.readings, ("backends", ""): backends}
    (row,) = known.rows("ceph")
    fine = reading("ceph", [{**row.body, "health": "HEALTH_OK", "checks": []}])
    lost = {**mine, ("ceph", ""): replace(fine, error=error)}
    said = STORAGE.headline(replace(known, readings=lost))
    assert (said.word, "no quorum" in said.more) == ("WAS WELL", True)
    assert STORAGE_MAP.summary is not None
    *_, last = STORAGE_MAP.summary(replace(known, readings=lost)).lines
    assert (last.heading, "no quorum" in last.text) == ("old", True)
    never = {("backends", ""): backends, ("ceph", ""): Reading(kind="ceph", error=error)}
    said = STORAGE.headline(replace(known, readings=never))
    assert (said.word, said.text) == ("CANNOT", "see: ceph: no quorum")
    none = Reading(kind="ceph", error=NotConfigured("no way to Ceph is set up"))
    said = STORAGE.headline(replace(known, readings={**never, ("ceph", ""): none}))
    assert said.word == "WELL"
