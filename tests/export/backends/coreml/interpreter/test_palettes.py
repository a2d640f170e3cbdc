"""Constants by palettes, in both forms that Core ML has had."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mil_programs import evaluate, operations

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.values import unpacked

pytestmark = pytest.mark.slow
KIND = "constexpr_lut_to_dense"


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 8])
def test_numbers_that_share_bytes(bits: int) -> None:
    numbers = np.random.default_rng(bits).integers(0, 2**bits, 53)
    whole = sum(int(number) << (bits * place) for place, number in enumerate(numbers))
    data = np.frombuffer(whole.to_bytes(-(-bits * 53 // 8), "little"), np.uint8)
    np.testing.assert_array_equal(unpacked(data, bits, 53), numbers)


def test_the_example_of_coremltools() -> None:
    """Of its reference: 2 bits each, i0 to i4."""
    assert unpacked(np.array([0b01101100, 0b00000011], np.uint8), 2, 5).tolist() == [0, 3, 2, 1, 3]


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 8])
def test_one_palette(bits: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(bits)
    numbers, values = rng.integers(0, 2**bits, (5, 7)), rng.normal(size=2**bits).astype(np.float32)
    data = np.packbits(
        np.unpackbits(numbers.astype(np.uint8).reshape(-1, 1), axis=1, bitorder="little")[:, :bits], bitorder="little"
    )

    def build(mb: Any, v: Any) -> Any:
        return mb.add(x=v, y=mb.constexpr_lut_to_dense(indices=data, lut=values, shape=np.array([5, 7], np.uint32)))

    (found,) = evaluate(build, np.zeros((5, 7), np.float32), tmp_path)
    np.testing.assert_array_equal(found, values[numbers])
    assert KIND in operations(tmp_path / "one.mlpackage")


@pytest.mark.parametrize("blocks", [(1, 1), (2, 1), (2, 4)])
@pytest.mark.parametrize("bits", [2, 4, 6])
def test_palettes_of_blocks(bits: int, blocks: tuple[int, int], tmp_path: Path) -> None:
    from coremltools.converters.mil.mil import types

    rng = np.random.default_rng(bits)
    numbers = rng.integers(0, 2**bits, (4, 8))
    values = rng.normal(size=(*blocks, 2**bits, 1)).astype(np.float32)
    indices = numbers.astype(getattr(types, f"np_uint{bits}_dtype"))

    def build(mb: Any, v: Any) -> Any:
        return mb.add(x=v, y=mb.constexpr_lut_to_dense(indices=indices, lut=values))

    (found,) = evaluate(build, np.zeros((4, 8), np.float32), tmp_path, ios=18)
    rows, columns = np.indices((4, 8))
    each = values[rows * blocks[0] // 4, columns * blocks[1] // 8, :, 0]
    np.testing.assert_array_equal(found, np.take_along_axis(each, numbers[..., None], -1)[..., 0])
    assert KIND in operations(tmp_path / "one.mlpackage")


def test_palettes_of_vectors_are_unknown(tmp_path: Path) -> None:
    from coremltools.converters.mil.mil import types

    values = np.arange(8, dtype=np.float32).reshape(1, 1, 4, 2)

    def build(mb: Any, v: Any) -> Any:
        indices = np.zeros((4, 4), types.np_uint2_dtype)
        return mb.add(x=v, y=mb.constexpr_lut_to_dense(indices=indices, lut=values, vector_axis=np.int32(0)))

    with pytest.raises(UnknownOperationError, match="vectors"):
        evaluate(build, np.zeros((8, 4), np.float32), tmp_path, ios=18)
