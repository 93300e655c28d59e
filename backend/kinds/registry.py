"""The images a registry keeps: its repositories and their tags, and which pods use them."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from pydantic import Field

from backend.figure import Jump, Line, Lines
from backend.kind import Column, Kind, Reach, Row
from backend.kinds.kube_pod import Pod
from backend.kinds.machine import size
from backend.kinds.once import once
from backend.kinds.registry_acts import COLLECT, DELETE
from backend.known import Known
from backend.registry import REPOSITORIES, TAGS, Registry
from backend.registry_settings import LOCAL
from backend.tone import Look, Mark, Tone, Verdict

# A tag may be read a few hundred times over; what nobody pushes does not change.
EVERY_S, TAGS_EVERY_S = 60.0, 300.0
IMAGE_TAGS = "image-tags"
# How pods on the platform name its registry, however we reach it.
_LOCAL_NAMES = (urlsplit(LOCAL).netloc, "registry.central:9001")
_SHOWN = 3


class ImageTag(Row):
    """A tag: the digest of its manifest, and the bytes of each layer by digest."""

    repository: str
    tag: str
    registry: str = ""
    digest: str = ""
    layers: Dict[str, int] = Field(default_factory=dict)
    platforms: List[str] = Field(default_factory=list)
    trouble: str = ""

    @property
    def full_name(self) -> str:
        """Its name as people say it: ``quay.io/calico/node:v3.28``."""
        return f"{self.repository}:{self.tag}"

    @property
    def size(self) -> Optional[int]:
        """How many bytes it takes, None where its manifest could not be read."""
        return sum(self.layers.values()) if self.digest else None

    def parent_id(self, _known: Known) -> str:
        """Return its repository."""
        return self.repository


class Repository(Row):
    """A repository, by its name."""

    name: str
    registry: str = ""


# --- who uses what -----------------------------------------------------------------------------


@once
def _uses(known: Known) -> Mapping[str, Tuple[Pod, ...]]:
    """Return the pods by the images that their containers name."""
    found: Dict[str, Dict[str, Pod]] = {}
    for pod in known.rows("pods"):
        for container in (*pod.containers, *pod.init):
            found.setdefault(str(container.get("image") or ""), {})[pod.uid] = pod
    return {image: tuple(by_uid.values()) for image, by_uid in found.items()}


def users(row: ImageTag, known: Known) -> Optional[Tuple[Pod, ...]]:
    """Return the pods that use a tag, by its name or its digest; None where none were read."""
    if not known.has("pods"):
        return None
    uses = _uses(known)
    found: Dict[str, Pod] = {}
    for name in _names(row):
        found.update((pod.uid, pod) for pod in uses.get(name, ()))
    return tuple(found.values())


def _names(row: ImageTag) -> Iterator[str]:
    for host in dict.fromkeys((row.registry, *_LOCAL_NAMES)):
        image = f"{host}/{row.repository}"
        yield f"{image}:{row.tag}"
        if row.tag == "latest":
            yield image
        if row.digest:
            yield f"{image}@{row.digest}"
            yield f"{image}:{row.tag}@{row.digest}"


def used_by(row: ImageTag, known: Known) -> str:
    """Return who uses a tag, in words."""
    pods = users(row, known)
    if pods is None:
        return "?"
    if not pods:
        return "no pod"
    first = pods[0].full_name
    return first if len(pods) == 1 else f"{first} and {len(pods) - 1} more"


def bytes_of(tags: Iterable[ImageTag]) -> int:
    """Return how many bytes tags take together: a layer they share counts once."""
    layers: Dict[str, int] = {}
    for tag in tags:
        layers.update(tag.layers)
    return sum(layers.values())


# --- tags --------------------------------------------------------------------------------------


def _tag_look(row: ImageTag, known: Known) -> Look:
    if row.trouble:
        return Look(tone=Tone.WARN, mark=Mark.UNKNOWN, notes=(row.trouble,))
    return Look(tone=Tone.PLAIN, mark=Mark.OUT if users(row, known) == () else Mark.NONE)


def _tag_strip(row: ImageTag, known: Known) -> Lines:
    lines = [Line(heading="DIGEST", text=row.digest or "not read")]
    if row.digest:
        words = f"{size(row.size)} in {len(row.layers)} parts"
        words += f", for {', '.join(row.platforms)}" if row.platforms else ""
        lines.append(Line(heading="SIZE", text=words))
    also = [one.tag for one in same_manifest(row, known)]
    if also:
        lines.append(Line(heading="ALSO", text=f"the same under {', '.join(also[:_SHOWN])}"))
    pods = users(row, known)
    if pods is None:
        lines.append(Line(heading="PODS", text="not read: what uses it is not known"))
    for pod in (pods or ())[:_SHOWN]:
        jump = Jump(kind="pods", id=pod.uid)
        lines.append(Line(heading="POD", text=f"{pod.full_name} on {pod.node or '-'}", jump=jump))
    return Lines(tuple(lines))


def same_manifest(row: ImageTag, known: Known) -> Tuple[ImageTag, ...]:
    """Return the other tags of its repository that name the same manifest."""
    if not row.digest:
        return ()
    rows: Dict[str, ImageTag] = {}
    for of in ("", row.repository):
        rows.update((one.full_name, one) for one in known.rows(IMAGE_TAGS, of))
    return tuple(
        one
        for one in rows.values()
        if one.repository == row.repository and one.digest == row.digest and one.tag != row.tag
    )


def _tags_verdict(known: Known) -> Verdict:
    return Verdict(word="", text=whole(known.rows(IMAGE_TAGS), known), tone=Tone.PLAIN)


def whole(tags: Tuple[ImageTag, ...], known: Known) -> str:
    """Return how much there is, and how much of it no pod uses."""
    words = f"{len(tags)} tags, {size(bytes_of(tags))}"
    if not known.has("pods"):
        return f"{words}; what pods use is not known"
    idle = [tag for tag in tags if tag.digest and not users(tag, known)]
    kept = bytes_of(tag for tag in tags if users(tag, known))
    return f"{words}; no pod uses {len(idle)} of them, {size(bytes_of(tags) - kept)} of it"


IMAGE_TAG: Kind[ImageTag] = Kind(
    name=IMAGE_TAGS,
    singular="image-tag",
    model=ImageTag,
    read=Registry(what=TAGS),
    parent=REPOSITORIES,
    reach=Reach.PER_PARENT,
    needs=(REPOSITORIES, "pods"),
    id=lambda row: row.full_name,
    label=lambda row: row.full_name,
    columns=(
        Column(heading="REPOSITORY", value=lambda row: row.repository, most=48),
        Column(heading="TAG", value=lambda row: row.tag, most=28),
        Column(
            heading="SIZE",
            value=lambda row: size(row.size),
            order=lambda row, _known: row.size,
            right=True,
        ),
        Column(heading="USED BY", joined=used_by, most=44),
        Column(heading="DIGEST", value=lambda row: row.digest[7:19] or None, wide=True),
        Column(heading="FOR", value=lambda row: " ".join(row.platforms) or None, wide=True),
    ),
    look=_tag_look,
    strip=_tag_strip,
    verdict=_tags_verdict,
    sort=lambda row, _known: (row.repository, row.tag),
    actions=(DELETE,),
    tab="t Tags",
    state_fields=("digest",),
    aliases=("tags", "image-tag", "registry-image-tags"),
    every_s=TAGS_EVERY_S,
)


# --- repositories ------------------------------------------------------------------------------


def _tags_of(row: Repository, known: Known) -> Optional[Tuple[ImageTag, ...]]:
    """Return the tags of a repository, None where they were not read yet."""
    own = known.reading(IMAGE_TAGS, row.name)
    if own.was_read:
        return own.rows
    if not known.has(IMAGE_TAGS):
        return None
    return tuple(tag for tag in known.rows(IMAGE_TAGS) if tag.repository == row.name)


def _count(row: Repository, known: Known) -> Optional[int]:
    tags = _tags_of(row, known)
    return None if tags is None else len(tags)


def _bytes(row: Repository, known: Known) -> Optional[int]:
    tags = _tags_of(row, known)
    return None if tags is None else bytes_of(tags)


def _used(row: Repository, known: Known) -> Optional[str]:
    tags = _tags_of(row, known)
    if tags is None or not known.has("pods"):
        return None
    pods = {pod.uid: pod for tag in tags for pod in users(tag, known) or ()}
    if not pods:
        return "no pod"
    return f"{len(pods)} pods" if len(pods) > 1 else next(iter(pods.values())).full_name


def _by_platform(row: Repository, known: Known) -> Optional[str]:
    """Return whether sysinv lists it too, None where it was not asked."""
    if not known.has("registry-images"):
        return None
    return "yes" if known.row("registry-images", row.name) is not None else "no"


def _repository_look(row: Repository, known: Known) -> Look:
    tags = _tags_of(row, known)
    if tags == ():
        return Look(mark=Mark.OUT, notes=("has no tag any more: what is left goes when collected",))
    return Look(mark=Mark.OUT if _used(row, known) == "no pod" else Mark.NONE)


def _repositories_verdict(known: Known) -> Verdict:
    count = len(known.rows(REPOSITORIES))
    words = f"{count} repositories"
    if known.has(IMAGE_TAGS):
        words += f", {whole(known.rows(IMAGE_TAGS), known)}"
    return Verdict(word="", text=words, tone=Tone.PLAIN)


REPOSITORY: Kind[Repository] = Kind(
    name=REPOSITORIES,
    singular="repository",
    model=Repository,
    read=Registry(what=REPOSITORIES),
    needs=(IMAGE_TAGS, "pods", "registry-images"),
    id=lambda row: row.name,
    columns=(
        Column(heading="REPOSITORY", value=lambda row: row.name, most=52),
        Column(heading="TAGS", joined=_count, right=True),
        Column(
            heading="SIZE",
            joined=lambda row, known: size(_bytes(row, known)),
            order=_bytes,
            right=True,
        ),
        Column(heading="USED BY", joined=_used, most=40),
        Column(heading="SYSINV", joined=_by_platform, wide=True),
    ),
    look=_repository_look,
    verdict=_repositories_verdict,
    sort=lambda row, _known: row.name,
    actions=(COLLECT,),
    aliases=("images", "registry"),
    every_s=EVERY_S,
)

REGISTRY: Tuple[Kind[Any], ...] = (REPOSITORY, IMAGE_TAG)
