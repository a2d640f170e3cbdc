"""VAN's rows: classifiers, Semantic FPN, UPerNet, and our own variants with the light head."""

from __future__ import annotations

from typing import Any

from mobileseg.models.spec import HALF, ModelSpec, OfficialWeights, Published

_CLASSIFICATION = "github.com/Visual-Attention-Network/VAN-Classification, README"
_SEGMENTATION = "github.com/Visual-Attention-Network/VAN-Segmentation, README"
_IMAGENET = {"b0": 75.4, "b1": 81.1, "b2": 82.8, "b3": 83.9}
_FPN = {"b0": 38.5, "b1": 42.9, "b2": 46.7, "b3": 48.1}
_UPERNET = {"b0": 41.1, "b1": 44.9, "b2": 50.1, "b3": 50.6, "b4": 52.2}
_UPERNET_22K = {"b4": 53.5, "b5": 53.9, "b6": 54.7}

_HUB = "https://huggingface.co/Visual-Attention-Network"
_LICENCE = "Apache-2.0, and the README adds: for commercial use, please contact the authors"
_HOSTED = {
    "b0": "VAN-Tiny-original/resolve/main/van_tiny_754.pth.tar",
    "b1": "VAN-Small-original/resolve/main/van_small_811.pth.tar",
    "b2": "VAN-Base-original/resolve/main/van_base_828.pth.tar",
    "b3": "VAN-Large-original/resolve/main/van_large_839.pth.tar",
}
_TSINGHUA = "Tsinghua cloud, linked from the authors' VAN-Segmentation README (not reachable by name)"
_DRIVE = "Google Drive, linked from the authors' VAN-Segmentation README (not reachable by name)"


def _published(metric: str, figures: dict[str, float], variant: str, source: str) -> tuple[Published, ...]:
    return (Published(metric, figures[variant], source),) if variant in figures else ()


def _classifier(variant: str) -> ModelSpec:
    if variant in _HOSTED:
        official = OfficialWeights("ImageNet-1k", _LICENCE, url=f"{_HUB}/{_HOSTED[variant]}")
    else:
        official = OfficialWeights("ImageNet-22k", _LICENCE, where=_TSINGHUA)
    return ModelSpec(
        name=f"van-{variant}",
        family="VAN",
        task="classification",
        variant=variant,
        build="mobileseg.models.van.model:classifier",
        deploy="mobileseg.models.van.deploy:ClassifierDeploy",
        size=(224, 224),
        num_classes=1000,
        head_prefixes=("head.",),
        classifier_key="head.weight",
        official=official,
        published=_published("ImageNet-1k top-1 %", _IMAGENET, variant, _CLASSIFICATION),
        stride=0,
        mean=HALF,
        std=HALF,
    )


def _segmenter(variant: str, head: str, build: str, **more: Any) -> ModelSpec:
    facts: dict[str, Any] = {"head_prefixes": ("decode_head.",), **more}
    return ModelSpec(
        name=f"van-{variant}-{head}",
        family="VAN",
        task="segmentation",
        variant=variant,
        build=f"mobileseg.models.van.model:{build}",
        deploy="mobileseg.models.van.deploy:SegmenterDeploy",
        size=(512, 512),
        num_classes=150,
        classifier_key="decode_head.conv_seg.weight",
        stride=4,
        **facts,
    )


def _fpn(variant: str) -> ModelSpec:
    return _segmenter(
        variant,
        "fpn",
        "semantic_fpn",
        head_prefixes=("neck.", "decode_head."),
        official=OfficialWeights("ADE20K", _LICENCE, where=_DRIVE) if variant in _FPN else None,
        published=_published("ADE20K mIoU %, single scale", _FPN, variant, _SEGMENTATION),
    )


def _upernet(variant: str) -> ModelSpec:
    return _segmenter(
        variant,
        "upernet",
        "upernet",
        auxiliary_prefixes=("auxiliary_head.",),
        official=None if variant in {"b0", "b1"} else OfficialWeights("ADE20K", _LICENCE, where=_TSINGHUA),
        published=_published("ADE20K mIoU %, multi-scale", _UPERNET, variant, _SEGMENTATION)
        + _published("ADE20K mIoU %, multi-scale, from ImageNet-22k", _UPERNET_22K, variant, _SEGMENTATION),
    )


def _light(variant: str) -> ModelSpec:
    return _segmenter(variant, "light", "light", official=None, note="our own variant")


_VARIANTS = ("b0", "b1", "b2", "b3", "b4", "b5", "b6")
ROWS = (
    *map(_classifier, _VARIANTS),
    *map(_fpn, _VARIANTS[:5]),
    *map(_upernet, _VARIANTS),
    *map(_light, _VARIANTS[:2]),
)
