"""Images of RBD, and which volume of which claim each is."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.figure import Jump
from backend.kind import Body, Ceph, CephCommand, Column, Kind
from backend.kinds.ceph import OfCeph, objects, said
from backend.kinds.machine import size
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# How the driver of Kubernetes names images that it makes.
OF_CSI = "csi-vol-"


class RbdImage(OfCeph):
    """An image; ``size`` in bytes, ``watchers`` are who has it open."""

    pool: str
    name: str
    size: Optional[int] = None
    snapshots: Optional[int] = None
    watchers: List[str] = Field(default_factory=list)
    error: str = ""


def image_rows(told: Answers) -> Iterable[Body]:
    """Make rows of what Ceph's library says: no monitor knows images."""
    for one in objects(said(told, "rbd images")):
        yield {**one, "uuid": f"{one['pool']}/{one['name']}"}


@once
def _by_image(rows: Tuple[Any, ...]) -> Mapping[str, Any]:
    return {row.image: row for row in rows if row.image}


def volume_of(row: RbdImage, known: Known) -> Optional[Any]:
    """Return the volume that an image is, None where there is none."""
    found = _by_image(known.rows("volumes")).get(row.name)
    return found if found is not None and found.pool in ("", row.pool) else None


def _look(row: RbdImage, known: Known) -> Look:
    if row.error:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(row.error,))
    is_lost = known.has("volumes") and volume_of(row, known) is None
    if is_lost and row.name.startswith(OF_CSI):
        return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=("no volume is it: it was left over",))
    return WELL


def _claim_of(row: RbdImage, known: Known) -> Optional[str]:
    volume = volume_of(row, known)
    return None if volume is None else volume.of or None


def _to(row: RbdImage, known: Known) -> Optional[Jump]:
    volume = volume_of(row, known)
    return None if volume is None else Jump(kind="volumes", id=volume.uid)


def _volume_name(row: RbdImage, known: Known) -> Optional[str]:
    volume = volume_of(row, known)
    return None if volume is None else str(volume.name)


IMAGES: Kind[RbdImage] = Kind(
    name="rbd-images",
    singular="rbd-image",
    model=RbdImage,
    read=Ceph(commands=(CephCommand.of("rbd images"),), rows=image_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="IMAGE", value=lambda row: row.name, most=48),
        Column(heading="POOL", value=lambda row: row.pool, most=20),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(heading="SNAPS", value=lambda row: row.snapshots, right=True),
        Column(heading="OPEN", value=lambda row: len(row.watchers), right=True),
        Column(heading="CLAIM", joined=_claim_of, most=40),
        Column(heading="VOLUME", joined=_volume_name, most=44, wide=True),
    ),
    look=_look,
    jump=_to,
    sort=lambda row, _known: (row.pool, row.name),
    needs=("volumes",),
    aliases=("rbd",),
    noise=frozenset({"watchers"}),
    every_s=60.0,
)
