"""sysinv's routes: the system, its hosts and what belongs to them, as /platform/v1 answers."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from backend.simulator import (
    application_update,
    applications,
    attaching,
    boards,
    certificates,
    changers,
    charts,
    children,
    computing,
    dividing,
    hosts,
    keeping,
    kube_upgrade,
    kubernetes,
    labels,
    monitoring,
    networking,
    parameters,
    platform,
    programming,
    rootca,
    settings,
    shared,
    steering,
    storing,
    system,
    timing,
    volumes,
    wiring,
)
from backend.simulator.bodies import patch_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import JSON, Answer, Request, answer
from backend.simulator.keystone import Token
from backend.simulator.model import Json, links
from backend.simulator.paging import known
from backend.simulator.refuse import client, forbidden, no_such_method, no_such_path, server

Route = Callable[[Cloud, Request, list[str]], Answer]

# Reading is for every role; the rest by method, hosts being an operator's to patch.
CHANGERS = {"admin", "configurator"}
PATCHERS = CHANGERS | {"operator"}


def reply(cloud: Cloud, request: Request, path: list[str], token: Token) -> Answer:
    """Answer what came below /platform/v1, as the bearer of this token."""
    root, rest = path[0], path[1:]
    _permit(request, root, token)
    if request.body and request.method in {"POST", "PATCH", "PUT"}:
        _check_mimetype(request)
    route = ROUTES.get(root)
    if route is None:
        raise no_such_path()
    return route(cloud, request, rest)


def _permit(request: Request, root: str, token: Token) -> None:
    roles = set(token.roles)
    if request.method in {"GET", "HEAD"}:
        return
    allowed = PATCHERS if (root, request.method) == ("ihosts", "PATCH") else CHANGERS
    if not roles & allowed:
        raise forbidden()


def _check_mimetype(request: Request) -> None:
    kind = request.headers.get("content-type", JSON).split(";")[0].strip()
    if kind not in {JSON, "multipart/form-data"}:
        raise client(f"Unknown mimetype: {kind}", 415)


def version(base: str) -> Json:
    """What GET /v1 gives: where its roots are."""
    roots = sorted(ROUTES)
    media = {"base": "application/json", "type": "application/vnd.openstack.sysinv.v1+json"}
    return {
        "id": "v1",
        "media_types": [media],
        "links": [{"href": f"{base}/v1/", "rel": "self"}],
        **{root: links(base, f"{root}/") for root in roots},
    }


def root(base: str) -> Json:
    """What GET / gives."""
    one = {"id": "v1", "links": [{"href": f"{base}/v1/", "rel": "self"}]}
    about = "Titanium SysInv API"
    return {"name": about, "description": "Pretend.", "versions": [one], "default_version": one}


def _isystems(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET", "PATCH", "PUT")
    base = f"{request.base}/platform"
    if not path:
        known(request)
        return answer({"isystems": [cloud.system.draw(base)]})
    if path[0] != cloud.system.uuid:
        raise client(f"Server {path[0]} could not be found.", 404)
    if path[1:] == ["ihosts"]:
        raise server("(psycopg2.errors.InvalidTextRepresentation) invalid input syntax")
    if path[1:] == ["controller_fs", "update_many"] and request.method == "PUT":
        return storing.grow(cloud, request)
    if path[1:] == ["controller_fs"]:
        return shared.reply(cloud, request, "controller_fs", [])
    if path[1:]:
        raise no_such_path()
    if request.method == "PATCH":
        system.update(cloud, patch_of(request))
    return answer(cloud.system.draw(base))


def _health(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET")
    if path[:1] not in ([], ["upgrade"], ["kube-upgrade"]) or path[1:] not in ([], ["relaxed"]):
        raise no_such_path()
    return answer(platform.health(cloud))


def _compatible(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET")
    if path:
        raise no_such_path()
    return application_update.compatible(cloud, request)


def _apps(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET", "POST", "PATCH", "DELETE")
    if request.method == "POST":
        return applications.post(cloud, request, path)
    if not path:
        return answer({"apps": cloud.apps})
    found = next((app for app in cloud.apps if app["name"] == path[0]), None)
    if found is None:
        raise client(f"No application with name {path[0]}.", 404)
    if request.method == "DELETE":
        return applications.delete(cloud, found)
    if request.method == "PATCH":
        return applications.change(cloud, request, found)
    return answer(found)


def _drawn_from(draw: Callable[[Cloud], Any]) -> Route:
    def route(cloud: Cloud, request: Request, path: list[str]) -> Answer:
        _only(request, "GET")
        if path:
            raise no_such_path()
        known(request)
        return answer(draw(cloud))

    return route


def _shared(name: str) -> Route:
    def route(cloud: Cloud, request: Request, path: list[str]) -> Answer:
        changer = CHANGED_BY.get(name)
        if changer is not None and request.method not in {"GET", "HEAD"}:
            return changers.reply(cloud, request, name, changer, path)
        _only(request, "GET")
        return shared.reply(cloud, request, name, path)

    return route


def _changing(name: str, changes: Mapping[str, Route]) -> Route:
    """A cluster-wide kind of which rows can be changed, by method."""

    def route(cloud: Cloud, request: Request, path: list[str]) -> Answer:
        _only(request, "GET", *changes)
        change = changes.get(request.method)
        if change is None:
            return shared.reply(cloud, request, name, path)
        if not path and request.method in {"PATCH", "DELETE"}:
            raise no_such_path()
        return change(cloud, request, path)

    return route


def _children(name: str) -> Route:
    def route(cloud: Cloud, request: Request, path: list[str]) -> Answer:
        if (name, path) == ("isensorgroups", ["relearn"]):
            return boards.relearn(cloud, request)
        changer = CHANGED_BY.get(name)
        if changer is not None and request.method not in {"GET", "HEAD"}:
            return changers.reply(cloud, request, name, changer, path)
        _only(request, "GET")
        return children.everywhere(cloud, request, name, path)

    return route


def _images(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET", "POST")
    if path:
        raise no_such_path()
    if request.method == "POST":
        # What was deleted has taken no room in the first place.
        return answer(None)
    return kubernetes.images(cloud, request)


def _restoring(cloud: Cloud) -> str:
    del cloud
    return "Restore procedure is not in progress"


def _license(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    if not path:
        raise no_such_method(request.method, "")
    _only(request, "GET", "POST")
    return certificates.licence(cloud, request, path)


def _charts(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    _only(request, "GET", *(("PATCH", "DELETE") if path else ()))
    return charts.reply(cloud, request, path)


def _deprecated(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    del cloud, path
    _only(request, "GET")
    raise server("This API is deprecated.")


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods and request.method != "HEAD":
        raise no_such_method(request.method, ", ".join(sorted(methods)))


def _ihosts(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    return hosts.reply(cloud, request, path)


def _labels(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    return labels.reply(cloud, request, path)


CHANGES: dict[str, Mapping[str, Route]] = {
    **settings.CHANGES,
    **networking.CHANGES,
    **certificates.CHANGES,
    **parameters.CHANGES,
    **timing.CHANGES,
    **storing.CHANGES,
    **monitoring.CHANGES,
    **steering.CHANGES,
    **programming.CHANGES,
}

# What can be changed of the things on a host.
CHANGED_BY: dict[str, changers.Changer] = {
    "iinterfaces": wiring.WIRING,
    **attaching.CHANGERS,
    **boards.CHANGERS,
    **computing.CHANGERS,
    **keeping.CHANGERS,
    **dividing.CHANGERS,
    **volumes.CHANGERS,
}

ROUTES: dict[str, Route] = {
    "isystems": _isystems,
    "ihosts": _ihosts,
    "labels": _labels,
    "health": _health,
    "apps": _apps,
    "helm_charts": _charts,
    "query_compatible_apps": _compatible,
    "servicegroup": _drawn_from(platform.service_groups),
    "servicenodes": _drawn_from(platform.service_nodes),
    "services": _drawn_from(platform.services),
    "upgrade": _deprecated,
    "license": _license,
    "registry_image": _images,
    "restore": _drawn_from(_restoring),
    "kube_cmd_versions": _drawn_from(kubernetes.command_versions),
    **{name: _children(name) for name in children.PER_HOST},
    **{name: _shared(name) for name in shared.SHARED},
    **{name: _changing(name, changes) for name, changes in CHANGES.items()},
    "kube_upgrade": kube_upgrade.reply,
    rootca.NAME: rootca.reply,
}
