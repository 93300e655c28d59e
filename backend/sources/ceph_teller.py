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
# How many images of a pool are opened to see how large they are.
MOST_IMAGES = 300


def say(number: int, code: int, words: str, out: bytes = b"") -> None:
    """Write one line; a newline in JSON is never within a text."""
    line = out.replace(b"\n", b" ").replace(b"\r", b" ")
    head = f"{number} {abs(code)} {json.dumps(words)}\t"
    with TURN:
        sys.stdout.buffer.write(head.encode() + line + b"\n")
        sys.stdout.buffer.flush()


def images(rbd: Any, cluster: Any) -> bytes:
    """Return the images of all pools that are for them, as JSON; of many, the rest without size."""
    found = []
    for pool in cluster.list_pools():
        with cluster.open_ioctx(pool) as room:
            if "rbd" in room.application_list():
                found += [{"pool": pool, "name": name} for name in rbd.RBD().list(room)]
                for one in [each for each in found if each["pool"] == pool][:MOST_IMAGES]:
                    look_into(rbd, room, one)
    return json.dumps(found).encode()


def look_into(rbd: Any, room: Any, one: Any) -> None:
    """Add what an image says of itself; one that went meanwhile stays a name."""
    try:
        with rbd.Image(room, one["name"], read_only=True) as image:
            one["size"] = image.size()
            one["snapshots"] = len(list(image.list_snaps()))
            # We watch it ourselves only where it is open to be written.
            one["watchers"] = [str(each["addr"]) for each in image.watchers_list()]
    except rbd.Error as error:
        one["error"] = str(error)


def tell_images(cluster: Any, number: int) -> None:
    """Say which images there are: no monitor knows, another library does."""
    try:
        import rados
        import rbd
    except ImportError as error:
        say(number, 38, f"images: {error}")  # ENOSYS: the library of images is one more package
        return
    try:
        found = images(rbd, cluster)
    except (rados.Error, rbd.Error) as error:
        say(number, getattr(error, "errno", None) or 5, f"images: {error}")
        return
    say(number, 0, "", found)


def ask(cluster: Any, number: int, command: Any) -> None:
    """Have one command answered, by a monitor; or by OSDs, what they alone know."""
    if command["prefix"] == "rbd images":
        tell_images(cluster, number)
        return
    code, out, words = cluster.mon_command(json.dumps({**command, "format": "json"}), b"")
    say(number, code, words, out)


def main(options: Any) -> None:
    """Answer what is asked, each on a thread of its own: none waits for a slow one."""
    try:
        import rados
    except ImportError as error:
        say(0, 38, str(error))  # ENOSYS: there is ``ceph`` itself, perhaps
        return
    names = ("rados_mon_op_timeout", "rados_osd_op_timeout", "client_mount_timeout")
    limits = dict.fromkeys(names, LIMIT_S)
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
