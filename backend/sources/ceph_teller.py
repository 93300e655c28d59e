"""What runs beside Ceph's own library and asks it for us: sent as text, it runs where Ceph is.

``python3 -c TEXT OPTIONS``: a line on standard input is ``[id, command]`` as JSON; a line on
standard output is ``id errno words TAB answer``, words and answer as JSON. The first line has id
0: whether Ceph was reached. It ends when standard input does. Python 3.6 runs it (the image of an
old Rook has no newer one), and it wants only the library that ``ceph`` itself is written with.
"""

import json
import os
import sys
import threading
from typing import Any

# How long monitors may take for an answer, in seconds. A manager's commands are handed on by a
# monitor, so that this holds for them too: asked by ourselves, one that is away is waited for.
LIMIT_S = "6"
TURN = threading.Lock()


def say(number: int, code: int, words: str, out: bytes = b"") -> None:
    """Write one line; a newline in JSON is never within a text."""
    line = out.replace(b"\n", b" ").replace(b"\r", b" ")
    head = f"{number} {abs(code)} {json.dumps(words)}\t"
    with TURN:
        sys.stdout.buffer.write(head.encode() + line + b"\n")
        sys.stdout.buffer.flush()


def ask(cluster: Any, number: int, command: Any) -> None:
    """Have a monitor answer one command."""
    code, out, words = cluster.mon_command(json.dumps({**command, "format": "json"}), b"")
    say(number, code, words, out)


def main(options: Any) -> None:
    """Answer what is asked, each on a thread of its own: none waits for a slow one."""
    try:
        import rados
    except ImportError as error:
        say(0, 38, str(error))  # ENOSYS: there is ``ceph`` itself, perhaps
        return
    limits = {"rados_mon_op_timeout": LIMIT_S, "client_mount_timeout": LIMIT_S}
    conf = options.get("conf") or rados.Rados.DEFAULT_CONF_FILES
    try:
        cluster = rados.Rados(
            conffile=conf, name=options["name"], conf={**limits, **options["more"]}
        )
        cluster.connect(timeout=int(LIMIT_S))
    except rados.Error as error:
        say(0, getattr(error, "errno", None) or 5, str(error))
        return
    say(0, 0, "")
    for line in sys.stdin:
        number, command = json.loads(line)
        threading.Thread(target=ask, args=(cluster, number, command), daemon=True).start()
    # Its threads would be waited for, and what they wait for may never come.
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
