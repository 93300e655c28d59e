"""What is asked of a server's baseboard, ordered of it, and opened through it, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from typing import Any, Dict, FrozenSet, Mapping, Optional, Sequence, Tuple

from backend.mask import MASK

# Our power verbs, by what Redfish calls them (DSP0268, ResetType).
RESETS: Mapping[str, str] = {
    "power-on": "On",
    "power-off": "ForceOff",
    "power-cycle": "PowerCycle",
    "reset": "ForceRestart",
    "shutdown": "GracefulShutdown",
    "nmi": "Nmi",
}

# Our orders, by what ipmitool calls them.
IPMITOOL: Mapping[str, Tuple[str, ...]] = {
    "power-on": ("chassis", "power", "on"),
    "power-off": ("chassis", "power", "off"),
    "power-cycle": ("chassis", "power", "cycle"),
    "reset": ("chassis", "power", "reset"),
    "shutdown": ("chassis", "power", "soft"),
    "nmi": ("chassis", "power", "diag"),
    "bmc-reset": ("mc", "reset", "cold"),
    "sel-clear": ("sel", "clear"),
}
# Where a server boots from, as ipmitool calls it.
BOOT_DEVICES: Mapping[str, str] = {
    "default": "none",
    "network": "pxe",
    "disk": "disk",
    "optical": "cdrom",
    "usb": "floppy",
    "setup": "bios",
}


def ethernet_body(values: Mapping[str, str]) -> Dict[str, Any]:
    """Return the change of an EthernetInterface of Redfish (DSP0268).

    ``values`` are how (static, dhcp), address (with its prefix), gateway, vlan ("0": untagged);
    what is not among them is not in the body.
    """
    body: Dict[str, Any] = {}
    if values.get("how"):
        body["DHCPv4"] = {"DHCPEnabled": values["how"] == "dhcp"}
    address: Dict[str, str] = {}
    if values.get("address"):
        whole = IPv4Interface(values["address"])
        address = {"Address": str(whole.ip), "SubnetMask": str(whole.netmask)}
    if values.get("gateway"):
        address["Gateway"] = values["gateway"]
    if address:
        body["IPv4StaticAddresses"] = [address]
    if values.get("vlan"):
        number = int(values["vlan"])
        body["VLAN"] = {"VLANEnable": bool(number), **({"VLANId": number} if number else {})}
    return body


@dataclass(frozen=True)
class Bmc:
    """Ask baseboards: one ``facet`` of the server whose id is the parent row's.

    Facets: ``servers`` (which there are: asked of nobody), ``power``, ``health``, ``sensors``,
    ``sel``, ``inventory``, ``lan``, ``users``; of Redfish also ``media`` and ``tasks``.
    """

    facet: str

    @property
    def source(self) -> str:
        """Who is asked: each server's own baseboard, none of which waits for another."""
        return "bmc"


@dataclass(frozen=True)
class BmcWrite:
    """One order to the baseboard of ``server`` (its id): a verb of ours, and what it needs.

    Each source says it in its own protocol; ``values`` named in ``secret`` are never shown.
    ``file`` is the path of a file of this machine that goes with it.
    """

    server: str
    verb: str
    values: Mapping[str, str] = field(default_factory=dict)
    command: Tuple[str, ...] = ()
    sentence: str = ""
    secret: FrozenSet[str] = frozenset()
    file: str = ""

    @property
    def source(self) -> str:
        """Who is to do it: the server's own baseboard."""
        return "bmc"

    @property
    def request(self) -> str:
        """The order as one line, secrets masked."""
        values = (
            f"{key}={MASK if key in self.secret else value}" for key, value in self.values.items()
        )
        file = (f"@{self.file}",) if self.file else ()
        return " ".join(("BMC", self.server, self.verb, *values, *file))


@dataclass(frozen=True)
class Sol:
    """The serial console of a server, over its baseboard; ``takes_over`` throws off who is on it.

    Its far end has a size of its own: it does not follow the screen's.
    """

    server: str
    takes_over: bool = False
    command: Tuple[str, ...] = ()
    sentence: str = ""

    @property
    def source(self) -> str:
        """Who is at the far end: the server's own baseboard."""
        return "bmc"

    @property
    def size(self) -> Optional[Tuple[int, int]]:
        """What its far end takes our screen for, in columns and rows; None: it can be told."""
        return 80, 24

    @property
    def request(self) -> str:
        """What is opened, as one line."""
        return f"SOL {self.server}" + (" (takes over)" if self.takes_over else "")


WENT_ON = "the log went on since it was saved: nothing was cleared; look again"


def is_as_saved(records: Sequence[str], values: Mapping[str, str]) -> bool:
    """Whether a log that has these records, in their order, is still the one that was saved.

    ``values`` say which record was the ``last``, and how many there were (``count``): a clock that
    was set back puts what came since before the last.
    """
    last = records[-1] if records else ""
    return last == values.get("last", "") and values.get("count", "") in ("", str(len(records)))


@dataclass(frozen=True)
class SelLog:
    """The event log of a server's baseboard, read as a log beside others."""

    server: str

    @property
    def called(self) -> str:
        """What people call it."""
        return f"{self.server}:SEL"
