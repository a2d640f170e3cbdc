"""A network exported as ExecuTorch's own guide does it: torch.export, XNNPACKQuantizer, XnnpackPartitioner."""

from __future__ import annotations

from pathlib import Path

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config
from executorch.exir import to_edge_transform_and_lower
from torch import Tensor, nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from without_qat import without_qat

from mobileseg.data.images import Batch
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.passes import quick_passes
from mobileseg.export.manifest import DelegationPart
from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.quiet import quiet


class FromPixels(nn.Module):
    """RGB in 0..255 into the network, so that every file takes the same input."""

    def __init__(self, network: ForeignNetwork, card: ModelCard) -> None:
        super().__init__()
        self.network = network
        for name, values in zip(("mean", "std"), card.normalization, strict=True):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.network((image - self.mean) / self.std)
        return out


def plain_file(
    network: ForeignNetwork, card: ModelCard, precision: str, calibration: list[Batch], path: Path
) -> DelegationPart:
    """Write ``path``; the delegation. Raises what the exporter raises."""
    module = FromPixels(network, card).eval()
    example = (torch.zeros(calibration[0].shape),)
    with quiet(), torch.no_grad(), WhyNot() as why, quick_passes():
        exported = torch.export.export(module, example, strict=False)
        if precision == "int8":
            quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
            prepared = prepare_pt2e(exported.module(), quantizer)
            for batch in calibration:
                prepared(torch.from_numpy(batch))
            with without_qat():
                converted = convert_pt2e(prepared)
            exported = torch.export.export(converted, example, strict=False)
        edge = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        path.write_bytes(edge.to_executorch().buffer)
    return delegation
