"""The registry: the rows of all families in one table. Nothing here imports torch."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from mobileseg.models.axial import resnet_specs as axial_resnet
from mobileseg.models.axial import specs as axial_deeplab
from mobileseg.models.sasa import specs as sasa
from mobileseg.models.seaformer import specs as seaformer
from mobileseg.models.spec import ModelSpec
from mobileseg.models.topformer import specs as topformer
from mobileseg.models.van import specs as van

FAMILIES = (seaformer, van, axial_resnet, axial_deeplab, sasa, topformer)
MODELS: Mapping[str, ModelSpec] = {spec.name: spec for family in FAMILIES for spec in family.ROWS}

# A key that only this family's checkpoints have, to identify a file of another family.
FAMILY_KEYS: Mapping[str, str] = {
    "SeaFormer": "smb1.stem_block.0.c.weight",
    "TopFormer": "tpm.stem.0.c.weight",
    "VAN": "patch_embed1.proj.weight",
    "Axial-DeepLab": "stage5.block1.height_axis.qkv_transform.weight",
    "Axial-ResNet": "layer1.0.hight_block.qkv_transform.weight",
    "SASA-ResNet": "layer1.0.conv2.conv_qkv.weight",
    "ResNet": "layer1.0.conv1.weight",
}


@functools.cache
def measured() -> dict[str, Any]:
    """Parameters and multiply-adds of every model at its default size, as counted by ``tools/measure_zoo.py``."""
    text = resources.files("mobileseg.models").joinpath("measured.json").read_text(encoding="utf-8")
    figures: dict[str, Any] = json.loads(text)
    return figures
