from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scenes import scene

from mobileseg.data.labels import VOID
from mobileseg.training.augment import Augmentation, blurred, through_jpeg, with_gamma
from mobileseg.training.config import TrainingConfig
from mobileseg.training.examples import Example

FILL = (120.0, 110.0, 100.0)
PLAIN = TrainingConfig(size=(48, 64), crop=(48, 64), scale=(1.0, 1.0), flip=0.0, color=0.0)


@pytest.fixture(scope="module")
def example() -> Example:
    pixels, discs = scene(3)
    return Example(pixels, (discs > 0).astype(np.uint8), discs.astype(np.int32))


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def crops(example: Example, config: TrainingConfig, count: int = 12) -> list[np.ndarray]:
    """Pixels ``(h, w, 3)`` of some crops; the labels of each are checked to be the example's."""
    made = [Augmentation(config, FILL).crop(example, seed) for seed in range(count)]
    for _, label, instances in made:
        np.testing.assert_array_equal(label, example.label)
        np.testing.assert_array_equal(instances, example.instances)
    return [pixels.transpose(1, 2, 0) for pixels, _, _ in made]


def test_without_any_the_crop_is_the_picture(example: Example) -> None:
    assert all((pixels == example.image).all() for pixels in crops(example, PLAIN))


@pytest.mark.parametrize(
    ("field", "value"), [("blur", 3.0), ("gamma", 0.5), ("noise", 20.0), ("cutout", 0.4), ("jpeg", 70), ("color", 0.5)]
)
def test_each_changes_pixels_and_no_labels(example: Example, field: str, value: float) -> None:
    made = crops(example, PLAIN.model_copy(update={field: value}))
    changed = [np.abs(pixels.astype(int) - example.image).mean() for pixels in made]
    assert max(changed) > 2
    assert max(changed) > 2 * min(changed)  # its strength is drawn anew for each


def test_what_is_off_draws_no_random_numbers(example: Example) -> None:
    """The crops of a config without them are those that it made before they existed."""
    config = TrainingConfig(size=(48, 64), crop=(32, 48), scale=(0.5, 2.0))
    plain = Augmentation(config, FILL).crop(example, 5)
    for field in ("blur", "gamma", "noise", "cutout", "jpeg"):
        assert config.model_dump()[field] == 0
    with_noise = Augmentation(config.model_copy(update={"noise": 1}), FILL).crop(example, 5)
    assert np.abs(plain[0].astype(int) - with_noise[0]).max() < 6  # crop, flip and colours were drawn before
    np.testing.assert_array_equal(plain[1], with_noise[1])
    # Made by the revision before these fields: torchvision's draws in the order scale, crop, flip, colour.
    assert [int(part.astype(np.int64).sum()) for part in plain] == EARLIER


EARLIER = [775991, 254, 288]  # sums of pixels, labels and instances


def test_cutout_hides_up_to_its_share_in_the_fill_colour(example: Example) -> None:
    shares = []
    for pixels in crops(example, PLAIN.model_copy(update={"cutout": 0.3}), 60):
        hidden = (pixels == np.array([120, 110, 100])).all(axis=2)
        rows, columns = hidden.any(axis=1), hidden.any(axis=0)
        assert hidden.sum() == rows.sum() * columns.sum()  # one rectangle
        np.testing.assert_array_equal(pixels[~hidden], example.image[~hidden])
        shares.append(hidden.mean())
    assert 0.25 < max(shares) < 0.33
    assert min(shares) < 0.05


def test_noise_has_the_deviation_asked_for(example: Example) -> None:
    grey = Example(np.full((48, 64, 3), 128, np.uint8), example.label, example.instances)
    deviations = [pixels.std() for pixels in crops(grey, PLAIN.model_copy(update={"noise": 10.0}), 100)]
    assert 9 < max(deviations) < 10.5
    assert 4 < np.mean(deviations) < 6


def test_gamma_is_the_power_function() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    np.testing.assert_array_equal(with_gamma(ramp, 1.0), ramp)
    assert with_gamma(ramp, 2.0)[8, 0, 0] == round(255 * (128 / 255) ** 2)
    np.testing.assert_allclose(with_gamma(with_gamma(ramp, 0.5), 2.0)[2:], ramp[2:], atol=2)


def test_gamma_is_drawn_between_the_power_and_its_inverse(example: Example) -> None:
    grey = Example(np.full((48, 64, 3), 128, np.uint8), example.label, example.instances)
    values = [pixels[0, 0, 0] for pixels in crops(grey, PLAIN.model_copy(update={"gamma": 1.0}), 60)]
    assert min(values) >= 255 * (128 / 255) ** 2 - 1
    assert max(values) <= 255 * (128 / 255) ** 0.5 + 1
    assert min(values) < 100
    assert max(values) > 150


def test_blur_is_gaussian() -> None:
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    wide = np.repeat(np.repeat(point, 5, 0), 5, 1)
    spread = blurred(wide, 6.0)[:, :, 0].astype(float)
    axis = np.arange(len(spread)) - (len(spread) - 1) / 2
    variance = (spread.sum(0) * axis**2).sum() / spread.sum()
    assert np.sqrt(variance - (5**2 - 1) / 12) == pytest.approx(6.0, rel=0.1)
    np.testing.assert_array_equal(blurred(wide, 0.0), wide)


def test_a_lower_jpeg_quality_loses_more(example: Example) -> None:
    lost = [np.abs(through_jpeg(example.image, quality).astype(int) - example.image).mean() for quality in (95, 50, 10)]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_padding_is_void_and_in_the_fill_colour(example: Example) -> None:
    config = PLAIN.model_copy(update={"scale": (0.4, 0.4)})
    pixels, label, instances = Augmentation(config, FILL).crop(example, 0)
    assert pixels.shape == (3, 48, 64)
    assert (label == VOID).any()
    assert (pixels.transpose(1, 2, 0)[label == VOID] == np.array([120, 110, 100])).all()
    assert not instances[label == VOID].any()


@pytest.mark.usefixtures("two_threads")
def test_threads_and_the_global_random_state_play_no_part() -> None:
    large = np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    example = Example(large, (large[:, :, 0] > 99).astype(np.uint8), None)
    config = TrainingConfig(
        size=(400, 600), crop=(384, 512), scale=(0.5, 2.0), blur=2, gamma=0.5, noise=9, cutout=0.2, jpeg=50
    )
    augmentation = Augmentation(config, FILL)
    torch.manual_seed(7)
    before = torch.rand(1)
    torch.manual_seed(7)
    first = [augmentation.crop(example, seed) for seed in range(4)]
    assert torch.equal(torch.rand(1), before)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    for seed, parts in enumerate(first):
        for part, again in zip(parts, augmentation.crop(example, seed), strict=True):
            np.testing.assert_array_equal(part, again)
