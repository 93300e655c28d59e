"""Programs that outlive the console: how one is started, and how all are found again.

Each has a folder ``RUNS/NAME-INSTANT`` in the state folder of the account, here or behind SSH:
``argv`` (a word a line), ``log`` (all it prints), ``pid``, ``began`` (when, and the kernel's own
start time of it), ``boot`` and, when it ended, ``status``. The texts below are constant programs
for ``sh``, which every machine has; names and words come as its arguments, never in its text.
"""

from __future__ import annotations

from typing import Sequence, Tuple

_FOLDER = 'runs="${XDG_STATE_HOME:-$HOME/.local/state}/stx-tui/runs"\n'

# $1 is what goes on, $2 the name, the others the program. What it needs is there before it is left
# to itself: of a folder that cannot be made, or a full disk, whoever starts it is told by its code.
_START = (
    _FOLDER
    + """\
umask 077
goes_on=$1
run="$runs/$2-$(date -u +%Y%m%dT%H%M%SZ)"
shift 2
mkdir -p "$runs" && mkdir "$run" || exit 73
printf '%s\\n' "$@" >"$run/argv.part" && : >"$run/log" || { rm -r "$run"; exit 73; }
exec setsid --fork sh -c "$goes_on" sh "$run" "$@"
"""
)

# $1 is its folder, the others the program. Its standard input stays: a password may come that way.
_GOES_ON = """\
run=$1
shift
exec >"$run/log" 2>&1
cat /proc/sys/kernel/random/boot_id >"$run/boot"
echo "$(date -u +%s) $(cut -d' ' -f22 /proc/$$/stat)" >"$run/began"
echo "$$" >"$run/pid"
mv "$run/argv.part" "$run/argv"
"$@"
status=$?
sync
echo "$status" >"$run/status.part" && mv "$run/status.part" "$run/status"
"""

# One line a run, fields by tab: name, pid, alive or not, status, bytes and age of its log, when it
# began and ended, its last line, its argv. A pid is another's after a boot, or by its start time.
_LIST = (
    _FOLDER
    + """\
[ -e "$runs" ] || exit 0
cd "$runs" || exit 1
said() { cat "$1" 2>/dev/null | head -c 200 | tr '\\t\\n' '  '; }
# A bar of progress writes over itself: what stands there last.
last() { tail -n 1 "$1" 2>/dev/null | tr '\\r\\t' '\\n ' | grep -a . | tail -n 1 | head -c 200; }
for run in *; do
  [ -f "$run/argv" ] || continue
  pid=$(said "$run/pid" | tr -d ' ')
  alive=no
  if [ -n "$pid" ] && [ "$(said "$run/boot")" = "$(said /proc/sys/kernel/random/boot_id)" ]; then
    now=$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)
    began=$(said "$run/began")
    [ -n "$now" ] && [ "${began#* }" = "$now " ] && alive=yes
  fi
  ended=
  [ -f "$run/status" ] && ended=$(stat -c %Y "$run/status")
  printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$run" "$pid" "$alive" \\
    "$(said "$run/status" | tr -d ' ')" "$(stat -c %s "$run/log" 2>/dev/null)" \\
    "$(said "$run/began" | cut -d' ' -f1)" "$ended" \\
    "$(last "$run/log")" "$(said "$run/argv")"
done
"""
)

# $1 is the folder of a run below RUNS, $2 how many lines from the end.
_TAIL = _FOLDER + 'exec tail -n "$2" "$runs/$1/log"\n'

LIST: Tuple[str, ...] = ("sh", "-c", _LIST)


def start(name: str, argv: Sequence[str]) -> Tuple[str, ...]:
    """Return the argv that starts ``argv`` in a session of its own, and ends at once.

    It ends with another code than 0, having complained, where nothing was started.
    """
    return ("sh", "-c", _START, "sh", _GOES_ON, name, *argv)


def tail(run: str, lines: int) -> Tuple[str, ...]:
    """Return the argv that prints the last lines of a run's log."""
    return ("sh", "-c", _TAIL, "sh", run, str(lines))
