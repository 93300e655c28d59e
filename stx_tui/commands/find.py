"""``stx-tui find``: baseboards in a range that is named, as a table or for clouds.yaml."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Mapping, Sequence, Tuple

from backend.clean import clean
from backend.discovery import Found, addresses, discover, entries, named
from stx_tui.commands.kinds import shown


def run(arguments: argparse.Namespace) -> int:
    """Ask each address once, at the rate that is said first, and print what answers."""
    count = len(addresses(arguments.range))
    rate = arguments.rate
    print(
        f"stx-tui: asking {count} addresses, {rate:g} a second, for IPMI and Redfish; no password"
        f" is sent ({count / rate:.0f} s)",
        file=sys.stderr,
    )
    found, names = asyncio.run(_find(arguments.range, rate))
    if arguments.output == "yaml":
        import yaml

        cloud = arguments.cloud or "site"
        whole = {"clouds": {cloud: {"bmc": entries(found, names)}}}
        print(clean_lines(yaml.safe_dump(whole, sort_keys=False)), end="")
        return 0
    if not found:
        print(f"stx-tui: none of {count} addresses answered", file=sys.stderr)
        return 0
    rows = [
        {
            "address": one.address,
            "name": clean(names.get(one.address, "-")),
            "by": one.protocol,
            "is": clean(one.product) or "-",
        }
        for one in found
    ]
    print(shown(rows, arguments.output), end="")
    return 0


def clean_lines(text: str) -> str:
    """Return text of which each line is fit for a terminal."""
    return "".join(f"{clean(line)}\n" for line in text.splitlines())


async def _find(text: str, rate: float) -> Tuple[Sequence[Found], Mapping[str, str]]:
    found = await discover(text, rate)
    return found, await named(found)
