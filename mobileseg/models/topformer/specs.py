"""TopFormer's rows: the control."""

from __future__ import annotations

from mobileseg.models.spec import ModelSpec, OfficialWeights, Published

_TOPFORMER = "github.com/hustvl/TopFormer, README"
_ADE20K = {"tiny": (33.6, 34.6), "small": (36.5, 37.0), "base": (38.3, 39.2)}
_TINY_448 = (
    Published("ADE20K mIoU %, single scale, batch 2x8, 448x448", 32.5, _TOPFORMER),
    Published("ADE20K mIoU %, single scale, batch 4x8, 448x448", 33.4, _TOPFORMER),
)
_RELEASED = OfficialWeights(
    trained_on="ADE20K",
    licence="Apache-2.0, that of the authors' code",
    where="Google Drive and Baidu, linked from the README of hustvl/TopFormer (not reachable by name)",
)


def _topformer(variant: str) -> ModelSpec:
    two, four = _ADE20K[variant]
    return ModelSpec(
        name=f"topformer-{variant}",
        family="TopFormer",
        task="segmentation",
        variant=variant,
        build="mobileseg.models.topformer.model:segmenter",
        deploy="mobileseg.models.rewrites.deploying:deploy",
        size=(512, 512),
        num_classes=150,
        head_prefixes=("decode_head.",),
        classifier_key="decode_head.conv_seg.weight",
        official=_RELEASED,
        published=(
            Published("ADE20K mIoU %, single scale, batch 2x8", two, _TOPFORMER),
            Published("ADE20K mIoU %, single scale, batch 4x8", four, _TOPFORMER),
            *(_TINY_448 if variant == "tiny" else ()),
        ),
        note="control: outside the four families, so that latencies can be compared with a known network",
    )


ROWS = tuple(_topformer(variant) for variant in ("tiny", "small", "base"))
