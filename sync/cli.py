"""`leora-sync`: tenants, people, devices, serving, backup, proof.

Exit codes: 0 done, 2 refused (the sentence says why), 3 something is not there or cannot be reached,
1 a fault of ours.
"""

import argparse
import importlib
import json
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import psycopg
import sqlalchemy as sa

from leora_core.domain.command import Rejected
from leora_core.domain.identity import ROLES
from leora_core.store.upgrade import UpgradeFailed
from sync.administration import (
    Refused,
    device_list,
    device_revoke,
    parked_list,
    parked_retry,
    user_add,
    user_list,
    user_password,
    user_switch,
)
from sync.backup import BackupRefused, back_up, restore
from sync.check import check_tenant
from sync.passwords import PasswordUnusable
from sync.settings import ServerSettings, SettingsUnusable, load_settings, store_settings
from sync.tenants import Tenant, TenantRefused, Tenants

DONE, FAULT, REFUSED, UNAVAILABLE = 0, 1, 2, 3

_REFUSALS = (Rejected, Refused, TenantRefused, SettingsUnusable, PasswordUnusable, BackupRefused)
_OUTAGES = (
    OSError,
    UpgradeFailed,
    sa.exc.OperationalError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
)
_ELSEWHERE = {
    "import": ("sync.imports.command", "take in a file of another system, or take an import back"),
    "simulate": ("sync.simulation.command", "let simulated laptops work against this server"),
}
"""Verbs with a module of their own, loaded only when they are asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    try:
        return _run(args)
    except _REFUSALS as refused:
        return _say(refused, REFUSED)
    except _OUTAGES as outage:
        return _say(outage, UNAVAILABLE)
    except KeyboardInterrupt:
        return _say("Stopped.", DONE)
    except Exception:  # noqa: BLE001 - the last door before the shell
        traceback.print_exc()
        return FAULT


def _say(what: object, code: int) -> int:
    text = what.sentence if isinstance(what, Rejected) else str(what)
    print(text, file=sys.stderr)
    return code


def _run(args: argparse.Namespace) -> int:
    data: Path = args.data
    if args.verb == "restore":
        manifest = restore(args.file, data, args.database)
        store_settings(load_settings(data, args.database))
        print(f"restored {len(manifest.tenants)} tenants as of {manifest.made_at}")
        return DONE
    settings = load_settings(data, args.database)
    with closing(Tenants(data, settings.database)) as tenants:
        store_settings(settings)
        if args.verb in _ELSEWHERE:
            return int(importlib.import_module(_ELSEWHERE[args.verb][0]).run(args, tenants))
        return int(args.run(args, tenants, settings))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="leora-sync", description="The Leora sync server and its administration.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where everything is kept")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL server; remembered, so say it once")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_tenant(verbs)
    _add_user(verbs)
    _add_device(verbs)
    _add_parked(verbs)
    _add_serve(verbs)
    _add_upkeep(verbs)
    for name, (module, about) in _ELSEWHERE.items():
        if name in arguments:
            importlib.import_module(module).add_parser(verbs)
        else:
            verbs.add_parser(name, help=about)
    return parser


Verbs = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type no public name


def _add_tenant(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    acts = verbs.add_parser("tenant", help="companies").add_subparsers(dest="act", required=True)
    create = acts.add_parser("create", help="make one")
    create.add_argument("slug", metavar="SLUG", help="short name, a-z 0-9 -")
    create.add_argument("--name", required=True)
    create.add_argument("--timezone", required=True, metavar="ZONE", help="such as America/New_York")
    create.set_defaults(run=_tenant_create)
    acts.add_parser("list", help="all of them").set_defaults(run=_tenant_list)


def _add_user(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    acts = verbs.add_parser("user", help="people").add_subparsers(dest="act", required=True)
    add = acts.add_parser("add", help="add one; prints the user id")
    add.add_argument("slug", metavar="SLUG")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, action="append", choices=ROLES, help="may be said several times")
    add.add_argument("--territory")
    add.add_argument("--warehouse", action="append", default=[], metavar="ID", help="may be said several times")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.set_defaults(run=lambda args, tenants, _: user_add(_tenant(tenants, args.slug), args))
    listing = acts.add_parser("list", help="all of a tenant")
    listing.add_argument("slug", metavar="SLUG")
    listing.set_defaults(run=lambda args, tenants, _: user_list(_tenant(tenants, args.slug)))
    for act, command in (("disable", "DisableUser"), ("enable", "EnableUser")):
        switch = acts.add_parser(act)
        switch.add_argument("slug", metavar="SLUG")
        switch.add_argument("email", metavar="EMAIL")
        switch.set_defaults(
            command=command, run=lambda args, tenants, _: user_switch(_tenant(tenants, args.slug), args)
        )
    password = acts.add_parser("password", help="set one's password")
    password.add_argument("slug", metavar="SLUG")
    password.add_argument("email", metavar="EMAIL")
    password.add_argument("--password-stdin", action="store_true", required=True)
    password.set_defaults(run=lambda args, tenants, _: user_password(_tenant(tenants, args.slug), args))


def _add_device(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    acts = verbs.add_parser("device", help="installed replicas").add_subparsers(dest="act", required=True)
    listing = acts.add_parser("list", help="all of a tenant")
    listing.add_argument("slug", metavar="SLUG")
    listing.set_defaults(run=lambda args, tenants, _: device_list(_tenant(tenants, args.slug)))
    revoke = acts.add_parser("revoke", help="shut one out")
    revoke.add_argument("slug", metavar="SLUG")
    revoke.add_argument("device_id", metavar="DEVICE_ID")
    revoke.add_argument("--wipe", action="store_true", help="it erases itself at its next contact")
    revoke.set_defaults(run=lambda args, tenants, _: device_revoke(_tenant(tenants, args.slug), args))


def _add_parked(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    acts = verbs.add_parser("parked", help="commands a fault of the server kept from running").add_subparsers(
        dest="act", required=True
    )
    listing = acts.add_parser("list", help="all of a tenant")
    listing.add_argument("slug", metavar="SLUG")
    listing.set_defaults(run=lambda args, tenants, _: parked_list(_tenant(tenants, args.slug)))
    retry = acts.add_parser("retry", help="run one again, after the fault is mended; its device is told")
    retry.add_argument("slug", metavar="SLUG")
    retry.add_argument("version", type=int, metavar="VERSION")
    retry.set_defaults(run=lambda args, tenants, _: parked_retry(_tenant(tenants, args.slug), args))


def _add_serve(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("serve", help="answer laptops")
    verb.add_argument("--port", type=int, required=True, metavar="N", help="0 takes a free one")
    verb.add_argument("--host", default="127.0.0.1")
    verb.add_argument("--workers", type=int, default=1, metavar="K")
    verb.add_argument("--behind-tls", action="store_true", help="a TLS proxy stands before it")
    verb.set_defaults(run=_serve)


def _add_upkeep(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    for name, about in (("backup", "write everything to FILE"), ("restore", "fill an empty DIR from FILE")):
        verb = verbs.add_parser(name, help=about)
        verb.add_argument("file", type=Path, metavar="FILE")
        verb.set_defaults(run=_backup)
    verbs.add_parser("migrate", help="lift every tenant to this program's tables").set_defaults(run=_migrate)
    check = verbs.add_parser("check", help="prove that the data is what its history says")
    check.add_argument("slug", nargs="?", metavar="SLUG")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_check)


# -- verbs -----------------------------------------------------------------------------------------


def _tenant(tenants: Tenants, slug: str) -> Tenant:
    found = tenants.get(slug)
    if found is None:
        raise Refused(f"There is no tenant {slug}. `tenant list` shows those there are.")
    return found


def _tenant_create(args: argparse.Namespace, tenants: Tenants, _settings: ServerSettings) -> int:
    print(tenants.create(args.slug, args.name, args.timezone).slug)
    return DONE


def _tenant_list(_args: argparse.Namespace, tenants: Tenants, _settings: ServerSettings) -> int:
    for one in tenants.all():
        print(f"{one.slug}\t{one.name}\t{one.timezone}")
    return DONE


def _serve(args: argparse.Namespace, tenants: Tenants, settings: ServerSettings) -> int:
    behind = [one.slug for one in tenants.behind()]
    if behind:
        raise Refused(f"The tables of {', '.join(behind)} are not this program's. Run `migrate` first.")
    if not 0 <= args.port <= 65_535 or args.workers < 1:
        raise Refused("A port is 0 to 65535, and there is at least one worker.")
    tenants.close()
    # Only here is the web framework wanted; the other verbs start twice as fast without it.
    from sync.serving import Place, serve

    place = Place(args.host, args.port, args.behind_tls)
    serve(settings.data, place, args.workers, lambda url: print(f"listening on {url}", flush=True))
    return DONE


def _backup(args: argparse.Namespace, tenants: Tenants, _settings: ServerSettings) -> int:
    manifest = back_up(tenants, args.file)
    print(f"backed up {len(manifest.tenants)} tenants to {args.file}")
    return DONE


def _migrate(_args: argparse.Namespace, tenants: Tenants, _settings: ServerSettings) -> int:
    for one in tenants.all():
        ran = tenants.migrate(one)
        print(f"{one.slug}: {', '.join(ran) if ran else 'nothing to do'}")
    return DONE


def _check(args: argparse.Namespace, tenants: Tenants, _settings: ServerSettings) -> int:
    chosen = tenants.all() if args.slug is None else [_tenant(tenants, args.slug)]
    reports = [check_tenant(one) for one in chosen]
    sound = all(report.ok for report in reports)
    if args.json:
        said = [
            {"tenant": r.tenant, "version": r.version, "rows": r.rows, "problems": [asdict(p) for p in r.problems]}
            for r in reports
        ]
        print(json.dumps({"ok": sound, "tenants": said}))
    else:
        for report in reports:
            print(f"{report.tenant}: {report.rows} rows at version {report.version}, {len(report.problems)} problems")
            for problem in report.problems:
                print(f"  {problem.sentence}")
    return DONE if sound else REFUSED
