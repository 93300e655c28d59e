"""Times and levels as StarlingX, the kernel, Kubernetes and Debian write them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from backend.logs.formats import BAD_WORDS, shown, stamp, tone
from backend.tone import Tone
from backend.units import instant_ms

AT_MS = round(datetime(2026, 11, 21, 2, 35, 7, 123000, tzinfo=timezone.utc).timestamp() * 1000)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("2026-11-21T02:35:07.123 controller-0 sm: info x", "controller-0 sm: info x"),
        (
            "sysinv 2026-11-21 02:35:07.123 1045 INFO sysinv.conductor x",
            "sysinv 1045 INFO sysinv.conductor x",
        ),
        (
            "2026-11-21 02:35:07,123 p=12 u=sysadmin n=ansible | TASK x",
            "p=12 u=sysadmin n=ansible | TASK x",
        ),
        ("| 2026-11-21T02:35:07.123 | 12 | node-scn x", "| 12 | node-scn x"),
        ("2026-11-21T02:35:07.123456789Z stdout F x", "stdout F x"),
        ("2026-11-21T04:35:07.123+02:00 x", "x"),
        ("2026-11-20 22:35:07.123 -0400 x", "x"),
        ("2026-11-21 02:35:07.123 UTC [811] LOG:  x", "[811] LOG:  x"),
        ("26-11-21 02:35:07.123 05[LIB] x", "05[LIB] x"),
        ("I1121 02:35:07.123456    1 main.go:12] x", "I 1 main.go:12] x"),
        ("type=SYSCALL msg=audit(1795228507.123:45): x", "type=SYSCALL x"),
    ],
)
def test_a_time_is_read_and_taken_from_the_text(line: str, left: str) -> None:
    at = stamp(line.encode(), AT_MS)
    assert at is not None
    assert at.ms == AT_MS
    assert shown(line.encode(), at) == left


def test_a_syslog_time_takes_the_year_of_its_file() -> None:
    assert stamp(b"Nov 21 02:35:07 debian sshd[1]: x", AT_MS).ms == AT_MS - 123  # type: ignore[union-attr]
    assert stamp(b"Nov 21 02:35:07 debian sshd[1]: x") is None


@pytest.mark.parametrize(
    ("line", "changed", "written"),
    [
        # Of December in a file that was changed in January.
        ("Dec 31 23:59:59", "2027-01-01T00:10", "2026-12-31T23:59:59"),
        ("I1231 23:59:59.000000", "2027-01-01T00:10", "2026-12-31T23:59:59"),
        # Of January in one that is followed since December.
        ("Jan  1 00:00:01", "2026-12-31T23:59", "2027-01-01T00:00:01"),
        ("Dec  1 00:00:01", "2026-11-30T23:59", "2026-12-01T00:00:01"),
        ("Mar  3 00:00:01", "2026-11-30T23:59", "2026-03-03T00:00:01"),
    ],
)
def test_a_time_without_a_year_goes_over_new_year(line: str, changed: str, written: str) -> None:
    at = stamp(f"{line} controller-0 cron: x".encode(), instant_ms(changed) or 0)
    assert at is not None
    assert at.ms == instant_ms(written)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Traceback (most recent call last):",
        "2026-13-21T02:35:07.123 x",
        "2026-11-21T25:00:00 x",
    ],
)
def test_what_only_looks_like_a_time_is_none(line: str) -> None:
    assert stamp(line.encode(), AT_MS) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-11-21T02:35:07.123 controller-0 kernel: err [12.3] mlx5 down", Tone.BAD),
        ("2026-11-21T02:35:07.123 [1.2] controller-0 mtcAgent x.cpp (1) f : Error : x", Tone.BAD),
        ("2026-11-21T02:35:07.123 controller-0 sm: debug ERROR: sm[1]: x", Tone.PLAIN),
        ("sysinv 2026-11-21 02:35:07.123 1 INFO sysinv.x no error was found", Tone.PLAIN),
        ("sysinv 2026-11-21 02:35:07.123 1 WARNING sysinv.x", Tone.WARN),
        ("2026-11-21T02:35:07.123 \x1b[1;31mError: /Stage[main]: x", Tone.BAD),
        (
            "2026-11-21T02:35:07.123 controller-0 systemd[1]: notice handle_error_count 0",
            Tone.PLAIN,
        ),
        ("Traceback (most recent call last):", Tone.BAD),
        ("E1121 02:35:07.123456    1 main.go:12] x", Tone.BAD),
        ("W1121 02:35:07.123456    1 main.go:12] an error", Tone.WARN),
        ("nothing is said", Tone.PLAIN),
    ],
)
def test_the_first_level_word_says_how_bad_a_line_is(line: str, expected: Tone) -> None:
    assert tone(line.encode()) is expected
    if expected is Tone.BAD and not line.startswith("E1121"):
        assert any(word in line.lower().encode() for word in BAD_WORDS)


def test_escapes_and_bytes_that_are_no_utf8_reach_no_terminal() -> None:
    line = b"2026-11-21T02:35:07.123 \x1b[0;36mDebug\x1b[m: \x1b]0;title\x07 \xff\xfe"
    line += b" \x00 \xe2\x80\xae"
    text = shown(line, stamp(line))
    assert text.isprintable()
    assert text == "Debug: \\x1b]0;title\\x07 \\xff\\xfe \\x00 \\u202e"
