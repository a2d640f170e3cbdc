"""The gates fail where they should: real modules, and a runtime with an error of known size."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.errors import GateError
from mobileseg.export.evaluation.verify import COARSER, VerificationCase, verify
from mobileseg.export.manifest import DelegationPart, OutsidePart
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module
from mobileseg.postprocess.class_map import Outputs

SIZE = (64, 96)
BATCHES = [((make_input((1, 3, *SIZE), i) * 50 + 110).clamp(0, 255)).numpy() for i in range(2)]


class Off:
    """Runs the deploy model and adds noise of ``scale`` times the logits' standard deviation."""

    def __init__(self, module: DeployedModel, scale: float) -> None:
        self.module, self.scale = module, scale

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        (out,) = run_module(self.module, torch.from_numpy(batch))
        noise = np.random.default_rng(0).standard_normal(out.shape).astype(np.float32)
        return ((out + self.scale * out.std() * noise).astype(np.float32),)


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return fill(mobileseg.create_model("seaformer-tiny", num_classes=6), salt=1)


def case(model: nn.Module, scale: float, int8: bool = False) -> VerificationCase:
    deployed = mobileseg.deploy(model, *SIZE)
    return VerificationCase(Off(deployed, scale), model, deployed, deployed, int8)


def test_an_exact_file_passes(model: nn.Module) -> None:
    found = verify(case(model, 0.0), BATCHES, "noise", False)
    assert found.status == "passed"
    assert found.max_error == 0
    assert found.sqnr_with_lowered_db == np.inf
    assert found.agreement is not None
    assert found.agreement > 0.999


@pytest.mark.parametrize("scale", [1e-2, 1.0, np.nan])
def test_a_float_file_that_is_off_fails(model: nn.Module, scale: float) -> None:
    with pytest.raises(GateError, match="deploy model"):
        verify(case(model, scale), BATCHES, "noise", False)


@pytest.mark.parametrize("precision", COARSER)
def test_a_coarser_float_file_follows_within_its_bound(model: nn.Module, precision: str) -> None:
    bound = COARSER[precision]
    noise = 10 ** (-bound.sqnr_db / 20)
    kept = verify(replace(case(model, noise / 2), tolerance=bound), BATCHES, "noise", False)
    assert any("follows its deploy model" in line for line in kept.checks)
    with pytest.raises(GateError, match="deploy model"):
        verify(replace(case(model, noise * 4), tolerance=bound), BATCHES, "noise", False)


def test_an_int8_file_may_be_off_a_little_but_not_much(model: nn.Module) -> None:
    found = verify(case(model, 0.05, int8=True), BATCHES, "noise", True)
    assert found.sqnr_db is not None
    assert 26 <= found.sqnr_db <= 30  # 0.05 of the standard deviation, and the logits have a mean
    with pytest.raises(GateError, match="quantized graph"):
        verify(case(model, 0.5, int8=True), BATCHES, "noise", True)


def test_a_wrong_rewrite_fails(model: nn.Module) -> None:
    right = case(model, 0.0)
    other = fill(mobileseg.create_model("seaformer-tiny", num_classes=6), salt=9)
    with pytest.raises(GateError, match="equal the reference model"):
        verify(VerificationCase(right.runtime, other, right.deployed, right.lowered, False), BATCHES, "noise", False)


def test_edge_operators_do_not_count_against_delegation() -> None:
    edge = OutsidePart(operator="cast", count=1, reason="type", at_edge=True)
    inner = OutsidePart(operator="cumsum", count=25, reason="none", at_edge=False)
    common = {"backend": "XNNPACK", "partitions": 1, "operators_inside": 75, "operators_outside": 1}
    assert DelegationPart(**common, outside=(edge,)).percent == 100
    assert DelegationPart(**common, outside=(edge, inner)).percent == 75
