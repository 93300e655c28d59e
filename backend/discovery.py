"""Baseboards looked for in a range that somebody named, and taken into clouds.yaml."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

from backend.sources.finding import RATE, Finder, Found, addresses, name_of

__all__ = ["RATE", "Found", "addresses", "discover", "entries"]


async def discover(text: str, rate: float = RATE) -> Tuple[Found, ...]:
    """Return what answers in a range, by address; each address is asked once.

    Raises ``SettingsError`` for what is no range, or too large a one; nobody was asked then.
    """
    found = [one async for one in Finder().find(text, rate)]
    order = {address: at for at, address in enumerate(addresses(text))}
    return tuple(sorted(found, key=lambda one: (order[one.address], one.protocol)))


async def named(found: Iterable[Found]) -> Mapping[str, str]:
    """Return what DNS calls each address; those it does not know are left out."""
    there = tuple(dict.fromkeys(one.address for one in found))
    names = await asyncio.gather(*(asyncio.to_thread(name_of, address) for address in there))
    return {address: name for address, name in zip(there, names) if name}


def entries(found: Sequence[Found], names: Mapping[str, str]) -> Dict[str, Dict[str, Any]]:
    """Return the ``bmc:`` of a clouds.yaml: by name, Redfish where both are spoken."""
    by_address: Dict[str, List[str]] = {}
    for one in found:
        by_address.setdefault(one.address, []).append(one.protocol)
    taken: Dict[str, Dict[str, Any]] = {}
    for address, protocols in by_address.items():
        whole = address.replace(":", "-").replace(".", "-")
        name = names.get(address) or f"bmc-{whole}"
        others = (f"{name}-{whole.rpartition('-')[2]}", f"{name}-{whole}")
        name = next(one for one in (name, *others) if one not in taken)
        protocol = "redfish" if "redfish" in protocols else protocols[0]
        taken[name] = {"address": address, "protocol": protocol, "username": "admin"}
    return taken
