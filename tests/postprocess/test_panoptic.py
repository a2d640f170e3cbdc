from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.postprocess.panoptic import (
    PanopticRules,
    find_centers,
    group,
    merge,
    one_instance_a_class,
    panoptic_map,
    resize,
    resize_offset,
    rules_for,
)

GOLDEN = dict(np.load(Path(__file__).parent.parent / "golden" / "postprocess" / "panoptic_merge.npz"))
RULES = PanopticRules(top_k=200, stuff_area=64)


def case(seed: int, height: int = 96, width: int = 160, objects: int = 9) -> dict[str, np.ndarray]:
    """Seeded head outputs: noisy offsets to ``objects`` centres, discs of things, three bands of stuff and a patch too small."""
    g = np.random.default_rng(seed)
    cy, cx = g.integers(6, height - 6, objects), g.integers(6, width - 6, objects)
    kinds = g.integers(11, 19, objects)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    distance = np.stack([np.hypot(y - row, x - column) for row, column in zip(cy, cx, strict=True)])
    near, thing = distance.argmin(0), distance.min(0) < 14
    peaks = np.exp(-(distance**2) / (2 * 3.0**2)) * g.uniform(0.3, 1.0, objects)[:, None, None]
    heat = peaks.max(0) + 0.02 * g.random((height, width))
    offset = np.stack([cy[near] - y, cx[near] - x]) + 1.5 * g.standard_normal((2, height, width))
    logits = g.standard_normal((19, height, width)) * 0.6
    for kind in range(19):
        logits[kind] += 3.0 * (thing & (kinds[near] == kind))
    for kind, (left, right) in {0: (0, 60), 2: (60, 110), 8: (110, width)}.items():
        logits[kind, :, left:right] += 2.0 * ~thing[:, left:right]
    logits[5, :6, :6] += 6
    arrays = {"semantic": logits[None], "center": heat[None, None], "offset": offset[None]}
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_authors(seed: int) -> None:
    outputs = case(seed)
    classes = outputs["semantic"][0].argmax(0).astype(np.int32)
    instances = group(classes, outputs["center"][0, 0], outputs["offset"][0], RULES)
    panoptic = merge(classes, instances, RULES)
    assert np.array_equal(classes, GOLDEN[f"tf_semantic_{seed}"][0])
    assert np.array_equal(instances, GOLDEN[f"tf_instance_{seed}"][0])
    assert np.array_equal(panoptic, GOLDEN[f"tf_panoptic_{seed}"][0])
    assert np.array_equal(panoptic_map(outputs, 96, 160, RULES), panoptic)
    # The authors' PyTorch code: the same segments and classes, the instances of a class in another order.
    theirs = GOLDEN[f"torch_panoptic_{seed}"][0]
    assert np.array_equal(find_centers(outputs["center"][0, 0], RULES), GOLDEN[f"torch_centers_{seed}"][0])
    pairs = np.unique(np.stack([panoptic.ravel(), theirs.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(theirs)) == len(np.unique(panoptic)) >= 13
    assert np.array_equal(pairs[0] // 1000, pairs[1] // 1000)


def centers_slowly(heat: np.ndarray, rules: PanopticRules) -> list[tuple[int, int]]:
    half = rules.nms_kernel // 2
    peaks = {}
    for y, x in np.ndindex(heat.shape):
        window = heat[max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1]
        if heat[y, x] > rules.center_threshold and heat[y, x] == window.max():
            peaks[y, x] = heat[y, x]
    if len(peaks) > rules.top_k:
        least = sorted(peaks.values(), reverse=True)[rules.top_k - 1]
        return [at for at, value in peaks.items() if value > least]
    return list(peaks)


def merge_slowly(classes: np.ndarray, instances: np.ndarray, rules: PanopticRules) -> np.ndarray:
    out = np.full(classes.shape, rules.void * rules.label_divisor)
    numbers: Counter[int] = Counter()
    for instance in dict.fromkeys(instances.ravel().tolist()):
        mask = (instances == instance) & np.isin(classes, rules.things)
        if instance and mask.any():
            majority = int(np.bincount(classes[mask]).argmax())
            numbers[majority] += 1
            out[mask] = majority * rules.label_divisor + numbers[majority]
    for kind in set(classes.ravel().tolist()) - set(rules.things):
        mask = (classes == kind) & (instances == 0)
        if mask.sum() >= rules.stuff_area:
            out[mask] = kind * rules.label_divisor
    return out


SIDES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@settings(deadline=None, max_examples=60)
@given(
    sides=SIDES, seed=st.integers(0, 9999), kernel=st.sampled_from([1, 3, 5, 13]), top_k=st.integers(1, 30),
    steps=st.sampled_from([3, 1000]),
)  # fmt: skip
def test_centers_match_the_definition(sides: tuple[int, int], seed: int, kernel: int, top_k: int, steps: int) -> None:
    heat = np.random.default_rng(seed).integers(-steps, steps, sides).astype(np.float32) / steps  # with ties, too
    rules = PanopticRules(center_threshold=0.2, nms_kernel=kernel, top_k=top_k)
    assert [tuple(at) for at in find_centers(heat, rules).tolist()] == centers_slowly(heat, rules)


@settings(deadline=None, max_examples=60)
@given(
    sides=SIDES, seed=st.integers(0, 9999), kinds=st.integers(1, 5), most=st.integers(0, 6), area=st.integers(0, 20),
    things=st.sets(st.integers(0, 6)), divisor=st.sampled_from([256, 1000]), void=st.sampled_from([0, 255]),
)  # fmt: skip
def test_merging_matches_the_definition(
    sides: tuple[int, int], seed: int, kinds: int, most: int, area: int, things: set[int], divisor: int, void: int
) -> None:
    g = np.random.default_rng(seed)
    classes, instances = g.integers(0, kinds, sides, np.int32), g.integers(0, most + 1, sides, np.int32)
    rules = PanopticRules(things=tuple(things), stuff_area=area, label_divisor=divisor, void=void)
    found = merge(classes, instances, rules)
    assert found.dtype == np.int32
    assert np.array_equal(found, merge_slowly(classes, instances, rules))


@settings(deadline=None, max_examples=30)
@given(sides=SIDES, seed=st.integers(0, 9999), kinds=st.integers(1, 4))
def test_every_thing_goes_to_the_nearest_centre(sides: tuple[int, int], seed: int, kinds: int) -> None:
    g = np.random.default_rng(seed)
    classes, heat = g.integers(0, kinds, sides, np.int32), g.random(sides).astype(np.float32)
    offset = g.integers(-6, 7, (2, *sides)).astype(np.float32)
    rules = PanopticRules(things=(1, 3), center_threshold=0.5, nms_kernel=3)
    found, centers = group(classes, heat, offset, rules), find_centers(heat, rules)
    for (y, x), kind in np.ndenumerate(classes):
        aim = np.array([y + offset[0, y, x], x + offset[1, y, x]])
        distances = [float(np.linalg.norm(aim - center)) for center in centers]
        assert found[y, x] == (1 + int(np.argmin(distances)) if kind in rules.things and distances else 0)


def test_nearest_centres_in_chunks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = case(1)
    whole = panoptic_map(outputs, 96, 160)
    monkeypatch.setattr("mobileseg.postprocess.panoptic.DISTANCES", 100)
    assert np.array_equal(panoptic_map(outputs, 96, 160), whole)


@settings(deadline=None, max_examples=30)
@given(sides=SIDES, to=st.tuples(st.integers(1, 50), st.integers(1, 50)), seed=st.integers(0, 999))
def test_maps_are_resized_with_aligned_corners_and_offsets_scaled(
    sides: tuple[int, int], to: tuple[int, int], seed: int
) -> None:
    planes = torch.randn(1, 2, *sides, generator=torch.Generator().manual_seed(seed))
    wanted = F.interpolate(planes, to, mode="bilinear", align_corners=True)
    found = resize(planes[0].numpy(), *to)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted[0].numpy(), atol=1e-4)
    scale = [(new - 1) / max(old - 1, 1) for new, old in zip(to, sides, strict=True)]
    offset = resize_offset(planes[0].numpy(), *to)
    np.testing.assert_allclose(offset, wanted[0].numpy() * np.reshape(scale, (2, 1, 1)), atol=2e-3)


def test_offsets_lead_as_far_in_the_image_as_in_the_map() -> None:
    """Every pixel points at the left one of two centres; had the offsets not grown, the right half would reach the other."""
    heat = np.zeros((1, 1, 5, 33), dtype=np.float32)
    heat[..., 2, (4, 28)] = 1
    across = np.broadcast_to(4 - np.arange(33), (5, 33))
    semantic = np.zeros((1, 19, 5, 33), dtype=np.float32)
    semantic[:, 11] = 1
    outputs = {"semantic": semantic, "center": heat, "offset": np.stack([0 * across, across])[None].astype(np.float32)}
    assert np.array_equal(panoptic_map(outputs, 17, 129), np.full((17, 129), 11001))


def test_without_centres_things_are_void() -> None:
    outputs = case(0)
    outputs["center"][:] = 0.05
    panoptic = panoptic_map(outputs, 96, 160, RULES)
    classes = outputs["semantic"][0].argmax(0)
    assert (panoptic[classes >= 11] == 255000).all()
    assert set(np.unique(panoptic)) <= {255000, *(1000 * kind for kind in range(11))}


def test_an_even_window_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        PanopticRules(nms_kernel=12)


def test_settings_of_a_data_set_go_before_the_defaults_and_requests_before_both() -> None:
    data = PanopticSettings(center_threshold=0.3, stuff_area=64)
    asked = PanopticSettings(center_threshold=0.5)
    rules = rules_for((1, 3), asked, data, None)
    assert (rules.things, rules.center_threshold, rules.stuff_area) == ((1, 3), 0.5, 64)
    assert rules.nms_kernel == PanopticRules().nms_kernel
    assert rules.settings() == PanopticSettings(
        center_threshold=0.5, nms_kernel=rules.nms_kernel, top_k=rules.top_k, stuff_area=64
    )
    assert rules_for((1,)) == rules_for((1,), None) == rules_for((1,), rules_for((1,)).settings())


def test_a_class_as_one_instance() -> None:
    labels = one_instance_a_class(np.array([[0, 1], [1, 2]]), rules_for((1,)))
    assert np.divmod(labels, 1 << 16)[0].tolist() == [[0, 1], [1, 2]]
    assert np.divmod(labels, 1 << 16)[1].tolist() == [[0, 1], [1, 0]]
