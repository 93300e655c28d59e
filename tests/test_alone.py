"""Started with nothing at all: it says where it is, and asks nobody for a password."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.backend.kinds.test_machine_list import CONFIGURED, root
from tests.program import run

OPENRC = {
    "OS_AUTH_URL": "http://127.0.0.1:1/v3",
    "OS_USERNAME": "admin",
    "OS_PROJECT_NAME": "admin",
}


async def test_on_a_standby_without_any_settings_the_machine_itself_is_told(
    tmp_path: Path,
) -> None:
    env = {"STX_TUI_ROOT": str(root(tmp_path / "root", *CONFIGURED))}
    ran = await run(tmp_path, "get", "machines", "-o", "json", env=env)
    assert (ran.code, ran.err) == (0, "")
    (row,) = json.loads(ran.out)
    assert row["known_by"] == "here"
    mounts = await run(tmp_path, "get", "mounts", env=env)
    assert mounts.code == 0, mounts.said
    assert "WHERE" in mounts.out


async def test_in_lines_it_opens_on_the_machine_and_says_where_it_is(tmp_path: Path) -> None:
    env = {"STX_TUI_ROOT": str(root(tmp_path / "root", *CONFIGURED))}
    ran = await run(tmp_path, "--plain", env=env)
    said = " ".join(ran.out.split())
    assert "AIO-DX controller (low latency), release 24.09, standby" in said
    assert "password" not in ran.said


async def test_who_looks_at_a_machine_is_not_asked_for_the_clouds_password(
    tmp_path: Path,
) -> None:
    ran = await run(tmp_path, "get", "vitals", env=OPENRC)
    assert (ran.code, ran.err) == (0, "")
    asked = await run(tmp_path, "get", "hosts", env=OPENRC)
    assert asked.code == 3
    assert "no password" in asked.err


async def test_elsewhere_it_says_what_to_do_and_looks_at_this_machine_when_told_to(
    tmp_path: Path,
) -> None:
    env = {"STX_TUI_ROOT": str(tmp_path)}
    lost = await run(tmp_path, "get", "vitals", env=env)
    assert lost.code == 3
    assert "--cloud here" in lost.err
    told = await run(tmp_path, "get", "vitals", "--cloud", "here", env=env)
    assert told.code == 0, told.said


async def test_what_the_machine_has_not_is_said_to_be_absent(tmp_path: Path) -> None:
    ran = await run(tmp_path, "get", "sm-services", "--cloud", "here", env={"PATH": str(tmp_path)})
    assert ran.code == 3
    assert "sm-dump is not on this machine" in ran.err


async def test_the_bootstrap_goes_on_though_its_console_ended_and_is_found_again(
    tmp_path: Path,
) -> None:
    go, programs = tmp_path / "go", tmp_path / "bin"
    programs.mkdir()
    playbook = programs / "ansible-playbook"
    playbook.write_text(
        f"#!/bin/sh\necho PLAY $1\nwhile [ ! -e {go} ]; do sleep 0.05; done\necho RECAP\n",
        encoding="utf-8",
    )
    playbook.chmod(0o755)
    env = {
        "STX_TUI_ROOT": str(root(tmp_path / "root")),
        "PATH": f"{programs}:/usr/bin:/bin",
    }
    did = await run(tmp_path, "do", "run", "bootstrap", "--yes", "--why", "site 7", env=env)
    assert did.code == 0, did.said
    (row,) = json.loads((await run(tmp_path, "get", "runs", "-o", "json", env=env)).out)
    assert (row["is_running"], row["status"]) == (True, None)
    assert row["last"].endswith("playbooks/bootstrap.yml")
    again = await run(tmp_path, "do", "run", "bootstrap", "--yes", env=env)
    assert again.code == 6
    assert "is running: follow it in :runs" in again.err
    go.touch()
    for _ in range(20):
        (row,) = json.loads((await run(tmp_path, "get", "runs", "-o", "json", env=env)).out)
        if not row["is_running"]:
            break
        await asyncio.sleep(0.1)
    assert (row["status"], row["last"]) == (0, "RECAP")


async def test_what_is_set_for_the_session_holds_where_there_is_no_cloud_too(
    tmp_path: Path,
) -> None:
    env = {"STX_TUI_ROOT": str(tmp_path)}
    act = ("do", "run", "bootstrap", "--dry-run", "--cloud", "here")
    free = await run(tmp_path, *act, env=env)
    assert "read-only" not in free.said
    held = await run(tmp_path, *act, env={**env, "STX_TUI_READ_ONLY": "1"})
    assert "this console is in read-only mode" in held.said
    assert held.code == 6


async def test_the_doctor_finds_nothing_wrong_with_a_machine_that_has_no_cloud(
    tmp_path: Path,
) -> None:
    ran = await run(tmp_path, "doctor", "--cloud", "here", env={"STX_TUI_ROOT": str(tmp_path)})
    assert ran.code == 0, ran.said
    assert "no service of StarlingX is asked" in ran.out
