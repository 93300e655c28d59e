"""What is asked of a baseboard over IPMI, call by call: blocking, and in bodies of plain values.

``command`` is pyghmi's; each function raises what it raises. Units are the sensor's own.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Tuple

from pyghmi import exceptions
from pyghmi.ipmi.fru import FRU

from backend.sources.ipmi_lan import set_lan
from backend.sources.ipmi_log import clear, logged
from backend.sources.ipmi_sensors import Sensors, words_of
from backend.sources.ipmi_wire import NONSENSE, Questions, data_of

Json = Any

CHASSIS = 0
BOOT_FLAGS = 5
# Bits of a chassis' status (IPMI 2.0, 28.2), as an operator names what is wrong.
_FAULTS = (
    (0, 0x02, "power overload"),
    (0, 0x08, "main power fault"),
    (0, 0x10, "power control fault"),
    (2, 0x04, "drive fault"),
    (2, 0x08, "cooling or fan fault"),
)
_LAST = ((0x01, "AC failed"), (0x02, "overload"), (0x04, "interlock"), (0x08, "power fault"))
_POLICIES = ("stays off", "as before", "goes on", "unknown")
_IDENTIFY = ("off", "on for a time", "on", "unknown")
# What pyghmi and we call the places a server boots from.
BOOT = {
    "network": "network",
    "disk": "hd",
    "optical": "optical",
    "usb": "usb",
    "setup": "setup",
    "default": "default",
}
# What the baseboard calls them (IPMI 2.0, table 28-14, data 2 of the boot flags).
_BOOTS = {
    0: "default",
    1: "network",
    2: "disk",
    3: "disk",
    5: "optical",
    6: "setup",
    15: "usb",
}


class Calls:
    """The questions to one baseboard; what does not change is kept from one login to the next."""

    def __init__(self) -> None:
        self._sensors = Sensors()

    def power(self) -> Questions:
        """Ask for the one row of power, identify LED, faults and boot override."""
        status = data_of((yield CHASSIS, 0x01, ()))
        state, last, rest = (*status, 0, 0, 0)[:3]
        faults = [words for at, bit, words in _FAULTS if (state, last, rest)[at] & bit]
        body: Dict[str, Json] = {
            "power": "on" if state & 1 else "off",
            "policy": _POLICIES[state >> 5 & 3],
            "last_event": next((words for bit, words in _LAST if last & bit), ""),
            "faults": faults,
            "intrusion": bool(rest & 0x01),
            # Bit 6 says whether the baseboard tells of its LED at all.
            "identify": _IDENTIFY[rest >> 4 & 3] if rest & 0x40 else None,
        }
        return [{**body, **_boot((yield CHASSIS, 0x09, (BOOT_FLAGS, 0, 0)))}]

    def health(self, command: Any) -> List[Dict[str, Json]]:
        """Return the one row that sums the sensors up; the first reading takes seconds."""
        return [self._sensors.health(command)]

    def sensors(self, command: Any) -> List[Dict[str, Json]]:
        """Return every sensor with its value, states and thresholds; one that fails says why."""
        return self._sensors.bodies(command)

    def sel(self, command: Any) -> List[Dict[str, Json]]:
        """Return the event log as the baseboard keeps it, oldest first."""
        return logged(command)

    def inventory(self, command: Any) -> List[Dict[str, Json]]:
        """Return what is in the machine, a row a component, and the versions of its firmware.

        One that cannot be read says why: pyghmi itself would end all of it there.
        """
        command.oem_init()
        rows = [*_read("System", command._get_zero_fru)]
        for number, record in sorted(command.init_sdr().fru.items()):
            rows += _read(str(record.fru_name), partial(_record_of, command, number, record))
        rows += [_component(str(name), said) for name, said in command._oem.get_oem_inventory()]
        try:
            firmware = list(command.get_firmware())
        except exceptions.UnsupportedFunctionality:
            firmware = []
        except (*NONSENSE, exceptions.PyghmiException) as error:
            return [*rows, {"component": "firmware", "trouble": words_of(error)}]
        for name, said in firmware:
            rows.append(_component(str(name), {**said, "sort": "firmware"}))
        return rows

    def lan(self, command: Any) -> List[Dict[str, Json]]:
        """Return the one row of the baseboard's own network."""
        said = command.get_net_configuration(gateway_macs=False)
        device = command._get_device_id()
        return [{**said, "firmware": device["firmware_version"]}]

    def users(self, command: Any) -> List[Dict[str, Json]]:
        """Return the accounts that have a name."""
        return [
            {
                "uid": int(uid),
                "name": str(said.get("name") or ""),
                "privilege": str((said.get("access") or {}).get("privilege_level") or ""),
                "enabled": bool((said.get("access") or {}).get("ipmi_msg")),
            }
            for uid, said in command.get_users().items()
            if said.get("name")
        ]


