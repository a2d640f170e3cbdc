"""Networks of other packages go through the same pipeline: one delegate that computes what they do. ``make foreign`` takes them all."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.export import export_module

ROOT = Path(__file__).resolve().parents[2]
SIZE = (64, 64)
EXPORTED = (
    ("smp-pspnet-resnet18", "int8"),
    ("smp-fpn-mobilenetv2", "float32"),
    ("smp-segformer-mitb0", "float32"),
    ("timm-efficientnet-lite0", "int8"),
    ("torchvision-lraspp_mobilenet_v3_large", "float32"),
)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "precision"), EXPORTED)
def test_a_network_of_another_package_is_one_delegate(
    name: str, precision: str, tmp_path: Path, benchmark: Any
) -> None:
    network = next(one for one in benchmark("foreign_networks").NETWORKS if one.name == name)
    module = network.build()
    (tmp_path / "two").mkdir()
    for picture in find_images(samples_folder() / "images")[3::24]:
        shutil.copy(picture, tmp_path / "two")
    made = export_module(
        module, "executorch", size=SIZE, precision=precision, output=tmp_path / "f.pte", name=name, logits=network.logits,
        verify_data=tmp_path / "two", require_agreement=0.0, require_sqnr=0.0,
    )  # fmt: skip
    delegation = made.manifest.delegation
    assert delegation is not None and (delegation.partitions, delegation.operators_outside) == (1, 0)
    sqnr = made.manifest.verification.sqnr_db
    assert sqnr is not None and sqnr > (100 if precision == "float32" else 15)
    if precision == "float32":
        pixels = (np.random.default_rng(0).random((1, 3, *SIZE)) * 255).astype(np.float32)
        mean, std = (
            np.array(values, np.float32).reshape(1, 3, 1, 1)
            for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        )
        with torch.no_grad():
            theirs = module(torch.from_numpy((pixels / 255 - mean) / std))
        theirs = theirs if network.logits is None else theirs[network.logits]
        (ours,) = made.load(1).run(pixels)
        scale = ours.shape[2] / theirs.shape[2]
        assert scale == 1, "the file gives the network's own cells"
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4 * float(theirs.abs().max()))


def test_there_are_enough_networks_and_each_is_named_once(benchmark: Any) -> None:
    networks = benchmark("foreign_networks").NETWORKS
    assert len(networks) >= 25
    assert not [name for name, count in Counter(one.name for one in networks).items() if count > 1]
    assert {one.package for one in networks} == {"segmentation_models_pytorch", "torchvision", "transformers", "timm"}
