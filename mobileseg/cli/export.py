"""``export``: the request from the options, the report on the screen."""

from __future__ import annotations

from typing import Any

from mobileseg.cli.console import Stages, decibel, megabytes, parse_size, percent, results
from mobileseg.errors import RequestError
from mobileseg.export import export_model
from mobileseg.export.manifest import DelegationPart, Manifest, RequestPart, manifest_path
from mobileseg.export.quantization.recipes import RECIPES
from mobileseg.export.targets import FLOAT16, INT8


def precision_of(int8: bool, fp16: bool, name: str | None) -> str | None:
    """One of the three options at most; raises ``RequestError``."""
    asked = [p for p in (INT8 if int8 else None, FLOAT16 if fp16 else None, name) if p is not None]
    if len(set(asked)) > 1:
        raise RequestError(
            expected="one precision", found=" and ".join(asked), fix="give --int8, --fp16 or --precision NAME"
        )
    return asked[0] if asked else None


def run(model: str, target: str, size: str | None, **options: Any) -> None:
    """Export and report."""
    from mobileseg.latency.measuring.pair import time_pair

    artifact = export_model(model, target, size=parse_size(size), progress=Stages(), timer=time_pair, **options)
    console = results()
    for line in report(artifact.manifest):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"wrote      {artifact.path} and {manifest_path(artifact.path).name}", markup=False, soft_wrap=True)


def report(manifest: Manifest) -> list[str]:
    """What a person should know about a file, a fact a line."""
    m = manifest
    lines = [f"WARNING    {m.weights.note}"] if m.weights.note else []
    lines += [
        f"model      {m.model.name}, {m.model.num_classes} classes; weights {m.weights.source} (licence: {m.weights.licence})",
        f"input      {m.input.shape[2]}x{m.input.shape[3]} RGB float32 0..255, normalisation inside",
        f"output     {m.output.kind} {'x'.join(map(str, m.output.shape))} {m.output.dtype}",
        f"precision  {m.precision.name}: {m.precision.meaning}",
    ]
    if m.calibration:
        own = (
            ""
            if not m.calibration.bundled
            else "; bundled street images: give --calibration with yours for other scenes"
        )
        how = f" ({m.precision.recipe}: {RECIPES[m.precision.recipe].title})" if m.precision.recipe else ""
        lines.append(f"calibrated on {m.calibration.images} images of {m.calibration.source}{how}{own}")
    for reason in dict.fromkeys(part.reason for part in m.precision.kept_float):
        parts = [part for part in m.precision.kept_float if part.reason == reason]
        share = sum(part.multiply_adds or 0.0 for part in parts)
        cost = f" ({percent(share)} of the multiply-adds)" if share else ""
        lines.append(f"kept float {', '.join(f'{part.count} {part.operator}' for part in parts)}{cost}: {reason}")
    if asked := m.precision.requested:
        lines.append(f"on request {', '.join(layer.layer for layer in asked.layers) or 'no layer'} ({asked.source})")
        lines.append(f"           latency against all in int8: {_cost(asked)}")
    lines += _delegation(m.delegation)
    v = m.verification
    lines += [f"verified   {check}" for check in v.checks]
    where = f"on {v.images} images of {v.source}" if v.images else v.source
    seen = " (those it was calibrated on)" if v.same_as_calibration else ""
    lines.append(
        f"accuracy   against the reference model {where}{seen}: same class in {percent(v.agreement)} of the pixels, "
        f"mIoU {percent(v.miou)}, SQNR {decibel(v.sqnr_db)}"
        if v.status == "passed"
        else f"accuracy   not measured: {where}"
    )
    if v.evaluated_by is not None:
        lines.append(f"evaluated  by {v.evaluated_by}")
    lines.append(f"size       {megabytes(m.artifact.size_bytes)}")
    return lines


def _cost(asked: RequestPart) -> str:
    if asked.latency_ratio is None:
        return "not measured"
    interval = "" if asked.latency_interval is None else " ({:.3f} .. {:.3f})".format(*asked.latency_interval)
    return f"{asked.latency_ratio:.3f}{interval} on {asked.device}"


def _delegation(part: DelegationPart | None) -> list[str]:
    if part is None:
        return []
    lines = [
        f"delegation {part.backend}: {part.partitions} partition{'' if part.partitions == 1 else 's'}, "
        f"{part.operators_inside} operators inside, {part.operators_outside} outside ({part.percent:.1f} %)"
    ]
    for outside in part.outside:
        edge = ", at the graph's edge" if outside.at_edge else ""
        lines.append(f"  outside  {outside.count} {outside.operator}{edge}: {outside.reason}")
    return lines
