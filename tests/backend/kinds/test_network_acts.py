"""Networks, pools and data networks: what forbids a change of them, and what comes of it."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from pydantic import ValidationError

from backend.kind import Answer, Risk
from tests.backend.kinds.acted import act, blocks, changed, known_with, said, why
from tests.backend.kinds.site import uuid_of

SIMPLEX = {"system": changed("system", system_mode="simplex")}
VX = {"name": "vx", "network_type": "vxlan"}


def more(kind: str, **fields: Any) -> List[Dict[str, Any]]:
    """Return the recorded rows of a kind and one more."""
    rows = [row.body for row in known_with().rows(kind)]
    return [*rows, {**rows[0], "uuid": "new", **fields}]


def test_a_network_type_there_is_and_a_pool_that_is_used_are_refused() -> None:
    form = {"name": "m2", "type": "mgmt", "pool": "oam"}
    assert blocks(why("networks", form, "add")) == [
        "no network of its type",
        "no other network has the pool",
    ]
    form = {"name": "s", "type": "storage", "pool": "nowhere"}
    assert blocks(why("networks", form, "add")) == ["the pool is there"]
    free = more("address-pools", name="spare")
    form = {"name": "s", "type": "storage", "pool": "spare"}
    assert blocks(why("networks", form, "add", address_pools=free)) == []


def test_a_network_that_the_platform_stands_on_is_not_deleted() -> None:
    assert blocks(why("networks", {}, "delete", "oam")) == ["its type may go"]
    assert blocks(why("networks", {}, "delete", "management")) == ["its type may go"]
    assert blocks(why("networks", {}, "delete", "multicast")) == []
    assert blocks(why("networks", {}, "delete", "management", **SIMPLEX)) == [
        "the controller is locked"
    ]


def test_a_network_takes_one_pool_of_each_ip_version() -> None:
    four = more("address-pools", name="spare")
    six = more("address-pools", name="spare", network="fd00::", prefix=64)
    form = {"network": "oam", "pool": "spare"}
    kind = "network-address-pools"
    assert blocks(why(kind, form, "assign", address_pools=four)) == ["its IP version is new there"]
    assert blocks(why(kind, form, "assign", address_pools=six)) == []
    boot = {**form, "network": "pxeboot"}
    assert blocks(why(kind, boot, "assign", address_pools=six)) == ["IPv4", "changeable"]
    assert blocks(why(kind, {"network": "oam", "pool": "x"}, "assign")) == ["both are there"]


def test_a_networks_first_pool_stays() -> None:
    found = blocks(why("network-address-pools", {}, "remove", "oam oam"))
    assert found == ["it is not the first of its network"]


def test_a_pool_changes_only_as_its_networks_let_it() -> None:
    form = {"gateway_address": "192.168.204.9"}
    assert blocks(why("address-pools", form, label="management-subnet")) == [
        "its networks allow it"
    ]
    assert blocks(why("address-pools", form, label="management-subnet", **SIMPLEX)) == [
        "the controller is locked"
    ]
    assert blocks(why("address-pools", {"gateway_address": "10.10.10.9"}, label="oam")) == []
    # A controller that was deleted and comes again needs its address filled in.
    pools = [
        {**row.body, "controller1_address": None} if row.name == "management-subnet" else row.body
        for row in known_with().rows("address-pools")
    ]
    fill = {"controller1_address": "192.168.204.4"}
    found = why("address-pools", fill, label="management-subnet", address_pools=pools)
    assert blocks(found) == []


def test_a_pools_addresses_are_in_it_and_apart() -> None:
    out = why("address-pools", {"floating_address": "10.11.0.2"}, label="oam")
    assert blocks(out) == ["all addresses are in it"]
    twice = why("address-pools", {"floating_address": "10.10.10.3"}, label="oam")
    assert blocks(twice) == ["each address stands once"]
    odd = why("address-pools", {"name": "p", "network": "10.9.0.5", "prefix": 24}, "add")
    assert blocks(odd) == ["it is a network"]
    twin = why("address-pools", {"name": "oam", "network": "10.9.0.0", "prefix": 24}, "add")
    assert blocks(twin) == ["the name is free"]


def test_what_a_pool_hands_out_is_typed_as_it_is_shown() -> None:
    now = "10.10.10.1-10.10.10.254"
    assert blocks(why("address-pools", {"spans": now}, label="oam")) == ["something changes"]
    for wrong, words in (("10.10.10.1", "is no range"), ("10.0.0.9-10.0.0.1", "comes after")):
        with pytest.raises(ValidationError, match=words):
            act("address-pools").form.model_validate({"spans": wrong})


def test_the_primary_pool_of_a_network_is_not_deleted() -> None:
    assert "it is no network's first" in blocks(why("address-pools", {}, "delete", "oam"))
    free = more("address-pools", name="spare")
    assert blocks(why("address-pools", {}, "delete", "spare", address_pools=free)) == []


def test_a_change_of_the_oam_pool_says_what_becomes_of_ones_session() -> None:
    told = said("address-pools", {"gateway_address": "10.10.10.9"}, label="oam")
    assert any("this console reaches the cloud over it" in words for words in told)


def test_vxlan_wants_what_it_needs_and_nothing_else() -> None:
    kind = "data-networks"
    whole = {**VX, "port_num": 4789, "ttl": 1, "multicast_group": "239.0.2.1"}
    assert blocks(why(kind, VX, "add")) == ["VXLAN has what it needs"]
    assert blocks(why(kind, whole, "add")) == []
    assert blocks(why(kind, {**whole, "mode": "static"}, "add")) == ["VXLAN has nothing else"]
    assert blocks(why(kind, {**VX, "network_type": "flat"}, "add")) == []
    assert blocks(why(kind, {**VX, "name": "physnet0"}, "add")) == [
        "the name is free",
        "VXLAN has what it needs",
    ]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({**VX, "name": "None"}, "none is no name"),
        ({**VX, "name": "a b"}, "pattern"),
        ({**VX, "mtu": 500}, "576"),
        ({**VX, "multicast_group": "10.0.0.1"}, "no multicast address"),
        ({**VX, "network_type": "gre"}, "'flat', 'vlan' or 'vxlan'"),
    ],
)
def test_a_data_network_is_refused_before_it_is_sent(form: Dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        act("data-networks", "add").form.model_validate(form)


def test_a_data_network_with_interfaces_on_it_is_not_deleted() -> None:
    assert blocks(why("data-networks", {}, "delete", "physnet0")) == ["no interface is on it"]
    assert blocks(why("data-networks", {}, "delete", "physnet1")) == []


def test_an_mtu_above_that_of_its_interfaces_is_refused_where_they_were_read() -> None:
    known = known_with()
    on = next(row for row in known.rows("interfaces", uuid_of(3)) if row.ifname == "data0")
    assert on.body["imtu"] == 9000
    assert blocks(why("data-networks", {"mtu": 9200}, label="physnet0")) == [
        "its interfaces can carry it"
    ]
    found = why("data-networks", {"mtu": 1400}, label="physnet0")
    assert found["all its interfaces can carry it"].answer is Answer.CANT_TELL


def test_who_comes_over_the_oam_network_types_the_name_before_its_pool_moves() -> None:
    action, known = act("address-pools"), known_with()
    row = next(pool for pool in known.rows("address-pools") if pool.name == "oam")
    moved = action.form.model_validate({"gateway_address": "10.10.10.9"})
    named = action.form.model_validate({"name": "outside"})
    assert action.risk(row, moved, known) is Risk.DESTRUCTIVE
    assert action.risk(row, named, known) is Risk.DISRUPTIVE
    other = next(pool for pool in known.rows("address-pools") if pool.name != "oam")
    assert action.risk(other, moved, known) is Risk.DISRUPTIVE
