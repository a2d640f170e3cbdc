"""Counts what one inference executes on an emulated ARM core, and checks its outputs. Counts, not time.

XNNPACK's ARM kernels run, selected for the emulated core, so the cost of a rewrite shows to the last instruction. Time on a real
core cannot be derived from this; QEMU's own run time is meaningless and is not reported.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import Batch
from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact, open_artifact
from mobileseg.export.versions import installed
from mobileseg.files import write_whole
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.devices.emulated import KIND, core_of, properties
from mobileseg.latency.emulation.cores import EmulatedCore
from mobileseg.latency.emulation.counts import CorePart, Counts
from mobileseg.latency.emulation.emulator import Emulator, copy_in, emulator, emulator_version
from mobileseg.latency.measuring.agreement import output_agreement
from mobileseg.latency.measuring.assemble import facts
from mobileseg.latency.measuring.picture import describe
from mobileseg.latency.measuring.stages import read_outputs
from mobileseg.latency.profiling.counted import counted_profile, counted_trace
from mobileseg.latency.profiling.recording import TRACE_SUFFIX
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results.result import CountedProfile, OutputAgreement, Result, Series, Session
from mobileseg.latency.runners import build, debian, sdk
from mobileseg.latency.runners.compiling import record
from mobileseg.postprocess.class_map import Outputs

Progress = Callable[[str], None]
TARGET = "executorch"  # the only target with a runner for the emulator
ONCE = Protocol(
    name="count", title="one inference after two warm-up runs, in its own process: counted, not timed",
    figure="median", warmup_min=2, warmup_max=2, stable_within=0, turns=1, runs=1, min_seconds=0,
    repeats=1, cool_down_s=0, within=0, wait_s=0, refuse_before=(), refuse_after=(),
)  # fmt: skip


@dataclass(frozen=True)
class Emulation:
    """One inference on the emulated core: what it executed, and its outputs."""

    counts: Counts
    outputs: Outputs


def check(artifact: Artifact) -> None:
    """Raise ``RequestError`` for files that cannot run in the emulator."""
    if artifact.target.name != TARGET:
        raise RequestError(
            expected="a .pte for an emulated core",
            found=f"{artifact.path.name}, {artifact.target.title}",
            fix="export it with --target executorch; other files are not measured on emulated cores",
        )


def emulate(artifact: Artifact, cpu: str, batch: Batch | None = None) -> Emulation:
    """Run ``artifact`` once on the emulated core ``cpu`` (a name in ``CORES``).

    ``batch``: ``(1, 3, H, W)`` float32 in 0..255; default: the first sample image. Builds the runner and the plugin on first use.
    Raises ``UnknownNameError`` (core), ``RequestError`` (target), ``ArtifactError`` (the runner refuses the file) and
    ``EnvironmentLackError``, which names the missing Debian packages.
    """
    core = core_of(cpu)
    check(artifact)
    pixels = artifact.fit.read(first_sample()) if batch is None else batch
    with emulator(core) as machine:
        (found,) = machine.count([*subject(machine, artifact.path, pixels), "--output", "outputs"])
        return Emulation(Counts.model_validate(found), read_outputs(artifact, machine.folder / "outputs"))


def profiled(artifact: Artifact, core: EmulatedCore, batch: Batch, folder: Path, total: int) -> CountedProfile:
    """One inference by operator. ``total``: instructions of one that is not recorded. Writes the runtime's record and a trace for Perfetto,
    in which one instruction takes one microsecond, into ``folder``. Raises as ``emulate``."""
    with emulator(core) as machine:
        readings = machine.readings([*subject(machine, artifact.path, batch), "--profile", "."])
        record = folder / f"{artifact.path.name}.profile.etdp"
        shutil.copyfile(machine.folder / "0.etdp", record)
    found = counted_profile(record, readings, total)
    trace = json.dumps(counted_trace(found, artifact.path.name)) + "\n"
    write_whole(folder / f"{artifact.path.name}{TRACE_SUFFIX}", trace.encode())
    return found


def subject(machine: Emulator, path: Path, batch: Batch) -> list[str]:
    """The runner's arguments for one file and its input, which are copied to ``machine``."""
    model = copy_in(path, machine.folder, "model.pte")
    np.ascontiguousarray(batch, dtype="<f4").tofile(machine.folder / "input.bin")
    return ["--model", model, "--input", "input.bin"]


def count(artifact: Artifact, cpu: str) -> Counts:
    """Only the counts of ``emulate``, which also lists the errors. They hardly depend on the pixels."""
    return emulate(artifact, cpu).counts


def count_all(
    artifacts: Sequence[str | Path],
    device: str,
    command: str | None = None,
    progress: Progress = lambda _: None,
    profile: Path | None = None,
) -> Result:
    """Count every file on ``emulated:CORE`` and compare its outputs with the host's and with the reference model's. ``profile``: an
    existing folder for the runtime's records; the counts are then also given by operator, from a second inference, which is recorded.

    Raises the errors of ``emulate`` and ``open_artifact``; requests are checked before anything is built.
    """
    core = core_of(device)
    if not artifacts:
        raise RequestError(expected="at least one artifact", found="none", fix="name exported files")
    opened = [open_artifact(path) for path in artifacts]
    for artifact in opened:
        check(artifact)
    emulator_version()
    series = []
    for artifact in opened:
        progress(f"{artifact.path.name} on {core.name}")
        series.append(_series(artifact, core, profile))
    built = record(build.arm_runner())
    runner = f"executorch {sdk.release()}, {built['compiler']}, glibc {built['glibc']}"
    session = Session(
        threads=1, cores_asked="all", cores=None, repeat=0, runner="cpp", versions=runner, before=Sensors(), after=None
    )
    return Result(
        created=datetime.now(UTC).replace(microsecond=0),
        command=command,
        device=f"{KIND}:{core.name}",
        quantity="counts",
        emulated=CorePart.of(core),
        properties=properties(core),
        protocol=ONCE,
        versions={**installed(), "qemu-user": debian.version("qemu-user"), **built},
        input=describe(first_sample()),
        sessions=(session,),
        series=tuple(series),
        complete=True,
    )


def _with_reference(artifact: Artifact, batch: Batch, outputs: Outputs) -> OutputAgreement | None:
    """Against the reference model; None where that is a network which is not ours: no command named it here."""
    if artifact.manifest.model.card is not None:
        return None
    from mobileseg.export.evaluation.reference import reference_of
    from mobileseg.models.reference import reference_outputs

    reference = reference_of(artifact.manifest, folder=artifact.path.parent)
    return output_agreement(artifact, reference_outputs(reference, batch), outputs)


def _series(artifact: Artifact, core: EmulatedCore, profile: Path | None) -> Series:
    batch = artifact.fit.read(first_sample())
    found = emulate(artifact, core.name, batch)
    return Series(
        **facts(artifact),
        counts=found.counts,
        counted=profiled(artifact, core, batch, profile, found.counts.instructions) if profile else None,
        vs_host=output_agreement(artifact, artifact.load(1).run(batch), found.outputs),
        vs_reference=_with_reference(artifact, batch, found.outputs),
    )
