"""The networks of benchmarks/foreign.py: random weights, since no hub can be reached.

Rows are data; a package is imported when its network is built.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SEED, CLASSES = 0, 21


@dataclass(frozen=True)
class Network:
    """``factory``: ``package.module:function``. ``logits``: of its outputs."""

    name: str
    package: str
    factory: str
    arguments: dict[str, Any] = field(default_factory=dict)
    logits: str | None = None

    def build(self) -> nn.Module:
        """With seeded random weights; statistics of BatchNorms as after some training, so that they are no identity."""
        module, _, name = self.factory.partition(":")
        torch.manual_seed(SEED)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            network: nn.Module = getattr(importlib.import_module(module), name)(**self.arguments)
            for part in network.modules():
                if isinstance(part, nn.BatchNorm2d):
                    nn.init.uniform_(part.running_mean, -0.1, 0.1)
                    nn.init.uniform_(part.running_var, 0.5, 1.5)
        return network.eval()


def _smp(decoder: str, encoder: str) -> Network:
    name = f"smp-{decoder.lower()}-{encoder.removeprefix('timm-').replace('_', '').lower()}"
    arguments = {"encoder_name": encoder, "encoder_weights": None, "classes": CLASSES}
    return Network(name, "segmentation_models_pytorch", f"segmentation_models_pytorch:{decoder}", arguments)


def _torchvision(name: str) -> Network:
    arguments = {"weights": None, "weights_backbone": None, "num_classes": CLASSES}
    return Network(f"torchvision-{name}", "torchvision", f"torchvision.models.segmentation:{name}", arguments, "out")


def _timm(backbone: str) -> Network:
    return Network(
        f"timm-{backbone.replace('_', '-').replace('.', '-')}",
        "timm",
        "foreign_networks:with_head",
        {"backbone": backbone},
    )


class LightHead(nn.Module):
    """A timm backbone with a 1x1 convolution on its last two maps, added at the finer one's size."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        import timm

        self.backbone = timm.create_model(backbone, features_only=True, pretrained=False)
        channels = self.backbone.feature_info.channels()[-2:]
        self.heads = nn.ModuleList(nn.Conv2d(count, CLASSES, 1) for count in channels)

    def forward(self, image: Tensor) -> Tensor:
        fine, coarse = (head(x) for head, x in zip(self.heads, self.backbone(image)[-2:], strict=True))
        return fine + F.interpolate(coarse, size=fine.shape[2:], mode="bilinear", align_corners=False)


def with_head(backbone: str) -> nn.Module:
    """A timm backbone with a light head."""
    return LightHead(backbone)


def segformer_b0() -> nn.Module:
    """transformers' SegFormer-B0."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return SegformerForSemanticSegmentation(SegformerConfig(num_labels=CLASSES))


def mobilevit_deeplabv3() -> nn.Module:
    """transformers' MobileViT-XXS with DeepLabV3."""
    from transformers import MobileViTConfig, MobileViTForSemanticSegmentation

    config = MobileViTConfig(
        num_labels=CLASSES, hidden_sizes=[64, 80, 96], neck_hidden_sizes=[16, 16, 24, 48, 64, 80, 320], expand_ratio=2.0
    )
    return MobileViTForSemanticSegmentation(config)


MOBILENET, V3, EFFICIENT, RESNET, MIT = (
    "mobilenet_v2", "timm-mobilenetv3_large_100", "efficientnet-b0", "resnet18", "mit_b0",
)  # fmt: skip
NETWORKS = (
    _smp("Unet", MOBILENET),
    _smp("FPN", MOBILENET),
    _torchvision("lraspp_mobilenet_v3_large"),
    _smp("Segformer", MIT),
    _smp("PSPNet", RESNET),
    _smp("DeepLabV3Plus", MOBILENET),
    Network("transformers-segformer-b0", "transformers", "foreign_networks:segformer_b0", logits="logits"),
    _smp("Linknet", RESNET),
    _smp("PAN", RESNET),
    _smp("UPerNet", MOBILENET),
    _smp("MAnet", MOBILENET),
    _timm("mobilenetv3_large_100"),
    _torchvision("deeplabv3_mobilenet_v3_large"),
    Network("transformers-mobilevit-deeplabv3", "transformers", "foreign_networks:mobilevit_deeplabv3", logits="logits"),
    _smp("Unet", EFFICIENT),
    _smp("Unet", RESNET),
    _smp("Unet", MIT),
    _smp("Unet", V3),
    _smp("FPN", EFFICIENT),
    _smp("FPN", RESNET),
    _smp("FPN", MIT),
    _smp("DeepLabV3Plus", RESNET),
    _smp("PSPNet", MOBILENET),
    _smp("Linknet", MOBILENET),
    _smp("Segformer", RESNET),
    _timm("efficientnet_lite0"),
    _timm("mobilevitv2_050"),
    _timm("repvgg_a0"),
    _timm("convnext_atto"),
)  # fmt: skip
