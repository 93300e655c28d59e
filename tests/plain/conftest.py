"""Pretend clouds for the line mode."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from stx_tui.plain.talk import Opener
from tests.plain.spoken import PretendCloud, opener_of


@pytest.fixture
def cloud() -> Iterator[PretendCloud]:
    """A site that stands still until a test lets it go."""
    with PretendCloud(scene="site-7", frozen=True) as made:
        yield made


@pytest.fixture
def opener(cloud: PretendCloud, tmp_path: Path) -> Opener:
    return opener_of(cloud, tmp_path)
