"""Whether a comparison can say anything: enough images, and a reference model that is better than a guess."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mobileseg.errors import UNKNOWN_FIX
from mobileseg.export.evaluation.accuracy import Chance
from mobileseg.export.evaluation.ranking import TOP1
from mobileseg.export.manifest import Gate

FEWEST_IMAGES = 30  # with labels where there are labels; copies of one image count once
FEWEST_GROUPS = 10  # the interval of a bootstrap over fewer is much too narrow
# Of what a guess by position lacks: the lower end of the interval. A network that knows nothing has about 0, also where the guess is
# good, as with one large class.
LEAST_SKILL = 0.10


@dataclass(frozen=True)
class Evidence:
    """What a comparison was made on. ``images``: distinct ones that count. ``groups``: in how many groups, None where each image is its
    own. ``chance``: how far the reference model is above a guess, by metric; empty without labels. ``constant``: without labels, the
    share of the pixels in which the most frequent class of each position agrees with the reference model; ``trained``: whether its
    weights are."""

    images: int
    groups: int | None = None
    chance: tuple[Chance, ...] = ()
    constant: float | None = None
    trained: bool = True

    def gates(self, labelled: bool, agreement_bound: float | None = None) -> tuple[Gate, ...]:
        """The gates, each PASS or UNKNOWN: too little evidence is no failure of the file. ``agreement_bound``: the share of
        equal pixels that decides without labels; None: another figure does."""
        labels = " with labels" if labelled else ""
        gates = [
            _gate("images", f"at least {FEWEST_IMAGES} distinct images{labels}", str(self.images), self.images >= FEWEST_IMAGES)
        ]  # fmt: skip
        if self.groups is not None:
            expected = f"images of at least {FEWEST_GROUPS} groups"
            gates.append(_gate("groups", expected, str(self.groups), self.groups >= FEWEST_GROUPS))
        if not self.trained:
            gates.append(_gate("trained", "weights that were trained", "random ones", False))
        if labelled:
            gates += [_above_chance(chance) for chance in self.chance]
        elif agreement_bound is not None:
            gates.append(_varied(self.constant, agreement_bound))
        return tuple(gates)


# What to do where a gate is UNKNOWN, by the end of its name.
FIXES: Mapping[str, str] = {
    "images": f"give at least {FEWEST_IMAGES} different images",
    "groups": f"give images of at least {FEWEST_GROUPS} groups",
    "trained": "compare trained weights",
    "above chance": "compare trained weights, on data like that they were trained on",
    "variety": "give images with other things in them",
    "mIoU": "give labelled images",
    "top-1": "give labelled images",
    "temporal consistency": "give a longer sequence",
    "operations": UNKNOWN_FIX,
}


def fix_of(gates: Sequence[Gate]) -> str:
    """What would decide the gates that are UNKNOWN."""
    unknown = [gate.name for gate in gates if gate.verdict == "UNKNOWN" and not gate.optional]
    fixes = [fix for end, fix in FIXES.items() if any(name.endswith(end) for name in unknown)]
    return "; ".join(fixes) or "see the gates that are UNKNOWN"


def _above_chance(chance: Chance) -> Gate:
    low, high = (100 * end for end in chance.interval)
    guess = "always guessing the most frequent class" if chance.metric == TOP1 else "a guess by position"
    found = f"{100 * chance.value:.1f} %, interval {low:.1f} .. {high:.1f}; the guess has {chance.metric} {100 * chance.guess:.2f} %"
    return _gate(
        f"{chance.metric} above chance",
        f"the reference model at least {100 * LEAST_SKILL:g} % of the way from {guess} to all correct",
        "not measured" if math.isnan(chance.value) else found,
        chance.interval[0] >= LEAST_SKILL,
    )


def _varied(constant: float | None, bound: float) -> Gate:
    """What may differ is at most a tenth of what varies from image to image."""
    most = 1 - 10 * (1 - bound)
    expected = f"images in which the classes differ: one map for all agrees with the reference model in at most {100 * most:g} %"
    found = "not measured" if constant is None else f"{100 * constant:.2f} %"
    return _gate("variety", expected, found, constant is not None and constant <= most)


def _gate(name: str, expected: str, found: str, enough: bool) -> Gate:
    return Gate(name=name, verdict="PASS" if enough else "UNKNOWN", expected=expected, found=found)
