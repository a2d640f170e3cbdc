from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.overlay import OPACITY, overlay, palette_png

NAMES = ("road", "sky", "pedestrian", "car")
PALETTE = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))


def test_blends_and_leaves_the_size_of_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 200, 3), dtype=np.uint8)
    numbers = np.zeros((60, 200), dtype=np.int32)
    numbers[:, 100:] = 2
    picture = overlay(image, numbers, NAMES, PALETTE)
    assert picture.mode == "RGB"
    assert picture.width == 200
    assert picture.height > 60  # the legend stands below
    blend = (1 - OPACITY) * image + OPACITY * np.array(PALETTE)[numbers]
    np.testing.assert_allclose(np.asarray(picture)[:60], blend, atol=0.51)


def test_the_legend_shows_the_classes_that_occur() -> None:
    image = np.zeros((100, 400, 3), dtype=np.uint8)
    numbers = np.zeros((100, 400), dtype=np.int32)
    numbers[:30] = 1
    numbers[99, :10] = 2  # 0.025 % of the pixels: too few to be named
    legend = np.asarray(overlay(image, numbers, NAMES, PALETTE))[100:]
    found = {tuple(color) for color in legend.reshape(-1, 3).tolist()}
    assert {PALETTE[0], PALETTE[1]} <= found
    assert not {PALETTE[2], PALETTE[3]} & found
    columns = [np.flatnonzero((legend == color).all(2).any(0)).min() for color in PALETTE[:2]]
    assert columns[0] < columns[1]  # the largest first


@pytest.mark.parametrize("width", [16, 120, 3000])
def test_the_legend_of_many_classes_fits_any_width(width: int) -> None:
    numbers = np.resize(np.arange(40), (40, width)).astype(np.int32)
    palette = tuple((6 * i, 255 - 6 * i, i) for i in range(40))
    picture = overlay(np.zeros((40, width, 3), np.uint8), numbers, tuple(f"class {i}" for i in range(40)), palette)
    assert picture.width == width
    found = {tuple(color) for color in np.asarray(picture)[40:].reshape(-1, 3).tolist()}
    assert set(palette) <= found


def test_palette_png_keeps_numbers_and_colours(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).integers(0, 4, (10, 12)).astype(np.int32)
    palette_png(numbers, PALETTE).save(tmp_path / "mask.png")
    image = Image.open(tmp_path / "mask.png")
    assert image.mode == "P"
    np.testing.assert_array_equal(np.asarray(image), numbers)
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.array(PALETTE)[numbers])


def test_palette_png_holds_256_classes(tmp_path: Path) -> None:
    numbers = np.arange(256, dtype=np.int32).reshape(16, 16)
    palette = tuple((i, 255 - i, i // 2) for i in range(256))
    palette_png(numbers, palette).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "mask.png")), numbers)


def test_instances_are_outlined_in_white() -> None:
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    instances = np.zeros((40, 60), dtype=np.int32)
    instances[10:20, 10:20] = 1
    instances[10:20, 20:30] = 2  # of the same class, side by side
    picture = np.asarray(overlay(image, (instances > 0).astype(np.int32), NAMES, PALETTE, instances))[:40]
    white = (picture == 255).all(2)
    assert white[10:20, 19:21].all()
    assert not white[12:18, 12:18].any()
    assert not white[instances == 0].any()
