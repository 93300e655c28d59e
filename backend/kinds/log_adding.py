"""What may be typed to look at one more log beside others, and which streams that is."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Tuple

from backend.errors import Missing
from backend.kinds.kube_logs import of_pod
from backend.kinds.log_places import SERVERS
from backend.known import Known
from backend.kube import PodLog
from backend.logs.catalogue import JOURNAL, NAMES, POD, SEL, stream_of
from backend.streams import Logs, Stream

PODS = "pods"
NEEDS = (PODS, SERVERS)
"""Kinds that say which pods and baseboards there are."""


def choices(text: str, known: Known) -> Tuple[str, ...]:
    """Return the names that begin with what is typed."""
    found: List[str] = [*NAMES, JOURNAL]
    found += [f"{POD}:{pod.full_name}" for pod in known.rows(PODS)]
    found += [f"{SEL}:{row.name}" for row in known.rows(SERVERS) if row.has_password]
    lowered = text.strip().lower()
    return tuple(name for name in found if name.lower().startswith(lowered))


def beside(logs: Logs, text: str, known: Known, at_ms: Optional[int]) -> Logs:
    """Return ``logs`` with those beside them that ``text`` names, opened at ``at_ms``."""
    streams = tuple(dict.fromkeys((*logs.streams, *streams_named(text, known))))
    return replace(logs, streams=streams, at_ms=at_ms, command=())


def streams_named(text: str, known: Known) -> Tuple[Stream, ...]:
    """Return the streams of names with blanks between: ``kern worker-0:sm pod:kube-system/dns-1``.

    A pod is all its containers; the beginning of its name is enough where one pod alone has it.
    Raises ``Missing``.
    """
    found: List[Stream] = []
    for word in text.split():
        sort, _, rest = word.partition(":")
        found += _of_pod(rest, known) if sort == POD and rest.count("/") < 2 else (stream_of(word),)
    return tuple(found)


def _of_pod(name: str, known: Known) -> Tuple[Stream, ...]:
    pods = [pod for pod in known.rows(PODS) if name and name in (pod.name, pod.full_name)]
    begins = ((pod, (pod.name, pod.full_name)) for pod in known.rows(PODS))
    pods = pods or [pod for pod, names in begins if any(one.startswith(name) for one in names)]
    if len(pods) == 1:
        # Each is told with its pod: beside other logs a container's own name says little.
        own = (one for one in of_pod(pods[0], known).streams if isinstance(one, PodLog))
        return tuple(replace(one, name="") for one in own)
    if not pods:
        error = known.reading(PODS).error
        advice = str(error) if error is not None else ":pods lists them"
        raise Missing(f"no pod is called {name}", advice)
    raise Missing(f"{len(pods)} pods are called {name}...", f"as {pods[0].full_name}")
