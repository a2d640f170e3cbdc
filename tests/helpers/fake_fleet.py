"""A stage and devices that do next to nothing, for what is about a sweep and not about its cells. As a module that Dask's workers load
before anything else, it gives them the devices, too."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mobileseg.errors import GateError
from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import AwayError, BusyError, Made, Order
from mobileseg.fleet.stages.table import FILE, StageSpec
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.outcome import Outcome
from mobileseg.latency.conditions.sensors import Core, Properties
from mobileseg.latency.devices.contract import DeviceLostError
from mobileseg.latency.devices.table import DEVICES, DeviceSpec

KIND = "fake"
FOLDER = "FAKE_FLEET"
"""Environment variable: a folder with a file ``NAME.away`` for each device that does not answer, and ``NAME.busy`` with the number of
times that somebody else measures on it; what is measured leaves a line in it."""


def _folder() -> Path | None:
    return Path(os.environ[FOLDER]) if FOLDER in os.environ else None


def _is_away(name: str | None) -> bool:
    folder = _folder()
    return folder is not None and (folder / f"{name}.away").exists()


class FakeDevice:
    def __init__(self, argument: str | None = None) -> None:
        self._name = argument
        if _is_away(argument):
            raise DeviceLostError(expected="the device", found=f"{argument} is unplugged", fix="plug it in")

    def properties(self) -> Properties:
        return Properties(
            model=self._name, soc="s", os="o", kernel="k", architecture="aarch64", cores=(Core(number=0),)
        )


SPEC = DeviceSpec(KIND, "nothing that measures", f"{__name__}:FakeDevice", f"{__name__}:find", "NAME", True)
DEVICES[KIND] = SPEC  # type: ignore[index]  # the table is a dict


def find() -> list[Any]:
    return []


def _row(name: str, where: Any, axes: tuple[str, ...], after: tuple[str, ...], wanted: str | None = None) -> StageSpec:
    return StageSpec(
        name,
        f"fake {name}s",
        axes,
        after,
        where,
        f"{__name__}:{name}_inputs",
        f"{__name__}:options",
        f"{__name__}:{name}",
        wanted,
    )


STAGES = {
    "export": _row("export", "compute", FILE, ()),
    "latency": _row("latency", "device", (*FILE, "device", "threads", "protocol"), ("export",), "device"),
}


def export_inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, Any]:
    return {"model": cell.model, "weights": cell.weights, "size": cell.size, "seed": workshop.plan.options.seed}


def latency_inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, Any]:
    return {
        "file": earlier["export"].files["file.bin"].sha256, "device": workshop.alias(cell.device), "threads": cell.threads,
        "properties": workshop.devices.get(cell.device), "round": workshop.plan.round,
    }  # fmt: skip


def options(cell: Cell, workshop: Workshop) -> dict[str, Any]:
    return {}


def export(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    if order.inputs["weights"] == "bad":
        folder_of_marks = _folder()
        if folder_of_marks is None or not (folder_of_marks / "repaired").exists():
            raise GateError(expected="good weights", found="bad ones", fix="train them")
    (folder / "file.bin").write_text(json.dumps(dict(order.inputs), sort_keys=True))
    return Made({"file.bin": folder / "file.bin"}, {"sha256": "0"})


def latency(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    name, marks = str(order.device).partition(":")[2], _folder()
    if _is_away(name):
        raise AwayError(f"{name} is unplugged")
    if marks is not None and (busy := marks / f"{name}.busy").exists():
        times = int(busy.read_text())
        busy.write_text(str(times - 1)) if times > 1 else busy.unlink()
        raise BusyError(f"{name} is used by somebody else")
    if marks is not None:
        with (marks / f"{name}.measured").open("a") as stream:
            stream.write(f"{order.key} {time.time():.6f}\n")
        if (marks / "slow").exists():
            time.sleep(float((marks / "slow").read_text()))
    (folder / "measurement.json").write_text(files["file.bin"].read_text())
    return Made({"measurement.json": folder / "measurement.json"}, {"median_ms": float(len(order.key))})
