"""``worker``: offers this machine and its devices to sweeps."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json
from mobileseg.cli.progress import stages


def worker(
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="As `dask scheduler` shows it, tcp://HOST:PORT or tls://HOST:PORT.")
    ],
    devices: Annotated[
        str,
        typer.Option(help="auto: all phones that adb has; or names as `mobileseg devices` lists them, with commas."),
    ] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option(help="Exports and comparisons at once, 0 for none. Default: one for each core, as memory allows."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of this machine in the fleet. Default: its host name.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the scheduler where it is not there, or goes away.")
    ] = True,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Offer this machine and its devices to sweeps, until it is interrupted.

    --json has what was offered, when the command ends.
    """
    from mobileseg import fleet

    output = json_output(json_file, force)
    said: list[str] = []

    def progress(text: str) -> None:
        said.append(text)
        stages()(text)

    try:
        fleet.worker(scheduler, devices=devices, jobs=jobs, name=name, wait=wait, progress=progress)
    finally:
        if output is not None:
            offered = [text.removeprefix("offers ") for text in said if text.startswith("offers ")]
            output.write(json.dumps({"scheduler": scheduler, "offered": offered}, indent=1))
