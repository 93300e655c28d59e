"""The one entry: ``stx-tui``, and ``python -m stx_tui``."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # What loads is no garbage, and looking for some takes a twelfth of the time; the console looks
    # again from its first screen on, other commands once they are loaded.
    gc.disable()
    # Nobody's plug-in is to see what rows hold, and to look for some takes 10 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from stx_tui.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
