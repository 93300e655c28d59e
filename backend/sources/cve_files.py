"""Files of known vulnerabilities as a site carries them in, read as a stream, whatever their size.

Four formats: Debian's security tracker, the Yocto project's summaries (``cve-check``), CVE records
as the kernel's own number authority gives them, and OSV. The latter two come one a file, as a list,
or one a line.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

import ijson

from backend.cves import FIXED, IGNORED, OPEN, RELEASES, Entry
from backend.errors import Missing, NotReadable

DEBIAN, YOCTO, KERNEL, OSV = "debian", "yocto", "kernel", "osv"
FORMATS = "Debian's security tracker, Yocto's CVE summary, CVE records, or OSV"
# So much of a file says which it is.
_LOOKED_AT = 200
_SUMMARY = 240


def _short(text: Any) -> str:
    return " ".join(str(text or "").split())[:_SUMMARY]


# --- which it is -------------------------------------------------------------------------------


def format_of(path: Path) -> str:
    """Return which of the four formats a file has.

    Raises ``Missing`` where there is none, ``NotReadable`` where it is none of the four.
    """
    seen: List[Tuple[str, str, Any]] = []
    with _opened(path) as file:
        try:
            for event in ijson.parse(file, multiple_values=True):
                seen.append(event)
                if len(seen) >= _LOOKED_AT:
                    break
        except (ijson.JSONError, UnicodeDecodeError) as error:
            if not seen:
                raise NotReadable(str(path), f"it is no JSON: {error}", FORMATS) from error
        except OSError as error:
            raise _failed(path, error) from error
    found = _told(seen)
    if not found:
        words = "it is JSON, and none of the formats that are known"
        raise NotReadable(str(path), words, f"wanted: {FORMATS}")
    return found


def _told(seen: List[Tuple[str, str, Any]]) -> str:
    keys = {(prefix, value) for prefix, event, value in seen if event == "map_key"}
    tops = {value for prefix, value in keys if prefix in {"", "item"}}
    if tops & {"cveMetadata", "dataType", "containers"}:
        return KERNEL
    if "package" in tops and ("package", "start_array", None) in seen:
        return YOCTO
    if "id" in tops and tops & {"affected", "modified", "schema_version", "aliases"}:
        return OSV
    under = {value for prefix, value in keys if prefix and "." not in prefix}
    if any(str(name).startswith(("CVE-", "TEMP-")) for name in under):
        return DEBIAN
    return ""


def entries(path: Path, told: Callable[[int, int], None]) -> Iterator[Entry]:
    """Yield all that a file says; ``told`` hears how many bytes of how many were read.

    Raises ``NotReadable`` at the first fault, with where it is: what is cut off is not half read.
    """
    read = {DEBIAN: _debian, YOCTO: _yocto, KERNEL: _kernel, OSV: _osv}[format_of(path)]
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            for number, entry in enumerate(read(file)):
                if number % 1000 == 0:
                    told(min(file.tell(), size), size)
                yield entry
        except ijson.IncompleteJSONError as error:
            words = f"it ends or breaks at byte {file.tell()} of {size}: {error}"
            raise NotReadable(str(path), words, "copy it anew; nothing was taken of it") from error
        except OSError as error:
            raise _failed(path, error) from error
        except KeyError as error:
            words = f"before byte {file.tell()} of {size}: a record has no {error}"
            raise NotReadable(str(path), words, "nothing was taken of it") from error
        except (ijson.JSONError, UnicodeDecodeError, AttributeError, TypeError) as error:
            words = f"before byte {file.tell()} of {size}: {error}"
            raise NotReadable(str(path), words, "nothing was taken of it") from error


def dated_ms(path: Path) -> int:
    """Return when a file was written, in epoch ms."""
    try:
        return int(path.stat().st_mtime * 1000)
    except OSError as error:
        raise _failed(path, error) from error


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, to know it again."""
    found = hashlib.sha256()
    with _opened(path) as file:
        try:
            for block in iter(lambda: file.read(1 << 20), b""):
                found.update(block)
        except OSError as error:
            raise _failed(path, error) from error
    return found.hexdigest()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Missing(f"{path}: {error.strerror or error}") from error


def _failed(path: Path, error: OSError) -> NotReadable:
    """Return what it means that a medium fails or goes in the middle of it."""
    words = f"it can't be read to its end: {error.strerror or error}"
    return NotReadable(str(path), words, "is its medium plugged in? nothing was taken of it")


# --- what each says ----------------------------------------------------------------------------


