"""Runs exported files and writes what happens to standard output, one JSON object a line. The C++ runner takes the same
arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def _cores(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments as attributes, by default those of this process. Wrong ones end the process with status 2, as argparse does."""
    parser = argparse.ArgumentParser(prog="runner", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--model", action="append", required=True, dest="models", help="repeat for several files, measured in turns")
    add("--input", action="append", required=True, dest="inputs", help="raw little-endian float32, one for each model")
    add("--threads", type=int, required=True, help="of the runtime's pool")
    add("--cores", type=_cores, default=(), help="numbers of the cores to run on, such as 0,1,4; default: as inherited")
    add("--warmup-min", type=int, default=4, help="warm-up runs, at least")
    add("--warmup-max", type=int, default=100, help="warm-up runs, at most")
    add(
        "--stable-within",
        type=float,
        default=0.05,
        help="by how much the medians of the last two windows of warmup-min/2 runs may differ",
    )
    add("--turns", type=int, required=True, help="turns, at least")
    add("--runs", type=int, required=True, help="runs of one model in one turn")
    add("--min-seconds", type=float, default=0.0, help="of timed runs of each model, at least")
    add("--output", help="folder for the last run's outputs: <model>.<output>.bin, raw")
    add("--profile", "--etdump", help="folder for <model>.etdp or <model>.json, the runtime's own record of the turns")
    add("--compute-units", default="ALL", help="Core ML only: ALL, CPU_ONLY, CPU_AND_GPU, CPU_AND_NE")
    found = parser.parse_args(arguments)
    if len(found.models) != len(found.inputs):
        parser.error("expected as many --input as --model")
    if found.threads < 1 or found.turns < 1 or found.runs < 1:
        parser.error("expected 1 or more for --threads, --turns and --runs")
    if not 2 <= found.warmup_min <= found.warmup_max:
        parser.error("expected 2 <= --warmup-min <= --warmup-max")
    return found
