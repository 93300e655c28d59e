"""sw-patch, which a system before USM has in its place: patches in a repository, and its hosts.

Everything is answered with 200; what it says no to stands under ``error``.
"""

from __future__ import annotations

import tarfile
from functools import partial
from typing import Callable
from xml.etree import ElementTree as ET

from backend.simulator import shipping
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.keystone import Token
from backend.simulator.model import Host, Json
from backend.simulator.refuse import software as refused
from backend.simulator.shelf import Older

INSTALL_S, ANSWERS_S = 110, 3
CHANGERS = {"admin"}
AVAILABLE, APPLIED, COMMITTED = "Available", "Applied", "Committed"


def older(cloud: Cloud) -> Older:
    """What an older site usually has: a patch applied and installed, and two to come."""
    held, version = Older(), cloud.system.software_version
    for number, state, reboot in (
        ("1", APPLIED, "Y"),
        ("2", AVAILABLE, "N"),
        ("3", AVAILABLE, "Y"),
    ):
        required = [f"stx_{version}.{int(number) - 1}"] if number != "1" else []
        text = "Fixes CVE-2023-4911 (glibc)." if number == "3" else "Pretend."
        held.patches[f"stx_{version}.{number}"] = patch(version, state, reboot, required, text)
    first = next(iter(held.patches))
    held.installed = {host.name: {first} for host in cloud.hosts if host.personality}
    held.agents = dict.fromkeys(held.installed, "idle")
    return held


def patch(version: str, state: str, reboot: str, requires: list[str], text: str) -> Json:
    """One patch as its metadata says."""
    return {
        "sw_version": version,
        "status": "REL",
        "unremovable": "N",
        "summary": text,
        "description": text,
        "install_instructions": "",
        "warnings": "",
        "reboot_required": reboot,
        "apply_active_release_only": "",
        "requires": requires,
        "repostate": state,
        "patchstate": state,
    }


# --- what it says ------------------------------------------------------------------------------


def reply(cloud: Cloud, request: Request, path: list[str], token: Token) -> Answer:
    """Answer what came below /v1 or /patch, as the bearer of this token."""
    verb, names = path[0], path[1:]
    act = ASKS.get(verb) or CHANGES.get(verb)
    if act is None:
        raise refused("The resource could not be found.", 404)
    if verb in CHANGES and not set(token.roles) & CHANGERS:
        raise refused("Access was denied to this resource.", 403)
    held = cloud.older
    assert held is not None
    _review(held)
    said = act(cloud, held, names, request)
    _review(held)
    return answer(said)


def _said(info: str = "", error: str = "") -> Json:
    return {"info": info, "warning": "", "error": error}


def _review(held: Older) -> None:
    """Say of each patch whether all hosts have it: that is its patchstate."""
    for patch_id, one in held.patches.items():
        have = [patch_id in mine for mine in held.installed.values()]
        one["patchstate"] = one["repostate"]
        if one["repostate"] == APPLIED and not all(have):
            one["patchstate"] = "Partial-Apply"
        if one["repostate"] == AVAILABLE and any(have):
            one["patchstate"] = "Partial-Remove"


def _wanted(held: Older) -> set[str]:
    return {i for i, one in held.patches.items() if one["repostate"] != AVAILABLE}


def _query(_cloud: Cloud, held: Older, _names: list[str], request: Request) -> Json:
    state = {"available": AVAILABLE, "applied": APPLIED, "committed": COMMITTED}
    wanted = {
        "repostate": state.get(request.arg("show") or ""),
        "sw_version": request.arg("release"),
    }
    found = {
        patch_id: one
        for patch_id, one in held.patches.items()
        if all(value is None or one[key] == value for key, value in wanted.items())
    }
    return {"pd": found}


