"""A baseboard's own network, changed over IPMI: all of it in one go, or nothing of it.

Tables and numbers are those of IPMI 2.0, 23.1 and table 23-4.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any, Dict, Mapping, Tuple

from pyghmi import exceptions

TRANSPORT, SET = 0x0C, 0x01
PROGRESS, ADDRESS, SOURCE, MASK, GATEWAY, VLAN = 0, 3, 4, 6, 12, 20
COMPLETE, BEGUN, COMMIT = b"\0", b"\1", b"\2"
# What "set in progress" is refused with where somebody else is at it.
BUSY = 0x81
_SOURCES = {"static": b"\1", "dhcp": b"\2"}


class Busy(exceptions.PyghmiException):  # type: ignore[misc]
    """Somebody else is changing the same network."""


def parameters(values: Mapping[str, str]) -> Dict[int, bytes]:
    """Return what is set, by the number of the parameter, the address last but one.

    ``values`` are how (static, dhcp), address (with its prefix), gateway and vlan; what is not
    named stays as it is.
    """
    found: Dict[int, bytes] = {}
    if values.get("vlan"):
        number = int(values["vlan"])
        found[VLAN] = ((number | 0x8000) if number else 0).to_bytes(2, "little")
    if values.get("gateway"):
        found[GATEWAY] = ipaddress.IPv4Address(values["gateway"]).packed
    if values.get("how"):
        found[SOURCE] = _SOURCES[values["how"]]
    if values.get("address"):
        whole = ipaddress.IPv4Interface(values["address"])
        found[MASK] = whole.netmask.packed
        found[ADDRESS] = whole.ip.packed
    return found


def set_lan(command: Any, values: Mapping[str, str]) -> None:
    """Change the network of the channel that the session runs over.

    The whole is claimed first, so that nobody mixes another change in, and committed at the end;
    where a part of it is refused the rest is given back. Some baseboards know no claim (0x80): of
    those each part holds at once.
    """
    channel = command.get_network_channel()
    claimed = _claim(command, channel)
    try:
        for number, data in parameters(values).items():
            _set(command, channel, number, data)
    except exceptions.PyghmiException:
        if claimed:
            with suppress(exceptions.PyghmiException):
                _set(command, channel, PROGRESS, COMPLETE)
        raise
    if claimed:
        _finish(command, channel)


def _finish(command: Any, channel: int) -> None:
    """Commit, which is optional there, and let go: a refusal of either is no failure."""
    for word in (COMMIT, COMPLETE):
        try:
            _set(command, channel, PROGRESS, word)
        except exceptions.IpmiException as error:
            if not error.ipmicode:
                raise  # it fell silent: whether it took nobody knows


def _claim(command: Any, channel: int) -> bool:
    try:
        _set(command, channel, PROGRESS, BEGUN)
    except exceptions.IpmiException as error:
        if error.ipmicode == BUSY:
            raise Busy("somebody else is changing its network: nothing was set") from error
        if not error.ipmicode:
            raise
        return False
    return True


def _set(command: Any, channel: int, number: int, data: bytes) -> None:
    said: Tuple[int, ...] = (channel, number, *data)
    answer = command.raw_command(netfn=TRANSPORT, command=SET, data=said)
    if "error" in answer:
        raise exceptions.IpmiException(answer["error"], code=answer["code"])
