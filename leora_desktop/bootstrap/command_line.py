"""The words of the command line and the request they make."""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from leora_desktop.bootstrap.verbs import VERBS

BATCH = "batch"
_BATCH_SUMMARY = "many verbs in one program: JSON lines in, one JSON line out for each"
NO_WINDOW = "The window of Leora Desktop comes with a later version; until then it works by these verbs:"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in the form of every other refusal."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"usage: {message}. `{self.prog} --help` says more.\n")


def parser() -> argparse.ArgumentParser:
    """The command line. The common options may stand before or after the verb."""
    common = _common()
    line = _Parser(prog="leora-desktop", description=NO_WINDOW, parents=[common], allow_abbrev=False)
    verbs = line.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, known in VERBS.items():
        sub = verbs.add_parser(name, help=known.summary, parents=[common], allow_abbrev=False)
        _OPTIONS.get(name, _no_options)(sub)
    verbs.add_parser(BATCH, help=_BATCH_SUMMARY, parents=[common], allow_abbrev=False)
    return line


def verb_list() -> str:
    """The verbs, a line each."""
    lines = {name: known.summary for name, known in VERBS.items()} | {BATCH: _BATCH_SUMMARY}
    return "\n".join(f"  {name:<10} {summary}" for name, summary in lines.items())


def _common() -> _Parser:
    # Nothing by default, or what stood before the verb would be lost.
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--profile", type=Path, metavar="DIR", help="the folder of one signed-in person")
    common.add_argument("--json", action="store_true", help="answer in JSON")
    common.add_argument("--vault", type=Path, metavar="FILE", help="keep the keys in this file, not in the keyring")
    common.add_argument("--vault-passphrase-fd", type=int, metavar="N", help="read the vault's passphrase there")
    return common


def _no_options(_: argparse.ArgumentParser) -> None:
    pass


def _sign_in(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--server", required=True, metavar="URL")
    sub.add_argument("--tenant", required=True, metavar="SLUG")
    sub.add_argument("--email", required=True)
    sub.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _sign_out(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--abandon", action="store_true", help="give up what was not sent")


def _prove(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--deep", action="store_true", help="compare the contents of every row")


def _query(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("name")
    sub.add_argument("--param", action="append", default=[], metavar="k=v", help="may be given many times")


def _do(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("command")
    sub.add_argument("--at", metavar="INSTANT", help="when it was done (now)")
    sub.add_argument("--id", metavar="UUID", help="the command's id (a new one)")


def _schema(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("command")


def _outbox(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("action", nargs="?", choices=("discard", "edit", "export"))
    sub.add_argument("target", nargs="?", metavar="ID|FILE")


_OPTIONS = {
    "sign-in": _sign_in,
    "sign-out": _sign_out,
    "prove": _prove,
    "query": _query,
    "do": _do,
    "schema": _schema,
    "outbox": _outbox,
}


def reads_payload(options: argparse.Namespace) -> bool:
    """Whether the verb takes a payload on standard input."""
    verb: str = options.verb
    return verb == "do" or (verb == "outbox" and options.action == "edit")


def request_of(options: argparse.Namespace) -> dict[str, Any]:
    """The request these options make, without what comes on standard input. Raises ValueError with a sentence."""
    given = vars(options)
    fields = (*VERBS[options.verb].needs, *VERBS[options.verb].takes)
    request: dict[str, Any] = {"verb": options.verb}
    request |= {field: given[field] for field in fields if given.get(field) is not None}
    if options.verb == "query":
        request["params"] = dict(map(_pair, options.param))
    if options.verb == "outbox" and options.target is not None:
        request["file" if options.action == "export" else "id"] = options.target
    return request


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise ValueError(f"--param wants name=value, not {text!r}")
    return name, value
