"""The rewritten graph of a network that is not ours, for each size that was asked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mobileseg.models.foreign.refusals import NetworkError
from mobileseg.models.foreign.trial import refuse_export
from mobileseg.models.rewrites.tracing import Traced, built, exported, probe, rewritten, to_trace
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from torch.fx import GraphModule

    from mobileseg.models.foreign.network import ForeignNetwork

log = logging.getLogger("mobileseg.models")


def network_at(network: ForeignNetwork, height: int, width: int, std: tuple[float, float, float]) -> GraphModule:
    """The rewritten graph of ``network`` at one size, for RGB pixels minus their mean, see ``built``. Raises ``NetworkError``."""
    found = network.skeletons.known.get((height, width))
    if found is None:
        with to_trace(network) as here:
            found = _made(here, height, width, std)
        network.skeletons.known[height, width] = found
        for note in found.program.notes:
            log.warning("%s", note)
    return built(found, network.network)


def _made(network: ForeignNetwork, height: int, width: int, std: tuple[float, float, float]) -> Traced:
    image = probe((height, width))
    with quiet():
        try:
            network.logits(image)  # its own error, in its own words, where it does not take this size
            program = exported(network.network, network.logits, image)
        except NetworkError:
            raise
        except Exception as error:
            raise refuse_export(error) from error
        wanted = network.logits(image.flip(1) if network.reverse else image)
    return rewritten(program, image, wanted, std, network.reverse)
