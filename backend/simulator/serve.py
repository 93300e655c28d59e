"""The pretend cloud as a program: prints an openrc and serves until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import signal
import sys
from pathlib import Path

from backend.simulator.scenes import SCENES
from backend.simulator.simulator import Simulator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `serve` reads; `stx-tui simulate` declares the same."""
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1 (default: a free one)")
    parser.add_argument("--scene", choices=sorted(SCENES), default="site-7", help="which cloud")
    parser.add_argument("--hosts", type=int, help="fill the cloud up to so many hosts")
    parser.add_argument("--alarms", type=int, help="fill it up to so many alarms")
    parser.add_argument("--seed", type=int, default=7, help="of everything that is left to chance")
    parser.add_argument("--speed", type=float, default=20.0, help="pretend seconds a second")
    parser.add_argument("--bmc", action="store_true", help="give each host a baseboard on UDP")
    parser.add_argument("--kubeconfig", metavar="FILE", help="write what reaches its cluster there")
    parser.add_argument("--older", action="store_true", help="with sw-patch in the place of USM")
    parser.add_argument("--frozen", action="store_true", help="let the pretend clock stand still")


def serve(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; exit code 0."""
    return asyncio.run(_serve(args))


def _write(path: Path, simulator: Simulator) -> None:
    # JSON is YAML.
    path.write_text(json.dumps(simulator.kubeconfig()), encoding="utf-8")
    path.chmod(0o600)


async def _serve(args: argparse.Namespace) -> int:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    simulator = Simulator(
        args.scene,
        hosts=args.hosts,
        alarms=args.alarms,
        seed=args.seed,
        speed=args.speed,
        port=args.port,
        frozen=args.frozen,
        bmc=args.bmc,
        older=args.older,
    )
    async with simulator:
        sys.stdout.write(f"# A pretend cloud: {args.scene}. Nothing here is real.\n")
        sys.stdout.write(simulator.openrc())
        if args.kubeconfig:
            _write(Path(args.kubeconfig), simulator)
            sys.stdout.write(f"export KUBECONFIG={shlex.quote(args.kubeconfig)}\n")
        way = "manager: {manager}, username: {username}, password: {password}"
        sys.stdout.write(
            f"# Its Ceph, in clouds.yaml: ceph: {{{way.format(**simulator.ceph())}}}\n"
        )
        for name, said in simulator.rack.settings().items():
            where = "{address}  user {username}  password {password}".format(**said)
            sys.stdout.write(f"# BMC of {name}: IPMI on {where}\n")
        sys.stdout.write("# Ctrl-C ends it.\n")
        sys.stdout.flush()
        await over.wait()
    return 0
