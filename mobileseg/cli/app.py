"""The typer application. A verb's options, help and printing are in the file of its name; here they are registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from mobileseg.cli import (
    advise,
    compare,
    devices,
    doctor,
    evaluate,
    export,
    finetune,
    info,
    latency,
    list_models,
    predict,
    report,
    results,
    sensitivity,
    sweep,
    worker,
)
from mobileseg.cli.verb import EXIT_CODES, Quiet, Verbose, choose_level, register

app = typer.Typer(
    name="mobileseg",
    help="Segmentation networks from their authors' checkpoints to verified files on phones.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    if version:
        import mobileseg

        typer.echo(f"mobileseg {mobileseg.__version__}")
        raise typer.Exit
    choose_level(verbose, quiet)
    if context.invoked_subcommand is None:
        raise typer.Exit(2)


VERBS: dict[str, Callable[..., None]] = {  # in the order of use
    "export": export.export,
    "compare": compare.compare,
    "evaluate": evaluate.evaluate,
    "predict": predict.predict,
    "latency": latency.latency,
    "devices": devices.devices,
    "advise": advise.advise,
    "sweep": sweep.sweep,
    "worker": worker.worker,
    "sensitivity": sensitivity.sensitivity,
    "finetune": finetune.finetune,
    "report": report.report,
    "results": results.results,
    "list": list_models.list_models,
    "info": info.info,
    "doctor": doctor.doctor,
}
for _name, _function in VERBS.items():
    register(app, _name, _function)
