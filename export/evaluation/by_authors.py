"""What the size and the resize of a file cost: the reference model as the file sees pictures, beside the same as its authors evaluate
it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from torch import nn

from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.protocols import Protocol
from mobileseg.document import Part
from mobileseg.export.evaluation.accuracy import Accuracy, AccuracyMeter, Gain
from mobileseg.export.evaluation.method import ProtocolPart
from mobileseg.export.evaluation.ranking import RankingAccuracy
from mobileseg.export.evaluation.reference_accuracy import measured
from mobileseg.postprocess.panoptic import PanopticRules


class AuthorsPart(Part):
    """The reference model by its authors' ``protocol``: ``accuracy``, or ``ranking`` for a classifier. ``cost``: its figures as the file
    sees pictures, minus these, 0..1, with 95 % intervals of the paired bootstrap: below 0 is lost."""

    protocol: ProtocolPart
    accuracy: Accuracy | None = None
    ranking: RankingAccuracy | None = None
    cost: tuple[Gain, ...]


def by_authors(
    model: nn.Module,
    data: LabelledFolder,
    protocol: Protocol,
    rules: PanopticRules | None,
    deployed: AccuracyMeter,
    clusters: Sequence[Hashable] | None,
) -> AuthorsPart:
    """Evaluate ``model`` by ``protocol``. ``deployed``: its meter as the file sees the same pictures. Errors as for ``measured``."""
    meter, _, _ = measured(model, data, protocol, rules)
    return AuthorsPart(
        protocol=ProtocolPart.of(protocol),
        accuracy=meter.accuracy(clusters),
        cost=deployed.gains(meter, clusters),
    )
