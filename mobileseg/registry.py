"""Tables of frozen dataclasses that name heavy things by dotted path and import them only when chosen."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from mobileseg.errors import MissingExtraError, UnknownNameError

Spec = TypeVar("Spec")


def choose(table: Mapping[str, Spec], name: str, kind: str) -> Spec:
    """The row called ``name``; raises ``UnknownNameError`` with the nearest names."""
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name.lower(), table, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(table)}"
    raise UnknownNameError(expected=f"a {kind} that mobileseg knows", found=repr(name), fix=hint)


def load(path: str) -> Any:
    """The object at ``package.module:name``. What libraries say while they are imported is hidden."""
    module, _, name = path.partition(":")
    if module not in sys.modules:
        from mobileseg.quiet import quiet

        with quiet():
            importlib.import_module(module)
    return getattr(sys.modules[module], name)


def require(packages: tuple[str, ...], purpose: str, extra: str) -> None:
    """Raise ``MissingExtraError`` for the first of ``packages`` that cannot be imported; imports none of them."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(purpose=purpose, package=package, extra=extra)
