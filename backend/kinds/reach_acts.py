"""What can be changed of how the system is set up: names, time, outside addresses, logs, copies."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any, Dict, List, Optional, Tuple

from pydantic import AfterValidator, Field, field_validator
from typing_extensions import Annotated

from backend.kind import Asker, Consequence, Form, Reason, Risk
from backend.kinds.edits import (
    Address,
    Changes,
    Fields,
    check,
    comes,
    differing,
    is_news,
    modify,
    pairs,
    server_knows,
    sets,
    setting,
    text,
    unread,
    warn,
)
from backend.kinds.system_acts import out_of_date, system_mode
from backend.known import Known
from backend.tone import Tone

# What the client sends for no server at all, and takes as a word for it.
NONE = "NC"
MOST_SERVERS = 3
APPLY = ("action", "apply")


def split(text: Optional[str]) -> Tuple[str, ...]:
    """Return the words of what a service joins with commas."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def is_address(word: str) -> bool:
    """Whether a word is an IP address, not a name."""
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _servers(text: str) -> str:
    """Return up to three servers, joined as the service joins them, or the word for none."""
    words = text.replace(",", " ").split()
    if [word.upper() for word in words] in ([NONE], ["NONE"]):
        return NONE
    if not words:
        raise ValueError(f"a server, or {NONE} for none")
    if len(words) > MOST_SERVERS:
        raise ValueError(f"{MOST_SERVERS} servers at most")
    return ",".join(words)


Servers = Annotated[str, AfterValidator(_servers)]


# --- name servers ------------------------------------------------------------------------------


class ModifyDns(Form):
    """The name servers of the system."""

    nameservers: Servers = Field(
        min_length=1,
        examples=["10.10.10.9"],
        description="up to three addresses, commas between; NC for none",
    )

    @field_validator("nameservers")
    @classmethod
    def _only_addresses(cls, text: str) -> str:
        odd = [word for word in split(text) if word != NONE and not is_address(word)]
        if odd:
            raise ValueError(f"{odd[0]} is no IP address")
        return text


def _oam_families(known: Known) -> List[int]:
    """Return the IP versions of the OAM network's pools; empty where not all of it was read."""
    names = {
        row.address_pool_name
        for row in known.rows("network-address-pools")
        if row.network_name == "oam"
    }
    pools = [row for row in known.rows("address-pools") if row.name in names]
    return [ip_network(f"{row.network}/{row.prefix}", strict=False).version for row in pools]


def _dns_reasons(row: Any, form: ModifyDns, known: Known) -> Tuple[Reason, ...]:
    found = [is_news(row, form, known)]
    families = _oam_families(known)
    odd = [
        word
        for word in split(form.nameservers)
        if is_address(word) and families and ip_address(word).version not in families
    ]
    name = "reached over the OAM network"
    words = f"{odd[0]} is of an IP version that the OAM network has not" if odd else ""
    found.append(check(name, words) if families else unread(name, "address-pools"))
    if form.nameservers == NONE:
        named = [
            word
            for ntp in known.rows("ntp")
            for word in split(ntp.ntpservers)
            if not is_address(word)
        ]
        words = f"{named[0]} is a time server by name" if named else ""
        name = "no time server is known by name"
        found.append(check(name, words) if known.has("ntp") else unread(name, "ntp"))
    return tuple(found)


# --- time servers ------------------------------------------------------------------------------


class ModifyNtp(Form):
    """The time servers of the system."""

    ntpservers: Servers = Field(
        min_length=1,
        examples=["10.10.10.9"],
        pattern=r"^[A-Za-z0-9.:,_ -]+$",
        description="up to three names or addresses, commas between; NC for none",
    )


def _ntp_reasons(row: Any, form: ModifyNtp, known: Known) -> Tuple[Reason, ...]:
    named = [w for w in split(form.ntpservers) if w != NONE and not is_address(w)]
    found = [is_news(row, form, known)]
    if named:
        name = "names can be looked up"
        has = any(split(dns.nameservers) for dns in known.rows("dns"))
        words = "" if has else f"{named[0]} is a name, and there is no name server"
        found.append(check(name, words) if known.has("dns") else unread(name, "dns"))
    return tuple(found)


# --- the OAM network ---------------------------------------------------------------------------


class ModifyOam(Changes):
    """Where the system is reached from outside; empty stays as it is."""

    oam_subnet: Optional[str] = Field(default=None, description="as 10.10.10.0/24")
    oam_gateway_ip: Optional[Address] = Field(default=None, description="the way out")
    oam_floating_ip: Optional[Address] = Field(
        default=None,
        examples=["10.10.10.20"],
        description="the address of the system; on simplex its only one",
    )
    oam_c0_ip: Optional[Address] = Field(default=None, description="duplex: controller-0's own")
    oam_c1_ip: Optional[Address] = Field(default=None, description="duplex: controller-1's own")

    @field_validator("oam_subnet")
    @classmethod
    def _a_network(cls, text: Optional[str]) -> Optional[str]:
        return None if text is None else str(ip_network(text))


