"""How a comparison is shown: the two accuracies side by side, how far apart they are, and the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli import consistency_tables
from mobileseg.cli.accuracy_rows import add_accuracy, add_ranking, chance_line, protocol_line
from mobileseg.cli.console import decibel, percent, results, say
from mobileseg.cli.tables import add, table

if TYPE_CHECKING:
    from rich.console import Console

    from mobileseg.export.evaluation.by_authors import AuthorsPart
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.export.evaluation.layer_report import LayerReport

LAYERS_SHOWN = 15


def show(result: Comparison) -> None:
    """Everything that was measured."""
    console = results()
    say(f"{result.artifact_file}: {result.model}, {result.target} {result.precision}, weights {result.weights}")
    say(f"{result.images} images of {result.data}{'' if result.groups is None else f', in {result.groups} groups'}")
    say(f"evaluated by {result.evaluated_by}")
    _figures(console, result)
    consistency_tables.show(console, result)
    if result.layers is not None:
        _layers(console, result.layers)
    for gate in result.gates:
        say(f"{gate.verdict:8} {gate.name}: {gate.expected}; found {gate.found}")
    say(f"verdict         {result.verdict}")


def _figures(console: Console, result: Comparison) -> None:
    """Accuracies and distances, where anything was compared."""
    file, rewrite = result.artifact_logits, result.deploy_logits
    if file is None or rewrite is None:
        return
    original, artifact = result.float_, result.artifact
    if result.protocol is not None:
        say(protocol_line(result.protocol))
    both = table("", "float", "artifact")
    if original is not None and artifact is not None:
        add_accuracy(both, [original, artifact])
        console.print(both)
    elif result.ranking is not None:
        add_ranking(both, [result.ranking.float_, result.ranking.artifact])
        console.print(both)
    else:
        console.print("accuracy        not measured: no labels")
    if result.authors is not None:
        _authors(result.authors)
    for chance in result.chance:
        say(chance_line(chance, "float"))
    for gain in result.gains:
        low, high = (f"{100 * end:+.2f}" for end in gain.interval)
        console.print(f"{gain.metric:15} {100 * gain.value:+.2f} points, 95 % interval {low} .. {high}")
    console.print(
        f"same class      {percent(file.agreement)} of the pixels, {percent(file.band_agreement)} near boundaries"
    )
    console.print(f"logits' SQNR    {decibel(file.sqnr_db)} (deploy model: {decibel(rewrite.sqnr_db)})")
    if file.max_error is not None and file.mean_error is not None:
        console.print(f"logits' error   {file.max_error:.3g} at most, {file.mean_error:.3g} in the mean")


def _authors(part: AuthorsPart) -> None:
    """The reference model as its authors evaluate it, and what the file's size and resize cost."""
    say(protocol_line(part.protocol))
    for cost in part.cost:
        low, high = (f"{100 * end:+.2f}" for end in cost.interval)
        theirs = _figure_of(part, cost.metric)
        say(
            f"                float {cost.metric} {percent(theirs)}; the file's size and resize cost {100 * cost.value:+.2f} points, "
            f"95 % interval {low} .. {high}"
        )


def _figure_of(part: AuthorsPart, metric: str) -> float | None:
    """One of its figures."""
    if part.ranking is not None:
        return part.ranking.top1
    if part.accuracy is None:
        return None
    return part.accuracy.panoptic.pq if metric == "PQ" and part.accuracy.panoptic else part.accuracy.miou


def _layers(console: Console, report: LayerReport) -> None:
    """The costliest layers, and what they do not explain."""
    console.print(
        f"layers          on {report.images} images; all of the file's in int8: {decibel(report.graph.sqnr_db)}; "
        f"the file follows that graph to {decibel(report.file_with_graph_db)}"
    )
    costliest = table("layer", "alone", "with all before it", "multiply-adds")
    for cost in report.layers[:LAYERS_SHOWN]:
        figures = (decibel(cost.alone.sqnr_db), decibel(cost.cumulative.sqnr_db), percent(cost.multiply_adds))
        add(costliest, cost.layer, *figures)
    console.print(costliest)
