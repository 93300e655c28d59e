"""The command line as argparse knows it: every command and its options."""

from __future__ import annotations

import argparse
from typing import Optional

# What the exit codes mean; a script may rely on them.
EXITS = (
    (0, "done"),
    (1, "a defect of ours; the traceback says where"),
    (2, "the command line was wrong"),
    (3, "settings are missing or wrong"),
    (4, "credentials were refused"),
    (5, "nobody answered; what was printed, if anything, came from the record"),
    (6, "refused: by our gate, or by the service"),
    (7, "the certificate is not trusted, or changed"),
    (8, "there is no such thing"),
    (9, "it was sent, and failed or its outcome is unknown"),
    (10, "the record cannot be used"),
    (11, "an answer, or a file, that nobody can read"),
    (12, "doctor found something wrong"),
    (13, "something is not as the file says that it was compared with"),
    (130, "interrupted; what was sent goes on"),
)

# What the pretend cloud can be; asking the simulator would load all of it for --help.
SCENES = ("site-7", "site-9", "standard")


def parser() -> argparse.ArgumentParser:
    """Return the whole command line as argparse knows it."""
    whole = argparse.ArgumentParser(
        prog="stx-tui",
        description="A console for StarlingX. Without a command it opens the screen.",
        epilog="exit codes: " + "; ".join(f"{code} {words}" for code, words in EXITS),
    )
    whole.set_defaults(module="console")
    _connection(whole)
    _screen(whole)
    commands = whole.add_subparsers(title="commands", metavar="")
    for add in (
        _get,
        _show,
        _diff,
        _cables,
        _find,
        _cves,
        _as_built,
        _do,
        _replace,
        _create,
        _follow,
        _console,
        _kinds,
        _history,
        _logs,
        _sweep,
        _simulate,
        _demo,
        _doctor,
        _completion,
    ):
        add(commands)
    return whole


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _command(
    commands: Commands,  # type: ignore[valid-type]
    name: str,
    words: str,
    module: Optional[str] = None,
    *,
    connects: bool = True,
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(  # type: ignore[attr-defined]
        name, help=words, description=words
    )
    made.set_defaults(module=module or name)
    if connects:
        _connection(made, default=argparse.SUPPRESS)
    return made


def _connection(to: argparse.ArgumentParser, default: Optional[str] = None) -> None:
    group = to.add_argument_group("which cloud")
    group.add_argument("--cloud", metavar="NAME", default=default, help="a cloud of clouds.yaml")
    group.add_argument("--store", metavar="FILE", default=default, help="where the record is kept")
    group.add_argument(
        "--read-only",
        action="store_true",
        default=argparse.SUPPRESS if default else False,
        help="look, and refuse every act",
    )


def _screen(to: argparse.ArgumentParser) -> None:
    group = to.add_argument_group("the screen")
    group.add_argument("--line", type=int, metavar="BAUD", help="the speed of the line")
    group.add_argument("--glyphs", choices=("ascii", "dec", "utf8"), help="what to draw with")
    group.add_argument("--colour", choices=("mono", "8", "16", "256", "full"))
    group.add_argument(
        "--no-scrub",
        dest="scrub",
        action="store_false",
        default=None,
        help="on a slow line, do not paint a row anew now and then against stray messages",
    )
    group.add_argument("--plain", action="store_true", help="numbered menus instead of a screen")


def _output(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "-o", "--output", choices=("table", "wide", "json", "yaml", "csv"), default="table"
    )


def _get(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "get", "list a kind: stx-tui get hosts")
    made.add_argument("kind", help="a plural, an area/plural, or an alias (see: stx-tui kinds)")
    made.add_argument("name", nargs="*", help="only these rows")
    made.add_argument("--of", metavar="PARENT", default="", help="only what belongs to this one")
    made.add_argument("--filter", metavar="TEXT", default="", help="only rows that show this")
    made.add_argument("--record", action="store_true", help="write what was read into the record")
    made.add_argument("--offline", action="store_true", help="ask nobody, read the record")
    _output(made)


def _show(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "show", "show one thing: stx-tui show host controller-0")
    made.add_argument("kind")
    made.add_argument("name")
    made.add_argument("--of", metavar="PARENT", default="")
    made.add_argument(
        "--why-not", action="store_true", help="what would refuse each action on it, and why"
    )
    made.add_argument("--offline", action="store_true", help="ask nobody, read the record")
    _output(made)


def _diff(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "diff", "what two hosts differ in: stx-tui diff host a b")
    made.add_argument("kind")
    made.add_argument("one")
    made.add_argument("other", nargs="?", default="", help="by default its twin")
    made.add_argument("-o", "--output", choices=("table", "json"), default="table")


def _cables(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "cables", "each port, what it goes to, and what was planned")
    made.add_argument("--plan", metavar="FILE", help="YAML: host: {port: {switch: S, port: P}}")
    _output(made)


def _cves(commands: Commands) -> None:  # type: ignore[valid-type]
    words = "known vulnerabilities: taken from files, looked up"
    made = _command(commands, "cves", words, connects=False)
    made.add_argument("act", choices=("import", "find"), help="take files, or look up")
    made.add_argument("words", nargs="+", metavar="WORD", help="files; or CVEs and packages")


def _find(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "find", "look for BMCs in a range; without a password")
    made.add_argument("range", metavar="RANGE", help="10.10.10.0/24, 10.10.10.5-40 or one address")
    made.add_argument("--rate", type=float, default=20.0, help="addresses a second (20)")
    _output(made)


def _as_built(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "as-built", "the whole cloud as one file", module="asbuilt")
    made.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="YAML in the deployment manager's shapes; FILE.xml: hosts.xml for a bulk add",
    )
    made.add_argument("--compare", metavar="FILE", help="print what is not as such a file says")


