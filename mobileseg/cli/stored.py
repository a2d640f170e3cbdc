"""``--store`` of single verbs: only with options that a sweep has, too, for a store knows results by those alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping

from mobileseg.errors import RequestError


def check_stored(verb: Callable[..., None], given: Mapping[str, object], known: Collection[str]) -> None:
    """``given``: the values of all parameters of ``verb``. Raises ``RequestError`` where one that is not among ``known`` is no default."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(verb).parameters.items()}
    others = [name for name, value in given.items() if name not in known and value != defaults[name]]
    if others:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in others)
        raise RequestError(
            expected="with --store, options that a sweep has",
            found=options,
            fix=f"leave out {options}, or --store",
        )
