"""A baseboard from within its machine: ``ipmitool -I open``, where the LAN leads nowhere."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Tuple,
)

from backend.baseboard import BOOT_DEVICES, IPMITOOL, WENT_ON, BmcWrite, Sol, is_as_saved
from backend.channel import Channel
from backend.errors import Absent, Malformed, NotConfigured, Rejected, Unreachable
from backend.plan import HERE
from backend.sources import ipmitool_texts as texts
from backend.sources.local import PATH
from backend.sources.machines import Machines

if TYPE_CHECKING:
    from backend.sources.upload import Told

PROGRAM = "ipmitool"
DEVICES = ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")
CHANNEL = "1"
"""Its own LAN, of nearly every baseboard; ``lan print`` without a number tells of the first."""
CALL_S, LONG_S = 15.0, 90.0
"""Each word to a baseboard goes over a slow bus: fifty sensors take half a minute."""

# What ipmitool complains of where a machine has no baseboard, or no driver of it.
_ABSENT = ("Could not open device", "No such file or directory")


def is_here() -> bool:
    """Whether this machine has a baseboard with a driver, and the program to ask it."""
    has_device = any(Path(device).exists() for device in DEVICES)
    return has_device and shutil.which(PROGRAM, path=PATH) is not None


class InBand:
    """The baseboard of ``machine`` (HERE, or the name of a host behind SSH)."""

    def __init__(self, name: str, machine: str, machines: Machines) -> None:
        """Nothing is asked yet."""
        self.name = name
        self._machine = machine or HERE
        self._machines = machines
        self._one_at_a_time = asyncio.Lock()

    @property
    def service(self) -> str:
        """How errors name it."""
        return f"BMC of {self.name}"

    async def ask(self, facet: str) -> List[Dict[str, Any]]:
        """Return the bodies of one facet."""
        facets: Dict[str, Callable[[], Awaitable[List[Dict[str, Any]]]]] = {
            "power": self._power,
            "health": self._health,
            "sensors": self._sensors,
            "sel": self._sel,
            "inventory": self._inventory,
            "lan": self._lan,
            "users": self._users,
        }
        if facet not in facets:
            raise NotConfigured(f"{self.service}: from within it tells of no {facet}")
        try:
            return await facets[facet]()
        except (ValueError, LookupError) as error:
            words = f"{PROGRAM} answers in a shape not known here: {error}"
            raise Malformed(self.service, facet, words) from error

    async def send(self, write: BmcWrite, _told: Optional[Told] = None, /) -> None:
        """Have one order done."""
        if write.verb == "sel-clear":
            await self._clear(write.values)
            return
        if write.verb == "lan":
            await self._set_lan(write.values)
            return
        await self._run(*self._words(write.verb, write.values))

    async def open(self, _session: Sol) -> Channel:
        """Refuse: the line it would show is the one one sits on."""
        raise NotConfigured(f"{self.service}: a serial console is opened from outside, by LAN")

    def retry(self) -> None:
        """There is no password that could have been refused."""

    async def leave(self) -> None:
        """There is no session that could be left."""

    async def close(self) -> None:
        """There is no session that could be open."""

    # --- facets --------------------------------------------------------------------------------

    async def _power(self) -> List[Dict[str, Any]]:
        status = await self._run("chassis", "status")
        try:
            boot = await self._run("chassis", "bootparam", "get", "5")
        except Rejected:
            boot = ""  # it tells of no boot override
        return [texts.power(status, boot)]

    async def _sensors(self) -> List[Dict[str, Any]]:
        return texts.sensors(await self._run("sensor", within_s=LONG_S))

    async def _health(self) -> List[Dict[str, Any]]:
        return [texts.health(await self._sensors())]

    async def _sel(self) -> List[Dict[str, Any]]:
        return texts.events(await self._run("-c", "sel", "elist", within_s=LONG_S))

    async def _inventory(self) -> List[Dict[str, Any]]:
        # A part that cannot be read makes it end with code 1, after all the others.
        fru = await self._run("fru", "print", within_s=LONG_S, codes=(0, 1))
        return texts.parts(fru, await self._run("mc", "info"))

    async def _lan(self) -> List[Dict[str, Any]]:
        return [texts.lan(await self._run("lan", "print"), await self._run("mc", "info"))]

    async def _users(self) -> List[Dict[str, Any]]:
        return texts.users(await self._run("-c", "user", "list", within_s=LONG_S))

    # --- orders --------------------------------------------------------------------------------

    def _words(self, verb: str, values: Mapping[str, str]) -> Tuple[str, ...]:
        if verb in IPMITOOL:
            return IPMITOOL[verb]
        if verb == "identify":
            seconds = values.get("seconds") or ("force" if values["on"] == "yes" else "0")
            return ("chassis", "identify", seconds)
        if verb == "boot":
            flags = {"efiboot": values.get("uefi"), "persistent": values.get("always")}
            options = ",".join(flag for flag, said in flags.items() if said == "yes")
            words = ("chassis", "bootdev", BOOT_DEVICES[values["device"]])
            return (*words, f"options={options}") if options else words
        # A password would stand in the process list.
        raise NotConfigured(f"{self.service}: {verb} is not done from within", "by LAN it is")

    async def _clear(self, values: Mapping[str, str]) -> None:
        """Clear the log where it still ends with the record that was saved last."""
        rows = await self._sel()
        if not is_as_saved([row["record"] for row in rows], values):
            raise Rejected(self.service, 0, WENT_ON)
        await self._run("sel", "clear")

    async def _set_lan(self, values: Mapping[str, str]) -> None:
        """Change its network, one part after the other; the first that is refused stops it."""
        for words in texts.lan_words(values):
            await self._run("lan", "set", CHANNEL, *words)

    async def _run(
        self, *words: str, within_s: float = CALL_S, codes: Tuple[int, ...] = (0,)
    ) -> str:
        """Return what the program printed. Raises ``Absent`` where there is no baseboard."""
        argv = (PROGRAM, "-I", "open", *words)
        async with self._one_at_a_time:
            try:
                printed = await self._machines.run(argv, self._machine, deadline_s=within_s)
            except Unreachable as error:
                raise Unreachable(self.service, str(error), sent=error.sent) from error
        complaint = " ".join(printed.err.split())
        if any(words in complaint for words in _ABSENT):
            raise Absent(f"{self.service}: no baseboard is seen from within ({complaint[:120]})")
        if printed.code not in codes or (printed.code and not printed.out.strip()):
            said = complaint[:200] or f"{PROGRAM} ended with code {printed.code}"
            raise Rejected(self.service, printed.code, said, "root may: sudo -E stx-tui")
        return printed.out
