"""The accuracy of a guess that ignores the image, on the images of a comparison: what a reference model must be better than."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.labels import read_labels
from mobileseg.export.evaluation.accuracy import AccuracyMeter, Seen
from mobileseg.metrics.position import PositionVotes
from mobileseg.postprocess.panoptic import PanopticRules, one_instance_a_class
from mobileseg.progress import track


def guess_by_position(
    data: LabelledFolder,
    groups: Sequence[str],
    votes: PositionVotes,
    rules: PanopticRules | None,
    seen: Seen = lambda label: label,
) -> AccuracyMeter:
    """The meter of a guess for every image: at each position the class most frequent there in the images of other groups.

    ``groups``: of each image. ``votes``: of all of them; unchanged in the end. ``rules``: how instances are numbered, None without.
    ``seen``: gives the part of the labels of an image that counts. The labels are read again: the votes of a data set are small, its
    labels are not.
    """
    meter = AccuracyMeter.for_classes(data.classes, rules, seen)
    members = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    order: list[int] = []
    for places in track(list(members.values()), "guess by position", "groups"):
        own = [votes.sampled(seen(read_labels(data.items[place], data.classes))) for place in places]
        for sample in own:
            votes.add(sample, times=-1)
        for place in places:
            item = data.items[place]
            label = seen(read_labels(item, data.classes))
            guess = votes.guess((label.shape[0], label.shape[1]))
            meter.add(guess, label)
            if meter.panoptic and rules:
                meter.panoptic.add(one_instance_a_class(guess, rules), item, data.classes)
        for sample in own:
            votes.add(sample)
        order += places
    back = np.argsort(order)
    meter.counts = [meter.counts[i] for i in back]
    if meter.panoptic:
        meter.panoptic.counts = [meter.panoptic.counts[i] for i in back]
    return meter
