"""The command line: says what there is to say, and loads only what the command needs."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from importlib import import_module
from typing import List, Sequence

from backend.errors import (
    Malformed,
    Missing,
    NotConfigured,
    NotFound,
    Refused,
    Rejected,
    SettingsError,
    StoreError,
    StxError,
    Unauthorized,
    Unreachable,
    Unreadable,
    Untrusted,
)
from stx_tui.usage import parser


def exit_code(error: StxError) -> int:
    """Return the exit code that says what sort of error it was."""
    for sort, code in (
        (Untrusted, 7),
        (Unreachable, 5),
        (Unauthorized, 4),
        (NotFound, 8),
        (Missing, 8),
        (Rejected, 6),
        (Refused, 6),
        (SettingsError, 3),
        (NotConfigured, 3),
        (StoreError, 10),
        (Malformed, 11),
        (Unreadable, 11),
    ):
        if isinstance(error, sort):
            return code
    return 1


def run(argv: Sequence[str]) -> int:
    """Run one command; errors of the tree go to stderr as two lines, others are our defects."""
    if argv[:1] == ["--words"]:  # what the completion scripts ask
        print("\n".join(words_of(list(argv[1:]))))
        return 0
    arguments = _parse(argv)
    # What the library logs is said in words where it matters; it must not fall onto the screen.
    logging.getLogger("backend").addHandler(logging.NullHandler())
    command = import_module(f"stx_tui.commands.{arguments.module}")
    if arguments.module != "console":
        gc.enable()
    try:
        return int(command.run(arguments))
    except StxError as error:
        _complain(error)
        return exit_code(error)
    except KeyboardInterrupt:
        print("\nstx-tui: interrupted; an act that was sent goes on", file=sys.stderr)
        print("         stx-tui history --deeds names it, stx-tui follow finds it", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        sys.stderr.close()
        return 0


def _complain(error: StxError) -> None:
    """Say an error and its advice on stderr; their words may come from outside."""
    from backend.clean import clean

    print(f"stx-tui: {clean(str(error))}", file=sys.stderr)
    if error.advice:
        advice = "\n".join(map(clean, error.advice.split("\n")))
        print(f"         {advice}", file=sys.stderr)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return what was asked; ``do`` alone takes the fields of an action's form as options."""
    whole = parser()
    arguments, rest = whole.parse_known_args(argv)
    if arguments.module != "do":
        return whole.parse_args(argv)
    arguments.fields = {}
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            whole.error(f"a field is given as --field value, not {name!r}")
        if not equals:
            # One without a value is a flag.
            value = "true" if not rest or rest[0].startswith("--") else rest.pop(0)
        arguments.fields[name[2:].replace("-", "_")] = value
    return arguments


def words_of(argv: List[str]) -> List[str]:
    """Return what may follow ``argv`` on the command line, for shell completion."""
    whole = parser()
    commands = next(
        action for action in whole._actions if isinstance(action, argparse._SubParsersAction)
    )
    if not argv or argv[0] not in commands.choices:
        return sorted(commands.choices)
    if argv[0] in {"get", "show", "diff", "do", "history"} and len(argv) == 1:
        from backend.kinds import every_kind

        singular = argv[0] in {"show", "diff", "do"}
        return sorted(kind.singular if singular else kind.name for kind in every_kind())
    if argv[0] == "do" and len(argv) == 2:
        from backend.kinds import kind_named

        kind = kind_named(argv[1])
        return sorted(action.name for action in kind.actions) if kind else []
    options = commands.choices[argv[0]]._option_string_actions
    return sorted(option for option in options if option.startswith("--"))
