"""Who one is to the cloud: user, project, roles, and when the password ends."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from backend.kind import Column, Identity, Kind, Row
from backend.units import day, instant_ms


class TokenOf(Row):
    """What Keystone says of the person who asks; the token itself is not in it."""

    user: Dict[str, Any]
    project: Optional[Dict[str, Any]] = None
    roles: List[Dict[str, Any]] = []
    expires_at: Optional[str] = None

    @property
    def name(self) -> str:
        """What the person is called."""
        return str(self.user.get("name") or "?")

    @property
    def tells_password(self) -> bool:
        """Whether Keystone says when the password ends at all."""
        return "password_expires_at" in self.user

    @property
    def password_ends(self) -> Optional[str]:
        """When the password ends, as Keystone wrote it; None: never, or it does not say."""
        said = self.user.get("password_expires_at")
        return None if said is None else str(said)


def _password(row: TokenOf) -> str:
    if not row.tells_password:
        return "Keystone does not say"
    ends = instant_ms(row.password_ends)
    return (
        "no end" if row.password_ends is None else row.password_ends if ends is None else day(ends)
    )


LOGIN: Kind[TokenOf] = Kind(
    name="login",
    singular="login",
    model=TokenOf,
    read=Identity(),
    id=lambda row: row.name,
    columns=(
        Column(heading="USER", value=lambda row: row.name),
        Column(heading="PROJECT", value=lambda row: (row.project or {}).get("name")),
        Column(
            heading="ROLES",
            value=lambda row: ", ".join(str(role.get("name")) for role in row.roles) or None,
            most=40,
        ),
        Column(heading="PASSWORD ENDS", value=_password),
    ),
    aliases=("whoami", "token"),
    # Another token each time, and another id of its audit.
    noise=frozenset({"expires_at", "issued_at", "audit_ids", "methods"}),
    every_s=300.0,
)
