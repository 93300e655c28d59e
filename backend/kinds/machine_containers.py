"""Containers and images as a machine's own runtime knows them, when Kubernetes does not answer.

containerd is asked by ``crictl`` (for its images also by its own ``ctr``), Docker on its socket:
both where both are. Logs are the files that the kubelet keeps, or what Docker has of them.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Optional, Tuple

from pydantic import Field

from backend.docker import Docker, DockerLog
from backend.figure import Line, Lines
from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import EVERY_S, MACHINE, MACHINES, OfMachine, objects, size
from backend.known import Known
from backend.streams import LogFile, Logs
from backend.tone import WELL, Look, Mark
from backend.units import span

CRI, DOCKER = "containerd", "docker"
# What a runtime that is not there is told by.
NO_CRI = ("no such file or directory", "validate service connection")
_CTR_IMAGE = re.compile(r"^(?P<ref>\S+)\s+\S+\s+(?P<digest>sha256:\w+)\s+(?P<size>[\d.]+ \w+)\s")
_SIZE = re.compile(r"^([\d.]+)\s*([kKMGT]?)(i?)B$")


def containers_of_crictl(text: str) -> Iterable[Body]:
    """Parse ``crictl ps -a -o json``; instants are nanoseconds, as text."""
    return [
        {
            "id": one["id"],
            "name": one["metadata"]["name"],
            "attempt": one["metadata"].get("attempt", 0),
            "pod": one.get("labels", {}).get("io.kubernetes.pod.name", ""),
            "namespace": one.get("labels", {}).get("io.kubernetes.pod.namespace", ""),
            "pod_uid": one.get("labels", {}).get("io.kubernetes.pod.uid", ""),
            "image": one.get("image", {}).get("userSpecifiedImage")
            or one.get("image", {}).get("image", ""),
            "state": str(one["state"]).replace("CONTAINER_", "").lower(),
            "created_ms": int(one["createdAt"]) // 1_000_000,
        }
        for one in objects(text, "containers")
    ]


def containers_of_docker(text: str) -> Iterable[Body]:
    """Parse ``/containers/json``; a kubelet that ran them says whose they are by labels."""
    return [
        {
            "id": one["Id"],
            "name": labels.get("io.kubernetes.container.name") or one["Names"][0].lstrip("/"),
            "attempt": int(labels.get("annotation.io.kubernetes.container.restartCount") or 0),
            "pod": labels.get("io.kubernetes.pod.name", ""),
            "namespace": labels.get("io.kubernetes.pod.namespace", ""),
            "pod_uid": labels.get("io.kubernetes.pod.uid", ""),
            "image": one["Image"],
            "state": one["State"],
            "created_ms": int(one["Created"]) * 1000,
            "runtime": DOCKER,
        }
        for one in objects(text)
        for labels in (one.get("Labels") or {},)
    ]


class CriContainer(OfMachine):
    """A container as the runtime of a machine knows it."""

    id: str
    name: str
    attempt: int = 0
    pod: str = ""
    namespace: str = ""
    pod_uid: str = ""
    image: str = ""
    state: str
    created_ms: int
    runtime: str = CRI

    @property
    def log(self) -> str:
        """Where the kubelet keeps what it wrote, "" of a container that is no pod's."""
        if not self.pod_uid:
            return ""
        folder = f"{self.namespace}_{self.pod}_{self.pod_uid}"
        return f"/var/log/pods/{folder}/{self.name}/{self.attempt}.log"


def _container_look(row: CriContainer, _known: Known) -> Look:
    if row.state == "running":
        return WELL
    return Look(mark=Mark.OUT if row.state in ("exited", "created") else Mark.UNKNOWN)


def _container_strip(row: CriContainer, _known: Known) -> Lines:
    lines = [Line(heading="ID", text=row.id), Line(heading="IMAGE", text=row.image)]
    if row.log:
        lines.append(Line(heading="LOG", text=row.log))
    return Lines(tuple(lines))


def _logs(row: CriContainer, _known: Known) -> Logs:
    """Return the files of its log, or whom to ask for it."""
    shows = "docker" if row.runtime == DOCKER else "crictl"
    command = (shows, "logs", row.id[:13])
    named = f"{row.pod}/{row.name}" if row.pod else row.name
    if row.runtime == DOCKER:
        asked = DockerLog(container=row.id, name=named, machine=row.machine)
        return Logs(streams=(asked,), of=f"container {named}", command=command)
    runs = (row.attempt, row.attempt - 1) if row.log else ()
    files = tuple(
        LogFile(path=f"{row.log.rpartition('/')[0]}/{run}.log", name=named, machine=row.machine)
        for run in runs
        if run >= 0
    )
    return Logs(streams=files[:1], of=f"container {named}", before=files[1:], command=command)


