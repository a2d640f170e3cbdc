"""What the error of an int8 file is made of, layer by layer: the part of a comparison that ``export.analysis`` fills in."""

from __future__ import annotations

from mobileseg.export.manifest import Decibel, Part


class Figures(Part):
    """Of one choice of layers, against the float deploy model. ``miou`` in 0..1, None without labels."""

    sqnr_db: Decibel
    agreement: float
    miou: float | None = None


class LayerCost(Part):
    """``alone``: with this layer in int8 and all others float; ``cumulative``: with it and everything that runs before it in int8.
    ``multiply_adds``: share of the graph's, 0..1."""

    layer: str
    multiply_adds: float
    alone: Figures
    cumulative: Figures


class LayerReport(Part):
    """``layers``: each alone and with all before it in int8, the costliest first. ``graph``: all that the file has in int8, in the
    graph; ``file_with_graph_db``: how closely the file's logits follow that graph's: what the layers do not explain."""

    images: int
    graph: Figures
    file_with_graph_db: Decibel
    layers: tuple[LayerCost, ...]