def _raw(command: Any, netfn: int, number: int, data: Tuple[int, ...] = ()) -> List[int]:
    return data_of(command.raw_command(netfn=netfn, command=number, data=data))


def _boot(answer: Mapping[str, Any]) -> Dict[str, Json]:
    """Return the boot override; nothing of it where the baseboard knows none."""
    if "error" in answer:
        if answer["error"] == "timeout":
            data_of(answer)
        return {"boot": None, "boot_always": None, "boot_uefi": None}
    _version, parameter, flags, device = answer["data"][:4]
    if parameter & 0x80 or not flags & 0x80:
        return {"boot": "default", "boot_always": True, "boot_uefi": False}
    number = device >> 2 & 0xF
    return {
        "boot": _BOOTS.get(number, str(number)),
        "boot_always": bool(flags & 0x40),
        "boot_uefi": bool(flags & 0x20),
    }


def _record_of(command: Any, number: int, record: Any) -> Any:
    """Return what the record of one part says, None where it has none."""
    found = FRU(ipmicmd=command, fruid=number, sdr=record).info
    return None if found is None else command._oem.process_fru(found, record.fru_name)


def _read(name: str, ask: Callable[[], Any]) -> List[Dict[str, Json]]:
    try:
        said = ask()
    except (*NONSENSE, exceptions.PyghmiException) as error:
        return [{"component": name, "trouble": words_of(error)}]
    return [_component(name, said)] if said else []


def _component(name: str, said: Mapping[str, Any]) -> Dict[str, Json]:
    plain = {str(key): _plain(value) for key, value in said.items() if value not in (None, "")}
    return {"component": name, **{_field(key): value for key, value in plain.items()}}


def _field(key: str) -> str:
    return key.casefold().replace(" ", "_").replace("-", "_")


def _plain(value: Any) -> Json:
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value)


# --- orders ------------------------------------------------------------------------------------


def _chassis(number: int) -> Callable[[Any, Mapping[str, str]], None]:
    """Return the order of that number of Chassis Control (IPMI 2.0, 28.3)."""

    def order(command: Any, _values: Mapping[str, str]) -> None:
        _raw(command, CHASSIS, 0x02, (number,))

    return order


def _identify(command: Any, values: Mapping[str, str]) -> None:
    seconds = values.get("seconds", "")
    command.set_identify(on=values["on"] == "yes", duration=int(seconds) if seconds else None)


def _set_boot(command: Any, values: Mapping[str, str]) -> None:
    command.set_bootdev(
        BOOT[values["device"]],
        persist=values.get("always") == "yes",
        uefiboot=values.get("uefi") == "yes",
    )


def _set_password(command: Any, values: Mapping[str, str]) -> None:
    command.set_user_password(int(values["uid"]), mode="set_password", password=values["password"])


def _add_user(command: Any, values: Mapping[str, str]) -> None:
    command.create_user(
        int(values["uid"]),
        values["name"],
        values["password"],
        privilege_level=values["privilege"],
    )


def _reset_bmc(command: Any, _values: Mapping[str, str]) -> None:
    command.reset_bmc()


ORDERS: Mapping[str, Callable[[Any, Mapping[str, str]], None]] = {
    "power-on": _chassis(1),
    "power-off": _chassis(0),
    "power-cycle": _chassis(2),
    "reset": _chassis(3),
    "shutdown": _chassis(5),
    "nmi": _chassis(4),
    "identify": _identify,
    "boot": _set_boot,
    "sel-clear": clear,
    "bmc-reset": _reset_bmc,
    "user-password": _set_password,
    "user-add": _add_user,
    "lan": set_lan,
}
