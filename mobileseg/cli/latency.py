"""``latency``: medians, their spread, and ratios to the first file."""

from __future__ import annotations

from rich.table import Table

from mobileseg.cli.console import Stages, json_path, results
from mobileseg.files import write_whole


def run(artifacts: list[str], device: str, protocol: str, json_file: str | None, force: bool) -> None:
    """Measure and show."""
    target = json_path(json_file, force)
    stages = Stages()
    from mobileseg.latency.measurement import measure

    result = measure(artifacts, device, protocol, lambda done, total: stages(f"turn {done} of {total}"))
    if target is not None:
        write_whole(target, result.to_json().encode())
    how = result.protocol
    console = results()
    console.print(
        f"{result.hardware}; protocol {how.name}: {how.threads} thread, {how.warmup} warm-up runs, "
        f"{how.rounds} turns of {how.runs} runs",
        markup=False,
    )
    for series in result.series:
        if series.note:
            console.print(f"WARNING {series.file}: {series.note}", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for title in ("file", "median ms", "quartiles ms", "ratio"):
        table.add_column(title, justify="left" if title == "file" else "right")
    for i, series in enumerate(result.series):
        low, high = series.quartiles_ms
        table.add_row(series.file, f"{series.median_ms:.2f}", f"{low:.2f} .. {high:.2f}", f"{result.ratio(i):.3f}")
    console.print(table)
