"""What a check before an action on a host is: where it is asked, what it needs, what it finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, Optional, Tuple, Union

from backend.figure import Jump
from backend.kind import Answer, Asker, Reason
from backend.kinds.host import Host
from backend.kinds.host_fresh import why_stale
from backend.kinds.host_site import is_simplex, reading_of, system_of
from backend.kinds.once import once
from backend.known import Known, Reading

Fails = Callable[[Host, Known], str]
Applies = Callable[[Host, Known], bool]
# Why nobody can tell, else why not, and where that is mended.
Finding = Tuple[str, str, Optional[Jump]]

NONE: FrozenSet[str] = frozenset()

# Kinds of which a check looks at the rows of its host alone: they are read under it, as all hosts
# together have thousands.
OWN = frozenset(
    {
        "addresses",
        "cpus",
        "devices",
        "ethernet-ports",
        "interface-datanetworks",
        "interface-networks",
        "interfaces",
        "labels",
        "memory",
        "partitions",
        "ports",
    }
)
# Kinds that are read under each host; the others are the system's.
OF_HOST = OWN | {"disks", "osds", "filesystems", "volume-groups", "physical-volumes"}

# What a host does, as ``Check.on`` says it.
CONTROLLER, WORKER, STORAGE = "controller", "worker", "storage"


def always(_host: Host, _known: Known) -> bool:
    """Apply to every host."""
    return True


def _passes(_host: Host, _known: Known) -> str:
    return ""


def functions(host: Host) -> FrozenSet[str]:
    """Return what a host does: an all-in-one controller is a worker too."""
    return _functions(host.is_controller, host.is_storage, host.is_worker)


@lru_cache(maxsize=8)
def _functions(is_controller: bool, is_storage: bool, is_worker: bool) -> FrozenSet[str]:
    told = ((CONTROLLER, is_controller), (STORAGE, is_storage), (WORKER, is_worker))
    return frozenset(name for name, is_it in told if is_it)


@lru_cache(maxsize=512)
def _passed(name: str, asker: Asker) -> Reason:
    """Return the one reason of a check that passes: most do, of most hosts."""
    return Reason(check=name, answer=Answer.PASSES, asker=asker)


@once
def _findings(_known: Known) -> Dict[Tuple[int, int], Tuple[Host, Finding]]:
    """Return where what was found in one Known is kept; the host keeps its own identity alive."""
    return {}


@dataclass(frozen=True)
class Concerns:
    """Where a check is asked at all: of hosts that do one of ``on`` (empty: any), in releases
    from ``since`` and before ``until`` ("24.09"), on a simplex system or not, and ``applies``.
    """

    name: str
    verbs: FrozenSet[str] = frozenset()
    # The method of sysinv's ``host.py`` that it foretells, "" for what only we ask.
    foretells: str = ""
    on: FrozenSet[str] = NONE
    simplex: Optional[bool] = None
    since: str = ""
    until: str = ""
    applies: Applies = always

    def concerns(self, host: Host, known: Known) -> bool:
        """Whether it is asked of this host here."""
        if self.on and not self.on & functions(host):
            return False
        if self.simplex is not None and self.simplex is not is_simplex(known):
            return False
        if (self.since or self.until) and not self.is_in_release(known):
            return False
        return self.applies is always or self.applies(host, known)

    def is_in_release(self, known: Known) -> bool:
        """Whether this release has the check; where nobody knows the release it is asked."""
        system = system_of(known)
        now = _release(getattr(system, "software_version", None) or "")
        if not now:
            return True
        return _release(self.since) <= now and not (self.until and _release(self.until) <= now)


@lru_cache(maxsize=32)
def _release(text: str) -> Tuple[int, ...]:
    """Return a release as numbers, () where it has none."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


@dataclass(frozen=True)
class Check(Concerns):
    """One question before an action: ``fails`` says why not, "" where it passes.

    ``verbs`` are those the service asks it for, ``ours`` those it forgets and we ask it for.
    ``soft`` are verbs for which a failure is only said, as where forcing is meant to overcome it.
    ``needs`` are kinds that must tell of now: where one was not read, does not answer, or comes
    from the record, the answer is "can't tell", whatever its rows say.
    """

    fails: Fails = _passes
    ours: FrozenSet[str] = frozenset()
    soft: FrozenSet[str] = frozenset()
    needs: Tuple[str, ...] = ()
    jump: Optional[Callable[[Host, Known], Optional[Jump]]] = None

    def answer(self, verb: str, host: Host, known: Known) -> Reason:
        """Return what this check says of ``verb`` on ``host``."""
        asker = Asker.SERVICE if verb in self.verbs else Asker.OURS
        untold, words, jump = self._finding(host, known)
        if untold:
            return Reason(check=self.name, answer=Answer.CANT_TELL, words=untold, asker=asker)
        if not words:
            return _passed(self.name, asker)
        answer = Answer.CANT_TELL if verb in self.soft else Answer.NO
        return Reason(check=self.name, answer=answer, words=words, jump=jump, asker=asker)

    def _finding(self, host: Host, known: Known) -> Finding:
        """Return what was found, the same for each verb; worked out one time of one Known."""
        found = _findings(known)
        # By object: a host of another Known, or as a deed remembers it, is another one.
        key = (id(self), id(host))
        if key not in found:
            found[key] = (host, self._find(host, known))
        return found[key][1]

    def _find(self, host: Host, known: Known) -> Finding:
        untold = self._untold(host, known)
        words = "" if untold else self.fails(host, known)
        return untold, words, self.jump(host, known) if words and self.jump else None

    def _untold(self, host: Host, known: Known) -> str:
        """Say what of its needs does not tell of now, and how old it is."""
        if all(_is_current(_reading(kind, host, known)) for kind in self.needs):
            return ""
        readings = [(kind, _reading(kind, host, known)) for kind in self.needs]
        unread = [kind for kind, reading in readings if not reading.was_read]
        if unread:
            return f"{', '.join(unread)} not read"
        return "; ".join(filter(None, (why_stale(kind, of, known) for kind, of in readings)))


@dataclass(frozen=True)
class ServersOwn(Concerns):
    """A check that only the server can make: said, never blocking."""

    words: str = ""

    def answer(self, _verb: str, _host: Host, _known: Known) -> Reason:
        """Return that nobody but the server knows."""
        return Reason(
            check=self.name, answer=Answer.CANT_TELL, words=self.words, asker=Asker.SERVER
        )


AnyCheck = Union[Check, ServersOwn]


def verbs(*names: str) -> FrozenSet[str]:
    """Return a set of verbs."""
    return frozenset(names)


def _is_current(reading: Reading[Any]) -> bool:
    return reading.at_ms > 0 and reading.error is None and not reading.is_remembered


def _reading(kind: str, host: Host, known: Known) -> Reading[Any]:
    """Return the reading of ``kind`` as far as ``host`` is concerned."""
    return reading_of(known, kind, host) if kind in OF_HOST else known.reading(kind)


def tells(kind: str, host: Host, known: Known) -> bool:
    """Whether ``kind`` was read of ``host``, and is of now."""
    return not why_stale(kind, _reading(kind, host, known), known)
