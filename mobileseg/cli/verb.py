"""What every verb has: ``-v`` and ``-q``, progress, and the exit codes in its help."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from mobileseg.cli import voice
from mobileseg.cli.progress import stages

EXIT_CODES = (
    "Exit codes: 0 good; 1 a gate failed; 2 the request was wrong; 3 this machine lacks something; 4 too little was measured to say; "
    "70 an unexpected error; 130 interrupted."
)
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what converters and libraries print and log.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show results and errors only, no progress.")]
ADDED = {"verbose": Verbose, "quiet": Quiet}


def with_common_options(function: Callable[..., None]) -> Callable[..., None]:
    """``function`` with ``--verbose`` and ``--quiet``, which hold while it runs."""

    @functools.wraps(function)
    def run(*, verbose: bool, quiet: bool, **options: Any) -> None:
        choose_level(verbose, quiet)
        from mobileseg.progress import listen

        with voice.libraries_shown(), voice.notes_to(stages()), listen(stages().count):
            try:
                function(**options)
            finally:
                stages().close()

    signature = inspect.signature(function, eval_str=True)
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
        for name, annotation in ADDED.items()
    ]
    kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]  # what inspect reads
    run.__annotations__ = {**function.__annotations__, **ADDED}
    return run


def choose_level(verbose: bool, quiet: bool) -> None:
    """Raise ``RequestError`` for both at once; neither leaves what was chosen before the verb."""
    if verbose and quiet:
        from mobileseg.errors import RequestError

        raise RequestError(expected="--verbose or --quiet", found="both", fix="leave one of them out")
    if verbose or quiet:
        voice.set_level(voice.Level.VERBOSE if verbose else voice.Level.QUIET)


def register(app: typer.Typer, name: str, function: Callable[..., None]) -> None:
    """Add a verb."""
    app.command(name, epilog=EXIT_CODES)(with_common_options(function))
