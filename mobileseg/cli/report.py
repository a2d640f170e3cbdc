"""``report``: one page from results."""

from __future__ import annotations

from pathlib import Path

from mobileseg.cli.console import megabytes, results
from mobileseg.errors import OutputError
from mobileseg.files import check_output, size_bytes, write_whole


def run(files: list[str], output: str, title: str, force: bool) -> None:
    """Read everything, then write."""
    path = Path(output)
    if path.is_dir():
        raise OutputError(expected="a file name for the page", found=f"{path} is a folder", fix="name a file in it")
    check_output(path, force)
    from mobileseg.latency.report.documents import read_results
    from mobileseg.latency.report.page import render

    found = read_results([Path(name) for name in files])
    write_whole(path, render(found, title).encode())
    console = results()
    for source in found.sources:
        console.print(f"{source.kind:12} {source.path}", markup=False, soft_wrap=True)
    console.print(f"{path} ({megabytes(size_bytes(path))})", markup=False, soft_wrap=True)
