"""Flow files: what was written is read, in pixels, at any step; and what is no flow is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobileseg.data.flow import read_flow
from mobileseg.errors import DatasetError

SIZE = (32, 48)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.tuples(st.integers(8, 70), st.integers(8, 70)), step=st.integers(1, 4), seed=st.integers(0, 999))
def test_what_was_written_is_read(tmp_path: Path, size: tuple[int, int], step: int, seed: int) -> None:
    size = (size[0] * step, size[1] * step)
    random = np.random.default_rng(seed)
    shape = (-(-size[0] // step), -(-size[1] // step))
    motion = random.integers(-32768, 32768, (*shape, 2)).astype(np.int16)
    seen = random.random(shape) < 0.5
    np.savez_compressed(tmp_path / "f.npz", motion=motion, seen=seen)
    flow = read_flow(tmp_path / "f.npz", size)
    assert flow.step == step
    assert flow.motion.dtype == np.float32
    assert (flow.motion * 16 == motion).all()
    assert (flow.seen == seen).all()


def write(path: Path, shape: tuple[int, int] = SIZE, **other: np.ndarray) -> Path:
    content = {"motion": np.zeros((*shape, 2), dtype=np.int16), "seen": np.ones(shape, dtype=bool), **other}
    np.savez(path, **content)
    return path


@pytest.mark.parametrize("shape", [(32, 47), (31, 48), (16, 48), (48, 32), (64, 96), (12, 16)])
def test_flow_of_another_size_is_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    with pytest.raises(DatasetError, match="32x48") as caught:
        read_flow(write(tmp_path / "f.npz", shape), SIZE)
    assert f"{shape[0]}x{shape[1]} in {tmp_path / 'f.npz'}" in caught.value.found
    assert "16x24" in caught.value.expected


def test_flow_that_fits_two_steps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="more than one step"):
        read_flow(write(tmp_path / "f.npz", (2, 2)), (8, 8))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"motion": np.zeros((*SIZE, 2), dtype=np.float32)}, "float32"),
        ({"motion": np.zeros((*SIZE, 3), dtype=np.int16)}, r"\(32, 48, 3\)"),
        ({"motion": np.zeros((2, *SIZE), dtype=np.int16)}, r"\(2, 32, 48\)"),
        ({"seen": np.ones(SIZE, dtype=np.uint8)}, "uint8"),
        ({"seen": np.ones((*SIZE, 1), dtype=bool)}, r"\(32, 48, 1\)"),
        ({"seen": np.array([{}], dtype=object)}, "allow_pickle"),
    ],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, other: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        read_flow(write(tmp_path / "f.npz", **other), SIZE)


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "array", "truncated", "damaged", "other names"])
def test_what_is_no_flow_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f.npz"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("flow")
    elif kind == "array":
        with path.open("wb") as stream:
            np.save(stream, np.zeros(3))
    elif kind == "other names":
        np.savez(path, flow=np.zeros(3))
    elif kind != "missing":
        content = bytearray(write(path).read_bytes())
        if kind == "truncated":
            content = content[: len(content) // 2]
        else:
            content[300:400] = b"\xff" * 100
        path.write_bytes(bytes(content))
    with pytest.raises(DatasetError, match=r"f\.npz") as caught:
        read_flow(path, SIZE)
    assert "motion" in caught.value.fix
