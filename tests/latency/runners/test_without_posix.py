"""Where what only Unix has is missing, as on Windows: nothing fails to import, and what cannot be known is not measured."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import QUICK, write_input

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices import link, remote
from mobileseg.latency.measuring.stream import parse_event

ROOT = Path(__file__).parents[3]
MODULES = ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "crypt", "spwd", "nis")
FUNCTIONS = (
    "sched_getaffinity", "sched_setaffinity", "geteuid", "getegid", "getgid", "fork", "forkpty", "killpg", "getpgid",
    "setsid", "nice", "getloadavg", "sysconf", "mkfifo", "wait4",
)  # fmt: skip
WINDOWS = f"""
import os, platform, sys
platform.uname()  # cached: how the standard library finds it is Unix's way
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {MODULES}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
for name in {MODULES}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
for name in {FUNCTIONS}:
    if hasattr(os, name):
        delattr(os, name)
"""
RUNNER = (
    WINDOWS
    + """
import runpy
from pathlib import Path
from mobileseg.latency.runners.python import memory
memory.STATUS = memory.CLEAR = Path("no proc here/status")
runpy.run_module("mobileseg.latency.runners.python", run_name="__main__")
"""
)


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_blocker_blocks() -> None:
    done = python(WINDOWS + "import resource")
    assert done.returncode == 1 and "No module named 'resource'" in done.stderr, done


def test_list_and_help_answer() -> None:
    for verb in (("list",), ("latency", "--help"), ("devices",)):
        done = python(WINDOWS + "from mobileseg.cli import main; main()", *verb)
        assert done.returncode == 0 and done.stdout, done


@pytest.mark.slow
def test_the_runner_measures_times_alone(small_onnx: Artifact, tmp_path: Path) -> None:
    write_input(small_onnx, tmp_path / "in.bin")
    asked = ("--model", small_onnx.path, "--input", tmp_path / "in.bin", *QUICK)
    done = python(RUNNER, *asked)
    found = events(done)
    assert done.returncode == 0 and found[-1] == {"event": "end"}, done
    assert found[0]["cores"] is None
    assert found[-2] == {"event": "memory", "base_kb": None, "peak_kb": None}
    assert [parse_event(line).event for line in done.stdout.splitlines()] == [event["event"] for event in found]
    refused = python(RUNNER, *asked, "--cores", "0")
    assert refused.returncode == 1, refused
    assert events(refused)[-1]["expected"] == "a system that can bind a process to cores"


def unguarded(tree: ast.AST) -> Iterator[str]:
    """Imports of those modules that no ``except ImportError`` is around."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Try) and any(
            isinstance(h.type, ast.Name) and h.type.id in ("ImportError", "ModuleNotFoundError") for h in node.handlers
        ):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES and node.level == 0:
            yield str(node.module)
        yield from unguarded(node)


def test_an_unguarded_import_is_seen() -> None:
    assert list(unguarded(ast.parse("def f():\n import os, fcntl"))) == ["fcntl"]
    assert list(unguarded(ast.parse("from pwd import getpwnam"))) == ["pwd"]
    assert not list(unguarded(ast.parse("try:\n import pwd\nexcept ImportError:\n pwd = None")))


def test_no_module_needs_unix() -> None:
    files = [path for folder in ("mobileseg", "export", "latency") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    found = {
        str(path.relative_to(ROOT)): names
        for path in files
        if (names := list(unguarded(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


def test_ssh_is_refused_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(link.shutil, "which", lambda _: "ssh")
        patch.setattr(link.os, "name", "nt")
        with pytest.raises(EnvironmentLackError, match="WSL"):
            link.SshShell("board")


def test_no_process_is_sent_a_signal_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(remote.os, "kill", lambda pid, _: sent.append(pid))
        patch.setattr(remote.os, "name", "nt")
        alive = remote.is_alive(1)
    assert alive and sent == []
