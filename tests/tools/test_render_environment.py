"""tools/render_environment.py: an environment is used as long as it is of the requirements as they are now."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import environments
import pytest
import render_environment as environment


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The commands, which here only leave an interpreter behind."""
    commands: list[Sequence[str]] = []

    def call(command: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        environment.python().parent.mkdir(parents=True, exist_ok=True)
        environment.python().touch()
        return subprocess.CompletedProcess(command, int("bad" in environment.REQUIREMENTS.name), "", "no such wheel\n")

    (tmp_path / "requirements.txt").write_text("bpy==5.0.1\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(environment, "install", lambda *_: ())
    monkeypatch.setattr(environments, "call", call)
    monkeypatch.setattr(environment, "uv", lambda: "uv")
    monkeypatch.setenv("MOBILESEG_RENDER_ENV", str(tmp_path / "env"))
    monkeypatch.setattr("sys.argv", ["render_environment.py"])
    return commands


def test_a_second_call_does_nothing(made: list[Sequence[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert not environment.ready()
    assert environment.main() == 0
    assert capsys.readouterr().out.strip() == str(environment.python())
    assert environment.ready()
    count = len(made)
    assert environment.main() == 0
    assert len(made) == count > 0


def test_other_requirements_make_it_anew(made: list[Sequence[str]]) -> None:
    environment.make()
    environment.REQUIREMENTS.write_text("bpy==5.1.0\n")
    assert not environment.ready()


def test_what_went_wrong_is_said_and_nothing_counts_as_made(
    made: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.txt").write_text("bpy==0\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "bad.txt")
    assert environment.main() == 3
    assert "no such wheel" in capsys.readouterr().err
    assert not environment.ready()
    monkeypatch.setattr("sys.argv", ["render_environment.py", "--if-possible"])
    for name in environment.REQUIRED:
        monkeypatch.delenv(name, raising=False)
    assert environment.main() == 0
    monkeypatch.setenv("MOBILESEG_REQUIRE_BPY", "1")
    assert environment.main() == 3


def test_every_requirement_is_pinned() -> None:
    lines = [line for line in environment.REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 4
    assert all("==" in line for line in lines)