CRI_CONTAINERS: Kind[CriContainer] = Kind(
    name="cri-containers",
    singular="cri-container",
    model=CriContainer,
    read=Command(
        argv=("crictl", "ps", "-a", "-o", "json"),
        parse=containers_of_crictl,
        absent=NO_CRI,
        also=(Docker(path="/containers/json", query={"all": "true"}, parse=containers_of_docker),),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.id}",
    label=lambda row: f"{row.pod}/{row.name}" if row.pod else row.name,
    columns=(
        MACHINE,
        Column(heading="CONTAINER", value=lambda row: row.name, most=28),
        Column(heading="STATE", value=lambda row: row.state),
        Column(heading="AGAIN", value=lambda row: row.attempt or None, right=True),
        Column(heading="POD", value=lambda row: row.pod, most=40),
        Column(
            heading="FOR",
            joined=lambda row, known: span(known.now_ms - row.created_ms),
            right=True,
        ),
        Column(heading="IMAGE", value=lambda row: row.image, most=60, wide=True),
        Column(heading="BY", value=lambda row: row.runtime, wide=True),
    ),
    look=_container_look,
    strip=_container_strip,
    sort=lambda row, _known: (row.state != "running", row.namespace, row.pod, row.name),
    logs=_logs,
    tab="c Containers",
    state_fields=("state",),
    aliases=("crictl", "ground/containers"),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- images ------------------------------------------------------------------------------------


def images_of_crictl(text: str) -> Iterable[Body]:
    """Parse ``crictl images -o json``; sizes are bytes, as text."""
    return [
        {
            "id": one["id"],
            "names": one.get("repoTags") or one.get("repoDigests") or [],
            "size": int(one.get("size") or 0),
            "is_pinned": bool(one.get("pinned")),
        }
        for one in objects(text, "images")
    ]


def images_of_ctr(text: str) -> Iterable[Body]:
    """Parse the table of ``ctr -n k8s.io images ls``: one image stands there by each of its names.

    What the CRI calls by its digest alone is the same image once more.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith("REF"):
        raise ValueError("no table of images")
    found: Dict[str, Dict[str, Any]] = {}
    for line in lines[1:]:
        row = _CTR_IMAGE.match(line)
        if row is None:
            raise ValueError(f"no image of ctr: {line[:60]!r}")
        one = found.setdefault(row["digest"], {"id": row["digest"], "names": []})
        one["size"] = bytes_of(row["size"])
        if not row["ref"].startswith("sha256:"):
            one["names"].append(row["ref"])
    return list(found.values())


def images_of_docker(text: str) -> Iterable[Body]:
    """Parse ``/images/json``; what has no tag may have a digest, or no name at all."""
    return [
        {
            "id": one["Id"],
            "names": _named(one.get("RepoTags")) or _named(one.get("RepoDigests")),
            "size": int(one["Size"]),
            "runtime": DOCKER,
        }
        for one in objects(text)
    ]


def _named(names: Optional[List[str]]) -> List[str]:
    """Return the names that are some: older daemons say ``<none>:<none>`` where there is none."""
    return [name for name in names or () if "<none>" not in name]


def bytes_of(words: str) -> int:
    """Return bytes of ``11.3 KiB`` or ``3.2MB``; raises ``ValueError``."""
    found = _SIZE.match(words)
    if found is None:
        raise ValueError(f"no size: {words[:40]!r}")
    number, unit, binary = found.groups()
    base = 1024 if binary else 1000
    return round(float(number) * pow(float(base), " KMGT".index(unit.upper() or " ")))


class CriImage(OfMachine):
    """An image that a machine has; bytes as its runtime counts them."""

    id: str
    names: List[str] = Field(default_factory=list)
    size: int = 0
    is_pinned: bool = False
    runtime: str = CRI

    @property
    def name(self) -> str:
        """Its first name, else the beginning of its digest."""
        return self.names[0] if self.names else self.id.replace("sha256:", "")[:12]


def _containers(row: CriImage, known: Known) -> Optional[int]:
    """Return how many containers of its machine are made of it, None where none were read."""
    of = row.machine if known.has("cri-containers", row.machine) else ""
    if not known.has("cri-containers", of):
        return None
    rows, named = known.rows("cri-containers", of), {*row.names, row.id}
    return sum(1 for one in rows if one.machine == row.machine and one.image in named)


def _image_strip(row: CriImage, _known: Known) -> Lines:
    names = (Line(heading="NAME", text=name) for name in row.names[:4])
    return Lines((Line(heading="ID", text=row.id), *names))


CRI_IMAGES: Kind[CriImage] = Kind(
    name="cri-images",
    singular="cri-image",
    model=CriImage,
    read=Command(
        argv=("crictl", "images", "-o", "json"),
        parse=images_of_crictl,
        absent=NO_CRI,
        otherwise=Command(
            argv=("ctr", "-n", "k8s.io", "images", "ls"), parse=images_of_ctr, absent=NO_CRI
        ),
        also=(Docker(path="/images/json", parse=images_of_docker),),
    ),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES, "cri-containers"),
    id=lambda row: f"{row.machine}/{row.runtime}/{row.id}",
    label=lambda row: row.name,
    columns=(
        MACHINE,
        Column(heading="IMAGE", value=lambda row: row.name, most=60),
        Column(
            heading="SIZE",
            value=lambda row: size(row.size),
            order=lambda row, _known: row.size,
            right=True,
        ),
        Column(heading="CONTAINERS", joined=_containers, right=True),
        Column(heading="NAMES", value=lambda row: len(row.names), right=True, wide=True),
        Column(heading="BY", value=lambda row: row.runtime, wide=True),
    ),
    strip=_image_strip,
    sort=lambda row, _known: row.name,
    tab="i Images",
    aliases=("ground/images",),
    is_inventory=False,
    every_s=EVERY_S,
)

CONTAINERS: Tuple[Kind[Any], ...] = (CRI_CONTAINERS, CRI_IMAGES)
