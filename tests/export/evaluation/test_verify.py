"""The gates fail where they should: real modules, and a runtime with an error of known size."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.errors import GateError
from mobileseg.export.evaluation.floors import FLOORS
from mobileseg.export.evaluation.verify import COARSER, VerificationCase, verify
from mobileseg.export.manifest import DelegationPart, Floor, OutsidePart
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
    found = verify(case(model, 0.0), BATCHES, "noise")
    assert found.status == "passed"
    assert found.max_error == 0
    assert found.sqnr_with_lowered_db == np.inf
    assert found.agreement is not None
    assert found.agreement > 0.999


@pytest.mark.parametrize("scale", [1e-2, 1.0])
def test_a_float_file_that_is_off_fails(model: nn.Module, scale: float) -> None:
    with pytest.raises(GateError, match="deploy model"):
        verify(case(model, scale), BATCHES, "noise")


@pytest.mark.parametrize("precision", COARSER)
def test_a_coarser_float_file_follows_within_its_bound(model: nn.Module, precision: str) -> None:
    bound = COARSER[precision]
    noise = 10 ** (-bound.sqnr_db / 20)
    kept = verify(replace(case(model, noise / 2), tolerance=bound), BATCHES, "noise")
    assert any("follows its deploy model" in line for line in kept.checks)
    with pytest.raises(GateError, match="deploy model"):
        verify(replace(case(model, noise * 4), tolerance=bound), BATCHES, "noise")


def test_an_int8_file_may_be_off_a_little_but_not_much(model: nn.Module) -> None:
    found = verify(case(model, 0.05, int8=True), BATCHES, "noise")
    assert found.sqnr_db is not None
    assert 26 <= found.sqnr_db <= 30  # 0.05 of the standard deviation, and the logits have a mean
    with pytest.raises(GateError, match="quantized graph"):
        verify(case(model, 0.5, int8=True), BATCHES, "noise")


def test_an_int8_graph_that_is_worthless_fails_however_well_the_file_follows_it(model: nn.Module) -> None:
    """The tolerance grows with what quantization costs; the floor does not."""
    deployed = mobileseg.deploy(model, *SIZE)
    other = mobileseg.deploy(fill(mobileseg.create_model("seaformer-tiny", num_classes=6), salt=9), *SIZE)
    bad = VerificationCase(Off(other, 0.0), model, deployed, other, True)
    found = verify(bad, BATCHES, "noise")
    assert found.sqnr_db is not None and found.sqnr_db < 10
    for floor in (Floor(sqnr_db=10.0), Floor(agreement=0.999), FLOORS["int8"]):
        with pytest.raises(GateError, match="the file was not kept"):
            verify(replace(bad, floor=floor), BATCHES, "noise")


def test_what_was_required_and_reached_is_recorded(model: nn.Module) -> None:
    floor = FLOORS["int8"]
    found = verify(replace(case(model, 0.05, int8=True), floor=floor), BATCHES, "noise")
    assert found.floor == floor
    assert [(gate.name, gate.verdict) for gate in found.gates] == [("agreement", "PASS"), ("SQNR", "PASS")]
    assert not found.same_as_calibration


def test_what_an_interpreter_answered_is_emulated(model: nn.Module) -> None:
    asked = replace(
        case(model, 0.05, int8=True),
        floor=FLOORS["int8"],
        emulated=True,
        evaluated_by="our interpreter, not by Core ML",
    )
    found = verify(asked, BATCHES, "noise")
    assert found.status == "emulated"
    assert {gate.verdict for gate in found.gates} == {"EMULATED"}
    assert all("not by Core ML" in gate.found for gate in found.gates)


class Late:
    """The deploy model; in the second image one number of its output is ``bad``."""

    def __init__(self, module: DeployedModel, bad: float) -> None:
        self.module, self.bad, self.runs = module, bad, 0

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        (out,) = run_module(self.module, torch.from_numpy(batch))
        self.runs += 1
        out = np.array(out)
        if self.runs == 2:
            out.reshape(-1)[-1] = self.bad
        return (out,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("int8", [False, True])
def test_a_single_number_that_is_none_fails(model: nn.Module, bad: float, int8: bool) -> None:
    deployed = mobileseg.deploy(model, *SIZE)
    with pytest.raises(GateError, match=r"of logits for image 2 of noise"):
        verify(VerificationCase(Late(deployed, bad), model, deployed, deployed, int8), BATCHES, "noise")


@pytest.mark.parametrize("which", ["reference", "deployed"])
def test_so_does_one_of_the_other_models(model: nn.Module, which: str) -> None:
    broken = copy.deepcopy(model)
    with torch.no_grad():
        next(broken.parameters()).fill_(torch.nan)
    reference, deployed = (broken, model) if which == "reference" else (model, broken)
    lowered = mobileseg.deploy(deployed, *SIZE)
    good = mobileseg.deploy(model, *SIZE)
    asked = VerificationCase(Off(good, 0.0), reference, lowered, lowered, False)
    with pytest.raises(GateError, match="the reference model" if which == "reference" else "the deploy model"):
        verify(asked, BATCHES, "noise")


def test_a_wrong_rewrite_fails(model: nn.Module) -> None:
    right = case(model, 0.0)
    other = fill(mobileseg.create_model("seaformer-tiny", num_classes=6), salt=9)
    with pytest.raises(GateError, match="equal the reference model"):
        verify(VerificationCase(right.runtime, other, right.deployed, right.lowered, False), BATCHES, "noise")


def test_conversions_at_the_edge_do_not_count_against_delegation() -> None:
    edge = OutsidePart(operator="cast", count=1, reason="type", at_edge=True)
    inner = OutsidePart(operator="cumsum", count=25, reason="none", at_edge=False)
    common = {"backend": "XNNPACK", "partitions": 1, "operators_inside": 75, "operators_outside": 1}
    assert DelegationPart(**common, outside=(edge,)).percent == 100
    assert DelegationPart(**common, outside=(edge, inner)).percent == 75
