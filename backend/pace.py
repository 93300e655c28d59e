"""When each kind is read next: who looks at it, how its reading went, and the sweep of the rest.

Times are seconds of the event loop's clock.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any, Callable, Collection, Container, Dict, Iterator, List, Mapping, Optional

from backend.errors import NotConfigured, StxError
from backend.kind import Kind
from backend.known import Key
from backend.refresh import made_of

# The longest pause after repeated failures, in seconds.
CEILING_S = 60.0
# The same where somebody follows an act: its steps are dated by what is read.
FAST_CEILING_S = 5.0
# How often a sweep comes round, and when what failed is tried again, in seconds.
SWEEP_S, RETRY_S = 3600.0, 60.0


@dataclass
class _Post:
    """One kind (under one parent) that is looked at: by how many, how often, and when next."""

    every_s: List[float]
    due_s: float = 0.0
    failures: int = 0
    # Whether what it says may be of before something that came while it was read.
    is_late: bool = False


class Pace:
    """The timetable of one cloud's readings."""

    def __init__(
        self, kinds: Mapping[str, Kind[Any]], woken: asyncio.Event, seed: Optional[int] = None
    ) -> None:
        """``woken`` is set when something is due earlier; ``seed`` fixes the back-off's jitter."""
        self._kinds = kinds
        self._woken = woken
        self._posts: Dict[Key, _Post] = {}
        self._sweep_due: Dict[str, float] = {}
        self._jitter = random.Random(seed)  # noqa: S311 - spreads polls, guards nothing

    @property
    def looked_at(self) -> Collection[Key]:
        return self._posts.keys()

    def look(self, kind: str, parent: str = "", every_s: float = 0.0) -> Callable[[], None]:
        """Put ``kind`` and what it needs on the timetable until the returned function is called."""
        declared = self._kinds.get(kind)
        if declared is None:
            return lambda: None  # nothing configured here knows it
        pace = every_s or declared.every_s
        wanted = [(kind, parent, pace)]
        needs = [self._kinds[name] for name in declared.needs if name in self._kinds]
        wanted += [(need.name, "", need.every_s) for need in needs]
        for name, of, seconds in wanted:
            post = self._posts.setdefault((name, of), _Post(every_s=[]))
            post.every_s.append(seconds)
            post.due_s = min(post.due_s, self._now_s() + seconds)
        self._woken.set()

        def leave() -> None:
            while wanted:
                name, of, seconds = wanted.pop()
                post = self._posts[(name, of)]
                post.every_s.remove(seconds)
                if not post.every_s:
                    del self._posts[(name, of)]

        return leave

    def due(self, under_way: Container[Key]) -> Iterator[Key]:
        """Yield what is looked at and due, but for what is being read."""
        now_s = self._now_s()
        for key, post in list(self._posts.items()):
            if post.due_s <= now_s and key not in under_way:
                yield key

    def sweep_due(self) -> Optional[str]:
        """Return the next kind whose sweep is due and that nobody looks at; it is due no more."""
        now_s = self._now_s()
        for kind in self._kinds.values():
            is_swept = kind.is_inventory or kind.is_log
            if is_swept and self._sweep_due.setdefault(kind.name, 0.0) <= now_s:
                self._sweep_due[kind.name] = now_s + SWEEP_S
                if (kind.name, "") not in self._posts:
                    return kind.name
        return None

    def pause_s(self, under_way: Container[Key], longest_s: float) -> float:
        """Return how long nothing is due."""
        now_s = self._now_s()
        due = [post.due_s - now_s for key, post in self._posts.items() if key not in under_way]
        return max(min([longest_s, *due]), 0.05)

    def plan_next(self, key: Key, error: Optional[StxError]) -> None:
        """Say when what was just read is read again: after a failure ever later."""
        is_failed = error is not None and not isinstance(error, NotConfigured)
        self._sweep_due[key[0]] = self._now_s() + (RETRY_S if is_failed else SWEEP_S)
        post = self._posts.get(key)
        if post is None:
            return
        post.failures = post.failures + 1 if error else 0
        pause = min(post.every_s)
        if post.failures:
            ceiling_s = FAST_CEILING_S if pause < FAST_CEILING_S else max(CEILING_S, pause)
            pause = min(pause * 2.0 ** min(post.failures, 6), ceiling_s)
            pause *= self._jitter.uniform(0.8, 1.2)
        post.due_s = self._now_s() + (0.0 if post.is_late and not post.failures else pause)
        post.is_late = False

    def begin(self, key: Key) -> None:
        """From now on what comes while ``key`` is read is not in what it says."""
        if key in self._posts:
            self._posts[key].is_late = False

    def hurry_derived(self, kind: str, under_way: Container[Key]) -> None:
        """What is worked out of a kind that says something new is worked out again at once."""
        self._hurry(lambda one: kind in made_of(one), under_way)

    def hurry_source(self, source: str, under_way: Container[Key]) -> None:
        """What a source that has something new is asked for is read again at once."""
        self._hurry(lambda one: one.read.source == source, under_way)

    def _hurry(self, is_meant: Callable[[Kind[Any]], bool], under_way: Container[Key]) -> None:
        for key, post in self._posts.items():
            if is_meant(self._kinds[key[0]]):
                post.due_s = 0.0
                post.is_late = key in under_way
                self._woken.set()

    def hurry_failed(self) -> None:
        """What failed with a service that answers again need not wait for its own turn."""
        for post in self._posts.values():
            if post.failures:
                post.due_s = self._now_s()

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
