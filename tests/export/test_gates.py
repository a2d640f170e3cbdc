"""A requested gate can fail the export; a figure that was not measured fails it."""

from pathlib import Path

import pytest

from mobileseg.errors import GateError
from mobileseg.export import export_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("target", "gate", "message"),
    [
        ("onnx", {"require_agreement": 1.0, "precision": "int8"}, "pixels"),
        ("onnx", {"require_delegation": 50.0}, "not measured"),
        ("coreml", {"require_agreement": 1.0, "precision": "int8-weights"}, "pixels"),
    ],
)
def test_no_file_below_the_gate(tmp_path: Path, target: str, gate: dict[str, object], message: str) -> None:
    suffix = {"onnx": ".onnx", "coreml": ".mlpackage"}[target]
    with pytest.raises(GateError, match=message):
        export_model("seaformer-tiny", target, size=(32, 64), output=tmp_path / f"a{suffix}", **gate)
    assert list(tmp_path.iterdir()) == []
