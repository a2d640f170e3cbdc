"""What a person should know about an exported file, or about one that would be made: a fact a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobileseg.cli.console import decibel, megabytes, percent
from mobileseg.data.fit import ResizeMode, resize_words
from mobileseg.export.quantization.recipes import RECIPES
from mobileseg.export.targets import FLOAT16

SHOWN = 4  # modules of an operator outside the delegate

if TYPE_CHECKING:
    from mobileseg.export.manifest import DelegationPart, FloatPart, Manifest, RequestPart
    from mobileseg.export.plan import ExportPlan


def report(manifest: Manifest) -> list[str]:
    """Of a file that was made."""
    m = manifest
    lines = [f"WARNING    {m.weights.note}"] if m.weights.note else []
    lines += [
        f"model      {m.model.name}, {m.model.num_classes} classes; weights {m.weights.source} (licence: {m.weights.licence})",
        _input(m.input.shape[2:], m.input.resize.mode),
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
        images = f"{m.calibration.images} images of {m.calibration.source}"
        halved = m.precision.name == FLOAT16
        lines.append(
            f"looked for what float16 does not hold on {images}" if halved else f"calibrated on {images}{how}{own}"
        )
    lines += _kept_float(m.precision.kept_float)
    if asked := m.precision.requested:
        lines.append(f"on request {', '.join(layer.layer for layer in asked.layers) or 'no layer'} ({asked.source})")
        lines.append(f"           latency against all in int8: {_cost(asked)}")
    lines += _delegation(m.delegation)
    v = m.verification
    word = "emulated" if v.status == "emulated" else "verified"
    lines += [f"{word}   {check}" for check in v.checks]
    lines += [f"gate       {gate.verdict} {gate.name}: {gate.expected}; found {gate.found}" for gate in v.gates]
    where = f"on {v.images} images of {v.source}" if v.images else v.source
    seen = " (those it was calibrated on)" if v.same_as_calibration else ""
    lines.append(
        f"accuracy   against the reference model {where}{seen}: same class in {percent(v.agreement)} of the pixels, "
        f"mIoU {percent(v.miou)}, SQNR {decibel(v.sqnr_db)}"
        if v.status != "not measured"
        else f"accuracy   not measured: {where}"
    )
    if v.evaluated_by is not None:
        lines.append(f"evaluated  by {v.evaluated_by}")
    if m.artifact.form:
        lines.append(f"file       {m.artifact.form}")
    lines.append(f"size       {megabytes(m.artifact.size_bytes)}")
    return lines


def _input(size: tuple[int, ...], mode: ResizeMode) -> str:
    return f"input      {size[0]}x{size[1]} RGB float32 0..255, normalisation inside; pictures are {resize_words(mode)}"


def _cost(asked: RequestPart) -> str:
    """Of the layers that were kept float on request."""
    if asked.latency_ratio is None:
        return "not measured"
    interval = "" if asked.latency_interval is None else " ({:.3f} .. {:.3f})".format(*asked.latency_interval)
    return f"{asked.latency_ratio:.3f}{interval} on {asked.device}"


def plan_lines(plan: ExportPlan) -> list[str]:
    """Of a file that would be made."""
    p = plan
    lines = [f"WARNING    {p.weights.note}"] if p.weights.note else []
    lines += [
        f"model      {p.model}, {p.num_classes} classes",
        f"weights    {p.weights.source} (licence: {p.weights.licence})",
        _input(p.size, p.resize),
        f"output     {p.emit}",
        f"precision  {p.precision}: {p.meaning}",
    ]
    if p.calibration:
        how = f" ({p.recipe}: {RECIPES[p.recipe].title})" if p.recipe else ""
        verb = "look for what float16 does not hold" if p.precision == FLOAT16 else "calibrate "
        lines.append(f"{verb} on {p.calibration.images} images of {p.calibration.source}{how}")
    lines.append(f"verify     on {p.verification.images} images of {p.verification.source}")
    lines += _kept_float(p.kept_float)
    if p.keep_float:
        lines.append(f"on request {'found when it is exported' if p.keep_float == 'auto' else p.keep_float}")
    lines += [
        f"target     {', '.join(filter(None, (p.runtime.title, p.form)))}; {p.runtime.package} {p.runtime.version}",
        f"would write {' and '.join(p.files)}",
        "dry run    nothing was written",
    ]
    return lines


def _kept_float(parts: Sequence[FloatPart]) -> list[str]:
    """Operators that stay float, by reason."""
    lines = []
    for reason in dict.fromkeys(part.reason for part in parts):
        same = [part for part in parts if part.reason == reason]
        share = sum(part.multiply_adds or 0.0 for part in same)
        cost = f" ({percent(share)} of the multiply-adds)" if share else ""
        lines.append(f"kept float {', '.join(f'{part.count} {part.operator}' for part in same)}{cost}: {reason}")
    return lines


def _delegation(part: DelegationPart | None) -> list[str]:
    if part is None:
        return []
    lines = [
        f"delegation {part.backend}: {part.partitions} partition{'' if part.partitions == 1 else 's'}, "
        f"{part.operators_inside} operators inside, {part.operators_outside} outside ({part.percent:.1f} %)"
    ]
    for outside in part.outside:
        edge = ", at the graph's edge" if outside.at_edge else ""
        where = (
            f" in {', '.join(outside.modules[:SHOWN])}{', ...' * (len(outside.modules) > SHOWN)}"
            if outside.modules
            else ""
        )
        cost = "" if outside.time_share is None else f", {percent(outside.time_share)} of the time"
        lines.append(f"  outside  {outside.count} {outside.operator}{where}{edge}{cost}: {outside.reason}")
        if outside.remedy is not None:
            lines.append(f"    helps  {outside.remedy}")
    return lines
