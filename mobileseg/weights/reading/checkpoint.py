"""Reading a checkpoint file (safetensors, torch.save, TensorFlow) without running anything that is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobileseg.errors import CheckpointError, MobilesegError
from mobileseg.files import sha256
from mobileseg.weights.reading import tensorflow
from mobileseg.weights.reading.entries import NAMES, Entry, find_entries, is_averaged
from mobileseg.weights.reading.inert import ActingNameError, Inert
from mobileseg.weights.reading.labels import Labels, find_labels, labels_of_metadata
from mobileseg.weights.reading.safetensors_files import INDEX, read_index, read_safetensors
from mobileseg.weights.reading.stored import Content
from mobileseg.weights.reading.strangers import is_safetensors, read_head, stranger
from mobileseg.weights.reading.torch_files import NotATorchFileError, unpickle

RESAVE = "if you trust the file, load it and save only the weights: torch.save(model.state_dict(), 'weights.pth')"
TRAINING = "training file"
SHARD = re.compile(r"(.+)-\d{5}-of-(0*[1-9]\d*)(\.\w+)")
LISTED = 8  # names of entries in a message


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds. ``kind``: which program writes such files, in words. ``entries``: its sets of weights, the likeliest first.
    ``unread``: the classes of objects that were left unread. ``labels``: names of the classes, where the file has them."""

    path: Path
    kind: str
    sha256: str
    entries: tuple[Entry, ...]
    labels: Labels | None = None
    unread: tuple[str, ...] = ()

    def layout(self, entry: Entry) -> str:
        """Where in the file an entry is, in words."""
        if entry.name:
            return f"{self.kind}, entry {entry.name!r}"
        return "bare state_dict" if self.kind == TRAINING else self.kind


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the checkpoint at ``path``: a file, an index of shards, or the ``.index`` of a TensorFlow checkpoint.

    Raises ``CheckpointError`` where it is missing, truncated, something else, names code to run, or holds no weights, and what
    ``tensorflow.read`` raises.
    """
    if not path.is_file():
        raise CheckpointError(expected="a checkpoint file", found=f"nothing at {path}", fix="check --weights")
    if path.suffix == ".index":
        kind, tensors = tensorflow.read(path)
        return Checkpoint(path, kind, tensorflow.sha256(path), (Entry("", False, tensors, {}),))
    if path.name.endswith(INDEX):
        return _sharded(path)
    if shard := SHARD.fullmatch(path.name):
        raise CheckpointError(
            expected=f"all {int(shard[2])} shards of a checkpoint",
            found=f"{path}, one of them",
            fix=f"give their index, such as {path.with_name(f'{shard[1]}{shard[3]}{INDEX}')}, with all shards beside it",
        )
    return _single(path)


def _single(path: Path) -> Checkpoint:
    head = read_head(path)
    if path.suffix == ".safetensors" or is_safetensors(head):
        if not is_safetensors(head):
            _refuse_stranger(path, head)
        tensors, metadata = read_safetensors(path)
        return Checkpoint(
            path, "safetensors", sha256(path), (Entry("", False, tensors, {}),), labels_of_metadata(metadata)
        )
    _refuse_stranger(path, head)
    return _pickled(path)


def digest(path: Path) -> str:
    """``Checkpoint.sha256`` of the checkpoint at ``path``, without reading its tensors. Raises ``CheckpointError``."""
    if path.suffix == ".index":
        return tensorflow.sha256(path)
    return read_index(path).sha256() if path.name.endswith(INDEX) else sha256(path)


def _sharded(path: Path) -> Checkpoint:
    index = read_index(path)
    shards = [_single(shard) for shard in index.shards]
    tensors = {key: tensor for shard in shards for key, tensor in shard.entries[0].tensors.items()}
    objects = {key: name for shard in shards for key, name in shard.entries[0].objects.items()}
    kinds = ", ".join(dict.fromkeys(shard.kind for shard in shards))
    labels = next((shard.labels for shard in shards if shard.labels), None)
    unread = tuple(dict.fromkeys(name for shard in shards for name in shard.unread))
    entry = Entry("", False, tensors, objects)
    return Checkpoint(path, f"{kinds} in {len(shards)} shards", index.sha256(), (entry,), labels, unread)


def _refuse_stranger(path: Path, head: bytes) -> None:
    if found := stranger(head, path.name):
        raise CheckpointError(
            expected="a complete file written by torch.save, or a safetensors file",
            found=f"{path}: {found.title}",
            fix=found.fix,
        )


def _pickled(path: Path) -> Checkpoint:
    try:
        content = Content(path)
        saved, unknown = unpickle(path, content)
        entries = find_entries(saved, content)
    except MobilesegError:
        raise
    except ActingNameError as name:
        raise CheckpointError(
            expected="a checkpoint with only tensors and plain values",
            found=f"{path} needs arbitrary unpickling ({name}), which could run code",
            fix=RESAVE,
        ) from name
    except NotATorchFileError as other:
        raise CheckpointError(
            expected="a complete file written by torch.save, or a safetensors file",
            found=f"{path}: {other}",
            fix="load it and save only the weights: torch.save(model.state_dict(), 'weights.pth')",
        ) from other
    except Exception as error:  # a damaged pickle raises nearly any exception
        text = str(error).strip()
        first = text.splitlines()[0][:160] if text else type(error).__name__
        raise CheckpointError(
            expected="a complete file written by torch.save, or a safetensors file",
            found=f"{path} ({path.stat().st_size} bytes): {first}",
            fix="download it again; it is truncated or not a checkpoint",
        ) from error
    if not entries:
        raise _without_weights(path, saved)
    return Checkpoint(path, _kind(saved), sha256(path), entries, find_labels(saved), unknown)


def _kind(saved: Any) -> str:
    """Which program writes such files."""
    if not isinstance(saved, Mapping):
        return TRAINING
    if "pytorch-lightning_version" in saved:
        return "Lightning file"
    if "message_hub" in saved:
        return "mmengine runner file"
    return "mmcv runner file" if "state_dict" in saved and "meta" in saved else TRAINING


def _without_weights(path: Path, saved: Any) -> CheckpointError:
    parts = saved if isinstance(saved, Mapping) else {NAMES[0]: saved}
    whole = [one for name, one in parts.items() if isinstance(one, Inert) and (name in NAMES or is_averaged(str(name)))]
    if whole:
        return CheckpointError(
            expected="weights as tensors by key",
            found=f"{path} needs arbitrary unpickling ({whole[0].origin}), which could run code: the weights are inside an object",
            fix=RESAVE,
        )
    names = ", ".join([name[:40] for name in parts if isinstance(name, str)][:LISTED]) or "(none)"
    return CheckpointError(
        expected=f"tensors under {', '.join(NAMES)}, their averages, or at the top level",
        found=f"{path} with {f'the entries {names}' if parts is saved else f'a {type(saved).__name__}'}",
        fix="give a file that contains weights",
    )
