"""Position-sensitive axial attention: self-attention along one axis of a map, with learned relative positions in the queries, the
keys and the values.

Paper: Wang, Zhu, Green, Adam, Yuille, Chen, "Axial-DeepLab: Stand-Alone Axial-Attention for Panoptic Segmentation", ECCV 2020
(https://arxiv.org/abs/2003.07853). Original code: github.com/csrhddlam/axial-deeplab (PyTorch, Apache-2.0) and
github.com/google-research/deeplab2 (TensorFlow, Apache-2.0). This is a reimplementation from the specification: parameters and
numbers are those of the PyTorch code; ``mobileseg.weights.layouts.axial_attention`` converts those of the TensorFlow code. The local span
is the paper's; neither code has it. What mobile runtimes lack or compute slowly (gathers, einsums, a BatchNorm between product and softmax)
is rewritten in ``attention_deploy.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.errors import SizeError
from mobileseg.models.spec import ModelSpec

Axis = Literal["height", "width"]


class AxialAttention(nn.Module):
    """Attention along ``axis`` within every line of the map: ``(N, in_channels, H, W)`` to ``(N, values, H, W)``, float32.

    With q, k (``keys`` channels) and v (``values`` channels) from a 1x1 convolution and BatchNorm, split over ``heads``, and
    r^q, r^k, r^v looked up at the offset of key from query::

        logit_ij = BN(q_i . k_j) + BN(q_i . r^q_ij) + BN(k_j . r^k_ij)       (BatchNorm a head and term; no 1 / sqrt(d))
        out_i = BN(sum_j softmax_j(logit_ij) v_j) + BN(sum_j softmax_j(logit_ij) r^v_ij)

    ``length``: the relative tables have the offsets ``-(length - 1) .. length - 1``; a shorter axis uses their middle, a longer one
    raises ``SizeError``. ``span``: a query sees the ``span`` (odd) positions centred on it, clipped at the borders; this is computed in
    blocks, so that memory grows linearly with the axis. None is the whole axis, as are axes of up to ``global_up_to`` positions.
    ``index_buffer``: keep the authors' ``flatten_index`` in the state_dict; it follows from ``length`` and is not read.
    """

    flatten_index: Tensor

    def __init__(
        self,
        axis: Axis,
        in_channels: int,
        keys: int,
        values: int,
        length: int,
        heads: int = 8,
        span: int | None = None,
        global_up_to: int = 0,
        eps: float = 1e-5,
        momentum: float = 0.1,
        index_buffer: bool = False,
    ) -> None:
        super().__init__()
        if keys % heads or values % heads or (span is not None and span % 2 == 0):
            raise ValueError(f"keys {keys} and values {values} must be multiples of {heads} heads, span {span} odd")
        self.axis: Axis = axis
        self.heads, self.key_dim, self.value_dim = heads, keys // heads, values // heads
        self.span, self.global_up_to = span, global_up_to
        self.resampled_from: int | None = None  # the trained length, where ``resample_tables`` changed it
        rows = 2 * self.key_dim + self.value_dim
        self.relative = nn.Parameter(torch.randn(rows, 2 * length - 1) * self.value_dim**-0.5)
        if index_buffer:
            self.register_buffer("flatten_index", flat_index(length))
        self.qkv_transform = nn.Conv1d(in_channels, heads * rows, 1, bias=False)
        self.bn_qkv = nn.BatchNorm1d(heads * rows, eps, momentum)
        self.bn_similarity = nn.BatchNorm2d(3 * heads, eps, momentum)
        self.bn_output = nn.BatchNorm1d(2 * values, eps, momentum)
        nn.init.normal_(self.qkv_transform.weight, 0.0, in_channels**-0.5)

    @property
    def length(self) -> int:
        """Number of positions that the relative tables reach: offsets up to ``length - 1`` in either direction."""
        return (self.relative.shape[1] + 1) // 2

    def flange(self, length: int) -> int | None:
        """Number of positions that a query sees on either side, on an axis of ``length``; None where it sees the whole axis.

        Raises ``SizeError`` where the relative tables do not reach that far.
        """
        local = self.span is not None and length > max(self.global_up_to, self.span // 2 + 1)
        flange = self.span // 2 if local and self.span is not None else None
        reach = length if flange is None else flange + 1
        if reach > self.length:
            raise SizeError(
                expected=f"a map of at most {self.length} positions along its {self.axis}: the relative tables reach no further",
                found=str(length),
                fix="take a smaller image, or ask for resampled tables (mobileseg.models.axial.attention.resample_tables)",
            )
        return flange

    def tables(self, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """r^q, r^k ``(key_dim, Q, K)`` and r^v ``(value_dim, Q, K)`` for integer positions ``(Q,)`` and ``(K,)``.

        The authors' columns run with ``i - j`` for queries and values, and with ``j - i`` for keys. Offsets beyond the tables are
        clamped: they occur only between positions that do not see each other.
        """
        last = self.length - 1
        offset = (keys[None, :] - queries[:, None]).clamp(-last, last)
        q, k, v = torch.split(self.relative, [self.key_dim, self.key_dim, self.value_dim])
        return q[:, last - offset], k[:, last + offset], v[:, last - offset]

    def forward(self, x: Tensor) -> Tensor:
        order = (0, 3, 1, 2) if self.axis == "height" else (0, 2, 1, 3)
        back = (0, 2, 3, 1) if self.axis == "height" else (0, 2, 1, 3)
        sequences = x.permute(order)
        out = self.attend(sequences.flatten(0, 1))
        return torch.unflatten(out, 0, sequences.shape[:2]).permute(back)

    def attend(self, x: Tensor) -> Tensor:
        """Sequences ``(S, in_channels, L)`` to ``(S, values, L)``."""
        length = x.shape[2]
        flange = self.flange(length)
        qkv = torch.unflatten(self.bn_qkv(self.qkv_transform(x)), 1, (self.heads, -1))
        q, k, v = torch.split(qkv, [self.key_dim, self.key_dim, self.value_dim], 2)
        if flange is None:
            here = torch.arange(length, device=x.device)
            out = self._retrieve(q, k, v, here, here, None)
        else:
            out = self._in_blocks(q, k, v, flange)
        return torch.unflatten(self.bn_output(out), 1, (-1, 2)).sum(2)

    def _retrieve(
        self, q: Tensor, k: Tensor, v: Tensor, queries: Tensor, keys: Tensor, visible: Tensor | None
    ) -> Tensor:
        """Content and position terms, interleaved ``(S, 2 values, Q)``, of queries ``(S, heads, key_dim, Q)`` over keys and values
        ``(S, heads, dim, K)`` at the given positions. ``visible``, ``(blocks, Q, K)``: which pairs see each other, for ``S``
        sequences of ``blocks`` blocks each; None is all."""
        rq, rk, rv = self.tables(queries, keys)
        products = (
            torch.einsum("nhci,nhcj->nhij", q, k),
            torch.einsum("nhci,cij->nhij", q, rq),
            torch.einsum("nhcj,cij->nhij", k, rk),
        )
        normalised = self._normalise(torch.cat(products, 1), visible)
        logits = torch.unflatten(normalised, 1, (3, self.heads)).sum(1)
        if visible is not None:
            hidden = ~visible.repeat(logits.shape[0] // visible.shape[0], 1, 1).unsqueeze(1)
            logits = logits.masked_fill(hidden, torch.finfo(logits.dtype).min)
        weights = torch.softmax(logits, 3)
        content = torch.einsum("nhij,nhcj->nhci", weights, v)
        position = torch.einsum("nhij,cij->nhci", weights, rv)
        return torch.stack((content, position), 3).flatten(1, 3)

    def _normalise(self, products: Tensor, visible: Tensor | None) -> Tensor:
        """BatchNorm of the three products ``(S, 3 heads, Q, K)``; in training, pairs that do not see each other do not count."""
        if visible is None or not self.training:
            out: Tensor = self.bn_similarity(products)
            return out
        blocked = torch.unflatten(products, 0, (-1, visible.shape[0])).transpose(1, 2)
        normalised = torch.zeros_like(blocked)
        normalised[:, :, visible] = self.bn_similarity(blocked[:, :, visible].unsqueeze(3)).squeeze(3)
        return normalised.transpose(1, 2).flatten(0, 1)

    def _in_blocks(self, q: Tensor, k: Tensor, v: Tensor, flange: int) -> Tensor:
        """``_retrieve`` for the local span: blocks of queries, each with its keys and ``flange`` more on either side."""
        length, block = q.shape[3], max(flange, 1)
        blocks = -(-length // block)
        surplus = blocks * block - length
        here = torch.arange(block, device=q.device)
        there = torch.arange(-flange, block + flange, device=q.device)
        start = block * torch.arange(blocks, device=q.device)[:, None, None]
        inside = (start + there >= 0) & (start + there < length) & (start + here[:, None] < length)
        visible = inside & ((there - here[:, None]).abs() <= flange)

        def windows(t: Tensor, border: int) -> Tensor:
            padded = F.pad(t, (border, border + surplus)).unfold(3, block + 2 * border, block)
            return padded.permute(0, 3, 1, 2, 4).flatten(0, 1)

        out = self._retrieve(windows(q, 0), windows(k, flange), windows(v, flange), here, there, visible)
        return torch.unflatten(out, 0, (-1, blocks)).permute(0, 2, 1, 3).flatten(2)[:, :, :length]


def flat_index(length: int) -> Tensor:
    """The authors' index buffer: ``i - j + length - 1`` for all query and key positions, ``(length * length,)`` int64."""
    position = torch.arange(length)
    return (position[:, None] - position[None, :] + length - 1).flatten()


