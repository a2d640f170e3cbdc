"""The schema of the error of an int8 file layer by layer, which ``export.analysis`` computes for a comparison."""

from __future__ import annotations

from mobileseg.document import Decibel, Part


class Figures(Part):
    """One choice of int8 layers against the float deploy model. ``sqnr_db``: of the logits. ``agreement``: share of the pixels with
    the same class, 0..1. ``miou``: in 0..1, None without labels."""

    sqnr_db: Decibel
    agreement: float
    miou: float | None = None


class LayerCost(Part):
    """What one layer costs. ``alone``: with only this layer in int8; ``cumulative``: with it and all layers before it in int8.
    ``multiply_adds``: its share of the graph's, 0..1."""

    layer: str
    multiply_adds: float
    alone: Figures
    cumulative: Figures


class LayerReport(Part):
    """``layers``: costliest first. ``graph``: the quantized graph with the file's own choice of int8 layers. ``file_with_graph_db``:
    SQNR of the file's logits against that graph's, the error that the layers do not explain."""

    images: int
    graph: Figures
    file_with_graph_db: Decibel
    layers: tuple[LayerCost, ...]
