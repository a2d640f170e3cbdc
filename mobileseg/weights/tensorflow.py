"""TensorFlow's object checkpoints (``ckpt-60000.index`` and its data), read by TensorFlow's own reader in a process of its own.

A process of its own, because TensorFlow's LLVM and that of triton, which torchao brings, register the same options: whichever
comes second aborts the interpreter. It costs the start of TensorFlow, and its memory is gone afterwards.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import CheckpointError, EnvironmentLackError, MissingExtraError
from mobileseg.weights import tensorflow_reader

if TYPE_CHECKING:
    from torch import Tensor

SHARD = re.compile(r"(.+)\.data-\d{5}-of-\d{5}")
LATEST = re.compile(r'^model_checkpoint_path: "(.+)"', re.MULTILINE)


def find_index(path: Path) -> Path | None:
    """The ``.index`` file that ``path`` means: itself, its prefix, one of its data files, or the folder that holds it.

    A folder's ``checkpoint`` file says which is the latest. None where nothing there is TensorFlow's; raises ``CheckpointError``
    for a folder with several and no such file.
    """
    shard = SHARD.fullmatch(path.name)
    if shard is not None:
        path = path.with_name(shard[1])
    if path.is_file():
        return path if path.suffix == ".index" else None
    if path.is_dir():
        return _index_in(path)
    index = path.with_name(f"{path.name}.index")
    return index if index.is_file() else None


def _index_in(folder: Path) -> Path | None:
    state = folder / "checkpoint"
    latest = LATEST.search(state.read_text(encoding="utf-8", errors="replace")) if state.is_file() else None
    if latest is not None:
        named = folder / f"{Path(latest[1]).name}.index"
        if named.is_file():
            return named
    found = sorted(folder.glob("*.index"))
    if len(found) > 1:
        raise CheckpointError(
            expected="a folder with one TensorFlow checkpoint, or with a file 'checkpoint' that names the latest",
            found=f"{', '.join(index.stem for index in found)} in {folder}",
            fix=f"name one of them: {found[-1]}",
        )
    return found[0] if found else None


def sha256(path: Path) -> str:
    """Of an index and then of its data files, one after the other."""
    digest = hashlib.sha256()
    for part in (path, *sorted(path.parent.glob(f"{path.stem}.data-*"))):
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read(index: Path) -> tuple[str, dict[str, Tensor]]:
    """The layout in words, and the network's variables under this project's keys.

    Raises ``MissingExtraError`` without TensorFlow, ``CheckpointError`` where the files are damaged or hold something else.
    """
    from safetensors.torch import load_file

    from mobileseg.weights.deeplab2 import from_deeplab2

    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError(purpose="reading a TensorFlow checkpoint", package="tensorflow", extra="tensorflow")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = Path(folder) / "variables.safetensors"
        _run_reader(index, out)
        variables = load_file(out)
        layout = f"TensorFlow object checkpoint of deeplab2, {len(variables)} variables"
        return layout, from_deeplab2(variables)


def _run_reader(index: Path, out: Path) -> None:
    script = Path(tensorflow_reader.__file__)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    # -P: the folder of the script, which holds a file named tensorflow.py, stays off its path.
    command = [sys.executable, "-P", str(script), str(index.with_suffix("")), str(out)]
    done = subprocess.run(command, env=os.environ | quiet, capture_output=True, text=True, check=False)
    if done.returncode == tensorflow_reader.UNREADABLE:
        raise CheckpointError(
            expected="a whole TensorFlow object checkpoint: an index and every data file that it names",
            found=f"{index}: {done.stdout.strip().splitlines()[-1]}",
            fix="fetch it again, all files into one folder",
        )
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise EnvironmentLackError(
            expected="a TensorFlow that can read a checkpoint",
            found=f"its process ended with {done.returncode}: {said[-1][:200] if said else 'without a word'}",
            fix="check it: python -c 'import tensorflow'",
        )
