"""One case of benchmarks/zoo.py on small inputs: every file with a manifest, all in one measurement."""

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn
from zoo_cases import one_block_a_stage

from mobileseg.export import open_artifact
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS

SIZE = (64, 64)


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)


class Unexportable(nn.Module):
    """Decides by its input's values, which no exporter follows."""

    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


@pytest.mark.thorough
def test_all_files_of_a_model_are_one_measurement(
    benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of int8 alone: float32 is another word in the same lines."""
    zoo = benchmark("zoo")
    assert zoo.PRECISIONS == ("float32", "int8")
    monkeypatch.setattr(zoo, "PRECISIONS", ("int8",))
    row = zoo.case("van-b0", SIZE, "quick")
    assert [(file.form, file.precision, file.series, file.failure) for file in row.files] == [
        ("deploy", "int8", 0, None), ("plain", "int8", 1, None),
    ]  # fmt: skip
    assert len(row.timing.sessions) == 1 and row.timing.complete and row.timing.protocol.name == "quick"
    assert [series.model for series in row.timing.series] == ["van-b0", "van-b0 plain export"]
    assert all(len(series.samples_ms) == 50 and series.peak_kb for series in row.timing.series)
    assert row.ratio(("deploy", "int8"), ("plain", "int8")) == row.timing.ratio(0, 1)
    assert all(file.running_peak_bytes and file.load_peak_bytes and file.size_bytes for file in row.files)
    results = benchmark("zoo_results")
    path = tmp_path / "zoo.json"
    path.write_text(results.Zoo(created=row.timing.created, rows=(row,)).to_json())
    assert results.read_zoo(path).row("van-b0", SIZE) == row
    assert results.read_zoo(path).row("van-b0", (32, 32)) is None
    with pytest.raises(ValueError, match="either a series or a failure"):
        results.ZooRow(**{**dict(row), "files": (row.files[0].model_copy(update={"failure": "x"}),)})
    with pytest.raises(ValueError, match="series 0 is of another file"):
        results.ZooRow(**{**dict(row), "files": (row.files[0].model_copy(update={"precision": "float32"}),)})


@pytest.mark.thorough
def test_a_plain_export_is_an_artifact_that_says_what_it_is(benchmark: Any, tmp_path: Path) -> None:
    plain = benchmark("plain")
    spec = MODELS["axial-deeplab-xs"]
    path = tmp_path / "plain.pte"
    plain.plain_export("plain", build(spec, 5), spec, None, "float32", SIZE, path)
    artifact = open_artifact(path)
    manifest = artifact.manifest
    assert manifest.precision.meaning == manifest.weights.note == plain.PLAIN
    assert (manifest.verification.status, manifest.output.kind) == ("not measured", "panoptic")
    assert [tensor.name for tensor in manifest.output.tensors] == ["semantic", "center", "offset"]
    outputs = artifact.runtime.run(benchmark("plain").torch.zeros(1, 3, *SIZE).numpy())
    assert [output.shape for output in outputs] == [tensor.shape for tensor in manifest.output.tensors]


def test_a_network_that_does_not_lower_is_a_finding(benchmark: Any, tmp_path: Path) -> None:
    made = benchmark("candidates").peer("odd", Unexportable(), "van-b0", "float32", SIZE, tmp_path)
    assert made.failure.startswith("does not lower: ") and not made.facts
    made.check_loads()
    assert made.failure.startswith("does not lower: ")


def test_a_file_that_does_not_load_is_a_finding(benchmark: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.pte").write_bytes(b"nothing")
    made = benchmark("candidates").Candidate("plain", "float32", tmp_path / "bad.pte")
    made.check_loads()
    assert made.failure.startswith("does not load: ")
