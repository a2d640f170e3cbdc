"""``sweep``: options, the cells on the screen, and what follows from them."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json
from mobileseg.cli.progress import stages

if TYPE_CHECKING:
    from mobileseg.fleet.summary import SweepPlan, SweepResult

SHOWN = 40  # cells of a plan; all of them are in the JSON


def sweep(
    plan: Annotated[str, typer.Argument(help="The plan, a TOML file: see the guide on sweeps.", show_default=False)],
    store: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where results are kept and known ones are found.")
    ] = "sweep-store",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the cells, what is known of them, and hours by device; run nothing.")
    ] = False,
    retry: Annotated[
        str | None,
        typer.Option(metavar="failed", help="Do again what failed in earlier runs. Default: failures are results."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="A Dask scheduler with workers, tcp://HOST:PORT. Default: workers on this machine."
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Exports and comparisons at once. Default: one for each core, as memory allows.")
    ] = None,
    patience: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long to wait for devices that are not there, when all else is done."),
    ] = 600.0,
    share: Annotated[
        bool,
        typer.Option(
            "--share/--no-share", help="Workers that see the store on their own disk use it; else files are sent."
        ),
    ] = True,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Export, verify, compare and measure every cell of a plan.

    Each step is done once and kept by the content of what went into it. A sweep that was interrupted resumes when it is repeated; a cell
    that fails is a result with its error, and ends the command with exit code 1. Cells whose device was not there end it with 4.
    """
    from mobileseg import fleet

    output = json_output(json_file, force)
    if dry_run:
        planned = fleet.plan_sweep(Path(plan), store=store)
        if output is not None:
            output.write(planned.to_json())
        _show_plan(planned)
        return
    found = fleet.sweep(
        Path(plan),
        store=store,
        scheduler=scheduler,
        jobs=jobs,
        retry=retry,
        patience=patience,
        share=share,
        progress=stages(),
    )
    if output is not None:
        output.write(found.to_json())
    _show(found, store)
    found.check()


def _show_plan(planned: SweepPlan) -> None:
    from mobileseg.cli.console import results, say
    from mobileseg.cli.tables import add, table

    made = table("cell", "known", "to do")
    for cell in planned.cells[:SHOWN]:
        to_do = "refused" if cell.failure else ", ".join(cell.open) or "nothing"
        add(made, _name(cell.axes), ", ".join(cell.known) or "nothing", to_do)
    results().print(made)
    if len(planned.cells) > SHOWN:
        say(f"and {len(planned.cells) - SHOWN} more cells")
    for failure, count in Counter(str(cell.failure) for cell in planned.cells if cell.failure).items():
        say(f"{count} {'cell' if count == 1 else 'cells'} refused: {failure}")
    say(f"{len(planned.cells)} cells, {planned.open_steps} steps to do")
    for place, hours in planned.hours.items():
        strange = planned.unknown.get(place, 0)
        known = f"{hours:.2f} h" if hours else "no hours"
        say(f"{place}: {known}{f', and {strange} steps that were never done before: not measured' if strange else ''}")


def _show(found: SweepResult, store: str) -> None:
    from mobileseg.cli.console import percent, results, say
    from mobileseg.cli.tables import add, table

    made = table("cell", "status", "median ms", "p90 ms", "agreement", "mIoU", "verdict")
    for cell in found.cells:
        times, compared = cell.figures.get("latency", {}), cell.figures.get("compare", {})
        add(
            made, _name(cell.axes), _status(cell.status, cell.failed_stage), _ms(times.get("median_ms")), _ms(times.get("p90_ms")),
            percent(_number(compared.get("agreement"))), percent(_number(compared.get("miou"))),
            str(compared.get("verdict", "not measured")),
        )  # fmt: skip
    results().print(made)
    for cell in found.cells:
        if cell.status != "done":
            say(f"{_name(cell.axes)}: {cell.failure or cell.why}")
    for device, reason in found.away.items():
        say(f"{device}: {reason}")
    say(
        f"{found.done_now} of {found.steps} steps done now, in {found.seconds:.0f} s; the others were known or were not done"
    )
    say(f"as a page: mobileseg report {shlex.quote(store)}")


def _status(status: str, stage: str | None) -> str:
    return f"{status}: {stage}" if stage else status


def _name(axes: dict[str, str]) -> str:
    return " ".join(value for value in axes.values() if value != "default")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ms(value: object) -> str:
    number = _number(value)
    return "not measured" if number is None else f"{number:.3f}"
