"""A pretend tree of Redfish behind the loopback server: resources by path, orders remembered."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from tests.backend.sources.loopback import Asked, Reply

USER, PASSWORD = "admin", "Adm1n*bmc"
SYSTEM = "/redfish/v1/Systems/1"
LOG = f"{SYSTEM}/LogServices/SEL"
TASKS = "/redfish/v1/TaskService"
# Where a pretend update service takes a file: as a form, and as it is.
FORM, WHOLE = "/redfish/v1/UpdateService/upload", "/redfish/v1/UpdateService/update"
PUSHES = frozenset({FORM, WHOLE})


def link(path: str) -> Dict[str, str]:
    return {"@odata.id": path}


def members(*paths: str, **more: Any) -> Dict[str, Any]:
    return {"Members": [link(path) for path in paths], **more}


def entry(number: int, message: str, minute: int, severity: str = "OK") -> Dict[str, Any]:
    return {
        "@odata.id": f"{LOG}/Entries/{number}",
        "Id": str(number),
        "Created": f"2026-11-20T10:{minute:02d}:00.123Z",
        "Message": message,
        "Severity": severity,
        "EntryType": "SEL",
        "SensorType": "Temperature",
    }


def resources() -> Dict[str, Any]:
    """Return a machine in the shape of DMTF's schemas, as a BMC of today has it."""
    ok = {"State": "Enabled", "Health": "OK"}
    reset = {
        "target": f"{SYSTEM}/Actions/ComputerSystem.Reset",
        "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "PowerCycle", "Nmi"],
    }
    slot = "/redfish/v1/Managers/1/VirtualMedia/Cd"
    return {
        "/redfish/v1/": {
            "RedfishVersion": "1.11.0",
            "Systems": link("/redfish/v1/Systems"),
            "Managers": link("/redfish/v1/Managers"),
            "AccountService": link("/redfish/v1/AccountService"),
            "Links": {"Sessions": link("/redfish/v1/SessionService/Sessions")},
        },
        "/redfish/v1/Systems": members(SYSTEM),
        SYSTEM: {
            "@odata.id": SYSTEM,
            "Id": "1",
            "PowerState": "On",
            "PowerRestorePolicy": "LastState",
            "LocationIndicatorActive": False,
            "Status": {**ok, "HealthRollup": "OK"},
            "Manufacturer": "ACME",
            "Model": "Edge 1",
            "SerialNumber": "S123",
            "BiosVersion": "2.1",
            "Boot": {
                "BootSourceOverrideEnabled": "Once",
                "BootSourceOverrideTarget": "Pxe",
                "BootSourceOverrideMode": "UEFI",
                "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Hdd", "Cd"],
            },
            "Processors": link(f"{SYSTEM}/Processors"),
            "Memory": link(f"{SYSTEM}/Memory"),
            "LogServices": link(f"{SYSTEM}/LogServices"),
            "Links": {
                "Chassis": [link("/redfish/v1/Chassis/1")],
                "ManagedBy": [link("/redfish/v1/Managers/1")],
            },
            "Actions": {"#ComputerSystem.Reset": reset},
        },
        f"{SYSTEM}/Processors": members(f"{SYSTEM}/Processors/1"),
        f"{SYSTEM}/Processors/1": {"Name": "CPU 1", "Model": "X", "TotalCores": 32, "Status": ok},
        f"{SYSTEM}/Memory": members(f"{SYSTEM}/Memory/A1", f"{SYSTEM}/Memory/A2"),
        f"{SYSTEM}/Memory/A1": {"Name": "DIMM A1", "CapacityMiB": 32768, "Status": ok},
        f"{SYSTEM}/Memory/A2": {"Name": "DIMM A2", "Status": {"State": "Absent"}},
        "/redfish/v1/Chassis/1": {
            "@odata.id": "/redfish/v1/Chassis/1",
            "Name": "Chassis",
            "Status": ok,
            "Thermal": link("/redfish/v1/Chassis/1/Thermal"),
            "Power": link("/redfish/v1/Chassis/1/Power"),
        },
        "/redfish/v1/Chassis/1/Thermal": {
            "Temperatures": [
                {
                    "Name": "CPU1 Temp",
                    "SensorNumber": 1,
                    "ReadingCelsius": 41,
                    "UpperThresholdCritical": 90,
                    "Status": ok,
                },
                {"Name": "GPU Temp", "Status": {"State": "Absent"}},
            ],
            "Fans": [{"Name": "Fan 1", "Reading": 5400, "ReadingUnits": "RPM", "Status": ok}],
        },
        "/redfish/v1/Chassis/1/Power": {
            "PowerSupplies": [{"Name": "PSU 1", "LastPowerOutputWatts": 180, "Status": ok}]
        },
        "/redfish/v1/Managers": members("/redfish/v1/Managers/1"),
        "/redfish/v1/Managers/1": {
            "Name": "BMC",
            "FirmwareVersion": "6.10",
            "Status": ok,
            "EthernetInterfaces": link("/redfish/v1/Managers/1/EthernetInterfaces"),
            "VirtualMedia": link("/redfish/v1/Managers/1/VirtualMedia"),
        },
        "/redfish/v1/Managers/1/EthernetInterfaces": members(
            "/redfish/v1/Managers/1/EthernetInterfaces/eth0"
        ),
        "/redfish/v1/Managers/1/EthernetInterfaces/eth0": {
            "@odata.id": "/redfish/v1/Managers/1/EthernetInterfaces/eth0",
            "Id": "eth0",
            "MACAddress": "00:11:22:33:44:55",
            "IPv4Addresses": [
                {"Address": "10.10.7.12", "AddressOrigin": "Static", "Gateway": "10.10.7.1"}
            ],
        },
        "/redfish/v1/Managers/1/VirtualMedia": members(slot),
        slot: {
            "@odata.id": slot,
            "Id": "Cd",
            "MediaTypes": ["CD", "DVD"],
            "Inserted": False,
            "Actions": {
                "#VirtualMedia.InsertMedia": {"target": f"{slot}/Actions/VirtualMedia.InsertMedia"}
            },
        },
        "/redfish/v1/AccountService": {
            "MinPasswordLength": 8,
            "Accounts": link("/redfish/v1/AccountService/Accounts"),
        },
        "/redfish/v1/AccountService/Accounts": members("/redfish/v1/AccountService/Accounts/2"),
        "/redfish/v1/AccountService/Accounts/2": {
            "@odata.id": "/redfish/v1/AccountService/Accounts/2",
            "Id": "2",
            "UserName": "admin",
            "RoleId": "Administrator",
            "Enabled": True,
        },
        f"{SYSTEM}/LogServices": members(f"{SYSTEM}/LogServices/Audit", LOG),
        LOG: {
            "Entries": link(f"{LOG}/Entries"),
            "Actions": {"#LogService.ClearLog": {"target": f"{LOG}/Actions/LogService.ClearLog"}},
        },
        # Newest first and in pages, as some have it.
        f"{LOG}/Entries": {
            "Members": [entry(3, "too hot", 3, "Critical"), entry(2, "fan slow", 2, "Warning")],
            "Members@odata.nextLink": f"{LOG}/Entries?$skip=2",
        },
        f"{LOG}/Entries?$skip=2": {"Members": [entry(1, "started", 1)]},
    }


