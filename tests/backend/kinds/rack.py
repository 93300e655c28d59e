"""Two servers as recorded baseboards answered for them, beside the hosts of the recorded site."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from backend.baseboard import Bmc
from backend.errors import StxError
from backend.kind import Kind
from backend.kinds import every_kind
from backend.known import Known, Reading
from tests.backend.kinds.site import hosts, reading, site

RECORDED: Mapping[str, Mapping[str, List[Dict[str, Any]]]] = json.loads(
    Path(__file__).with_name("rack.json").read_text(encoding="utf-8")
)["servers"]
NAMES = tuple(RECORDED)
OF_SERVERS: Tuple[Kind[Any], ...] = tuple(
    kind for kind in every_kind() if isinstance(kind.read, Bmc) and kind.parent
)


def server(name: str, **more: Any) -> Dict[str, Any]:
    """Return the body of one server, as the settings say it."""
    return {
        "name": name,
        "address": "10.10.10.100",
        "protocol": "ipmi",
        "username": "admin",
        "told_by": "clouds.yaml",
        "host": name,
        "has_password": True,
        **more,
    }


def facet(kind: Kind[Any]) -> str:
    assert isinstance(kind.read, Bmc)
    return kind.read.facet


def readings() -> Dict[Tuple[str, str], Reading[Any]]:
    """Return all that was recorded, under each server and of all together."""
    found = {("servers", ""): reading("servers", [server(name) for name in NAMES])}
    for kind in OF_SERVERS:
        whole: List[Dict[str, Any]] = []
        for name in NAMES:
            bodies = RECORDED[name][facet(kind)]
            found[kind.name, name] = reading(kind.name, bodies, name)
            whole += bodies
        found[kind.name, ""] = reading(kind.name, whole)
    return found


def rack(
    power: Optional[Mapping[str, Any]] = None,
    host: Optional[Mapping[str, Any]] = None,
    error: Optional[StxError] = None,
) -> Known:
    """Return the site with its servers; ``power`` and ``host`` change what is said of one."""
    known = site(hosts=hosts(controller_0=dict(host or {})))
    mine = readings()
    body = {**RECORDED["controller-0"]["power"][0], **(power or {})}
    mine["power", "controller-0"] = reading("power", [body], "controller-0")
    if error is not None:
        mine["power", "controller-0"] = replace(mine["power", "controller-0"], error=error)
    return replace(known, readings={**known.readings, **mine})
