"""The deploy model of a network whose rewrites are all in the table: nothing of it is written by hand."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from torch import nn

from mobileseg.models.rewrites.tracing import Traced, built, exported, probe, rewritten, to_trace

Sizes = dict[tuple[int, int], Traced]
_KNOWN: WeakKeyDictionary[nn.Module, Sizes] = WeakKeyDictionary()  # training deploys one module again and again


def deploy(module: nn.Module, height: int, width: int, std: tuple[float, float, float]) -> nn.Module:
    """See ``mobileseg.models.spec.ModelSpec.deploy``. ``module``: normalised images to class logits."""
    sizes = _KNOWN.setdefault(module, {})
    if (height, width) not in sizes:
        with to_trace(module) as here:
            image = probe((height, width))
            sizes[height, width] = rewritten(exported(here, here.__call__, image), image, here(image), std)
    return built(sizes[height, width], module)
