"""A pod: what runs in it, how it stands as kubectl says it, and what is wrong with it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Dict, FrozenSet, Iterator, List, Optional, Tuple

from backend.kind import Body
from backend.kinds.kube_amounts import held
from backend.kinds.kube_object import Items, KubeObject, Words, conditions
from backend.kinds.kube_words import image_trouble, shortage
from backend.units import instant_ms, span

# A pod that gets no further for so long is looked at, in ms.
SLOW_MS, UNREADY_MS, LEAVES_MS = 120_000, 60_000, 60_000
# Why a container waits although nothing is broken.
_STARTING = {"ContainerCreating", "PodInitializing", ""}
_IMAGE = {
    *("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"),
    *("ImageInspectError", "RegistryUnavailable", "ErrImagePullBackOff"),
}
_SIGNALS = {137: "killed", 143: "asked to end", 139: "segmentation fault", 134: "aborted"}


@dataclass(frozen=True)
class Trouble:
    """What is wrong with something: a word for a column, and a sentence that says why."""

    word: str
    why: str
    since_ms: Optional[int] = None
    is_bad: bool = True


class Pod(KubeObject):
    """A pod (core/v1)."""

    node: str = ""
    phase: str = ""
    reason: str = ""
    message: str = ""
    ip: str = ""
    started: Optional[str] = None
    qos: str = ""
    priority: str = ""
    grace: int = 30
    host_network: bool = False
    networks: str = ""
    mirror: str = ""
    conditions: Items = []
    containers: Items = []
    statuses: Items = []
    init: Items = []
    init_statuses: Items = []
    # What ``kubectl debug`` put beside its own.
    debug: Items = []
    debug_statuses: Items = []
    overhead: Words = {}
    asked: Words = {}
    volumes: Items = []

    @classmethod
    def read(cls, body: Body) -> Pod:
        """Build a pod, and know at once whether it is fine: all are asked, time and again.

        Rows are read on a thread; asked first on the event loop, 10,000 held it for 30 ms.
        """
        pod = super().read(body)
        assert isinstance(pod, Pod)
        _ = pod.is_fine
        return pod

    @cached_property
    def ready(self) -> str:
        """How many of its containers are ready, sidecars with them, as kubectl counts: ``1/2``."""
        beside = self._beside
        sidecars = [one for one in self.init_statuses if one.get("name") in beside]
        done = sum(1 for one in (*self.statuses, *sidecars) if one.get("ready"))
        return f"{done}/{len(self.containers) + len(beside)}"

    @property
    def _beside(self) -> FrozenSet[str]:
        """The names of its sidecars: begun before the others, and they go on."""
        found = (one for one in self.init if one.get("restartPolicy") == "Always")
        return frozenset(str(one.get("name")) for one in found)

    @cached_property
    def holds(self) -> Dict[str, float]:
        """What it holds of its node, by resource, as the scheduler counts it."""
        return held(self.containers, self.init, self.overhead, self.asked)

    @cached_property
    def restarts(self) -> int:
        """How often its containers were started anew."""
        return sum(one.get("restartCount") or 0 for one in (*self.statuses, *self.init_statuses))

    @cached_property
    def restarted_ms(self) -> Optional[int]:
        """When one of them ended last, to be started anew."""
        ends = [
            instant_ms(_at(one, "lastState", "terminated", "finishedAt"))
            for one in (*self.statuses, *self.init_statuses)
        ]
        return max((ms for ms in ends if ms is not None), default=None)

    @property
    def is_done(self) -> bool:
        """Whether it did what it was for."""
        return self.phase == "Succeeded"

    @property
    def is_ready(self) -> bool:
        """Whether it says that it serves."""
        return self._condition("Ready").get("status") == "True"

    @cached_property
    def status(self) -> str:
        """How it stands, in the word that kubectl says."""
        if self.deleting:
            return "Unknown" if self.reason == "NodeLost" else "Terminating"
        waiting = _first_trouble(self.init_statuses, is_init=True, beside=self._beside)
        if waiting:
            return waiting
        word = _first_trouble(list(reversed(self.statuses)), is_init=False)
        if word == "Completed" and any(_at(one, "state", "running") for one in self.statuses):
            word = "Running" if self.is_ready else "NotReady"
        return word or self.reason or self.phase or "Unknown"

    def _condition(self, name: str) -> Dict[str, Any]:
        return next((one for one in self.conditions if one.get("type") == name), {})

    def trouble(self, now_ms: int) -> Optional[Trouble]:
        """Return what is wrong with it at an instant, None where nothing is."""
        if self.is_fine:
            return None
        return next(self._troubles(now_ms), None)

    @cached_property
    def is_fine(self) -> bool:
        """Whether nothing can be wrong however late it is: so it is with most."""
        if self.deleting:
            return False
        return self.is_done or (self.phase == "Running" and self.is_ready)

    def _troubles(self, now_ms: int) -> Iterator[Trouble]:
        gone_ms = instant_ms(self.deleting)
        if gone_ms is not None:
            # deletionTimestamp is when its grace ends.
            if now_ms - gone_ms > LEAVES_MS:
                why = f"should have been gone {span(now_ms - gone_ms)} ago; is {self.node} there?"
                yield Trouble("Terminating", why, gone_ms)
            return
        if self.phase == "Failed":
            yield Trouble(self.status, self._why_failed(), self._ended_ms)
        for one in (*self.init_statuses, *self.statuses):
            yield from _container_trouble(one)
        placed = self._condition("PodScheduled")
        if placed.get("status") == "False":
            since = instant_ms(placed.get("lastTransitionTime"))
            yield Trouble("Pending", shortage(str(placed.get("message") or "")), since)
        yield from self._too_slow(now_ms)

    def _too_slow(self, now_ms: int) -> Iterator[Trouble]:
        since = instant_ms(self.started or self.created)
        waits_ms = 0 if since is None else now_ms - since
        if self.phase == "Pending" and waits_ms > SLOW_MS:
            yield Trouble(self.status, f"gets no further for {span(waits_ms)}", since)
        ready = self._condition("Ready")
        turned = instant_ms(ready.get("lastTransitionTime"))
        if self.phase == "Running" and turned is not None and now_ms - turned > UNREADY_MS:
            names = [str(one.get("name")) for one in self.statuses if not one.get("ready")]
            why = f"runs and is not ready: {', '.join(names) or ready.get('message') or '?'}"
            yield Trouble("NotReady", why, turned)

    def _why_failed(self) -> str:
        if self.message:
            return self.message
        for one in (*self.init_statuses, *self.statuses):
            ended = _at(one, "state", "terminated")
            if ended and ended.get("exitCode"):
                return f"{one.get('name')}: {exit_words(ended)}"
        return self.reason or "it failed, without a word why"

    @property
    def _ended_ms(self) -> Optional[int]:
        ends = [instant_ms(_at(one, "state", "terminated", "finishedAt")) for one in self.statuses]
        return max((ms for ms in ends if ms is not None), default=instant_ms(self.started))

    @property
    def claims(self) -> Tuple[str, ...]:
        """The names of the claims it mounts."""
        return tuple(str(one["claim"]) for one in self.volumes if one.get("claim"))

    @property
    def local_volumes(self) -> Tuple[str, ...]:
        """The volumes whose content is lost with it: empty directories."""
        return tuple(
            str(one.get("name")) for one in self.volumes if one.get("emptyDir") is not None
        )


def _at(whole: Any, *steps: str) -> Any:
    for step in steps:
        whole = whole.get(step) if isinstance(whole, dict) else None
    return whole


def _first_trouble(
    statuses: List[Dict[str, Any]], *, is_init: bool, beside: FrozenSet[str] = frozenset()
) -> str:
    """Return the word of the last container that neither runs nor is done, as kubectl picks it."""
    word = ""
    for index, one in enumerate(statuses):
        ended, waits = _at(one, "state", "terminated"), _at(one, "state", "waiting")
        if is_init:
            # A sidecar that began holds nobody up, though it is not ready.
            has_begun = one.get("started") and (one.get("ready") or one.get("name") in beside)
            if (ended and not ended.get("exitCode")) or has_begun:
                continue
            if ended:
                return f"Init:{ended.get('reason') or _exit(ended)}"
            if waits and waits.get("reason") not in _STARTING:
                return f"Init:{waits['reason']}"
            return f"Init:{index}/{len(statuses)}"
        if waits and waits.get("reason"):
            word = str(waits["reason"])
        elif ended:
            word = str(ended.get("reason") or _exit(ended))
    return word


def _exit(ended: Dict[str, Any]) -> str:
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def exit_words(ended: Dict[str, Any]) -> str:
    """Return how a container ended: ``exit 137: out of memory``."""
    code = ended.get("exitCode", 0)
    if ended.get("reason") == "OOMKilled":
        return f"exit {code}: out of memory"
    words = str(ended.get("message") or "").strip().splitlines()
    meaning = words[-1] if words else _SIGNALS.get(code, "")
    return f"exit {code}: {meaning}" if meaning else f"exit {code}"


def _container_trouble(one: Dict[str, Any]) -> Iterator[Trouble]:
    """Yield what is wrong with one container, as its own state says it."""
    name, waits = one.get("name"), _at(one, "state", "waiting") or {}
    reason, last = str(waits.get("reason") or ""), _at(one, "lastState", "terminated") or {}
    since = instant_ms(last.get("finishedAt"))
    if reason in _IMAGE:
        image = str(one.get("image") or "")
        yield Trouble("ImagePull", image_trouble(image, str(waits.get("message") or "")))
    elif reason == "CrashLoopBackOff":
        why = exit_words(last) if last else str(waits.get("message") or "ends again and again")
        yield Trouble("CrashLoop", f"{name}: {why}", since)
    elif reason not in _STARTING:
        yield Trouble(reason, f"{name}: {waits.get('message') or reason}", since)


def is_placed(pod: Pod) -> bool:
    """Whether it has a node, and has not ended."""
    return bool(pod.node) and pod.phase not in {"Succeeded", "Failed"}


def ready_since(pod: Pod) -> Optional[int]:
    """Return since when it is ready, None where it is not."""
    ready = conditions(pod.conditions).get("Ready") or {}
    return instant_ms(ready.get("lastTransitionTime")) if ready.get("status") == "True" else None
