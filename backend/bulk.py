"""``hosts.xml``: the hosts of a bulk add, written from what is known and read back with care."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from backend.errors import SettingsError
from backend.kinds.host import Host
from backend.kinds.host_site import hosts, system_of
from backend.known import Known

# In the order in which sysinv exports them; a password is never written.
FIELDS = (
    *("hostname", "personality", "mgmt_mac", "mgmt_ip", "location", "bm_type", "bm_ip"),
    *("bm_username", "boot_device", "rootfs_device", "hw_settle", "install_output", "console"),
    *("ttys_dcd", "tboot", "subfunctions", "clock_synchronization"),
)
# What else the service takes.
ALSO = frozenset({"bm_password", "power_on", "max_cpu_mhz_configured", "apparmor"})
PERSONALITIES = ("controller", "worker", "storage", "edgeworker")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


@dataclass(frozen=True)
class Bulk:
    """One host of the file: what it says, and on which line it begins."""

    fields: Mapping[str, str]
    line: int

    @property
    def name(self) -> str:
        """What it is called: its name, else the MAC it boots with."""
        return self.fields.get("hostname") or self.fields.get("mgmt_mac", "")


def hosts_xml(known: Known) -> str:
    """Return the hosts that are known as the service's bulk add reads them."""
    system = system_of(known)
    version = getattr(system, "software_version", None) or ""
    lines = ['<?xml version="1.0" ?>', f'<hosts version="{escape(version)}">']
    for host in hosts(known):
        if host.personality:
            said = _fields(host).items()
            lines += ["\t<host>", *(f"\t\t<{n}>{escape(v)}</{n}>" for n, v in said), "\t</host>"]
    return "\n".join([*lines, "</hosts>", ""])


def _fields(host: Host) -> Dict[str, str]:
    body: Dict[str, Any] = {**host.body, "location": (host.location or {}).get("locn")}
    # Numbered ones are named by the service itself.
    if host.personality != "worker":
        body.pop("hostname", None)
    if not host.has_bmc:
        body = {key: value for key, value in body.items() if not key.startswith("bm_")}
    return {name: str(body[name]) for name in FIELDS if body.get(name) not in (None, "")}


# --- reading -------------------------------------------------------------------------------------


def read_hosts(path: Path) -> Tuple[Bulk, ...]:
    """Return the hosts of a file; raises ``SettingsError`` with the line and key of a mistake.

    A document type, and with it every entity of its own, is refused: that is how a small file
    grows in memory without end.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", file=str(path)) from error
    reader = _Reader(str(path))
    reader.read(data)
    _check(reader.found, str(path))
    return tuple(reader.found)


class _Reader:
    """Takes what expat tells of a document: hosts within ``hosts``, fields within those."""

    def __init__(self, file: str) -> None:
        self.found: List[Bulk] = []
        self._file = file
        self._path: List[str] = []
        self._fields: Dict[str, str] = {}
        self._line = 0
        self._text = ""
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._more

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            words = f"is no XML: {expat.errors.messages[error.code]}"
            raise SettingsError(words, file=self._file, line=error.lineno) from error
        except (ValueError, LookupError) as error:
            raise SettingsError(
                f"has an encoding not read here: {error}", file=self._file
            ) from error

    def _wrong(self, words: str, key: str = "", advice: str = "") -> SettingsError:
        line = self._parser.CurrentLineNumber
        return SettingsError(words, advice, file=self._file, line=line, key=key)

    def _doctype(self, *_of: Any) -> None:
        raise self._wrong("has a document type: it is refused", advice="take the DOCTYPE out")

    def _begin(self, name: str, _attributes: Any) -> None:
        depth = len(self._path)
        expected = {0: "hosts", 1: "host"}.get(depth)
        if expected is not None and name != expected:
            raise self._wrong(f"has <{name}> where <{expected}> must be", name)
        if depth == 1:
            self._fields, self._line = {}, self._parser.CurrentLineNumber
        elif depth == 2 and name not in FIELDS and name not in ALSO:
            raise self._wrong("is no field of a host", f"host.{name}")
        elif depth == 2 and name in self._fields:
            raise self._wrong("stands twice", f"host.{name}")
        elif depth > 2:
            raise self._wrong("is nested too deeply", f"host.{'.'.join(self._path[2:])}.{name}")
        self._path.append(name)
        self._text = ""

    def _end(self, name: str) -> None:
        self._path.pop()
        depth = len(self._path)
        if depth == 2:
            self._fields[name] = self._text.strip()
        elif depth == 1:
            self.found.append(Bulk(fields=dict(self._fields), line=self._line))

    def _more(self, text: str) -> None:
        self._text += text


def _check(found: List[Bulk], file: str) -> None:
    """Refuse what the service would: what is missing, no MAC, or there twice."""
    taken: Dict[str, int] = {}
    for one in found:
        for key, words in _faults(one.fields):
            raise SettingsError(words, file=file, line=one.line, key=f"host.{key}")
        for key in ("mgmt_mac", "hostname", "mgmt_ip"):
            value = one.fields.get(key, "").lower()
            if value and value in taken:
                words = f"{value} stands for the host of line {taken[value]} too"
                raise SettingsError(words, file=file, line=one.line, key=f"host.{key}")
            taken[value] = one.line


def _faults(fields: Mapping[str, str]) -> List[Tuple[str, str]]:
    found: List[Tuple[str, str]] = []
    personality = fields.get("personality", "")
    if personality not in PERSONALITIES:
        words = f"{personality or 'nothing'!r} is none of {', '.join(PERSONALITIES)}"
        found.append(("personality", words))
    mac = fields.get("mgmt_mac", "")
    if not _MAC.fullmatch(mac.lower()):
        found.append(("mgmt_mac", f"{mac or 'nothing'!r} is no MAC like 52:54:00:6a:b1:10"))
    if personality == "worker" and not fields.get("hostname"):
        found.append(("hostname", "a worker must have a name"))
    return found


@dataclass(frozen=True)
class BulkGap:
    """A field in which a host is not as the file says; ``field`` "": there is no such host."""

    name: str
    field: str
    wanted: str
    found: str
    line: int


def compare(wanted: Tuple[Bulk, ...], known: Known) -> Tuple[BulkGap, ...]:
    """Return in which of its fields each host of a file is another; found by MAC, else by name."""
    by_mac = {str(host.mgmt_mac).lower(): host for host in hosts(known)}
    by_name = {host.hostname: host for host in hosts(known)}
    gaps: List[BulkGap] = []
    for one in wanted:
        host = by_mac.get(one.fields["mgmt_mac"].lower()) or by_name.get(one.name)
        if host is None:
            gaps.append(BulkGap(one.name, "", "there", "no such host", one.line))
            continue
        there = {**_fields(host), "hostname": host.name}
        gaps += [
            BulkGap(one.name, field, value, there.get(field, ""), one.line)
            for field, value in one.fields.items()
            if field in FIELDS and value.lower() != there.get(field, "").lower()
        ]
    return tuple(gaps)
