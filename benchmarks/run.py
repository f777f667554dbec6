"""`python -m benchmarks`: the product beside the floor and Anki, round by round, against the goals.

A figure is the median over the rounds; a ratio is taken within each round, product and floor one
after the other, so that a machine busy with other things weighs on both.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import anki, cases, postgres
from benchmarks.micro import p95
from benchmarks.processes import Figures, in_own_process
from benchmarks.report import Line, as_json, at_least, at_most, machine, markdown, median, plain, told

MB = 1_000_000
SMALL = 10_000
"""The tenant on which what does not depend on its size is measured."""

Pair = tuple[list[Figures], list[Figures]]
_micro = partial(in_own_process, "benchmarks.micro")


def main(argv: list[str] | None = None) -> int:
    """Measure what was asked for and print it. 0 when every goal was reached, else 1."""
    options = _parser().parse_args(argv)
    wanted = options.only.split(",") if options.only else list(_GROUPS)
    if options.postgres:
        wanted.append("postgres")
    lines: list[Line] = []
    for name in wanted:
        for line in _ALL[name](options):
            lines.append(line)
            print(plain([line]), flush=True)
    print()
    print(plain(lines))
    print()
    print(markdown(lines))
    if options.json:
        options.json.write_text(json.dumps(as_json(lines), indent=1, ensure_ascii=False))
    print()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    missed = [line for line in lines if line.reached is False]
    print(f"{sum(line.reached is True for line in lines)} goals reached, {len(missed)} not.")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000,1000000", type=_sizes, help="rows of a tenant")
    parser.add_argument("--rounds", default=5, type=int, help="how often each is run")
    parser.add_argument("--only", help=f"of {', '.join([*_GROUPS, 'postgres'])}, with commas between")
    parser.add_argument("--postgres", action="store_true", help="push to a throw-away PostgreSQL cluster too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    codecs = {"json": "the standard library's", "msgspec": "the product's"}
    said = "; ".join(f"{name}: {whose}" for name, whose in codecs.items())
    parser.add_argument("--floor-json", default="json", choices=codecs, help=f"JSON of the floor ({said})")
    parser.add_argument("--no-anki", action="store_true", help="leave Anki out")
    return parser


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _rounds(count: int, product: Callable[[], Figures], floor: Callable[[], Figures]) -> Pair:
    """Product and floor in turn; who begins changes each round."""
    ours, theirs = [], []
    for number in range(count):
        if number % 2:
            theirs.append(floor())
            ours.append(product())
        else:
            ours.append(product())
            theirs.append(floor())
    return ours, theirs


def _ratio(pair: Pair, of: Callable[[Figures], float]) -> float:
    return median(of(ours) / of(theirs) for ours, theirs in zip(*pair, strict=True))


def _of(figures: list[Figures], of: Callable[[Figures], float]) -> float:
    return median(of(one) for one in figures)


def _middle_time(figures: Figures) -> float:
    return median(figures.more["times"])


# -- groups ----------------------------------------------------------------------------------------


def first_sync(options: argparse.Namespace) -> Iterator[Line]:
    """From nothing to a proven replica."""
    for size in options.sizes:
        group = f"first sync {size:,}"
        rounds = options.rounds if size < MB else 1
        floor = partial(cases.floor_first_sync, size, options.floor_json)
        ours, theirs = pair = _rounds(rounds, partial(cases.first_sync, size), floor)
        yield at_least(group, "rate beside the floor's", _ratio(pair, lambda f: f.rate), 0.65)
        yield told(group, "rows/s", _of(ours, lambda f: f.rate), "{:,.0f}")
        yield told(group, "the floor's rows/s", _of(theirs, lambda f: f.rate), "{:,.0f}")
        yield at_most(group, "CPU µs a row, both ends", _of(ours, lambda f: f.cpu_micros), 25, "{:,.1f}")
        yield told(group, "the floor's CPU µs a row", _of(theirs, lambda f: f.cpu_micros), "{:,.1f}")
        yield at_most(group, "client's peak MB", max(f.client_rss for f in ours) / MB, 120, "{:,.0f}")
        yield at_most(group, "server's peak MB", max(f.server_rss for f in ours) / MB, 150, "{:,.0f}")
        yield at_most(group, "wire bytes a row", _of(ours, lambda f: f.wire / f.count), 100, "{:,.1f}")
        yield told(group, "disk bytes a row", _of(ours, lambda f: f.more["disk"] / f.count), "{:,.0f}")


def push(options: argparse.Namespace) -> Iterator[Line]:
    """10,000 commands done offline."""
    floor = partial(cases.floor_push, SMALL, options.floor_json)
    ours, theirs = pair = _rounds(options.rounds, partial(cases.push, SMALL), floor)
    yield at_most("push 10,000", "time beside the floor's", _ratio(pair, lambda f: f.seconds), 2.5)
    yield at_least("push 10,000", "commands/s, SQLite", _of(ours, lambda f: f.rate), 800, "{:,.0f}")
    yield told("push 10,000", "the floor's rows/s", _of(theirs, lambda f: f.rate), "{:,.0f}")
    server = _of(ours, lambda f: f.server_cpu / f.count * 1e6)
    yield told("push 10,000", "server's CPU µs a command", server, "{:,.0f}")
    client = _of(ours, lambda f: f.client_cpu / f.count * 1e6)
    yield told("push 10,000", "client's CPU µs a command", client, "{:,.0f}")


def on_postgres(options: argparse.Namespace) -> Iterator[Line]:
    """The same push, the server on PostgreSQL."""
    with postgres.pushing(SMALL) as once:
        figures = [once() for _ in range(options.rounds)]
    yield at_least("push 10,000", "commands/s, PostgreSQL", _of(figures, lambda f: f.rate), 1_200, "{:,.0f}")


def round_trip(options: argparse.Namespace) -> Iterator[Line]:
    """One row from laptop A to laptop B."""
    by_size: dict[int, float] = {}
    for size in options.sizes:
        group = f"one row A to B, {size:,}"
        rounds = options.rounds if size < MB else 1
        floor = partial(cases.floor_round_trip, size, options.floor_json)
        ours, theirs = pair = _rounds(rounds, partial(cases.round_trip, size), floor)
        by_size[size] = _of(ours, _middle_time)
        yield at_most(group, "time beside the floor's", _ratio(pair, _middle_time), 2.5)
        yield told(group, "ms", by_size[size] * 1e3)
        yield told(group, "the floor's ms", _of(theirs, _middle_time) * 1e3)
    low, high = min(by_size), max(by_size)
    if low < high:
        yield at_most("one row A to B", f"{high:,} beside {low:,} rows", by_size[high] / by_size[low], 1.2)


def no_op(options: argparse.Namespace) -> Iterator[Line]:
    """A sync without news."""
    by_size: dict[int, float] = {}
    for size in options.sizes:
        group = f"no news, {size:,}"
        figures = [cases.no_op(size) for _ in range(options.rounds if size < MB else 1)]
        by_size[size] = _of(figures, lambda f: f.more["sync"])
        yield at_most(group, "beside a bare GET", _of(figures, lambda f: f.more["sync"] / f.more["get"]), 1.5)
        yield told(group, "ms", by_size[size] * 1e3)
        yield at_most(group, "requests", _of(figures, lambda f: f.requests / f.count), 1, "{:,.0f}")
        both = _of(figures, lambda f: f.more["sent"] + f.more["received"])
        yield at_most(group, "bytes of both bodies", both, 500, "{:,.0f}")
        yield told(group, "bytes of both heads", _of(figures, lambda f: f.more["headers"]), "{:,.0f}")
    low, high = min(by_size), max(by_size)
    if low < high:
        yield at_most("no news", f"{high:,} beside {low:,} rows", by_size[high] / by_size[low], 1.2)


def herd(options: argparse.Namespace) -> Iterator[Line]:
    """Twenty laptops after a day offline."""
    floor = partial(cases.floor_herd, SMALL, options.floor_json)
    ours, theirs = pair = _rounds(options.rounds, partial(cases.herd, SMALL), floor)
    yield at_most("20 x 100 commands", "time beside the floor's", _ratio(pair, lambda f: f.seconds), 2.0)
    yield told("20 x 100 commands", "seconds", _of(ours, lambda f: f.seconds))
    yield told("20 x 100 commands", "the floor's seconds", _of(theirs, lambda f: f.seconds))
    for what in ("lost", "doubled"):
        yield at_most("20 x 100 commands", what, max(f.more[what] for f in ours), 0, "{:,.0f}")
    yield at_most("20 x 100 commands", "errors", max(len(f.more["errors"]) for f in ours), 0, "{:,.0f}")


def rebase(options: argparse.Namespace) -> Iterator[Line]:
    """500 pending commands over 1,000 incoming rows, and one command done."""
    figures = _micro("rebase", size=SMALL, rounds=max(options.rounds, 5))
    yield at_most("rebase 500 over 1,000", "ms", _middle_time(figures) * 1e3, 250, "{:,.0f}")
    cpu = figures.client_cpu / figures.count * 1e3
    yield told("rebase 500 over 1,000", "CPU ms", cpu, "{:,.0f}")
    figures = _micro("dispatch", size=SMALL, rounds=300)
    yield at_most("one command done here", "ms, p95", p95(figures.more["times"]) * 1e3, 15)


def reassign(options: argparse.Namespace) -> Iterator[Line]:
    """An account with 5,000 rows changes hands."""
    figures = _micro("reassign", size=min(options.sizes))
    yield at_most("reassign 5,000 rows", "rows written", figures.more["written"], 2, "{:,.0f}")
    yield told("reassign 5,000 rows", "ms", figures.seconds * 1e3)


def search(_options: argparse.Namespace) -> Iterator[Line]:
    """Typing into a replica with a million entries."""
    figures = _micro("searching", entries=MB, rounds=100)
    yield at_most("search 1,000,000", "CPU ms, p95", p95(figures.more["times"]) * 1e3, 5)
    yield told("search 1,000,000", "CPU ms, median", _middle_time(figures) * 1e3)


def beside_anki(options: argparse.Namespace) -> Iterator[Line]:
    """Anki's figures of the like acts."""
    if options.no_anki:
        return
    if anki.python() is None:
        print(anki.MISSING)
        return
    for size in options.sizes:
        figures = anki.measure(size)
        if figures is None:
            continue
        group = f"Anki {anki.VERSION}, {size:,} notes"
        yield told(group, "full download, notes/s", figures["download_rate"], "{:,.0f}")
        yield told(group, "pull of 10,000, notes/s", figures["pull_rate"], "{:,.0f}")
        yield told(group, "push of 10,000, notes/s", figures["push_rate"], "{:,.0f}")
        yield told(group, "one note A to B, ms", figures["round_trip"] * 1e3)
        yield told(group, "no news, ms", figures["no_op"] * 1e3)
        yield told(group, "client's peak MB", figures["client_rss"] / MB, "{:,.0f}")


_GROUPS: dict[str, Callable[[argparse.Namespace], Iterator[Line]]] = {
    "first_sync": first_sync,
    "push": push,
    "round_trip": round_trip,
    "no_op": no_op,
    "herd": herd,
    "rebase": rebase,
    "reassign": reassign,
    "search": search,
    "anki": beside_anki,
}
_ALL = {**_GROUPS, "postgres": on_postgres}

if __name__ == "__main__":
    sys.exit(main())
