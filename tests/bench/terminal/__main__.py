"""python -m tests.bench.terminal: bytes, seconds and CPU of four ways to show the same screens."""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Sequence

from tests.bench.terminal.measure import Run, Step, by_curses, by_stock

VARIANTS = ("driver", "mono", "colour")
KEYS_TIMED, ROUNDS = 64, 5
KEYS_ALONE = 6
DEFAULT_APP = "tests.bench.terminal.console"


def count_bytes(app: str, steps: Sequence[Step], bps: int) -> dict[str, list[int]]:
    """Bytes by column and step, first paint first; ours on a line of that speed."""
    found: dict[str, list[int]] = {}
    for variant in VARIANTS:
        line = None if variant == "driver" else bps
        run = Run(app, variant, bps=line, is_throttled=False)
        counts, frames = [run.far.count], [run.frame()]
        for step in steps:
            counts.append(run.do(step))
            frames.append(run.frame())
        run.close()
        found[variant] = counts
        if variant == "mono":
            found["curses"] = by_curses(frames)
            found["stock"] = by_stock(frames)
    return found


def print_bytes(found: dict[str, list[int]], steps: Sequence[Step]) -> bool:
    names = ["first paint", *(step.name for step in steps)]
    print(
        f"{'bytes':28}{'stock':>9}{'driver':>8}{'mono':>8}{'16+utf8':>9}{'curses':>8}{'mono/curses':>13}"
    )
    sums = dict.fromkeys(found, 0)
    fine = True
    for at, name in enumerate(names):
        if not name:
            continue
        row = {column: counts[at] for column, counts in found.items()}
        for column, count in row.items():
            sums[column] += count
        fine = fine and row["mono"] <= row["curses"] * (1.05 if at == 0 else 1.0)
        print_row(name, row)
    print_row("sum", sums)
    print(f"stock / mono: {sums['stock'] / sums['mono']:.1f}   goal 15")
    print("  stock: Textual's own widgets, theme and driver as they ship")
    print("  driver: its driver under our panes")
    print(f"  driver / mono: {sums['driver'] / sums['mono']:.1f}")
    return fine and sums["mono"] <= 0.9 * sums["curses"]


def print_row(name: str, row: dict[str, int]) -> None:
    ratio = f"{row['mono'] / row['curses']:.2f}" if row["curses"] else "-"
    counts = f"{row['stock']:9}{row['driver']:8}{row['mono']:8}{row['colour']:9}{row['curses']:8}"
    print(f"{name:28}{counts}{ratio:>13}")


def settle(run: Run, keys: Sequence[bytes], every_s: float, *, after_last: bool) -> float:
    """Seconds from the first (or last) key until the last byte of what it did."""
    began = time.monotonic()
    last = began
    for number, key in enumerate(keys):
        time.sleep(max(0.0, began + number * every_s - time.monotonic()))
        last = time.monotonic()
        run.far.type(key)
    run.far.quiet(0.6)
    return run.far.log[-1][0] - (last if after_last else began)


