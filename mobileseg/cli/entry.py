"""The entry point: what goes wrong becomes one message and an exit code."""

from __future__ import annotations

import functools
import gc
import io
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from mobileseg.cli import interrupt, voice
from mobileseg.cli.app import app
from mobileseg.errors import MobilesegError
from mobileseg.files import of_the_system

NAME = "mobileseg"
INTERRUPTED = 130  # 128 + SIGINT, as shells count
UNEXPECTED = 70  # EX_SOFTWARE of sysexits.h
ENVIRONMENT = {
    # Looking for plugins of pydantic, which typer uses, reads the metadata of every installed package: a tenth of `list`.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    # torch's threads wait for each other thousands of times in one forward pass. Where another program has a core, those that
    # wait by spinning keep the one that is waited for from running: sixty times slower was measured, two programs on two cores.
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""What libraries read when they are loaded; what a user has set stays."""
# Exporters make millions of objects that stay, and a full collection looks at all of them: a tenth of an export's time. One in 100
# young collections is full instead of one in ten, and a young one comes after 20,000 objects instead of 700.
COLLECTIONS = (20_000, 20, 100)
ROOM_FOR_BYTECODE = 64 << 20  # bytes; the largest module of any target's libraries is compiled to 2 MB


def main() -> None:
    """Entry point: every expected failure is one message and an exit code."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(*COLLECTIONS)
    if not room_for_bytecode():
        sys.dont_write_bytecode = True
    if isinstance(sys.stdout, io.TextIOWrapper):  # as standard error is: a name may have letters that a console lacks
        sys.stdout.reconfigure(errors="backslashreplace")
    interrupt.install()
    _leave(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line, by default this process's. What goes wrong is said on standard error."""
    try:
        # The code of an early exit, and 130 for Ctrl-C.
        code = _command()(arguments, prog_name=NAME, standalone_mode=False) or 0
        if code == INTERRUPTED:
            _say_interrupted()
    except MobilesegError as error:
        code = _fail(error)
    except typer.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say_interrupted()
        code = INTERRUPTED
    except BrokenPipeError:
        code = 0
    except OSError as error:
        ours = of_the_system(error)
        code = _unexpected(error) if ours is None else _fail(ours)
    except Exception as error:
        show = getattr(error, "show", None)  # click's usage errors know how to print themselves
        if show is None:
            code = _unexpected(error)
        else:
            show()
            code = int(getattr(error, "exit_code", 2))
    return int(code)


@functools.cache
def _command() -> Any:
    """The parser: typer makes it of the signatures, which takes as long as most that is refused."""
    return typer.main.get_command(app)


def room_for_bytecode() -> bool:
    """Whether the bytecode of what is imported from here on can be kept whole beside it.

    Where it cannot, Python 3.11 to 3.13.0 keeps the half that fits, and every later command ends in "marshal data too short"
    (https://github.com/python/cpython/issues/126606).
    """
    if shutil.disk_usage(sys.prefix).free <= ROOM_FOR_BYTECODE:
        return False
    try:
        import resource
    except ImportError:  # Windows limits no file's size
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit == resource.RLIM_INFINITY


def _say_interrupted() -> None:
    typer.echo(interrupt.word(), err=True)


def _fail(error: MobilesegError) -> int:
    for label, text in (("error: expected", error.expected), ("found", error.found), ("fix", error.fix)):
        typer.echo(f"{label:>15}  {text}", err=True)
    return error.exit_code


def _unexpected(error: Exception) -> int:
    """What nobody foresaw, such as a converter that fails: one message with the last that it said; all of it with ``-v``."""
    if voice.level() is voice.Level.VERBOSE:
        import traceback

        traceback.print_exception(error)
    else:
        text = str(error).strip().splitlines() or ["no reason was given"]
        typer.echo(f"unexpected error: {type(error).__name__}: {text[0]}", err=True)
        for note in getattr(error, "__notes__", ()):
            typer.echo(note, err=True)
        typer.echo(
            "fix: run it again with -v for the traceback and all that the libraries say, and report it", err=True
        )
    return UNEXPECTED


def _leave(code: int) -> NoReturn:
    """Exit without running native libraries' destructors: they report leaks of their own that nobody here can fix."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        if "torch" in sys.modules:
            os._exit(code)
        sys.exit(code)
