"""Sequences on disk: what belongs together is found, and what does not fit is refused by name."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from films import film, write_film
from PIL import Image

from mobileseg.data.dataset import samples_folder
from mobileseg.data.flow import read_flow
from mobileseg.data.labels import read_labels
from mobileseg.data.sequence import open_sequence, sequence_folder
from mobileseg.errors import DatasetError, ImageError
from mobileseg.metrics.temporal import consistency_counts, kept

SIZE = (64, 96)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    return write_film(tmp_path / "drive", film(4))


def test_a_drive_as_the_renderer_writes_it(drive: Path) -> None:
    found = open_sequence(drive)
    assert (found.frames, found.pairs, found.flow_given, found.title) == (4, (3,), True, "drive")
    one = found.drives[0]
    assert one.size == SIZE
    assert [path.name for path in one.flows or ()] == ["0000.npz", "0001.npz", "0002.npz"]
    assert one.labels is not None
    assert one.labels[1].names[1] == "red"


def test_frames_alone(tmp_path: Path) -> None:
    bare = open_sequence(write_film(tmp_path / "bare", film(3), flow=False, masks=False, suffix=".jpg"))
    assert not bare.flow_given
    assert bare.drives[0].labels is None
    flat = open_sequence(bare.path / "images")
    assert flat.pairs == bare.pairs == (2,)


def test_several_drives(tmp_path: Path) -> None:
    for number, frames in enumerate((3, 4)):
        write_film(tmp_path / "drives" / f"scene-{number:04d}", film(frames, seed=number))
    found = open_sequence(tmp_path / "drives")
    assert (found.frames, found.pairs) == (7, (2, 3))
    (tmp_path / "drives" / "notes").mkdir()
    assert open_sequence(tmp_path / "drives").sha256 == found.sha256
    shutil.rmtree(tmp_path / "drives" / "scene-0001" / "flow")
    with pytest.raises(DatasetError, match="1 of 2"):
        open_sequence(tmp_path / "drives")


def test_the_digest_is_of_frames_and_flow(drive: Path) -> None:
    before = open_sequence(drive).sha256
    frames = film(4)
    with np.load(drive / "flow" / "0001.npz") as content:
        seen = content["seen"]
    np.savez(drive / "flow" / "0001.npz", motion=np.zeros((*SIZE, 2), dtype=np.int16), seen=seen)
    changed = open_sequence(drive).sha256
    assert changed != before
    Image.fromarray(frames[0].image[::-1]).save(drive / "images" / "0003.png")
    assert open_sequence(drive).sha256 not in (before, changed)


def test_the_bundled_sequence_has_a_short_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sequence_folder("samples") == samples_folder() / "sequence"
    assert sequence_folder("drive") == Path("drive")
    (tmp_path / "samples").mkdir()
    assert sequence_folder("samples") == Path("samples")


def test_labels_of_the_bundled_sequence_are_kept_along_its_flow() -> None:
    found = open_sequence(samples_folder() / "sequence")
    assert (found.frames, found.flow_given) == (12, True)
    (drive,) = found.drives
    assert drive.labels is not None and drive.flows is not None
    items, classes = drive.labels
    masks = [read_labels(item, classes) for item in items]
    total = np.zeros((len(classes.names), len(classes.names)), dtype=np.int64)
    for now, later, file in zip(masks, masks[1:], drive.flows, strict=False):
        flow = read_flow(file, drive.size)
        along = flow.motion, flow.seen, flow.step
        total += consistency_counts(now, later, *along, len(classes.names), classes.ignore_index)
    assert kept(total) == 1
    assert total.sum() > 400_000


def test_no_sequence_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder at"):
        open_sequence(tmp_path / "nowhere")
    with pytest.raises(ImageError, match="none directly in"):
        open_sequence(tmp_path)


def test_one_frame_is_no_sequence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"at least two frames; found 0000\.png alone"):
        open_sequence(write_film(tmp_path / "one", film(1)))


def test_frames_of_unequal_size(drive: Path) -> None:
    Image.new("RGB", (96, 60)).save(drive / "images" / "0002.png")
    with pytest.raises(DatasetError, match=r"0000\.png has 64x96; found 60x96 .* in .*0002\.png"):
        open_sequence(drive)


def test_flow_of_another_size(drive: Path) -> None:
    np.savez(drive / "flow" / "0001.npz", motion=np.zeros((60, 96, 2), np.int16), seen=np.ones((60, 96), bool))
    with pytest.raises(DatasetError, match=r"60x96 in .*0001\.npz"):
        open_sequence(drive)


@pytest.mark.parametrize("lack", ["first", "middle", "too many", "other name"])
def test_flow_that_is_missing_or_left_over(drive: Path, lack: str) -> None:
    flow = drive / "flow"
    if lack in ("first", "middle"):
        name = {"first": "0000", "middle": "0001"}[lack]
        (flow / f"{name}.npz").unlink()
        words = rf"{name}\.npz missing"
    elif lack == "too many":
        shutil.copy(flow / "0000.npz", flow / "0003.npz")
        words = r"0003\.npz left over"
    else:
        (flow / "0001.npz").rename(flow / "x0001.npz")
        words = r"0001\.npz missing"
    with pytest.raises(DatasetError, match=words):
        open_sequence(drive)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("f9.png", "f10.png", "f11.png"), r"f11\.png before f9\.png"),
        (("a/2-7.png", "a/10-1.png"), r"10-1\.png before 2-7\.png"),
        (("a1.png", "a1.jpg", "a2.png"), "one frame per name"),
    ],
)
def test_names_in_another_order_than_time(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (32, 32)).save(tmp_path / name)
    with pytest.raises(DatasetError, match=words):
        open_sequence((tmp_path / names[0]).parent)


@pytest.mark.parametrize("names", [("09", "10"), ("a1b2", "a1b3"), ("1_9", "2_1"), ("x", "y"), ("2", "2b")])
def test_names_in_order(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
    assert open_sequence(tmp_path).pairs == (len(names) - 1,)


def test_labels_of_another_size(drive: Path) -> None:
    Image.new("L", (90, 64)).save(drive / "masks" / "0001.png")
    with pytest.raises(DatasetError, match="labels of 64x96 pixels"):
        open_sequence(drive)


def test_labels_that_are_missing(drive: Path) -> None:
    (drive / "masks" / "0001.png").unlink()
    with pytest.raises(DatasetError, match="1 images without a mask"):
        open_sequence(drive)
