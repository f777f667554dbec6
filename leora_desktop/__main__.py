"""The command `leora-desktop`: one verb, then its answer on standard output and an exit code.

0 done · 2 refused (code and sentence on standard error) · 3 unavailable · 1 a fault of the program.
"""

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from leora_core.domain.command import Rejected
from leora_desktop.bootstrap.batch import encode, run_batch
from leora_desktop.bootstrap.command_line import BATCH, NO_WINDOW, parser, reads_payload, request_of, verb_list
from leora_desktop.bootstrap.replies import DONE, REJECTED, Reply, attempt
from leora_desktop.bootstrap.session import Session
from leora_desktop.bootstrap.verbs import parse_payload
from leora_desktop.bootstrap.words import in_words
from leora_desktop.paths import Profile, default_profile

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    options = parser().parse_args(arguments)
    as_json = getattr(options, "json", False)
    try:
        if options.verb is None:
            _say(sys.stdout.buffer, f"{NO_WINDOW}\n{verb_list()}")
            return DONE
        with _session(options) as session:
            if options.verb == BATCH:
                run_batch(session, sys.stdin.buffer, sys.stdout.buffer)
                return DONE
            reply = _run(session, options)
    except Rejected as refused:
        reply = Reply(exit=REJECTED, code=refused.code, sentence=refused.sentence)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our answer has gone; say nothing more, at exit neither.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    # A schema is JSON whoever reads it.
    _tell(reply, as_json or (options.verb == "schema" and reply.exit == DONE))
    return reply.exit


def _session(options: argparse.Namespace) -> Session:
    vault = getattr(options, "vault", None)
    folder = getattr(options, "profile", None) or default_profile()
    return Session(
        Profile(folder.expanduser().absolute()),
        vault=vault.expanduser().absolute() if vault else None,
        passphrase=_passphrase(getattr(options, "vault_passphrase_fd", None)),
    )


def _run(session: Session, options: argparse.Namespace) -> Reply:
    try:
        request = request_of(options)
        if options.verb == "sign-in":
            request["password"] = _password(options.password_stdin)
        if reads_payload(options):
            request["payload"] = parse_payload(sys.stdin.buffer.read())
    except ValueError as error:
        raise Rejected("usage", why=str(error))
    return attempt(session, request)


def _password(on_stdin: bool) -> str:
    if on_stdin:
        return sys.stdin.buffer.read().decode().rstrip("\r\n")
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    raise ValueError("sign-in needs --password-stdin where nobody can be asked")


def _passphrase(descriptor: int | None) -> Callable[[], str | None]:
    """How to get the vault's passphrase. A descriptor is read now: what follows on it belongs to the verb."""
    if descriptor is not None:
        given = _first_line(descriptor)
        return lambda: given
    return lambda: getpass.getpass("Passphrase of the vault: ") if sys.stdin.isatty() else None


def _first_line(descriptor: int) -> str:
    """The first line, read byte by byte so that what follows is left for others."""
    line = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as error:
        raise Rejected("usage", why=f"--vault-passphrase-fd {descriptor} cannot be read ({error.strerror})")
    return line.decode().rstrip("\r")


def _tell(reply: Reply, as_json: bool) -> None:
    if reply.exit == DONE:
        text = encode(reply.result).decode() if as_json else in_words(reply.result)
        _say(sys.stdout.buffer, text)
        return
    _say(sys.stderr.buffer, encode(reply.as_json).decode() if as_json else f"{reply.code}: {reply.sentence}")


def _say(out: BinaryIO, text: str) -> None:
    """UTF-8 whatever the terminal thinks it speaks."""
    out.write(text.encode(errors="replace") + b"\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
