"""What is ordered of a baseboard over Redfish, verb by verb.

What it does not offer is refused before anything is sent, with what it does offer.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional

from backend.baseboard import RESETS, WENT_ON, is_as_saved
from backend.errors import NotConfigured, Rejected
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_network import set_lan
from backend.sources.redfish_resource import Resource, inside, linked
from backend.sources.redfish_tree import MOST_MEMBERS, Tree
from backend.sources.redfish_words import BOOT, RESET, strings, target, text

Values = Mapping[str, str]
Order = Callable[["Orders", Values], Awaitable[None]]

# Roles of Redfish by the words that IPMI has for a privilege.
ROLES: Mapping[str, str] = {
    "administrator": "Administrator",
    "operator": "Operator",
    "user": "ReadOnly",
}


class Orders:
    """The orders to one baseboard."""

    def __init__(self, tree: Tree, facets: Facets) -> None:
        self._tree = tree
        self._facets = facets

    async def reset(self, verb: str) -> None:
        """Have the power or the reset button pressed."""
        system = await self._facets.system(is_quick=True)
        await self._act(system, RESET, "ResetType", RESETS[verb])

    async def identify(self, values: Values) -> None:
        """Light the LED or let it go out; Redfish knows no time for it."""
        is_on = values["on"] == "yes"
        for one in (await self._facets.system(), *await self._facets.chassis()):
            path = text(one.get("@odata.id"))
            if isinstance(one.get("LocationIndicatorActive"), bool):
                await self._tree.patch(path, {"LocationIndicatorActive": is_on})
                return
            if one.get("IndicatorLED") is not None:
                await self._identify_by(path, "Blinking" if is_on else "Off")
                return
            if "trouble" in one:
                raise one["error"]  # the LED may be there
        raise self._facets.without("identify LED")

    async def _identify_by(self, path: str, word: str) -> None:
        """Set the older LED: some of them can only be lit, not blink."""
        try:
            await self._tree.patch(path, {"IndicatorLED": word})
        except Rejected as error:
            if word != "Blinking" or error.status != 400:
                raise
            await self._tree.patch(path, {"IndicatorLED": "Lit"})

    async def boot(self, values: Values) -> None:
        """Order from where it boots, once or until it is ordered otherwise."""
        system = await self._facets.system(is_quick=True)
        boot = inside(system, "Boot")
        offered = strings(inside(boot, "BootSourceOverrideTarget@Redfish.AllowableValues"))
        device = values["device"]
        place = next((one for one in BOOT[device] if not offered or one in offered), "")
        if device == "default":
            body: Dict[str, Any] = {"BootSourceOverrideEnabled": "Disabled"}
        elif not place:
            raise _unoffered(self._tree.service, f"boot from {device}", offered)
        else:
            enabled = "Continuous" if values.get("always") == "yes" else "Once"
            body = {"BootSourceOverrideTarget": place, "BootSourceOverrideEnabled": enabled}
            mode = "UEFI" if values.get("uefi") == "yes" else "Legacy"
            # Named only where it is to change: many a baseboard refuses the word itself.
            if inside(boot, "BootSourceOverrideMode") not in (None, mode):
                body["BootSourceOverrideMode"] = mode
        await self._tree.patch(text(system.get("@odata.id")), {"Boot": body})

    async def sel_clear(self, values: Values) -> None:
        """Clear the log where it still ends with the record that was saved last.

        Redfish has no reservation as IPMI has: an event between our look and its clearing, some
        milliseconds, is not seen by anybody.
        """
        rows = await self._facets.sel()
        lost = next((row["trouble"] for row in rows if row["trouble"]), "")
        if lost:
            words = f"not all of its log could be read, nothing was cleared: {lost}"
            raise Rejected(self._tree.service, 0, words)
        if len(rows) >= MOST_MEMBERS:
            words = f"it has {MOST_MEMBERS} events or more: not all are read, nothing was cleared"
            raise Rejected(self._tree.service, 0, words)
        if not is_as_saved([row["record"] for row in rows], values):
            raise Rejected(self._tree.service, 0, WENT_ON)
        service = await self._facets.log_service()
        await self._act(service, "#LogService.ClearLog")

    async def bmc_reset(self, _values: Values) -> None:
        """Restart the baseboard itself."""
        manager = await self._facets.manager()
        offered = _offered(manager, "#Manager.Reset", "ResetType")
        kind = next((one for one in ("GracefulRestart", "ForceRestart") if one in offered), "")
        await self._act(manager, "#Manager.Reset", "ResetType", kind or "GracefulRestart")

    # --- virtual media -------------------------------------------------------------------------

    async def media_insert(self, values: Values) -> None:
        """Insert an image; whether it is in is read back by whoever ordered it."""
        slot = await self._slot(values["slot"])
        body = {"Image": values["image"], "Inserted": True, "WriteProtected": True}
        if inside(slot, "Actions", "#VirtualMedia.InsertMedia") is not None:
            await self._act(slot, "#VirtualMedia.InsertMedia", body=body)
        else:
            await self._tree.patch(text(slot.get("@odata.id")), body)

    async def media_eject(self, values: Values) -> None:
        """Take an image out."""
        slot = await self._slot(values["slot"])
        if inside(slot, "Actions", "#VirtualMedia.EjectMedia") is not None:
            await self._act(slot, "#VirtualMedia.EjectMedia")
        else:
            body = {"Image": None, "Inserted": False}
            await self._tree.patch(text(slot.get("@odata.id")), body)

    async def _slot(self, name: str) -> Resource:
        slots = await self._facets.slots()
        found = next((one for one in slots if name in (one.get("Id"), one.get("Name"))), None)
        if found is None:
            names = [text(one.get("Id")) for one in slots]
            raise _unoffered(self._tree.service, f"place {name!r} for virtual media", names)
        return found

    # --- its users and its network -------------------------------------------------------------

    async def user_password(self, values: Values) -> None:
        """Give an account another password."""
        for one in await self._facets.users():
            if one["uid"] == values["uid"]:
                await self._tree.patch(one["at"], {"Password": values["password"]})
                return
        raise self._facets.without(f"account {values['uid']}")

    async def user_add(self, values: Values) -> None:
        """Add an account."""
        await self._tree.enter()
        service = await self._tree.get(linked(self._tree.root, "AccountService"))
        role = ROLES.get(values["privilege"], values["privilege"])
        body = {"UserName": values["name"], "Password": values["password"], "RoleId": role}
        await self._tree.post(linked(service, "Accounts"), {**body, "Enabled": True})

    async def lan(self, values: Values) -> None:
        """Change its own network."""
        await set_lan(self._tree, self._facets, values)

    # --- actions -------------------------------------------------------------------------------

    async def _act(
        self,
        owner: Resource,
        action: str,
        name: str = "",
        value: str = "",
        body: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Have an action of a resource done, where it offers it."""
        at, words = target(owner, action), action.strip("#")
        if not at:
            raise _unoffered(self._tree.service, words, sorted(inside(owner, "Actions") or ()))
        offered = _offered(owner, action, name) if name else []
        if offered and value not in offered:
            raise _unoffered(self._tree.service, f"{words} {value}", offered)
        await self._tree.post(at, {name: value} if name else body or {})


def _offered(owner: Resource, action: str, name: str) -> List[str]:
    return strings(inside(owner, "Actions", action, f"{name}@Redfish.AllowableValues"))


def _unoffered(service: str, what: str, offered: List[str]) -> NotConfigured:
    there = f"it offers: {', '.join(offered)}" if offered else "it offers nothing like it"
    return NotConfigured(f"{service}: does not offer {what}", there)


ORDERS: Mapping[str, Order] = {
    **{verb: lambda orders, _, verb=verb: orders.reset(verb) for verb in RESETS},  # type: ignore[misc]
    "identify": Orders.identify,
    "boot": Orders.boot,
    "sel-clear": Orders.sel_clear,
    "bmc-reset": Orders.bmc_reset,
    "media-insert": Orders.media_insert,
    "media-eject": Orders.media_eject,
    "user-password": Orders.user_password,
    "user-add": Orders.user_add,
    "lan": Orders.lan,
}
