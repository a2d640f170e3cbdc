"""A file gives what its manifest says, or nothing is computed from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bad_inputs.artifacts import CELLS, CLASSES, SIDE, exported, network
from PIL import Image

from mobileseg.errors import ArtifactError, UnknownNameError
from mobileseg.export import open_artifact
from mobileseg.export.fitting import check_shapes
from mobileseg.export.manifest import OutputPart, TensorPart
from mobileseg.interface.predicting import predict

PIXELS = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def part(*shapes: tuple[int, ...]) -> OutputPart:
    tensors = tuple(TensorPart(name=f"t{i}", shape=shape, dtype="float32") for i, shape in enumerate(shapes[1:]))
    return OutputPart(
        name="t0", kind="logits", shape=shapes[0], dtype="float32", stride=8, classes=None, palette=None, tensors=tensors
    )  # fmt: skip


def arrays(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(np.zeros(shape, np.float32) for shape in shapes)


def test_all_outputs_are_compared_where_the_manifest_has_them() -> None:
    two = part((1, 3), (1, 3), (1, 2, 4))
    check_shapes(arrays((1, 3), (1, 2, 4)), two, "a")
    for found in (((1, 3),), ((1, 3), (1, 2, 5)), ((1, 2, 4), (1, 3)), ()):
        with pytest.raises(ArtifactError, match=r"outputs of a of the shapes 1x3, 1x2x4"):
            check_shapes(arrays(*found), two, "a")


def test_older_manifests_have_the_first_alone() -> None:
    check_shapes(arrays((1, 3), (1, 2, 4)), part((1, 3)), "a")
    with pytest.raises(ArtifactError, match="found none"):
        check_shapes((), part((1, 3)), "a")


def test_a_path_and_a_picture_give_the_same(tmp_path: Path) -> None:
    """The mean colours of the picture as it is seen: it is stored lying."""
    exported()(tmp_path)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)
    artifact = open_artifact(tmp_path / "a.onnx")
    wanted = np.rot90(PIXELS, -1).reshape(CELLS, 8, CELLS, 8, 3).mean((1, 3)).transpose(2, 0, 1)[None]
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.open(tmp_path / "a.png")):
        found = artifact.run(image)
        assert isinstance(found, np.ndarray) and found.shape == (1, CLASSES, CELLS, CELLS)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_another_file_is_not_run_for_this_one(tmp_path: Path) -> None:
    exported(network(flat=True))(tmp_path)
    with pytest.raises(ArtifactError, match=r"a\.onnx of the shapes 1x3x8x8, as its manifest says; found 1x192"):
        open_artifact(tmp_path / "a.onnx").run(PIXELS)
    exported(network(32))(tmp_path)
    (tmp_path / "a.onnx").write_bytes(network(32))
    exported()(tmp_path)
    with pytest.raises(ArtifactError, match=r"a\.onnx to run on 1x3x64x64"):
        open_artifact(tmp_path / "a.onnx").run(PIXELS)


def test_what_is_neither_file_nor_model_is_looked_up_among_both() -> None:
    with pytest.raises(UnknownNameError, match=r"exported file.*did you mean seaformer-tiny"):
        predict("seaformer-tyny", "samples")
    with pytest.raises(ArtifactError, match=r"nothing at seaformer\.pte"):
        predict("seaformer.pte", "samples")
