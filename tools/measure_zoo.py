"""Count parameters and multiply-adds of every model at its size; writes mobileseg/models/measured.json.

Multiply-adds are those of convolutions, linear layers and matrix products, as torch's FlopCounterMode counts them (it counts
a multiply and an add as two), and of what a module says in ``multiply_adds(height, width)`` that it does in another way.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec

ZOO = Path(__file__).resolve().parent.parent / "mobileseg" / "models" / "measured.json"


def count(spec: ModelSpec) -> dict[str, int]:
    """Parameters and multiply-adds of one model."""
    with torch.device("meta"):
        model = build(spec, spec.num_classes)
        image = torch.zeros(1, 3, *spec.size)
    uncounted = 0

    def add(module: nn.Module, inputs: tuple[torch.Tensor, ...], _: object) -> None:
        nonlocal uncounted
        uncounted += module.multiply_adds(*inputs[0].shape[2:])

    for module in model.modules():
        if hasattr(module, "multiply_adds"):
            module.register_forward_hook(add)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "multiply_adds": counter.get_total_flops() // 2 + uncounted,
    }


def main() -> None:
    """Count all, write, show."""
    figures = {name: count(spec) for name, spec in MODELS.items()}
    ZOO.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        print(name, figure)


if __name__ == "__main__":
    main()
