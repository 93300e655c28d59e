"""What there is one of is changed as the vendor's client does it: request, command, why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from backend.kind import Answer, Risk
from backend.place import Place
from backend.tone import Tone
from tests.backend.kinds.acted import act, blocks, changed, known_with, planned, said, why
from tests.backend.kinds.site import site
from tests.backend.kinds.test_every_kind import everything


def test_only_what_differs_is_sent() -> None:
    write = planned("system", {"name": "yow-lab-stx-01", "contact": "noc@example.com"})
    assert write.body == [{"op": "replace", "path": "/contact", "value": "noc@example.com"}]
    assert blocks(why("system", {"name": "yow-lab-stx-01"})) == ["something changes"]
    with pytest.raises(ValidationError, match="nothing was given"):
        act("system").form.model_validate({})


def test_how_much_a_change_of_the_system_may_break_goes_by_the_field() -> None:
    known = known_with(system=changed("system", system_type="All-in-one", system_mode="simplex"))
    action, row = act("system"), known.rows("system")[0]
    graded = {
        "location": action.risk(row, action.form(location="x"), known),  # type: ignore[call-arg]
        "name": action.risk(row, action.form(name="x"), known),  # type: ignore[call-arg]
        "mode": action.risk(row, action.form(system_mode="duplex"), known),  # type: ignore[call-arg]
    }
    assert graded == {
        "location": Risk.HARMLESS,
        "name": Risk.DISRUPTIVE,
        "mode": Risk.DESTRUCTIVE,
    }


# kind, what is typed, a word of the complaint
WRONG = {
    "no address": ("dns", {"nameservers": "dns.example.com"}, "is no IP address"),
    "four servers": (
        "dns",
        {"nameservers": "1.1.1.1 1.1.1.2 1.1.1.3 ::1"},
        "3 servers at most",
    ),
    "nothing": ("ntp", {"ntpservers": ","}, "a server, or NC for none"),
    "latitude": ("system", {"latitude": "91"}, "pattern"),
    "accents": ("system", {"location": "Montréal"}, "ASCII"),
    "a host for a subnet": ("oam", {"oam_subnet": "10.10.10.5/24"}, "host bits"),
    "a port": ("remote-logging", {"port": "70000"}, "65535"),
    "per cent": ("drbd", {"link_util": "90"}, "80"),
    "days": ("users", {"passwd_expiry_days": "soon"}, "integer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_the_service_would_not_take_is_named_before_it_is_sent(name: str) -> None:
    kind, form, words = WRONG[name]
    with pytest.raises(ValidationError) as caught:
        act(kind).form.model_validate(form)
    assert words in str(caught.value)
    assert caught.value.errors()[0]["loc"][0] == next(iter(form))


def test_names_for_time_servers_want_a_name_server_and_the_other_way_round() -> None:
    none = changed("dns", nameservers="")
    assert blocks(why("ntp", {"ntpservers": "ntp.example.com"}, dns=none)) == [
        "names can be looked up"
    ]
    assert blocks(why("ntp", {"ntpservers": "10.1.1.1"}, dns=none)) == []
    named_ntp = changed("ntp", ntpservers="ntp.example.com")
    assert "no time server is known by name" in blocks(
        why("dns", {"nameservers": "NC"}, ntp=named_ntp)
    )


def test_a_name_server_of_an_ip_version_that_oam_has_not_is_refused() -> None:
    assert blocks(why("dns", {"nameservers": "fd00::53"})) == ["reached over the OAM network"]
    unread = why("dns", {"nameservers": "fd00::53"}, address_pools=[])
    assert unread["reached over the OAM network"].answer is Answer.CANT_TELL


def test_oam_addresses_stay_in_their_subnet_and_apart() -> None:
    assert blocks(why("oam", {"oam_floating_ip": "10.10.11.2"})) == ["addresses are in the subnet"]
    assert blocks(why("oam", {"oam_floating_ip": "10.10.10.3"})) == ["each has its own address"]
    moved = {
        "oam_subnet": "10.20.0.0/24",
        "oam_gateway_ip": "10.20.0.1",
        "oam_floating_ip": "10.20.0.2",
        "oam_c0_ip": "10.20.0.3",
        "oam_c1_ip": "10.20.0.4",
    }
    assert blocks(why("oam", moved)) == []


def test_a_simplex_system_has_one_oam_address_and_its_client_calls_it_oam_ip() -> None:
    alone = {"system": changed("system", system_mode="simplex")}
    write = planned("oam", {"oam_floating_ip": "10.10.10.20"}, **alone)
    assert write.command == ("system", "oam-modify", "oam_ip=10.10.10.20")
    assert write.body == [{"op": "replace", "path": "/oam_floating_ip", "value": "10.10.10.20"}]
    assert blocks(why("oam", {"oam_c0_ip": "10.10.10.21"}, **alone)) == ["duplex"]


def test_a_change_of_oam_says_what_becomes_of_ones_own_session() -> None:
    action, base = act("oam"), everything()
    row = base.rows("oam")[0]
    form = action.form.model_validate({"oam_floating_ip": "10.10.10.20"})
    there = Place(hostname="controller-0", user="sysadmin", platform={"nodetype": "controller"})
    bad = {
        name: [
            c.words
            for c in action.consequences(row, form, replace(base, place=place))
            if c.tone is Tone.BAD
        ]
        for name, place in {
            "laptop": base.place,
            "serial": there,
            "ssh": replace(there, by_ssh=True),
        }.items()
    }
    assert bad["serial"] == []
    assert "SSH session" in bad["ssh"][0]
    assert "this console reaches the cloud over it" in bad["laptop"][0]


def test_changing_drbd_says_that_the_peers_stop_to_authenticate_each_other() -> None:
    on = [
        {
            "uuid": "p1",
            "service": "platform",
            "section": "drbd",
            "name": "secure",
            "value": "True",
        }
    ]
    told = said("drbd", {"link_util": 50}, service_parameters=on)
    assert any("do not authenticate" in words and "now they do" in words for words in told)
    told = said("drbd", {"link_util": 50, "secure": True}, service_parameters=on)
    assert not any("do not authenticate" in words for words in told)


def test_a_controller_that_is_being_configured_takes_no_drbd_change() -> None:
    assert "no controller is being configured" in blocks(why("drbd", {"link_util": 50}))


def test_an_all_in_one_alone_changes_its_mode_and_only_locked() -> None:
    assert "all-in-one" in blocks(why("system", {"system_mode": "duplex-direct"}))
    alone = changed("system", system_type="All-in-one", system_mode="simplex")
    found = blocks(why("system", {"system_mode": "duplex"}, system=alone))
    assert found == ["the controller is locked"]


def test_sdn_wants_the_workers_locked() -> None:
    assert blocks(why("system", {"sdn_enabled": True})) == ["the workers are locked"]


def test_a_change_took_when_the_row_is_not_as_it_was() -> None:
    known = site(dns=changed("dns", nameservers="1.1.1.1"))
    action = act("dns")
    row = known.rows("dns")[0]
    (step,) = action.plan(row, action.form.model_validate({"nameservers": "2.2.2.2"}), known).steps
    assert step.took is not None
    assert not step.took(known)
    assert step.took(site(dns=changed("dns", nameservers="2.2.2.2")))


def test_numbers_in_strings_and_lists_with_blanks_are_not_taken_for_changes() -> None:
    assert blocks(why("drbd", {"link_util": "40"})) == [
        "something changes",
        "no controller is being configured",
    ]
    odd = changed("dns", nameservers="1.1.1.1,1.1.1.2")
    assert "something changes" in blocks(why("dns", {"nameservers": "1.1.1.1, 1.1.1.2"}, dns=odd))


def test_who_comes_over_the_oam_network_types_the_name_before_it_changes() -> None:
    action, base = act("oam"), everything()
    row = base.rows("oam")[0]
    form = action.form.model_validate({"oam_floating_ip": "10.10.10.20"})
    there = Place(hostname="controller-0", user="sysadmin", platform={"nodetype": "controller"})
    assert action.risk(row, form, base) is Risk.DESTRUCTIVE
    assert action.risk(row, form, replace(base, place=there)) is Risk.DISRUPTIVE
