"""Which way to a server's serial console its Redfish tells of: Redfish itself carries none.

A system says it since schema 1.13 (``SerialConsole`` with SSH and IPMI apart); older trees name
ways at the baseboard alone, and there SSH leads to its own shell, not to the server's console.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from backend.errors import NotConfigured
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_resource import Resource, inside
from backend.sources.redfish_words import strings, text

SSH, IPMI = "SSH", "IPMI"
SSH_PORT, IPMI_PORT = 22, 623


@dataclass(frozen=True)
class Way:
    """How the console is reached: SSH or IPMI, its port, and what is typed to get into it."""

    by: str = IPMI
    port: int = IPMI_PORT
    entry: str = ""


async def way_of(facets: Facets, service: str) -> Way:
    """Return the way that is offered, SSH first, for it needs no session of IPMI.

    Raises ``NotConfigured`` where it says that all of them are off.
    """
    system = await facets.system(is_quick=True)
    found = offered(system)
    if found is not None:
        return found
    if isinstance(system.get("SerialConsole"), dict):
        words = f"{service}: every way to the serial console is switched off there"
        raise NotConfigured(words, "switch SSH or IPMI on under its network protocols")
    manager = inside(await facets.manager(), "SerialConsole")
    ways = strings(inside(manager, "ConnectTypesSupported"))
    if inside(manager, "ServiceEnabled") is False:
        raise NotConfigured(f"{service}: its serial console is switched off")
    if ways and IPMI not in ways:
        words = f"{service}: the serial console is reached by {', '.join(ways)} alone"
        advice = "log in to its own shell (ssh), and there its vendor's word for the console"
        raise NotConfigured(words, advice)
    return Way()


def offered(system: Resource) -> Optional[Way]:
    """Return the way that a system itself names, None where it names none that is on."""
    said = system.get("SerialConsole")
    for by, port in ((SSH, SSH_PORT), (IPMI, IPMI_PORT)):
        one = inside(said, by)
        if isinstance(one, dict) and one.get("ServiceEnabled") is True and _leads(by, one):
            return Way(by=by, port=_port(one, port), entry=text(one.get("ConsoleEntryCommand")))
    return None


def _leads(by: str, one: Any) -> bool:
    """Whether it ends at the console: one shared with a shell needs a word to get there."""
    is_shell = one.get("SharedWithManagerCLI") is True
    return by != SSH or not is_shell or bool(text(one.get("ConsoleEntryCommand")))


def _port(one: Any, usual: int) -> int:
    port = one.get("Port")
    return port if isinstance(port, int) and 0 < port < 65536 else usual
