"""results/fleet.json: a sweep that was disturbed, beside one that was not; and its paragraph in docs/results.md."""

from __future__ import annotations

import textwrap
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Literal

from places import read_text

from mobileseg.document import Document, parse_document
from mobileseg.errors import RequestError

VICTIMS = {
    "worker": "workers with all that they had started",
    "scheduler": "the scheduler",
    "sweep": "the sweep itself",
    "connection": "a device's connection (its adbd or sshd)",
}


class FleetResult(Document):
    """``devices``: what each is, by its alias. ``kills``: kind and name of what was killed, in this order; ``begun``, ``ended``:
    measurements, as the workers noted them; ``differ``: fields that are not equal, with the number of outcomes, of those that may differ;
    ``quiet_s``, ``disturbed_s``: how long the sweeps took."""

    schema_version: Literal[1] = 1
    created: datetime
    command: str
    versions: dict[str, str]
    machine: str
    seed: int
    devices: dict[str, str]
    cells: int
    steps: int
    kills: tuple[tuple[str, str], ...]
    begun: int
    ended: int
    differ: dict[str, int]
    quiet_s: float
    disturbed_s: float


def read_fleet(path: Path) -> FleetResult:
    """Raises ``MobilesegError`` for a file of another schema."""
    text = read_text(path, "benchmarks/fleet_lab.py")
    return parse_document(FleetResult, text, path, "result of benchmarks/fleet_lab.py", RequestError, "run it again")


def fleet_lines(found: FleetResult | None) -> list[str]:
    """What happened to the sweep, and what came of it."""
    if found is None:
        return ["Not done on this machine: `python benchmarks/fleet_lab.py` does it."]
    counts = Counter(kind for kind, _ in found.kills)
    killed = "; ".join(f"{VICTIMS[kind]}: {count}" for kind, count in counts.items())
    devices = ", ".join(f"{alias} ({words})" for alias, words in found.devices.items())
    sentences = (
        f"{found.cells} cells ({found.steps} steps) on {len(found.devices)} devices: {devices}.",
        "A scheduler and three workers, each a process of its own.",
        f"At {len(found.kills)} random points (seed {found.seed}) something was killed and started again: {killed}.",
        f"Every cell has one result; {found.begun - found.cells} measurements were begun again, because what did them was killed.",
        "Every field of every result and of the exported files equals that of an undisturbed sweep, but for times, dates, memory and the",
        "device's state around a measurement.",
        f"It took {found.disturbed_s / 60:.0f} minutes; undisturbed {found.quiet_s / 60:.0f}.",
        f"Done {found.created:%Y-%m-%d} on {found.machine}: `{found.command}`.",
        "No real phone or board: ARM code under QEMU behind real daemons.",
    )
    return textwrap.wrap(" ".join(sentences), 138, break_on_hyphens=False, break_long_words=False)
