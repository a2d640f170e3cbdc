"""``make demo``: what a first user would type, one command after the other, and pictures of the result.

``python tools/demo.py FOLDER``. The commands run in this process, because importing torch takes longer than some of them.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from pathlib import Path

from demo_pictures import animate, draw_panels

from mobileseg.cli.app import app
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images

MODEL = "seaformer-tiny"
FILES = {"ExecuTorch": f"{MODEL}-int8.pte", "ONNX Runtime": f"{MODEL}-int8.onnx"}
PICTURES = (20, 27, 33, 41)  # of the samples, none of which calibrates


def main(folder: Path) -> int:
    """The exit code: that of the first command that fails, else 0."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(folder):
        for command in commands():
            print(f"\n$ mobileseg {shlex.join(command)}", flush=True)
            if code := app([*command, "--force"], standalone_mode=False) or 0:
                return int(code)
        print("\npictures of the float network and of its int8 file", flush=True)
        images = find_images(samples_folder() / "images")
        draw_panels([images[number] for number in PICTURES], MODEL, FILES["ExecuTorch"], Path("side-by-side"))
        animate(find_images(samples_folder() / "sequence" / "images"), FILES["ExecuTorch"], Path("drive.webp"))
    print("\nlook at")
    for name, what in (
        ("side-by-side/", "float, int8, and where they differ"),
        ("drive.webp", "a drive through the int8 file (open it in a browser)"),
        ("report.html", "accuracy, flicker and latency of both files"),
    ):
        print(f"  {folder / name}  {what}")
    return 0


def commands() -> list[list[str]]:
    """Export, compare, measure, report."""
    compare = "compare {} --data samples --sequence samples --worst 2 --json {}.json"
    lines = [
        *(f"export {MODEL} --target {target} --int8" for target in ("executorch", "onnx")),
        *(compare.format(file, Path(file).suffix[1:]) for file in FILES.values()),
        f"latency {' '.join(FILES.values())} --json latency.json",
        "report pte.json onnx.json latency.json --output report.html",
    ]
    return [shlex.split(line) for line in lines]


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main(Path(sys.argv[1])))