def _debian(file: BinaryIO) -> Iterator[Entry]:
    """Of each source package, each CVE, each release: ``resolved`` from a version on, or open."""
    for package, cves in ijson.kvitems(file, "", use_float=True):
        for cve, said in cves.items():
            for release, one in (said.get("releases") or {}).items():
                fixed = str(one.get("fixed_version") or "")
                if one.get("status") == "resolved" and fixed in {"", "0"}:
                    continue  # the release never had it
                yield Entry(
                    cve=cve,
                    package=package,
                    release=release,
                    fixed=fixed if one.get("status") == "resolved" else "",
                    status=FIXED if one.get("status") == "resolved" else OPEN,
                    urgency=str(one.get("urgency") or ""),
                    summary=_short(said.get("description")),
                )


_YOCTO = {"Patched": FIXED, "Ignored": IGNORED, "Unpatched": OPEN}


def _yocto(file: BinaryIO) -> Iterator[Entry]:
    """Of each recipe the CVEs of the one version that was built, most of them patched there."""
    for package in ijson.items(file, "package.item", use_float=True):
        for issue in package.get("issue") or ():
            status = _YOCTO.get(str(issue.get("status")), OPEN)
            if status != OPEN:
                continue
            yield Entry(
                cve=str(issue["id"]),
                package=str(package["name"]),
                exact=str(package.get("version") or ""),
                urgency=str(issue.get("scorev3") or issue.get("scorev2") or ""),
                summary=_short(issue.get("summary")),
            )


def _records(file: BinaryIO) -> Iterator[Dict[str, Any]]:
    for whole in ijson.items(file, "", multiple_values=True, use_float=True):
        yield from whole if isinstance(whole, list) else (whole,)


def _kernel(file: BinaryIO) -> Iterator[Entry]:
    """Of each record the ranges of versions that have it; those of commits say nothing here."""
    for record in _records(file):
        cve = str(record["cveMetadata"]["cveId"])
        said = record.get("containers", {}).get("cna", {})
        for affected in said.get("affected") or ():
            product = str(affected.get("product") or "").casefold()
            for version in affected.get("versions") or ():
                entry = _of_range(version, affected)
                if entry is None:
                    continue
                yield Entry(
                    cve=cve,
                    package=product,
                    introduced=entry[0],
                    fixed=entry[1],
                    exact=entry[2],
                    summary=_short(said.get("title")),
                )


def _of_range(
    version: Mapping[str, Any], affected: Mapping[str, Any]
) -> Optional[Tuple[str, str, str]]:
    """Return from where, before what, or which alone; None for what says nothing of versions."""
    if version.get("versionType") in {"git", "original_commit_for_fix"}:
        return None
    if version.get("status") != "affected":
        return None
    first = str(version.get("version") or "")
    if version.get("lessThan"):
        return ("" if first == "0" else first, str(version["lessThan"]), "")
    if version.get("lessThanOrEqual"):
        return None
    is_open = affected.get("defaultStatus") == "unaffected"
    fixes = [
        str(one["version"])
        for one in affected.get("versions") or ()
        if one.get("status") == "unaffected" and one.get("versionType") != "git"
    ]
    if is_open and first:
        return ("", "", first)
    return (first, _lowest(fixes, first), "")


def _lowest(versions: List[str], above: str) -> str:
    """Return the first version that is fixed and not older than where it began."""
    numbered = [one for one in versions if one[:1].isdigit() and one != "0"]
    later = [one for one in numbered if _numbers(one) > _numbers(above)]
    return min(later, key=_numbers, default="")


def _numbers(version: str) -> Tuple[int, ...]:
    parts = version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isascii() and part.isdigit())


def _osv(file: BinaryIO) -> Iterator[Entry]:
    """Of each record, of each package the ranges between where it began and where it ended."""
    for record in _records(file):
        others = record.get("aliases") or record.get("upstream") or ()
        names = [str(record["id"]), *map(str, others)]
        cves = [name for name in names if name.startswith("CVE-")] or names[:1]
        for affected in record.get("affected") or ():
            package = affected.get("package") or {}
            release = _release(str(package.get("ecosystem") or ""))
            if not release:
                continue
            for introduced, fixed in _ranges(affected):
                for cve in cves:
                    yield Entry(
                        cve=cve,
                        package=str(package.get("name") or ""),
                        release=release,
                        introduced=introduced,
                        fixed=fixed,
                        status=FIXED if fixed else OPEN,
                        summary=_short(record.get("summary") or record.get("details")),
                    )


def _ranges(affected: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    for one in affected.get("ranges") or ():
        if one.get("type") == "GIT":
            continue
        introduced, was = "", False
        for event in one.get("events") or ():
            if "introduced" in event:
                introduced, was = str(event["introduced"]), True
            elif "fixed" in event:
                yield ("" if introduced == "0" else introduced), str(event["fixed"])
                was = False
        if was:
            yield ("" if introduced == "0" else introduced), ""


def _release(ecosystem: str) -> str:
    """Return Debian's release of ``Debian:11``, "" of what is of another system."""
    name, _, number = ecosystem.partition(":")
    if name != "Debian":
        return ""
    return RELEASES.get(number.partition(":")[0], number)
