"""What runs beside Ceph's own library and asks it for us: sent as text, it runs where Ceph is.

``python3 -c TEXT OPTIONS``: a line on standard input is ``[id, command]`` as JSON; a line on
standard output is ``id errno words TAB answer``, words and answer as JSON. The first line has id
0: whether Ceph was reached. One whose id is ``news`` answers nothing: Ceph's map of its OSDs is
another than it was. It ends when standard input does. Python 3.6 runs it (the image of an old Rook
has no newer one), and it wants only the library that ``ceph`` itself is written with.
"""

import json
import os
import sys
import threading
import time
from typing import Any

# How long monitors may take for an answer, in seconds. A manager's commands are handed on by a
# monitor, so that this holds for them too: asked by ourselves, one that is away is waited for.
LIMIT_S = "6"
TURN = threading.Lock()
# How many images of a pool are opened to see how large they are.
MOST_IMAGES = 300
# How often it is looked whether there is a new map, and how long after the last question, in s.
# It is the smallest question there is: a monitor answers it in a third of a ms, from what it has.
LOOK_S, WHILE_S = 0.25, 10.0
MAP = json.dumps({"prefix": "osd stat", "format": "json"})


def say(number: Any, code: int, words: str, out: bytes = b"") -> None:
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


class Maps:
    """Looks for a new map of the OSDs, as long as somebody asks something."""

    def __init__(self, cluster: Any) -> None:
        self.cluster = cluster
        self.asked_s = 0.0
        self.is_wanted = threading.Event()

    def keep_looking(self) -> None:
        """Say each time that the map is another; the first one may be newer than any answer."""
        last = b""
        while True:
            if time.monotonic() - self.asked_s > WHILE_S:
                self.is_wanted.clear()
            self.is_wanted.wait()
            time.sleep(LOOK_S)
            code, out, _ = self.cluster.mon_command(MAP, b"")
            if not code and out != last:
                last = out
                say("news", 0, "")

    def note_question(self) -> None:
        """Somebody asks something: look for a while."""
        self.asked_s = time.monotonic()
        self.is_wanted.set()


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
    maps = Maps(cluster)
    threading.Thread(target=maps.keep_looking, daemon=True).start()
    for line in sys.stdin:
        number, command = json.loads(line)
        maps.note_question()
        threading.Thread(target=ask, args=(cluster, number, command), daemon=True).start()
    # Its threads would be waited for, and what they wait for may never come.
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
