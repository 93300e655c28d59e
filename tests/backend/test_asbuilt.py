"""The whole cloud as one YAML, and held against such a file, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
import yaml

from backend.asbuilt import NEEDS, OF_HOSTS, documents, unread
from backend.asbuilt_file import compare, read_resources, written
from backend.errors import SettingsError
from backend.known import Known
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from tests.backend.kinds.pretended import known_of, pretend
from tests.backend.kinds.site import site


def known_whole(cloud: Cloud) -> Known:
    names = [host.hostname for host in cloud.hosts if host.hostname]
    return known_of(cloud, under=names, more=NEEDS, own=OF_HOSTS)


def docs_of(cloud: Cloud) -> List[Dict[str, Any]]:
    return documents(known_whole(cloud))


def named(docs: List[Dict[str, Any]]) -> Dict[Tuple[str, str], Dict[str, Any]]:
    return {(doc["kind"], doc["metadata"]["name"]): doc["spec"] for doc in docs}


def test_every_part_of_the_cloud_is_a_resource_in_the_deployment_managers_shape() -> None:
    cloud = pretend()
    docs = docs_of(cloud)
    kinds = [doc["kind"] for doc in docs]
    assert kinds.count("Host") == kinds.count("HostProfile") == 7
    assert set(kinds) >= {"System", "AddressPool", "PlatformNetwork", "DataNetwork", "Host"}
    assert {doc["apiVersion"] for doc in docs} == {"starlingx.windriver.com/v1"}
    found = named(docs)
    profile = found["HostProfile", "worker-0-profile"]
    assert profile["personality"] == "worker"
    ethernet = {one["name"]: one for one in profile["interfaces"]["ethernet"]}
    assert ethernet["data0"]["dataNetworks"] == ["physnet0"]
    assert ethernet["data0"]["port"] == {"name": "enp0s4"}
    vlan = {one["name"]: one for one in profile["interfaces"]["vlan"]}
    assert (vlan["mgmt0"]["vid"], vlan["mgmt0"]["lower"]) == (100, "pxeboot0")
    assert vlan["mgmt0"]["platformNetworks"] == ["management"]
    assert profile["processors"][0] == {
        "node": 0,
        "functions": [
            {"function": "application-isolated", "count": 1},
            {"function": "platform", "count": 1},
        ],
    }
    assert {"function": "vm", "pageSize": "1GB", "pageCount": 4} in profile["memory"][0][
        "functions"
    ]
    groups = profile["storage"]["volumeGroups"]
    assert groups[0]["name"] == "cgts-vg"
    assert groups[0]["physicalVolumes"][0]["type"] == "partition"
    assert found["Host", "worker-0"]["match"]["bootMAC"] == cloud.named("worker-0").mgmt_mac
    assert "dnsServers" in found["System", cloud.system.name]


def test_no_password_is_ever_in_it() -> None:
    cloud = pretend()
    cloud.touch(cloud.named("worker-0"), bm_type="redfish", bm_ip="10.0.0.9", bm_username="root")
    text = written(docs_of(cloud))
    assert "secret: worker-0-bmc" in text
    words = text.replace("rootfs", "").replace("rootDevice", "").replace("name: root", "")
    assert "root" not in words


def test_what_is_written_is_read_back_and_differs_in_nothing(tmp_path: Path) -> None:
    docs = docs_of(pretend())
    file = tmp_path / "site.yaml"
    file.write_text(written(docs, notes=("a note",)))
    assert list(yaml.safe_load_all(file.read_text())) == docs
    assert compare(docs, read_resources(file)) == ()


def test_each_thing_that_is_otherwise_is_named_with_its_line_and_both_sides(tmp_path: Path) -> None:
    cloud = pretend()
    file = tmp_path / "site.yaml"
    file.write_text(written(docs_of(cloud)))
    lines = file.read_text().split("\n")
    rows = children(cloud, cloud.named("worker-0"), "iinterfaces")
    next(row for row in rows if row["ifname"] == "data0")["imtu"] = 9000
    cloud.system.contact = "somebody else"
    gaps = compare(docs_of(cloud), read_resources(file))
    assert {(gap.kind, gap.name, gap.path, gap.wanted, gap.found) for gap in gaps} == {
        ("System", cloud.system.name, "contact", "ops@site.example", "somebody else"),
        ("Host", "worker-0", "interfaces.ethernet[data0].mtu", "1500", "9000"),
    }
    assert all(gap.wanted in lines[gap.line - 1] for gap in gaps)


def test_what_is_only_in_the_file_or_only_in_the_system_is_said(tmp_path: Path) -> None:
    cloud = pretend()
    file = tmp_path / "site.yaml"
    file.write_text(written(docs_of(cloud)))
    cloud.remove(cloud.named("worker-2"))
    before = file.read_text()
    gaps = compare(docs_of(cloud), read_resources(file))
    gone = [gap for gap in gaps if gap.name == "worker-2"]
    assert [(gap.wanted, gap.found) for gap in gone] == [("there", "not there")]
    docs = [doc for doc in yaml.safe_load_all(before) if doc["metadata"]["name"] != "worker-0"]
    file.write_text(written(docs))
    extra = [gap for gap in compare(docs_of(cloud), read_resources(file)) if gap.line == 0]
    assert [(g.name, g.wanted, g.found) for g in extra] == [("worker-0", "not there", "there")]


SHARED = """\
apiVersion: v1
kind: Secret
metadata: {name: bmc}
---
apiVersion: starlingx.windriver.com/v1
kind: HostProfile
metadata: {name: common}
spec:
  clockSynchronization: ptp
  labels: {a: enabled}
