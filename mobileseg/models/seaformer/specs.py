"""SeaFormer's rows."""

from __future__ import annotations

from mobileseg.models.spec import ModelSpec, OfficialWeights, Published

_SEAFORMER = "github.com/fudan-zvg/SeaFormer, README"
_ADE20K = {"tiny": (35.0, 36.5), "small": (38.9, 39.5), "base": (41.2, 41.9), "large": (43.0, 43.8)}
_IMAGENET = {"tiny": 68.1, "small": 73.4, "base": 76.4, "large": 79.9}


def _released(data: str) -> OfficialWeights:
    hosted = "Google Drive and Baidu, linked from the README of fudan-zvg/SeaFormer (not reachable by name)"
    return OfficialWeights(trained_on=data, licence="Apache-2.0, that of the authors' code", where=hosted)


def _seaformer(variant: str) -> list[ModelSpec]:
    two, four = _ADE20K[variant]
    return [
        ModelSpec(
            name=f"seaformer-{variant}",
            family="SeaFormer",
            task="segmentation",
            variant=variant,
            build="mobileseg.models.seaformer.model:segmenter",
            deploy="mobileseg.models.seaformer.deploy:SegmenterDeploy",
            size=(512, 512),
            num_classes=150,
            head_prefixes=("decode_head.",),
            classifier_key="decode_head.conv_seg.weight",
            official=_released("ADE20K"),
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
            build="mobileseg.models.seaformer.model:classifier",
            deploy="mobileseg.models.seaformer.deploy:ClassifierDeploy",
            size=(224, 224),
            num_classes=1000,
            head_prefixes=("linear.",),
            classifier_key="linear.weight",
            official=_released("ImageNet-1k"),
            published=(Published("ImageNet-1k top-1 %", _IMAGENET[variant], _SEAFORMER),),
            stride=0,
        ),
    ]


ROWS = tuple(spec for variant in ("tiny", "small", "base", "large") for spec in _seaformer(variant))
