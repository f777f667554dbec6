"""One door to the house: `python3 dev.py demo` shows it at work, `python3 dev.py test` proves it.

Standard library only, Python 3.11 or newer, on Debian, macOS and Windows. Everything it installs
lands in `.venv` beside this file, from the hashes in `requirements.lock`; missing Debian packages
are installed where that needs no password, and named where it does.
"""

from __future__ import annotations  # so that an older Python gets far enough to be told so

import argparse
import contextlib
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
VOICE_LOCK = ROOT / "requirements-voice.lock"
STAMP = VENV / "set-up"
WINDOWS = os.name == "nt"
PROGRAMS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = PROGRAMS / ("python.exe" if WINDOWS else "python")

QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
TEST_PROGRAMS = {"initdb": "postgresql", "dbus-run-session": "dbus", "gnome-keyring-daemon": "gnome-keyring"}


class Stop(Exception):
    """The verb cannot go on; the text says why and what to do."""


# The machine


def missing_debian_packages(for_tests: bool) -> list[str]:
    """Names of the Debian packages that are not there; empty on macOS and Windows."""
    if not sys.platform.startswith("linux"):
        return []
    known = shutil.which("ldconfig") or "/sbin/ldconfig"
    if not Path(known).exists():
        return []
    listing = subprocess.run([known, "-p"], capture_output=True, text=True, check=False).stdout
    missing = [package for library, package in QT_LIBRARIES.items() if library not in listing]
    if for_tests:
        missing += [package for program, package in TEST_PROGRAMS.items() if not program_is_there(program)]
    return missing


def program_is_there(name: str) -> bool:
    """Whether a program is on the path, or where Debian keeps PostgreSQL's."""
    return bool(shutil.which(name) or list(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))


def provide_debian_packages(for_tests: bool) -> None:
    """Install what is missing where that needs no password, else say the one command. Never fails."""
    missing = missing_debian_packages(for_tests)
    if not missing:
        return
    install = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", *missing]
    become = become_root()
    if shutil.which("apt-get") and become is not None:
        say("Installing Debian packages: " + " ".join(missing))
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        update = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", "update"]
        if all(call([*become, *step], env=quiet, quiet=True) == 0 for step in (update, install)):
            return
    say("Some system packages are missing; what needs them will be skipped or fail. On Debian or Ubuntu:")
    say("    sudo apt-get update && sudo apt-get install -y --no-install-recommends " + " ".join(missing))


def become_root() -> list[str] | None:
    """The words to put before a command so that root runs it, or None when that would ask for a password."""
    if WINDOWS:
        return None
    if os.geteuid() == 0:
        return []
    may = shutil.which("sudo") and call(["sudo", "-n", "true"], quiet=True) == 0
    return ["sudo", "-n"] if may else None


# The virtual environment


def set_up(again: bool = False) -> None:
    """Make or mend `.venv` and install what the lock names; nothing to do when neither changed."""
    if not LOCK.exists():
        raise Stop("requirements.lock is missing. Take it from the repository again, or make one: python3 dev.py lock")
    provide_environment()
    want = {"requirements": fingerprint(LOCK), "project": fingerprint(ROOT / "pyproject.toml")}
    have = {} if again else read_stamp()
    if have.get("requirements") != want["requirements"]:
        say("Installing what requirements.lock names into .venv (about a minute the first time) ...")
        install(["--require-hashes", "-r", str(LOCK)])
    if have != want:
        install(["--no-deps", "--no-build-isolation", "-e", str(ROOT)])
        STAMP.write_text("".join(f"{key} {value}\n" for key, value in want.items()), encoding="utf-8")


