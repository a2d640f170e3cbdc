"""``latency``: options, what is kept of an interrupted measurement, and what follows from the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli import interrupt
from mobileseg.cli.console import results
from mobileseg.cli.json_output import JsonOutput, json_output
from mobileseg.cli.junit import Junit, junit_output
from mobileseg.cli.junit import write as write_junit
from mobileseg.cli.options import Force, Json, Stored, complete_devices, complete_protocols
from mobileseg.cli.progress import stages
from mobileseg.cli.stored import check_stored
from mobileseg.errors import GateError, RequestError

if TYPE_CHECKING:
    from mobileseg.latency.results.result import Result

STORED = {
    "artifacts", "device", "protocol", "threads", "allow", "alias", "budget", "margin", "max_ms", "store", "junit", "json_file", "force",
}  # fmt: skip
"""What goes with ``--store``."""
AGAIN = "measure again, with --json FILE to keep what there is"


def latency(
    artifacts: Annotated[
        list[str] | None, typer.Argument(help="Exported files; they are measured in turns.", show_default=False)
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where to measure; see `mobileseg devices`.", autocompletion=complete_devices)
    ] = "host",
    protocol: Annotated[
        str, typer.Option(help="quick, standard, strict or sustained.", autocompletion=complete_protocols)
    ] = "quick",
    threads: Annotated[
        str, typer.Option(help="One measurement each: 1,2,4 or big, as many as there are big cores.")
    ] = "1",
    cores: Annotated[
        str, typer.Option(help="To bind to: all (no binding), big, little, or numbers such as 0,1.")
    ] = "all",
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="A gate that is recorded and does not refuse; with --diff a difference. Repeat it. Default: none.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Record operators too: a table, and traces for Perfetto here. Default: no profile."
        ),
    ] = None,
    compute_units: Annotated[str, typer.Option(help="Core ML only: ALL, CPU_ONLY, CPU_AND_GPU or CPU_AND_NE.")] = "ALL",
    in_app: Annotated[
        bool, typer.Option("--in-app", help="With --device adb: by the installed app, in its own process.")
    ] = False,
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the result calls the device. Default: its kind and a hash; never its serial number.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="Emulated devices: fail above so many instructions (12M), or above an earlier --json. Default: no gate."
        ),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="OLD NEW", help="Compare two results, measure nothing.", show_default=False),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Percent that --diff takes for no change (default: the protocol's), or that may be above --budget "
            "(default: 0)."
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="slower|undecided",
            help="With --diff: exit code 1 where a file got slower, or may have. Default: no gate.",
        ),
    ] = None,
    max_ms: Annotated[
        float | None,
        typer.Option(
            help="Fail above so many ms of the protocol's figure; exit code 4 where its interval does not decide. Default: no gate."
        ),
    ] = None,
    store: Stored = None,
    junit: Junit = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Measure how fast exported files are, or compare two results.

    Files are measured against each other, in turns, in one run.

    A measurement that was interrupted is resumed when the command is repeated with the same --json FILE, unless --force is given.
    """
    if store is not None:
        check_stored(latency, dict(locals()), STORED)
    report = junit_output(junit, force)
    if diff is not None:
        _check_diff(artifacts or [], max_ms)
        _diff(*diff, margin, allow or [], fail_on, report, json_file, force)
        return
    if fail_on is not None:
        raise RequestError(
            expected="--fail-on with --diff", found="--fail-on alone", fix="give --diff OLD NEW, or leave it out"
        )
    _check_max_ms(max_ms, device)
    check_budget_options(budget, margin, device)
    from mobileseg import latency as interface

    earlier = interface.unfinished(json_file) if json_file not in (None, "-") and not force and store is None else None
    output = json_output(json_file, force or earlier is not None)
    if earlier is not None:
        stages()(f"resume the interrupted measurement in {json_file}")
    from mobileseg.latency.measuring.measurement import Interrupted

    try:
        if store is not None:
            result = _once(artifacts or [], store, device, protocol, threads, allow or [], alias)
        else:
            result = interface.measure(
                artifacts or [], device, protocol, threads=threads, cores=cores, allow=allow or [], profile=profile,
                compute_units=compute_units, in_app=in_app, alias=alias, earlier=earlier, progress=stages(),
            )  # fmt: skip
    except Interrupted as stop:
        _keep(stop.result, output)
        kept = f"in {json_file}" if output else "above, and would be kept with --json FILE"
        interrupt.leave_word(f"interrupted; what was measured is {kept}, marked incomplete")
        raise
    _keep(result, output)
    from mobileseg.latency.results import cases

    found = cases.measured(result) + ([] if max_ms is None else cases.below(result, max_ms))
    if report is not None:
        write_junit(report, "latency", found)
    _check(result, "what was measured is kept; repeat the command to resume" if output else AGAIN)
    if budget is not None:
        interface.check_budget(result, budget, margin or 0.0)
    cases.check(found, "make the file faster, allow more, or measure longer where the interval does not decide")


