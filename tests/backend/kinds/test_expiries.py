"""One list of what ends, by the days left; what cannot be read says so in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Dict, List

import pytest

from backend.errors import Rejected, Unreachable
from backend.kinds.expiries import EXPIRIES, rows
from backend.known import Known
from backend.tone import Mark, Tone
from backend.units import DAY_MS, day
from tests.backend.kinds.acted import known_with
from tests.backend.kinds.site import reading
from tests.backend.kinds.test_every_kind import NOTHING

NOW_MS = known_with().now_ms


def held(name: str, days: float, renewal: str = "Automatic") -> Dict[str, Any]:
    ends = datetime.fromtimestamp((NOW_MS + days * DAY_MS) / 1000, tz=timezone.utc)
    written = ends.strftime("%B %d %H:%M:%S %Y")
    return {"name": name, "Validity": {"Not After": written}, "Renewal": renewal}


def iso(days: float) -> str:
    return day(round(NOW_MS + days * DAY_MS)).replace("Z", "")


def radar(known: Known) -> List[Any]:
    """Return the rows in the order they are shown."""
    made = reading("expiries", list(rows(known)))  # type: ignore[arg-type]
    assert EXPIRIES.sort is not None
    order = EXPIRIES.sort
    return sorted(made.rows, key=lambda row: order(row, known))


def shown(known: Known) -> Dict[str, str]:
    """Return name → days and words."""
    cells = EXPIRIES.columns
    return {row.name: f"{cells[0].cell(row, known)} {row.says}".strip() for row in radar(known)}


def login(**user: Any) -> List[Dict[str, Any]]:
    return [{"user": {"name": "admin", **user}, "roles": []}]


def users(**fields: Any) -> List[Dict[str, Any]]:
    return [{"uuid": "u", **fields}]


def test_what_ends_first_stands_first_and_what_nobody_knows_after_it() -> None:
    known = known_with(
        platform_certificates=[held("far", 300), held("near", 3.5, "Manual"), held("past", -1.5)],
        k8s_certificates=[held("secret", 20)],
        login=login(password_expires_at=iso(12)),
        users=users(passwd_expiry_days=90, passwd_last_change=iso(-60)),
    )
    said = shown(known)
    assert list(said)[:6] == [
        "past",
        "near",
        "admin (Keystone)",
        "secret",
        "sysadmin (hosts)",
        "far",
    ]
    assert said["past"].startswith("-2 ")
    assert said["near"] == "3 renew it by hand"
    assert said["far"] == "300 it is to renew itself"
    assert said["sysadmin (hosts)"] == "30 90 days after the last change"


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"password_expires_at": None}, "None no end"),
        ({}, "None Keystone does not say"),
    ],
)
def test_a_password_without_an_end_is_not_one_nobody_knows_of(
    user: Dict[str, Any], says: str
) -> None:
    known = known_with(login=login(**user))
    found = {row.name: row for row in radar(known)}["admin (Keystone)"]
    assert shown(known)["admin (Keystone)"] == says
    assert found.is_unknown == (not user)


def test_an_end_that_is_no_date_is_not_told_as_no_end() -> None:
    known = known_with(
        login=login(password_expires_at="whenever"),
        licence=[{"content": "FEATURE x some text", "error": ""}],
    )
    found = {row.name: row for row in radar(known)}
    assert found["admin (Keystone)"].says == "Keystone says 'whenever', which is no date"
    assert found["licence"].says == "its text names no end"
    assert found["admin (Keystone)"].is_unknown
    assert found["licence"].is_unknown
    for_ever = known_with(licence=[{"content": "FEATURE x wrs 1 permanent", "error": ""}])
    (licence,) = [row for row in radar(for_ever) if row.name == "licence"]
    assert (licence.says, licence.is_unknown) == ("permanent", False)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "None sysinv does not say when it was changed last"),
        ({"passwd_expiry_days": 99999}, "None no end"),
        ({"passwd_expiry_days": "90", "passwd_last_change": "x"}, "None sysinv does not say"),
    ],
)
def test_the_platforms_own_password(fields: Dict[str, Any], says: str) -> None:
    assert shown(known_with(users=users(**fields)))["sysadmin (hosts)"].startswith(says)


def test_a_backup_is_as_old_as_the_end_of_its_last_alarm() -> None:
    line = {
        "uuid": "e1",
        "event_log_id": "210.001",
        "state": "clear",
        "severity": "minor",
        "timestamp": iso(-40),
    }
    other = {**line, "uuid": "e2", "timestamp": iso(-50)}
    begun = {**line, "uuid": "e3", "state": "set", "timestamp": iso(-1)}
    said = shown(known_with(events=[line, other, begun]))["backup"]
    assert said == f"-10 made {iso(-40)}Z; due 30 days after"
    assert shown(known_with(events=[]))["backup"] == "None the event log knows of none"


def test_what_cannot_be_read_says_so_in_its_place_and_the_rest_stands() -> None:
    known = known_with()
    failed = {
        name: replace(known.reading(name), at_ms=0, rows=(), by_id={}, error=error)
        for name, error in (
            ("platform-certificates", Rejected("sysinv", 404, "no such path")),
            ("users", Unreachable("sysinv", "connection refused")),
        )
    }
    readings = {**known.readings, **{(name, ""): one for name, one in failed.items()}}
    known = replace(known, readings=readings)
    found = {row.name: row for row in radar(known)}
    assert found["platform-certificates"].says == "can't be read: sysinv 404: no such path"
    assert found["users"].says == "can't be read: sysinv: connection refused"
    look = EXPIRIES.look(found["users"], known)
    assert (look.mark, look.notes) == (Mark.UNKNOWN, (found["users"].says,))
    # What sysinv itself installed stands in for all that the platform holds.
    assert found["ssl ssl_1234567890"].says == "it does not say when"
    assert "kube-system/oidc-auth-apps-certificate" in found


def test_of_nothing_everything_is_said_to_be_unread() -> None:
    assert {row.says for row in radar(NOTHING)} == {"not read yet"}
    assert all(row.is_unknown for row in radar(NOTHING))


def test_rows_read_before_a_failure_stand_and_say_how_old_they_are() -> None:
    known = known_with(users=users(passwd_expiry_days=90, passwd_last_change=iso(-60)))
    last = known.reading("users")
    error = Unreachable("sysinv", "connection refused")
    old = replace(last, error=error, at_ms=known.now_ms - 3 * 3_600_000)
    known = replace(known, readings={**known.readings, ("users", ""): old})
    row = {row.name: row for row in radar(known)}["sysadmin (hosts)"]
    assert EXPIRIES.strip is not None
    lines = [line.text for line in EXPIRIES.strip(row, known).lines]
    assert lines[-1] == "as of 3h ago: sysinv: connection refused"


def test_the_verdict_names_what_ends_first() -> None:
    def verdict(days: float) -> Any:
        known = known_with(
            platform_certificates=[held("cert", days)], k8s_certificates=[], login=login()
        )
        made = reading("expiries", list(rows(known)))  # type: ignore[arg-type]
        assert EXPIRIES.verdict is not None
        return EXPIRIES.verdict(replace(known, readings={**known.readings, ("expiries", ""): made}))

    assert (verdict(3).word, verdict(3).tone) == ("NOT WELL", Tone.BAD)
    assert verdict(3.5).text == "1 within a week: cert ends in 3 days"
    assert verdict(20).word == "WARN"
    assert verdict(200).word == "WELL"
    assert verdict(-2).text == "1 within a week: cert has ended"
    assert EXPIRIES.verdict is not None
    assert EXPIRIES.verdict(NOTHING).tone is Tone.PLAIN


def judged(known: Known, **failed: Any) -> Any:
    """Return the verdict where the kinds ``failed`` have not been read, or not any more."""
    readings = dict(known.readings)
    for name, (error, at_ms) in failed.items():
        key = (name.replace("_", "-"), "")
        rows_then = {} if at_ms else {"rows": (), "by_id": {}}
        readings[key] = replace(known.reading(*key), error=error, at_ms=at_ms, **rows_then)
    known = replace(known, readings=readings)
    made = reading("expiries", list(rows(known)))  # type: ignore[arg-type]
    assert EXPIRIES.verdict is not None
    return EXPIRIES.verdict(replace(known, readings={**readings, ("expiries", ""): made}))


def all_far(days: float = 200) -> Known:
    line = {"uuid": "e1", "event_log_id": "210.001", "state": "clear", "severity": "minor",
            "timestamp": iso(0)}  # fmt: skip
    return known_with(
        platform_certificates=[held("cert", days)],
        k8s_certificates=[held("secret", 210)],
        licence=[{"content": "", "error": "none"}],
        login=login(password_expires_at=None),
        users=users(passwd_expiry_days=99999),
        events=[line],
    )


def test_with_a_source_that_cannot_be_read_it_is_not_well_but_said_which_and_why() -> None:
    assert judged(all_far()).word == "WELL"
    away = Unreachable("sysinv", "connection refused")
    told = judged(all_far(), k8s_certificates=(away, 0))
    assert (told.word, told.tone) == ("WARN", Tone.WARN)
    assert told.text == "k8s-certificates can't be read: sysinv: connection refused"
    assert told.more.startswith("of the rest the first is far: backup ends in 30 days")
    # What presses leads, and what could not be read is said beside it.
    told = judged(all_far(3.5), k8s_certificates=(away, 0))
    assert told.text == "1 within a week: cert ends in 3 days"
    assert told.more == "k8s-certificates can't be read: sysinv: connection refused"


def test_a_source_that_was_not_asked_yet_or_answered_long_ago_is_no_well_either() -> None:
    told = judged(all_far(), users=(None, 0))
    assert (told.word, told.text) == ("READING", "users not read yet")
    away = Unreachable("sysinv", "connection refused")
    told = judged(all_far(), users=(away, NOW_MS - 3 * 3_600_000))
    assert (told.word, told.tone) == ("WAS WELL", Tone.WARN)
    assert told.more == "users as of 3h ago: sysinv: connection refused"


def test_where_nothing_is_known_to_end_what_could_not_be_read_is_said() -> None:
    known = replace(NOTHING, now_ms=NOW_MS)
    assert judged(known).word == "READING"
    away = Unreachable("sysinv", "connection refused")
    told = judged(known, users=(away, 0))
    assert (told.word, told.tone) == ("CANNOT", Tone.PLAIN)
    assert told.text.startswith("users can't be read: sysinv: connection refused")
