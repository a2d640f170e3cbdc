"""The deploy version of the Semantic FPN, with about half of the multiply-adds.

Between the backbone's maps and the first ReLU of a level everything is linear: a 1x1, the doubled coarser level, a 3x3, a 3x3. On the
two finest levels, which cost nine tenths of the head, it is computed as one 5x5 on the backbone's narrow map and one 3x3 on the
coarser level before its doubling (``MergedLevel``). Nearest doubling, which stays outside XNNPACK's delegate, is two concatenations; the
last bilinear doubling of three levels is one, after their sum.

A transposed convolution would double and convolve in one operator; XNNPACK's takes 3 times a convolution's time for each multiply-add.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvModule
from mobileseg.models.blocks.rewrites import constant, copied, fold, make_conv, without_bias
from mobileseg.models.heads.semantic_fpn import FeaturePyramid, PlainConv, SemanticFpnHead

Size = tuple[int, int]


def doubled(x: Tensor) -> Tensor:
    """Bilinear upsampling of both sides by 2."""
    return F.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3]), mode="bilinear", align_corners=False)


class Nearest(nn.Module):
    """Nearest doubling of the height, the width or both of ``(1, C, *size)``: every pixel, and every row of them, beside itself.

    With the channels last these are concatenations, as in ``models/rewrites/nearest.py``; the reshapes are two, since the delegate
    counts the tensors that it concatenates.
    """

    def __init__(self, size: Size, height: bool = True, width: bool = True) -> None:
        super().__init__()
        self.size, self.height, self.width = size, height, width

    def forward(self, x: Tensor) -> Tensor:
        channels, (height, width) = x.shape[1], self.size
        x = x.permute(0, 2, 3, 1)
        if self.width:
            x = torch.cat([x.reshape(height * width, channels), x.reshape(height * width, channels)], 1)
            width *= 2
        if self.height:
            x = torch.cat([x.reshape(height, width * channels), x.reshape(height, width * channels)], 1)
            height *= 2
        return x.reshape(1, height, width, channels).permute(0, 3, 1, 2)


def interleave(x: Tensor) -> Tensor:
    """``(1, 4 C, h, w)`` -> ``(1, C, 2 h, 2 w)``: channel ``4 c + 2 p + q`` holds rows ``2 i + p`` and columns ``2 j + q``."""
    _, channels, height, width = x.shape
    x = x.reshape(channels // 4, 2, 2, height, width).permute(0, 3, 1, 4, 2)
    return x.reshape(1, channels // 4, 2 * height, 2 * width)


def product(second: nn.Conv2d, first: nn.Conv2d) -> Tensor:
    """The kernel of ``second`` after ``first`` where neither meets a border: ``(out, in, 5, 5)`` float64 of two 3x3 ones."""
    outer, inner = second.weight.double(), first.weight.double()
    kernel = outer.new_zeros(outer.shape[0], inner.shape[1], 5, 5)
    for i in range(3):
        for j in range(3):
            kernel[:, :, i : i + 3, j : j + 3] += torch.einsum("om,mixy->oixy", outer[:, :, i, j], inner)
    return kernel


def on_halves(kernel: Tensor) -> Tensor:
    """A 5x5 kernel on a nearest-doubled map as a 3x3 kernel on the map itself: ``(out, in, 5, 5)`` -> ``(4 out, in, 3, 3)``, whose
    output is to be interleaved.

    Tap ``s`` of row ``2 i + p`` sees row ``2 i + p + s - 2`` of the doubled map, a copy of row ``i + (p + s) // 2 - 1``.
    """
    halves = kernel.new_zeros(kernel.shape[0], 2, 2, kernel.shape[1], 3, 3)
    for p in range(2):
        for q in range(2):
            for s in range(5):
                for t in range(5):
                    halves[:, p, q, :, (p + s) // 2, (q + t) // 2] += kernel[:, :, s, t]
    return halves.reshape(-1, kernel.shape[1], 3, 3)


def outermost(x: Tensor, row: bool, end: bool) -> Tensor:
    """The first or last row (else column) of a map."""
    along = slice(-1, None) if end else slice(None, 1)
    return x[:, :, along] if row else x[:, :, :, along]


def add_to_border(x: Tensor, first: Tensor, last: Tensor, row: bool) -> Tensor:
    """``x`` with ``first`` and ``last`` added to its outermost rows (else columns)."""
    middle = x[:, :, 1:-1] if row else x[:, :, :, 1:-1]
    parts = [outermost(x, row, end=False) + first, middle, outermost(x, row, end=True) + last]
    return torch.cat(parts, dim=2 if row else 3)


class Side(nn.Module):
    """The correction for one side of the image: ``-second`` of the output of ``first`` just outside it, for the outermost row or column.

    The strips above and below include the corners, those to the left and right do not.
    """

    def __init__(
        self, lateral: nn.Conv2d, first: nn.Conv2d, second: nn.Conv2d, coarse: Size, row: bool, end: bool
    ) -> None:
        super().__init__()
        self.row, self.end = row, end
        self.lateral = lateral
        self.up = Nearest((1, coarse[1]), height=False) if row else Nearest((coarse[0], 1), width=False)
        weight = outermost(first.weight, row, not end)
        assert first.bias is not None
        self.outside = self._strip(weight, first.bias, (0, 2) if row else (1, 0))
        weight = outermost(second.weight, row, end)
        self.inside = self._strip(-weight, torch.zeros(weight.shape[0]), (0, 0) if row else (1, 0))

    @staticmethod
    def _strip(weight: Tensor, bias: Tensor, padding: Size) -> nn.Conv2d:
        out_channels, in_channels, height, width = weight.shape
        return make_conv(nn.Conv2d(in_channels, out_channels, (height, width), padding=padding), weight, bias)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        fine, coarse = (outermost(x, self.row, self.end) for x in (fine, coarse))
        out: Tensor = self.inside(self.outside(self.lateral(fine) + self.up(coarse)))
        return out


class MergedLevel(nn.Module):
    """``relu(second(first(lateral(fine) + nearest(coarse))))``, where ``first`` and ``second`` are 3x3 and pad with zeros.

    ``second`` after ``first`` is one 5x5 kernel ``K``, which is linear and takes the two summands apart: on the fine map it absorbs
    the 1x1; on the doubled one, where neighbours are copies, its taps add up to 3x3 on the coarse map (``on_halves``).
    That holds inside. Beyond the border ``second`` sees zeros, and ``K`` what ``first`` would have made there: that much is taken
    off the outermost rows and columns (``Side``). The lateral's bias is expected in ``coarse``: doubled, it is a bias again.
    """

    def __init__(self, lateral: nn.Conv2d, first: nn.Conv2d, second: nn.Conv2d, size: Size) -> None:
        super().__init__()
        kernel = product(second, first)
        width, channels = kernel.shape[:2]
        assert first.bias is not None and second.bias is not None
        bias = second.bias.double() + second.weight.double().sum((2, 3)) @ first.bias.double()
        direct = torch.einsum("omxy,mi->oixy", kernel, lateral.weight[:, :, 0, 0].double())
        self.direct = make_conv(nn.Conv2d(lateral.in_channels, width, 5, padding=2), direct, bias)
        like = nn.Conv2d(channels, 4 * width, 3, padding=1)
        self.halves = make_conv(like, on_halves(kernel), torch.zeros(4 * width))
        coarse = size[0] // 2, size[1] // 2
        self.top, self.bottom, self.left, self.right = (
            Side(without_bias(lateral), first, second, coarse, row, end)
            for row, end in ((True, False), (True, True), (False, False), (False, True))
        )

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        x = interleave(self.halves(coarse))
        x = add_to_border(x, self.top(fine, coarse), self.bottom(fine, coarse), row=True)
        x = add_to_border(x, self.left(fine, coarse), self.right(fine, coarse), row=False)
        return F.relu(self.direct(fine) + x)


def plain(parts: nn.ModuleList) -> list[nn.Conv2d]:
    """Copies of the convolutions of ``PlainConv`` modules, without shared memory."""
    return [copied(part.conv) for part in parts if isinstance(part, PlainConv)]


class SemanticFpnDeploy(nn.Module):
    """Neck and head on four maps, finest first, each half of the one before; ``size`` is the finest's."""

    def __init__(self, neck: FeaturePyramid, head: SemanticFpnHead, size: Size) -> None:
        super().__init__()
        laterals, firsts = plain(neck.lateral_convs), plain(neck.fpn_convs)
        towers = [
            [fold(part) for part in tower.modules() if isinstance(part, ConvModule)] for tower in head.scale_heads
        ]
        sizes = [(size[0] >> level, size[1] >> level) for level in range(len(laterals))]
        # A level goes into the next finer one together with that one's lateral bias: see MergedLevel.
        biases = [lateral.bias for lateral in laterals if lateral.bias is not None]
        self.bias_1, self.bias_2 = (constant(bias.reshape(1, -1, 1, 1)) for bias in biases[1:3])
        self.lateral_1 = make_conv(laterals[1], laterals[1].weight, biases[0])
        self.lateral_2 = without_bias(laterals[2])
        self.lateral_3 = laterals[3]
        self.up_2, self.up_3 = Nearest(sizes[2]), Nearest(sizes[3])
        self.level_0 = MergedLevel(laterals[0], firsts[0], towers[0][0], sizes[0])
        self.level_1 = MergedLevel(laterals[1], firsts[1], towers[1][0], sizes[1])
        self.level_2 = nn.ModuleList([firsts[2], *towers[2]])
        self.level_3 = nn.ModuleList([firsts[3], *towers[3]])
        self.classify = copied(head.conv_seg)

    @staticmethod
    def climb(level: nn.ModuleList, x: Tensor) -> Tensor:
        """A level coarser than the merged ones, upsampled to stride 8."""
        first, start, *others = level
        x = F.relu(start(first(x)))
        for conv in others:
            x = F.relu(conv(doubled(x)))
        return x

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        fine_0, fine_1, fine_2, fine_3 = features
        map_3 = self.lateral_3(fine_3)
        map_2 = self.lateral_2(fine_2) + self.up_3(map_3 + self.bias_2)
        coarse_1 = map_2 + self.bias_1
        coarse_0 = self.lateral_1(fine_1) + self.up_2(coarse_1)
        eighth = self.climb(self.level_3, map_3) + self.climb(self.level_2, map_2) + self.level_1(fine_1, coarse_1)
        logits: Tensor = self.classify(self.level_0(fine_0, coarse_0) + doubled(eighth))
        return logits
