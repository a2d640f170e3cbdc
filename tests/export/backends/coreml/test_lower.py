import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from street_net import FACTORY, NAME
from torch import Tensor, nn

import mobileseg
from mobileseg.cli import compare, export, predict
from mobileseg.cli.export_report import report
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images, read_batch
from mobileseg.errors import EnvironmentLackError, GateError, NotMeasuredError, UnknownOperationError
from mobileseg.export import export_model, export_module, open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.coreml.check import check
from mobileseg.export.backends.coreml.interpreter import InterpretedProgram
from mobileseg.export.backends.coreml.interpreter.operations import OPERATIONS
from mobileseg.export.backends.coreml.interpreter.package import schema
from mobileseg.export.backends.coreml.lower import lower, within_halves
from mobileseg.export.backends.coreml.tools import import_coremltools
from mobileseg.export.form import Form
from mobileseg.export.quantization.quantize import quantize
from mobileseg.latency.devices.host import Host
from mobileseg.models.blocks.rewrites import HIDDEN, constant
from mobileseg.models.reference import run_module
from mobileseg.quiet import quiet

pytestmark = pytest.mark.slow
SIZE = (64, 96)
CLASSES = samples_folder() / "classes.json"


FORMS: dict[str, dict[str, Any]] = {  # every option is in one of them
    "float32": {"min_ios": 16}, "float16": {"input": "image"}, "int8": {}, "int8-weights": {"min_ios": 18},
    "palettized": {"min_ios": 16},
}  # fmt: skip


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures to verify on: the interpreter takes its time."""
    folder = tmp_path_factory.mktemp("few")
    for picture in find_images(samples_folder() / "images")[1::12]:
        shutil.copy(picture, folder)
    return folder


@pytest.fixture(scope="module")
def packages(workshop: Path, few: Path) -> dict[str, Artifact]:
    return {
        precision: export_model(
            NAME,
            "coreml",
            precision=precision,
            size=SIZE,
            classes=CLASSES,
            verify_data=few,
            output=workshop / f"{precision}.mlpackage",
            **form,
        )
        for precision, form in FORMS.items()
    }


def test_the_oldest_ios_is_as_asked(packages: dict[str, Artifact]) -> None:
    versions = {
        name: schema("Model_pb2").Model.FromString(_program(made)).specificationVersion
        for name, made in packages.items()
    }
    assert versions == {"float32": 7, "float16": 8, "int8": 8, "int8-weights": 9, "palettized": 7}


def test_a_picture_is_taken_as_vision_gives_it(packages: dict[str, Artifact]) -> None:
    model = schema("Model_pb2").Model.FromString(_program(packages["float16"]))
    (given,) = model.description.input
    image = given.type.imageType
    assert (image.height, image.width, image.colorSpace) == (*SIZE, image.RGB)
    assert packages["float16"].manifest.input.kind == "image"
    batch = np.random.default_rng(3).uniform(0, 255, (1, 3, *SIZE)).astype(np.float32)
    picture, numbers = packages["float16"].load(), packages["float32"].load()
    (rounded,), (same,), (exact,) = picture.run(batch), picture.run(np.rint(batch)), numbers.run(np.rint(batch))
    np.testing.assert_array_equal(rounded, same)
    assert 10 * np.log10((exact**2).sum() / ((rounded - exact) ** 2).sum()) > 40


def test_xcode_shows_names_and_colours(packages: dict[str, Artifact]) -> None:
    found = schema("Model_pb2").Model.FromString(_program(packages["int8"])).description.metadata.userDefined
    assert found["com.apple.coreml.model.preview.type"] == "imageSegmenter"
    shown, output = json.loads(found["com.apple.coreml.model.preview.params"]), packages["int8"].manifest.output
    assert tuple(shown["labels"]) == output.classes
    assert output.palette is not None
    assert [tuple(bytes.fromhex(color[1:])) for color in shown["colors"]] == list(output.palette)


def _program(made: Artifact) -> bytes:
    return next(made.path.glob("Data/**/*.mlmodel")).read_bytes()


def test_the_program_is_checked_and_evaluated(packages: dict[str, Artifact]) -> None:
    least = {
        "float32": 100.0,
        "float16": 45.0,
        "int8-weights": 45.0,
        "int8": 20.0,
        "palettized": 45.0,
    }  # dB against what was lowered
    for precision, made in packages.items():
        found = made.manifest.verification
        assert found.status == "emulated"
        assert found.evaluated_by == "our interpreter, not by Core ML"
        assert found.images > 0
        assert len(found.checks) >= 5
        assert found.sqnr_with_lowered_db is not None
        assert found.sqnr_with_lowered_db > least[precision]
    exact = packages["float32"].manifest.verification
    assert exact.max_error is not None
    assert exact.logit_range is not None
    assert exact.max_error < 1e-4 * exact.logit_range


def test_off_macos_a_file_is_emulated_and_never_passes(packages: dict[str, Artifact]) -> None:
    made = packages["int8-weights"]
    if not made.target.interpreted:
        pytest.skip("macOS runs it")
    assert {gate.verdict for gate in made.manifest.verification.gates} == {"EMULATED"}
    lines = report(made.manifest)
    assert any(line.startswith("gate       EMULATED agreement") and "not by Core ML" in line for line in lines)
    assert not any(line.startswith("verified") or "PASS" in line for line in lines)


def test_int8_holds_activations_and_weights(packages: dict[str, Artifact]) -> None:
    with quiet():
        ct = import_coremltools()
        model = ct.models.MLModel(str(packages["int8"].path), skip_model_load=True)
    operations = [
        op.type
        for op in next(iter(model.get_spec().mlProgram.functions["main"].block_specializations.values())).operations
    ]
    assert operations.count("constexpr_affine_dequantize") == operations.count("conv")
    assert operations.count("quantize") > 5
    assert model.user_defined_metadata["mobileseg.model"] == NAME


class Twins(nn.Module):
    """Two convolutions that begin with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.other = nn.Conv2d(3, 11, 3, padding=1), nn.Conv2d(11, 11, 1), nn.Conv2d(11, 11, 1)
        self.other.load_state_dict(self.one.state_dict())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.other(self.one(self.stem(x).relu()).relu())
        return out


