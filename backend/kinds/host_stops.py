"""What stops, and what comes, when an action is done to a host."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

from backend.figure import Jump
from backend.kind import Consequence, Expected
from backend.kinds.host import Host
from backend.kinds.host_copies import (
    copies_left,
    copies_wanted,
    group_of,
    monitors_up,
    osds_of,
    serving_peers,
)
from backend.kinds.host_risks import REBOOTING, is_last_controller
from backend.kinds.host_site import hosts, is_duplex, one_sits_on, other_controller
from backend.kinds.kube_drain import leaving, lost_with
from backend.known import Known
from backend.tone import Tone

TAKES_OUT = frozenset({"lock", "force-lock", "force-unsafe-lock"})
BRINGS_IN = frozenset({"unlock", "force-unlock"})
HANDS_OVER = frozenset({"swact", "force-swact"})
# Locked hosts whose machine goes away for a while, with what of Ceph still ran on it.
GOES_DOWN = frozenset({"reboot", "reset", "power-off", "reinstall"})
ERASES = frozenset({"reinstall", "delete"})

Said = List[Consequence]


def consequences_of(verb: str) -> Callable[[Any, Any, Known], Tuple[Consequence, ...]]:
    """Return what says in words what ``verb`` stops, worst first."""

    def consequences(host: Host, _form: Any, known: Known) -> Tuple[Consequence, ...]:
        found: Said = [*_session(verb, host, known), *_note(host, known)]
        if verb in TAKES_OUT:
            found += _taken_out(verb, host, known)
        elif verb in BRINGS_IN:
            found += _brought_in(verb, host, known)
        elif "swact" in verb:
            found += _handed_over(verb, host, known)
        else:
            found += _powered(verb, host, known)
        found += _alarms(verb, host, known)
        return tuple(sorted(found, key=lambda one: one.tone is not Tone.BAD))

    return consequences


def expects_of(verb: str) -> Callable[[Any, Known], Tuple[Expected, ...]]:
    """Return the alarms that ``verb`` on a host brings, so that none of them is news."""

    def expects(host: Host, known: Known) -> Tuple[Expected, ...]:
        if verb not in TAKES_OUT | BRINGS_IN | GOES_DOWN | HANDS_OVER:
            return ()
        found: List[Expected] = []
        if verb in TAKES_OUT | BRINGS_IN:
            found.append(Expected(alarm_id="200.001", entity=f"host={host.hostname}"))
        if verb in BRINGS_IN:
            found.append(Expected(alarm_id="250.001", entity=f"host={host.hostname}"))
        if host.is_controller and is_duplex(known):
            found.append(Expected(alarm_id="400.002"))
        if verb in HANDS_OVER:
            return tuple(found)
        if osds_of(host, known) or _has_monitor(host, known):
            found += [Expected(alarm_id="800.001"), Expected(alarm_id="800.011")]
        return tuple(found)

    return expects


# --- for every verb ----------------------------------------------------------------------------


def _bad(words: str, jump: Jump | None = None) -> Consequence:
    return Consequence(words=words, tone=Tone.BAD, jump=jump)


def _session(verb: str, host: Host, known: Known) -> Said:
    if verb not in REBOOTING or not one_sits_on(host, known):
        return []
    where = known.place.terminal or "here"
    return [
        _bad(f"THIS MACHINE REBOOTS. You are on it ({where}). This program ends with it."),
        Consequence(words="your SSH or serial session closes; SOL and the BMC stay"),
        Consequence(words="log in here again and start stx-tui: it finds this deed open"),
    ]


def _note(host: Host, known: Known) -> Said:
    mark = known.mark("hosts", host.uuid)
    if not mark.note:
        return []
    return [_bad(f'{mark.note_by or "somebody"} noted: "{mark.note}"')]


def _alarms(verb: str, host: Host, known: Known) -> Said:
    ids = [one.alarm_id for one in expects_of(verb)(host, known)]
    if not ids:
        return []
    return [Consequence(words=f"alarms to expect: {' '.join(ids)} (so not new ones)")]


def _site_down(host: Host, known: Known) -> Said:
    if not is_last_controller(host, known):
        return []
    return [_bad("there is no other controller: the whole site stops until it is back")]


# --- lock --------------------------------------------------------------------------------------


def _taken_out(verb: str, host: Host, known: Known) -> Said:
    found: Said = []
    if verb != "lock":
        found.append(_bad("it is reset at once: nothing is moved away first"))
        found.append(_bad("the checks of workers and applications are skipped"))
    if verb == "force-unsafe-lock":
        found.append(_bad("the checks that keep a copy of the data are skipped too"))
    return [
        *found,
        *_site_down(host, known),
        *_redundancy(host, known),
        *_pods(verb, host, known),
        *_storage(host, known),
    ]


def _redundancy(host: Host, known: Known) -> Said:
    peer = other_controller(host, known)
    if peer is None or not host.is_enabled or not peer.is_enabled:
        return []
    words = f"no standby controller: if {peer.name} fails meanwhile, the site is down"
    found = [Consequence(words=words, tone=Tone.WARN)]
    if peer.avail == "degraded":
        found.append(_bad(f"{peer.name}, which then carries the site alone, is degraded"))
    return found


def _pods(verb: str, host: Host, known: Known) -> Said:
    if not host.is_worker or not host.is_enabled:
        return []
    others = [h for h in hosts(known) if h.is_worker and h.is_enabled and h.uuid != host.uuid]
    if not others:
        return [_bad("its pods have NOWHERE ELSE to go: no other worker function serves")]
    names = others[0].name if len(others) == 1 else f"{len(others)} other hosts"
    node = next((node for node in known.rows("nodes") if node.name == host.hostname), None)
    how = "evicted" if verb == "lock" else "killed"
    what = f"its pods are {how}"
    if node is not None and known.has("pods"):
        count = len(leaving(node, known))
        what = f"{count} {'pod is' if count == 1 else 'pods are'} {how}"
    said = Consequence(words=f"{what}; those that may run on {names} come back there")
    # Which do not simply come back is known where the cluster was read.
    return [said, *(lost_with(node, known) if node is not None else ())]


def _has_monitor(host: Host, known: Known) -> bool:
    return any(row.hostname == host.hostname for row in known.rows("monitors"))


def _storage(host: Host, known: Known) -> Said:
    found: Said = []
    osds = osds_of(host, known)
    if osds:
        names = " ".join(osd.label for osd in osds)
        verb = "go" if host.is_enabled else "stay"
        verb += "" if len(osds) > 1 else "es" if host.is_enabled else "s"
        copies, tone = _copies(host, known)
        words = f"{names} {verb} down: {copies} until {host.name} is back"
        jump = Jump(kind="osds", id=osds[0].uuid)
        found.append(Consequence(words=words, tone=tone, jump=jump))
    elif host.is_storage and not serving_peers(host, known):
        found.append(_bad("no other host of its storage group serves"))
    if _has_monitor(host, known):
        up, quorum = monitors_up(known)
        left = len([name for name in up if name != host.hostname])
        tone = Tone.BAD if left < quorum else Tone.PLAIN
        words = f"Ceph monitors: {left} stay, {quorum} are a quorum"
        found.append(Consequence(words=words, tone=tone, jump=Jump(kind="monitors")))
    return found


def _copies(host: Host, known: Known) -> Tuple[str, Tone]:
    """Say how many copies of the data stay while one host is away, and how bad that is."""
    wanted, left = copies_wanted(known), copies_left(host, known)
    if wanted is None:
        return "nobody can tell whether data has another copy (backends not read)", Tone.BAD
    if left < 1:
        down = [peer.name for peer in group_of(host, known) if not peer.is_enabled]
        why = f" that serves ({' '.join(down)} down)" if down and wanted > 1 else ""
        return f"data has NO OTHER COPY{why}", Tone.BAD
    noun = "copy" if left == 1 else "copies"
    return f"data keeps {left} {noun} of {wanted}", Tone.PLAIN


# --- unlock, swact, power ----------------------------------------------------------------------


def _brought_in(verb: str, host: Host, known: Known) -> Said:
    found: Said = []
    if verb == "force-unlock":
        found.append(_bad("checks are skipped: it may come up so that only a reinstall helps"))
    if is_last_controller(host, known):
        found.append(_bad("there is no other controller; every pod of the site stops"))
        found.append(Consequence(words="the site is down until it is back"))
        found.append(Consequence(words="up to 8:00 for its manifests, then the reboot"))
    else:
        found.append(Consequence(words=f"{host.name} is configured anew and reboots"))
    boot = "20:00" if host.is_controller else "12:00"
    words = f"maintenance gives up and retries after {boot}; after three failures it stays failed"
    found.append(Consequence(words=words))
    return found


def _handed_over(verb: str, host: Host, known: Known) -> Said:
    peer = other_controller(host, known)
    found: Said = []
    if verb == "force-swact":
        found.append(_bad("the service checks nothing: what can't move is cut off"))
    if peer is not None:
        found.append(Consequence(words=f"all platform services move to {peer.name}"))
    found.append(
        Consequence(words="the API does not answer for a moment, and every login to it ends")
    )
    if one_sits_on(host, known):
        words = "you sit on the controller that becomes standby: openrc refuses there afterwards"
        found.append(Consequence(words=words, tone=Tone.WARN))
    return found


def _powered(verb: str, host: Host, known: Known) -> Said:
    found: Said = []
    if verb == "reinstall":
        found.append(_bad("its root disk is erased and the software installed anew"))
    if verb == "delete":
        found.append(_bad("sysinv forgets it: interfaces, labels, filesystems, its BMC"))
        if host.availability == "online":
            found.append(_bad("its root disk is erased, for it is online"))
    if verb in ERASES:
        found += [_bad(f"{osd.label} on it goes for good") for osd in osds_of(host, known)]
    if verb in ("reboot", "reset"):
        how = "in order" if verb == "reboot" else "by its BMC, as if power was cut"
        found.append(Consequence(words=f"{host.name} restarts {how}; it stays locked"))
    if verb == "power-off":
        found.append(Consequence(words="it stays off until somebody switches it on"))
    if verb == "power-on":
        found.append(Consequence(words=f"{host.name} boots; it stays locked"))
    return [*_site_down(host, known), *found] if verb in REBOOTING else found