OWN = ("oam_c0_ip", "oam_c1_ip")
IN_SUBNET = ("oam_gateway_ip", "oam_floating_ip", *OWN)


def _oam_command(row: Any, fields: Fields, known: Known) -> Tuple[str, ...]:
    """Return the command; on simplex its client calls the one address ``oam_ip``."""
    if system_mode(known) == "simplex":
        fields = {n.replace("oam_floating_ip", "oam_ip"): v for n, v in fields.items()}
    return pairs("system", "oam-modify")(row, fields, known)


def _after_change(row: Any, form: Form) -> Dict[str, str]:
    """Return the addresses as they would be."""
    then = {name: text(getattr(row, name, None)) for name in ("oam_subnet", *IN_SUBNET)}
    return {**then, **differing(row, form)}


def _outside(then: Dict[str, str]) -> str:
    """Return the first field whose address is not in the subnet, "" where all are."""
    subnet = ip_network(then["oam_subnet"], strict=False)
    given = {name: then[name] for name in IN_SUBNET if then[name]}
    return next((name for name, one in given.items() if ip_address(one) not in subnet), "")


def _oam_reasons(row: Any, form: ModifyOam, known: Known) -> Tuple[Reason, ...]:
    fields, then = differing(row, form), _after_change(row, form)
    found = [is_news(row, form, known)]
    outside = _outside(then) if then["oam_subnet"] else ""
    words = f"{outside} {then.get(outside)} is not in {then['oam_subnet']}" if outside else ""
    found.append(check("addresses are in the subnet", words))
    given = [then[name] for name in IN_SUBNET if then[name]]
    twice = [one for one in given if given.count(one) > 1]
    found.append(check("each has its own address", f"{twice[0]} stands twice" if twice else ""))
    own = [name for name in OWN if name in fields]
    if own:
        mode = system_mode(known)
        words = f"a simplex system has no {own[0]}" if mode == "simplex" else ""
        name = "duplex"
        found.append(check(name, words, Asker.OURS) if mode else unread(name, "system"))
    if "oam_gateway_ip" in fields and not text(row.oam_gateway_ip):
        words = "there is none, as management has the gateway: it cannot be added here"
        found.append(check("there is an OAM gateway", words))
    found.append(
        server_knows("no software deploy is under way", "the service refuses it during one")
    )
    return tuple(found)


def own_session(known: Known) -> Consequence:
    """Return what a change of the OAM network does to the session of who makes it."""
    place = known.place
    if place.is_starlingx and not place.by_ssh:
        return Consequence(words="you sit on the machine itself: this session stays")
    if place.is_starlingx:
        words = "your SSH session probably runs over it, and will be cut: use the serial line"
    else:
        words = "this console reaches the cloud over it: it must be told the new address after"
    return Consequence(words=words, tone=Tone.BAD)


def oam_risk(_row: Any, _form: Any, known: Known) -> Risk:
    """Grade by where one sits: who comes over the OAM network cannot put it right again."""
    return Risk.DESTRUCTIVE if own_session(known).tone is Tone.BAD else Risk.DISRUPTIVE


def after_oam(_row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    """Return what comes of a change of the OAM network."""
    if system_mode(known) == "simplex":
        taken = Consequence(words="the controller takes it over by itself")
    else:
        words = "it counts only after each controller was locked and unlocked, the standby first"
        taken = warn(words)
    words = "the certificates of API and registry get the new address added"
    return (own_session(known), taken, Consequence(words=words))


DNS_ACTIONS = setting(
    modify("dns", "/idns", pairs("system", "dns-modify"), sets("the name servers"), APPLY),
    ModifyDns,
    reasons=_dns_reasons,
    consequences=comes(
        Consequence(words="the controllers take it over by themselves: 250.001 stands until then")
    ),
    needs=("ntp", "network-address-pools", "address-pools"),
    expects=out_of_date("controller"),
)
NTP_ACTIONS = setting(
    modify("ntp", "/intp", pairs("system", "ntp-modify"), sets("the time servers"), APPLY),
    ModifyNtp,
    reasons=_ntp_reasons,
    consequences=comes(
        warn("it counts once each controller was locked and unlocked: 250.001 stands until then")
    ),
    needs=("dns",),
    expects=out_of_date("controller"),
)
OAM_ACTIONS = setting(
    modify("oam", "/iextoam", _oam_command, sets("the OAM network")),
    ModifyOam,
    risk=oam_risk,
    reasons=_oam_reasons,
    consequences=after_oam,
    needs=("system",),
    expects=out_of_date("controller"),
)
