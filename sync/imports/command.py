"""`leora-sync import`: files in, and out again."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sync.imports.applying import run_import
from sync.imports.kinds import KINDS
from sync.imports.prepared import source_of
from sync.imports.problems import FileRefused
from sync.imports.recipe import recipes
from sync.imports.undo import list_imports, undo_import
from sync.tenants import Tenant, Tenants

_ACTIONS = ("undo", "list", "recipes")
_REFUSED = 2
_EPILOG = """
import SLUG KIND FILE    bring a file in; KIND is one of accounts, contacts, products, prices, stock, orders
import SLUG list         the imports there were
import SLUG undo ID      take one back: rows nobody changed since vanish or become what they were
import SLUG recipes      the shapes of file that are known

stock is the sample bottles reps have when the books are opened: e-mail, SKU code, quantity.
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "import",
        help="bring in accounts, contacts, products, prices, stock or orders",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("slug", metavar="SLUG")
    parser.add_argument("what", nargs="?", metavar="KIND|undo|list|recipes")
    parser.add_argument("file", nargs="?", metavar="FILE|ID")
    parser.add_argument("--recipe", help="how the file is to be understood; see `import SLUG recipes`")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
    parser.add_argument("--skip-bad", action="store_true", help="import the good rows although others are wrong")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", dest="constants", help="a value for every row"
    )


def run(args: argparse.Namespace, tenants: Tenants) -> int:
    """Do what the command line says; 0 when it was done, 1 when refused, 2 when the call makes no sense."""
    slug, what, target = _sorted_out(args)
    if what == "recipes":
        return _recipes(as_json=args.json)
    tenant = tenants.get(slug)
    if tenant is None:
        return _say_no(f"There is no tenant {slug}. Make it with `tenant create`, or correct the name.", _REFUSED)
    if what == "list":
        return _list(tenant, as_json=args.json)
    if what not in KINDS and what != "undo":
        return _say_no(f"Say what to import: one of {', '.join((*KINDS, *_ACTIONS))}.", _REFUSED)
    if target is None:
        return _say_no(f"Name the {'import to undo' if what == 'undo' else 'file'}.", _REFUSED)
    try:
        return _undo(tenant, target, args) if what == "undo" else _import(tenant, what, target, args)
    except FileRefused as refused:
        if args.json:
            _print_json({"ok": False, "written": False, "sentence": str(refused)})
        return _say_no(str(refused), _REFUSED)


def _sorted_out(args: argparse.Namespace) -> tuple[str, str, str | None]:
    """Slug, action and target; `import undo SLUG ID` and `import recipes` are understood too."""
    slug, what, target = args.slug, args.what, args.file
    if slug in _ACTIONS and what not in KINDS and what not in _ACTIONS:
        slug, what = what or "", slug
    return slug, what or "", target


def _import(tenant: Tenant, kind: str, file: str, args: argparse.Namespace) -> int:
    constants = {}
    for setting in args.constants:
        name, equals, value = setting.partition("=")
        if not equals:
            raise FileRefused(f"--set {setting} lacks a value. Write --set field=value.")
        constants[name.strip()] = value.strip()
    source = source_of(Path(file), kind, args.recipe, constants)
    report = run_import(tenant, source, dry_run=args.dry_run, skip_bad=args.skip_bad)
    if args.json:
        _print_json(report.as_json())
    else:
        _print(report.lines())
    return 0 if report.ok else _REFUSED


def _undo(tenant: Tenant, batch_id: str, args: argparse.Namespace) -> int:
    undone = undo_import(tenant, batch_id)
    if args.json:
        _print_json({"ok": True, **undone.as_json()})
    else:
        _print(undone.lines())
    return 0


def _list(tenant: Tenant, *, as_json: bool) -> int:
    batches = list_imports(tenant)
    if as_json:
        _print_json({"imports": batches})
        return 0
    _print(
        f"{b['id']}  {b['imported_at'][:16]}  {b['kind']:<9} {b['rows_read']:>7,} rows  {b['file_name']}"
        + (f"  undone {b['undone_at'][:16]}" if b["undone_at"] else "")
        for b in batches
    )
    if not batches:
        _print(["No imports yet. Bring a file in with `import SLUG KIND FILE`."])
    return 0


def _recipes(*, as_json: bool) -> int:
    known = recipes().values()
    if as_json:
        _print_json({"recipes": [{"name": r.name, "kind": r.kind, "summary": r.summary} for r in known]})
    else:
        _print(f"{recipe.name:<18} {recipe.kind:<9} {recipe.summary}" for recipe in known)
    return 0


def _print(lines: Any) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _say_no(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code
