"""What the platform's kinds cost: ``python -m tests.bench.platform``, medians beside the goals.

All on what is known, without a wire: the first page of a host with 500 children against one with
ten, the twin difference of two such hosts, every check of every act of 200 hosts, and the lines
that declaring a kind takes with its model.
"""

from __future__ import annotations

import ast
import gc
import inspect
import statistics
import sys
import time
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Tuple

from backend.asbuilt import NEEDS, OF_HOSTS, documents
from backend.kinds import every_kind
from backend.kinds.host_refusals import CHECKS
from backend.known import Key, Known, Reading
from backend.render import figure_lines
from backend.simulator.cloud import Cloud
from backend.twin import compare
from backend.whynot import standings
from stx_tui.panes.detail import pages_of
from tests.backend.kinds.pretended import known, known_of, of_rows, pretend
from tests.backend.kinds.site import host, named

TIMES = 5
CHILDREN, FEW, MANY_HOSTS = 500, 10, 200
ROW = "{:44} {:>12} {:>12}"
HOSTS = named("hosts")
OWN = tuple(kind.name for kind in every_kind() if kind.parent == "hosts")
ONE, OTHER = "controller-0", "controller-1"


def median_ms(work: Callable[[], Any]) -> float:
    """Return the median CPU time of some runs, ms: all of it is pure, and others use the machine.

    What the runs leave is collected in between.
    """
    times = []
    for _ in range(TIMES):
        gc.collect()
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def with_children(base: Known, cloud: Cloud, count: int) -> Known:
    """Return a site whose two controllers have so many children, of all kinds alike."""
    readings: Dict[Key, Reading[Any]] = dict(base.readings)
    kinds = [name for name in OWN if base.rows(name, cloud.named(ONE).uuid)]
    each = max(count // len(kinds), 1)
    for name in kinds:
        for hostname in (ONE, OTHER):
            uuid = cloud.named(hostname).uuid
            rows = base.rows(name, uuid)
            made = [_again(name, rows[at % len(rows)], at, uuid) for at in range(each)]
            readings[name, uuid] = of_rows(cloud, name, made[: count // 2 or 1], uuid)
    return known(cloud, readings)


def _again(name: str, row: Any, at: int, uuid: str) -> Any:
    body = {**row.body, "uuid": f"{uuid}-{name}-{at}"}
    for field in ("ifname", "name", "device_node", "label_key", "port_name", "sensorname"):
        if field in body:
            body[field] = f"{body[field]}-{at}"
    if "cpu" in body:
        body["cpu"] = at
    return named(name).model.read(body)


def first_page(known: Known) -> Callable[[], Any]:
    """Return what draws the first page of a host: its sentence and its figure, 79 cells wide."""
    page = pages_of(HOSTS, every_kind())[0]
    row = host(known, ONE)

    def work() -> None:
        now = replace(known)  # nothing is kept of the run before
        assert HOSTS.sentence is not None
        assert page.figure is not None
        HOSTS.sentence(row, now)
        figure_lines(page.figure(row, now), 79, now.now_ms)

    return work


def children_of(known: Known, cloud: Cloud) -> int:
    """Return how many children a controller has."""
    return sum(len(known.rows(name, cloud.named(ONE).uuid)) for name in OWN)


def all_checks(known: Known) -> Callable[[], Any]:
    """Return what asks every check of every act of every host."""

    def work() -> None:
        now = replace(known)
        for row in now.rows("hosts"):
            standings(now, HOSTS, row)

    return work


def reasons_alone(known: Known) -> Callable[[], Any]:
    """Return what asks the checks themselves, without the previews around them."""
    actions = [one for one in HOSTS.actions if not one.on_kind and one.ladder is not None]
    forms = [one.form() for one in actions]

    def work() -> None:
        now = replace(known)
        for row in now.rows("hosts"):
            for action, form in zip(actions, forms):
                action.reasons(row, form, now)

    return work


# --- lines of declaration ------------------------------------------------------------------------


def lines_of_kinds() -> Mapping[str, int]:
    """Return for each kind the lines of its declaration and of its row model."""
    found: Dict[str, int] = {}
    for kind in every_kind():
        model = len(inspect.getsource(kind.model).splitlines())
        module = sys.modules[kind.model.__module__]
        found[kind.name] = model + _declaration(module, kind)
    return found


def _declaration(module: Any, kind: Any) -> int:
    """Return the lines of ``X: Kind[...] = Kind(...)`` in the module that has it."""
    modules = [module, *(m for n, m in sys.modules.items() if n.startswith("backend.kinds."))]
    for one in modules:
        for name, value in vars(one).items():
            if value is not kind:
                continue
            for node in ast.parse(inspect.getsource(one)).body:
                target = getattr(node, "target", None) or next(
                    iter(getattr(node, "targets", ())), None
                )
                if getattr(target, "id", "") == name:
                    return int((node.end_lineno or node.lineno) - node.lineno + 1)
    return 0


def main() -> None:
    """Print the table."""
    cloud = pretend("site-7-calm")
    base = known_of(cloud, under=(ONE, OTHER), more=NEEDS, own=OWN)
    few, many = (with_children(base, cloud, count) for count in (FEW, CHILDREN))
    whole = pretend("standard", MANY_HOSTS)
    names = [one.hostname for one in whole.hosts if one.hostname]
    large = known_of(whole, under=names, more=NEEDS)
    rows: List[Tuple[str, str, str]] = []
    small_ms, big_ms = median_ms(first_page(few)), median_ms(first_page(many))
    counts = children_of(few, cloud), children_of(many, cloud)
    rows.append((f"first page, {counts[0]} children", f"{small_ms:.2f} ms", ""))
    rows.append((f"first page, {counts[1]} children", f"{big_ms:.2f} ms", ""))
    rows.append(("ratio", f"{big_ms / small_ms:.2f} x", "<= 1.3 x"))
    one, other = host(many, ONE), host(many, OTHER)
    twin_ms = median_ms(lambda: compare(many, HOSTS, one, other, every_kind()))
    rows.append((f"twin difference, {counts[1]} children each", f"{twin_ms:.1f} ms", "<= 100 ms"))
    count = len(large.rows("hosts"))
    checks_ms = median_ms(reasons_alone(large))
    asked = f"{len(CHECKS)} checks for each act, {count} hosts"
    rows.append((asked, f"{checks_ms:.0f} ms", "<= 200 ms"))
    rows.append(("the same with previews (why not)", f"{median_ms(all_checks(large)):.0f} ms", ""))
    built = known_of(whole, under=names, more=NEEDS, own=OF_HOSTS)
    built_ms = median_ms(lambda: documents(built))
    rows.append((f"as built, {count} hosts", f"{built_ms:.0f} ms", ""))
    lines = lines_of_kinds()
    median = statistics.median(lines.values())
    rows.append((f"lines a kind with its model, {len(lines)} kinds", f"{median:.0f}", "<= 40"))
    print(ROW.format("", "measured", "goal"))
    for row in rows:
        print(ROW.format(*row))
    longest = sorted(lines.items(), key=lambda item: -item[1])
    print("\nlines a kind:")
    for name, number in longest:
        print(f"  {number:4}  {name}")


if __name__ == "__main__":
    main()
