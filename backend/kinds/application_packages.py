"""The packages of applications that came with the platform's release, and which are newer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Iterator, Optional, Tuple

from backend.cves import is_before
from backend.kind import Column, Kind, Reach, Rest, Row
from backend.known import Known

# They change with a release alone.
EVERY_S = 300.0
ENDS = (".tgz", ".tar.gz")


class Package(Row):
    """A file of the active controller that sysinv would update an application from: its path."""

    kube_version: str = ""
    value: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return PurePosixPath(self.value).name

    def parent_id(self, _known: Known) -> str:
        """Return the version of Kubernetes that it goes with."""
        return self.kube_version


APPLICATION_PACKAGES: Kind[Package] = Kind(
    name="application-packages",
    singular="application-package",
    model=Package,
    # Those of the release's own folder that go with this version of Kubernetes.
    read=Rest(
        service="sysinv",
        path="/query_compatible_apps?k8s_ver={parent}&include_path=true",
        mine="kube_version",
    ),
    parent="kube-cmd-versions",
    reach=Reach.PER_PARENT,
    id=lambda row: row.value,
    label=lambda row: row.file,
    columns=(
        Column(heading="PACKAGE", value=lambda row: row.file, most=48),
        Column(heading="KUBERNETES", value=lambda row: row.kube_version),
        Column(heading="PATH", value=lambda row: row.value, most=80, wide=True),
    ),
    sort=lambda row, _known: row.file,
    aliases=("query_compatible_apps",),
    every_s=EVERY_S,
)


@dataclass(frozen=True)
class Shelved:
    """A version of an application that lies on the active controller, and in which file."""

    version: str
    path: str


def version_in(path: str, name: str) -> str:
    """Return the version of application ``name`` that a package's file is called by.

    "" where it is called otherwise: what is inside, sysinv alone reads.
    """
    file = PurePosixPath(path).name
    stem = next((file[: -len(end)] for end in ENDS if file.endswith(end)), "")
    begin, _, version = stem.partition(f"{name}-")
    return version if not begin and version.lstrip("v")[:1].isdigit() else ""


def shelved(name: str, known: Known) -> Optional[Shelved]:
    """Return the newest package of an application, None where none lies there or none was read."""
    newest: Optional[Shelved] = None
    for version, path in _versions(name, known):
        if newest is None or is_before(newest.version, version):
            newest = Shelved(version=version, path=path)
    return newest


def newer(name: str, version: str, known: Known) -> Optional[Shelved]:
    """Return the package of an application that is newer than the version it has, if any."""
    found = shelved(name, known)
    return found if found is not None and is_before(version, found.version) else None


def _versions(name: str, known: Known) -> Iterator[Tuple[str, str]]:
    for package in known.rows(APPLICATION_PACKAGES.name):
        version = version_in(package.value, name)
        if version:
            yield version, package.value
