"""The steps of an upgrade of Kubernetes in the service's own order, and which of them is next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from backend.figure import Line, Lines, States
from backend.kind import Row
from backend.kinds import passed
from backend.kinds.host_site import is_simplex
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict

KIND, SERVICE = "kube-upgrade", "sysinv"


class KubeUpgrade(Row):
    """The upgrade of Kubernetes under way; there is at most one."""

    uuid: str
    from_version: Optional[str] = None
    to_version: Optional[str] = None
    state: Optional[str] = None


@dataclass(frozen=True)
class KubeStep:
    """One step that ``system`` has a command for: from which states, through which, to which."""

    name: str
    key: str
    command: str
    after: Tuple[str, ...]
    runs: str
    done: str
    words: str
    # Cordon and uncordon exist on simplex alone, and name the host.
    only_simplex: bool = False


STEPS: Tuple[KubeStep, ...] = (
    KubeStep(
        name="download-images",
        key="I",
        command="kube-upgrade-download-images",
        after=("upgrade-started", "downloading-images-failed"),
        runs="downloading-images",
        done="downloaded-images",
        words="download the images of",
    ),
    KubeStep(
        name="update-applications",
        key="B",
        command="kube-pre-application-update",
        after=("downloaded-images", "pre-updating-apps-failed"),
        runs="pre-updating-apps",
        done="pre-updated-apps",
        words="update the applications before",
    ),
    KubeStep(
        name="networking",
        key="W",
        command="kube-upgrade-networking",
        after=("pre-updated-apps", "upgrading-networking-failed"),
        runs="upgrading-networking",
        done="upgraded-networking",
        words="upgrade the networking of",
    ),
    KubeStep(
        name="storage",
        key="T",
        command="kube-upgrade-storage",
        after=("upgraded-networking", "upgrading-storage-failed"),
        runs="upgrading-storage",
        done="upgraded-storage",
        words="upgrade the storage of",
    ),
    KubeStep(
        name="cordon",
        key="C",
        command="kube-host-cordon",
        after=("upgraded-storage", "cordon-failed"),
        runs="cordon-started",
        done="cordon-complete",
        words="move pods off the host for",
        only_simplex=True,
    ),
    KubeStep(
        name="uncordon",
        key="U",
        command="kube-host-uncordon",
        after=("upgrading-kubelets", "uncordon-failed"),
        runs="uncordon-started",
        done="uncordon-complete",
        words="let pods back after",
        only_simplex=True,
    ),
    KubeStep(
        name="complete",
        key="E",
        command="kube-upgrade-complete",
        after=("upgrading-kubelets", "uncordon-complete"),
        runs="upgrade-complete",
        done="upgrade-complete",
        words="complete",
    ),
    KubeStep(
        name="update-applications-after",
        key="P",
        command="kube-post-application-update",
        after=("upgrade-complete", "post-updating-apps-failed"),
        runs="post-updating-apps",
        done="post-updated-apps",
        words="update the applications after",
    ),
)
# What comes on hosts, one by one, between the steps above.
CONTROL_PLANE, KUBELET = "control plane", "kubelet"
CONTROL_PLANE_AFTER = ("upgraded-storage", "cordon-complete", "upgrading-first-master-failed")
SECOND_AFTER = ("upgraded-first-master", "upgrading-second-master-failed")
KUBELET_AFTER = ("upgraded-second-master", "upgrading-kubelets")
DELETED_FROM = (
    *("upgrade-complete", "post-updating-apps-failed", "post-updated-apps", "upgrade-aborted"),
)
NO_ABORT = (
    *("upgrade-aborting", "upgrade-aborted", "upgrade-complete"),
    *("post-updating-apps", "post-updating-apps-failed", "post-updated-apps"),
)
NO_WAY_BACK = "none on more than one controller: a backup and its restore"
_RUNS = {
    *(step.runs for step in STEPS if step.runs != step.done),
    *("upgrading-first-master", "upgrading-second-master", "upgrade-aborting"),
}


def upgrade_of(known: Known) -> Optional[KubeUpgrade]:
    """Return the upgrade under way, None where there is none or nobody knows."""
    return next(iter(known.rows("kube-upgrade")), None)


def order(known: Known) -> Tuple[str, ...]:
    """Return the states of an upgrade that goes well, in their order on this system."""
    simplex = is_simplex(known)
    states: List[str] = ["upgrade-started"]
    for step in STEPS:
        if step.only_simplex and not simplex:
            continue
        if step.name in {"uncordon", "complete"} and "upgrading-kubelets" not in states:
            states += ["upgraded-first-master"]
            states += [] if simplex else ["upgraded-second-master"]
            states.append("upgrading-kubelets")
        states.append(step.done)
    return tuple(states)


def next_of(row: KubeUpgrade, known: Known) -> str:
    """Say the one thing to do now, in the service's own order."""
    return _next(row, known)[0]


