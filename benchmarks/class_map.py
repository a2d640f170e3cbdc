"""What the class map on the host costs, beside the file that it follows and beside interpolation with argmax; writes
results/class_map.json. Everything in turns, in one process, on one thread; processor time, because a machine that others use, too,
interrupts what is long more often than what is short.

python benchmarks/class_map.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from places import read_text

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.document import Document, Part, parse_document
from mobileseg.errors import MobilesegError, RequestError
from mobileseg.export import export_model, open_artifact
from mobileseg.files import write_whole
from mobileseg.latency.conditions.sensors import Properties
from mobileseg.latency.devices.host import Host
from mobileseg.latency.results.summary import Ratio, ratio
from mobileseg.postprocess.class_map import class_map

RESULTS = Path(__file__).resolve().parent.parent / "results" / "class_map.json"
SCHEMA_VERSION: Final = 1
MODEL, SIZE, STRIDE, CONTESTED = "seaformer-tiny", (512, 512), 8, 150
TURNS, IMAGES = 96, 24
Logits = NDArray[np.float32]


class Row(Part):
    """Samples of one kind of logits, in ms of processor time, in turns. ``file_ms``: None for logits that no file made."""

    name: str
    classes: int
    file_ms: tuple[float, ...] | None
    class_map_ms: tuple[float, ...]
    interpolated_ms: tuple[float, ...]

    def over_file(self) -> Ratio | None:
        """The class map over the file."""
        return None if self.file_ms is None else _ratio(self.class_map_ms, self.file_ms)

    def over_interpolation(self) -> Ratio:
        """The class map over interpolation with argmax."""
        return _ratio(self.class_map_ms, self.interpolated_ms)


class HostCost(Document):
    """results/class_map.json."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    properties: Properties
    versions: dict[str, str]
    model: str
    size: tuple[int, int]
    rows: tuple[Row, ...]


def _ratio(new: Sequence[float], old: Sequence[float]) -> Ratio:
    return ratio([[value] for value in new], [[value] for value in old], paired=True)


def read_host_cost(path: Path) -> HostCost:
    """Raises ``RequestError`` for anything else, ``EnvironmentLackError`` for another schema version."""
    text = read_text(path, "benchmarks/class_map.py")
    return parse_document(HostCost, text, path, "result of benchmarks/class_map.py", RequestError, "run it again")


def interpolated(logits: Logits) -> NDArray[np.int32]:
    """Interpolation and argmax, of PyTorch."""
    wide = torch.nn.functional.interpolate(torch.from_numpy(logits)[None], SIZE, mode="bilinear")
    found: NDArray[np.int32] = wide[0].argmax(0).to(torch.int32).numpy()
    return found


def in_turns(actions: Mapping[str, Callable[[int], object]]) -> dict[str, tuple[float, ...]]:
    """Milliseconds of processor time of every action in ``TURNS`` turns; each is given the number of the turn."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(-2, TURNS):  # the first two are not counted
        for name, action in actions.items():
            begin = time.process_time_ns()
            action(turn)
            if turn >= 0:
                taken[name].append((time.process_time_ns() - begin) / 1e6)
    return {name: tuple(values) for name, values in taken.items()}


def of_file(precision: str, folder: Path) -> Row:
    """The logits that an exported file with trained weights gives for the sample images."""
    path = folder / f"{MODEL}-{precision}.pte"
    export_model(MODEL, "executorch", precision=precision, size=SIZE, output=path)
    artifact = open_artifact(path)
    runtime = artifact.load(threads=1)
    batches = [artifact.fit.read(image) for image in find_images(samples_folder() / "images")[:IMAGES]]
    logits = [runtime.run(batch)[0][0].astype(np.float32) for batch in batches]
    return _row(f"{MODEL} in {precision}", logits, {"file_ms": lambda turn: runtime.run(batches[turn % IMAGES])})


def contested() -> Row:
    """Logits of which every class can win in every cell: the most that there is to do."""
    shape = (CONTESTED, SIZE[0] // STRIDE, SIZE[1] // STRIDE)
    return _row("every class contested", [np.random.default_rng(0).standard_normal(shape).astype(np.float32)], {})


def _row(name: str, logits: Sequence[Logits], more: Mapping[str, Callable[[int], object]]) -> Row:
    taken: dict[str, Any] = in_turns(
        {
            **more,
            "class_map_ms": lambda turn: class_map(logits[turn % len(logits)], *SIZE),
            "interpolated_ms": lambda turn: interpolated(logits[turn % len(logits)]),
        }
    )
    return Row(name=name, classes=len(logits[0]), **{"file_ms": None, **taken})


def main() -> int:
    """The exit status."""
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = (*(of_file(precision, Path(folder)) for precision in ("float32", "int8")), contested())
    except MobilesegError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    content = HostCost(
        created=datetime.now(UTC).replace(microsecond=0),
        properties=Host().properties(),
        versions={"torch": torch.__version__.split("+")[0]},
        model=MODEL,
        size=SIZE,
        rows=rows,
    )
    write_whole(RESULTS, content.to_json().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
