import time
from dataclasses import dataclass

import numpy as np
import pytest

from mobileseg.data.images import Batch
from mobileseg.export.analysis.float_cost import TURNS, WARM_UP, ratio_of_medians
from mobileseg.postprocess.class_map import Outputs


@dataclass
class Sleeper:
    """Takes ``ms``, and much longer at first."""

    ms: float
    runs: int = 0

    def run(self, batch: Batch) -> Outputs:
        time.sleep((self.ms if self.runs else 20 * self.ms) / 1e3)
        self.runs += 1
        return (batch,)


def test_it_is_the_ratio_of_what_both_take_once_they_are_warm() -> None:
    slow, fast = Sleeper(6), Sleeper(2)
    ratio = ratio_of_medians(slow, fast, np.zeros((1, 3, 2, 2), np.float32))
    assert ratio == pytest.approx(3, rel=0.3)
    assert slow.runs == fast.runs == WARM_UP + TURNS