class Pretended:
    """Answers as the tree says; ``replies`` stand for some paths, ``sessions`` are open ones."""

    def __init__(self, *, has_sessions: bool = True) -> None:
        self.tree = resources()
        self.replies: Dict[str, Reply] = {}
        self.sessions: List[str] = []
        self.logins = 0
        self.orders: List[Tuple[str, str, Any]] = []
        self.wants_etag = False
        self.account = (USER, PASSWORD)
        # What was pushed to it: the media type, and the bytes.
        self.pushed: List[Tuple[str, bytes]] = []
        if not has_sessions:
            del self.tree["/redfish/v1/"]["Links"]

    def __call__(self, asked: Asked) -> Reply:
        path = asked.target
        if path in self.replies:
            return self.replies[path]
        if path == "/redfish/v1/":
            return _json(self.tree[path])
        if path == "/redfish/v1/SessionService/Sessions" and asked.method == "POST":
            return self._log_in(asked)
        if not self._knows(asked):
            return refused(401, "who are you?")
        if asked.method == "GET":
            found = self.tree.get(path)
            return refused(404, f"no {path}") if found is None else _json(found)
        if asked.method == "DELETE":
            self.sessions.remove(asked.headers["x-auth-token"])
            return Reply(status=204, body=b"")
        if self.wants_etag and asked.headers.get("if-match") != '"7"':
            return refused(428, "name the version")
        if path in PUSHES:
            self.pushed.append((asked.headers["content-type"], asked.body))
            return self._working()
        self.orders.append((asked.method, path, json.loads(asked.body or b"null")))
        return Reply(status=204, body=b"")

    def _log_in(self, asked: Asked) -> Reply:
        self.logins += 1
        said = json.loads(asked.body)
        if (said["UserName"], said["Password"]) != self.account:
            return refused(401, "The account is unknown or its password is wrong.")
        token = f"token-{self.logins}"
        self.sessions.append(token)
        where = f"/redfish/v1/SessionService/Sessions/{self.logins}"
        return Reply(status=201, headers={"X-Auth-Token": token, "Location": where})

    # --- pretend firmware: a task that is told of, and moved by the test ------------------------

    def takes_firmware(self, **ways: str) -> None:
        """Offer an update service with these ways to push a file to it."""
        update = "/redfish/v1/UpdateService"
        self.tree["/redfish/v1/"].update(UpdateService=link(update), Tasks=link(TASKS))
        self.tree[update] = {"@odata.id": update, "HttpPushUriTargets": [], **ways}
        self.tree[TASKS] = {"Tasks": link(f"{TASKS}/Tasks")}
        self.tree[f"{TASKS}/Tasks"] = members()

    def task(self, state: str, percent: int, *messages: str, status: str = "OK") -> None:
        """Let the task that was begun be so far."""
        self.tree[f"{TASKS}/Tasks"] = members(f"{TASKS}/Tasks/7")
        self.tree[f"{TASKS}/Tasks/7"] = {
            "@odata.id": f"{TASKS}/Tasks/7",
            "@odata.type": "#Task.v1_4_3.Task",
            "Id": "7",
            "Name": "Firmware Update",
            "TaskState": state,
            "TaskStatus": status,
            "PercentComplete": percent,
            "Messages": [{"Message": words} for words in messages],
        }

    def _working(self) -> Reply:
        self.task("Running", 0)
        body = json.dumps(self.tree[f"{TASKS}/Tasks/7"]).encode()
        return Reply(status=202, body=body, headers={"Location": f"{TASKS}/Tasks/7/Monitor"})

    def _knows(self, asked: Asked) -> bool:
        token = asked.headers.get("x-auth-token")
        if token is not None:
            return token in self.sessions
        return asked.headers.get("authorization") == "Basic YWRtaW46QWRtMW4qYm1j"


def _json(found: Mapping[str, Any], tag: Optional[str] = '"7"') -> Reply:
    return Reply(body=json.dumps(found).encode(), headers={"ETag": str(tag)})


def refused(status: int, words: str) -> Reply:
    info = [{"MessageId": "Base.1.0", "Message": words}]
    error = {"message": "See ExtendedInfo.", "@Message.ExtendedInfo": info}
    return Reply(status=status, body=json.dumps({"error": error}).encode())
