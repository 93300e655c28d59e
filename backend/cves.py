"""Known vulnerabilities against what is installed, by Debian's version rules; nothing is asked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
)

if TYPE_CHECKING:
    from debian.debian_support import NativeVersion

# Debian's names of its releases by number, as its tracker has them.
RELEASES = {
    "10": "buster",
    "11": "bullseye",
    "12": "bookworm",
    "13": "trixie",
    "14": "forky",
}
_NUMBER = re.compile(r"deb(\d+)")
OPEN, FIXED, IGNORED = "open", "fixed", "ignored"


@dataclass(frozen=True)
class Entry:
    """What one file says of one CVE and one package (of Debian: the source package).

    ``release`` is Debian's ("" where it is told of no release); it concerns versions from
    ``introduced`` on ("": the first) and before ``fixed`` ("": none is fixed yet). With ``exact``
    it concerns that version alone.
    """

    cve: str
    package: str
    release: str = ""
    introduced: str = ""
    fixed: str = ""
    exact: str = ""
    status: str = OPEN
    urgency: str = ""
    summary: str = ""


class Installed(NamedTuple):
    """A package of a machine: the source that it was built of, and that one's version."""

    machine: str
    package: str
    version: str
    release: str


@dataclass(frozen=True)
class Finding:
    """A CVE that concerns a package of some machines, all with the same version."""

    entry: Entry
    version: str
    machines: Tuple[str, ...]


@lru_cache(maxsize=65536)
def _version(text: str) -> NativeVersion:
    # Loaded when the first version is compared: no first screen pays for it.
    from debian.debian_support import NativeVersion

    return NativeVersion(text)


@lru_cache(maxsize=262144)
def is_before(version: str, other: str) -> bool:
    """Whether a version is older than another, by Debian's rules; what is none is not."""
    try:
        return bool(_version(version) < _version(other))
    except ValueError:
        return False


def concerns(entry: Entry, version: str) -> bool:
    """Whether a version of its package has that hole."""
    if entry.status == IGNORED:
        return False
    if entry.exact:
        return version == entry.exact or version.startswith(f"{entry.exact}-")
    if entry.introduced and is_before(version, entry.introduced):
        return False
    return not entry.fixed or is_before(version, entry.fixed)


def release_of(versions: Iterable[str]) -> str:
    """Return Debian's release that these versions were built for most of all, "" of none."""
    # One search through all of them costs a tenth of one through each.
    told = Counter(_NUMBER.findall("\n".join(versions)))
    return RELEASES.get(told.most_common(1)[0][0], "") if told else ""


def findings(
    installed: Sequence[Installed],
    entries: Callable[[List[str], List[str]], Iterable[Entry]],
) -> Iterator[Finding]:
    """Yield what concerns the installed packages.

    ``entries`` gives what is known of some packages in some releases, or in none that is told.

    Many machines have the same: each version is compared once.
    """
    machines: Dict[Tuple[str, str, str], Dict[str, None]] = {}
    for one in installed:
        machines.setdefault((one.package, one.version, one.release), {})[one.machine] = None
    by_package: Dict[str, List[Tuple[str, str]]] = {}
    for package, version, release in machines:
        by_package.setdefault(package, []).append((version, release))
    names = {key: tuple(sorted(found)) for key, found in machines.items()}
    releases = sorted({release for _, _, release in machines})
    for entry in entries(sorted(by_package), releases):
        for version, release in by_package.get(entry.package, ()):
            is_told = not entry.release or entry.release == release
            if is_told and concerns(entry, version):
                key = (entry.package, version, release)
                yield Finding(entry=entry, version=version, machines=names[key])


_DEB = re.compile(r"^([a-z0-9][a-z0-9.+-]+)_(.+?)_[a-z0-9]+(?:\.deb)?$")


def shipped(packages: Iterable[str]) -> Mapping[str, str]:
    """Return the versions that a release brings, of names such as ``curl_8.14_amd64.deb``."""
    found = (_DEB.match(name) for name in packages)
    return {match[1]: match[2].replace("%3a", ":") for match in found if match}
