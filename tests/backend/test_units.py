"""Instants as services write them: those of nine digits, those of no colon, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from backend.units import instant_ms

AT_MS = 1_704_067_201_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2024-01-01T00:00:01Z", AT_MS),
        ("2024-01-01 00:00:01", AT_MS),  # FM's: no zone is UTC
        ("2024-01-01T01:00:01+01:00", AT_MS),
        ("2024-01-01T00:00:01.250000+0000", AT_MS + 250),  # Ceph's
        ("2024-01-01T00:00:01.123456789Z", AT_MS + 123),  # Go's
        ("2024-01-01T00:00:01.5Z", AT_MS + 500),
        ("2024-01-01T00:00", AT_MS - 1000),
        ("2024-01-01", AT_MS - 1000),
    ],
)
def test_an_instant_is_read_as_its_service_writes_it_on_every_python(text: str, ms: int) -> None:
    assert instant_ms(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        *("", "never", "2024-13-01T00:00:00Z", "2024-01-01T25:00:00Z", "0000-00-00T00:00:00Z"),
        *("2024-01-01T00:00:00+99:00", "2024-01-01T00:00:00Z trailing", "\u0662024-01-01"),
        *(None, 5, ["2024-01-01"], {}),
    ],
)
def test_what_is_no_instant_is_none_and_ends_nothing(text: Any) -> None:
    assert instant_ms(text) is None