def time_line(app: str, bps: int) -> None:
    run = Run(app, "mono", bps=bps)
    log = run.far.log
    rows = [("first paint, from its first byte", log[-1][0] - log[0][0], 2.2)]
    module = importlib.import_module(app)
    for step in getattr(module, "TO_FIRST", ()):
        run.do(step)
    alone = sorted(settle(run, [b"j"], 0, after_last=True) for _ in range(KEYS_ALONE))
    rows.append((f"a key, median of {KEYS_ALONE}", alone[KEYS_ALONE // 2], 0.35))
    rows.append((f"a key, worst of {KEYS_ALONE}", alone[-1], 0.35))
    rows.append(("pane 1 to 2", settle(run, [b"2"], 0, after_last=True), 1.7))
    rows.append(("pane 2 to 1", settle(run, [b"1"], 0, after_last=True), 1.7))
    for step in getattr(module, "TO_LONG", ()):
        run.do(step)
    rows.append(("15 cursor steps, 10/s", settle(run, [b"j"] * 15, 0.1, after_last=True), 0.4))
    panes = [b"2", b"1", b"2", b"1", b"2"]
    rows.append(("5 panes, 5/s", settle(run, panes, 0.2, after_last=True), 1.8))
    print(f"\n{f'seconds at {bps} baud':36}{'took':>7}{'limit':>7}")
    for name, took, limit in rows:
        print(f"{name:36}{took:7.2f}{limit:7.2f}{'' if took <= limit else '  TOO SLOW'}")
    print("status line:", run.ask("status"))
    run.close()


def stall(app: str, for_s: float, bps: int | None) -> None:
    """A far end that takes nothing for a while, with keys pressed all the time."""
    run = Run(app, "mono", bps=bps)
    run.ask("gap")
    run.far.stall()
    until = time.monotonic() + for_s
    number = 0
    while time.monotonic() < until:
        run.far.type((b"2", b"1", b"a", b"q")[number % 4])
        number += 1
        time.sleep(0.25)
    run.far.resume()
    before = run.far.count
    resumed = time.monotonic()
    run.far.quiet(0.6)
    gap = run.ask("gap")
    took = run.far.log[-1][0] - resumed
    print(f"\nline stopped for {for_s:.0f} s, {bps or 'no'} pace: longest loop gap {gap:.3f} s,")
    print(f"{run.far.count - before} bytes and {took:.2f} s until right")
    run.close()


def cpu(app: str) -> None:
    """Time of the processor a key costs; the same keys in turns, so that load hurts all alike."""
    runs = {variant: Run(app, variant) for variant in VARIANTS}
    for run in runs.values():
        run.do(Step("", b"j"))
    rounds = [spent(runs) for _ in range(ROUNDS)]
    for run in runs.values():
        run.close()
    mean = {variant: statistics.fmean(each[variant] for each in rounds) for variant in runs}
    ratios = sorted(each["mono"] / each["driver"] for each in rounds)
    said = "   ".join(f"{variant} {ms:.2f}" for variant, ms in mean.items())
    print(f"\n{'CPU a key, ms':28}{said}")
    print(f"{'mono / driver':28}{ratios[ROUNDS // 2]:.2f}   limit 1.10, median of {ROUNDS} rounds")


def spent(runs: dict[str, Run]) -> dict[str, float]:
    """Milliseconds of the processor that each process spent on a key."""
    before = {variant: run.ask("cpu") for variant, run in runs.items()}
    for number in range(KEYS_TIMED):
        for run in runs.values():
            run.far.type(b"j" if number // 8 % 2 == 0 else b"k")
            time.sleep(0.08 / len(runs))
    for run in runs.values():
        run.far.quiet(0.2)
    return {
        variant: (run.ask("cpu") - before[variant]) / KEYS_TIMED * 1000
        for variant, run in runs.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.terminal", description=__doc__)
    parser.add_argument("--app", default=DEFAULT_APP, help="a module with make(), STEPS and HOOKS")
    parser.add_argument("--line", type=int, default=9600)
    parser.add_argument("--idle", type=float, default=5.0, help="seconds of the idle row")
    parser.add_argument("--stall", type=float, default=5.0, help="seconds of the stopped line")
    parser.add_argument("--only", choices=("bytes", "line", "stall", "cpu"))
    options = parser.parse_args()
    steps = [*importlib.import_module(options.app).STEPS]
    steps.append(Step(f"idle {options.idle:.0f} s", wait_s=options.idle))
    fine = True
    if options.only in {None, "bytes"}:
        fine = print_bytes(count_bytes(options.app, steps, options.line), steps)
    if options.only in {None, "line"}:
        time_line(options.app, options.line)
    if options.only in {None, "stall"}:
        stall(options.app, options.stall, options.line)
        stall(options.app, options.stall, None)
    if options.only in {None, "cpu"}:
        cpu(options.app)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
