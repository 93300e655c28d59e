"""What README shows is what the console shows."""

from __future__ import annotations

import pytest

from tests.screenshots import SHOTS, differing, take

pytestmark = pytest.mark.slow


def test_the_pictures_and_texts_are_what_the_console_shows_now() -> None:
    assert differing(take(SHOTS)) == [], "python -m tests.screenshots takes them anew"
