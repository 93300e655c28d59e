"""``stx-tui simulate``: serve the pretend cloud until interrupted; its openrc goes to stdout."""

from __future__ import annotations

import argparse

from backend.simulator import serve


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    return serve(arguments)
