"""Applications of the platform: uploaded, applied, removed, each in its time."""

from __future__ import annotations

from functools import partial

from backend.simulator import alarms, application_update
from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json
from backend.simulator.refuse import client, no_such_path, unknown_argument

# In which status sysinv takes which order; in all others it refuses.
TAKES = {
    "apply": ("uploaded", "applied", "apply-failed"),
    "remove": ("applied", "apply-failed", "remove-failed"),
    "abort": ("applying", "updating", "removing"),
    "delete": ("uploaded", "upload-failed"),
}
UPLOAD_S = 20


def app(name: str, version: str, status: str = "applied") -> Json:
    """An application row."""
    return {
        "name": name,
        "app_version": version,
        "manifest_name": f"{name}-fluxcd-manifests",
        "manifest_file": "fluxcd-manifests",
        "status": status,
        "progress": "completed",
        "active": status == "applied",
    }


def delete(cloud: Cloud, row: Json) -> Answer:
    if row["status"] not in TAKES["delete"]:
        raise client(
            "Application-delete rejected: operation is not allowed while the current status is "
            f"{row['status']}."
        )
    cloud.apps.remove(row)
    return Answer(status=204)


# directive → status while it runs, status at the end
DIRECTIVES = {"apply": ("applying", "applied"), "remove": ("removing", "uploaded")}
APPLY_S = 90
# What it does meanwhile, in sysinv's words, each from a share of the time on.
PROGRESS: dict[str, tuple[tuple[float, str], ...]] = {
    "apply": (
        (0.0, "generating application overrides"),
        (0.1, "retrieving docker images"),
        (0.5, "applying application manifest"),
    ),
    "remove": ((0.0, "deleting application manifest"),),
}


def change(cloud: Cloud, request: Request, row: Json) -> Answer:
    """Apply, remove or abort an application; it takes its time."""
    directive = request.arg("directive")
    if directive is None:
        raise client('Missing argument: "directive"')
    for name in object_of(request):
        if name != "values":
            raise unknown_argument(name)
    if directive in TAKES and row["status"] not in TAKES[directive]:
        raise client(
            f"Application-{directive} rejected: operation is not allowed while the current status "
            f"is {row['status']}."
        )
    if directive == "abort" and row["status"] == "updating":
        cloud.software.doomed.add(row["name"])  # it goes back to the version it had
        return answer(row)
    if directive == "abort":
        end = "remove-failed" if row["status"] == "removing" else "apply-failed"
        row.update(status=end, progress="operation aborted by user")
        return answer(row)
    if directive not in DIRECTIVES:
        raise client(f"Unsupported directive: {directive}")
    during, end = DIRECTIVES[directive]
    row.update(status=during)
    _goes_on(cloud, row, during, PROGRESS[directive])

    def finish() -> None:
        if row["status"] == during:
            row.update(status=end, progress="completed", active=end == "applied")
            if end == "applied":
                alarms.lift(cloud, "750.006", application=row["name"])

    cloud.clock.at(cloud.jitter(APPLY_S), finish)
    return answer(row)


def _goes_on(cloud: Cloud, row: Json, during: str, progress: tuple[tuple[float, str], ...]) -> None:
    """Have an application say how far it is for as long as it is under way."""

    def say(words: str) -> None:
        if row["status"] == during:
            row.update(progress=words)

    for share, words in progress:
        cloud.clock.at(share * APPLY_S / 2, partial(say, words))
    say(progress[0][1])


def post(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """Take a package of the controller's own disk: as a new application, or as its update."""
    if path == ["update"]:
        return application_update.update(cloud, request)
    if path:
        raise no_such_path()
    body = application_update.checked(request, "upload")
    found, version = application_update.named(str(body["tarfile"]), [])
    name, version = str(body.get("name") or found), str(body.get("app_version") or version)
    if any(row["name"] == name for row in cloud.apps):
        raise client(f"Application-upload rejected: application {name} already exists.")
    row = app(name, version, "uploading")
    row["progress"] = "validating and extracting tar file"
    cloud.apps.append(row)

    def finish() -> None:
        if row["status"] == "uploading":
            row.update(status="uploaded", progress="completed")

    cloud.clock.at(cloud.jitter(UPLOAD_S), finish)
    return answer(row)