def provide_environment() -> None:
    """Make `.venv`, or make it again when its Python does not run, is too old or has no pip."""
    probe = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    if PYTHON.exists() and call([str(PYTHON), "-c", probe], quiet=True) == 0:
        return
    if VENV.exists():
        say(".venv is broken; making it again ...")
        shutil.rmtree(VENV)
    if call([sys.executable, "-m", "venv", str(VENV)], quiet=True) == 0:
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    become = become_root()
    if become is not None and shutil.which("apt-get"):
        say(f"Installing the Debian package {package} ...")
        call([*become, "apt-get", "-qq", "update"], quiet=True)
        call([*become, "apt-get", "install", "-y", "--no-install-recommends", package], quiet=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if call([sys.executable, "-m", "venv", str(VENV)]) != 0:
        raise Stop(f"Could not make .venv. On Debian or Ubuntu: sudo apt-get install {package}")


def install(arguments: list[str]) -> None:
    """Install with uv where it can be had, else with pip. Raises Stop when both fail."""
    verb = ["install", "--quiet", *arguments]
    if provide_uv() and tool("uv", "pip", *verb, "--python", str(PYTHON), env=uv_environment()) == 0:
        return
    if tool("pip", *verb, "--no-input") != 0:
        raise Stop("Installing failed; the lines above say why. Check the network and pip's settings, then try again.")


def provide_uv() -> bool:
    """Whether uv is in `.venv`; tries to put the locked one there, checked by its hash."""
    if call([str(PYTHON), "-c", "import uv"], quiet=True) == 0:
        return True
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder, "uv.txt")
        pinned.write_text(locked_block("uv"), encoding="utf-8")
        wanted = ["--require-hashes", "--no-deps", "-r", str(pinned)] if pinned.stat().st_size else ["uv"]
        return call([str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", *wanted], quiet=True) == 0


def locked_block(name: str) -> str:
    """The lines of requirements.lock that pin `name` and its hashes; empty when it is not there."""
    lines: list[str] = []
    inside = False
    for line in LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []:
        inside = line.startswith(f"{name}==") if not line.startswith(" ") else inside
        if inside:
            lines.append(line)
    return "\n".join(lines)


def uv_environment() -> dict[str, str]:
    """The children's environment with pip's own network settings, which uv does not read by itself."""
    environment = child_environment()
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, env=environment, check=False
    ).stdout
    settings = {}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        settings[key.rpartition(".")[2]] = value.strip().strip("'\"")
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "proxy": "HTTPS_PROXY"}
    for key, name in names.items():
        if settings.get(key):
            environment.setdefault(name, settings[key])
    environment["UV_NO_CONFIG"] = "1"
    return environment


def read_stamp() -> dict[str, str]:
    """What the last set-up here installed: name to fingerprint."""
    with contextlib.suppress(OSError, ValueError):
        return dict(line.split(" ", 1) for line in STAMP.read_text(encoding="utf-8").splitlines())
    return {}


def fingerprint(path: Path) -> str:
    """A hash of the file, of where the checkout stands and of the Python that made `.venv`."""
    circumstances = f"{ROOT}\n{platform.python_version()}\n".encode()
    return hashlib.sha256(circumstances + path.read_bytes()).hexdigest()


# Child processes


def child_environment() -> dict[str, str]:
    """This environment with `.venv` first, free of another environment's traces, and with some home."""
    dropped = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "__PYVENV_LAUNCHER__"}
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    environment["VIRTUAL_ENV"] = str(VENV)
    environment["PATH"] = os.pathsep.join([str(PROGRAMS), environment.get("PATH", os.defpath)])
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PYTHONUTF8"] = "1"
    if not WINDOWS and not environment.get("HOME"):
        home = ROOT / "build" / "home"
        home.mkdir(parents=True, exist_ok=True)
        environment["HOME"] = str(home)
    return environment


def call(command: list[str], env: dict[str, str] | None = None, quiet: bool = False) -> int:
    """Run a command in the checkout and return its exit code; Ctrl+C and termination reach it too.

    `quiet` holds its output back, whatever comes of it. A program that is not there gives 127.
    """
    sink = subprocess.DEVNULL if quiet else None
    try:
        child = subprocess.Popen(command, cwd=ROOT, env=env or child_environment(), stdout=sink, stderr=sink)
    except OSError as error:
        if not quiet:
            say(f"Could not start {command[0]}: {error}")
        return 127
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        return wait_for(child)
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_for(child: subprocess.Popen[bytes]) -> int:
    """The child's exit code as a shell gives it. After Ctrl+C it has 5 seconds to notice by itself."""
    patience: float | None = None
    while True:
        try:
            code = child.wait(timeout=patience)
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            patience = 5
        except subprocess.TimeoutExpired:
            patience = None
            child.send_signal(signal.SIGTERM if WINDOWS else signal.SIGINT)


def tool(name: str, *arguments: str, env: dict[str, str] | None = None) -> int:
    """Run `python -m name` of `.venv` and return its exit code."""
    return call([str(PYTHON), "-m", name, *arguments], env=env)


def program(name: str) -> str:
    """The path of an installed program of `.venv`."""
    return str(PROGRAMS / (name + (".exe" if WINDOWS else "")))


def say(sentence: str) -> None:
    """Print at once, so that our lines and the children's stay in order."""
    print(sentence, flush=True)


# The verbs


def setup(_options: argparse.Namespace) -> int:
    """make .venv and install everything into it"""
    provide_debian_packages(for_tests=True)
    set_up(again=True)
    say("Ready. Next: python3 dev.py demo")
    return 0


def check(_options: argparse.Namespace) -> int:
    """format, lint, types, import contracts, dead code"""
    set_up()
    return run_checks()


