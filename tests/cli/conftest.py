import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Run, Start
from warm import Warm

ENTRY = "import sys; from mobileseg.cli import main; sys.argv[0] = 'mobileseg'; main()"


@pytest.fixture
def mobileseg(tmp_path: Path, warm: Warm, mobileseg_cold: Run) -> Run:
    """The command in an empty folder and a process of its own; with an environment of its own it loads its libraries itself."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        if environment:
            return mobileseg_cold(*arguments, **environment)
        command = [warm.folder / "mobileseg", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def mobileseg_cold(tmp_path: Path) -> Run:
    """The command as a user runs it, in an empty folder."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", ENTRY, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def mobileseg_script(tmp_path: Path) -> Run:
    """A Python script in an empty folder, with arguments."""

    def run(script: object, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", str(script), *map(str, arguments)],
            cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """The same, still running; ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", ENTRY, *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