def test_equal_weights_that_share_one_constant_are_counted_at_their_users(tmp_path: Path, few: Path) -> None:
    path = tmp_path / "twins.mlpackage"
    made = export_module(Twins(), "coreml", precision="int8", size=SIZE, verify_data=few, output=path)
    assert any("3 int8 weights" in line for line in made.manifest.verification.checks)


def test_the_quantized_graph_in_float32_is_the_graph_itself(tmp_path: Path) -> None:
    # What a float16 file loses beyond is float16's.
    deployed = mobileseg.deploy(mobileseg.create_model(NAME), *SIZE)
    batches = [read_batch(path, *SIZE) for path in find_images(samples_folder() / "images")[::4]]
    with quiet():
        graph, _ = quantize(deployed, batches)
        program = InterpretedProgram(lower(Lowering(graph, deployed, "float32", "exact.mlpackage"), tmp_path).path)
    for batch in batches:
        (found,), (wanted,) = program.run(batch), run_module(graph, torch.from_numpy(batch))
        differ = found != wanted  # single steps are rounded the other way
        assert differ.mean() < 0.02
        assert ((found - wanted) ** 2).sum() < 1e-4 * (wanted**2).sum()


def test_weights_take_less_room(packages: dict[str, Artifact]) -> None:
    sizes = {precision: next(made.path.rglob("weight.bin")).stat().st_size for precision, made in packages.items()}
    assert sizes["palettized"] < sizes["int8-weights"] < 0.75 * sizes["float16"]


def test_weights_of_another_model_are_detected(packages: dict[str, Artifact]) -> None:
    model = mobileseg.create_model(NAME)
    lowering = Lowering(
        torch.nn.Identity(), mobileseg.deploy(model, *SIZE), "float16", "float16.mlpackage", form=Form(input="image")
    )
    with quiet():
        assert check(packages["float16"].path, lowering)
    with quiet(), pytest.raises(GateError, match="image"):
        check(packages["float16"].path, replace(lowering, deployed=mobileseg.deploy(model, 64, 64)))
    with torch.no_grad():
        next(model.parameters()).mul_(2)
    with quiet(), pytest.raises(GateError, match="weights"):
        check(packages["float16"].path, replace(lowering, deployed=mobileseg.deploy(model, *SIZE)))


