"""TensorFlow object checkpoints (``ckpt-60000.index`` and its data files), read by TensorFlow's own reader in a separate process.

In one process with torchao it would abort: the LLVM of TensorFlow and that of triton, which torchao imports, register the same
options. The separate process costs the start of TensorFlow, and frees its memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.call import call
from mobileseg.errors import CheckpointError, EnvironmentLackError, MissingExtraError
from mobileseg.weights.reading import tensorflow_reader

if TYPE_CHECKING:
    from torch import Tensor

SHARD = re.compile(r"(.+)\.data-\d{5}-of-\d{5}")
START_S, BYTES_PER_S = 300.0, 5e6
LATEST = re.compile(r'^model_checkpoint_path: "(.+)"', re.MULTILINE)


def find_index(path: Path) -> Path | None:
    """The ``.index`` file that ``path`` refers to: itself, by its prefix, by one of its data files, or by its folder.

    In a folder of several, the file ``checkpoint`` names the latest. Returns None where there is no TensorFlow checkpoint. Raises
    ``CheckpointError`` for a folder of several without that file.
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
            fix=f"give one of them: {found[-1]}",
        )
    return found[0] if found else None


def sha256(path: Path) -> str:
    """Digest of an index file followed by its data files, sorted by name."""
    digest = hashlib.sha256()
    for part in (path, *sorted(path.parent.glob(f"{path.stem}.data-*"))):
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read(index: Path) -> tuple[str, dict[str, Tensor]]:
    """The layout in words, and the network's variables by their paths through deeplab2's objects.

    Raises ``MissingExtraError`` without TensorFlow, ``CheckpointError`` where the files are damaged or are not an object checkpoint, and
    ``EnvironmentLackError`` where TensorFlow itself fails.
    """
    from safetensors.torch import load_file

    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError(purpose="reading a TensorFlow checkpoint", package="tensorflow", extra="tensorflow")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = Path(folder) / "variables.safetensors"
        _run_reader(index, out)
        variables = load_file(out)
        return f"TensorFlow object checkpoint of deeplab2, {len(variables)} variables", variables


def deadline_s(index: Path) -> float:
    """How long the reader may take: TensorFlow's start on a busy machine, and the data at a tenth of a slow disk's speed."""
    size = sum(part.stat().st_size for part in index.parent.glob(f"{index.stem}.data-*"))
    return START_S + size / BYTES_PER_S


def _run_reader(index: Path, out: Path) -> None:
    script = Path(tensorflow_reader.__file__)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    # -P keeps the script's folder, which contains a tensorflow.py, off the import path.
    command = [sys.executable, "-P", str(script), str(index.with_suffix("")), str(out)]
    done = call(command, deadline_s(index), environment=os.environ | quiet)
    if done.returncode == tensorflow_reader.UNREADABLE:
        raise CheckpointError(
            expected="a complete TensorFlow object checkpoint: an index and every data file that it names",
            found=f"{index}: {done.stdout.strip().splitlines()[-1]}",
            fix="download it again, with all files in one folder",
        )
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise EnvironmentLackError(
            expected="a TensorFlow that can read a checkpoint",
            found=f"its process exited with {done.returncode}: {said[-1][:200] if said else 'no message'}",
            fix="check the installation: python -c 'import tensorflow'",
        )
