from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mobileseg.data.dataset import open_labelled
from mobileseg.training.data import VOID, Source, class_shares, load_examples
from mobileseg.training.recipe import Recipe

MEAN, STD = (120.0, 110.0, 100.0), (50.0, 60.0, 70.0)


@pytest.fixture(scope="module")
def source(scenes: Callable[[str], Path]) -> Source:
    recipe = Recipe(batch=2, size=(48, 64), crop=(32, 96), scale=(0.5, 2.0), seed=5)
    return Source(load_examples(open_labelled(scenes("masks") / "train")), recipe, MEAN, STD)


def test_views_depend_on_seed_and_place_alone(source: Source) -> None:
    torch.manual_seed(1)
    first = [views.images for views in source.epoch(3)]
    torch.manual_seed(2)
    again, other = [views.images for views in source.epoch(3)], [views.images for views in source.epoch(4)]
    assert len(first) == source.steps == 4
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_drawing_a_view_leaves_the_random_state_alone(source: Source) -> None:
    torch.manual_seed(7)
    before = torch.rand(1)
    torch.manual_seed(7)
    source.view(0, 123)
    assert torch.equal(torch.rand(1), before)


def test_pixels_and_labels_move_together(source: Source) -> None:
    plain = source.recipe.model_copy(update={"color": 0.0, "scale": (1.0, 1.0)})
    exact = Source(source.examples, plain, MEAN, STD)
    for seed in range(8):
        image, label, _ = exact.view(seed % 8, seed)
        red = image[0] * STD[0] + MEAN[0]
        assert (red[label == 2] > 200).float().mean() > 0.99  # discs are bright, whatever was cropped and flipped
        assert (red[(label == 0) | (label == 1)] < 150).float().mean() > 0.99


def test_what_is_beyond_the_image_is_void_and_mean_coloured(source: Source) -> None:
    small = source.recipe.model_copy(update={"scale": (0.4, 0.4), "color": 0.0})
    image, label, instances = Source(source.examples, small, MEAN, STD).view(0, 0)
    assert image.shape == (3, 32, 96)
    assert (label == VOID).any()
    assert image[:, label == VOID].abs().max() < 0.02
    assert not instances.any()


def test_shares_are_those_of_labelled_pixels(source: Source) -> None:
    shares = class_shares(source.examples, 3)
    labels = np.concatenate([example.label.ravel() for example in source.examples])
    np.testing.assert_allclose(shares, [(labels == i).mean() for i in range(3)])
