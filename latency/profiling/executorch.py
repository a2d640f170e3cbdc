"""Reads ETDump with executorch's Inspector: the kernels of XNNPACK and of ExecuTorch itself.

XNNPACK names its kernels by kind and a running number, in the order of execution. The file does not say which node of the graph a
kernel belongs to, so there is no breakdown by module.
"""

from __future__ import annotations

from pathlib import Path

from mobileseg.errors import RequestError
from mobileseg.export.backends.executorch.etdump import WHOLE, events_of, is_operator, kind_of, spans_of
from mobileseg.latency.profiling.recording import Call, Recording

NOTE = "XNNPACK kernels by kind, from ETDump; the file does not say which module a kernel belongs to"


def calls(path: Path, model: Path, timed: int) -> Recording:
    """The last ``timed`` runs of the ETDump ``path``. ``model`` is not needed.

    Raises ``RequestError`` if there are fewer runs, ``EnvironmentLackError`` without executorch's developer tools.
    """
    del model
    events = events_of(path)
    whole = next((event for event in events if event.name == WHOLE), None)
    spans = spans_of(whole)
    if not 0 < timed <= len(spans):
        raise RequestError(expected=f"{timed} runs in {path.name}", found=str(len(spans)), fix="profile again")
    found = [
        Call(run, kind_of(event.name), event.name, None, begin, us)
        for event in events
        if is_operator(event)
        for run, (begin, us) in enumerate(spans_of(event)[-timed:])
    ]
    return Recording(found, spans[-timed:], modules=False, note=NOTE)
