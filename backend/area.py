"""Areas: the rooms of the console. One says where it stands before it is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Callable, Tuple

from backend.kind import Kind
from backend.known import Known
from backend.tone import Verdict


@dataclass(frozen=True)
class Contents:
    """What stands in an area: its kinds (the first is shown first), and its headline."""

    kinds: Tuple[Kind[Any], ...]
    headline: Callable[[Known], Verdict]


@dataclass(frozen=True)
class Area:
    """A room of the console: its digit, name and title.

    ``open`` says what is in it; asked once, and only when somebody wants to know: two hundred
    declarations load in a quarter of the time that a first screen may take. There is nothing in it
    where a cloud has none of ``sources``.
    """

    digit: str
    name: str
    title: str
    open: Callable[[], Contents]
    sources: Tuple[str, ...] = ()

    @cached_property
    def _contents(self) -> Contents:
        return self.open()

    @property
    def kinds(self) -> Tuple[Kind[Any], ...]:
        """Its kinds; the first is shown first."""
        return self._contents.kinds

    def headline(self, known: Known) -> Verdict:
        """Return whether all is well in it."""
        return self._contents.headline(known)

    def with_kinds(self, choose: Callable[[Tuple[Kind[Any], ...]], Tuple[Kind[Any], ...]]) -> Area:
        """Return this area with what ``choose`` makes of its kinds, once they are asked for."""
        return replace(self, open=lambda: replace(self._contents, kinds=choose(self.kinds)))
