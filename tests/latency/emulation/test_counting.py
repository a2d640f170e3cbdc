"""Real files in the runner, built for this machine and for emulated ARM cores. One module, so that the exports are made once."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from in_process import call
from runs import plan
from token_network import tokens
from torch import Tensor, nn
from zoo_cases import one_block_a_stage

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_batch
from mobileseg.errors import ArtifactError, EnvironmentLackError, RequestError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch.lower import lower
from mobileseg.export.targets import TARGETS
from mobileseg.latency.advice.advice import recommend
from mobileseg.latency.advice.advise import of_class, of_file
from mobileseg.latency.advice.classes import CLASSES
from mobileseg.latency.emulation.cores import CORES
from mobileseg.latency.emulation.emulator import copy_in, emulator
from mobileseg.latency.measuring.counting import count, count_all, emulate, profiled
from mobileseg.latency.profiling.counted import steps
from mobileseg.latency.runners import build, parts
from mobileseg.latency.runners.compiling import record
from mobileseg.latency.runners.elf import PAGE, alignment, is_elf
from mobileseg.latency.runners.python.plan import order

SIZE = (64, 96)
Events = list[dict[str, Any]]
Runner = Callable[..., tuple[int, Events]]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arm")


@pytest.fixture(scope="module")
def float32(attentive_pte: Artifact) -> Artifact:
    return attentive_pte


@pytest.fixture(scope="module")
def int8(folder: Path) -> Artifact:
    with pytest.MonkeyPatch.context() as patch:
        one_block_a_stage(patch)
        options = {"weights": "random", "num_classes": 11, "require_agreement": 0.0, "require_sqnr": 0.0}
        path = folder / "int8.pte"
        return export_model("seaformer-tiny", "executorch", precision="int8", size=SIZE, output=path, **options)


@pytest.fixture(scope="module")
def pixels(folder: Path) -> Path:
    path = folder / "input.bin"
    read_batch(first_sample(), *SIZE).astype("<f4").tofile(path)
    return path


@pytest.fixture
def runner(native_runner: Path, tmp_path: Path) -> Runner:
    def run(*arguments: object) -> tuple[int, Events]:
        command = [str(native_runner), *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_two_files_are_measured_in_turns(
    runner: Runner, float32: Artifact, int8: Artifact, pixels: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("1800000\n")
    status, events = runner(
        "--model", float32.path, "--input", pixels, "--model", int8.path, "--input", pixels, "--threads", 1, "--cores", 0,
        *plan(warmup_min=4, warmup_max=9, turns=3, runs=2, settle=1, balanced=True), "--output", tmp_path / "new",
        "--watch", clock, "--watch", tmp_path / "hidden",
    )  # fmt: skip
    assert status == 0
    states = [event for event in events if event["event"] == "state"]
    assert len(states) >= 2 and all(state["values"] == [1_800_000, None] and state["core"] == 0 for state in states)
    assert states[-1]["switches"] >= states[0]["switches"] >= 0
    names = [event["event"] for event in events if event["event"] != "state"]
    assert names == ["start", "load", "load", "first", "first", "warmup", "warmup", *["turn"] * 6, "memory", "end"]
    start, memory = events[0], events[-2]
    assert (start["runner"], start["threads"], start["cores"]) == ("cpp", 1, [0])
    assert start["version"].startswith("executorch 1.")
    assert memory["peak_kb"] > float32.path.stat().st_size // 1024  # its weights were read
    for warmup in (event for event in events if event["event"] == "warmup"):
        assert 4 <= len(warmup["samples_ms"]) <= 9
        assert warmup["stable"] or len(warmup["samples_ms"]) == 9
    turns = [event for event in events if event["event"] == "turn"]
    assert [(turn["turn"], turn["model"]) for turn in turns] == [(t, m) for t in range(3) for m in order(2, t, True)]
    once = {event["event"]: event["ms"] for event in events if event.get("model") == 0 and "ms" in event}
    assert once["first"] < once["load"], "weights are packed by the load"
    assert all(len(turn["samples_ms"]) == 2 and min(turn["samples_ms"]) > 0 for turn in turns)
    assert [turn["at_s"] for turn in turns] == sorted(turn["at_s"] for turn in turns)
    for index, artifact in enumerate((float32, int8)):
        wanted = artifact.load(1).run(read_batch(first_sample(), *SIZE))[0]
        found = np.fromfile(tmp_path / "new" / f"{index}.0.bin", dtype="<f4").reshape(wanted.shape)
        np.testing.assert_array_equal(found, wanted)  # the same libraries as in Python


def test_turns_last_for_min_seconds(runner: Runner, int8: Artifact, pixels: Path) -> None:
    _, events = runner("--model", int8.path, "--input", pixels, *plan(min_seconds=0.2))
    spent = [sample for event in events if event["event"] == "turn" for sample in event["samples_ms"]]
    assert sum(spent) >= 200 > sum(spent[:-1])
    assert events[-1] == {"event": "end"}


def test_profiles_can_be_read(runner: Runner, int8: Artifact, pixels: Path, tmp_path: Path) -> None:
    from executorch.devtools import Inspector

    status, events = runner("--model", int8.path, "--input", pixels, *plan(runs=3), "--profile", tmp_path / "p")
    assert status == 0
    (written,) = (event for event in events if event["event"] == "profile")
    table = Inspector(etdump_path=written["file"]).to_dataframe()
    assert table["event_name"].str.contains("DWConv").any()


def test_every_error_is_an_event(runner: Runner, int8: Artifact, pixels: Path, tmp_path: Path) -> None:
    cut, other, short = tmp_path / "cut.pte", tmp_path / 'a "model".pte', tmp_path / "short.bin"
    cut.write_bytes(int8.path.read_bytes()[:100_000])
    other.write_bytes(b"\x89PNG" * 1000)
    short.write_bytes(pixels.read_bytes()[:-4])
    good = ("--model", int8.path, "--input", pixels)
    cases: dict[str, tuple[object, ...]] = {
        "none": (),
        "'--frobnicate'": ("--frobnicate",),
        "nothing.pte: No such file": ("--model", "nothing.pte", "--input", pixels),
        "Is a directory": ("--model", tmp_path, "--input", pixels),
        "File size is too small": ("--model", cut, "--input", pixels),
        'a "model".pte: Error::InvalidProgram': ("--model", other, "--input", pixels),
        "73724 bytes": ("--model", int8.path, "--input", short),
        "nothing.bin: No such file": ("--model", int8.path, "--input", "nothing.bin"),
        "none for": ("--model", int8.path),
        "'x'": (*good, "--threads", "x"),
        "'0'": (*good, "--threads", "0"),
        "'0x2'": (*good, "--threads", "0x2"),
        "-1": (*good, *plan(turns=-1)),
        '"many"': (*good, *plan(runs="many")),
        "0 and 1": (*good, *plan(turns=0)),
        "'turn'": (*good, *plan(turn=1)),
        "'{turns: 1}'": (*good, "--protocol", "{turns: 1}"),
        "NaN": (*good, "--protocol", '{"min_seconds": NaN}'),
        "'[1, 2]'": (*good, "--protocol", "[1, 2]"),
        "'stray'": (*good, "stray"),
        "--count = maybe": (*good, "--count=maybe"),
        "second.bin": (*good, "--input", "second.bin"),
        "\ufffd": ("--model", b"\xff.pte".decode(errors="surrogateescape"), "--input", pixels),
        "''": (*good, "--cores", "0,"),
        "4095: Invalid argument": (*good, "--cores", "4095"),
        "5 and 4": (*good, *plan(warmup_min=5, warmup_max=4)),
        "the end of the command": (*good, "--threads"),
        "Not a directory": (*good, "--output", pixels / "below"),
        "2": (*good, "--threads", "2", "--count"),
    }
    for found, arguments in cases.items():
        status, events = runner(*arguments)
        last = events[-1]
        assert (status, last["event"]) == (1, "error"), arguments
        assert found in last["found"] and last["expected"] and last["fix"], (found, last)


def test_help_names_every_option_of_the_runners(native_runner: Path) -> None:
    """Both runners take the same arguments; those of Core ML are Python's alone."""
    text = subprocess.run([native_runner, "--help"], capture_output=True, text=True, check=True).stdout
    python = subprocess.run(
        [sys.executable, "-m", "mobileseg.latency.runners.python", "--help"], capture_output=True, text=True, check=True
    )
    wanted = set(re.findall(r"--[a-z-]+", python.stdout)) - {"--compute-units"}
    assert {"--model", "--etdump", "--protocol"} <= wanted <= set(re.findall(r"--[a-z-]+", text))


