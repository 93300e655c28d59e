"""Where an alarm or event is: its ``entity_instance_id`` read as a path, in words, and as jumps."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Mapping, Optional, Tuple

from backend.figure import Jump
from backend.known import Known

Part = Tuple[str, str]
Path = Tuple[Part, ...]

# A part begins where a dot or comma is followed by `name=`: values hold dots of their own.
_NEXT_PART = re.compile(r"[.,](?=[A-Za-z_][\w-]*=)")
# Words that FM hangs on a value with a dot and without a value: `host=worker-0.ntp`.
_TAILS = frozenset({"ntp", "ptp", "openldap", "lacp"})
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")

# How the names read in a column; "" where the value alone says it.
_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "host": "",
        "filesystem": "fs",
        "controllerfs": "fs",
        "interface": "if",
        "service_group": "",
        "k8s_application": "",
        "orchestration": "",
        "resource_type": "",
        "service_name": "",
        "peergroup": "",
        "resource": "",
        "name": "",
        "storage_backend_name": "backend",
        "storage_backend": "backend",
        "namespace": "ns",
    }
)
# Names that only say what every alarm of that sort says anyway.
_SILENT = frozenset({"service_domain", "system", "region"})
# The one Ceph cluster of a site goes by a uuid that nobody knows by heart.
_BY_NAME: Mapping[str, str] = MappingProxyType({"cluster": "ceph", "kubernetes": "kubernetes"})

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "host": "hosts",
        "filesystem": "filesystems",
        "controllerfs": "controller-filesystems",
        "interface": "interfaces",
        "port": "ports",
        "sensor": "sensors",
        "service_group": "service-groups",
        "k8s_application": "applications",
        "storage_backend": "backends",
        "subcloud": "subclouds",
    }
)
# By what the rows of those kinds may be called in an entity.
_NAMES = ("hostname", "name", "service_group_name", "ifname", "uuid", "sensorname")


@lru_cache(maxsize=8192)
def path_of(entity: str) -> Path:
    """Return the parts of an entity as (name, value), outermost first.

    A word that has no value is (word, ""); what is no entity at all is one such word, "" is ().

    >>> path_of("host=controller-1.filesystem=/var/log")
    (('host', 'controller-1'), ('filesystem', '/var/log'))
    """
    parts: list[Part] = []
    for piece in _NEXT_PART.split(entity.strip()):
        name, sign, value = piece.partition("=")
        if not sign:
            parts += [(word, "") for word in re.split(r"[.,]", name) if word]
        elif "." in name:
            *words, name = name.split(".")
            parts += [(word, "") for word in words if word]
            parts += _without_tail(name, value)
        else:
            parts += _without_tail(name, value)
    return tuple(parts)


def _without_tail(name: str, value: str) -> list[Part]:
    """Cut a word without value off a value: any off a host's (its name has no dots), else known."""
    head, dot, tail = value.rpartition(".") if name != "host" else value.partition(".")
    if dot and head and (name == "host" or tail in _TAILS):
        return [(name, head), *((word, "") for word in tail.split(".") if word)]
    return [(name, value)]


def value_of(path: Path, name: str) -> str:
    """Return the value under ``name``, "" where the path has none."""
    return next((value for part, value in path if part == name), "")


@lru_cache(maxsize=8192)
def hostname_of(entity: str) -> str:
    """Return the host an entity is on, "" where it is on none."""
    # As most begin: asked of all alarms before the first screen, a fifth of the whole path's time.
    host = entity[5:].partition(".")[0] if entity.startswith("host=") else ""
    if host and "," not in host and not host[-1].isspace():
        return host
    return value_of(path_of(entity), "host")


@lru_cache(maxsize=8192)
def where(entity: str) -> str:
    """Return the entity as an operator says it: ``controller-1 fs /var/log``, ``vim-services``."""
    path = path_of(entity)
    words: list[str] = []
    for name, value in path:
        if name in _SILENT and len(path) > 1:
            continue
        if name in _BY_NAME and value:
            words.append(_BY_NAME[name])
            continue
        shown = value[:8] if _UUID.fullmatch(value) else value
        words += [word for word in (_SHORT.get(name, name) if value else name, shown) if word]
    return " ".join(words) or entity.strip()


def jumps(entity: str, known: Known) -> Tuple[Jump, ...]:
    """Return the places along the path, outermost first.

    Hosts can always be gone to; other kinds where their rows were read, so that a jump never leads
    to what this cloud or this console has not.
    """
    path = path_of(entity)
    host = _row_called(known, "hosts", "", value_of(path, "host"))
    host_id = _id_of("hosts", host)
    found: list[Jump] = []
    for name, value in path:
        kind = _KINDS.get(name, "")
        if not kind or not value:
            continue
        if kind == "hosts":
            if host is not None or not known.has("hosts"):
                found.append(Jump(kind=kind, id=host_id or value))
            continue
        parent = host_id if known.has(kind, host_id) else ""
        row = _row_called(known, kind, parent, value)
        if row is not None:
            found.append(Jump(kind=kind, id=_id_of(kind, row)))
    return tuple(found)


def _row_called(known: Known, kind: str, parent: str, value: str) -> Optional[Any]:
    if not value:
        return None
    for row in known.rows(kind, parent):
        if any(row.body.get(name) == value for name in _NAMES):
            return row
    return None


def _id_of(kind: str, row: Optional[Any]) -> str:
    from backend.kinds import kind_named  # that list has the alarms in it, which read their path

    declared = kind_named(kind)
    return "" if row is None or declared is None else declared.id(row)
