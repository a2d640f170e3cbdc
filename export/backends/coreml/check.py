"""Checks of a Core ML program that need no run: it opens, its interface is right, and its weights are the model's."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.fx import GraphModule

from mobileseg.errors import GateError
from mobileseg.export.backends.contract import INPUT_NAME, Lowering
from mobileseg.export.backends.coreml.tools import import_coremltools
from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.export.quantization.palettes import BITS, LEAST_WEIGHTS
from mobileseg.export.targets import CALIBRATED, FLOAT16, FLOAT32, INT8, INT8_WEIGHTS, PALETTIZED, QUANTIZED
from mobileseg.models.reference import run_module

# Largest rounding error of a weight, relative to the largest weight of its output channel: half a step of 127, or of 11 bits.
HALF_STEP = {INT8: 0.5 / 127, INT8_WEIGHTS: 0.5 / 127, FLOAT16: 2.0**-11, PALETTIZED: 2.0**-11, FLOAT32: 0.0}
QUANTIZED_WEIGHTS = ("constexpr_affine_dequantize", "constexpr_blockwise_shift_scale")  # up to iOS 17, and since
PALETTE = "constexpr_lut_to_dense"
SLACK = 2.0**-10  # for float16 scales and casts of small numbers


def check(path: Path, lowering: Lowering) -> tuple[str, ...]:
    """Check the file at ``path`` against ``lowering``. Returns the checks in words; raises ``GateError`` at the first that fails."""
    ct = import_coremltools()
    from coremltools.converters.mil.frontend.milproto.load import load

    model = ct.models.MLModel(str(path), skip_model_load=True)
    spec = model.get_spec()
    _check_interface(spec, lowering)
    program = load(spec, specification_version=spec.specificationVersion, file_weights_dir=model.weights_dir)
    operations = [op for op in program.functions["main"].operations if op.op_type != "const"]
    counts = Counter(op.op_type for op in operations)
    weighted = [op for op in operations if op.op_type in ("conv", "linear")]
    worst = _check_weights(weighted, lowering)
    # Counted per use: equal weights, such as zeros of untrained branches, share one constant.
    integers = sum(op.weight.op.op_type in QUANTIZED_WEIGHTS for op in weighted)
    if lowering.precision in QUANTIZED:
        wanted, static = _int8_weights(lowering), lowering.precision in CALIBRATED
        _expect(
            (counts["quantize"] > 0) == static and integers == wanted,
            f"{'int8' if static else 'float'} activations, and int8 weights in {wanted} of {len(weighted)} operations",
            f"{counts['quantize']} quantize operations, int8 weights in {integers}",
        )
    checks = [
        f"opens again as an mlprogram of {len(operations)} operations, specification {spec.specificationVersion}",
        f"input {INPUT_NAME} {_input_words(lowering)}, {' and '.join(lowering.output_names)} of the right shape and type",
        f"{len(weighted)} weights equal the float model's within rounding (worst {worst:.2g} of its channel's largest)",
    ]
    if lowering.precision == PALETTIZED:
        checks.append(_check_palettes(weighted))
    if lowering.precision in QUANTIZED:
        checks.append(f"{counts['quantize']} quantize, {counts['dequantize']} dequantize, {integers} int8 weights")
    return tuple(checks)


def _expect(good: bool, expected: str, found: str) -> None:
    if not good:
        raise GateError(expected=expected, found=found, fix="report this with the model's name, size and precision")


def _input_words(lowering: Lowering) -> str:
    if lowering.form.input == "image":
        return "an RGB picture of {}x{}".format(*lowering.example.shape[2:])
    return f"{tuple(lowering.example.shape)} float32"


def _check_interface(spec: Any, lowering: Lowering) -> None:
    _expect(spec.WhichOneof("Type") == "mlProgram", "an mlprogram", str(spec.WhichOneof("Type")))
    (given,) = spec.description.input
    wanted = run_module(lowering.deployed, lowering.example)
    kinds = spec.description.output[0].type.multiArrayType.DESCRIPTOR.enum_types_by_name["ArrayDataType"].values_by_name
    number = "INT32" if lowering.deployed.emit == "mask" else "FLOAT32"
    taken = {feature.name: feature for feature in spec.description.output}
    _expect(set(taken) == set(lowering.output_names), f"outputs {lowering.output_names}", str(tuple(taken)))
    if lowering.form.input == "image":
        image = given.type.imageType
        taken_size, size = (image.height, image.width), tuple(lowering.example.shape[2:])
        good = (given.name, taken_size, image.colorSpace) == (INPUT_NAME, size, image.RGB)
        _expect(
            good, f"an RGB picture {INPUT_NAME} of {size}", f"{given.name} of {taken_size}, colours {image.colorSpace}"
        )
        rows = []
    else:
        rows = [(given, INPUT_NAME, tuple(lowering.example.shape), "FLOAT32")]
    rows += [(taken[name], name, out.shape, number) for name, out in zip(lowering.output_names, wanted, strict=True)]
    for feature, name, shape, dtype in rows:
        array = feature.type.multiArrayType
        found = (feature.name, tuple(array.shape), array.dataType)
        _expect(found == (name, shape, kinds[dtype].number), f"{name} {shape} {dtype}", str(found))


def _check_weights(weighted: list[Any], lowering: Lowering) -> float:
    """Largest deviation of any weight, relative to the largest weight of its output channel."""
    wanted = _float_weights(lowering)
    _expect(len(weighted) == len(wanted), f"{len(wanted)} convolutions and linear layers", str(len(weighted)))
    worst = 0.0
    for op, weight in zip(weighted, wanted, strict=True):
        found = _value(op.weight).astype(np.float64)
        _expect(found.shape == weight.shape, f"a weight of {weight.shape} in {op.name}", str(found.shape))
        axes = tuple(range(1, weight.ndim))
        largest = np.abs(weight).max(axis=axes, keepdims=True)
        # A channel smaller than the observer's smallest scale is rounded with that scale.
        deviation = float((np.abs(found - weight) / np.maximum(largest, 127 * 2.0**-12)).max())
        worst = float(np.maximum(worst, deviation))  # passes NaN on
    _expect(
        worst <= HALF_STEP[lowering.precision] + SLACK,
        f"weights within {HALF_STEP[lowering.precision]:.2g}",
        f"{worst:.2g}",
    )
    return worst


def _check_palettes(weighted: list[Any]) -> str:
    """All large weights are by palettes; how many, in words."""
    large = [op.weight for op in weighted if math.prod(op.weight.shape) >= LEAST_WEIGHTS]
    found = sum(weight.op.op_type == PALETTE for weight in large)
    _expect(found == len(large), f"weights by palettes in {len(large)} operations", f"in {found}")
    values = max((np.unique(_value(weight)).size for weight in large), default=0)
    _expect(values <= 2**BITS, f"palettes of at most {2**BITS} values", f"{values}")
    return f"{found} of {len(weighted)} weights by palettes of at most {values} values"


def _int8_weights(lowering: Lowering) -> int:
    """Number of convolutions and linear layers with int8 weights in the quantized graph."""
    assert isinstance(lowering.module, GraphModule)
    weights = [node.args[1] for node in lowering.module.graph.nodes if node.target in WEIGHTED]
    return sum("dequantize_per_channel" in str(weight.target) for weight in weights)


def _value(weight: Any) -> NDArray[np.floating]:
    if weight.op.op_type in (*QUANTIZED_WEIGHTS, PALETTE):
        value: NDArray[np.floating] = weight.op.materialized_val_inference()
        return value
    constant: NDArray[np.floating] = weight.val
    return constant


def _float_weights(lowering: Lowering) -> list[NDArray[np.float64]]:
    """The deploy model's weights, or those of their palettes, in the order in which the graph uses them."""
    module = lowering.module if lowering.precision == PALETTIZED else lowering.deployed
    program = torch.export.export(module, (lowering.example,))
    names = program.graph_signature.inputs_to_parameters
    used = [node.args[1].name for node in program.graph.nodes if node.target in WEIGHTED]
    return [program.state_dict[names[name]].detach().numpy().astype(np.float64) for name in used]
