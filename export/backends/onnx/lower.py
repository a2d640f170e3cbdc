"""Lowering to ONNX: torch's exporter, onnxsim, shape inference, the checker, and metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mobileseg.errors import GateError
from mobileseg.export.backends.contract import INPUT_NAME, Lowered, Lowering

OPSET = 18


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write one .onnx file into ``folder``. Raises ``GateError`` where the simplified model differs from the exported one."""
    import onnx
    import onnxsim

    from mobileseg.export.backends.onnx.origins import without_origins
    from mobileseg.export.backends.onnx.ranges import TRANSLATIONS, with_dynamic_roundings

    with torch.no_grad():
        exported = torch.onnx.export(
            with_dynamic_roundings(lowering.module),
            (lowering.example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT_NAME],
            output_names=list(lowering.output_names),
            custom_translation_table=TRANSLATIONS,
            verbose=False,
        )
    assert exported is not None
    pixels = np.random.default_rng(0).uniform(0, 255, tuple(lowering.example.shape)).astype(np.float32)
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
    model.producer_name = "mobileseg"
    for key, value in lowering.essentials.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model, full_check=True)
    path = folder / lowering.file_name
    path.write_bytes(model.SerializeToString())
    return Lowered(path)
