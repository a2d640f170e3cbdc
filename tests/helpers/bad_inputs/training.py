"""Devices, config files and states that ``finetune`` does not take."""

from __future__ import annotations

import json

from bad_inputs.case import Case, Make, both, empty_folder, file, nothing
from bad_inputs.folders import FINETUNE, good

STATE = "seaformer-tiny_d.state"


def train(name: str, *more: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    """Refused before the data are looked for, unless ``make`` writes them."""
    return Case(f"finetune: {name}", (*FINETUNE, *more), words, make)


def config(name: str, content: bytes | str, *words: str, file_name: str = "c.toml") -> Case:
    """A config file."""
    return train(f"a config {name}", "--config", file_name, words=words, make=file(file_name, content))


def record(**fields: object) -> str:
    """The record of a run, with this config."""
    return json.dumps({"file": "w.safetensors", "config": fields})


CASES = (
    train("an unknown device", "--device", "gpu", words=("auto, cpu, cuda, cuda:N or mps", "--device auto")),
    train("a device of no number", "--device", "cuda:x", words=("cuda:N", "cuda:x")),
    train("mixed precision for int8", "--int8", "--amp", "--weights", "camvid11", words=("--no-amp with --int8",)),
    train("no config", "--config", "none.toml", words=("a training config at none.toml", "--config")),
    train("a folder as config", "--config", "c", words=("a training config at c",), make=empty_folder("c")),
    config("of nothing known", "batchsize = 2", "batch_size, lr,", "batchsize in c.toml", "did you mean batch_size"),
    config("with a table", "[training]\nlr = 1e-3", "training in c.toml"),
    config("with a word for a number", "lr = 'fast'", "lr: ", "'fast' in c.toml", "change lr in the file"),
    config("with a number for a switch", "balanced = 1", "balanced: "),
    config("with a size in words", "scale = '1 2'", "scale: "),
    config("beyond its range", "ema = 1.0", "ema: ", "less than 1"),
    config("that is no number", "lr = nan", "lr: "),
    config("that is no TOML", "lr: 1e-3", "in TOML at c.toml", "line 1"),
    config("in bytes", b"lr = 1 # \xff", "in TOML"),
    config("that is no JSON", "{", "in JSON at c.json", file_name="c.json"),
    config("that is a list", "[1, 2]", "a list", file_name="c.json"),
    config("of an unknown field in a record", record(rate=1e-3), "rate in w.json", file_name="w.json"),
    config("of nothing in a record", record(lr=None), "lr: ", "in w.json", file_name="w.json"),
    train("a state that is none", words=(f"remove {STATE}",), make=both(good, file(STATE, b"x"))),
)  # fmt: skip
