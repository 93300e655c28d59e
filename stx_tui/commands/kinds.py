"""``stx-tui kinds``: what there is: names, areas, aliases, actions."""

from __future__ import annotations

import argparse
import json
from typing import Dict, List

from backend.kinds import area_of, every_kind


def run(arguments: argparse.Namespace) -> int:
    """Print one line a kind, or the same as JSON, YAML or CSV."""
    rows = [
        {
            "name": kind.name,
            "area": area_of(kind).name,
            "of": kind.parent or "-",
            "aliases": " ".join((kind.singular, *kind.aliases)),
            "actions": " ".join(action.name for action in kind.actions) or "-",
        }
        for kind in every_kind()
    ]
    print(shown(rows, arguments.output), end="")
    return 0


def shown(rows: List[Dict[str, str]], output: str) -> str:
    """Return rows of the same keys as a table, JSON, YAML or CSV."""
    if output == "json":
        return json.dumps(rows, indent=2) + "\n"
    if output == "yaml":
        import yaml

        return str(yaml.safe_dump(rows, sort_keys=False))
    if output == "csv":
        import csv
        import io

        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    lines = [{key: key.upper() for key in rows[0]}, *rows]
    return "".join(
        "  ".join(line[key].ljust(widths[key]) for key in line).rstrip() + "\n" for line in lines
    )
