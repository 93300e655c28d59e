"""What can be done to a baseboard's accounts: add one, give one another password."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Consequence, Form, Plan, Reason
from backend.kinds.hardware_acts import disruptive
from backend.kinds.hardware_orders import answers, check, curl, ipmitool, order
from backend.kinds.hardware_server import POWER, SERVERS, Server
from backend.known import Known
from backend.tone import Tone

USERS_KIND = "bmc-users"
# IPMI 2.0, 22.28 to 22.30: a name has 16 bytes, a password 20, and there are 63 users at most.
MOST_NAME, MOST_PASSWORD, MOST_USERS = 16, 20, 63
PRIVILEGES = ("administrator", "operator", "user")


class NewPassword(Form):
    """Another password for an account."""

    password: str = Field(min_length=1, pattern=r"^\S+$", json_schema_extra={"secret": True})


class NewUser(Form):
    """An account to add."""

    name: str = Field(min_length=1, max_length=MOST_NAME, pattern=r"^\S+$")
    password: str = Field(min_length=1, pattern=r"^\S+$", json_schema_extra={"secret": True})
    privilege: str = "administrator"


def _server(name: str, known: Known) -> Server:
    found = known.row(SERVERS, name)
    return found if isinstance(found, Server) else Server(name=name)


def _password(row: Any, form: NewPassword, known: Known) -> Plan:
    server = _server(row.server, known)
    words = ipmitool(server, "user", "set", "password", str(row.uid))
    if server.protocol == "redfish":
        words = curl(server, str(row.body.get("at") or ""), {"Password": "..."}, "PATCH")
    values = {"uid": str(row.uid), "password": form.password}
    says = f"give {row.name} of the baseboard of {server.name} another password"
    return order("user-password", server, values, words, says, secret=frozenset({"password"}))


def _rule(server: Server, form: Any, known: Known) -> Reason:
    """Return whether a password is as long as its baseboard takes one: cut off it locks out."""
    password = str(getattr(form, "password", ""))
    shortest, longest = 1, MOST_PASSWORD
    if server.protocol == "redfish":
        bodies = [row.body for row in known.rows(USERS_KIND, server.name)]
        shortest = next((one["shortest"] for one in bodies if one.get("shortest")), 1)
        longest = next((one["longest"] for one in bodies if one.get("longest")), 1 << 16)
    size = len(password.encode())
    words = f"it is {size} bytes long, and has to be {shortest} to {longest}"
    fits = shortest <= size <= longest
    return check("the password is as long as it takes", fits, words, of_form=True)


def _password_reasons(row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    server = _server(row.server, known)
    return (answers(server, known), _rule(server, form, known))


def _password_consequences(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    server = _server(row.server, known)
    if row.name != server.username:
        return ()
    words = (
        "it is the account this console logs in by: log in anew (s), and change clouds.yaml and"
        " sysinv (BMC of the host), or maintenance is locked out"
    )
    return (Consequence(words=words, tone=Tone.WARN),)


def _free(server: Server, known: Known) -> Optional[int]:
    """Return the first number that no account has a name under; the first is the nameless one."""
    taken = {str(row.uid) for row in known.rows(USERS_KIND, server.name)}
    return next((uid for uid in range(2, MOST_USERS + 1) if str(uid) not in taken), None)


def _add(server: Server, form: NewUser, known: Known) -> Plan:
    uid = str(_free(server, known) or 0)
    words = ipmitool(server, "user", "set", "name", uid, form.name)
    if server.protocol == "redfish":
        said = {"UserName": form.name, "Password": "...", "RoleId": form.privilege.capitalize()}
        words = curl(server, "/redfish/v1/AccountService/Accounts", said)
    values = {
        "uid": uid,
        "name": form.name,
        "password": form.password,
        "privilege": form.privilege,
    }
    says = f"add {form.name} to the baseboard of {server.name}, as {form.privilege}"
    return order("user-add", server, values, words, says, secret=frozenset({"password"}))


def _add_reasons(server: Server, form: Any, known: Known) -> Tuple[Reason, ...]:
    rows = known.rows(USERS_KIND, server.name)
    name = getattr(form, "name", "")
    is_new = name not in {row.name for row in rows}
    was_read = known.reading(USERS_KIND, server.name).was_read
    return (
        answers(server, known),
        _rule(server, form, known),
        check("its accounts are known", was_read, "they were not read: which number is free?"),
        check("there is none of that name", is_new, "there is one", of_form=True),
        check("there is room for one more", _free(server, known) is not None, "all are taken"),
    )


def _privileges(_row: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"privilege": PRIVILEGES}


USER_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="password",
        key="p",
        words="another password",
        plan=_password,
        risk=disruptive,
        form=NewPassword,
        reasons=_password_reasons,
        consequences=_password_consequences,
        needs=(POWER, USERS_KIND),
    ),
    Action(
        name="add",
        key="+",
        words="add an account",
        plan=_add,
        risk=disruptive,
        form=NewUser,
        choices=_privileges,
        reasons=_add_reasons,
        needs=(POWER, USERS_KIND),
        on_parent=True,
    ),
)
