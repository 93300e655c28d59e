"""sw-patch, which a system older than USM has: its patches and hosts in the words of USM.

What it says of a patch or a host becomes a release, or a host's part in a deploy; the state that it
calls them by is kept beside.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from backend.kind import Json, Rest, RestWrite
from backend.known import Known
from backend.tone import Tone, Verdict

SERVICE = "patching"
PATCHES = Rest(service=SERVICE, path="/query", query={"show": "all"}, items="pd", named="patch_id")
HOSTS = Rest(service=SERVICE, path="/query_hosts", items="data")

# Its words for how a patch stands, in those of USM.
STATES = {
    "Available": "available",
    "Applied": "deployed",
    "Partial-Apply": "deploying",
    "Partial-Remove": "removing",
    "Committed": "committed",
}
_AGENTS = {
    "installing": "deploying",
    "install-failed": "failed",
    "install-rejected": "failed",
}


def release_of(said: Any) -> Any:
    """Return a release of what sw-patch says of a patch; what is none of its is left as it is."""
    if not isinstance(said, Mapping) or "repostate" not in said:
        return said
    state = said.get("patchstate")
    if state not in STATES and state in (None, "", "n/a"):
        # No host has said yet what it has.
        state = said.get("repostate")
    return {
        **said,
        "release_id": said.get("patch_id"),
        "state": STATES.get(str(state), state),
        "component": "sw-patch",
        "reboot_required": said.get("reboot_required") != "N",
        "unremovable": said.get("unremovable") == "Y",
        "patch_state": state,
    }


def deploy_host_of(said: Any) -> Any:
    """Return a host's part in a deploy of what sw-patch says of it."""
    if not isinstance(said, Mapping) or "patch_current" not in said:
        return said
    agent = str(said.get("state") or "")
    state = _AGENTS.get(agent)
    if state is None or said.get("patch_failed"):
        waits = not said.get("patch_current") or said.get("interim_state")
        state = "failed" if said.get("patch_failed") else "pending" if waits else "deployed"
    return {
        **said,
        "host_state": state,
        "software_release": said.get("sw_version"),
        "reboot_required": bool(said.get("requires_reboot")),
        "agent_state": agent,
    }


def is_older(known: Known) -> bool:
    """Whether it is sw-patch that answers here, as far as anything was heard of it."""
    rows = (*known.rows("releases")[:1], *known.rows("deploy-hosts")[:1])
    return any(row.is_sw_patch for row in rows)


def verdict(known: Known) -> Verdict:
    """Return how far the hosts are with what is applied: there is no deploy that would say it."""
    hosts = known.rows("deploy-hosts")
    if not known.has("deploy-hosts"):
        error = known.reading("deploy-hosts").error
        if error is None:
            return Verdict("READING", "the hosts' patches were not read yet.", "", Tone.PLAIN)
        return Verdict("CANNOT", f"see the hosts' patches: {error.words}", "", Tone.BAD)
    done = sum(host.host_state == "deployed" for host in hosts)
    under_way = [
        r.release_id for r in known.rows("releases") if r.state in {"deploying", "removing"}
    ]
    failed = [host.hostname for host in hosts if host.host_state == "failed"]
    text = f"{done} of {len(hosts)} hosts are current."
    more = "an older system: sw-patch has it, patch by patch, host by host"
    if failed:
        return Verdict("NOT WELL", f"{', '.join(failed)}: not installed.  {text}", more, Tone.BAD)
    if under_way or done < len(hosts):
        words = f"{', '.join(under_way)}: {text}" if under_way else text
        return Verdict("DEPLOYING", words, f"NEXT install on each host   {more}", Tone.BUSY)
    return Verdict("WELL", text, more)


def refusal(answer: Json) -> str:
    """Return the words of an answer of 200 that says no, "" where it says yes."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return " ".join(str(error or "").split())


def info(answer: Json) -> str:
    """Return what a good answer says."""
    said = answer.get("info") if isinstance(answer, dict) else None
    return " ".join(str(said or "").split())


def write(
    verb: str,
    name: str,
    *,
    more: str = "",
    words: Tuple[str, ...] = (),
    sentence: str,
    **also: Any,
) -> RestWrite:
    """Return one request to sw-patch, and the same as its client would send it."""
    options: Dict[str, Optional[str]] = {"/force": "--force"}
    path = f"/{verb}/{name}{more}" if name else f"/{verb}"
    words = tuple(filter(None, (name, options.get(more)))) or words
    return RestWrite(
        service=SERVICE,
        method="POST",
        path=path,
        command=("sw-patch", verb.replace("_", "-"), *words),
        sentence=sentence,
        **also,
    )
