"""The packages inside an image of the registry: read when somebody looks into that one."""

from __future__ import annotations

from backend.kind import Column, Kind, Row
from backend.kinds.registry import IMAGE_TAGS
from backend.known import Known
from backend.registry import PACKAGES, Registry

# What an image holds does not change: it is asked for again where its tag names another.
EVERY_S = 3600.0


class ImagePackage(Row):
    """A package of Debian's inside an image, and the source that it was built of."""

    image: str
    name: str
    version: str
    architecture: str = ""
    status: str = ""
    source: str = ""
    source_version: str = ""
    # Of an image for several: whose packages these are (``linux/amd64``).
    platform: str = ""

    @property
    def machine(self) -> str:
        """Where it is installed, as with those of machines."""
        return self.image

    def parent_id(self, _known: Known) -> str:
        """Return its image."""
        return self.image


IMAGE_PACKAGES: Kind[ImagePackage] = Kind(
    name="image-packages",
    singular="image-package",
    model=ImagePackage,
    read=Registry(what=PACKAGES),
    parent=IMAGE_TAGS,
    id=lambda row: f"{row.image}/{row.name}:{row.architecture}",
    label=lambda row: row.name,
    columns=(
        Column(heading="PACKAGE", value=lambda row: row.name, most=36),
        Column(heading="VERSION", value=lambda row: row.version, most=36),
        Column(heading="SOURCE", value=lambda row: row.source or None, most=28),
        Column(heading="FOR", value=lambda row: row.platform or None, wide=True),
        Column(heading="IMAGE", value=lambda row: row.image, most=48, wide=True),
    ),
    sort=lambda row, _known: (row.image, row.name),
    tab="P Packages",
    is_inventory=False,
    every_s=EVERY_S,
)
