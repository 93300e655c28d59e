"""The pretend baseboards as ``ipmitool`` sees them: the second opinion on what we pretend."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import Iterator, List

import pytest

pytestmark = pytest.mark.peer


@contextmanager
def address(name: str) -> Iterator[List[str]]:
    """Run ``stx-tui simulate --bmc`` and return what ipmitool needs to reach one of it."""
    command = [sys.executable, "-m", "stx_tui", "simulate", "--bmc", "--freeze"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        told = next(line for line in cloud.stdout if line.startswith(f"# BMC of {name}:"))
        where, user, password = (told.split()[at] for at in (6, 8, 10))
        host, _, port = where.partition(":")
        try:
            yield ["-I", "lanplus", "-H", host, "-p", port, "-U", user, "-P", password]
        finally:
            cloud.terminate()
            cloud.stdout.read()


def ipmitool(at: List[str], *words: str, suite: int = 17) -> str:
    command = ["ipmitool", *at, "-C", str(suite), *words]
    return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout.decode()


def test_ipmitool_is_let_in_by_both_suites_and_reads_and_orders() -> None:
    with address("worker-1") as at:
        for suite in (3, 17):
            assert "System Power         : on" in ipmitool(at, "chassis", "status", suite=suite)
        assert "CPU1 Temp        | 01h | ok" in ipmitool(at, "sdr", "elist")
        assert "Board Mfg             : Pretend" in ipmitool(at, "fru")
        assert "root" in ipmitool(at, "user", "list", "1")
        ipmitool(at, "chassis", "power", "off")
        assert "is off" in ipmitool(at, "chassis", "power", "status")
        assert "Power off/down" in ipmitool(at, "sel", "elist")
        with pytest.raises(subprocess.CalledProcessError):
            ipmitool([*at, "-P", "wrong"], "mc", "info")
