"""The runtime for an .onnx on a board, with a fake python3 on this machine; lab/test_ssh.py tests with a real ssh."""

from pathlib import Path

import pytest
from local_shell import Local

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.devices.ssh import Ssh
from mobileseg.latency.runners import wheels


class Board(Local):
    """A local shell whose ``python3`` is a script that prints these versions."""

    host = "board"

    def __init__(self, folder: Path, version: str, onnxruntime: str) -> None:
        super().__init__()
        python = folder / "python3"
        python.write_text(f"#!/bin/sh\ncase $2 in *onnxruntime*) {onnxruntime};; *) {version};; esac\n")
        python.chmod(0o755)
        self._path = folder

    def stream(self, script: str, silence_s: float = 60):  # type: ignore[no-untyped-def]  # as its base
        return super().stream(f"PATH={self._path}:$PATH; {script}")


def board(folder: Path, version: str, onnxruntime: str) -> Ssh:
    device = object.__new__(Ssh)  # without a connection
    device._shell, device._wheels = Board(folder, version, onnxruntime), ()  # type: ignore[assignment]
    return device


def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(wheels, "onnxruntime", lambda *words: asked.append(words) or (Path("a.whl"),))
    return asked


@pytest.mark.parametrize("wanted", ["1.31.1", None])
def test_the_boards_own_runtime_is_used_if_it_is_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None
) -> None:
    asked = fetched(monkeypatch)
    device = board(tmp_path, "echo 3.11", "echo a warning; echo 1.31.0")
    assert device._choose_onnxruntime(wanted) == "1.31.0"
    assert asked == [] and device._wheels == ()


@pytest.mark.parametrize("own", ["echo 1.20.1", "echo 'ModuleNotFoundError: onnxruntime' >&2; exit 1"])
def test_otherwise_wheels_of_the_files_release_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    asked = fetched(monkeypatch)
    device = board(tmp_path, "echo 3.12", own)
    assert device._choose_onnxruntime("1.31.1") == "1.31.1"
    assert asked == [("1.31.1", "3.12")] and device._wheels == (Path("a.whl"),)


@pytest.mark.parametrize(("version", "words"), [("exit 127", "status 127"), ("echo 2.7", "2.7"), ("echo odd", "odd")])
def test_nothing_is_fetched_without_python_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, words: str
) -> None:
    asked = fetched(monkeypatch)
    with pytest.raises(EnvironmentLackError, match=f"python3 on board.*{words}"):
        board(tmp_path, version, "exit 1")._choose_onnxruntime("1.31.1")
    assert asked == []


def test_an_unknown_release_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLackError, match="pip install onnxruntime"):
        board(tmp_path, "echo 3.11", "exit 1")._choose_onnxruntime(None)