def _next(row: KubeUpgrade, known: Known) -> Tuple[str, str]:
    """Return the one thing to do now, and by which key ("": there is none to press)."""
    if (row.state or "") in _RUNS:
        return f"wait: {row.state}", ""
    on_hosts = _next_on_hosts(row, known)
    if on_hosts:
        return on_hosts, ":kube-host-upgrades, a"
    state, simplex = row.state or "", is_simplex(known)
    for step in STEPS:
        if state in step.after and (simplex or not step.only_simplex):
            words = step.words.replace(" of", "").replace(" for", "")
            return words.removesuffix(" after").strip(), f"a, {step.key}"
    is_deleted = state in DELETED_FROM
    return ("delete ends it", "a") if is_deleted else ("nothing that this console knows", "")


def _next_on_hosts(row: KubeUpgrade, known: Known) -> str:
    """Return what is to be done on hosts now, "" where it is none of theirs."""
    state, simplex = row.state or "", is_simplex(known)
    behind = [
        host_of(one, known)
        for one in known.rows("kube-host-upgrades")
        if one.kubelet_version != row.to_version
    ]
    if state == "upgrading-kubelets" and behind:
        return f"upgrade the kubelet of {', '.join(filter(None, behind))}"
    if state in CONTROL_PLANE_AFTER and not (simplex and state == "upgraded-storage"):
        return "upgrade the control plane of one controller"
    if state in SECOND_AFTER and not simplex:
        return "upgrade the control plane of the other controller"
    is_kubelets = state in KUBELET_AFTER or state == "upgraded-first-master"
    return "upgrade each kubelet, controllers first" if is_kubelets and behind else ""


def _with_key(words: str, how: str) -> str:
    return f"{words} ({how})" if how else words


def host_of(row: Any, known: Known) -> str:
    """Return the name of the host of one host's part."""
    hosts = (host.name for host in known.rows("hosts") if host.id == row.host_id)
    return next(hosts, "")


# --- how it looks ------------------------------------------------------------------------------


def look(row: KubeUpgrade, known: Known) -> Look:
    """Return how it stands, and what is next."""
    state = row.state or ""
    if state.endswith("failed"):
        words = f"{state}: the step can be asked for again"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if state == "post-updated-apps":
        return WELL
    return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(f"NEXT {next_of(row, known)}",))


def verdict(known: Known) -> Verdict:
    """Return how far the upgrade is and what is next; where there is none, what could begin."""
    reading, row = known.reading("kube-upgrade"), upgrade_of(known)
    if row is None:
        if not reading.was_read:
            words = reading.error.words if reading.error else "the upgrade was not read yet."
            word = "CANNOT" if reading.error else "READING"
            return Verdict(word=word, text=words, tone=Tone.PLAIN)
        there = [one.version for one in known.rows("kube-versions") if one.state == "available"]
        more = f"available: {', '.join(there)}   a, S starts one (:kube-upgrade)" if there else ""
        return Verdict(word="WELL", text="no upgrade of Kubernetes is under way.", more=more)
    parts = known.rows("kube-host-upgrades")
    done = sum(one.kubelet_version == row.to_version for one in parts)
    said = f"{row.from_version} -> {row.to_version}, {done} of {len(parts)} kubelets."
    more = f"[{row.state}]  NEXT {next_of(row, known)}"
    if (row.state or "").endswith("failed"):
        text = f"{row.state}: {said}"
        return Verdict(word="NOT WELL", text=text, more=more, tone=Tone.BAD)
    return Verdict(word="UPGRADING", text=said, more=more, tone=Tone.BUSY)


def states(row: KubeUpgrade, known: Known) -> States:
    """Return the picture of its states, and where it stands."""
    well = order(known)
    state = row.state or ""
    # A step under way stands where it began, in its own words.
    running = {step.runs: step.done for step in STEPS}
    at = well.index(running[state]) if running.get(state) in well else len(well)
    shown = well if state in well else (*well[:at], state, *well[at:])
    return States(
        states=shown,
        edges=tuple(zip(shown, shown[1:])),
        current=state,
        tone=Tone.BAD if state.endswith("failed") else Tone.BUSY,
    )


def strip(row: KubeUpgrade, known: Known) -> Lines:
    """Return what is next, and whether there is a way back."""
    back = "abort: back to " + str(row.from_version) if is_simplex(known) else NO_WAY_BACK
    now = _now(row, known)
    return Lines(
        lines=(
            Line(heading="NEXT", text=_with_key(*_next(row, known))),
            *((Line(heading="NOW", text=now),) if now else ()),
            Line(heading="BACK", text=back),
            Line(heading="SAME AS", text="system kube-upgrade-show"),
        )
    )


def life(row: KubeUpgrade, known: Known) -> passed.Life:
    """Return through which states the upgrade went so far."""
    return passed.life_of(KIND, row.uuid, row.state or "", "state", known)


def _now(row: KubeUpgrade, known: Known) -> str:
    """Return since when it is in its state, and what that took here before."""
    state = row.state or ""
    said = passed.now_words(life(row, known), known.now_ms)
    if not said or state not in _RUNS:
        return said
    of = next((step for step in STEPS if step.runs == state), None)
    ends = (of.done,) if of is not None else (state.replace("upgrading", "upgraded"),)
    seen = passed.took_before(passed.lives(KIND, known), state, ends)
    found = seen or (known.usual_ms(KIND, of.name) if of is not None else ())
    return f"{said}; {passed.before_words(found)}"
