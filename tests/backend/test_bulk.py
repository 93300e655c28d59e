"""hosts.xml for a bulk add: written from what is known, and read back with care."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backend.bulk import compare, hosts_xml, read_hosts
from backend.errors import SettingsError
from tests.backend.kinds.pretended import known_of, pretend

WORKER = "<host><personality>worker</personality><hostname>w-9</hostname>{}</host>"
MAC = "<mgmt_mac>52:54:00:6a:b1:99</mgmt_mac>"


def xml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "hosts.xml"
    file.write_text(text)
    return file


def test_what_is_written_is_read_back_and_differs_in_nothing(tmp_path: Path) -> None:
    known = known_of(pretend())
    text = hosts_xml(known)
    # It is our own text, of which the parser of the pretend service makes hosts.
    whole = ET.fromstring(text)
    assert (whole.tag, whole.get("version")) == ("hosts", "24.09")
    file = xml(tmp_path, text)
    found = read_hosts(file)
    assert len(found) == len([host for host in known.rows("hosts") if host.personality])
    assert {one.fields["personality"] for one in found} == {"controller", "worker", "storage"}
    assert "hostname" not in found[0].fields
    assert compare(found, known) == ()
    assert "bm_password" not in text


def test_text_that_would_be_markup_stays_text(tmp_path: Path) -> None:
    cloud = pretend()
    cloud.touch(cloud.named("worker-0"), location={"locn": "rack <1> & 2"})
    found = read_hosts(xml(tmp_path, hosts_xml(known_of(cloud))))
    assert "rack <1> & 2" in {one.fields.get("location") for one in found}


def test_a_host_that_is_otherwise_or_not_there_is_said_with_its_line(tmp_path: Path) -> None:
    cloud = pretend()
    file = xml(tmp_path, hosts_xml(known_of(cloud)))
    cloud.touch(cloud.named("worker-0"), console="tty0")
    cloud.remove(cloud.named("worker-2"))
    gaps = compare(read_hosts(file), known_of(cloud))
    assert {(gap.name, gap.field, gap.wanted, gap.found) for gap in gaps} == {
        ("worker-0", "console", "ttyS0,115200n8", "tty0"),
        ("worker-2", "", "there", "no such host"),
    }
    lines = file.read_text().split("\n")
    assert all("<host>" in lines[gap.line - 1] for gap in gaps)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("<hosts>\n<host>\n", 3, "", "is no XML"),
        ("<things/>", 1, "things", "where <hosts> must be"),
        ("<hosts>\n<hsot/></hosts>", 2, "hsot", "where <host> must be"),
        ("<hosts>\n" + WORKER.format("<colour>red</colour>"), 2, "host.colour", "is no field"),
        ("<hosts>\n" + WORKER.format(MAC + MAC), 2, "host.mgmt_mac", "stands twice"),
        ("<hosts>\n" + WORKER.format("") + "</hosts>", 2, "host.mgmt_mac", "is no MAC"),
        ("<hosts>" + WORKER.format("<mgmt_mac><a/></mgmt_mac>"), 1, "host.mgmt_mac.a", "deeply"),
        (
            "<hosts>" + WORKER.format(MAC) + "\n" + WORKER.format(MAC) + "</hosts>",
            2,
            "host.mgmt_mac",
            "stands for the host of line 1 too",
        ),
        (
            "<hosts><host><personality>wroker</personality></host></hosts>",
            1,
            "host.personality",
            "'wroker' is none of",
        ),
        (
            f"<hosts><host><personality>worker</personality>{MAC}</host></hosts>",
            1,
            "host.hostname",
            "must have a name",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_hosts(xml(tmp_path, text))
    assert (caught.value.line, caught.value.key) == (line, key)
    assert words in str(caught.value)


def test_entities_that_would_grow_without_end_are_refused_before_they_do(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE hosts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n<hosts>&b;</hosts>'
    with pytest.raises(SettingsError, match="document type"):
        read_hosts(xml(tmp_path, bomb))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_hosts(tmp_path / "none.xml")


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-7", "nonsense"])
def test_an_encoding_that_cannot_be_read_is_named_and_ends_nothing(
    encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "hosts.xml"
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>\n<hosts></hosts>', "ascii")
    with pytest.raises(SettingsError, match=r"hosts.xml: .*encoding"):
        read_hosts(path)
