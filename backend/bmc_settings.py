"""``bmc:`` of a cloud in clouds.yaml: which baseboards there are, and who one is to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional

from backend.clouds_yaml import Section
from backend.plan import HERE
from backend.secret import Password, password_of

_KEYS = {
    *("address", "username", "password", "password_command", "password_file", "protocol"),
    "system",
}


@dataclass(frozen=True)
class BmcSettings:
    """Where the baseboard of one machine answers; ``address`` is host[:port].

    ``system`` is the one meant, where one over Redfish has several.
    """

    name: str
    address: str
    protocol: str = "ipmi"
    username: str = ""
    password: Password = field(default_factory=Password)
    system: str = ""


def bmcs_of(said: Optional[Section]) -> Dict[str, BmcSettings]:
    """Return the baseboards that a section names; raises ``SettingsError``."""
    found: Dict[str, BmcSettings] = {}
    for name, one in (said.sections() if said else {}).items():
        one.only(_KEYS)
        protocol = one.choice("protocol", ("ipmi", "redfish", "in-band")) or "ipmi"
        # "*" has the credentials for all that sysinv knows the address of. From within the address
        # is a machine: this one, or a host of ssh:.
        within = HERE if protocol == "in-band" else ""
        if name != "*" and not (one.text("address") or within):
            raise one.spot.wrong("address is missing", "as in 10.10.10.100 or [fd00::10]:623")
        found[name] = BmcSettings(
            name=name,
            address=one.text("address") or within,
            protocol=protocol,
            username=one.text("username"),
            password=password_of(one),
            system=one.text("system"),
        )
    return found
