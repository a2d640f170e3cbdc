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
from zoo_cases import one_block_a_stage

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_batch
from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.export.targets import TARGETS
from mobileseg.latency.measuring.counting import count, count_all, emulate
from mobileseg.latency.runners import build, parts
from mobileseg.latency.runners.compiling import record

SIZE = (64, 96)
Events = list[dict[str, Any]]
Runner = Callable[..., tuple[int, Events]]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arm")


@pytest.fixture(scope="module")
def float32(small_pte: Artifact) -> Artifact:
    return small_pte


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
    status, events = runner(
        "--model", float32.path, "--input", pixels, "--model", int8.path, "--input", pixels, "--threads", 1, "--cores", 0,
        "--warmup-min", 4, "--warmup-max", 9, "--turns", 3, "--runs", 2, "--min-seconds", 0, "--output", tmp_path / "new",
    )  # fmt: skip
    assert status == 0
    names = [event["event"] for event in events]
    assert names == ["start", "load", "load", "first", "first", "warmup", "warmup", *["turn"] * 6, "memory", "end"]
    start, memory = events[0], events[-2]
    assert (start["runner"], start["threads"], start["cores"]) == ("cpp", 1, [0])
    assert start["version"].startswith("executorch 1.")
    assert memory["peak_kb"] > float32.path.stat().st_size // 1024  # its weights were read
    for warmup in (event for event in events if event["event"] == "warmup"):
        assert 4 <= len(warmup["samples_ms"]) <= 9
        assert warmup["stable"] or len(warmup["samples_ms"]) == 9
    turns = [event for event in events if event["event"] == "turn"]
    assert [(turn["turn"], turn["model"]) for turn in turns] == [(t, m) for t in range(3) for m in range(2)]
    assert all(len(turn["samples_ms"]) == 2 and min(turn["samples_ms"]) > 0 for turn in turns)
    assert [turn["at_s"] for turn in turns] == sorted(turn["at_s"] for turn in turns)
    for index, artifact in enumerate((float32, int8)):
        wanted = artifact.load(1).run(read_batch(first_sample(), *SIZE))[0]
        found = np.fromfile(tmp_path / "new" / f"{index}.0.bin", dtype="<f4").reshape(wanted.shape)
        np.testing.assert_array_equal(found, wanted)  # the same libraries as in Python


def test_turns_last_for_min_seconds(runner: Runner, int8: Artifact, pixels: Path) -> None:
    _, events = runner("--model", int8.path, "--input", pixels, "--min-seconds", 0.2, "--turns", 1, "--runs", 1)
    spent = [sample for event in events if event["event"] == "turn" for sample in event["samples_ms"]]
    assert sum(spent) >= 200 > sum(spent[:-1])
    assert events[-1] == {"event": "end"}


def test_profiles_can_be_read(runner: Runner, int8: Artifact, pixels: Path, tmp_path: Path) -> None:
    from executorch.devtools import Inspector

    status, events = runner("--model", int8.path, "--input", pixels, "--runs", 3, "--profile", tmp_path / "p")
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
        "'-1'": (*good, "--turns", "-1"),
        "'0x2'": (*good, "--runs", "0x2"),
        "'nan'": (*good, "--min-seconds", "nan"),
        "'stray'": (*good, "stray"),
        "--count = maybe": (*good, "--count=maybe"),
        "second.bin": (*good, "--input", "second.bin"),
        "\ufffd": ("--model", b"\xff.pte".decode(errors="surrogateescape"), "--input", pixels),
        "''": (*good, "--cores", "0,"),
        "4095: Invalid argument": (*good, "--cores", "4095"),
        "5 and 4": (*good, "--warmup-min", 5, "--warmup-max", 4),
        "the end of the command": (*good, "--runs"),
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
    assert {"--model", "--etdump", "--min-seconds"} <= wanted <= set(re.findall(r"--[a-z-]+", text))


def test_numbers_are_whole(runner: Runner, int8: Artifact, pixels: Path) -> None:
    """Times are counted in nanoseconds; as ms each must come back to one."""
    _, events = runner("--model", int8.path, "--input", pixels, "--turns", 2, "--runs", 20, "--threads", "010")
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
        ["qemu-aarch64", "-cpu", "cortex-a76", *command, "--model", int8.path, "--input", pixels, "--warmup-max", "4"],
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


def test_the_command_counts_and_checks_a_budget(arm_kit: Path, int8: Artifact, tmp_path: Path) -> None:
    del arm_kit
    entry = [sys.executable, "-c", "from mobileseg.cli import main; main()", "latency", str(int8.path)]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*entry, "--device", "emulated:cortex-a76", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    first = run("--json", "first.json")
    assert first.returncode == 0 and "counts of one inference on one thread, not time" in first.stdout, first
    instructions = json.loads((tmp_path / "first.json").read_text())["series"][0]["counts"]["instructions"]
    assert f"{instructions:,}" in first.stdout
    same = run("--budget", "first.json")
    assert same.returncode == 0, same
    above = run("--budget", str(instructions - 1))
    assert above.returncode == 1 and f"{instructions} instructions" in above.stderr, above
