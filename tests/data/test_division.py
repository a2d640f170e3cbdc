"""Images divided between calibration and verification."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mobileseg.data.dataset import samples_folder
from mobileseg.data.division import BUNDLED, FEWEST, MOST, OWN, Division, divide
from mobileseg.data.images import find_images
from mobileseg.data.split import open_images, open_one


@given(count=st.integers(0, 600), rule=st.sampled_from([BUNDLED, OWN]))
def test_every_image_has_one_use(count: int, rule: Division) -> None:
    first, others = divide(count, rule)
    assert sorted((*first, *others)) == list(range(count))
    assert min(FEWEST, count) <= len(first) <= MOST or count == 0


def test_a_third_of_the_bundled_ones_calibrates() -> None:
    assert divide(48, BUNDLED) == (tuple(range(16)), tuple(range(16, 48)))
    assert [len(part) for part in divide(11, BUNDLED)] == [8, 3]


def test_of_a_folder_every_part_is_in_the_ranges() -> None:
    first, others = divide(30, OWN)
    assert len(first) == 20
    assert (first[0], first[-1]) == (0, 29)
    assert max(b - a for a, b in itertools.pairwise(others)) <= 4


def test_the_bundled_samples_that_calibrate_are_not_compared_on() -> None:
    every = find_images(samples_folder() / "images")
    first, others = divide(len(every), BUNDLED)
    labelled, (title, images) = open_one(samples_folder(), None), open_images(samples_folder())
    assert [item.image for item in labelled.items] == images == [every[i] for i in others]
    assert not set(images) & {every[i] for i in first}
    assert labelled.title == title == "samples, verification split"


def test_other_folders_are_taken_whole() -> None:
    folder = samples_folder() / "images"
    assert open_images(folder) == ("samples", find_images(folder))
