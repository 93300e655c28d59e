"""The system's settings changed from the command line, to their end on the pretend cloud."""

from __future__ import annotations

import json
from pathlib import Path

from tests.program import run
from tests.test_whole_act import changes, deeds, pretend

WHY = "ticket 4712"


def recorded_in(home: Path) -> bytes:
    """Return all that the record holds on the disk."""
    return b"".join(path.read_bytes() for path in home.rglob("*.db*") if path.is_file())


async def test_name_servers_are_changed_shown_beside_the_old_and_found_in_the_history(
    tmp_path: Path,
) -> None:
    async with pretend(tmp_path) as (simulator, env):
        form = ("--nameservers", "10.10.10.9, 10.10.10.8")
        ran = await run(
            tmp_path, "do", "dns", "modify", "dns", *form, "--yes", "--why", WHY, env=env
        )
        assert ran.code == 0, ran.said
        assert len(changes(simulator)) == 1
        row = await run(tmp_path, "get", "dns", "-o", "json", env=env)
        (deed,) = await deeds(tmp_path, env)
    assert "10.10.10.53,10.10.10.54" in ran.err
    assert "system dns-modify nameservers=10.10.10.9,10.10.10.8" in ran.err
    assert json.loads(row.out)[0]["nameservers"] == "10.10.10.9,10.10.10.8"
    assert (deed["why"], deed["what"]) == (WHY, "dns dns")


async def test_a_data_network_is_added_and_a_wrong_one_names_its_field(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (simulator, env):
        wrong = ("--name", "vx0", "--network_type", "vxlan", "--mtu", "100")
        bad = await run(tmp_path, "do", "data-networks", "add", *wrong, "--yes", env=env)
        assert changes(simulator) == []
        form = ("--name", "physnet9", "--network_type", "vlan", "--mtu", "9000")
        ran = await run(tmp_path, "do", "data-networks", "add", *form, "--yes", env=env)
        assert ran.code == 0, ran.said
        rows = await run(tmp_path, "get", "data-networks", "-o", "json", env=env)
    assert bad.code == 6
    assert "mtu" in bad.err
    assert "576" in bad.err
    found = {row["name"]: row["mtu"] for row in json.loads(rows.out)}
    assert found["physnet9"] == 9000


async def test_a_licence_is_sent_from_a_file_and_a_bad_one_is_refused_in_its_words(
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.lic").write_text("no licence")
    text = "PRETEND LICENSE\nFEATURE all maker 1.0 31-dec-2026 1\n"
    (tmp_path / "good.lic").write_text(text)
    async with pretend(tmp_path) as (_, env):
        done = ("do", "licence", "install", "licence", "--yes", "--license_file")
        bad = await run(tmp_path, *done, "bad.lic", env=env)
        good = await run(tmp_path, *done, "good.lic", env=env)
        assert good.code == 0, good.said
        row = await run(tmp_path, "get", "licence", env=env)
        told = await deeds(tmp_path, env)
    assert bad.code == 6
    assert "License verification failed" in bad.out
    assert "file=@good.lic" in good.err
    assert "to 2026-12-31 00:00Z" in row.out
    # What is in the file is recorded nowhere.
    assert len(told) == 2
    assert "FEATURE" not in json.dumps(told)
    assert b"PRETEND LICENSE" not in recorded_in(tmp_path)


async def test_what_ends_is_one_list_on_the_pretend_cloud(tmp_path: Path) -> None:
    async with pretend(tmp_path) as (_, env):
        ran = await run(tmp_path, "get", "expiries", env=env)
    assert ran.code == 0, ran.said
    marked = [line.split()[2] for line in ran.out.splitlines() if line[:1] == "!"]
    assert marked[:2] == ["kube-system/oidc-auth-apps-certificate", "etcd-server"]
    assert "admin (Keystone)" in ran.out
    assert "not have been installed" not in ran.out
