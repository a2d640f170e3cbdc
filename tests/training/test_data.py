from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mobileseg.data.dataset import open_labelled
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import VOID, TrainingLoader, class_shares, load_examples

MEAN, STD = (120.0, 110.0, 100.0), (50.0, 60.0, 70.0)


@pytest.fixture(scope="module")
def loader(scenes: Callable[[str], Path]) -> TrainingLoader:
    config = TrainingConfig(batch_size=2, size=(48, 64), crop=(32, 96), scale=(0.5, 2.0), seed=5)
    return TrainingLoader(load_examples(open_labelled(scenes("masks") / "train")), config, MEAN, STD)


def test_batches_depend_on_seed_and_position_alone(loader: TrainingLoader) -> None:
    torch.manual_seed(1)
    first = [batch.images for batch in loader.epoch(3)]
    torch.manual_seed(2)
    again, other = [batch.images for batch in loader.epoch(3)], [batch.images for batch in loader.epoch(4)]
    assert len(first) == loader.steps == 4
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_sample_leaves_the_global_random_state_unchanged(loader: TrainingLoader) -> None:
    torch.manual_seed(7)
    before = torch.rand(1)
    torch.manual_seed(7)
    loader.sample(0, 123)
    assert torch.equal(torch.rand(1), before)


def test_pixels_and_labels_are_transformed_alike(loader: TrainingLoader) -> None:
    plain = loader.config.model_copy(update={"color": 0.0, "scale": (1.0, 1.0)})
    exact = TrainingLoader(loader.examples, plain, MEAN, STD)
    for seed in range(8):
        image, label, _ = exact.sample(seed % 8, seed)
        red = image[0] * STD[0] + MEAN[0]
        assert (red[label == 2] > 200).float().mean() > 0.99  # discs are bright, however cropped and flipped
        assert (red[(label == 0) | (label == 1)] < 150).float().mean() > 0.99


def test_padding_is_void_and_mean_coloured(loader: TrainingLoader) -> None:
    small = loader.config.model_copy(update={"scale": (0.4, 0.4), "color": 0.0})
    image, label, instances = TrainingLoader(loader.examples, small, MEAN, STD).sample(0, 0)
    assert image.shape == (3, 32, 96)
    assert (label == VOID).any()
    assert image[:, label == VOID].abs().max() < 0.02
    assert not instances.any()


def test_shares_are_those_of_labelled_pixels(loader: TrainingLoader) -> None:
    shares = class_shares(loader.examples, 3)
    labels = np.concatenate([example.label.ravel() for example in loader.examples])
    np.testing.assert_allclose(shares, [(labels == i).mean() for i in range(3)])
