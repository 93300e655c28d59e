"""A baseboard's own network, changed over Redfish in the shape that it itself shows."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from backend.baseboard import ethernet_body
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_resource import Resource, linked, listed
from backend.sources.redfish_tree import Tree
from backend.sources.redfish_words import text

_ADDRESS = ("Address", "SubnetMask", "Gateway")
FIXED, SHOWN, LEASED = "IPv4StaticAddresses", "IPv4Addresses", "DHCPv4"


async def set_lan(tree: Tree, facets: Facets, values: Mapping[str, str]) -> None:
    """Change the port that ``values`` name, the only one where they name none: one request."""
    manager = await facets.manager()
    at = linked(manager, "EthernetInterfaces")
    ports = [one for one in await tree.members(at) if "trouble" not in one] if at else []
    wanted = values.get("port", "")
    found = next((one for one in ports if text(one.get("Id")) == wanted or not wanted), None)
    if found is None:
        raise facets.without(f"port {wanted}" if wanted else "port of its own")
    await tree.patch(text(found.get("@odata.id")), fitted(found, values))


def fitted(port: Resource, values: Mapping[str, str]) -> Dict[str, Any]:
    """Return the change in the shape of ``port``: older trees know no fixed addresses apart.

    An address is named whole, with what stays of it: many refuse a part of one.
    """
    body = ethernet_body(values)
    has_fixed = FIXED in port
    now = next(iter(listed(port, FIXED) or listed(port, SHOWN)), {})
    (change,) = body.get(FIXED) or ({},)
    if change:
        kept = {name: now[name] for name in _ADDRESS if now.get(name)}
        body[FIXED] = [{**kept, **change}]
    if LEASED not in port:
        leased = body.pop(LEASED, None)
        if leased is not None and not has_fixed:
            origin = "DHCP" if leased["DHCPEnabled"] else "Static"
            body[SHOWN] = [{**next(iter(body.get(FIXED, ())), {}), "AddressOrigin": origin}]
            body.pop(FIXED, None)
    if not has_fixed and FIXED in body:
        body[SHOWN] = [{**body.pop(FIXED)[0], "AddressOrigin": "Static"}]
    return body
