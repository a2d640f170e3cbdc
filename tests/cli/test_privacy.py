"""What is shipped or passed on says nothing of the machine that made it: the bytes are searched for names that only it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from street_net import FACTORY, StreetNet

import mobileseg as package
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.files import sha256
from mobileseg.latency.protocol import GATES

pytestmark = pytest.mark.slow
# One process, whose imports take as long as most of the commands.
ENTRY = """
import json, os, sys
from mobileseg.cli import main
os._exit = sys.exit
for arguments, wanted in json.load(sys.stdin):
    sys.argv = ["mobileseg", *arguments]
    try:
        main()
    except SystemExit as left:
        if (left.code or 0) != wanted:
            sys.exit(f"{arguments} ended with {left.code}")
"""
SECRETS = ("alice-user", "alice-home", "alice-data", "alice-weights", "alice-temp", "alice-cache", "alice-work")
ROOT = Path(package.__file__).parents[1]
FILE = "mine.pth"


class Alice:
    """Her machine: every folder that a program may see has a name of its own."""

    def __init__(self, root: Path) -> None:
        self.home, self.data, self.weights, self.temp, self.cache, self.work = (root / name for name in SECRETS[1:])
        for folder in (self.home, self.weights, self.temp, self.work):
            folder.mkdir()
        (self.data / "street").mkdir(parents=True)
        for image in find_images(samples_folder() / "images")[:8]:  # the fewest that calibrate
            shutil.copy(image, self.data / "street")
        self.file = self.weights / FILE
        torch.save(StreetNet().state_dict(), self.file)
        self.out = self.work / "out"
        self.out.mkdir()
        self.commands: list[tuple[list[str], int]] = []

    def plan(self, *arguments: object, code: int = 0) -> None:
        """A command for ``run``, and its exit code."""
        self.commands.append(([str(word) for word in arguments], code))

    def run(self) -> None:
        names = {"USER": SECRETS[0], "LOGNAME": SECRETS[0], "USERNAME": SECRETS[0]}
        places = {"HOME": self.home, "TMPDIR": self.temp, "MOBILESEG_CACHE": self.cache}
        done = subprocess.run(
            [sys.executable, "-c", ENTRY],
            input=json.dumps(self.commands),
            cwd=self.work,
            env={**os.environ, **names, **{name: str(place) for name, place in places.items()}},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def export(self, target: str, *options: object) -> None:
        own = ("--weights", self.file, "--calibration", self.data / "street")
        self.plan("export", FACTORY, "--target", target, *own, *options)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What she made, with whole paths in every option."""
    alice = Alice(tmp_path_factory.mktemp("machine"))
    out = alice.out
    alice.plan(
        "sensitivity", FACTORY, "--size", "64x96", "--weights", alice.file, "--calibration", alice.data / "street",
        "--images", 1, "--budget", 0.02, "--output", out / "keep.toml", "--json", out / "sensitivity.json",
    )  # fmt: skip
    alice.export("onnx", "--size", "64x96", "--int8", "--output", out / "tiny.onnx")
    alice.export("executorch", "--size", "64x96", "--precision", "float32", "--output", out / "tiny.pte")
    alice.export("coreml", "--size", "64x96", "--output", out / "tiny.mlpackage")
    alice.plan(
        "compare", out / "tiny.onnx", "--model", FACTORY, "--data", alice.data / "street", "--no-labels", "--worst", 1,
        "--json", out / "compared.json",
        code=4,  # eight pictures without labels
    )  # fmt: skip
    gates = [word for gate in GATES for word in ("--allow", gate)]
    alice.plan("latency", out / "tiny.onnx", "--protocol", "quick", *gates, "--json", out / "times.json")
    alice.plan("report", out / "compared.json", out / "times.json", "--output", out / "page.html")
    alice.run()
    return out


def test_no_byte_says_where_it_was_made(made: Path) -> None:
    secrets = [*SECRETS, str(ROOT), "site-packages", "/machine0"]
    files = [path for path in made.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".onnx", ".pte", ".mlmodel", ".bin", ".json", ".toml", ".png", ".html"}
    found = [
        f"{secret} in {path.relative_to(made)}"
        for path in files
        for secret in secrets
        if secret.encode() in path.read_bytes() or secret.encode("utf-16-le") in path.read_bytes()
    ]
    assert found == []


def test_names_and_digests_are_there_instead(made: Path) -> None:
    manifest = json.loads((made / "tiny.onnx.json").read_text())
    assert manifest["schema_version"] == 1
    assert manifest["weights"]["source"] == FILE
    assert manifest["weights"]["sha256"] == sha256(made.parents[1] / SECRETS[3] / FILE)
    assert manifest["calibration"]["source"] == "street"
    assert f"--weights {FILE} --calibration street" in manifest["command"]
    compared = json.loads((made / "compared.json").read_text())
    assert compared["data"] == "street"
    assert len(compared["data_sha256"]) == 64
    assert compared["weights"] == FILE
    assert "street" in json.loads((made / "sensitivity.json").read_text())["probes"]
