"""An application brought to another version; which packages the release brought for that."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from typing import Optional

from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.kube import VERSIONS
from backend.simulator.model import Json
from backend.simulator.paging import known
from backend.simulator.refuse import client

FOLDER = "/usr/local/share/applications/helm"
ENDS = (".tgz", ".tar.gz")
UPDATE_S = 90
# What the package itself says of what users set before: nothing, which is no.
MAINTAINS = False
# How much later than what a site runs its release's package is.
_LATER = {"cert-manager": 3, "nginx-ingress-controller": 1, "oidc-auth-apps": 2}
# Each from a share of the time on, as sysinv words it.
_PROGRESS = (
    (0.0, "Application update starting."),
    (0.2, "retrieving docker images"),
    (0.5, "applying application manifest"),
)
_GONE = "Application update from version {} to version {} "


def compatible(cloud: Cloud, request: Request) -> Answer:
    """The packages of the release that go with a version of Kubernetes: names, or paths."""
    known(request, "k8s_ver", "include_path")
    wanted = request.arg("k8s_ver")
    if wanted is None:
        raise client('Missing argument: "k8s_ver"')
    version = f"v{wanted.lstrip('v')}"
    why = "Unable to obtain compatible app list. Reason: "
    if version not in VERSIONS:
        raise client(f"{why}The supplied version is not supported.")
    if VERSIONS.index(version) < VERSIONS.index(cloud.kube.running):
        raise client(f"{why}Target version cannot be lower than the current version.")
    if (request.arg("include_path") or "").casefold() in {"true", "1", "yes", "on"}:
        return answer([_brought(cloud, row) for row in cloud.apps])
    return answer([row["name"] for row in cloud.apps])


def _brought(cloud: Cloud, row: Json) -> str:
    """The path of the package that the release brought of an application."""
    version, _, patch = str(row["app_version"]).rpartition("-")
    later = int(patch) + _LATER.get(row["name"], 0)
    path = f"{FOLDER}/{row['name']}-{version}-{later}.tgz"
    return cloud.brought.setdefault(row["name"], path)


def named(path: str, names: list[str]) -> tuple[str, str]:
    """The name and version that a package says of itself; here they are those of its file."""
    stem = next(PurePosixPath(path).name[: -len(end)] for end in ENDS if path.endswith(end))
    for name in sorted(names, key=len, reverse=True):
        if stem.startswith(f"{name}-"):
            return name, stem[len(name) + 1 :].removeprefix("v")
    name, _, version = stem.partition("-v")
    return name, version or "1.0-0"


def checked(request: Request, operation: str) -> Json:
    """What was sent; refused where it names no package."""
    body = object_of(request)
    path = str(body.get("tarfile") or "")
    if not path.endswith(ENDS):
        raise client(
            f"Application-{operation} rejected: {path} has unrecognizable tar file extension. "
            "Supported extensions are: .tgz and .tar.gz."
        )
    return body


def _flag(body: Json, name: str) -> bool:
    """Whether what users set is to stay: as it was sent, else as the package says."""
    sent = body.get(name)
    if sent is None:
        return MAINTAINS
    if sent not in ("true", "True", "false", "False"):
        raise client(f"Application-update rejected: invalid {name} setting.")
    return sent in ("true", "True")


def update(cloud: Cloud, request: Request) -> Answer:
    """Update an application; it is seen in its new version at once."""
    body = checked(request, "update")
    found, version = named(str(body["tarfile"]), [row["name"] for row in cloud.apps])
    name = str(body.get("name") or found)
    version = str(body.get("app_version") or version)
    keeps, enables = _flag(body, "reuse_user_overrides"), _flag(body, "reuse_attributes")
    row = next((app for app in cloud.apps if app["name"] == name), None)
    _refuse(row, version)
    assert row is not None
    before = row["app_version"]
    _brought(cloud, row)
    row.update(app_version=version, status="updating")
    for share, words in _PROGRESS:
        cloud.clock.at(share * UPDATE_S, partial(_say, row, words))
    _say(row, _PROGRESS[0][1])
    settings = _drop(cloud, name, keeps=keeps, enables=enables)
    cloud.clock.at(cloud.jitter(UPDATE_S), partial(_finish, cloud, row, before, settings))
    return answer(row)


def _refuse(row: Optional[Json], version: str) -> None:
    no = "Application-update rejected: "
    if row is None:
        raise client(f"{no}application not found.")
    if row["status"] == "updating":
        raise client(f"{no}update is already in progress.")
    if row["status"] != "applied":
        words = f"operation is not allowed while the current status is {row['status']}."
        raise client(f"{no}{words}")
    if row["app_version"] == version:
        raise client(f"{no}the version {version} is already applied.")


def _say(row: Json, words: str) -> None:
    if row["status"] == "updating":
        row.update(progress=words)


# What users set of the charts of one application: values, and whether they are used at all.
_Settings = tuple[dict[tuple[str, str], Json], dict[tuple[str, str], Json]]


def _drop(cloud: Cloud, name: str, *, keeps: bool, enables: bool) -> _Settings:
    """Drop what is not to be kept; return all that was there before."""
    kept = (cloud.overrides, cloud.chart_attributes)
    values, attributes = ({at: dict(one[at]) for at in one if at[0] == name} for one in kept)
    for stays, one, mine in ((keeps, kept[0], values), (enables, kept[1], attributes)):
        for at in () if stays else mine:
            one.pop(at)
    return values, attributes


def _finish(cloud: Cloud, row: Json, before: str, settings: _Settings) -> None:
    if row["status"] != "updating":
        return
    words = _GONE.format(before, row["app_version"])
    if row["name"] not in cloud.software.doomed:
        row.update(status="applied", progress=f"{words}completed.", active=True)
        return
    cloud.software.doomed.discard(row["name"])
    row.update(status="recovering", app_version=before, progress=f"{words}aborted. ")
    cloud.overrides.update(settings[0])
    cloud.chart_attributes.update(settings[1])
    over = f"{words}aborted. Application recover to version {before} completed. "
    end = f"{over}Please check logs for details."
    cloud.clock.at(cloud.jitter(UPDATE_S / 3), partial(row.update, status="applied", progress=end))
