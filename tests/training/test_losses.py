import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mobileseg.data.labels import VOID
from mobileseg.training.data import TrainingBatch
from mobileseg.training.losses import balancing_weights, class_loss, panoptic_loss
from mobileseg.training.panoptic_targets import SMALL_WEIGHT, instance_targets


def test_rare_classes_count_more() -> None:
    weights = balancing_weights(np.array([0.9, 0.09, 0.01]))
    assert weights[0] < weights[1] < weights[2]
    assert weights.mean() == pytest.approx(1.0)


def test_void_does_not_count() -> None:
    logits = torch.randn(1, 3, 4, 4)
    labels = torch.randint(0, 3, (1, 8, 8))
    labels[:, :4] = VOID
    wide = F.interpolate(logits, (8, 8), mode="bilinear", align_corners=False)
    assert torch.allclose(class_loss(logits, labels, None), F.cross_entropy(wide[:, :, 4:], labels[:, 4:]))


def test_nothing_labelled_gives_no_gradient() -> None:
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    loss = class_loss(logits, torch.full((1, 8, 8), VOID), None)
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_ohem_is_the_mean_of_the_largest_losses() -> None:
    logits, labels = torch.randn(2, 3, 8, 8), torch.randint(0, 3, (2, 8, 8))
    labels[0, 0] = VOID
    each = F.cross_entropy(logits, labels, ignore_index=VOID, reduction="none")[labels != VOID]
    wanted = each.sort(descending=True).values[: int(0.2 * len(each))].mean()
    assert torch.allclose(class_loss(logits, labels, None, ohem=0.2), wanted)


def discs() -> Tensor:
    instances = torch.zeros(40, 60, dtype=torch.int64)
    instances[4:11, 10:21] = 3  # centre 7, 15
    instances[20:31, 30:37] = 9  # centre 25, 33
    return instances


def test_offsets_point_from_every_pixel_to_its_centre() -> None:
    found = instance_targets(discs(), torch.ones(40, 60, dtype=torch.bool))
    down, across = torch.meshgrid(torch.arange(40), torch.arange(60), indexing="ij")
    for number, (y, x) in ((3, (7, 15)), (9, (25, 33))):
        inside = discs() == number
        assert torch.equal((down + found.offset[0])[inside].unique(), torch.tensor([float(y)]))
        assert torch.equal((across + found.offset[1])[inside].unique(), torch.tensor([float(x)]))
        assert found.center[0, y, x] == 1
    assert not found.offset[:, discs() == 0].any()
    assert found.center.max() == 1
    assert torch.equal(found.offset_weight[0] > 0, discs() > 0)
    assert found.offset_weight.max() == SMALL_WEIGHT


def test_unlabelled_pixels_do_not_count() -> None:
    counted = torch.ones(40, 60, dtype=torch.bool)
    counted[:, :20] = False
    found = instance_targets(discs(), counted)
    assert not found.center_weight[:, :, :20].any()
    assert not found.offset_weight[:, :, :20].any()


def test_targets_without_instances_are_zero() -> None:
    found = instance_targets(torch.zeros(8, 8, dtype=torch.int64), torch.ones(8, 8, dtype=torch.bool))
    assert not torch.stack([part.abs().max() for part in (found.center, found.offset, found.offset_weight)]).any()


def test_perfect_maps_have_almost_no_loss_and_others_do() -> None:
    instances = discs()[None]
    labels = (instances > 0).long()
    wanted = instance_targets(instances[0], torch.ones(40, 60, dtype=torch.bool))
    semantic = torch.stack((40.0 - 80 * labels[0], 80.0 * labels[0] - 40))[None]
    batch = TrainingBatch(torch.zeros(1, 3, 40, 60), labels, instances)
    perfect = {"semantic": semantic, "center": wanted.center[None], "offset": wanted.offset[None]}
    assert panoptic_loss(perfect, batch, None, 1.0) < 1e-5
    shifted = {**perfect, "offset": wanted.offset[None] + 10}
    assert panoptic_loss(shifted, batch, None, 1.0).item() == pytest.approx(0.01 * 20 * SMALL_WEIGHT, rel=1e-4)
    cold = {**perfect, "center": torch.zeros(1, 1, 40, 60)}
    assert panoptic_loss(cold, batch, None, 1.0) > 1
