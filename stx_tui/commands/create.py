"""``stx-tui create FILE``: objects of a file, rehearsed by the API server, then made or changed."""

from __future__ import annotations

import argparse

from stx_tui.commands import do


def run(arguments: argparse.Namespace) -> int:
    """Do it as ``do api-resource create`` does."""
    arguments.kind, arguments.action = "api-resource", "create"
    arguments.name, arguments.filter = [], ""
    given = {"file": arguments.file, "namespace": arguments.namespace}
    given["force"] = "yes" if arguments.force else ""
    arguments.fields = {name: value for name, value in given.items() if value}
    return do.run(arguments)
