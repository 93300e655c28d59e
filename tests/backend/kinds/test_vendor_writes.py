"""What an action sends is what the vendor's own client sends for the command it stands for."""

from __future__ import annotations

import json
import shlex
from typing import Any, Dict, Tuple

import pytest

from tests.backend.kinds.acted import (
    act,
    as_text,
    changed,
    known_with,
    meant,
    row_of,
    vendor,
)

SIMPLEX = {"system": changed("system", system_mode="simplex")}

# command → kind, action, row ("": the only one, or none), what is typed, rows that are otherwise
SENT: Dict[str, Tuple[str, str, str, Dict[str, Any], Dict[str, Any]]] = {
    "system modify --location 'rack 4' --latitude 45.4": (
        "system",
        "modify",
        "",
        {"location": "rack 4", "latitude": "45.4"},
        {},
    ),
    "system modify --https_enabled false": ("system", "modify", "", {"https_enabled": "no"}, {}),
    "system dns-modify nameservers=10.10.10.9,10.10.10.8": (
        "dns",
        "modify",
        "",
        {"nameservers": "10.10.10.9 , 10.10.10.8"},
        {},
    ),
    "system dns-modify nameservers=NC": ("dns", "modify", "", {"nameservers": "none"}, {}),
    "system ntp-modify ntpservers=ntp.example.com": (
        "ntp",
        "modify",
        "",
        {"ntpservers": "ntp.example.com"},
        {},
    ),
    "system ptp-modify --transport udp": ("ptp", "modify", "", {"transport": "udp"}, {}),
    "system oam-modify oam_floating_ip=10.10.10.20 oam_c0_ip=10.10.10.21": (
        "oam",
        "modify",
        "",
        {"oam_floating_ip": "10.10.10.20", "oam_c0_ip": "10.10.10.21"},
        {},
    ),
    "system oam-modify oam_ip=10.10.10.20": (
        "oam",
        "modify",
        "",
        {"oam_floating_ip": "10.10.10.20"},
        SIMPLEX,
    ),
    "system remotelogging-modify --ip_address 10.10.10.99 --enabled true --port 6514": (
        "remote-logging",
        "modify",
        "",
        {"ip_address": "10.10.10.99", "enabled": "yes", "port": "6514"},
        {},
    ),
    "system drbdsync-modify --util 50 --secure true": (
        "drbd",
        "modify",
        "",
        {"link_util": "50", "secure": "yes"},
        {},
    ),
    "sudo chage -M 90 sysadmin": ("users", "modify", "", {"passwd_expiry_days": "90"}, {}),
    "system addrpool-add --ranges 10.99.0.5-10.99.0.9,10.99.0.20-10.99.0.30 --order random "
    "--gateway-address 10.99.0.1 pool-9 10.99.0.0 24": (
        "address-pools",
        "add",
        "",
        {
            "name": "pool-9",
            "network": "10.99.0.0",
            "prefix": "24",
            "spans": "10.99.0.5-10.99.0.9, 10.99.0.20-10.99.0.30",
            "order": "random",
            "gateway_address": "10.99.0.1",
        },
        {},
    ),
    "system addrpool-modify --floating-address 10.10.10.20 {row:addrpools:oam}": (
        "address-pools",
        "modify",
        "oam",
        {"floating_address": "10.10.10.20"},
        {},
    ),
    "system addrpool-delete {row:addrpools:oam}": ("address-pools", "delete", "oam", {}, {}),
    "system network-add storage storage true {row:addrpools:multicast-subnet}": (
        "networks",
        "add",
        "",
        {"name": "storage", "type": "storage", "dynamic": "yes", "pool": "multicast-subnet"},
        {},
    ),
    "system network-delete {row:networks:multicast}": ("networks", "delete", "multicast", {}, {}),
    "system network-addrpool-assign oam multicast-subnet": (
        "network-address-pools",
        "assign",
        "",
        {"network": "oam", "pool": "multicast-subnet"},
        {},
    ),
    "system network-addrpool-remove {row:network_addresspools:oam}": (
        "network-address-pools",
        "remove",
        "oam oam",
        {},
        {},
    ),
    "system datanetwork-add physnet9 vlan": (
        "data-networks",
        "add",
        "",
        {"name": "physnet9", "network_type": "vlan"},
        {},
    ),
    "system datanetwork-add -m 1600 -g 239.0.2.1 -p 4789 -t 1 vx0 vxlan": (
        "data-networks",
        "add",
        "",
        {
            "name": "vx0",
            "network_type": "vxlan",
            "mtu": "1600",
            "multicast_group": "239.0.2.1",
            "port_num": "4789",
            "ttl": "1",
        },
        {},
    ),
    "system datanetwork-modify --mtu 1400 physnet0": (
        "data-networks",
        "modify",
        "physnet0",
        {"mtu": "1400"},
        {},
    ),
    "system datanetwork-delete {row:datanetworks:physnet1}": (
        "data-networks",
        "delete",
        "physnet1",
        {},
        {},
    ),
    "system service-parameter-modify kubernetes config pod_max_pids=20000": (
        "service-parameters",
        "modify",
        "kubernetes config pod_max_pids",
        {"value": "20000"},
        {},
    ),
    "system service-parameter-add docker proxy http_proxy=http://10.1.1.1:3128": (
        "service-parameters",
        "add",
        "",
        {
            "service": "docker",
            "section": "proxy",
            "name": "http_proxy",
            "value": "http://10.1.1.1:3128",
        },
        {},
    ),
    "system service-parameter-add --personality worker --resource platform::x::y kubernetes own "
    "mine=1": (
        "service-parameters",
        "add",
        "",
        {
            "service": "kubernetes",
            "section": "own",
            "name": "mine",
            "value": "1",
            "personality": "worker",
            "resource": "platform::x::y",
        },
        {},
    ),
    "system service-parameter-apply --section config kubernetes": (
        "service-parameters",
        "apply",
        "kubernetes config pod_max_pids",
        {},
        {},
    ),
    "system service-parameter-apply kubernetes": (
        "service-parameters",
        "apply",
        "kubernetes config pod_max_pids",
        {"whole_service": "yes"},
        {},
    ),
    "system service-parameter-delete {row:service_parameter:token_expiration}": (
        "service-parameters",
        "delete",
        "identity config token_expiration",
        {},
        {},
    ),
    "system ptp-instance-add ptp1 ptp4l": (
        "ptp-instances",
        "add",
        "",
        {"name": "ptp1", "service": "ptp4l"},
        {},
    ),
    "system ptp-instance-parameter-add phc2sys1 domainNumber=24": (
        "ptp-instances",
        "parameter-add",
        "phc2sys1",
        {"parameter": "domainNumber=24"},
        {},
    ),
    "system ptp-instance-parameter-delete --section unicast phc2sys1 x=1": (
        "ptp-instances",
        "parameter-delete",
        "phc2sys1",
        {"parameter": "x=1", "section": "unicast"},
        {},
    ),
    "system ptp-instance-delete phc2sys1": ("ptp-instances", "delete", "phc2sys1", {}, {}),
    "system ptp-instance-apply": ("ptp-instances", "apply", "", {}, {}),
    "system ptp-interface-add ptpint9 ptp4l-legacy": (
        "ptp-interfaces",
        "add",
        "",
        {"name": "ptpint9", "instance": "ptp4l-legacy"},
        {},
    ),
    "system ptp-interface-parameter-add ptpint1 masterOnly=1": (
        "ptp-interfaces",
        "parameter-add",
        "ptpint1",
        {"parameter": "masterOnly=1"},
        {},
    ),
    "system ptp-interface-delete ptpint1": ("ptp-interfaces", "delete", "ptpint1", {}, {}),
    "system ptp-parameter-modify {the:ptp_parameters} 25": (
        "ptp-parameters",
        "modify",
        "",
        {"value": "25"},
        {},
    ),
    "system controllerfs-modify extension=2": (
        "controller-filesystems",
        "modify",
        "extension",
        {"size": "2"},
        {},
    ),
    "system storage-backend-add --services block --deployment controller --confirmed ceph-rook": (
        "backends",
        "add",
        "",
        {
            "backend": "ceph-rook",
            "services": "block",
            "deployment": "controller",
            "confirmed": "yes",
        },
        {},
    ),
    "system storage-backend-add --deployment controller ceph-rook": (
        "backends",
        "add",
        "",
        {"backend": "ceph-rook", "deployment": "controller"},
        {},
    ),
    "system storage-backend-modify ceph-store replication=3 min_replication=2": (
        "backends",
        "modify",
        "ceph-store",
        {"attributes": "replication=3, min_replication=2"},
        {},
    ),
    "system storage-backend-delete --force ceph-store": (
        "backends",
        "delete",
        "ceph-store",
        {},
        {},
    ),
    "system storage-tier-add ceph_cluster gold": (
        "tiers",
        "add",
        "",
        {"cluster": "ceph_cluster", "name": "gold"},
        {},
    ),
    "system storage-tier-modify --name silver ceph_cluster storage": (
        "tiers",
        "modify",
        "storage",
        {"name": "silver"},
        {},
    ),
    "system sdn-controller-add --ip_address 10.10.10.200 --port 6653 --transport TLS --state "
    "enabled": (
        "sdn-controllers",
        "add",
        "",
        {"ip_address": "10.10.10.200", "port": "6653", "transport": "TLS"},
        {},
    ),
    "system storage-tier-delete ceph_cluster storage": ("tiers", "delete", "storage", {}, {}),
}


@pytest.mark.parametrize("command", SENT)
def test_an_action_sends_what_the_vendors_client_does(command: str) -> None:
    kind, name, label, form, rows = SENT[command]
    known, action, line = known_with(**rows), act(kind, name), vendor(command)
    row = row_of(known, kind, action, label)
    (step,) = action.plan(row, action.form.model_validate(form), known).steps
    write: Any = step.write
    assert write.method == line["method"]
    assert f"/platform/v1{write.path}" == meant(known, line["path"])
    body = json.loads(meant(known, json.dumps(line["body"]))) if "body" in line else None
    assert as_text(write.body) == as_text(body)
    assert shlex.join(write.command) == meant(known, command)
    assert write.sentence