def run_checks() -> int:
    """Run every static check, so that one run shows all there is to mend. 0 or 1."""
    checks = {
        "ruff format": [program("ruff"), "format", "--check", "."],
        "ruff check": [program("ruff"), "check", "."],
        "mypy": [str(PYTHON), "-m", "mypy"],
        "lint-imports": [program("lint-imports")],
        "vulture": [str(PYTHON), "-m", "vulture"],
    }
    failed = []
    for name, command in checks.items():
        say(f"-- {name}")
        if call(command) != 0:
            failed.append(name)
    if failed:
        say("Checks failed: " + ", ".join(failed) + ".")
    return 1 if failed else 0


def test(options: argparse.Namespace) -> int:
    """check, then all tests; with arguments, pytest alone with those"""
    provide_debian_packages(for_tests=True)
    set_up()
    if not options.rest and run_checks() != 0:
        say("The tests were not run. `python3 dev.py test tests` runs them without the checks.")
        return 1
    offscreen = {**child_environment(), "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    return tool("pytest", *options.rest, env=offscreen)


def demo(options: argparse.Namespace) -> int:
    """a server, laptops and a day of work, on made or given data"""
    if options.data and not Path(options.data).is_dir():
        raise Stop(f"There is no folder {options.data}. Leave --data out to run on made data.")
    provide_debian_packages(for_tests=False)
    set_up()
    arguments = []
    for name in ("size", "seed"):
        if getattr(options, name) is not None:
            arguments += [f"--{name}", str(getattr(options, name))]
    for name in ("data", "out"):
        if getattr(options, name):
            arguments += [f"--{name}", str(Path(getattr(options, name)).absolute())]
    return tool("sync.demo", *arguments)


def run(options: argparse.Namespace) -> int:
    """start Leora Desktop; arguments are passed on"""
    provide_debian_packages(for_tests=False)
    set_up()
    if not options.rest and not (ROOT / "leora_desktop" / "ui").is_dir():
        say("Leora Desktop has no window yet; it works from the command line.")
        say("See it work: python3 dev.py demo. See its verbs: python3 dev.py run --help")
        return 1
    return tool("leora_desktop", *options.rest)


def lock(options: argparse.Namespace) -> int:
    """resolve the dependencies again into both lock files; --upgrade takes newer versions"""
    provide_environment()
    if not provide_uv():
        raise Stop("uv could not be installed. Check the network and pip's settings, then run this again.")
    clean = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    extras = ["--extra", "desktop", "--extra", "server", "--extra", "dev"]
    voice = ["--extra", "voice", "--constraints", LOCK.name]
    for chosen, out in ((extras, LOCK), (voice, VOICE_LOCK)):
        command = ["pip", "compile", "pyproject.toml", *chosen, *clean, *options.rest, "-o", out.name]
        code = tool("uv", *command, env=uv_environment())
        if code != 0:
            return code
        if "://" in out.read_text(encoding="utf-8"):
            raise Stop(f"{out.name} names a host. Locks carry hashes only; look at the index settings and lock again.")
    say(f"{LOCK.name} and {VOICE_LOCK.name} are fresh. Commit both with pyproject.toml.")
    return 0


def bundle(options: argparse.Namespace) -> int:
    """build the laptop's folder with PyInstaller"""
    set_up()
    if call([str(PYTHON), "-c", "import PyInstaller"], quiet=True) != 0:
        raise Stop(f"PyInstaller is not installed. Run: {PYTHON.relative_to(ROOT)} -m pip install pyinstaller")
    return tool("PyInstaller", "--noconfirm", "leora.spec", *options.rest)


VERBS: tuple[Callable[[argparse.Namespace], int], ...] = (demo, test, run, check, setup, lock, bundle)
PASSING_ON = {"test", "run", "lock", "bundle"}


def parser() -> argparse.ArgumentParser:
    """The command line: one verb and its options."""
    line = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0], allow_abbrev=False)
    verbs = line.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        sub = verbs.add_parser(verb.__name__, help=verb.__doc__, description=verb.__doc__, allow_abbrev=False)
        sub.set_defaults(do=verb)
        if verb is demo:
            sub.add_argument("--size", choices=("small", "full"), help="how much data to make")
            sub.add_argument("--data", metavar="DIR", help="a folder with real input to work on")
            sub.add_argument("--seed", type=int, metavar="N", help="the same seed makes the same day")
            sub.add_argument("--out", metavar="DIR", help="where results go (demo-output)")
    return line


def main() -> int:
    """Do what the command line asks; the exit code is the child's."""
    words = sys.argv[1:]
    passed_on = words[1:] if words[:1] and words[0] in PASSING_ON else []
    options = parser().parse_args(words[: len(words) - len(passed_on)])
    options.rest = passed_on
    try:
        verb: Callable[[argparse.Namespace], int] = options.do
        return verb(options)
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        this = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(f"Leora needs Python 3.11 or newer; this is {this}. Run dev.py with a newer one, such as python3.11.")
    sys.exit(main())
