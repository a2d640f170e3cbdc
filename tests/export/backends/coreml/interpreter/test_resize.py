"""Resizing: the grid points that the reference prints, and PyTorch's where it means the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mil_programs import Array, evaluate

from mobileseg.errors import UnknownOperationError

pytestmark = pytest.mark.slow

X = np.random.default_rng(4).normal(size=(2, 3, 5, 7)).astype(np.float32)
LINE = np.array([[[[0, 1], [0, 1]]]], np.float32)  # resized, its values are the grid points themselves
# From the reference of resize_bilinear, which prints them to two digits.
PRINTED = [
    ("UNALIGN_CORNERS", [0.0, 0.1, 0.5, 0.9, 1.0]),
    ("STRICT_ALIGN_CORNERS", [0.0, 0.25, 0.5, 0.75, 1.0]),
    ("ALIGN_CORNERS", [0.0, 0.25, 0.5, 0.75, 1.0]),
    ("DEFAULT", [0.0, 0.4, 0.8, 1.0, 1.0]),
    ("OFFSET_CORNERS", [0.1, 0.3, 0.5, 0.7, 0.9]),
    ("UNALIGN_CORNERS", [0.0, 0.0, 0.33, 0.67, 1.0, 1.0]),
    ("STRICT_ALIGN_CORNERS", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ("DEFAULT", [0.0, 0.33, 0.67, 1.0, 1.0, 1.0]),
    ("OFFSET_CORNERS", [0.08, 0.25, 0.42, 0.58, 0.75, 0.92]),
    ("ALIGN_CORNERS", [0.5]),
    ("STRICT_ALIGN_CORNERS", [0.0]),
    ("DEFAULT", [0.0]),
]


@pytest.mark.parametrize(("mode", "points"), PRINTED)
def test_grid_points_are_those_of_the_reference(mode: str, points: list[float], tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        size = {"target_size_height": 2, "target_size_width": len(points)}
        return (
            mb.resize_bilinear(x=v, sampling_mode=mode, **size),
            mb.resize(x=v, shape=[0, len(points)], resized_dims=np.uint32(2), sampling_mode=mode),
        )

    for found in evaluate(build, LINE, tmp_path):
        np.testing.assert_allclose(found, np.broadcast_to(points, (1, 1, 2, len(points))), atol=0.0051)


def bilinear(size: tuple[int, int], align_corners: bool) -> Array:
    made: Array = F.interpolate(torch.from_numpy(X), size, mode="bilinear", align_corners=align_corners).numpy()
    return made


@pytest.mark.parametrize("size", [(9, 11), (10, 14), (3, 4)])
@pytest.mark.parametrize(("mode", "aligned"), [("UNALIGN_CORNERS", False), ("STRICT_ALIGN_CORNERS", True)])
def test_sizes_in_both_directions(size: tuple[int, int], mode: str, aligned: bool, tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        return mb.resize_bilinear(x=v, target_size_height=size[0], target_size_width=size[1], sampling_mode=mode)

    np.testing.assert_allclose(evaluate(build, X, tmp_path)[0], bilinear(size, aligned), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("factors", [(2, 3), (1.5, 1.3)])
def test_factors_take_the_spacing_of_the_sizes(factors: tuple[float, float], tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        common = {"x": v, "scale_factor_height": factors[0], "scale_factor_width": factors[1]}
        return (
            mb.upsample_bilinear(**common),
            mb.upsample_bilinear(align_corners=False, **common),
            mb.upsample_bilinear(align_corners=False, half_pixel_centers=False, **common),
        )

    size = int(5 * factors[0]), int(7 * factors[1])
    aligned, halves, plain = evaluate(build, X, tmp_path)
    np.testing.assert_allclose(aligned, bilinear(size, True), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(halves, bilinear(size, False), rtol=1e-4, atol=1e-5)
    rows = np.minimum(np.arange(size[0]) * 5 / size[0], 4)
    columns = np.minimum(np.arange(size[1]) * 7 / size[1], 6)
    tall = np.apply_along_axis(lambda line: np.interp(rows, np.arange(5), line), 2, X)
    wide = np.apply_along_axis(lambda line: np.interp(columns, np.arange(7), line), 3, tall)
    np.testing.assert_allclose(plain, wide, rtol=1e-4, atol=1e-5)


def test_nearest_by_integer_factors(tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        return mb.upsample_nearest_neighbor(x=v, scale_factor_height=2, scale_factor_width=3)

    np.testing.assert_array_equal(evaluate(build, X, tmp_path)[0], X.repeat(2, 2).repeat(3, 3))


def test_uses_that_the_reference_leaves_open_are_refused(tmp_path: Path) -> None:
    def fraction(mb: Any, v: Any) -> Any:
        return mb.upsample_nearest_neighbor(x=v, scale_factor_height=1.5, scale_factor_width=1.5)

    def nearest(mb: Any, v: Any) -> Any:
        return mb.resize(x=v, shape=[8, 8], resized_dims=np.uint32(2), interpolation_mode="NEAREST_NEIGHBOR")

    for build, name in ((fraction, "upsample_nearest_neighbor by 1.5"), (nearest, "resize NEAREST_NEIGHBOR")):
        with pytest.raises(UnknownOperationError, match=name):
            evaluate(build, X, tmp_path)
