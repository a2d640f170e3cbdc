"""Names that a wrapper around a network, or around a part of it, puts into keys: taken out wherever they are."""

from __future__ import annotations

from collections.abc import Iterable

WRAPPERS = frozenset(  # DataParallel and averages, torch.compile, FSDP, activation checkpoints, Lightning Fabric
    ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"]
)


def unwrap(key: str) -> str:
    """``model._orig_mod.backbone.module.x`` -> ``model.backbone.x``."""
    return ".".join(part for part in key.split(".") if part not in WRAPPERS)


def unwrapped(keys: Iterable[str]) -> dict[str, str]:
    """For every key its name without wrappers; those that would meet another keep theirs."""
    names: dict[str, list[str]] = {}
    for key in keys:
        names.setdefault(unwrap(key), []).append(key)
    return {key: (name if len(same) == 1 and name else key) for name, same in names.items() for key in same}
