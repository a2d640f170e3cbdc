"""tools/android_tools.py: what the app's check build lacks is named with the line that brings it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "android_tools.py"


@pytest.fixture
def tools() -> ModuleType:
    spec = importlib.util.spec_from_file_location("android_tools", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_that_is_missing_is_named_with_its_package(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("javac", "mvn", "zipalign", "apksigner", "dexdump", "zip", "unzip"):  # all but aapt2
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert tools.main() == 3
    words = capsys.readouterr().err
    assert "apt-get install aapt (Debian 12)" in words
    assert "expected aapt2 for the app's check build" in words


def test_every_part_names_what_it_brings(tools: ModuleType) -> None:
    assert all(part.package and part.program for part in tools.PARTS)
    assert len({part.program for part in tools.PARTS}) == len(tools.PARTS)
