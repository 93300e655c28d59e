"""The light of a disk's slot, so that the right one is pulled: by ``ledctl`` on its host.

The host of a light is the machine itself, by SSH; where its backplane has no LED of slots that
``ledctl`` knows, the server's own is lit by its baseboard (``identify`` of servers).
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import Action, CommandWrite, Consequence, Form, Plan, Reason
from backend.kinds.disk_place import place_of
from backend.kinds.edits import check, harmless, server_knows
from backend.kinds.host import Host
from backend.kinds.host_edits import called, host_of
from backend.known import Known
from backend.plan import HERE
from backend.reason import Asker


class Light(Form):
    """The light of a slot: on, or off again."""

    on: bool = Field(default=True, description="no: switch it off again")


def _machine(host: Optional[Host], known: Known) -> str:
    if host is not None and known.place.is_on(host.hostname or "", host.uuid):
        return HERE
    return called(host)


def _path(disk: Any) -> str:
    """Return the disk by its place: /dev/sdX may be another than when it was read."""
    return str(disk.device_path or disk.device_node or "")


def _light(disk: Any, form: Light, known: Known) -> Plan:
    host = host_of(disk, known)
    word = "locate" if form.on else "locate_off"
    says = f"{'light' if form.on else 'put out'} the LED of the slot of {called(host)} "
    write = CommandWrite(
        argv=("ledctl", f"{word}={_path(disk)}"),
        machine=_machine(host, known),
        sentence=f"{says}{place_of(disk)}, serial {disk.serial_id or 'unknown'}",
    )
    return Plan.of(write)


def _reasons(disk: Any, _form: Light, known: Known) -> Tuple[Reason, ...]:
    host = host_of(disk, known)
    words = "" if host is not None else "hosts not read"
    lost = "it is offline: its baseboard may light the server" if _is_away(host) else ""
    return (
        check("its host is known", words, Asker.OURS),
        check("its host answers", lost, Asker.OURS, jump=Jump(kind="servers", id=called(host))),
        check("its place is known", "" if _path(disk) else "sysinv has no path of it", Asker.OURS),
        server_knows("the slot has an LED", "only ledctl there knows, where it is installed"),
    )


def _is_away(host: Optional[Host]) -> bool:
    return host is not None and host.availability in ("offline", "power-off", "failed")


def _comes(disk: Any, _form: Light, _known: Known) -> Tuple[Consequence, ...]:
    words = f"look for serial {disk.serial_id or 'unknown'} on the disk before it is pulled"
    return (Consequence(words=words),)


LIGHT: Action[Any] = Action(
    name="light",
    key="L",
    words="Light its slot",
    plan=_light,
    risk=harmless,
    form=Light,
    reasons=_reasons,
    consequences=_comes,
    needs=("hosts",),
    aliases=("locate",),
)
