from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from street_net import NAME

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.errors import ArtifactError, GateError
from mobileseg.export import export_model, open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.onnx.runtime import OnnxRuntime

pytestmark = pytest.mark.slow
IMAGE = find_images(samples_folder() / "images")[1]


def test_int8_is_quantize_dequantize_pairs(tiny_onnx: Artifact) -> None:
    model = onnx.load(tiny_onnx.path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version >= 18
    counts = Counter(node.op_type for node in model.graph.node)
    assert counts["QuantizeLinear"] > 100
    assert counts["DequantizeLinear"] > counts["QuantizeLinear"]
    weights = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8 and len(t.dims) == 4]
    assert len(weights) == counts["Conv"]


def test_metadata_carries_the_manifests_essentials(tiny_onnx: Artifact) -> None:
    found = {entry.key: entry.value for entry in onnx.load(tiny_onnx.path).metadata_props}
    manifest = tiny_onnx.manifest
    assert found["mobileseg.model"] == "seaformer-tiny"
    assert found["mobileseg.weights.sha256"] == manifest.weights.sha256
    assert found["mobileseg.precision"] == "int8"
    assert "160x224" in found["mobileseg.input"]
    assert found["mobileseg.classes"].split(",") == list(manifest.output.classes or ())


def test_every_value_has_a_shape(tiny_onnx: Artifact) -> None:
    graph = onnx.load(tiny_onnx.path).graph
    shaped = {value.name for value in (*graph.value_info, *graph.output)}
    assert {name for node in graph.node for name in node.output} <= shaped
    assert [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim] == [1, 11, 20, 28]


def test_int8_agrees_with_executorchs_calibration(tiny_onnx: Artifact) -> None:
    found = tiny_onnx.manifest.verification
    assert found.sqnr_db is not None
    assert found.sqnr_db > 17
    assert tiny_onnx.manifest.delegation is None


def test_float_equals_the_deploy_model(five_onnx: Artifact) -> None:
    found = five_onnx.manifest.verification
    assert found.max_error is not None
    assert found.logit_range is not None
    assert found.max_error <= 1e-4 * found.logit_range
    assert found.agreement_with_lowered is not None
    assert found.agreement_with_lowered >= 0.9999
    assert open_artifact(five_onnx.path).run(IMAGE).shape == (1, 5, 8, 12)


def test_the_mask_in_the_graph(workshop: Path, five_classes: Path, five_onnx: Artifact) -> None:
    options = {"size": (64, 96), "weights": str(five_classes), "emit": "mask"}
    made = export_model("seaformer-tiny", "onnx", output=workshop / "mask.onnx", **options)
    mask, logits = made.run(IMAGE), five_onnx.run(IMAGE)
    assert mask.dtype == np.int32
    assert (mask[0] == five_onnx.class_map(logits, 64, 96)).mean() >= 0.9999


def test_a_truncated_file_is_refused(five_onnx: Artifact, tmp_path: Path) -> None:
    (tmp_path / "short.onnx").write_bytes(five_onnx.path.read_bytes()[:5000])
    with pytest.raises(ArtifactError, match="can load"):
        OnnxRuntime(tmp_path / "short.onnx")


@pytest.mark.parametrize("how", ["constant", "operator"])
def test_a_simplification_that_changes_the_numbers_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    """onnxsim's own comparison, which runs nothing by default, sees it."""
    import onnxsim
    from onnxsim import onnx_simplifier

    simplify = onnx_simplifier.C.simplify

    def wrong(*given: object) -> bytes:
        model = onnx.load_from_string(simplify(*given))
        if how == "constant":
            name = next(node.input[1] for node in model.graph.node if node.op_type == "Conv")
            weight = next(tensor for tensor in model.graph.initializer if tensor.name == name)
            weight.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight) * np.float32(1.01), name))
        else:
            next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Abs"
        return bytes(model.SerializeToString())

    monkeypatch.setattr(onnx_simplifier.C, "simplify", wrong)
    assert onnxsim.simplify is not None
    with pytest.raises(GateError, match="onnxsim ran both on random pixels"):
        export_model(NAME, "onnx", size=(64, 96), output=tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []
