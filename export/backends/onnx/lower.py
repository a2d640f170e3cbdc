"""Lowering to ONNX: batches, torch's exporter, onnxsim, shape inference, the checker, and metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.fx import GraphModule

from mobileseg.errors import GateError
from mobileseg.export.backends.contract import INPUT_NAME, Lowered, Lowering
from mobileseg.export.form import DYNAMIC


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write one .onnx file into ``folder``. Raises ``GateError`` where the simplified model differs from the exported one."""
    import onnx
    import onnxsim

    from mobileseg.export.backends.onnx.origins import without_origins
    from mobileseg.export.backends.onnx.ranges import TRANSLATIONS
    from mobileseg.export.backends.onnx.tidy import tidy

    form = lowering.form
    example = lowering.example.expand(2 if form.batch == DYNAMIC else form.batch, -1, -1, -1).contiguous()
    with torch.no_grad():
        exported = torch.onnx.export(
            _module(lowering),
            (example,),
            dynamo=True,
            opset_version=form.opset,
            dynamic_shapes=({0: torch.export.Dim("batch")},) if form.batch == DYNAMIC else None,
            input_names=[INPUT_NAME],
            output_names=list(lowering.output_names),
            custom_translation_table=TRANSLATIONS,
            verbose=False,
            optimize=False,
        )
    assert exported is not None
    tidy(exported.model)
    pixels = np.random.default_rng(0).uniform(0, 255, tuple(example.shape)).astype(np.float32)
    # onnxsim compares nothing unless it is told how often.
    model, same = onnxsim.simplify(exported.model_proto, check_n=1, input_data={INPUT_NAME: pixels})
    if not same:
        raise GateError(
            expected="a simplified ONNX model that equals the exported one",
            found="onnxsim ran both on random pixels, and their outputs differ",
            fix="report this with the model's name and input size",
        )
    model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    without_origins(model)
    # The oldest that can hold the operators: runtimes of phones refuse a newer one than they know.
    model.ir_version = onnx.helper.find_min_ir_version_for(list(model.opset_import))
    model.producer_name = "mobileseg"
    for key, value in lowering.essentials.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model, full_check=True)
    path = folder / lowering.file_name
    path.write_bytes(model.SerializeToString())
    return Lowered(path)


def _module(lowering: Lowering) -> nn.Module:
    """What torch's exporter is given."""
    from mobileseg.export.backends.onnx.batch import batched
    from mobileseg.export.backends.onnx.ranges import with_dynamic_roundings
    from mobileseg.export.quantization.quantize import float_graph

    if lowering.form.batch == 1:
        return with_dynamic_roundings(lowering.module)
    graph = float_graph(lowering.deployed) if lowering.module is lowering.deployed else lowering.module
    assert isinstance(graph, GraphModule)
    return batched(graph, lowering.example)