def _do(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "do", "act: stx-tui do host lock controller-1 --why 'ticket 4711'")
    made.add_argument("kind")
    made.add_argument("action")
    made.add_argument("name", nargs="*", help="the rows; none where the action makes a new one")
    made.add_argument("--filter", metavar="TEXT", default="", help="all rows that show this")
    _confirmed(made)
    made.epilog = "fields of the action's form are options too: --personality worker"


def _replace(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "replace", "record a disk or a host, then what is next and differs")
    made.add_argument("what", nargs="?", choices=("disk", "host"), help="none: what is under way")
    made.add_argument("host", nargs="?")
    made.add_argument("disk", nargs="?", default="", help="its place, node or serial")
    made.add_argument("--anew", action="store_true", help="record it again, as it is now")
    made.add_argument("--why", default="", help="why, for the record")


def _confirmed(made: argparse.ArgumentParser) -> None:
    made.add_argument("--yes", action="store_true", help="confirm what wants a yes")
    made.add_argument("--confirm", metavar="NAME", help="confirm what wants the name typed")
    made.add_argument("--why", default="", help="why, for the record")
    made.add_argument("--dry-run", action="store_true", help="show everything, send nothing")
    made.add_argument("--no-wait", action="store_true", help="leave it running; follow it later")


def _create(commands: Commands) -> None:  # type: ignore[valid-type]
    words = "make or change what a file has: stx-tui create site.yaml (- for what comes in)"
    made = _command(commands, "create", words)
    made.add_argument("file", help="YAML or JSON, one object of Kubernetes or several")
    made.add_argument("-n", "--namespace", default="", help="of objects that say none")
    made.add_argument("--force", action="store_true", help="take over fields that others keep")
    _confirmed(made)


def _follow(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "follow", "follow an act to its real end: stx-tui follow 2211-0041")
    made.add_argument("deed")


def _kinds(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "kinds", "what there is: names, areas, aliases, actions")
    _output(made)


def _history(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "history", "what changed and who did what, from the record")
    made.add_argument("kind", nargs="?", default="")
    made.add_argument("name", nargs="?", default="")
    made.add_argument("--since", default="24h", help="a span (90m, 24h, 7d) or a UTC instant")
    made.add_argument("--deeds", action="store_true", help="only what was done")
    _output(made)


def _console(commands: Commands) -> None:  # type: ignore[valid-type]
    words = "open a server's serial console: stx-tui console controller-1"
    made = _command(commands, "console", words)
    made.add_argument("server", help="a server, by its name")
    made.add_argument("--take-over", action="store_true", help="throw off who is on it (it asks)")
    _screen(made)


def _logs(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(
        commands, "logs", "logs merged by time: stx-tui logs mtcAgent sysinv --at 02:35Z"
    )
    made.add_argument(
        "name", nargs="*", help="a log's name or path, journal, journal:UNIT; none lists"
    )
    made.add_argument(
        "--of",
        metavar=("KIND", "NAME"),
        nargs=2,
        default=(),
        help="those that tell of a row: --of pod lab/web-1, --of statefulset lab/db",
    )
    made.add_argument("-p", "--previous", action="store_true", help="with --of: its run before")
    made.add_argument(
        "--at", metavar="TIME", default="", help="around a time: 02:35Z, -10m, a UTC instant"
    )
    made.add_argument("--since", metavar="TIME", default="", help="all from a time on")
    made.add_argument(
        "--until", metavar="TIME", default="", help="with --since: no further than this"
    )
    made.add_argument("--grep", metavar="TEXT", default="", help="only lines with a text in them")
    made.add_argument("--errors", action="store_true", help="only lines that say they are bad")
    made.add_argument("--host", metavar="HOST", default="", help="of that host, by SSH")
    made.add_argument("-n", "--lines", type=int, default=20, help="how many lines (20)")
    made.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    made.add_argument(
        "--raw", action="store_true", help="each line as it was written, nothing beside"
    )


def _sweep(commands: Commands) -> None:  # type: ignore[valid-type]
    _command(commands, "sweep", "read every inventory kind once into the record, for a timer")


def _simulate(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(
        commands, "simulate", "serve the pretend cloud; its openrc goes to stdout", connects=False
    )
    made.add_argument("--port", type=int, default=0)
    made.add_argument("--kubeconfig", metavar="FILE", help="write what reaches its cluster there")
    _pretend(made)


def _demo(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "demo", "open the console on the pretend cloud", connects=False)
    made.set_defaults(cloud="demo", store=None, read_only=False)
    _pretend(made)
    _screen(made)


def _pretend(to: argparse.ArgumentParser) -> None:
    of = "site-7 (duplex), site-9 (simplex), standard"
    to.add_argument("--scene", default=SCENES[0], choices=SCENES, help=of)
    to.add_argument("--hosts", type=int, help="how many hosts")
    to.add_argument("--alarms", type=int, help="how many alarms")
    to.add_argument("--seed", type=int, default=7)
    to.add_argument("--speed", type=float, default=20.0, help="seconds of its time per second")
    to.add_argument("--bmc", action="store_true", help="give each host a baseboard on UDP")
    to.add_argument("--older", action="store_true", help="with sw-patch in the place of USM")
    to.add_argument("--freeze", dest="frozen", action="store_true", help="its clock stands still")


def _doctor(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "doctor", "say what is configured, what answers, and what is wrong")
    made.add_argument("--forget-pin", metavar="HOST:PORT", help="forget an accepted certificate")
    made.add_argument("--accept-pin", metavar="SHA256", help="accept the certificate shown")


def _completion(commands: Commands) -> None:  # type: ignore[valid-type]
    made = _command(commands, "completion", "print a completion script", connects=False)
    made.add_argument("shell", choices=("bash", "zsh"))