def _show(_cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    error = "".join(f"{one} is unrecognized\n" for one in names if one not in held.patches)
    known = {one: held.patches[one] for one in names if one in held.patches}
    return {"metadata": known, "contents": {one: {} for one in known}, "error": error}


def _hosts(cloud: Cloud, held: Older, _names: list[str], _request: Request) -> Json:
    wanted = _wanted(held)
    return {
        "data": [
            {
                "ip": cloud.named(name).mgmt_ip,
                "hostname": name,
                "patch_current": mine == wanted,
                "secs_since_ack": 3,
                "patch_failed": held.agents[name] == "install-failed",
                "stale_details": False,
                "latest_sysroot_commit": cloud.uuid_of("commit", *sorted(mine)).replace("-", ""),
                "nodetype": cloud.named(name).personality,
                "subfunctions": cloud.named(name).subfunctions,
                "sw_version": cloud.system.software_version,
                "state": held.agents[name],
                "requires_reboot": name in held.to_reboot or bool(_reboots(held, wanted ^ mine)),
                "allow_insvc_patching": not _reboots(held, wanted ^ mine),
                "interim_state": False,
            }
            for name, mine in held.installed.items()
        ]
    }


def _reboots(held: Older, changed: set[str]) -> bool:
    return any(held.patches[one]["reboot_required"] != "N" for one in changed & set(held.patches))


def _requires(_cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    lines = []
    for name in names:
        by = sorted(i for i, one in held.patches.items() if name in one["requires"])
        none = f"{name} is not required by any patches.\n"
        lines.append(f"{name} is required by: {', '.join(by)}\n" if by else none)
    return _unknown(held, names) or _said("".join(lines))


def _dependencies(_cloud: Cloud, held: Older, names: list[str], request: Request) -> Json:
    found, following = set(names), list(names)
    while following:
        more = set(held.patches[following.pop()]["requires"]) - found
        found |= more
        following += more if request.arg("recursive") == "yes" else ()
    return {"patches": sorted(found - set(names)), "error": ""}


def _unknown(held: Older, names: list[str]) -> Json:
    unknown = [f"Patch {one} does not exist\n" for one in sorted(names) if one not in held.patches]
    return _said(error="".join(unknown)) if unknown else {}


# --- what it changes ---------------------------------------------------------------------------


def _apply(_cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    if "--all" in names:
        names = [i for i, one in held.patches.items() if one["repostate"] == AVAILABLE]
    before = _installing(held) or _unknown(held, names)
    if before:
        return before
    wanted = _wanted(held) | set(names)
    missing = [
        f"{required} is required by: {name}\n"
        for name in names
        for required in held.patches[name]["requires"]
        if required not in wanted
    ]
    if missing:
        return _said(error="".join(missing))
    done = []
    for name in sorted(names):
        is_in = held.patches[name]["repostate"] != AVAILABLE
        done.append(f"{name} is already in the repo\n" if is_in else f"{name} is now in the repo\n")
        if not is_in:
            held.patches[name]["repostate"] = APPLIED
    return _said("".join(done))


def _remove(_cloud: Cloud, held: Older, names: list[str], request: Request) -> Json:
    before = _installing(held) or _unknown(held, names)
    if before:
        return before
    no = []
    for name in names:
        one = held.patches[name]
        by = [i for i, o in held.patches.items() if name in o["requires"] and i not in names]
        by = [i for i in by if held.patches[i]["repostate"] != AVAILABLE]
        apps = [app for app, wants in held.dependencies.items() if name in wants]
        if one["unremovable"] == "Y" and request.arg("removeunremovable") != "yes":
            no.append(f"Patch {name} is not removable\n")
        elif one["repostate"] == COMMITTED:
            no.append(f"Patch {name} is committed and cannot be removed\n")
        elif by:
            no.append(f"{name} is required by: {', '.join(sorted(by))}\n")
        elif apps and request.arg("skipappcheck") != "yes":
            no.append(f"{name} is required by application(s): {', '.join(sorted(apps))}\n")
    if no:
        return _said(error="".join(no))
    for name in names:
        held.patches[name]["repostate"] = AVAILABLE
    return _said("".join(f"{name} has been removed from the repo\n" for name in names))


def _delete(_cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    states = {one: held.patches[one]["patchstate"] for one in names if one in held.patches}
    no = [f"Patch {one} not in Available state\n" for one, s in states.items() if s != AVAILABLE]
    before = _unknown(held, names) or (_said(error="".join(no)) if no else {})
    if before:
        return before
    for name in names:
        del held.patches[name]
    return _said("".join(f"{name} has been deleted\n" for name in names))


def _commit(_cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    before = _unknown(held, names)
    if before:
        return before
    for name in names:
        held.patches[name]["repostate"] = COMMITTED
    return _said("The patches have been committed.")


def _upload(cloud: Cloud, held: Older, _names: list[str], request: Request) -> Json:
    if "upload" in cloud.software.doomed:
        cloud.software.doomed.discard("upload")
        raise refused("[Errno 28] No space left on device", 500)
    files = shipping.files_of(request)
    if not files:
        return {"error": "Error: No file uploaded"}
    (name, content), *_ = files.items()
    patch_id, _, ending = name.rpartition(".")
    if ending != "patch":
        return _said(error=f"File must end in .patch extension: {name}\n")
    if patch_id in held.patches:
        return _said(f"{patch_id} is already imported. Updated metadata only\n")
    try:
        members = shipping.members_of(content)
        said = shipping.metadata_of(members["metadata.tar"])
    except (tarfile.TarError, EOFError, OSError, KeyError, ET.ParseError):
        words = f"Patch validation failed for {patch_id}:\nFailed during patch extraction"
        return _said(error=f"{words}\n")
    if not shipping.is_signed(members):
        return _said(error=f"Patch validation failed for {patch_id}:\nSignature check failed\n")
    version, reboot = cloud.system.software_version, said.findtext("reboot_required") or "Y"
    text = said.findtext("summary") or ""
    made = patch(version, AVAILABLE, reboot, [], text)
    held.patches[patch_id] = {**made, "description": said.findtext("description") or ""}
    return _said(f"{patch_id} is now available\n")


def _of_application(_cloud: Cloud, held: Older, names: list[str], request: Request) -> Json:
    held.dependencies[request.arg("app") or ""] = names
    return _said()


# --- its hosts ---------------------------------------------------------------------------------


def _installing(held: Older) -> Json:
    if "installing" not in held.agents.values():
        return {}
    return {"error": "Rejected: One or more nodes are installing patches."}


def _install(cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    """Have a host's agent install what the repository has; it says later how that went."""
    if not names:
        return {"error": "Host must be specified for install"}
    addresses = {cloud.named(name).mgmt_ip: name for name in held.installed}
    name = addresses.get(names[0], names[0])
    if name not in held.installed:
        return _said(error=f"Unknown host specified: {names[0]}\n")
    is_forced = "force" in names[1:] or not _reboots(held, _wanted(held) ^ held.installed[name])
    is_locked = cloud.named(name).administrative == "locked"
    takes_s = INSTALL_S if is_locked or is_forced else ANSWERS_S
    held.agents[name] = "installing"
    end = partial(_installed, cloud, held, name, is_taken=is_locked or is_forced)
    cloud.clock.at(cloud.jitter(takes_s), end)
    return _said(f"Patch installation request sent to {name}.\n")


def _installed(cloud: Cloud, held: Older, name: str, *, is_taken: bool) -> None:
    if not is_taken:
        held.agents[name] = "install-rejected"
        return
    if name in cloud.software.doomed:
        cloud.software.doomed.discard(name)
        held.agents[name] = "install-failed"
        return
    wanted = _wanted(held)
    if _reboots(held, wanted ^ held.installed[name]):
        held.to_reboot.add(name)
    held.installed[name], held.agents[name] = wanted, "idle"


def unlocked(cloud: Cloud, host: Host) -> None:
    """A host that was unlocked was rebooted too."""
    if cloud.older is not None:
        cloud.older.to_reboot.discard(host.name)


def _drop(cloud: Cloud, held: Older, names: list[str], _request: Request) -> Json:
    if not names or names[0] not in held.installed:
        return _said(error=f"Unknown host specified: {' '.join(names[:1])}\n")
    held.installed.pop(names[0])
    held.agents.pop(names[0])
    return _said(f"{cloud.named(names[0]).name} dropped\n")


Act = Callable[[Cloud, Older, list[str], Request], Json]


def _is(state: str) -> Callable[[Cloud, Older, list[str], Request], bool]:
    return lambda _cloud, held, names, _request: all(
        one in held.patches and held.patches[one]["patchstate"] == state for one in names
    )


ASKS: dict[str, Callable[[Cloud, Older, list[str], Request], object]] = {
    "query": _query,
    "show": _show,
    "query_hosts": _hosts,
    "what_requires": _requires,
    "query_dependencies": _dependencies,
    "is_applied": _is(APPLIED),
    "is_available": _is(AVAILABLE),
    "query_app_dependencies": lambda _cloud, held, _names, _request: held.dependencies,
}
CHANGES: dict[str, Act] = {
    "apply": _apply,
    "remove": _remove,
    "delete": _delete,
    "commit": _commit,
    "commit_dry_run": lambda *_: _said("This commit operation would free 0.00 MiB"),
    "upload": _upload,
    "upload_dir": lambda *_: {"error": "No patches found"},
    "host_install": lambda *_: {"error": "Deprecated: Use host_install_async"},
    "host_install_async": _install,
    "drop_host": _drop,
    "report_app_dependencies": _of_application,
}
