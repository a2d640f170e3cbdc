"""Reads ETDump with executorch's Inspector: the kernels of XNNPACK and of ExecuTorch itself.

XNNPACK names its kernels by kind and a running number, in the order of execution. The file does not say which node of the graph a
kernel belongs to, so there is no breakdown by module.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.profiling.recording import Call, Recording
from mobileseg.quiet import quiet

EXECUTE = "Execute"
WHOLE = "Method::execute"
NATIVE = "native_call_"
NOTE = "XNNPACK kernels by kind, from ETDump; the file does not say which module a kernel belongs to"


def calls(path: Path, model: Path, timed: int) -> Recording:
    """The last ``timed`` runs of the ETDump ``path``. ``model`` is not needed.

    Raises ``RequestError`` if there are fewer runs, ``EnvironmentLackError`` without executorch's developer tools.
    """
    del model
    try:
        with quiet():
            from executorch.devtools.inspector import Inspector

            blocks = Inspector(etdump_path=str(path)).event_blocks
    except ImportError as error:
        raise EnvironmentLackError(
            expected="executorch's developer tools", found=str(error), fix="pip install 'mobileseg[executorch]'"
        ) from error
    events = next((list(block.events) for block in blocks if block.name == EXECUTE), [])
    whole = next((event for event in events if event.name == WHOLE), None)
    spans = _spans(whole)
    if not 0 < timed <= len(spans):
        raise RequestError(expected=f"{timed} runs in {path.name}", found=str(len(spans)), fix="profile again")
    found = [
        Call(run, _kind(event.name), event.name, None, begin, us)
        for event in events
        if event.is_delegated_op or event.name.startswith(NATIVE)
        for run, (begin, us) in enumerate(_spans(event)[-timed:])
    ]
    return Recording(found, spans[-timed:], modules=False, note=NOTE)


def _spans(event: Any) -> list[tuple[float, float]]:
    """Begin and duration of each run in us; the Inspector has ns and ms."""
    if event is None or event.perf_data is None or event.start_time is None:
        return []
    return [(begin / 1e3, ms * 1e3) for begin, ms in zip(event.start_time, event.perf_data.raw, strict=True)]


def _kind(name: str) -> str:
    """``Convolution (NHWC, QC8) DWConv #3`` -> without the number."""
    return re.sub(r"\s*#\d+$", "", name).removeprefix(NATIVE)
