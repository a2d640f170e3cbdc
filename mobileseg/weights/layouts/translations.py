"""Other projects' names for the same tensors, as data: which keys tell the project, and what its names are here.

Sources of the names: Hugging Face transformers, ``models/deprecated/van/modeling_van.py``; OpenMMLab mmpretrain,
``mmpretrain/models/backbones/van.py``; mmsegmentation 1.x, ``projects/van`` (with ``mmseg/models/backbones/mscan.py``). The ports of
SeaFormer and TopFormer to mmsegmentation 1.x keep their authors' names, and timm has none of the families here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

STAGE = re.compile(r"(.*\.)?encoder\.stages\.(\d+)\.(.+)")


@dataclass(frozen=True)
class Translation:
    """``mark``: a pattern that only this project's keys have. ``names``: pairs of a pattern and what takes its place, in order.
    ``unused``: a pattern of tensors that the project's own network has and never uses."""

    title: str
    mark: re.Pattern[str]
    names: tuple[tuple[str, str], ...]
    unused: re.Pattern[str] | None = None

    def key(self, theirs: str) -> str | None:
        """The name here; None for what is never used."""
        if self.unused is not None and self.unused.search(theirs):
            return None
        ours = _stage(theirs)
        for pattern, name in self.names:
            ours = re.sub(pattern, name, ours)
        return ours


def _stage(theirs: str) -> str:
    """``van.encoder.stages.0.layers.2.x`` -> ``block1.2.x``, with the stage's other parts; other keys as they are."""
    found = STAGE.fullmatch(theirs)
    if found is None:
        return theirs
    prefix, stage, rest = (found[1] or ""), int(found[2]) + 1, found[3]
    prefix = re.sub(r"(^|\.)van\.$", r"\1", prefix)
    for part, ours in (("embeddings.convolution", "patch_embed{}.proj"), ("embeddings.normalization", "patch_embed{}.norm"),
                       ("normalization", "norm{}"), ("layers", "block{}")):  # fmt: skip
        if rest.startswith(f"{part}."):
            return f"{prefix}{ours.format(stage)}{rest[len(part) :]}"
    return theirs


_ATTENTION = "attn.spatial_gating_unit"
HUGGING_FACE_VAN = Translation(
    title="Hugging Face transformers' VAN",
    mark=re.compile(r"(^|\.)encoder\.stages\.0\.embeddings\.convolution\.weight$"),
    names=(
        (r"(?<=\.)pre_norm(?:om)?alization\.", "norm1."),  # their spelling, and the right one
        (r"(?<=\.)post_normalization\.", "norm2."),
        (r"(?<=\.)attention\.pre_projection\.(?:conv\.)?", "attn.proj_1."),
        (r"(?<=\.)attention\.post_projection\.", "attn.proj_2."),
        (r"(?<=\.)attention\.attention_layer\.attention\.depth_wise\.", f"{_ATTENTION}.conv0."),
        (r"(?<=\.)attention\.attention_layer\.attention\.depth_wise_dilated\.", f"{_ATTENTION}.conv_spatial."),
        (r"(?<=\.)attention\.attention_layer\.attention\.point_wise\.", f"{_ATTENTION}.conv1."),
        (r"(?<=\.)mlp\.in_dense\.", "mlp.fc1."),
        (r"(?<=\.)mlp\.depth_wise\.", "mlp.dwconv.dwconv."),
        (r"(?<=\.)mlp\.out_dense\.", "mlp.fc2."),
        (r"(?<=\.)attention_scaling\.weight$", "layer_scale_1"),
        (r"(?<=\.)mlp_scaling\.weight$", "layer_scale_2"),
        (r"(^|\.)classifier\.(?=weight$|bias$)", r"\1head."),
    ),
    unused=re.compile(r"(^|\.)layernorm\.(weight|bias)$"),
)
OPENMMLAB_VAN = Translation(
    title="OpenMMLab's VAN",
    mark=re.compile(
        r"(^|\.)(patch_embed1\.projection\.weight|blocks1\.0\.norm1\.weight|block1\.0\.mlp\.dwconv\.weight)$"
    ),
    names=(
        (r"(^|\.)patch_embed(\d)\.projection\.", r"\1patch_embed\2.proj."),
        (r"(^|\.)blocks(\d)\.(?=\d+\.)", r"\1block\2."),
        (r"\bspatial_gating_unit\.DW_conv\.", "spatial_gating_unit.conv0."),
        (r"\bspatial_gating_unit\.DW_D_conv\.", "spatial_gating_unit.conv_spatial."),
        (r"(\bblock\d\.\d+\.mlp\.dwconv)\.(?=weight$|bias$)", r"\1.dwconv."),
    ),
)
TRANSLATIONS = (HUGGING_FACE_VAN, OPENMMLAB_VAN)


def translation_of(keys: Mapping[str, object]) -> Translation | None:
    """The project whose names these are; None where they may be the authors'."""
    return next((one for one in TRANSLATIONS if any(one.mark.search(key) for key in keys)), None)
