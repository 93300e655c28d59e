"""Which resources an API server knows, and the columns it would print of one."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Iterator, List

from pydantic_core import from_json

from backend.errors import Malformed, NotConfigured, NotFound, Rejected
from backend.kind import Body
from backend.sources.kube_api import KubeApi
from backend.sources.kubeconfig import SERVICE

_AS = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
# In one answer each, as servers of 1.27 and newer give it; older ones are asked group by group.
WHOLE = ",".join((_AS.format("v2"), _AS.format("v2beta1"), "application/json"))


async def resources(api: KubeApi) -> List[Body]:
    """Return what can be listed, each in the version that the server prefers.

    A group whose own server is away is left out; its API service says why.
    """
    core, groups = await asyncio.gather(
        api.get("/api", accept=WHOLE), api.get("/apis", accept=WHOLE)
    )
    found: List[Body] = []
    for raw in (core, groups):
        said = _object(raw)
        if said.get("kind") == "APIGroupDiscoveryList":
            for group in said.get("items") or ():
                found += _of_group(group)
        else:
            found += await _one_by_one(api, said)
    return found


async def version_of(api: KubeApi, group: str, plural: str) -> str:
    """Return the version of a group in which a resource is served, its preferred one first.

    Each resource of a group has versions of its own: what is new stands in the newest alone, and
    what is not done yet in none but an older one.
    """
    try:
        said = _object(await api.get(f"/apis/{group}"))
        preferred = str(said["preferredVersion"]["version"])
    except NotFound as error:
        words = f"this cluster has no {group}"
        raise NotConfigured(words, "is it installed?") from error
    except (LookupError, TypeError) as error:
        raise Malformed(group, "$.preferredVersion", "names no version") from error
    others = [str(one.get("version")) for one in said.get("versions") or () if one]
    versions = list(dict.fromkeys((preferred, *others)))
    for version in versions if len(versions) > 1 else ():
        listed = _object(await api.get(f"/apis/{group}/{version}"))
        if any(one.get("name") == plural for one in listed.get("resources") or ()):
            return version
    return preferred


def _object(raw: bytes) -> Dict[str, Any]:
    try:
        said = from_json(raw)
    except ValueError as error:
        raise Malformed(SERVICE, "$", f"no JSON: {error}") from error
    if not isinstance(said, dict):
        raise Malformed(SERVICE, "$", "no JSON object")
    return said


def _of_group(group: Dict[str, Any]) -> Iterator[Body]:
    name = str((group.get("metadata") or {}).get("name") or "")
    seen = set()
    # The preferred version stands first; an older one may have what that has no more.
    for version in group.get("versions") or ():
        for one in version.get("resources") or ():
            plural = str(one.get("resource"))
            if plural in seen or "list" not in (one.get("verbs") or ()):
                continue
            seen.add(plural)
            yield {
                "plural": plural,
                "group": name,
                "version": str(version.get("version")),
                "kind": str((one.get("responseKind") or {}).get("kind") or ""),
                "singular": str(one.get("singularResource") or ""),
                "short": list(one.get("shortNames") or ()),
                "namespaced": one.get("scope") == "Namespaced",
                "verbs": list(one.get("verbs") or ()),
            }


async def _one_by_one(api: KubeApi, said: Dict[str, Any]) -> List[Body]:
    """Ask for each group by itself: its preferred version."""
    places = [("", f"/api/{one}", str(one)) for one in said.get("versions") or ()]
    for group in said.get("groups") or ():
        version = str((group.get("preferredVersion") or {}).get("version"))
        places.append((str(group.get("name")), f"/apis/{group.get('name')}/{version}", version))
    found: List[Body] = []
    for name, path, version in places:
        try:
            listed = _object(await api.get(path))
        except (Rejected, NotConfigured, Malformed):
            continue  # its own server is away: ``api-services`` says so
        found += _of_list(name, version, listed)
    return found


def _of_list(group: str, version: str, listed: Dict[str, Any]) -> Iterator[Body]:
    for one in listed.get("resources") or ():
        plural = str(one.get("name"))
        if "/" in plural or "list" not in (one.get("verbs") or ()):
            continue
        yield {
            "plural": plural,
            "group": group,
            "version": version,
            "kind": str(one.get("kind") or ""),
            "singular": str(one.get("singularName") or ""),
            "short": list(one.get("shortNames") or ()),
            "namespaced": bool(one.get("namespaced")),
            "verbs": list(one.get("verbs") or ()),
        }


def headings(raw: bytes) -> List[Body]:
    """Return the columns of an answer that is a table: name, type and priority of each."""
    said = _object(raw)
    return [
        {
            "name": str(one.get("name")),
            "type": str(one.get("type") or "string"),
            "priority": int(one.get("priority") or 0),
        }
        for one in said.get("columnDefinitions") or ()
    ]
