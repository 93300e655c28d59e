"""What holds for all tests."""

from __future__ import annotations

from typing import Generator, List

import pytest
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("calm", deadline=None)
# Where another interpreter has tried the rest: `pytest --hypothesis-profile few`.
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("calm")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: List[pytest.Item]) -> Generator[None, None, None]:
    """Keep tests that share something started once on one of several workers, long ones first.

    Whatever a worker begins last, all others wait for at the end.
    """
    for item in items:
        if isinstance(item, pytest.Function):
            for made in item._fixtureinfo.name2fixturedefs.values():
                if made[-1].scope in ("session", "module") and made[-1].baseid.startswith("tests"):
                    item.add_marker(pytest.mark.xdist_group(made[-1].baseid))
                    break
    yield
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Call what failed by its own name: with a group behind it none is found again."""
    yield
    cache = getattr(session.config, "cache", None)
    if cache is not None:
        failed = cache.get("cache/lastfailed", {})
        cache.set("cache/lastfailed", {own_name(name): True for name in failed})


def own_name(name: str) -> str:
    """Return the name of a test without the group that its worker was chosen by: ``@accounts``."""
    test, _at, group = name.rpartition("@")
    # What stands within brackets belongs to the test.
    return test if test and "]" not in group else name
