"""Quantized numbers: rounding, saturation, one scale or one a slice."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mil_programs import Array, evaluate, operations, save

from mobileseg.export.backends.coreml.interpreter import InterpretedProgram

pytestmark = pytest.mark.slow

LINE = np.array([[-400, -128.6, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 126.4, 127.5, 400]], np.float32)


def test_halves_go_to_even_and_the_rest_saturates(tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        unsigned = {"zero_point": np.uint8(10), "output_dtype": "uint8"}
        return (
            mb.quantize(input=v, scale=np.float32(1), output_dtype="int8"),
            mb.quantize(input=v, scale=np.float32(1), zero_point=np.int8(-3), output_dtype="int8"),
            mb.quantize(input=v, scale=np.float32(1), **unsigned),
        )

    plain, shifted, unsigned = evaluate(build, LINE, tmp_path)
    assert plain.tolist() == [[-128, -128, -2, -2, 0, 0, 2, 2, 126, 127, 127]]
    assert shifted.tolist() == [[-128, -128, -5, -5, -3, -3, -1, -1, 123, 125, 127]]
    assert unsigned.tolist() == [[0, 0, 8, 8, 10, 10, 12, 12, 136, 138, 255]]


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_one_scale_per_slice(axis: int, dtype: type[np.integer], tmp_path: Path) -> None:
    x = np.random.default_rng(5).normal(size=(2, 3, 4)).astype(np.float32) * 3
    scale = np.array([0.02, 0.5, 2], np.float32)
    zero = np.array([3, 0, 100], dtype)

    def build(mb: Any, v: Any) -> Any:
        common = {"scale": scale, "zero_point": zero, "axis": axis}
        steps = mb.quantize(input=v, output_dtype=np.dtype(dtype).name, **common)
        return steps, mb.dequantize(input=steps, **common)

    steps, back = evaluate(build, x, tmp_path)
    info, laid = np.iinfo(dtype), (scale.reshape(3, 1), zero.reshape(3, 1).astype(np.float32))
    wanted = np.clip(np.round(x / laid[0]) + laid[1], info.min, info.max)
    np.testing.assert_array_equal(steps, wanted)
    np.testing.assert_allclose(back, laid[0] * (wanted - laid[1]), rtol=1e-6)
    assert {"quantize", "dequantize"} <= set(operations(tmp_path / "one.mlpackage"))


@pytest.mark.parametrize("axis", [0, 1])
def test_constants_of_integers(axis: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    data = rng.integers(-128, 128, (4, 5)).astype(np.int8)
    count = data.shape[axis]
    scale, zero = rng.uniform(0.01, 1, count).astype(np.float32), rng.integers(-9, 9, count).astype(np.int8)

    def build(mb: Any, v: Any) -> Any:
        weight = mb.constexpr_affine_dequantize(quantized_data=data, zero_point=zero, scale=scale, axis=np.int32(axis))
        half = mb.constexpr_cast(source_val=scale.astype(np.float16), output_dtype="fp32")
        return mb.add(x=v, y=weight), mb.add(x=half, y=mb.reduce_sum(x=v))

    laid = (-1, 1) if axis == 0 else (1, -1)
    found, cast = evaluate(build, np.zeros((4, 5), np.float32), tmp_path)
    wanted = scale.reshape(laid) * (data.astype(np.float32) - zero.reshape(laid))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_array_equal(cast, scale.astype(np.float16).astype(np.float32))
    assert {"constexpr_affine_dequantize", "constexpr_cast"} <= set(operations(tmp_path / "one.mlpackage"))


@pytest.mark.parametrize("blocks", [(4, 1), (2, 3), (1, 1)])
def test_constants_in_blocks(blocks: tuple[int, int], tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    data = rng.integers(-128, 128, (4, 6)).astype(np.int8)
    scale, offset = rng.uniform(0.01, 1, blocks).astype(np.float32), rng.integers(-9, 9, blocks).astype(np.int8)

    def build(mb: Any, v: Any) -> Any:
        shifted = mb.constexpr_blockwise_shift_scale(data=data, scale=scale, offset=offset)
        plain = mb.constexpr_blockwise_shift_scale(data=data, scale=scale)
        return mb.add(x=v, y=shifted), mb.add(x=v, y=plain)

    shifted, plain = evaluate(build, np.zeros((4, 6), np.float32), tmp_path, ios=18)
    whole = np.ones((4 // blocks[0], 6 // blocks[1]), np.float32)
    np.testing.assert_allclose(
        shifted, np.kron(scale, whole) * (data - np.kron(offset.astype(np.float32), whole)), rtol=1e-6
    )
    np.testing.assert_allclose(plain, np.kron(scale, whole) * data, rtol=1e-6)
    assert operations(tmp_path / "one.mlpackage").count("constexpr_blockwise_shift_scale") == 2


def halves(x: Array, y: Array, folder: Path) -> tuple[Array, ...]:
    def build(mb: Any, v: Any) -> Any:
        half = mb.cast(x=v, dtype="fp16")
        return half, mb.add(x=half, y=y.astype(np.float16)), mb.mul(x=half, y=y.astype(np.float16))

    path = save(build, x.shape, folder / "half.mlpackage")
    return InterpretedProgram(path).run(x)


def test_results_declared_float16_are_rounded_to_float16(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    x, y = (rng.normal(size=(1, 50)).astype(np.float32) for _ in range(2))
    found = halves(x, y, tmp_path)
    a, b = x.astype(np.float16), y.astype(np.float16)
    for value, wanted in zip(found, (a, a + b, a * b), strict=True):
        np.testing.assert_array_equal(value, wanted.astype(np.float32))


def test_float16_overflows(tmp_path: Path) -> None:
    found = halves(np.array([[6e4]], np.float32), np.array([[6e4]], np.float32), tmp_path)
    assert np.isinf(found[1]).all()
