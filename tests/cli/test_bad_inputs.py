"""Bad input, whatever it is: a message that says what was expected, what was found and how to fix it, the right exit code, nothing left
behind, never a traceback, and at once."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest
from bad_inputs import CASES
from bad_inputs.case import Case
from in_process import Said, call

LABELS = ("error: expected", "found", "fix")
LONGEST_S = 10.0  # of the processor: four times what the slowest takes, twice that where two processes share a core


def entries(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, with its content, but for the bytecode of a network that was named."""
    found = [path for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in found}


def refused(said: Said, case: Case) -> None:
    assert said.code == case.code, said.err
    assert "Traceback" not in said.err + said.out
    if case.usage:
        assert "Error: " in said.err or "Usage: mobileseg" in said.err
    else:
        lines = said.err.splitlines()
        for label in LABELS:
            (line,) = [line for line in lines if line.startswith(f"{label:>15}  ")]
            assert line.removeprefix(f"{label:>15}").strip()
    for word in case.words:
        assert word in said.err


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")  # of a checkpoint that holds such tensors
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_refused(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if case.needs is not None and importlib.util.find_spec(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    monkeypatch.chdir(tmp_path)
    for name, value in case.setting:
        monkeypatch.setenv(name, value)
    case.make(tmp_path)
    before, begun = entries(tmp_path), time.process_time()
    said = call(capfd, *case.arguments)
    spent_s = time.process_time() - begun
    refused(said, case)
    assert entries(tmp_path) == before
    assert spent_s < LONGEST_S


def test_there_are_cases_of_every_kind() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 200
    assert {case.arguments[0] for case in CASES if case.arguments} >= {
        "export",
        "compare",
        "predict",
        "latency",
        "finetune",
        "report",
    }
