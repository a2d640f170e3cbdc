"""The ranking finds the layer that was spoiled; the list that it writes is what export keeps float."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from street_net import NAME

import mobileseg
from mobileseg.data.dataset import open_labelled, samples_folder
from mobileseg.data.fit import Fit
from mobileseg.errors import RequestError
from mobileseg.export.analysis.diagnosis import Diagnosis, image_probes, labelled_probes, layer_evaluator
from mobileseg.export.analysis.probe import LayerEvaluator
from mobileseg.export.analysis.sensitivity import LEAST_INT8, RunDescription, Sensitivity, keep_float_of, rank_layers
from mobileseg.export.manifest import KeptLayer
from mobileseg.export.quantization.calibration import ImageSet, read_whole
from mobileseg.export.quantization.keep_float import KeepFloat, check_names, read_keep_float

SIZE = (64, 96)
SPOILED = "network.classify"
RUN = RunDescription(NAME, "spoiled", "noise", "noise")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageSet:
    folder = tmp_path_factory.mktemp("noise")
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (3, *SIZE, 3)).astype(np.uint8)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return read_whole(folder)


@pytest.fixture(scope="module")
def spoiled(images: ImageSet) -> LayerEvaluator:
    """One layer's weights for a channel that is always zero are a thousand times the others: they take all its steps."""
    model = mobileseg.create_model(NAME)
    with torch.no_grad():
        model.get_parameter("network.spread.0.weight")[0] = 0
        model.get_parameter("network.spread.0.bias")[0] = 0
        model.get_parameter("network.classify.weight")[:, 0] = 1e3
    return layer_evaluator(model, Fit(SIZE), images, image_probes(images, Fit(SIZE)))


@pytest.fixture(scope="module")
def ranking(spoiled: LayerEvaluator) -> Sensitivity:
    return rank_layers(spoiled, RUN, budget_s=120.0)


def test_the_spoiled_layer_comes_first_and_is_kept(ranking: Sensitivity) -> None:
    assert ranking.layers[0].layer == SPOILED
    assert SPOILED in ranking.keep
    alone = [cost.alone.sqnr_db for cost in ranking.layers]
    assert alone == sorted(alone)
    assert ranking.kept[0].figures.sqnr_db > ranking.int8.sqnr_db + 0.25
    assert all(step.int8_share >= LEAST_INT8 for step in ranking.kept)
    assert ranking.float_miou is None and ranking.int8.miou is None  # there were no labels


def test_the_last_cumulative_figure_is_that_of_all_layers(spoiled: LayerEvaluator, ranking: Sensitivity) -> None:
    final = list(spoiled.graph.layers)[-1]
    cumulative = next(cost.cumulative for cost in ranking.layers if cost.layer == final)
    assert cumulative.sqnr_db == pytest.approx(ranking.int8.sqnr_db)


def test_a_small_budget_takes_fewer_images(spoiled: LayerEvaluator) -> None:
    assert rank_layers(spoiled, RUN, budget_s=0.01).images == 2


def test_labels_give_miou_and_a_goal_that_is_met_at_once_keeps_nothing(images: ImageSet) -> None:
    model = mobileseg.create_model(NAME)
    (probe,) = labelled_probes(open_labelled(samples_folder()), SIZE, 1)
    assert probe.label is not None
    few = replace(probe, label=probe.label[::8, ::8])
    found = rank_layers(layer_evaluator(model, Fit(SIZE), images, [few, few]), RUN, 60.0, most_drop=1.0)
    assert found.keep == ()
    assert found.float_miou is not None
    assert all(0 <= (cost.alone.miou or -1) <= 1 for cost in found.layers)


def test_the_list_is_read_back_unchanged(ranking: Sensitivity, tmp_path: Path) -> None:
    made = keep_float_of(ranking)
    path = tmp_path / "keep.toml"
    path.write_text(made.to_toml())
    assert read_keep_float(path, NAME) == made
    assert Sensitivity.model_validate_json(ranking.to_json()) == ranking


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "sensitivity"),
        ("keep = 3", "keep"),
        ("model = ", "fix the entry"),
        ('model = "seaformer-base"\nkeep = []', "seaformer-base"),
        ('schema_version = 1\nmodel = "seaformer-tiny"\nkeep = [{layer = "a"}]', "reason"),
    ],
)  # fmt: skip
def test_lists_that_are_refused(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "keep.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RequestError, match=message):
        read_keep_float(path, "seaformer-tiny")


def test_an_unknown_layer_is_refused_with_the_nearest_names() -> None:
    deployed = mobileseg.deploy(mobileseg.create_model("seaformer-tiny"), *SIZE)
    good = KeepFloat(model="seaformer-tiny", keep=(KeptLayer(layer="network.head.classify", reason="a test"),))
    check_names((*good.names, "network.head.fusions.0/mul"), deployed)
    with pytest.raises(RequestError, match=r"network\.head\.classify"):
        check_names(("network.head.clasify",), deployed)


@pytest.mark.parametrize("options", [{"budget_s": 0}, {"probes": 0}, {"most_drop": 0.005}])
def test_requests_that_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(RequestError):
        Diagnosis.of("seaformer-tiny", **options)  # type: ignore[arg-type]  # one of several kinds
