"""Where the record is: the same file, whoever asks for it and however it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.folders import record_file, seen_file, store_url
from backend.settings import CloudSettings
from backend.store.database import Database


@pytest.mark.parametrize("said", ["~/site.db", "sqlite:///~/site.db", "{home}/site.db"])
def test_who_writes_the_record_and_who_only_looks_at_it_mean_the_same_file(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    url = store_url(CloudSettings(name="c", store=said.format(home=tmp_path)))
    assert record_file(url) == tmp_path / "site.db"
    assert Database(url, now_ms=lambda: 0).path == tmp_path / "site.db"


def test_a_shared_database_is_no_file_of_this_machine() -> None:
    url = "postgresql+psycopg://console@db/site"
    assert record_file(url) is None
    assert Database(url, now_ms=lambda: 0).path is None
    # Its first look is at a copy of our own, whose name tells no password.
    assert seen_file("postgresql://me:secret@db/site").parent == seen_file(url).parent
    assert "secret" not in str(seen_file("postgresql://me:secret@db/site"))
    assert seen_file(url) != seen_file("postgresql+psycopg://console@db/other")
