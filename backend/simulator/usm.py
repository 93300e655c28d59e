"""USM's routes: releases, the deploy, and each host's part in it, as /usm/v1 answers."""

from __future__ import annotations

import json
from typing import Callable, Optional

from backend.simulator import shipping, software
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.keystone import Token
from backend.simulator.model import Json, links
from backend.simulator.refuse import software as refused
from backend.simulator.shelf import Software
from backend.simulator.software import said

CHANGERS = {"admin", "configurator"}


def version(base: str) -> Json:
    """What GET /v1 gives: where its roots are."""
    roots = ("deploy", "deploy_host", "release", "software")
    return {"id": "v1", **{root: links(base, f"{root}/") for root in roots}}


def reply(cloud: Cloud, request: Request, path: list[str], token: Token) -> Answer:
    """Answer what came below /usm/v1, as the bearer of this token."""
    if request.method not in {"GET", "HEAD"} and not set(token.roles) & CHANGERS:
        raise refused("Access was denied to this resource.", 403)
    route = ROUTES.get(path[0])
    if route is None:
        raise refused("The resource could not be found.", 404)
    return route(cloud, request, path[1:])


# --- releases ----------------------------------------------------------------------------------


def _releases(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    held = cloud.software
    if request.method == "GET" and not path:
        wanted = {"state": request.arg("show"), "sw_version": request.arg("release")}
        return answer(
            [
                _as_told(held, one)
                for one in held.releases
                if all(value is None or one[key] == value for key, value in wanted.items())
            ]
        )
    if request.method == "GET" and path == ["metapackage"]:
        return answer([])
    if request.method == "GET" and path[-1] in ASKED:
        state = ASKED[path[-1]]
        return answer(all(held.release(one)["state"] == state for one in path[:-1]))
    if request.method == "GET" and len(path) == 1:
        return answer(_as_told(held, held.release(path[0])))
    if request.method == "POST" and not path:
        return shipping.upload(cloud, request)
    if request.method == "DELETE" and path:
        return _delete_releases(cloud, path)
    raise refused("The server could not comply with the request.", 405)


def _as_told(held: Software, one: Json) -> Json:
    """A release as this generation of the service tells it: the older knows no metapackages."""
    return {key: one[key] for key in one if key != "metapackages" or not held.names_in_path}


def _delete_releases(cloud: Cloud, path: list[str]) -> Answer:
    held = cloud.software
    for release_id in path:
        one = held.release(release_id)
        needed = [o["release_id"] for o in held.releases if release_id in o["requires"]]
        if one["state"] not in {"available", "unavailable"}:
            words = f"Release {release_id} is not ready to be deleted"
            by = f"\n['{release_id}'] are required by other releases" if needed else ""
            raise refused(words + by)
        if needed:
            raise refused(f"['{release_id}'] are required by other releases")
        held.releases.remove(one)
    return said(f"{', '.join(path)} has been deleted")


# --- the deploy --------------------------------------------------------------------------------


def _deploys(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    deploy = cloud.software.deploy
    if request.method == "GET":
        if path == ["software_upgrade"]:
            return answer(_upgrade(cloud.software))
        return answer([deploy] if deploy else [])
    if request.method == "DELETE" and not path:
        return _delete(cloud)
    if request.method != "POST" or not path:
        raise refused("The server could not comply with the request.", 405)
    if path[-1] in {"precheck", "start"}:
        if len(path) == 1 and cloud.software.names_in_path:
            raise refused("The resource could not be found.", 404)
        release_id = path[0] if len(path) > 1 else _named(request)
        act = software.precheck if path[-1] == "precheck" else software.start
        return act(cloud, release_id)
    verb = VERBS.get(path[0])
    if verb is None:
        raise refused("The resource could not be found.", 404)
    return verb(cloud)


def _named(request: Request) -> str:
    """The release that the body names."""
    body = json.loads(request.body or b"{}")
    releases = body.get("releases") or []
    if not releases:
        raise refused("No releases given")
    return str(releases[0])


def _upgrade(held: Software) -> Optional[Json]:
    if held.deploy is None:
        return None
    keys = ("from_release", "to_release")
    short = {key: ".".join(held.deploy[key].split(".")[:2]) for key in keys}
    return {**short, "state": held.deploy["state"], "pre_upgrade_deploy": False}


def _delete(cloud: Cloud) -> Answer:
    """Forget the deploy; one that was not completed leaves its release on the shelf."""
    software.delete(cloud)
    return said("Deploy deleted with success")


# --- each host ---------------------------------------------------------------------------------


def _hosts(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    if request.method == "GET" and not path:
        return answer(list(cloud.software.hosts.values()))
    if request.method != "POST" or not path:
        raise refused("The server could not comply with the request.", 405)
    host = cloud.host(path[0])
    if host is None:
        raise refused(f"Host {path[0]} can not be found")
    software.deploy_host(cloud, host, back="rollback" in path[1:])
    return said(f"{'Rollback' if 'rollback' in path else 'Deploy'} of {host.name} started")


def _in_sync(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    del cloud
    if request.method != "GET" or path != ["in_sync_controller"]:
        raise refused("The server could not comply with the request.", 405)
    return answer({"in_sync": True})


def _system_deploys(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """What deploys the platform and Kubernetes together is not pretended: there is none."""
    del cloud
    if request.method != "GET" or path:
        raise refused("The server could not comply with the request.", 405)
    return answer([])


# What can be asked of a release, and the state in which the answer is yes.
ASKED = {"is_available": "available", "is_deployed": "deployed", "is_committed": "committed"}
VERBS: dict[str, Callable[[Cloud], Answer]] = {
    "activate": software.activate,
    "activate_rollback": software.activate_rollback,
    "complete": software.complete,
    "abort": software.abort,
}
Route = Callable[[Cloud, Request, list[str]], Answer]
ROUTES: dict[str, Route] = {
    "release": _releases,
    "deploy": _deploys,
    "deploy_host": _hosts,
    "software": _in_sync,
    "system_deploy": _system_deploys,
}
