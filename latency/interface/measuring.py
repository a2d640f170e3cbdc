"""``mobileseg.latency.measure``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.progress import silent
from mobileseg.provenance import command

if TYPE_CHECKING:
    from mobileseg.latency.results.result import Result


def measure(
    artifacts: str | Path | Sequence[str | Path],
    device: str = "host",
    protocol: str = "quick",
    *,
    threads: int | str | Sequence[int | str] = 1,
    cores: str = "all",
    allow: Sequence[str] = (),
    profile: str | Path | None = None,
    compute_units: str = "ALL",
    in_app: bool = False,
    alias: str | None = None,
    earlier: str | Path | Result | None = None,
    progress: Callable[[str], None] = silent,
) -> Result:
    """Measure exported files against each other, in turns, in one run.

    ``device``: as ``devices()`` lists it: ``host``, ``adb[:SERIAL]``, ``ssh:HOST``, or ``emulated:CORE``, which counts the
    instructions of one inference and measures no time. ``protocol``: ``quick``, ``standard``, ``strict`` or ``sustained``.
    ``threads``: one measurement for each: numbers, or ``big`` for as many as there are big cores, bound to them; ``"1,2,big"`` is
    the same as ``(1, 2, "big")``. ``cores``: ``all`` (no binding), ``big``, ``little`` or numbers such as ``"0,1"``. ``allow``:
    gates of the protocol that are recorded and do not refuse. ``profile``: a folder for the runtimes' records of operators.
    ``compute_units``: Core ML only: ``ALL``, ``CPU_ONLY``, ``CPU_AND_GPU`` or ``CPU_AND_NE``. ``in_app``: with ``adb``, by the
    installed app in its own process. ``alias``: what the result calls the device; by default its kind and a hash, and never a serial
    number. ``earlier``: a result of the same request that was interrupted, or its JSON file: what it
    holds is not measured again. ``progress`` is called with each stage.

    Times are in ms. A device that is lost after the first turn gives a result that is not ``complete``, with the reason; Ctrl-C
    raises ``mobileseg.latency.measuring.measurement.Interrupted``, a ``KeyboardInterrupt`` with such a result. A result with
    ``refused`` deviations is not good by its protocol.

    Raises ``RequestError`` (names, files, options that do not go together), ``EnvironmentLackError`` (runtimes, devices),
    ``GateError`` (conditions that the protocol refuses).
    """
    from mobileseg.latency.measuring.request import parse_threads
    from mobileseg.latency.results.result import Result, read_result

    files = [artifacts] if isinstance(artifacts, str | Path) else list(artifacts)
    if isinstance(threads, str):
        threads = parse_threads(threads)
    elif isinstance(threads, int):
        threads = (threads,)
    before = earlier if earlier is None or isinstance(earlier, Result) else read_result(Path(earlier))
    made_by = command("mobileseg.latency.measure")
    from mobileseg.latency.measuring import measurement

    return measurement.measure(
        files, device, protocol, threads=threads, cores=cores, allow=allow, profile=profile,
        compute_units=compute_units, command=made_by, progress=progress, earlier=before, in_app=in_app, alias=alias,
    )  # fmt: skip


def unfinished(path: str | Path) -> Result | None:
    """The result in a JSON file where it is one that was interrupted, for ``measure(earlier=...)``; None for anything else."""
    from mobileseg.latency.measuring import resume

    return resume.unfinished(Path(path))