def test_it_runs_here(packages: dict[str, Artifact]) -> None:
    image = find_images(samples_folder() / "images")[0]
    exact, coarse = (open_artifact(packages[name].path).run(image) for name in ("float32", "int8"))
    assert isinstance(exact, np.ndarray)
    assert isinstance(coarse, np.ndarray)
    assert exact.shape == coarse.shape == (1, 11, 16, 24)
    assert np.corrcoef(exact.ravel(), coarse.ravel())[0, 1] > 0.98


def test_the_interpreter_is_not_timed(packages: dict[str, Artifact]) -> None:
    with pytest.raises(EnvironmentLackError, match="interpreter"):
        Host().check_manifest(packages["int8"].manifest)


def test_compare_says_what_evaluated_the_file(
    packages: dict[str, Artifact], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.json"
    compare.compare(str(packages["float32"].path), "samples", model=FACTORY, no_labels=True, json_file=str(result))
    assert "evaluated by our interpreter, not by Core ML" in capsys.readouterr().out
    found = json.loads(result.read_text())
    assert found["evaluated_by"] == "our interpreter, not by Core ML"
    assert found["verdict"] == "PASS"


def test_predict_says_what_evaluated_the_file(
    packages: dict[str, Artifact], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = str(tmp_path / "pictures")
    predict.predict(str(packages["int8"].path), ["samples"], output=pictures)
    assert "evaluated by our interpreter, not by Core ML" in capsys.readouterr().out
    assert list((tmp_path / "pictures").iterdir())


def test_an_unknown_operation_is_unknown_and_never_pass(
    packages: dict[str, Artifact],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delitem(OPERATIONS, "relu")
    package, result = packages["float32"].path, tmp_path / "result.json"
    with pytest.raises(UnknownOperationError, match="relu"):
        open_artifact(package).load()
    with pytest.raises(NotMeasuredError, match="macOS") as caught:
        compare.compare(str(package), "samples", model=FACTORY, no_labels=True, json_file=str(result))
    assert caught.value.exit_code == 4
    assert "verdict         UNKNOWN" in capsys.readouterr().out
    found = json.loads(result.read_text())
    assert (found["verdict"], found["images"], found["agreement"]) == ("UNKNOWN", 0, None)
    assert "relu" in found["gates"][0]["found"]
    package = tmp_path / "new.mlpackage"
    with pytest.raises(NotMeasuredError, match="relu"):
        export.export(NAME, "coreml", precision="int8-weights", size=f"{SIZE[0]}x{SIZE[1]}", output=str(package))
    assert "gate       UNKNOWN agreement" in capsys.readouterr().out
    made = open_artifact(package).manifest.verification  # the file is kept: a device can tell
    assert (made.status, made.miou) == ("not measured", None)
    assert {gate.verdict for gate in made.gates} == {"UNKNOWN"}
    assert "relu" in made.source
    assert len(made.checks) >= 3
    with pytest.raises(GateError, match="not measured"):
        export_model(NAME, "coreml", size=SIZE, output=tmp_path / "b.mlpackage", require_agreement=0.1)
    assert not (tmp_path / "b.mlpackage").exists()


def test_a_package_is_replaced_only_with_force(packages: dict[str, Artifact]) -> None:
    path = packages["float16"].path
    again = export_model(NAME, "coreml", size=SIZE, output=path, force=True, emit="mask")
    assert open_artifact(path).manifest.output.kind == "mask"
    assert again.manifest.output.dtype == "int32"
    assert sorted(p.name for p in path.parent.iterdir() if p.name.startswith(".")) == []


def test_the_attention_mask_is_finite_in_float16_and_still_masks() -> None:
    module = torch.nn.Module()
    module.mask = constant(torch.tensor([0.0, HIDDEN]))
    half = within_halves(module).mask.detach().half()
    assert (half + half).isfinite().all()  # a row and a column
    assert half.softmax(0).tolist() == [1, 0]
    assert module.mask[1] == HIDDEN
