"""Pictures as a network's authors prepare them for an evaluation: the steps that a row of ``PROTOCOLS`` names.

The first resize is that of mmcv's ``imrescale``, the second that of its ``imresize_to_multiple``, both of 8-bit pixels; the crop is that of
torchvision's ``Resize`` and ``CenterCrop``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from mobileseg.data.fit import Placement, Region
from mobileseg.data.images import Batch, Pixels
from mobileseg.data.protocols import Protocol
from mobileseg.errors import ImageError
from mobileseg.registry import require

PILLOW = {"pillow bilinear": Image.Resampling.BILINEAR, "pillow bicubic": Image.Resampling.BICUBIC}
Color = tuple[float, float, float]


class Prepared(NamedTuple):
    """``batch``: the network's input ``(1, 3, h, w)`` float32 RGB in 0..255; ``place``: where the picture is in it."""

    batch: Batch
    place: Placement


def check_possible(protocol: Protocol) -> None:
    """Raise ``MissingExtraError`` where the resize that the authors used is not installed."""
    if protocol.scale is not None:
        require(("cv2",), f"the protocol {protocol.name}, whose pictures are resized by OpenCV", "opencv")


def prepare(pixels: Pixels, protocol: Protocol, bars: Color, name: str = "this image") -> Prepared:
    """The input of a picture ``(H, W, 3)`` uint8 RGB. ``bars``: the colour beside a picture that is padded. ``name``: of it, for messages.
    Raises ``ImageError`` for one that is larger than what it is padded to."""
    size = pixels.shape[0], pixels.shape[1]
    shown = resized(pixels, protocol)
    filled = Region(0, 0, shown.shape[0], shown.shape[1])
    whole = shown.astype(np.float32)
    if protocol.pad is not None:
        if size[0] > protocol.pad[0] or size[1] > protocol.pad[1]:
            raise ImageError(
                expected=f"images of at most {protocol.pad[0]}x{protocol.pad[1]} (height x width), as {protocol.name} pads them",
                found=f"{name} with {size[0]}x{size[1]}",
                fix="evaluate with another --protocol",
            )
        whole = np.full((*protocol.pad, 3), bars, dtype=np.float32)
        filled.of(whole)[:] = shown
    batch = np.ascontiguousarray(whole.transpose(2, 0, 1)).reshape(1, 3, *whole.shape[:2])
    return Prepared(batch, Placement(Region(0, 0, *size), filled, (whole.shape[0], whole.shape[1]), size))


def resized(pixels: Pixels, protocol: Protocol) -> Pixels:
    """The pixels ``(h, w, 3)`` uint8 after the resize or the crop."""
    if protocol.scale is not None:
        return _within(pixels, *protocol.scale, protocol.multiple)
    if protocol.shorter is not None and protocol.crop is not None:
        return _middle(pixels, protocol.shorter, protocol.crop, PILLOW[protocol.filter])
    return pixels


def _within(pixels: Pixels, longer: int, shorter: int, multiple: int) -> Pixels:
    import cv2

    height, width = pixels.shape[:2]
    scale = min(longer / max(height, width), shorter / min(height, width))
    sizes = [(int(height * scale + 0.5), int(width * scale + 0.5))]
    if multiple > 1:
        sizes.append((multiple * math.ceil(sizes[0][0] / multiple), multiple * math.ceil(sizes[0][1] / multiple)))
    for rows, columns in sizes:
        pixels = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return pixels


def _middle(pixels: Pixels, shorter: int, side: int, resampling: Image.Resampling) -> Pixels:
    height, width = pixels.shape[:2]
    small = min(height, width)
    rows, columns = (shorter * length // small for length in (height, width))
    image = Image.fromarray(pixels).resize((columns, rows), resampling)
    top, left = round((rows - side) / 2), round((columns - side) / 2)
    return np.asarray(image.crop((left, top, left + side, top + side)))
