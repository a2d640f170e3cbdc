"""SASA-ResNet's rows."""

from __future__ import annotations

from mobileseg.models.spec import ModelSpec, Published

_PAPER = "Ramachandran et al., NeurIPS 2019 (arXiv:1906.05909), table 1"
_IMAGENET = {"26": (75.8, 74.8), "38": (77.1, 76.9), "50": (77.4, 77.6)}  # convolution stem, attention stem
_SEGMENTER = "our own variant: the backbone at output stride 16 with the semantic decoder of Axial-DeepLab"


def _classifier(depth: str, full: bool) -> ModelSpec:
    stem = "attention stem" if full else "convolution stem"
    return ModelSpec(
        name=f"sasa-resnet{depth}" + "-full" * full,
        family="SASA-ResNet",
        task="classification",
        variant=depth + "-full" * full,
        build="mobileseg.models.sasa.model:classifier",
        deploy="mobileseg.models.sasa.deploy:ClassifierDeploy",
        size=(224, 224),
        num_classes=1000,
        head_prefixes=("fc.",),
        classifier_key="fc.weight",
        official=None,
        published=(Published(f"ImageNet-1k top-1 %, {stem}", _IMAGENET[depth][full], _PAPER),),
        stride=0,
        note="the paper's attention stem, with what it leaves open chosen by us" * full,
    )


def _segmenter(depth: str) -> ModelSpec:
    return ModelSpec(
        name=f"sasa-resnet{depth}-seg",
        family="SASA-ResNet",
        task="segmentation",
        variant=depth,
        build="mobileseg.models.sasa.model:segmenter",
        deploy="mobileseg.models.sasa.deploy:SegmenterDeploy",
        size=(512, 512),
        num_classes=150,
        head_prefixes=("decode_head.",),
        classifier_key="decode_head.head.predict.weight",
        official=None,
        multiple=16,
        stride=4,
        align_corners=True,
        note=_SEGMENTER,
    )


ROWS = tuple(
    spec
    for depth in _IMAGENET
    for spec in (_classifier(depth, full=False), _classifier(depth, full=True), _segmenter(depth))
)
