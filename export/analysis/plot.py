"""The chart of a layer report."""

from __future__ import annotations

import io

from mobileseg.export.evaluation.layer_report import LayerReport

SHOWN = 25


def draw(report: LayerReport, title: str) -> bytes:
    """A PNG with the SQNR in dB of each of the ``SHOWN`` costliest layers alone in int8, and of all layers up to it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    worst = report.layers[:SHOWN]
    figure = Figure(figsize=(11, 2.5 + 0.24 * len(worst)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = range(len(worst))
    axes.barh(places, [cost.alone.sqnr_db for cost in worst], color="tab:blue", label="this layer alone in int8")
    axes.plot(
        [cost.cumulative.sqnr_db for cost in worst], places, "o", color="tab:orange", label="with all layers before it"
    )
    axes.axvline(report.graph.sqnr_db, color="tab:gray", linestyle="--", label="all layers in int8")
    axes.set_yticks(places, [cost.layer for cost in worst], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="SQNR of the logits in dB (shorter bars cost more accuracy)", title=title)
    axes.legend(loc="lower right")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()
