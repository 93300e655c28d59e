"""What can be changed of how the system keeps itself: clocks, logs, copies, passwords."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Asker, Consequence, Form, Reason
from backend.kinds.edits import (
    Address,
    Changes,
    Fields,
    check,
    comes,
    flags,
    is_news,
    modify,
    news_alone,
    server_knows,
    sets,
    setting,
    unread,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import controllers
from backend.kinds.reach_acts import APPLY
from backend.kinds.system_acts import out_of_date
from backend.known import Known
from backend.tone import Tone

# --- PTP of the whole system, as it was before there were instances ------------------------------


class ModifyPtp(Changes):
    """How PTP is set for hosts that use no instances; empty stays as it is."""

    mode: Optional[Literal["hardware", "software", "legacy"]] = Field(
        default=None, description="who stamps the time"
    )
    transport: Optional[Literal["l2", "udp"]] = Field(
        default=None, examples=["udp"], description="what carries it"
    )
    mechanism: Optional[Literal["e2e", "p2p"]] = Field(
        default=None, description="how the delay is measured"
    )


def _ptp_reasons(row: Any, form: Form, known: Known) -> Tuple[Reason, ...]:
    words = "sysinv of today refuses it: PTP is set by instances (ptp-instances)"
    return (
        is_news(row, form, known),
        server_knows("this release has PTP for the whole system", words),
    )


# --- logs, copies, passwords -------------------------------------------------------------------


class ModifyLogging(Changes):
    """Where logs are sent to; empty stays as it is."""

    ip_address: Optional[Address] = Field(
        default=None, examples=["10.10.10.99"], description="the log server's address"
    )
    enabled: Optional[bool] = Field(default=None, description="whether logs are sent")
    transport: Optional[Literal["udp", "tcp", "tls"]] = Field(
        default=None, description="how they are sent"
    )
    port: Optional[int] = Field(default=None, ge=1, le=65535, description="the log server's port")


def _logging_reasons(row: Any, form: ModifyLogging, known: Known) -> Tuple[Reason, ...]:
    has = form.ip_address or row.ip_address
    words = "" if has else "there is none yet: it must be given, even to switch it off"
    return (is_news(row, form, known), check("a log server is named", words))


class ModifyDrbd(Changes):
    """How the controllers copy their data to one another; empty stays as it is."""

    link_util: Optional[int] = Field(
        default=None,
        ge=5,
        le=80,
        examples=[50],
        description="how much of the link the copying may take, in %",
    )
    rtt_ms: Optional[float] = Field(
        default=None, ge=0.2, le=20.0, description="round trip between the controllers, in ms"
    )
    secure: Optional[bool] = Field(
        default=None, description="the peers authenticate each other; no where it is not said"
    )


def _drbd_command(_row: Any, fields: Fields, _known: Known) -> Tuple[str, ...]:
    names = {"link_util": "util"}
    words = [w for n, value in fields.items() for w in (f"--{names.get(n, n)}", value)]
    return ("system", "drbdsync-modify", *words)


def _drbd_reasons(row: Any, form: ModifyDrbd, known: Known) -> Tuple[Reason, ...]:
    stale = [
        host.name
        for host in controllers(known)
        if host.body.get("config_target")
        and host.body.get("config_applied") != host.body.get("config_target")
    ]
    words = f"{stale[0]} is being configured" if stale else ""
    name = "no controller is being configured"
    resizing = [fs.name for fs in known.rows("controller-filesystems") if "resizing" in fs.status]
    grows = f"{resizing[0]} is being resized" if resizing else ""
    return (
        is_news(row, form, known),
        check(name, words, Asker.OURS) if known.has("hosts") else unread(name, "hosts"),
        looked_up("no copied filesystem is being resized", grows, known, "controller-filesystems"),
    )


def _is_secure(known: Known) -> bool:
    """Whether the peers authenticate each other now, as far as is known."""
    return any(
        (row.service, row.section, row.name) == ("platform", "drbd", "secure")
        and str(row.value).lower() == "true"
        for row in known.rows("service-parameters")
    )


def _after_drbd(_row: Any, form: ModifyDrbd, known: Known) -> Tuple[Consequence, ...]:
    if form.secure:
        return (Consequence(words="the peers authenticate each other from then on"),)
    words = "the peers do not authenticate each other from then on"
    if form.secure is None:
        words += ": the service takes *no* where it is not said"
    if _is_secure(known):
        return (Consequence(words=f"{words}, and now they do", tone=Tone.BAD),)
    return (Consequence(words=words),)


class ModifyUsers(Form):
    """When the password of the platform's own user must be changed."""

    passwd_expiry_days: int = Field(
        ge=0, le=99999, examples=[90], description="days a password holds; 99999 is for ever"
    )


def _users_command(_row: Any, fields: Fields, _known: Known) -> Tuple[str, ...]:
    days = fields.get("passwd_expiry_days", "0")
    return ("sudo", "chage", "-M", days, "sysadmin")


PTP_ACTIONS = setting(
    modify("ptp", "/ptp", flags("system", "ptp-modify"), sets("PTP")),
    ModifyPtp,
    reasons=_ptp_reasons,
)
LOGGING_ACTIONS = setting(
    modify(
        "remote-logging",
        "/remotelogging",
        flags("system", "remotelogging-modify"),
        sets("remote logging"),
        APPLY,
    ),
    ModifyLogging,
    reasons=_logging_reasons,
    consequences=comes(
        Consequence(words="every host takes it over; logs of the moment may not arrive")
    ),
    expects=out_of_date(),
)
DRBD_ACTIONS = setting(
    modify("drbd", "/drbdconfig", _drbd_command, sets("DRBD"), APPLY),
    ModifyDrbd,
    reasons=_drbd_reasons,
    consequences=_after_drbd,
    needs=("hosts", "controller-filesystems", "service-parameters"),
    expects=out_of_date("controller"),
)
USERS_ACTIONS = setting(
    modify("users", "/iuser", _users_command, sets("the password policy"), APPLY),
    ModifyUsers,
    reasons=news_alone,
    consequences=comes(
        warn("for sysadmin on every host: one whose time is up changes it at the next login")
    ),
    expects=out_of_date(),
)
