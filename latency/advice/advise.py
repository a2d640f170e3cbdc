"""Exports every precision of a model, compares the files with the reference model and counts what they execute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mobileseg.errors import ArtifactError, EnvironmentLackError, GateError, RequestError
from mobileseg.export import compare, export_model
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.export.targets import TARGETS
from mobileseg.export.versions import installed
from mobileseg.latency.advice.advice import Advice, ClassAdvice, FileAdvice, recommend
from mobileseg.latency.advice.classes import CLASSES, DeviceClass
from mobileseg.latency.devices.emulated import KIND
from mobileseg.latency.measuring import counting

TARGET: Final = "executorch"  # the only one whose files run on emulated cores
NO_CORE = "no core of this kind is emulated: measure the files on such a phone (latency --device adb)"


def precisions_of(asked: Sequence[str] | None) -> tuple[str, ...]:
    """Those of the target, all by default. Raises ``RequestError`` for others."""
    known = TARGETS[TARGET].precisions
    for name in asked or ():
        if name not in known:
            raise RequestError(
                expected=f"precisions of {TARGET}: {', '.join(known)}", found=repr(name), fix="choose among them"
            )
    return tuple(asked or known)


def advise(
    model: str,
    precisions: Sequence[str],
    folder: Path,
    data: str | None,
    options: Mapping[str, Any],
    command: str | None,
    progress: Callable[[str], None],
) -> Advice:
    """Write the files of all ``precisions`` into ``folder`` and say what was found. ``options``: of ``export_model``. Raises what that
    raises, but for ``GateError``, which is a row of the table."""
    made: dict[str, Artifact] = {}
    files = []
    for precision in precisions:
        progress(f"export {precision}")
        path = folder / f"{model}-{precision}{TARGETS[TARGET].suffix}"
        try:
            artifact = export_model(
                model, TARGET, precision=precision, output=path, progress=_within(precision, progress), **options
            )
        except GateError as error:
            meaning = TARGETS[TARGET].precisions[precision]
            files.append(
                FileAdvice(
                    precision=precision, meaning=meaning, failure=f"{error.expected}: {error.found}", verdict="FAIL"
                )
            )
            continue
        made[precision] = artifact
        files.append(
            of_file(artifact, None if data is None else compare(artifact, data, progress=_within(precision, progress)))
        )
    if not made:
        raise GateError(
            expected=f"a file of {model} that is good enough",
            found="; ".join(f"{file.precision}: {file.failure}" for file in files),
            fix="calibrate on images of your own scenes (--calibration)",
        )
    manifest = next(iter(made.values())).manifest
    return Advice(
        created=datetime.now(UTC).replace(microsecond=0),
        command=command,
        model=model,
        weights=manifest.weights.source,
        size=(manifest.input.shape[2], manifest.input.shape[3]),
        data=data,
        files=tuple(files),
        devices=tuple(of_class(each, files, made, progress) for each in CLASSES.values()),
        versions=installed(),
    )


def of_file(artifact: Artifact, found: Comparison | None) -> FileAdvice:
    """The row of a file: of the comparison on labelled images, else of the export's verification."""
    manifest = artifact.manifest
    row = FileAdvice(
        precision=manifest.precision.name,
        meaning=manifest.precision.meaning,
        size_bytes=manifest.artifact.size_bytes,
        agreement=manifest.verification.agreement,
        sqnr_db=manifest.verification.sqnr_db,
        accuracy_on=f"{manifest.verification.images} images of {manifest.verification.source}",
        outside=manifest.delegation.operators_outside if manifest.delegation else None,
    )
    if found is None:
        return row
    gain = found.gains[0] if found.gains else None
    return row.model_copy(
        update={
            "agreement": found.agreement,
            "sqnr_db": found.sqnr_db,
            "accuracy_on": f"{found.images} images of {found.data}",
            "miou_change": gain.value if gain else None,
            "interval": gain.interval if gain else None,
            "verdict": found.verdict,
        }
    )


def of_class(
    kind: DeviceClass, files: Sequence[FileAdvice], made: Mapping[str, Artifact], progress: Callable[[str], None]
) -> ClassAdvice:
    """What the files execute on the core of a kind of device, and which of them to take; UNKNOWN where they cannot be counted."""
    if kind.core is None:
        return _row(kind, {}, None, NO_CORE, NO_CORE)
    try:
        result = counting.count_all(
            [artifact.path for artifact in made.values()], f"{KIND}:{kind.core}", progress=progress
        )
    except (EnvironmentLackError, ArtifactError) as error:
        reason = f"not counted: expected {error.expected}; found {error.found}; {error.fix}"
        return _row(kind, {}, None, reason, reason)
    counted = {series.precision: series.counts.instructions for series in result.series if series.counts is not None}
    chosen, why = recommend(files, counted)
    return _row(kind, counted, chosen, why)


def _row(
    kind: DeviceClass, counted: dict[str, int], chosen: str | None, why: str, reason: str | None = None
) -> ClassAdvice:
    return ClassAdvice(
        name=kind.name, title=kind.title, examples=kind.examples, core=kind.core, instructions=counted, recommended=chosen,
        why=why, reason=reason,
    )  # fmt: skip


def _within(precision: str, progress: Callable[[str], None]) -> Callable[[str], None]:
    return lambda stage: progress(f"{precision}: {stage}")
