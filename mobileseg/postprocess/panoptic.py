"""Panoptic segments from a network's three maps: resize, group pixels by instance centre, merge by majority vote.

Paper: Cheng et al., "Panoptic-DeepLab", CVPR 2020 (https://arxiv.org/abs/1911.10194), section 3.2; the majority vote is that of
Yang et al., "DeeperLab", 2019 (https://arxiv.org/abs/1902.05093). Constants and order are those of the authors' code
(github.com/google-research/deeplab2, Apache-2.0), which differs from their PyTorch code only in how it numbers the instances of a
class. All of this depends on the data, so it is not part of the exported graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mobileseg.data.fit import Placement
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.models.spec import OUTPUTS
from mobileseg.postprocess.class_map import Axis, Outputs, Span, class_map, spans

Float = NDArray[np.float32]
Labels = NDArray[np.int32]
DISTANCES = 1 << 20  # computed at once: 4 MB, for any image and number of centres


@dataclass(frozen=True)
class PanopticRules:
    """The parameters of panoptic merging; the defaults are deeplab2's for Axial-DeepLab on Cityscapes.

    ``things``: classes with instances. ``center_threshold``: heat that a centre must exceed. ``nms_kernel``: side, in pixels of the
    image, of the window in which a centre must be the maximum. ``top_k``: of more centres, only those hotter than the ``top_k``-th stay.
    ``stuff_area``: smallest area, in pixels, of a class without instances; smaller ones become void. A label is
    ``class * label_divisor + instance``, with instances from 1, and 0 for stuff; void is ``void * label_divisor``. Raises
    ``ValueError`` for an even ``nms_kernel``.
    """

    things: tuple[int, ...] = tuple(range(11, 19))
    center_threshold: float = 0.1
    nms_kernel: int = 13
    top_k: int = 400
    label_divisor: int = 1000
    stuff_area: int = 2048
    void: int = 255

    def settings(self) -> PanopticSettings:
        """What of them depends on the data set, for records."""
        return PanopticSettings(**{name: getattr(self, name) for name in PanopticSettings.model_fields})

    def __post_init__(self) -> None:
        if self.nms_kernel < 1 or self.nms_kernel % 2 == 0:
            raise ValueError(f"expected an odd nms_kernel; found {self.nms_kernel}")


def rules_for(things: tuple[int, ...], *settings: PanopticSettings | None) -> PanopticRules:
    """The rules of a data set with the classes ``things``, with a label divisor of 2**16 for more instances. ``settings``: what differs
    from the defaults; of several the first that has a value decides."""
    rules = PanopticRules(things=things, label_divisor=1 << 16)
    for each in reversed(settings):
        rules = replace(rules, **(each.model_dump(exclude_none=True) if each else {}))
    return rules


def one_instance_a_class(classes: NDArray[np.integer], rules: PanopticRules) -> NDArray[np.int64]:
    """The panoptic labels of a class map ``(H, W)`` in which all pixels of a thing class are one instance."""
    labels: NDArray[np.int64] = classes.astype(np.int64) * rules.label_divisor + np.isin(classes, rules.things)
    return labels


def panoptic_map(
    outputs: Mapping[str, Float],
    height: int,
    width: int,
    rules: PanopticRules | None = None,
    place: Placement | None = None,
) -> Labels:
    """The panoptic labels ``(height, width)`` int32 of one image from the network's outputs: ``semantic`` ``(1, C, h, w)``, ``center``
    ``(1, 1, h, w)`` and ``offset`` ``(1, 2, h, w)``, down and right, in pixels of that map.

    Maps are resized as by the authors, with aligned corners, and offsets are scaled by the same factor. ``place``: as for ``class_map``.
    """
    rules = rules or PanopticRules()
    classes = class_map(outputs["semantic"][0], height, width, True, place)
    heat = resize(outputs["center"][0], height, width, place)[0]
    offset = resize_offset(outputs["offset"][0], height, width, place)
    return merge(classes, group(classes, heat, offset, rules), rules)


def panoptic_labels(
    outputs: Outputs, size: tuple[int, int], rules: PanopticRules, place: Placement | None = None
) -> Labels:
    """``panoptic_map`` of the outputs of a model or a file, in their order, at ``size`` (height, width)."""
    maps = {name: out.astype(np.float32) for name, out in zip(OUTPUTS["panoptic"], outputs, strict=True)}
    return panoptic_map(maps, *size, rules, place)


def resize(planes: Float, height: int, width: int, place: Placement | None = None) -> Float:
    """Bilinear resize of ``(C, h, w)`` to ``(C, height, width)`` with aligned corners."""
    rows, columns = (
        Axis.resized(source, target, True, part)
        for source, target, part in zip(planes.shape[1:], (height, width), spans(place), strict=True)
    )
    down = rows.weight[:, None]
    tall = (1 - down) * planes[:, rows.first] + down * planes[:, rows.second]
    wide: Float = (1 - columns.weight) * tall[:, :, columns.first] + columns.weight * tall[:, :, columns.second]
    return wide


def resize_offset(offset: Float, height: int, width: int, place: Placement | None = None) -> Float:
    """Resize offsets ``(2, h, w)``, in pixels of their map, to ``(2, height, width)`` in pixels of the target."""
    factors = []
    for to, size, part in zip((height, width), offset.shape[1:], spans(place), strict=True):
        _, length, whole = part or Span(0, to, to)
        pixels = (to - 1) / (length - 1) if length > 1 else to  # of the target, for one of the input
        factors.append(pixels * (whole - 1) / max(size - 1, 1))
    scale = np.array(factors, dtype=np.float32)
    scaled: Float = resize(offset, height, width, place) * scale[:, None, None]
    return scaled


def find_centers(heat: Float, rules: PanopticRules) -> NDArray[np.intp]:
    """Rows and columns ``(n, 2)`` of the instance centres in a heat map ``(H, W)``, row by row."""
    hot = np.where(heat > rules.center_threshold, heat, np.float32(0))
    border = rules.nms_kernel // 2
    pooled = np.pad(hot, border)
    for axis in (0, 1):
        pooled = sliding_window_view(pooled, rules.nms_kernel, axis).max(-1)
    peaks = np.where(hot == pooled, hot, np.float32(0))
    scores = peaks[peaks > 0]
    least = np.partition(scores, -rules.top_k)[-rules.top_k] if scores.size > rules.top_k else np.float32(0)
    return np.argwhere(peaks > least)


def group(classes: Labels, heat: Float, offset: Float, rules: PanopticRules) -> Labels:
    """Instance numbers ``(H, W)`` int32: at pixels of things, 1 + the index of the centre nearest to the pixel plus its offset, the
    first of equally near ones; 0 elsewhere, and everywhere if there is no centre."""
    instances = np.zeros(classes.shape, dtype=np.int32)
    centers = find_centers(heat, rules)
    pixels = np.nonzero(np.isin(classes, rules.things))
    if len(centers):
        targets = [pixel.astype(np.float32) + part[pixels] for pixel, part in zip(pixels, offset, strict=True)]
        instances[pixels] = 1 + _nearest(targets[0], targets[1], centers.astype(np.float32))
    return instances


def _nearest(down: Float, across: Float, centers: Float) -> NDArray[np.intp]:
    """Index of the centre nearest to each point. In float32 and with the square root, as in the authors' code, because ties matter."""
    nearest = np.empty(down.shape, dtype=np.intp)
    step = max(DISTANCES // len(centers), 1)
    for first in range(0, len(down), step):
        part = slice(first, first + step)
        dy, dx = centers[:, :1] - down[part], centers[:, 1:] - across[part]
        nearest[part] = np.sqrt(dy * dy + dx * dx).argmin(0)
    return nearest


def merge(classes: Labels, instances: Labels, rules: PanopticRules) -> Labels:
    """Merge class and instance maps ``(H, W)`` to panoptic labels ``(H, W)`` int32.

    An instance gets the most frequent class among its pixels of things (the lowest of equally frequent ones), and a number within that
    class, in the order of first pixels. Areas of stuff classes stay if they are large enough.
    """
    panoptic = np.full(classes.shape, rules.void * rules.label_divisor, dtype=np.int32)
    mine = (instances > 0) & np.isin(classes, rules.things)
    found, first, index = np.unique(instances, return_index=True, return_inverse=True)
    width = int(classes.max()) + 1
    pairs = index.reshape(classes.shape)[mine] * width + classes[mine]
    votes = np.bincount(pairs, minlength=found.size * width).reshape(found.size, width)
    majority, voted = votes.argmax(1), votes.any(1)
    labels = majority * rules.label_divisor
    labels[voted] += _running_number(majority[voted], first[voted])
    panoptic[mine] = labels[index.reshape(classes.shape)[mine]]
    stuff = ~np.isin(classes, rules.things) & (instances == 0)
    areas = np.bincount(classes[stuff], minlength=width)
    kept = stuff & (areas >= rules.stuff_area)[classes]
    panoptic[kept] = classes[kept] * rules.label_divisor
    return panoptic


def _running_number(groups: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The number, from 1, of each element within its group, in the order given by ``order``."""
    sequence = np.lexsort((order, groups))
    arranged = groups[sequence]
    number = np.empty_like(groups)
    number[sequence] = 1 + np.arange(len(groups)) - np.searchsorted(arranged, arranged)
    return number