def test_numbers_are_whole(runner: Runner, int8: Artifact, pixels: Path) -> None:
    """Times are counted in nanoseconds; as ms each must come back to one."""
    _, events = runner("--model", int8.path, "--input", pixels, *plan(turns=2, runs=20), "--threads", "010")
    assert events[0]["threads"] == 10
    times = [time for event in events if "samples_ms" in event for time in event["samples_ms"]]
    assert len(times) >= 40
    assert all(time == round(time * 1e6) / 1e6 for time in times)


def test_the_folder_runs_from_anywhere(arm_kit: Path, int8: Artifact, pixels: Path, tmp_path: Path) -> None:
    """As on a board: only the folder, moved, without any other ARM library."""
    moved = tmp_path / "somewhere else"
    moved.mkdir()
    for file in arm_kit.iterdir():
        (moved / file.name).symlink_to(file)
    command = [moved / build.LOADER, "--library-path", moved, moved / build.RUNNER]
    done = subprocess.run(
        ["qemu-aarch64", "-cpu", "cortex-a76", *command, "--model", int8.path, "--input", pixels, *plan(warmup_max=4)],
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == {"event": "end"}, done
    assert sum(file.stat().st_size for file in arm_kit.iterdir()) < 20e6


def test_builds_are_cached(arm_kit: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in arm_kit.iterdir()}
    assert build.arm_runner() == arm_kit
    assert {file.name: file.stat().st_mtime_ns for file in arm_kit.iterdir()} == before
    built = record(arm_kit)
    assert built["kit"].startswith("executorch-1.")
    programs = [file for file in arm_kit.iterdir() if is_elf(file)]
    assert {build.RUNNER, build.LOADER, "libexecutorch.so"} <= {file.name for file in programs}
    assert all(alignment(file) % PAGE == 0 for file in programs), "phones with pages of 16 KiB"
    for part in parts.HEADERS:
        assert re.fullmatch(r"\d\S+ sha256:[0-9a-f]{64}", built[part.package]), built


def test_arm_kernels_compute_the_same_and_counts_repeat(arm_kit: Path, float32: Artifact, int8: Artifact) -> None:
    del arm_kit
    result = count_all([float32.path, int8.path], "emulated:cortex-a76", "test")
    plain, quantized = result.series
    assert plain.counts and plain.vs_host and plain.vs_reference and quantized.counts and quantized.vs_host
    assert (
        quantized.vs_reference and plain.vs_host.sqnr_db is not None and plain.vs_host.sqnr_db > 100
    )  # rounding of float32
    assert plain.vs_host.agreement == plain.vs_reference.agreement == 1.0
    assert quantized.vs_host.max_error == 0.0  # integer kernels do not round
    assert quantized.vs_reference.agreement < 1.0
    assert quantized.counts.instructions < 0.75 * plain.counts.instructions
    assert quantized.counts.dot > 0 == plain.counts.dot
    assert plain.counts.fused > 10 * quantized.counts.fused
    assert emulate(int8, "cortex-a76").counts == quantized.counts
    assert type(result).model_validate_json(result.to_json()) == result


def test_a_core_without_dot_products_runs_other_kernels(arm_kit: Path, int8: Artifact) -> None:
    del arm_kit
    found = count(int8, "cortex-a53")
    assert found.dot == found.matrix == 0 < found.widening
    assert (
        found.vector + found.scalar_float + found.loads + found.stores + found.branch + found.integer
        == found.instructions
    )
    assert 0 < found.l2_misses <= found.l1_misses < found.loads + found.stores + found.loaded_bytes // 64


def test_operators_add_up_to_the_inference(arm_kit: Path, int8: Artifact, tmp_path: Path) -> None:
    del arm_kit
    counts, core = count(int8, "cortex-a76"), CORES["cortex-a76"]
    found = profiled(int8, core, int8.fit.read(first_sample()), tmp_path, counts.instructions)
    kinds = {operator.name: operator for operator in found.operators}
    for name in ("dot", "fused", "widening"):  # the runtime itself multiplies nothing
        assert sum(getattr(kind.counts, name) for kind in kinds.values()) == getattr(counts, name)
    inside = sum(kind.counts.instructions for kind in kinds.values())
    assert 0.9 * counts.instructions < inside < counts.instructions
    assert sum(call.instructions for call in found.calls) == inside
    assert len(found.calls) == sum(kind.calls for kind in kinds.values())
    convolutions = [name for name in kinds if name.startswith(("Convolution", "Fully Connected"))]
    assert sum(kinds[name].counts.dot for name in convolutions) == counts.dot  # each instruction at its own operator
    assert kinds["Softmax (NC, F32)"].counts.fused > kinds["Softmax (NC, F32)"].counts.dot == 0


def test_operators_outside_the_delegate_are_counted_too(arm_kit: Path, tmp_path: Path) -> None:
    """One that XNNPACK does not have, between two delegates."""
    del arm_kit
    deployed = tokens(*SIZE)
    deployed.mask = Summed()
    lowered = lower(Lowering(deployed, deployed, "float32", "a.pte"), tmp_path)
    assert lowered.delegation is not None and lowered.delegation.partitions == 2
    with emulator(CORES["cortex-a76"]) as machine:
        copy_in(lowered.path, machine.folder, "model.pte")
        np.ones((1, 3, *SIZE), dtype="<f4").tofile(machine.folder / "input.bin")
        subject = ("--model", "model.pte", "--input", "input.bin")
        (whole,) = machine.count(subject)
        readings = machine.readings((*subject, "--profile", "."))
        found = steps(machine.folder / "0.etdp", readings)
        with pytest.raises(ArtifactError, match="each reading"):
            steps(machine.folder / "0.etdp", dict(list(readings.items())[:-1]))
    names = [step.name for step in found]
    (place,) = (number for number, name in enumerate(names) if "cumsum" in name)
    assert 0 < place < len(names) - 1
    assert names[-1].startswith("Multiply")
    assert all(step.counts.fused == 0 for step in (found[place], found[-1]))
    assert sum(step.counts.fused for step in found) == whole["fused"]
    assert sum(step.counts.instructions for step in found) < whole["instructions"]


class Summed(nn.Module):
    """Running sums of the logits, doubled."""

    def forward(self, logits: Tensor) -> Tensor:
        return torch.cumsum(logits, dim=1) * 2.0


def test_files_that_cannot_be_counted_are_refused(
    int8: Artifact, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="not measured"):
        count(Artifact(int8.path, int8.manifest, TARGETS["onnx"]), "cortex-a76")
    with pytest.raises(RequestError, match="none"):
        count_all([], "emulated:cortex-a76", "test")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentLackError, match=r"apt-get install qemu-user g\+\+-aarch64"):
        count(int8, "cortex-a76")
    with pytest.raises(EnvironmentLackError, match=f"apt-get install g\\+\\+-{parts.TRIPLET} make cmake"):
        build.arm_runner()


