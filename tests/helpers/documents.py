"""Runs the examples of a page, in its order, in one folder that has what the pages speak of.

The quick start's export is on several pages; it is run once, and its files are taken over where a page gives the same command.

A ``bash`` block is run; ``<!-- exit N -->`` in front of it says which exit code it ends with, where that is not 0. A ``python`` block
is run in the page's namespace. ``console`` blocks show what cannot be run here (a phone, an installation), and are not run.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from made_once import made_once
from sybil import Example
from sybil.parsers.markdown import CodeBlockParser
from warm import Warm

Shell = Callable[..., subprocess.CompletedProcess[str]]
EXIT = re.compile(r"<!-- exit (\d) -->\s*\Z")
TIMEOUT_S = 900
QUICK_START = "mobileseg export seaformer-tiny --target executorch --int8 --size 128x160"
MEASURING = ("emulated.md", "flicker.md", "phone.md")  # pages that take up the file of the quick start


class ShellBlockParser(CodeBlockParser):
    """See above."""

    language = "bash"

    def evaluate(self, example: Example) -> str | None:
        found = EXIT.search(example.document.text[: example.start])
        wanted = int(found.group(1)) if found else 0
        script = str(example.parsed)
        if QUICK_START in script.splitlines():
            made = shlex.quote(str(example.namespace["quick_start"]()))
            script = script.replace(QUICK_START, f"cp {made}/* .")
        done = example.namespace["shell"](script)
        if done.returncode == wanted and "Traceback" not in done.stderr:
            return None
        return f"exit code {done.returncode} instead of {wanted}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def shell(warm: Warm) -> Shell:
    """Runs a script in a folder, by default the current one."""

    def run(script: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(warm.folder), str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=False, capture_output=True, text=True, timeout=TIMEOUT_S,
            env={**os.environ, "PATH": path},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def quick_start(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Gives the folder of what the quick start exports."""

    def export(folder: Path) -> None:
        done = shell(QUICK_START, folder)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr

    return lambda: made_once(tmp_path_factory, "quick-start", export)


@pytest.fixture(scope="module")
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder of a page's examples: a picture, a folder of two, a labelled folder ``street`` with the classes of the bundled
    weights, and a checkpoint that was made elsewhere."""
    folder = tmp_path_factory.mktemp("page")
    _write_street(folder / "street")
    first, second, *_ = sorted((folder / "street" / "images").iterdir())
    shutil.copy(first, folder / "photo.jpg")
    (folder / "photos").mkdir()
    for picture in (first, second):
        shutil.copy(picture, folder / "photos")
    _write_checkpoint(folder / "my-checkpoint.pth")
    if request.path.name in MEASURING:
        shutil.copytree(request.getfixturevalue("quick_start")(), folder, dirs_exist_ok=True)
    with contextlib.chdir(folder):
        yield folder


def _write_street(folder: Path) -> None:
    """Twelve pictures of blocks, with masks that have the classes of the bundled weights."""
    from PIL import Image

    from mobileseg.weights.records import bundled

    record = bundled("seaformer-tiny")["street-v1"]
    random = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for number in range(12):
        mask = np.kron(random.integers(0, len(record.classes), (6, 8)), np.ones((16, 16))).astype(np.uint8)
        pixels = np.asarray(record.palette, dtype=np.uint8)[mask]
        Image.fromarray(pixels).save(folder / "images" / f"{number:04d}.jpg", quality=95)
        Image.fromarray(mask).save(folder / "masks" / f"{number:04d}.png")
    content = {"names": record.classes, "palette": record.palette, "ignore_index": 255}
    (folder / "classes.json").write_text(json.dumps(content))


def _write_checkpoint(path: Path) -> None:
    import torch

    import mobileseg

    model = mobileseg.create_model("seaformer-tiny", num_classes=11)
    torch.save({"state_dict": model.state_dict()}, path)