@dataclass(frozen=True)
class Resampling:
    """The result of ``resample_tables``: trained and new table length, one pair per layer."""

    lengths: tuple[tuple[int, int], ...]

    @property
    def note(self) -> str:
        """The remark for the model's note."""
        pairs = ", ".join(f"{old} to {new}" for old, new in sorted(set(self.lengths), reverse=True))
        return f"relative position tables resampled linearly from trained lengths {pairs}"


def resample_tables(module: nn.Module, scale: float) -> Resampling:
    """Stretch the relative tables of every axial attention in ``module`` by ``scale``, in place, for maps of ``scale`` times the trained
    size (``512 / 224`` for 512 pixels). This changes the function, so it happens only on request.

    Linear interpolation along the offsets, with ends and centre fixed. Every layer keeps the trained length in ``resampled_from``; the
    row of a zoo model (``spec_of``) then allows the larger size and carries the note. Raises ``ValueError`` for a scale that is not
    positive.
    """
    if not scale > 0:
        raise ValueError(f"scale {scale} must be positive")
    layers = [layer for layer in module.modules() if isinstance(layer, AxialAttention)]
    lengths = []
    for layer in layers:
        old, new = layer.length, max(round(layer.length * scale), 1)
        with torch.no_grad():
            table = F.interpolate(layer.relative[None], size=2 * new - 1, mode="linear", align_corners=True)[0]
        layer.relative = nn.Parameter(table, requires_grad=layer.relative.requires_grad)
        if hasattr(layer, "flatten_index"):
            layer.flatten_index = flat_index(new).to(layer.flatten_index.device)
        layer.resampled_from = layer.resampled_from or old
        lengths.append((layer.resampled_from, new))
    resampling = Resampling(tuple(lengths))
    spec = getattr(module, "mobileseg_spec", None)
    if isinstance(spec, ModelSpec):
        largest = spec.largest and round(spec.largest * scale)
        note = "; ".join(part for part in (spec.note.partition("; relative")[0], resampling.note) if part)
        module.mobileseg_spec = replace(spec, largest=largest, note=note)  # type: ignore[assignment]  # a plain attribute
    return resampling
