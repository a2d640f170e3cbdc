"""Manifests: what contradicts itself is refused, and every name can be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.artifacts import exported, manifest

from mobileseg.errors import ArtifactError
from mobileseg.export.manifest import Manifest, read_manifest


def test_a_file_whose_name_is_no_text_has_a_manifest(tmp_path: Path) -> None:
    """As an archive of another system leaves it: bytes that are not UTF-8."""
    exported()(tmp_path)
    made = read_manifest(tmp_path / "a.onnx")
    odd = made.model_copy(update={"artifact": made.artifact.model_copy(update={"file": "stra\udcdfe.onnx"})})
    found = Manifest.model_validate_json(odd.to_json())
    assert found.artifact.file == "stra?e.onnx"
    assert found.model_copy(update={"artifact": made.artifact}) == made


@pytest.mark.parametrize(
    ("section", "entry", "value"),
    [
        ("output", "classes", ["a"]), ("output", "palette", [[1, 2, 3]] * 4), ("output", "palette", [[1, 2, 256]] * 3),
        ("output", "things", [3]), ("output", "things", [-1]), ("model", "num_classes", 0), ("model", "num_classes", 2),
        ("output", "shape", [1, 3]), ("output", "shape", [1, 4, 8, 8]), ("output", "kind", "mask"),
        ("input", "shape", [1, 3, 0, 64]), ("input", "shape", [1, 1, 64, 64]), ("input", "shape", [1, 3, 1 << 20, 64]),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(tmp_path: Path, section: str, entry: str, value: Any) -> None:
    (tmp_path / "a.onnx").write_bytes(b"x")
    said = manifest(tmp_path / "a.onnx")
    said[section][entry] = value
    (tmp_path / "a.onnx.json").write_text(json.dumps(said))
    with pytest.raises(ArtifactError, match=rf"a\.onnx\.json: .*(?:{entry}|classes)"):
        read_manifest(tmp_path / "a.onnx")
