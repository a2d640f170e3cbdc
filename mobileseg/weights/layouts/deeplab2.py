"""Conversion of deeplab2's variables to the keys of Axial-DeepLab, Axial-SWideRNet and Panoptic-DeepLab's head here.

Original code: github.com/google-research/deeplab2 (TensorFlow, Apache-2.0). Its checkpoints name a variable by its path through the
objects, such as ``encoder/_stage2/_block1/_conv1_bn_act/_conv/kernel``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from mobileseg.weights.layouts.axial_attention import STATISTICS, axial_attention_from_tensorflow

SCOPES = (  # the start of a variable's scope, and ours
    (r"encoder/", "backbone/"),
    (r"semantic_decoder/", "decode_head/semantic/decoder/"),
    (r"semantic_head_without_last_layer/conv1_bn_act", "decode_head/semantic/head/conv"),
    (r"semantic_last_layer", "decode_head/semantic/head/predict"),
    (r"instance_decoder/", "decode_head/instance/decoder/"),
    (r"instance_center_head_without_last_layer/conv1_bn_act", "decode_head/instance/center/conv"),
    (r"instance_center_head_last_layer", "decode_head/instance/center/predict"),
    (r"instance_regression_head_without_last_layer/conv1_bn_act", "decode_head/instance/offset/conv"),
    (r"instance_regression_head_last_layer", "decode_head/instance/offset/predict"),
)
PARTS = (  # further down
    (r"/attention/", "/"),
    (r"/aspp/proj_conv_bn_act", "/project"),
    (r"/low_level_conv1", "/low/0"),
    (r"/low_level_conv2", "/low/1"),
    (r"/fusion_conv1/conv1_bn_act", "/fuse/0"),
    (r"/fusion_conv2/conv1_bn_act", "/fuse/1"),
    (r"/(conv\d)_bn(?:_act)?(?=/)", r"/\1"),
    (r"/(?:depthwise_)?conv/(?=(?:depthwise_)?kernel$)", "/c/"),
    (r"/batch_norm/", "/bn/"),
)
AXIS = re.compile(r"(.+/(?:height|width)_axis)/(.+)")


def from_deeplab2(variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state_dict from a checkpoint's variables by object path (separated by ``/``, with leading underscores).

    Kernels are transposed from ``(H, W, in, out)`` to ``(out, in, H, W)``, depthwise ones from ``(H, W, channels, 1)`` to
    ``(channels, 1, H, W)``. Unknown variables, and all variables of an incomplete attention layer, keep their names, so that the
    importer reports them.
    """
    state: dict[str, Tensor] = {}
    layers: dict[str, dict[str, Tensor]] = {}
    names: dict[tuple[str, str], str] = {}
    for name, value in variables.items():
        path = _our_path(name)
        axis = AXIS.fullmatch(path)
        if axis is None:
            state.update(_plain(name, path, value))
        else:
            layers.setdefault(axis[1], {})[axis[2]] = value
            names[axis[1], axis[2]] = name
    for scope, parts in layers.items():
        try:
            converted = axial_attention_from_tensorflow(parts)
        except KeyError:
            state.update({names[scope, part]: value for part, value in parts.items()})
            continue
        state.update({f"{scope}/{key}".replace("/", "."): value for key, value in converted.items()})
    counters = [key.replace("running_mean", "num_batches_tracked") for key in state if key.endswith(".running_mean")]
    return state | {key: torch.tensor(0) for key in counters}


def _our_path(name: str) -> str:
    """``encoder/_stem/_conv1_bn_act/_conv/kernel`` -> ``backbone/stem/conv1/c/kernel``."""
    path = "/".join(component.removeprefix("_") for component in name.split("/"))
    for theirs, ours in SCOPES:
        path, found = re.subn(f"^{theirs}", ours, path)
        if found:
            break
    for theirs, ours in PARTS:
        path = re.sub(theirs, ours, path)
    return path


def _plain(name: str, path: str, value: Tensor) -> dict[str, Tensor]:
    """One variable of a convolution or a BatchNorm, under its key here."""
    scope, _, last = path.rpartition("/")
    key = scope.replace("/", ".")
    if last == "kernel" and value.ndim == 4:
        return {f"{key}.weight": value.permute(3, 2, 0, 1).contiguous()}
    if last == "depthwise_kernel":
        return {f"{key}.weight": value.permute(2, 3, 0, 1).contiguous()}
    if last in STATISTICS:
        return {f"{key}.{STATISTICS[last]}": value}
    return {f"{key}.bias" if last == "bias" else name: value}