def test_the_command_counts_and_checks_a_budget(
    arm_kit: Path, int8: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    del arm_kit
    monkeypatch.chdir(tmp_path)
    command = ("latency", int8.path, "--device", "emulated:cortex-a76")
    first = call(capfd, *command, "--json", "first.json", "--profile", ".")
    assert first.code == 0 and "counts of one inference on one thread, not time" in first.out, first
    (series,) = json.loads((tmp_path / "first.json").read_text())["series"]
    instructions, profile = series["counts"]["instructions"], series["counted"]
    assert f"{instructions:,}" in first.out
    assert profile["total"] == instructions
    largest = profile["operators"][0]
    assert largest["name"] in first.out and f"{largest['counts']['instructions']:,}" in first.out
    trace = json.loads((tmp_path / f"{int8.path.name}.trace.json").read_text())
    assert len([event for event in trace["traceEvents"] if event.get("cat") == "operator"]) == len(profile["calls"])
    same = call(capfd, *command, "--budget", "first.json")
    assert same.code == 0, same
    above = call(capfd, *command, "--budget", instructions - 1)
    assert above.code == 1 and f"{instructions} instructions" in above.err, above


def test_advice_is_made_of_counts(arm_kit: Path, float32: Artifact, int8: Artifact) -> None:
    made = {"float32": float32, "int8": int8}
    files = [of_file(artifact, None) for artifact in made.values()]
    found = of_class(CLASSES["float16+dot"], files, made, lambda stage: None)
    assert found.core == "cortex-a76"
    assert found.instructions.keys() == made.keys()
    assert found.instructions["int8"] < found.instructions["float32"]
    assert (found.recommended, found.why) == recommend(files, found.instructions)
    assert found.recommended in made
