"""The zoo as data: one row a model. Nothing here imports torch."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # RGB, 0..255
IMAGENET_STD = (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class Published:
    """A figure from the authors, with where it stands."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class ModelSpec:
    """One row of the zoo.

    ``build``: dotted path of ``f(variant, num_classes, seed) -> nn.Module`` (original form). ``deploy``: dotted path of
    ``f(module, height, width, std) -> nn.Module`` that takes mean-free pixels. ``size``: height, width in pixels.
    ``head_prefix``: where the keys of the head start. ``classifier_key``: the weight whose first dimension is the classes.
    """

    name: str
    family: str
    task: str  # "segmentation" or "classification"
    variant: str
    build: str
    deploy: str
    size: tuple[int, int]
    num_classes: int
    head_prefix: str
    classifier_key: str
    official_weights: str
    published: tuple[Published, ...]
    multiple: int = 32
    stride: int = 8  # of the logits; 0 where there is no map
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


_SEAFORMER = "github.com/fudan-zvg/SeaFormer, README"
_ADE20K = {"tiny": (35.0, 36.5), "small": (38.9, 39.5), "base": (41.2, 41.9), "large": (43.0, 43.8)}
_IMAGENET = {"tiny": 68.1, "small": 73.4, "base": 76.4, "large": 79.9}


def _seaformer(variant: str) -> list[ModelSpec]:
    two, four = _ADE20K[variant]
    hosted = "Google Drive and Baidu, linked from the authors' README (not reachable by name)"
    return [
        ModelSpec(
            name=f"seaformer-{variant}",
            family="SeaFormer",
            task="segmentation",
            variant=variant,
            build="mobileseg.models.seaformer:segmenter",
            deploy="mobileseg.models.seaformer_deploy:SegmenterDeploy",
            size=(512, 512),
            num_classes=150,
            head_prefix="decode_head.",
            classifier_key="decode_head.conv_seg.weight",
            official_weights=f"ADE20K: {hosted}",
            published=(
                Published("ADE20K mIoU %, single scale, batch 2x8", two, _SEAFORMER),
                Published("ADE20K mIoU %, single scale, batch 4x8", four, _SEAFORMER),
            ),
        ),
        ModelSpec(
            name=f"seaformer-{variant}-cls",
            family="SeaFormer",
            task="classification",
            variant=variant,
            build="mobileseg.models.seaformer:classifier",
            deploy="mobileseg.models.seaformer_deploy:ClassifierDeploy",
            size=(224, 224),
            num_classes=1000,
            head_prefix="linear.",
            classifier_key="linear.weight",
            official_weights=f"ImageNet-1k: {hosted}",
            published=(Published("ImageNet-1k top-1 %", _IMAGENET[variant], _SEAFORMER),),
            stride=0,
        ),
    ]


MODELS: Mapping[str, ModelSpec] = {
    spec.name: spec for variant in ("tiny", "small", "base", "large") for spec in _seaformer(variant)
}

# A key that only this family's checkpoints hold: names a foreign file before anything is compared.
FAMILY_KEYS: Mapping[str, str] = {
    "SeaFormer": "smb1.stem_block.0.c.weight",
    "TopFormer": "tpm.stem.0.c.weight",
    "VAN": "patch_embed1.proj.weight",
    "Axial-ResNet": "layer1.0.hight_block.qkv_transform.weight",
    "SASA-ResNet": "layer1.0.conv2.conv_qkv.weight",
    "ResNet": "layer1.0.conv1.weight",
}


@functools.cache
def measured() -> dict[str, Any]:
    """Parameters and multiply-adds of every model at its size, as ``tools/measure_zoo.py`` counted them."""
    text = resources.files("mobileseg.models").joinpath("zoo.json").read_text(encoding="utf-8")
    figures: dict[str, Any] = json.loads(text)
    return figures
