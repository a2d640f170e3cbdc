import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.detection import PanopticQuality

from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.panoptic import FN, FP, IOU, TP, panoptic_counts, panoptic_scores, pq

# COCO's and Cityscapes' own evaluation of the three pictures below: cityscapesscripts 2.3.0, pq_compute_single_core. Rows: sum of IoU,
# matched, missed, invented segments, by class.
CITYSCAPES = [
    [0.648089, 1, 2, 2],
    [0.834486, 1, 2, 1],
    [1.946328, 3, 0, 0],
    [3.576301, 5, 2, 4],
    [10.493022, 14, 4, 2],
    [6.891807, 9, 1, 1],
]
FIGURES = {
    "every": (0.492009, 0.726978, 0.680310),
    "things": (0.584485, 0.743506, 0.782843),
    "stuff": (0.399533, 0.710450, 0.577778),
}


def picture(seed: int, sides: tuple[int, int] = (120, 160), cells: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and label: cells around random points, of six classes, the last three with instances.

    In the prediction every point is moved a little and every fifth class another. A tenth of the label's cells are void, and two of the
    prediction's.
    """
    g = np.random.default_rng(seed)
    points, classes = g.random((cells, 2)) * sides, g.integers(0, 6, cells)
    moved = points + g.normal(0, 4, points.shape)
    guessed = np.where(g.random(cells) < 0.2, g.integers(0, 6, cells), classes)
    classes[g.random(cells) < 0.1], guessed[:2] = 255, 255
    at = np.stack(np.mgrid[: sides[0], : sides[1]], -1)[:, :, None]
    maps = []
    for centers, kinds in ((moved, guessed), (points, classes)):
        numbers = np.where((kinds >= 3) & (kinds < 6), np.arange(cells) + 1, 0)
        maps.append((kinds * 1000 + numbers)[((at - centers) ** 2).sum(-1).argmin(-1)])
    return maps[0], maps[1]


def test_the_figures_of_cityscapes() -> None:
    images = np.stack([panoptic_counts(*picture(seed), num_classes=6) for seed in range(3)])
    np.testing.assert_allclose(images.sum(0)[:, [IOU, TP, FN, FP]], CITYSCAPES, atol=5e-7)
    found = panoptic_scores(images.sum(0), things=(3, 4, 5))
    for part, figures in FIGURES.items():
        quality = getattr(found, part)
        assert (quality.pq, quality.sq, quality.rq) == pytest.approx(figures, abs=5e-7), part
    low, high = interval(pq, images)
    assert low < found.every.pq < high
    assert interval(pq, images) == (low, high)


def test_crowds_in_the_label_are_neither_found_nor_removed() -> None:
    """deeplab2's own case: instance 0 of the void class is void, what else has that class is a crowd."""
    label = np.array([[0, 9, 9], [1, 2, 2], [1, 9, 9]]) * 256 + np.array([[0, 2, 2], [1, 0, 0], [1, 0, 0]])
    prediction = np.array([[0, 0, 9], [1, 1, 1], [1, 9, 9]]) * 256 + np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
    counts = panoptic_counts(prediction, label, 3, label_divisor=256, void=9)
    scores = panoptic_scores(counts, ())
    assert (scores.every.pq, scores.every.sq, scores.every.rq) == pytest.approx((2 / 9, 1 / 3, 2 / 9))
    assert counts[:, [TP, FN, FP]].mean(0).tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_by_hand() -> None:
    label = np.array([[0, 0, 0, 0, 11001, 11001, 11002, 11002, 255000, 255000]])
    prediction = np.array([[0, 0, 0, 11001, 11001, 11001, 11002, 12001, 12001, 12001]])
    counts = panoptic_counts(prediction, label, 19)
    assert counts[0].tolist() == [3 / 4, 1, 0, 0]
    assert counts[11].tolist() == [2 / 3, 1, 1, 1]  # 11002 is half found: IoU 1/2 is no match
    assert counts[12].tolist() == [0, 0, 0, 0]  # two of three pixels are void: not held against it
    scores = panoptic_scores(counts, things=range(11, 19))
    assert scores.stuff.pq == 3 / 4
    assert scores.things.pq == pytest.approx(2 / 3 * 1 / 2)
    assert scores.every.pq == pytest.approx((3 / 4 + 1 / 3) / 2)
    assert (scores.every.classes, scores.things.classes) == (2, 1)
    assert np.isnan(scores.pq[12])


def test_a_class_that_is_only_predicted_does_not_count() -> None:
    label = np.array([[0, 0, 0, 0]])
    found = panoptic_scores(panoptic_counts(np.array([[0, 0, 0, 12001]]), label, 19), things=(12,))
    assert np.isnan(found.pq[12])
    assert (found.every.pq, found.every.classes) == (3 / 4, 1)
    assert np.isnan(found.things.pq)


def test_void_is_not_in_the_union() -> None:
    label = np.array([11001, 11001, 255000, 255000, 255000, 0])
    prediction = np.array([11001, 11001, 11001, 11001, 0, 0])
    counts = panoptic_counts(prediction, label, 12)
    assert counts[11].tolist() == [1, 1, 0, 0]
    assert counts[0].tolist() == [1, 1, 0, 0]


def random_maps(g: np.random.Generator, sides: tuple[int, int], things: tuple[int, ...], void: bool) -> np.ndarray:
    """Classes 0..5, instances 0..2 of the things, and void (255) where wanted: in blocks, so that segments overlap."""
    classes = g.integers(0, 6, (2, 2)).repeat(-(-sides[0] // 2), 0).repeat(-(-sides[1] // 2), 1)[: sides[0], : sides[1]]
    noise = g.random(sides)
    classes = np.where(noise < 0.15, g.integers(0, 6, sides), classes)
    instances = np.where(np.isin(classes, things), (g.integers(0, 3, (1, sides[1])) + 1) * np.ones_like(classes), 0)
    label = classes * 1000 + instances
    return np.where(noise > 0.8, 255000, label) if void else label


@settings(deadline=None, max_examples=60)
@given(sides=st.tuples(st.integers(2, 12), st.integers(2, 12)), seed=st.integers(0, 9999))
def test_agrees_with_torchmetrics(sides: tuple[int, int], seed: int) -> None:
    g, things, stuff = np.random.default_rng(seed), (3, 4, 5), (0, 1, 2)
    metric = PanopticQuality(things, stuff, return_sq_and_rq=True, return_per_class=True)
    counts = np.zeros((6, 4))
    for _ in range(2):
        label, prediction = random_maps(g, sides, things, void=True), random_maps(g, sides, things, void=False)
        prediction = np.where(g.random() < 0.7, np.where(label == 255000, prediction, label), prediction)
        counts += panoptic_counts(prediction, label, 6)
        metric.update(*(torch.from_numpy(np.stack(np.divmod(m, 1000), -1))[None] for m in (prediction, label)))
    scores = panoptic_scores(counts, things)
    wanted = metric.compute().numpy()[[3, 4, 5, 0, 1, 2]].T  # things come first
    np.testing.assert_allclose(np.nan_to_num([scores.pq, scores.sq, scores.rq]), np.nan_to_num(wanted), atol=1e-6)


def slowly(prediction: np.ndarray, label: np.ndarray, num_classes: int, void: int) -> np.ndarray:
    """Kirillov et al., section 4, pair by pair."""
    counts = np.zeros((num_classes, 4))
    nothing = label == void * 1000
    found, used = set(), set()
    for wanted in np.unique(label[label // 1000 != void]).tolist():
        for segment in np.unique(prediction[prediction // 1000 == wanted // 1000]).tolist():
            a, b = label == wanted, (prediction == segment) & ~nothing
            iou = (a & b).sum() / (a | b).sum()
            if iou > 0.5:
                counts[wanted // 1000] += [iou, 1, 0, 0]
                found.add(wanted)
                used.add(segment)
    for wanted in set(np.unique(label[label // 1000 != void]).tolist()) - found:
        counts[wanted // 1000, FN] += 1
    for segment in set(np.unique(prediction[prediction // 1000 != void]).tolist()) - used:
        mask = prediction == segment
        counts[segment // 1000, FP] += (mask & nothing).sum() / mask.sum() <= 0.5
    return counts


@settings(deadline=None, max_examples=60)
@given(
    sides=st.tuples(st.integers(1, 12), st.integers(1, 12)), seed=st.integers(0, 9999), both=st.booleans(),
    void=st.sampled_from([0, 255]),
)  # fmt: skip
def test_matches_the_definition(sides: tuple[int, int], seed: int, both: bool, void: int) -> None:
    g = np.random.default_rng(seed)
    label, prediction = random_maps(g, sides, (3, 4, 5), True), random_maps(g, sides, (3, 4, 5), both)
    if void == 0:  # as deeplab2 has it for COCO: a class of the list
        label, prediction = (np.where(m == 255000, 0, m) for m in (label, prediction))
    found = panoptic_counts(prediction, label, 6, void=void)
    np.testing.assert_allclose(found, slowly(prediction, label, 6, void), atol=1e-12)
    assert np.array_equal(found[:, TP] > 0, found[:, IOU] > 0)


def test_a_perfect_prediction_and_an_empty_one() -> None:
    label = random_maps(np.random.default_rng(4), (12, 12), (3, 4, 5), True)
    perfect = panoptic_scores(panoptic_counts(label, label, 6), (3, 4, 5))
    assert (perfect.every.pq, perfect.every.sq, perfect.every.rq) == (1, 1, 1)
    nothing = panoptic_scores(panoptic_counts(np.full_like(label, 255000), label, 6), (3, 4, 5))
    assert (nothing.every.pq, nothing.every.sq, nothing.every.rq) == (0, 0, 0)
    void = np.full_like(label, 255000)
    assert np.isnan(panoptic_scores(panoptic_counts(void, void, 6), ()).every.pq)


def test_refuses_labels_that_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match="shape"):
        panoptic_counts(np.zeros((2, 2), int), np.zeros((2, 3), int), 3)
    for bad in (3000, -1000, 254000):
        with pytest.raises(ValueError, match="labels of class"):
            panoptic_counts(np.zeros(1, int), np.array([bad]), 3)
        with pytest.raises(ValueError, match="predictions of class"):
            panoptic_counts(np.array([bad]), np.zeros(1, int), 3)
