"""Events of inferences in ExecuTorch's own record, the ETDump."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mobileseg.errors import EnvironmentLackError
from mobileseg.quiet import quiet

EXECUTE = "Execute"
WHOLE = "Method::execute"
NATIVE = "native_call_"


def events_of(path: Path) -> list[Any]:
    """Executorch's events of the inferences in an ETDump, operators and what is around them. Raises ``EnvironmentLackError`` without
    its developer tools."""
    try:
        with quiet():
            from executorch.devtools.inspector import Inspector

            blocks = Inspector(etdump_path=str(path)).event_blocks
    except ImportError as error:
        raise EnvironmentLackError(
            expected="executorch's developer tools", found=str(error), fix="pip install 'mobileseg[executorch]'"
        ) from error
    return next((list(block.events) for block in blocks if block.name == EXECUTE), [])


def is_operator(event: Any) -> bool:
    """Whether an event is a kernel of the delegate or of ExecuTorch itself."""
    return bool(event.is_delegated_op) or event.name.startswith(NATIVE)


def spans_of(event: Any) -> list[tuple[float, float]]:
    """Begin and duration of each run in us; the Inspector has ns and ms."""
    if event is None or event.perf_data is None or event.start_time is None:
        return []
    return [(begin / 1e3, ms * 1e3) for begin, ms in zip(event.start_time, event.perf_data.raw, strict=True)]


def kind_of(name: str) -> str:
    """The kind of an operator: ``Convolution (NHWC, QC8) DWConv #3`` -> without the number."""
    return re.sub(r"\s*#\d+$", "", name).removeprefix(NATIVE)
