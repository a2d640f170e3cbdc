"""The deploy version of axial attention, at one map size: constant tables, no gather, einsum, BatchNorm or tensor of 5 dimensions.

What was rewritten, and why (measured on executorch 1.5.1, XNNPACK; Axial-ResNet-26-S spends half its time here):

* Maps are tokens ``(H, W, C)`` and 1x1 convolutions are linear layers on them: between convolutions and reshapes XNNPACK transposes
  from channels-last to channels-first and back, which costs as much as the attention itself.
* BatchNorm of q, k, v is folded into the linear layers. Of the BatchNorm of the similarities only three scales per head remain: its
  shift is the same for every key and cancels in the softmax::

      logit_ij = (s_qk q_i) . k_j + (s_qr q_i) . r^q_ij + (s_kr k_j) . r^k_ij + const

* Of the BatchNorm of the outputs, the scale of the content term goes into v, that of the position term follows its product, and both
  shifts go into the bias of v, since the attention weights of a query sum to one.
* The position terms are batched products with a constant second operand: for every query i all ``(sequence, head)`` rows times
  ``r^q_i`` ``(key_dim, keys)``, and for every key j times ``r^k_j``; that of the output for every query times ``r^v_i``.
* The products are computed for some hundred thousand logits at a time, so that intermediate results stay in the cache: otherwise nine
  passes over the logits of a 56x56 map go through memory.
* A local span is computed in blocks of queries, each with the keys that any of them sees; a constant mask is added to the logits.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mobileseg.models.axial.attention import AxialAttention
from mobileseg.models.blocks.bands import join, span
from mobileseg.models.blocks.rewrites import HIDDEN, batchnorm_affine, constant
from mobileseg.models.blocks.tokens import even_columns, even_rows, make_linear

LOGITS_AT_ONCE = 2**17  # half a megabyte of float32
MOST_PARTS = 16  # a part is some twenty operators of the graph


class AxialAttentionDeploy(nn.Module):
    """``AxialAttention`` on tokens ``(height, width, in_channels)`` to ``(height, width, values)``, float32.

    ``stride`` 2: the output has only every second position along the axis, from the first, and only their queries are computed.
    """

    def __init__(self, attention: AxialAttention, height: int, width: int, stride: int = 1) -> None:
        super().__init__()
        a = attention
        scale, shift = batchnorm_affine(a.bn_qkv)
        weight = torch.unflatten(scale[:, None] * a.qkv_transform.weight[:, :, 0].double(), 0, (a.heads, -1))
        bias = torch.unflatten(shift, 0, (a.heads, -1))
        dims = [a.key_dim, a.key_dim, a.value_dim]
        (w_q, w_k, w_v), (b_q, b_k, b_v) = torch.split(weight, dims, 1), torch.split(bias, dims, 1)
        out_scale, out_shift = (t.reshape(a.heads, a.value_dim, 2) for t in batchnorm_affine(a.bn_output))
        self.q = make_linear(w_q.flatten(0, 1), b_q.flatten())
        self.k = make_linear(w_k.flatten(0, 1), b_k.flatten())
        content = out_scale[..., 0]
        self.v = make_linear((content[..., None] * w_v).flatten(0, 1), (content * b_v + out_shift.sum(2)).flatten())
        self.products = AxialProducts(a, height, width, stride)
        self.thin = stride == 2

    def forward(self, x: Tensor) -> Tensor:
        asked = x
        if self.thin:
            asked = even_rows(x) if self.products.vertical else even_columns(x)
        out: Tensor = self.products(self.q(asked), self.k(x), self.v(x))
        return out


class AxialProducts(nn.Module):
    """The attention without its projections, on tokens ``(height, width, heads * dim)`` of keys and values, and of queries at every
    ``stride``-th position along the axis."""

    keep_float: ClassVar[str] = (
        "axial attention is products of two activations and a softmax, which have no int8 kernel; what scales, cuts and adds "
        "between them is float with them"
    )

    def __init__(self, attention: AxialAttention, height: int, width: int, stride: int = 1) -> None:
        super().__init__()
        a = attention
        self.vertical = a.axis == "height"
        self.heads = a.heads
        self.map = (-(-height // stride), width) if self.vertical else (height, -(-width // stride))
        length, others = (height, width) if self.vertical else (width, height)
        scales = batchnorm_affine(a.bn_similarity)[0].reshape(3, a.heads, 1).expand(-1, -1, a.key_dim).flatten(1)
        self.scale_qk, self.scale_qr, self.scale_kr = (constant(scale) for scale in scales)
        self.scale_position = constant(batchnorm_affine(a.bn_output)[0].reshape(-1, 2)[:, 1])
        self.sequences = others * a.heads
        flange = a.flange(length)
        self.spans = spans(length, flange, stride)
        most_parts = max(MOST_PARTS // len(self.spans), 1)
        made: dict[
            tuple[int, ...], BlockAttention
        ] = {}  # all blocks away from the borders are equal and share one module
        for queries, keys in self.spans:
            shape = (len(queries), len(keys), keys.start - stride * queries.start)
            if shape not in made:
                at = range(stride * queries.start, stride * queries.stop, stride)
                made[shape] = BlockAttention(a, at, keys, flange, self.sequences, most_parts)
        self.blocks = nn.ModuleList(made[len(q), len(k), k.start - stride * q.start] for q, k in self.spans)

    def rows(self, tokens: Tensor) -> Tensor:
        """Sequence after sequence: ``(sequences, length, dim)``, a sequence being one position of the other axis and one head."""
        split = tokens.reshape(*tokens.shape[:2], self.heads, -1)
        order = (1, 2, 0, 3) if self.vertical else (0, 2, 1, 3)
        return split.permute(order).reshape(self.sequences, -1, split.shape[3])

    def places(self, tokens: Tensor) -> Tensor:
        """Position after position: ``(length, sequences, dim)``."""
        ordered = tokens if self.vertical else tokens.permute(1, 0, 2)
        return ordered.reshape(ordered.shape[0], self.sequences, -1)

    def tokens(self, content: Tensor, position: Tensor) -> Tensor:
        """``(sequences, length, dim)`` and ``(length, sequences, dim)`` back to ``(height, width, heads * dim)`` each, and their sum."""
        height, width = self.map
        others, order = (width, (2, 0, 1, 3)) if self.vertical else (height, (0, 2, 1, 3))
        content = content.reshape(others, self.heads, -1, content.shape[2]).permute(order).reshape(height, width, -1)
        position = position.reshape(-1, others, content.shape[2])
        if not self.vertical:
            position = position.permute(1, 0, 2)
        return content + position * self.scale_position

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        rows = self.rows(q * self.scale_qk), self.rows(k).permute(0, 2, 1), self.rows(v)
        places = self.places(q * self.scale_qr), self.places(k * self.scale_kr)
        contents, positions = [], []
        for block, (queries, keys) in zip(self.blocks, self.spans, strict=True):
            content, position = block(
                cut(rows[0], 1, queries), cut(rows[1], 2, keys), cut(rows[2], 1, keys),
                cut(places[0], 0, queries), cut(places[1], 0, keys),
            )  # fmt: skip
            contents.append(content)
            positions.append(position)
        return self.tokens(join(contents, 1), join(positions, 0))


class BlockAttention(nn.Module):
    """Attention of queries ``(S, Q, key_dim)`` over keys ``(S, key_dim, K)`` and values ``(S, K, value_dim)`` at fixed positions, with
    queries ``(Q, S, key_dim)`` and keys ``(K, S, key_dim)`` again for the position terms. Returns the content term ``(S, Q, value_dim)``
    and the position term ``(Q, S, value_dim)``. ``most_parts``: largest number of parts into which the sequences are divided."""

    def __init__(
        self,
        attention: AxialAttention,
        queries: range,
        keys: range,
        flange: int | None,
        sequences: int,
        most_parts: int,
    ) -> None:
        super().__init__()
        here, there = (torch.arange(r.start, r.stop, r.step) for r in (queries, keys))
        table_q, table_k, table_v = attention.tables(here, there)
        self.table_q = constant(table_q.permute(1, 0, 2))
        self.table_k = constant(table_k.permute(2, 0, 1))
        self.table_v = constant(table_v.permute(1, 2, 0))
        hidden = (there[None, :] - here[:, None]).abs() > (len(keys) if flange is None else flange)
        self.mask = constant(HIDDEN * hidden) if hidden.any() else None
        logits = sequences * len(queries) * len(keys)
        step = -(-sequences // min(-(-logits // LOGITS_AT_ONCE), most_parts))
        self.parts = [range(start, min(start + step, sequences)) for start in range(0, sequences, step)]

    def forward(self, q: Tensor, k: Tensor, v: Tensor, q_places: Tensor, k_places: Tensor) -> tuple[Tensor, Tensor]:
        contents, positions = [], []
        for part in self.parts:
            logits = torch.bmm(cut(q, 0, part), cut(k, 0, part))
            logits = logits + torch.bmm(cut(q_places, 1, part), self.table_q).permute(1, 0, 2)
            logits = logits + torch.bmm(cut(k_places, 1, part), self.table_k).permute(1, 2, 0)
            if self.mask is not None:
                logits = logits + self.mask
            weights = torch.softmax(logits, -1)
            contents.append(torch.bmm(weights, cut(v, 0, part)))
            positions.append(torch.bmm(weights.permute(1, 0, 2), self.table_v))
        return join(contents, 0), join(positions, 1)


def spans(length: int, flange: int | None, stride: int = 1) -> list[tuple[range, range]]:
    """Blocks of queries on an axis, counted at every ``stride``-th position, each with the keys that any of its queries sees."""
    queries = -(-length // stride)
    size = queries if flange is None else max(2 * flange // stride, 1)
    reach = length if flange is None else flange
    blocks = [range(start, min(start + size, queries)) for start in range(0, queries, size)]
    return [
        (block, range(max(stride * block[0] - reach, 0), min(stride * block[-1] + 1 + reach, length)))
        for block in blocks
    ]


def cut(tensor: Tensor, dim: int, part: range) -> Tensor:
    """The positions ``part`` of ``dim``."""
    return span(tensor, dim, part.start, part.stop)
