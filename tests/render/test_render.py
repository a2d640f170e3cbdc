"""A small scene through Blender: the same bytes again, in one run or two, on one thread or two; labels and motion that agree.

Where there is no environment to render in these tests say so and are skipped, unless CI or MOBILESEG_REQUIRE_BPY is set.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from render_environment import REQUIRED, python, ready
from required import lacking
from streets.labels import CLASSES, IGNORE, THINGS

from mobileseg.data.dataset import open_labelled
from mobileseg.data.labels import read_panoptic

pytestmark = pytest.mark.slow
RENDER = Path(__file__).resolve().parents[2] / "tools" / "render"
SMALL = ("--size", "96x128", "--samples", "1", "--seed", "3")


def render(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if not ready():
        lacking(f"no environment to render in at {python()}: make render-env", *REQUIRED)
    return subprocess.run(
        [python(), RENDER / "render.py", out, *SMALL, *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def rendered(out: Path, *arguments: str) -> Path:
    done = render(out, *arguments)
    assert done.returncode == 0, done.stderr
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("stills"), "--views", "2", "--threads", "1")


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("drive"), "--sequence", "3") / "scene-0000"


def test_an_ended_run_goes_on_to_the_same_bytes(stills: Path, tmp_path: Path) -> None:
    shutil.copytree(stills, tmp_path / "again")
    for path in (*(tmp_path / "again").glob("*/0001.*"), tmp_path / "again" / "render.json"):
        path.unlink()
    assert contents(rendered(tmp_path / "again", "--views", "2", "--threads", "2")) == contents(stills)


def test_the_toolchain_reads_exact_labels(stills: Path) -> None:
    data = open_labelled(stills)
    assert data.classes.names == CLASSES
    assert len(data.items) == 2
    for item in data.items:
        mask, instances = (np.asarray(Image.open(path)) for path in (item.mask, item.instances))
        assert set(np.unique(mask)) <= {*range(len(CLASSES)), IGNORE}
        assert {"building", "road", "pavement"} <= {CLASSES[n] for n in np.unique(mask) if n != IGNORE}
        thing = np.isin(mask, [CLASSES.index(name) for name in THINGS])
        np.testing.assert_array_equal(thing, instances > 0)
        for number in np.unique(instances[thing]):  # one instance is of one class
            assert len(np.unique(mask[instances == number])) == 1
        read_panoptic(item, data.classes, 1 << 16, len(CLASSES))
    pictures = [np.asarray(Image.open(item.image)) for item in data.items]
    assert not np.array_equal(*pictures)
    assert all(picture.std() > 15 for picture in pictures)


def test_the_record_says_what_made_them_and_nothing_of_the_machine(stills: Path) -> None:
    about = json.loads((stills / "render.json").read_text())
    assert about["seed"] == 3
    assert about["bpy"].startswith("5.")
    assert about["settings"] == {"height": 96, "width": 128, "samples": 1, "bounces": 2, "views": 2}
    assert about["scenes"] == {"0000": 0, "0001": 0}
    assert str(stills) not in json.dumps(about)


def test_other_settings_are_refused_before_anything_is_rendered(stills: Path) -> None:
    before = contents(stills)
    done = render(stills, "--views", "3")
    assert done.returncode == 2
    assert "choose another folder" in done.stderr
    assert contents(stills) == before


def test_a_point_followed_along_the_motion_is_of_the_same_thing(drive: Path) -> None:
    def read(kind: str, frame: int) -> np.ndarray:
        return np.asarray(Image.open(drive / kind / f"{frame:04d}.png")).astype(int)

    assert not (drive / "flow" / "0002.npz").exists()  # nothing comes after the last frame
    for frame in range(2):
        with np.load(drive / "flow" / f"{frame:04d}.npz") as file:
            flow, seen = file["motion"] / 16, file["seen"]
        rows, columns = np.nonzero(seen)
        x = np.floor(columns + 0.5 + flow[rows, columns, 0]).astype(int)
        y = np.floor(rows + 0.5 + flow[rows, columns, 1]).astype(int)
        assert x.min() >= 0 <= y.min()  # and numpy would refuse what is beyond the other edges
        for kind in ("masks", "instances"):
            same = read(kind, frame)[rows, columns] == read(kind, frame + 1)[y, x]
            assert same.mean() > 0.995, kind
        assert seen.mean() > 0.6
        # The pictures agree with it too: light is fixed, the camera drives.
        now, after = (
            np.asarray(Image.open(drive / "images" / f"{n:04d}.jpg")).astype(float) for n in (frame, frame + 1)
        )
        along = np.abs(now[rows, columns] - after[y, x]).mean()
        assert along < 0.95 * np.abs(now - after)[rows, columns].mean()
