import pickle
from collections.abc import Callable
from pathlib import Path

import layouts
import numpy as np
import pytest
import torch
from PIL import Image

from mobileseg.data.dataset import LabelledFolder, open_labelled
from mobileseg.data.labels import VOID
from mobileseg.data.split import open_one
from mobileseg.errors import ImageError
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import TrainingBatch, TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.loop import default_workers

MEAN, STD = (120.0, 110.0, 100.0), (50.0, 60.0, 70.0)
CONFIG = TrainingConfig(
    batch_size=2, size=(48, 64), crop=(32, 96), scale=(0.5, 2.0), seed=5, blur=1, noise=5, jpeg=30, cutout=0.1
)


@pytest.fixture(scope="module", params=["masks", "instances"])
def data(request: pytest.FixtureRequest, scenes: Callable[[str], Path]) -> LabelledFolder:
    return open_labelled(scenes(request.param) / "train")


@pytest.fixture(scope="module")
def loader(data: LabelledFolder) -> TrainingLoader:
    return TrainingLoader(ExampleStore(data), CONFIG, MEAN, STD)


def equal(first: TrainingBatch, second: TrainingBatch) -> bool:
    pairs = ((first.images, second.images), (first.labels, second.labels), (first.instances, second.instances))
    return all((a is b is None) or (a is not None and b is not None and torch.equal(a, b)) for a, b in pairs)


def test_batches_depend_on_seed_and_position_alone(loader: TrainingLoader) -> None:
    torch.manual_seed(1)
    first = list(loader.epoch(3))
    torch.manual_seed(2)
    again, other = list(loader.epoch(3)), list(loader.epoch(4))
    assert len(first) == loader.steps == 4
    assert all(map(equal, first, again))
    assert not any(map(equal, first, other))


def test_an_epoch_leaves_the_global_random_state_unchanged(loader: TrainingLoader) -> None:
    torch.manual_seed(7)
    before = torch.rand(1)
    torch.manual_seed(7)
    list(loader.epoch(0))
    assert torch.equal(torch.rand(1), before)


def test_the_number_of_workers_changes_nothing(loader: TrainingLoader, data: LabelledFolder) -> None:
    with_workers = TrainingLoader(ExampleStore(data), CONFIG, MEAN, STD, workers=3)
    for number in (0, 1, 5):  # the same workers make several epochs
        assert all(map(equal, with_workers.epoch(number), loader.epoch(number)))


def test_workers_are_used_where_they_have_a_core() -> None:
    assert default_workers(True, torch.device("cpu")) == 0
    for kept, device in ((False, "cpu"), (True, "cuda"), (True, "mps")):
        assert 1 <= default_workers(kept, torch.device(device)) <= 8


def test_what_workers_get_can_be_sent(loader: TrainingLoader) -> None:
    """Where processes are not forked (macOS, Windows, Python 3.14) it is pickled."""
    crops = pickle.loads(pickle.dumps(loader._batches.dataset))
    draws = [(0, 1), (3, 2)]
    for part, again in zip(loader._batches.dataset.__getitems__(draws), crops.__getitems__(draws), strict=True):
        np.testing.assert_array_equal(part, again)


def test_batches_are_normalised_and_typed(loader: TrainingLoader, data: LabelledFolder) -> None:
    for batch in loader.epoch(0):
        assert batch.images.shape == (2, 3, 32, 96)
        assert (batch.images.dtype, batch.labels.dtype) == (torch.float32, torch.int64)
        pixels = batch.images * torch.tensor(STD).reshape(3, 1, 1) + torch.tensor(MEAN).reshape(3, 1, 1)
        assert (pixels - pixels.round()).abs().max() < 1e-3
        assert (batch.instances is not None) == data.panoptic
        assert set(batch.labels.unique().tolist()) <= {*range(len(data.classes.names)), VOID}


def test_pixels_and_labels_are_transformed_alike(data: LabelledFolder) -> None:
    config = TrainingConfig(batch_size=2, size=(48, 64), crop=(32, 96), color=0.0, scale=(1.0, 1.0))
    disc = len(data.classes.names) - 1
    for batch in TrainingLoader(ExampleStore(data), config, MEAN, STD).epoch(0):
        red = batch.images[:, 0] * STD[0] + MEAN[0]
        assert (red[batch.labels == disc] > 200).float().mean() > 0.99  # discs are bright, however cropped and flipped
        assert (red[(batch.labels < disc)] < 150).float().mean() > 0.99


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_goes_bad_is_named(scenes: Callable[[str], Path], workers: int) -> None:
    data = open_labelled(scenes("masks") / "train")
    loader = TrainingLoader(ExampleStore(data), CONFIG, MEAN, STD, workers)
    data.items[3].image.write_bytes(b"")
    with pytest.raises(ImageError, match=f"{data.items[3].image.name}.*fix: "):
        list(loader.epoch(0))


class TestExampleStore:
    def test_keeps_no_more_than_its_budget(self, data: LabelledFolder) -> None:
        size = ExampleStore(data)[0].size_bytes
        store = ExampleStore(data, budget_bytes=3 * size + 1)
        first = [store[i] for i in range(len(store))]
        kept = [store[i] is example for i, example in enumerate(first)]
        assert kept == [True] * 3 + [False] * 5
        for again, example in zip((store[i] for i in range(8)), first, strict=True):
            np.testing.assert_array_equal(again.image, example.image)

    def test_a_copy_for_another_process_is_empty(self, data: LabelledFolder) -> None:
        store = ExampleStore(data)
        list(store)
        assert len(pickle.dumps(store)) < 10_000 < sum(example.size_bytes for example in store)
        assert len(pickle.loads(pickle.dumps(store))) == 8

    def test_fits_by_the_decoded_size(self, data: LabelledFolder) -> None:
        size = sum(example.size_bytes for example in ExampleStore(data))
        assert ExampleStore(data, size).fits
        assert not ExampleStore(data, size - 1).fits

    def test_shares_are_those_of_labelled_pixels(self, data: LabelledFolder) -> None:
        store = ExampleStore(data)
        labels = np.concatenate([example.label.ravel() for example in store])
        names = data.classes.names
        np.testing.assert_allclose(store.class_shares(), [(labels == i).mean() for i in range(len(names))])

    def test_crowds_are_void_and_instances_numbered(self, tmp_path: Path) -> None:
        store = ExampleStore(open_one(layouts.coco_panoptic(tmp_path), "train"))
        label, instances = (part[0].reshape(6, -1)[:, 0].tolist() for part in (store[0].label, store[0].instances))
        assert label == [0, 0, VOID, 2, VOID, 0]  # two persons, a crowd, the sky, nothing, the first person again
        assert instances[0] == instances[5] != instances[1]
        assert [number > 0 for number in instances] == [True, True, False, False, False, True]
        config = CONFIG.model_copy(update={"crop": (16, 24), "size": (16, 24)})
        (batch,) = TrainingLoader(store, config, MEAN, STD).epoch(0)
        assert batch.instances is not None
        assert not batch.instances[batch.labels == VOID].any()

    def test_ignored_pixels_are_void(self, scenes: Callable[[str], Path]) -> None:
        folder = scenes("masks") / "train"
        mask = np.asarray(Image.open(folder / "masks" / "0.png")).copy()
        mask[:9] = 255
        Image.fromarray(mask).save(folder / "masks" / "0.png")
        assert (ExampleStore(open_labelled(folder))[0].label == np.where(mask == 255, VOID, mask)).all()
