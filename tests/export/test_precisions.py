"""Every precision on every target: a file that runs and is verified, or a refusal with its reason."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from made_once import exported_once
from street_net import NAME

import mobileseg
from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_batch
from mobileseg.errors import RequestError
from mobileseg.export import export_model
from mobileseg.export.quantization.fake_quant import DEQUANTIZE
from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.export.quantization.quantize import quantize
from mobileseg.export.quantization.weight_only import QUANTIZERS
from mobileseg.export.targets import INT8, INT8_DYNAMIC, INT8_FLOAT16, INT8_WEIGHTS, QUANTIZED, TARGETS
from mobileseg.models.reference import run_module
from mobileseg.quiet import quiet

SIZE = (64, 96)


@pytest.mark.parametrize(("target", "precision"), [(t.name, p) for t in TARGETS.values() for p in t.refused])
def test_an_unsupported_precision_is_refused_with_the_reason(target: str, precision: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        export_model("seaformer-tiny", target, precision=precision, output=tmp_path / "x")
    assert TARGETS[target].refused[precision] in caught.value.found
    assert all(name in caught.value.expected for name in TARGETS[target].precisions)


def test_every_target_makes_or_refuses_every_precision() -> None:
    for target in TARGETS.values():
        assert not target.precisions.keys() & target.refused.keys()
        assert set(QUANTIZED) <= target.precisions.keys() | target.refused.keys()
    assert set(QUANTIZERS) == set(QUANTIZED)


@pytest.mark.slow
@pytest.mark.parametrize("precision", [INT8_WEIGHTS, INT8_DYNAMIC])
def test_it_runs_and_is_verified(precision: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = export_model(NAME, "onnx", precision=precision, size=SIZE, output=tmp_path / "x.onnx")
    found, manifest = made.manifest.verification, made.manifest
    assert found.status == "passed"
    assert any("follows its quantized graph" in check for check in found.checks)
    assert not found.same_as_calibration
    assert manifest.calibration is None
    assert manifest.precision.name == precision
    assert found.sqnr_db is not None and found.sqnr_db > 18
    exact = exported_once(tmp_path_factory, "street-float32-onnx", "onnx", NAME, size=SIZE).manifest
    saved = exact.artifact.size_bytes - manifest.artifact.size_bytes
    assert saved > 0.5 * 3 * manifest.model.parameters  # three bytes of four, less what the graph says of scales
    outputs = made.run(first_sample())
    assert outputs.shape == manifest.output.shape


@pytest.mark.slow
def test_what_each_scheme_rounds() -> None:
    """Counted in the graph; and activations that are not rounded at all lose less than those that are."""
    deployed = mobileseg.deploy(mobileseg.create_model(NAME), *SIZE)
    batch = read_batch(first_sample(), *SIZE)
    wanted = run_module(deployed, torch.from_numpy(batch))[0]
    noise = {}
    schemes = [precision for precision in QUANTIZED if precision != INT8_FLOAT16]  # the scheme of int8
    for precision in schemes:
        with quiet():
            graph, _ = quantize(deployed, [batch], precision=precision)
        noise[precision] = float(((run_module(graph, torch.from_numpy(batch))[0] - wanted) ** 2).sum())
        weighted = [node for node in graph.graph.nodes if node.target in WEIGHTED]
        rounded = Counter(argument.target in DEQUANTIZE for node in weighted for argument in node.args[1:2])
        static = sum("quantize_per_tensor.default" in str(node.target) for node in graph.graph.nodes)
        dynamic = sum("choose_qparams" in str(node.target) for node in graph.graph.nodes)
        assert (static > 0) == (precision == INT8)
        assert (dynamic > 0) == (precision == INT8_DYNAMIC)
        if precision != INT8:
            assert rounded == {True: len(weighted)}
    assert 0 < noise[INT8_WEIGHTS] < min(noise[name] for name in schemes if name != INT8_WEIGHTS)


@pytest.mark.slow
def test_dynamic_ranges_work_where_static_ones_fail() -> None:
    """Calibrated on dark images, run on bright ones."""
    deployed = mobileseg.deploy(mobileseg.create_model(NAME), *SIZE)
    day = read_batch(first_sample(), *SIZE)
    wanted = run_module(deployed, torch.from_numpy(day))[0]
    noise = {}
    for precision in (INT8, INT8_DYNAMIC):
        with quiet():
            graph, _ = quantize(deployed, [day * 0.02], precision=precision)
        noise[precision] = float(((run_module(graph, torch.from_numpy(day))[0] - wanted) ** 2).sum())
    assert noise[INT8_DYNAMIC] < 0.1 * noise[INT8]