def _once(
    artifacts: list[str], store: str, device: str, protocol: str, threads: str, allow: list[str], alias: str | None
) -> Result:
    """As a sweep measures: one file at a time."""
    from mobileseg import fleet

    if len(artifacts) != 1:
        raise RequestError(
            expected="one file with --store",
            found=f"{len(artifacts)} files",
            fix="measure them one by one, or together without --store",
        )
    return fleet.measure_once(
        artifacts[0], device, protocol, store=store, threads=threads, allow=allow, alias=alias, progress=stages()
    )


def _check_max_ms(max_ms: float | None, device: str) -> None:
    """Raise ``RequestError`` for a limit that cannot be, before anything is measured."""
    if max_ms is None:
        return
    from mobileseg.latency.devices.table import split

    if not 0 < max_ms < float("inf"):
        raise RequestError(expected="--max-ms above 0", found=f"{max_ms:g}", fix="give the limit in ms")
    if split(device)[0].count is not None:
        raise RequestError(
            expected="--max-ms of times", found=f"--device {device}", fix="use --budget for instructions"
        )


def check_budget_options(budget: str | None, margin: float | None, device: str) -> None:
    """Raise ``RequestError`` for a budget or a margin that does not go with the rest, before anything is measured."""
    if budget is None:
        if margin is not None:
            raise RequestError(
                expected="--margin with --budget or --diff",
                found="--margin alone",
                fix="leave it out, or give one of the two",
            )
        return
    from mobileseg.latency.devices.table import split
    from mobileseg.latency.results.budget import Budget

    if split(device)[0].count is None:
        raise RequestError(
            expected="--budget with --device emulated:CORE", found=f"--device {device}", fix="times have no budget"
        )
    Budget.of(budget, margin or 0.0)


def _check(result: Result, fix: str) -> None:
    """Raise ``GateError`` for a result that is incomplete, or not good by its own protocol."""
    if not result.complete:
        raise GateError(expected="a complete measurement", found=f"it was interrupted: {result.reason}", fix=fix)
    if result.refused:
        from mobileseg.latency.conditions.gates import gate_error

        raise gate_error(list(result.refused), result.protocol)


def _keep(result: Result, output: JsonOutput | None) -> None:
    if output is not None:
        output.write(result.to_json())
    from mobileseg.cli.latency_tables import show

    show(result, results())


def _check_diff(artifacts: list[str], max_ms: float | None) -> None:
    """Raise ``RequestError`` for what does not go with ``--diff``."""
    if max_ms is not None:
        raise RequestError(expected="either --diff or --max-ms", found="both", fix="choose one")
    if artifacts:
        raise RequestError(
            expected="either files to measure or --diff", found=f"both: {artifacts[0]}", fix="choose one"
        )


def _diff(
    old: str,
    new: str,
    margin: float | None,
    allow: list[str],
    fail_on: str | None,
    report: Path | None,
    json_file: str | None,
    force: bool,
) -> None:
    """Compare two results and say what changed."""
    from mobileseg import latency
    from mobileseg.latency.results import cases

    output = json_output(json_file, force)
    found = latency.diff(Path(old), Path(new), None if margin is None else margin / 100, allow)
    if output is not None:
        output.write(found.to_json())
    from mobileseg.cli.latency_tables import show_diff

    show_diff(found, results())
    asked = cases.compared(found, fail_on)
    if report is not None:
        write_junit(report, "diff", asked)
    cases.check(asked, "find out what made it slower, or measure longer where the interval does not decide")
