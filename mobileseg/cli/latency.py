"""``latency``: measures, or says whether two results differ; ``devices``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.cli import interrupt
from mobileseg.cli.console import Stages, json_path, results
from mobileseg.cli.latency_tables import show, show_diff
from mobileseg.cli.tables import add, table
from mobileseg.errors import GateError, RequestError
from mobileseg.files import write_whole
from mobileseg.provenance import command

if TYPE_CHECKING:
    from mobileseg.latency.results.budget import Budget
    from mobileseg.latency.results.result import Result

AGAIN = "measure again, with --json to keep what there is"


def run(
    artifacts: list[str],
    device: str,
    protocol: str,
    threads: str,
    cores: str,
    allow: list[str],
    profile: str | None,
    compute_units: str,
    json_file: str | None,
    force: bool,
    budget: str | None,
    margin: float | None,
    in_app: bool,
) -> None:
    """Measure, show, and hold counts against the budget.

    What was measured before Ctrl-C, or before the device was lost, is written too, marked incomplete.
    """
    limit = _budget(budget, margin, device)
    if in_app:
        _check_in_app(cores, profile)
    stages = Stages()
    from mobileseg.latency.measuring.measurement import Interrupted
    from mobileseg.latency.measuring.request import parse_threads
    from mobileseg.latency.measuring.resume import unfinished

    earlier = unfinished(Path(json_file)) if json_file and not force else None
    target = json_path(json_file, force or earlier is not None)
    if earlier is not None:
        stages(f"resuming the interrupted measurement in {target}")

    try:
        result = _measure(
            artifacts, device, protocol, in_app=in_app, cores=cores, profile=profile, compute_units=compute_units,
            threads=parse_threads(threads), allow=allow, progress=stages, earlier=earlier,
        )  # fmt: skip
    except Interrupted as stop:
        _keep(stop.result, target)
        where = (
            f"what was measured is in {target}"
            if target
            else "what was measured is above, and with --json would be kept"
        )
        interrupt.leave_word(f"interrupted; {where}, marked incomplete")
        raise
    _keep(result, target)
    _check(result, "what was measured is kept; repeat the command to resume" if target else AGAIN)
    if limit is not None:
        limit.check(result)


def _measure(
    artifacts: list[str],
    device: str,
    protocol: str,
    *,
    in_app: bool,
    cores: str,
    profile: str | None,
    compute_units: str,
    **asked: Any,
) -> Result:
    """On the device, or by the app that is installed there."""
    if in_app:
        from mobileseg.latency.measuring import in_app as app

        return app.measure(
            artifacts, device, protocol, command=command("mobileseg.latency.measuring.in_app.measure"), **asked
        )
    from mobileseg.latency.measuring.measurement import measure

    return measure(
        artifacts, device, protocol, cores=cores, profile=profile, compute_units=compute_units,
        command=command("mobileseg.latency.measure"), **asked,
    )  # fmt: skip


def _check_in_app(cores: str, profile: str | None) -> None:
    """Raise ``RequestError`` for what does not go with ``--in-app``."""
    if cores != "all" or profile is not None:
        raise RequestError(
            expected="--in-app without --cores and --profile",
            found="--profile" if profile is not None else f"--cores {cores}",
            fix="an app chooses neither; leave --in-app out for them",
        )


def _check(result: Result, fix: str) -> None:
    """Raise ``GateError`` for a result that is incomplete, or not good by its own protocol."""
    if not result.complete:
        raise GateError(expected="a complete measurement", found=f"it was interrupted: {result.reason}", fix=fix)
    if result.refused:
        from mobileseg.latency.conditions.gates import gate_error

        raise gate_error(list(result.refused), result.protocol)


def _budget(text: str | None, margin: float | None, device: str) -> Budget | None:
    if text is None:
        if margin is not None:
            raise RequestError(
                expected="--margin with --budget or --diff", found="neither", fix="say what may differ by it"
            )
        return None
    from mobileseg.latency.devices.table import split
    from mobileseg.latency.results.budget import Budget

    if split(device)[0].count is None:
        raise RequestError(
            expected="--budget with --device emulated:CORE", found=f"--device {device}", fix="times have no budget"
        )
    return Budget.of(text, margin or 0.0)


def _keep(result: Result, target: Path | None) -> None:
    if target is not None:
        write_whole(target, result.to_json().encode())
    show(result, results())


def check_diff(artifacts: list[str], margin: float | None) -> None:
    """Raise ``RequestError`` for what does not go with ``--diff``."""
    if artifacts:
        raise RequestError(
            expected="either files to measure or --diff", found=f"both: {artifacts[0]}", fix="choose one"
        )
    if margin is not None and not 0 <= margin < 100:
        raise RequestError(
            expected="a --margin of 0 to 100 percent", found=str(margin), fix="0 trusts the interval alone"
        )


def run_diff(old: str, new: str, margin: float | None, allow: list[str], json_file: str | None, force: bool) -> None:
    """Compare two results and say what changed."""
    target = json_path(json_file, force)
    from mobileseg.latency.results.diff import compare
    from mobileseg.latency.results.result import read_result

    found = compare(
        read_result(Path(old)), read_result(Path(new)), None if margin is None else margin / 100, tuple(allow)
    )
    if target is not None:
        write_whole(target, found.to_json().encode())
    show_diff(found, results())


def show_devices(json_output: bool) -> None:
    """What can be measured on from here."""
    from mobileseg.latency.devices.table import DEVICES, find_all

    found = find_all()
    console = results()
    if json_output:
        console.print_json(json.dumps([line._asdict() for line in found]))
        return
    made = table("device", "state", "what, or why not")
    for line in found:
        add(made, line.name, line.state, line.detail)
    console.print(made)
    for spec in DEVICES.values():
        argument = (
            f"[:{spec.argument}]"
            if spec.argument and not spec.required
            else f":{spec.argument}"
            if spec.argument
            else ""
        )
        console.print(f"--device {spec.name}{argument}: {spec.title}", markup=False, soft_wrap=True)
