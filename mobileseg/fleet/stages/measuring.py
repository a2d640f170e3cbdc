"""Measure: latency on the cell's device, by its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from mobileseg.errors import GateError
from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import AwayError, BusyError, Made, Order
from mobileseg.fleet.stages.origins import origin
from mobileseg.fleet.stages.verifying import artifact_in, file_of
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.outcome import Outcome
from mobileseg.latency.protocol import PROTOCOLS

RESULT = "measurement.json"
COMMAND = "mobileseg sweep"


def inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """The file by content, the device as it is now, the protocol with its numbers, the round, and tools."""
    plan = workshop.plan
    return {
        "artifact": file_of(earlier), "device": workshop.alias(cell.device), "properties": workshop.devices.get(cell.device),
        "threads": cell.threads, "protocol": PROTOCOLS[cell.protocol].model_dump(mode="json"), "round": plan.round,
        "allow": [*sorted(plan.options.allow)], "versions": dict(origin("latency")),
    }  # fmt: skip


def options(cell: Cell, workshop: Workshop) -> dict[str, JsonValue]:
    """The protocol's name."""
    del workshop
    return {"protocol": cell.protocol}


def identify(device: str) -> dict[str, JsonValue]:
    """What a device is, as far as times depend on it. Raises ``DeviceError`` where it does not answer."""
    from mobileseg.latency.devices.table import open_device

    changing = {"memory_kb": True, "cores": {"__all__": {"online": True}}}  # from hour to hour
    found = open_device(device).properties().model_dump(mode="json", exclude=cast("Any", changing))
    return dict(found)


def run(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    """Measure. Raises what ``measure`` raises, ``AwayError`` where the device is gone."""
    from mobileseg.latency import measure
    from mobileseg.latency.devices.contract import DeviceError, NoSpaceError, RunnerFailedError
    from mobileseg.latency.devices.lease import DeviceInUseError

    device, alias = str(order.device), str(order.alias)
    try:
        result = measure(
            artifact_in(order, files), device, str(order.options["protocol"]), threads=str(order.inputs["threads"]),
            allow=_texts(order.inputs["allow"]),
        )  # fmt: skip
    except (NoSpaceError, RunnerFailedError):
        raise
    except DeviceError as error:
        gone = BusyError if isinstance(error, DeviceInUseError) else AwayError
        raise gone(f"expected {error.expected}; found {error.found}; fix: {error.fix}") from error
    if not result.complete:
        raise AwayError(f"lost while measuring: {result.reason}")
    kind = device.partition(":")[0]
    named = result.model_copy(
        update={"device": alias if alias.startswith(kind) else f"{kind}:{alias}", "command": COMMAND}
    )
    (folder / RESULT).write_text(named.to_json(), encoding="utf-8")
    series = result.series[0]
    figures: dict[str, JsonValue] = {
        "median_ms": series.median_ms,
        "p90_ms": series.p90_ms,
        "load_ms": series.load_ms,
        "first_ms": series.first_ms,
        "peak_kb": series.peak_kb,
        "instructions": None if series.counts is None else series.counts.instructions,
        "deviations": [*sorted({deviation.gate for deviation in result.deviations})],
    }
    refused = GateError(
        expected=f"conditions that protocol {result.protocol.name} takes",
        found="; ".join(f"{d.gate}: {d.found}" for d in result.refused),
        fix="let the device cool down, and repeat with --retry failed",
    )
    return Made({RESULT: folder / RESULT}, figures, refused if result.refused else None)


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