---
apiVersion: starlingx.windriver.com/v1
kind: HostProfile
metadata: {name: worker}
spec:
  base: common
  personality: worker
---
apiVersion: starlingx.windriver.com/v1
kind: Host
metadata: {name: worker-1}
spec:
  profile: worker
  overrides:
    personality: storage
"""


def test_a_host_is_its_profile_and_what_that_is_based_on_and_what_it_overrides(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SHARED)
    gaps = compare(docs_of(pretend()), read_resources(file))
    mine = {(gap.path, gap.wanted, gap.found, gap.line) for gap in gaps if gap.name == "worker-1"}
    assert ("clockSynchronization", "ptp", "ntp", 9) in mine
    assert ("personality", "storage", "worker", 25) in mine
    assert any(path == "labels" or path == "labels.a" for path, *_more in mine)


TWICE = "---\n".join(["kind: System\nmetadata: {name: a}\nspec: {a: 1}\n"] * 2)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("kind: Hots\nmetadata: {name: a}\nspec: {}\n", 1, "kind", "no kind of the deployment"),
        ("metadata: {name: a}\nspec: {}\n", 1, "", "no kind of the deployment"),
        ("kind: Host\nspec: {}\n", 1, "", "no metadata.name"),
        ("kind: Host\nmetadata: {name: a}\n", 1, "", "has no spec"),
        ("a: [\n", 2, "", "is no YAML"),
        ("", 0, "", "has no resource"),
        ("---\n- a\n", 2, "", "must be a mapping"),
        (
            TWICE,
            5,
            "",
            "stands twice",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_resources(file)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert words in str(caught.value)


def test_a_profile_that_is_not_there_or_based_on_itself_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    docs = docs_of(pretend())
    file.write_text(SHARED.replace("profile: worker", "profile: wroker"))
    with pytest.raises(SettingsError, match="no HostProfile 'wroker'"):
        compare(docs, read_resources(file))
    file.write_text(SHARED.replace("clockSynchronization: ptp", "base: worker"))
    with pytest.raises(SettingsError, match="based on itself"):
        compare(docs, read_resources(file))


def test_what_was_not_read_is_named_and_not_told_as_nothing() -> None:
    missing = unread(site(without=("applications",)))
    assert any(one.startswith("address-pools: not read") for one in missing)
    assert unread(known_whole(pretend())) == () or all(
        one.split(":")[0] in OF_HOSTS for one in unread(known_whole(pretend()))
    )
