from dataclasses import replace
from pathlib import Path

import pytest
import torch

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.errors import EnvironmentLackError, GateError
from mobileseg.export import export_model, open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.export.check_coreml import check
from mobileseg.export.lowering import Lowering
from mobileseg.export.quiet import quiet

pytestmark = pytest.mark.slow
SIZE = (64, 96)


@pytest.fixture(scope="module")
def packages(workshop: Path) -> dict[str, Artifact]:
    return {
        precision: export_model(
            "seaformer-tiny", "coreml", precision=precision, size=SIZE, output=workshop / f"{precision}.mlpackage"
        )
        for precision in ("float16", "int8", "int8-weights")
    }


def test_accuracy_is_not_measured_and_the_program_is_checked(packages: dict[str, Artifact]) -> None:
    for made in packages.values():
        found = made.manifest.verification
        assert (found.status, found.sqnr_db, found.agreement, found.miou) == ("not measured", None, None, None)
        assert len(found.checks) >= 3


def test_int8_holds_activations_and_weights(packages: dict[str, Artifact]) -> None:
    import coremltools as ct

    with quiet():
        model = ct.models.MLModel(str(packages["int8"].path), skip_model_load=True)
    operations = [
        op.type
        for op in next(iter(model.get_spec().mlProgram.functions["main"].block_specializations.values())).operations
    ]
    assert operations.count("constexpr_affine_dequantize") == operations.count("conv")
    assert operations.count("quantize") > 100
    assert model.user_defined_metadata["mobileseg.model"] == "seaformer-tiny"


def test_equal_weights_that_share_one_constant_are_counted_at_their_users(tmp_path: Path) -> None:
    # Untrained SeaFormer blocks end in zeros: convolutions of one shape then hold one and the same weight.
    made = export_model(
        "seaformer-tiny", "coreml", precision="int8", size=SIZE, weights="random", output=tmp_path / "random.mlpackage"
    )
    assert any("69 int8 weights" in line for line in made.manifest.verification.checks)


def test_weights_take_less_room(packages: dict[str, Artifact]) -> None:
    sizes = {precision: made.manifest.artifact.size_bytes for precision, made in packages.items()}
    assert sizes["int8-weights"] < 0.75 * sizes["float16"]


def test_weights_of_another_model_are_noticed(packages: dict[str, Artifact]) -> None:
    model = mobileseg.create_model("seaformer-tiny", weights="camvid11")
    lowering = Lowering(torch.nn.Identity(), mobileseg.deploy(model, *SIZE), "float16", "float16.mlpackage")
    with quiet():
        assert check(packages["float16"].path, lowering)
    other = mobileseg.deploy(mobileseg.create_model("seaformer-tiny", num_classes=11), *SIZE)
    with quiet(), pytest.raises(GateError, match="weights"):
        check(packages["float16"].path, replace(lowering, deployed=other))
    with quiet(), pytest.raises(GateError, match="image"):
        check(packages["float16"].path, replace(lowering, deployed=mobileseg.deploy(model, 64, 64)))


def test_nothing_here_can_run_it(packages: dict[str, Artifact]) -> None:
    with pytest.raises(EnvironmentLackError, match="Apple"):
        open_artifact(packages["int8"].path).run(samples_folder() / "images")


def test_a_package_can_be_replaced_but_only_by_force(packages: dict[str, Artifact]) -> None:
    path = packages["float16"].path
    again = export_model("seaformer-tiny", "coreml", size=SIZE, output=path, force=True, emit="mask")
    assert open_artifact(path).manifest.output.kind == "mask"
    assert again.manifest.output.dtype == "int32"
    assert sorted(p.name for p in path.parent.iterdir() if p.name.startswith(".")) == []
