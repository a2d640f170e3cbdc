"""Axial-ResNet's rows: classification."""

from __future__ import annotations

from mobileseg.models.spec import ModelSpec, OfficialWeights, Published

_README = "github.com/csrhddlam/axial-deeplab, README"
_PAPER = "arXiv 2003.07853, table 1"
_RELEASED = OfficialWeights(
    trained_on="ImageNet-1k",
    licence="Apache-2.0, that of the authors' code",
    url="http://www.cs.jhu.edu/~hwang157/axial26s.pth",
    where="axial26s.pth on the author's page, over plain http: fetch it by hand (www.cs.jhu.edu/~hwang157) and give its path",
)
_TOP1 = {"26-s": (75.8, _README), "s": (77.5, _PAPER), "s-full": (78.1, f"{_PAPER}, of the authors' own")}


def _axial_resnet(variant: str) -> ModelSpec:
    full = variant.endswith("-full")
    published = (Published("ImageNet-1k top-1 %", *_TOP1[variant]),) if variant in _TOP1 else ()
    return ModelSpec(
        name=f"axial-resnet{variant}" if variant.startswith("26") else f"axial-resnet-{variant}",
        family="Axial-ResNet",
        task="classification",
        variant=variant,
        build="mobileseg.models.axial.resnet:classifier",
        deploy="mobileseg.models.axial.resnet_deploy:ClassifierDeploy",
        size=(224, 224),
        num_classes=1000,
        head_prefixes=("fc.",),
        classifier_key="fc.weight",
        official=_RELEASED if variant == "26-s" else None,
        published=published,
        largest=None if full else 224,
        resample=None if full else "mobileseg.models.axial.attention:resample_tables",
        stride=0,
        note="the paper's full-attention stem, in our reading: no official code has it" if full else "",
    )


ROWS = tuple(_axial_resnet(variant) for variant in ("26-s", "s", "m", "l", "26-s-full", "s-full"))
