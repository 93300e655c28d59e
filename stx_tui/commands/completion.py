"""``stx-tui completion``: a script that asks the program itself what may follow."""

from __future__ import annotations

import argparse

BASH = """\
_stx_tui() {
  local words
  words=$(stx-tui --words "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _stx_tui stx-tui
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n" + BASH


def run(arguments: argparse.Namespace) -> int:
    """Print the script for the shell that was named."""
    print(ZSH if arguments.shell == "zsh" else BASH, end="")
    return 0
