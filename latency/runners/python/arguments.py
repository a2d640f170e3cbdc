"""Runs exported files and writes what happens to standard output, one JSON object a line. The C++ runner takes the same
arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .plan import Plan


def _cores(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _plan(text: str) -> Plan:
    try:
        return Plan.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments as attributes, by default those of this process. Wrong ones end the process with status 2, as argparse does."""
    parser = argparse.ArgumentParser(prog="runner", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--model", action="append", required=True, dest="models", help="repeat for several files, measured in turns")
    add("--input", action="append", required=True, dest="inputs", help="raw little-endian float32, one for each model")
    add("--threads", type=int, required=True, help="of the runtime's pool")
    add("--cores", type=_cores, default=(), help="numbers of the cores to run on, such as 0,1,4; default: as inherited")
    add("--protocol", type=_plan, default=Plan(), help=f"JSON with any of {', '.join(vars(Plan()))}")
    add(
        "--watch",
        action="append",
        default=[],
        metavar="FILE",
        help="a number to read between turns; repeat for several",
    )
    add("--output", help="folder for the last run's outputs: <model>.<output>.bin, raw")
    add("--profile", "--etdump", help="folder for <model>.etdp or <model>.json, the runtime's own record of the turns")
    add("--compute-units", default="ALL", help="Core ML only: ALL, CPU_ONLY, CPU_AND_GPU, CPU_AND_NE")
    found = parser.parse_args(arguments)
    if len(found.models) != len(found.inputs):
        parser.error("expected as many --input as --model")
    if found.threads < 1:
        parser.error("expected 1 or more for --threads")
    return found
