"""`leora-sync simulate`: let simulated laptops work against a server made for them, and count what is broken."""

import argparse
import json
import logging
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from leora_core.store.database import postgres_engine
from sync.ids import new_id
from sync.server_tables import tenant
from sync.simulation.walk import Outcome, as_json, walk
from sync.simulation.world import World
from sync.tenants import Tenants

BROKEN = 2
"""The exit code when a promise was broken."""
_LARGEST_SEED = 1 << 32
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb `simulate`."""
    about = "let simulated laptops work against a server made for them, through every fault there is"
    verb = verbs.add_parser("simulate", help=about, description=about)
    verb.add_argument("--devices", type=_above_zero, default=3, metavar="N", help="laptops at the start")
    verb.add_argument("--steps", type=_above_zero, default=1_000, metavar="M", help="things that happen")
    verb.add_argument("--seed", type=int, metavar="S", help="the same one lets the same things happen again")
    verb.add_argument("--json", action="store_true")


def run(args: argparse.Namespace, tenants: Tenants) -> int:
    """Simulate and print what came of it; 0 when every promise held. The server's own tenants are not touched."""
    seed = random.randrange(_LARGEST_SEED) if args.seed is None else args.seed
    if not args.json:
        print(f"seed {seed}", flush=True)
    logging.disable(logging.ERROR)
    try:
        with _company(tenants, args.devices) as world:
            outcome = walk(world, args.steps, seed)
    finally:
        logging.disable(logging.NOTSET)
    _tell(outcome, as_text=not args.json)
    return BROKEN if outcome.violations else 0


def fast_folder() -> str | None:
    """Where files live in memory, if the system says so: nothing of a simulation has to outlive it."""
    return str(_IN_MEMORY) if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) else None


def _above_zero(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


@contextmanager
def _company(tenants: Tenants, devices: int) -> Iterator[World]:
    """A world in a folder of its own, gone afterwards: every third laptop is a manager's."""
    folder = Path(tempfile.mkdtemp(prefix="leora-simulation-", dir=fast_folder()))
    slug = f"simulated-{new_id()[-12:]}"
    managers = max(1, devices // 3)
    reps = max(1, devices - managers)
    try:
        with World.make(
            folder, reps=reps, managers=managers, database=tenants.database_url, slug=slug, exchange_only=True
        ) as world:
            names = [f"rep{number + 1}" for number in range(reps)] + [f"boss{number + 1}" for number in range(managers)]
            for person in names[:devices]:
                world.enrol(f"laptop-of-{person}", person)
            yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if tenants.database_url is not None:
            _drop(tenants.database_url, slug)


def _drop(database_url: str, slug: str) -> None:
    """Take the simulated tenant off the PostgreSQL server."""
    engine = postgres_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "t_{slug.replace("-", "_")}" CASCADE')
        connection.exec_driver_sql("SET LOCAL search_path TO leora_control")
        connection.execute(sa.delete(tenant).where(tenant.c.slug == slug))
    engine.dispose()


def _tell(outcome: Outcome, *, as_text: bool) -> None:
    said = as_json(outcome)
    if not as_text:
        print(json.dumps(said))
        return
    rate = said["steps_per_second"]
    print(f"{said['steps']} steps, {said['commands']} commands on {said['devices']} laptops, {rate} steps/s")
    print(", ".join(f"{kind} {said[kind]}" for kind in ("lost", "duplicate", "stuck", "leaked", "wrong")))
    for violation in said["violations"]:
        print(f"  {violation}")
