"""Axial-DeepLab's and Axial-SWideRNet's rows."""

from __future__ import annotations

from mobileseg.models.spec import HALF, ModelSpec, OfficialWeights, Published

_PAPER = "Axial-DeepLab, ECCV 2020 (arXiv 2003.07853)"
_DEEPLAB2 = "github.com/google-research/deeplab2, g3doc/projects/axial_deeplab.md"
_BUCKET = "https://storage.googleapis.com/gresearch/tf-deeplab/checkpoint"

# Cityscapes val: PQ, mask AP, mIoU, %, single scale. COCO val: PQ %, single scale.
_CITYSCAPES = {"s": (62.6, 34.9, 80.5), "m": (63.1, 35.6, 80.3), "l": (63.9, 35.8, 81.0), "xl": (64.4, 36.7, 80.6)}
_COCO = {"s": 41.8, "m": 42.9, "l": 43.4}
_SWIDERNET = {"1-1-1": (66.1, 82.8), "1-1-3": (67.1, 83.5), "1-1-4.5": (68.0, 83.0)}  # PQ, mIoU


def _row(
    name: str,
    variant: str,
    module: str,
    published: list[tuple[str, float]],
    source: str,
    official: OfficialWeights | None = None,
    size: tuple[int, int] = (513, 1025),
    note: str = "",
) -> ModelSpec:
    return ModelSpec(
        name=name,
        family="Axial-DeepLab",
        task="panoptic",
        variant=variant,
        build=f"mobileseg.models.axial.{module}:segmenter",
        deploy="mobileseg.models.axial.deploy:PanopticDeploy",
        size=size,
        num_classes=19,
        head_prefixes=("decode_head.",),
        classifier_key="decode_head.semantic.head.predict.weight",
        official=official,
        published=tuple(Published(metric, value, source) for metric, value in published),
        multiple=16,
        remainders=(0, 1),
        stride=4,
        align_corners=True,
        things=tuple(range(11, 19)),
        mean=HALF,
        std=HALF,
        note=note,
    )


def _axial_deeplab(variant: str) -> ModelSpec:
    metrics = ("PQ", "mask AP", "mIoU")
    published = [(f"Cityscapes val {m} %, 1025x2049", v) for m, v in zip(metrics, _CITYSCAPES[variant], strict=True)]
    if variant in _COCO:
        published.append(("COCO val PQ %", _COCO[variant]))
    return _row(f"axial-deeplab-{variant}", variant, "model", published, _PAPER)


def _for_phones() -> ModelSpec:
    note = "our own variant: half as wide as the smallest of the paper, with six blocks instead of sixteen"
    return _row("axial-deeplab-xs", "xs", "model", [], _PAPER, size=(257, 257), note=note)


def _swidernet(variant: str) -> ModelSpec:
    pq, miou = _SWIDERNET[variant]
    published = [("Cityscapes val PQ %, 1025x2049", pq), ("Cityscapes val mIoU %, 1025x2049", miou)]
    file = f"axial_swidernet_{variant.replace('-', '_')}_os16_axial_deeplab_cityscapes_trainfine.tar.gz"
    official = OfficialWeights(
        trained_on="Cityscapes",
        licence="Apache-2.0, that of the authors' code",
        url=f"{_BUCKET}/{file}",
        where="needs the extra tensorflow",
    )
    return _row(f"axial-swidernet-{variant}", variant, "swidernet", published, _DEEPLAB2, official)


ROWS = (_for_phones(), *map(_axial_deeplab, _CITYSCAPES), *map(_swidernet, _SWIDERNET))
