"""Lowering in half of the time, to the same bytes.

ExecuTorch's and XNNPACK's passes end by interpreting the whole graph, to give every node its shape again, whether they changed anything or
not; and every graph that they make is written as Python code and compiled, though nearly none is ever called. Here a graph is not
interpreted again where nothing has changed since it was and the pass would call every operator as it stands, and code is written when it
is first needed. Two of XNNPACK's passes do not trace networks of their own to look for what is not there, and ExecuTorch's verifier reads
the values that nodes have in place of computing them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mobileseg.export.backends.executorch.quick.checking import check_as_it_stands
from mobileseg.export.backends.executorch.quick.compiling import compile_what_is_called
from mobileseg.export.backends.executorch.quick.interpreting import interpret_what_changed
from mobileseg.export.backends.executorch.quick.matching import match_what_is_there


@contextlib.contextmanager
def quick_passes() -> Iterator[None]:
    """Run passes so in this block. Not for several threads: torch's and ExecuTorch's classes are changed meanwhile."""
    with interpret_what_changed(), compile_what_is_called(), match_what_is_there(), check_as_it_stands():
        yield
