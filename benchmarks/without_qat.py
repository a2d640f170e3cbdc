"""Quantization of a trained network without what torchao does for training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from torchao.quantization.pt2e import quantize_pt2e


@contextmanager
def without_qat() -> Iterator[None]:
    """``convert_pt2e`` does not look for BatchNorms of quantization-aware training. Wherever one is left in a graph it exports 96 patterns
    to compare, in half a minute, and finds none where nothing was trained: the file of VAN is the same to the last byte (torchao 0.18)."""
    with mock.patch.object(quantize_pt2e, "_fold_conv_bn_qat", lambda graph: graph):
        yield
