"""Training configs in files."""

import json
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.interface.finetuning import training_config
from mobileseg.training.config import TrainingConfig
from mobileseg.training.config_file import read_config

SHARES, SIDES = st.floats(0, 1), st.integers(1, 10_000)
CONFIGS = st.builds(
    TrainingConfig,
    epochs=st.integers(1, 10**6), batch_size=st.integers(2, 512), lr=st.floats(1e-9, 10), warmup=st.floats(0, 100),
    ema=st.floats(0, 0.9999), size=st.tuples(SIDES, SIDES), crop=st.tuples(SIDES, SIDES),
    scale=st.tuples(st.floats(0.01, 1), st.floats(1, 9)), flip=SHARES, cutout=SHARES, jpeg=st.integers(0, 95),
    ohem=st.floats(0.01, 1), balanced=st.booleans(), int8=st.booleans(), amp=st.none() | st.booleans(),
    seed=st.integers(0, 2**62),
)  # fmt: skip


def write(folder: Path, text: str, name: str = "recipe.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=25, deadline=None)
@given(config=CONFIGS)
def test_every_field_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, config: TrainingConfig
) -> None:
    folder, fields = tmp_path_factory.mktemp("configs"), config.model_dump(mode="json")
    record = write(folder, json.dumps({"name": "mine", "config": fields, "seed": 3}), "weights.json")
    bare = write(folder, json.dumps(fields), "bare.json")
    toml = write(folder, tomli_w.dumps(config.model_dump(exclude_none=True)))
    for path in (record, bare, toml):
        assert TrainingConfig(**read_config(path)) == config


def test_options_go_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufefflr = 1\nsize = [64, 96] # height, width\nint8 = true\n")
    found = training_config(path, {"lr": 0.5})
    assert (found.lr, found.size, found.crop, found.int8, found.ema) == (0.5, (64, 96), (64, 96), True, 0.99)
    assert training_config(path, {"int8": False}).ema == 0.999
    assert training_config(None, {}) == TrainingConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [("lr = 'fast'", "lr: .*number; found 'fast' in .*recipe.toml; fix: change lr in the file"),
     ("lr = -1", "lr: .*greater than 0"), ("lr = nan", "lr: .*finite|lr: .*greater"), ("clip = inf", "clip: .*finite"),
     ("epochs = 2.5", "epochs: .*integer"), ("epochs = '3'", "epochs: .*integer"), ("epochs = true", "epochs: .*integer"),
     ("balanced = 1", "balanced: .*boolean"), ("int8 = 'yes'", "int8: .*boolean"), ("amp = 0", "amp: .*boolean"),
     ("size = [64]", "size: "), ("size = '64x96'", "size: .*tuple"), ("scale = [0.5, 'wide']", "scale: .*number"),
     ("epochs = [3]", "epochs: .*integer")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_by_its_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_config(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "found", "fix"),
    [("batchsize = 4", "batchsize in ", "did you mean batch_size"), ("Eval-Interval = 4", "Eval-Interval", "did you mean eval_interval"),
     ("xyzzy = 4\nepochs = 3", "xyzzy in ", "correct the name"), ("[augmentation]\nflip = 1", "augmentation in ", "fix: ")],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path, text: str, found: str, fix: str) -> None:
    with pytest.raises(RequestError, match=rf"fields of the training config: epochs, .*amp; found {found}.*{fix}"):
        read_config(write(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("recipe.toml", None, "a training config at .*No such file.*check --config"), ("recipe.toml", b"lr 1", "in TOML.*line 1"),
     ("recipe.toml", b"lr = 1 # \xff", "in TOML.*utf-8"), ("w.json", b"{", "in JSON"), ("w.json", b"[1]", "found a list"),
     ("w.json", b"[" * 100_000, "in JSON")],
)  # fmt: skip
def test_what_is_no_config_is_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=message):
        read_config(tmp_path / name)


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="a training config at"):
        read_config(tmp_path)


def test_the_crop_of_a_record_does_not_bar_another_size(tmp_path: Path) -> None:
    """An int8 run's record has both: a larger size needs a larger crop, and the message says so."""
    path = write(tmp_path, json.dumps({"config": {"int8": True, "size": [64, 96], "crop": [64, 96]}}), "w.json")
    with pytest.raises(RequestError, match="fix: --crop 128x96"):
        training_config(path, {"size": (128, 96)})
