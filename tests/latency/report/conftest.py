"""Results of every kind: comparisons with pictures and without labels, times, counts, differences."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_comparisons import NOW, comparison, digest
from made_sweep import write_sweep
from PIL import Image

from mobileseg.data.fit import Fit
from mobileseg.export.evaluation.consistency import SequenceConsistency
from mobileseg.export.evaluation.shift import ShiftConsistency
from mobileseg.export.evaluation.worst import WorstImages
from mobileseg.latency.conditions.course import Course, Trace
from mobileseg.latency.conditions.sensors import Core, Properties, Sensors
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results import summary as statistics
from mobileseg.latency.results.diff import compare
from mobileseg.latency.results.result import Operator, Profile, Result, Series, Session

LICENCE = "Copied from elsewhere.\nCC BY-NC 4.0. NOT for redistribution."


COURSE = Course(
    at_s=(0.5, 1.0, 1.5), core=(0, 1, 1), switches=(0, 4, 9), thermal_status=(None, None, None),
    traces=(
        Trace(kind="khz", name="cpu0", values=(1.8e6, None, 2.4e6)), Trace(kind="cap_khz", name="cpu0", values=(2.8e6, 2.8e6, 2.4e6)),
        Trace(kind="celsius", name="<BIG>", values=(41.0, 44.5, 47.0)), Trace(kind="celsius", name="none", values=(None, None, None)),
    ),
)  # fmt: skip


def consistency(seed: int, **more: Any) -> dict[str, Any]:
    """What ``compare --sequence`` adds."""
    before, drop = 0.9 + 0.01 * seed, 0.002 + 0.001 * seed
    sides = [{"kept": kept, "interval": (kept - 0.01, kept + 0.01)} for kept in (before, before - drop)]
    models = [{**side, "tc": 0.8 - 0.01 * place} for place, side in enumerate(sides)]
    gain = {"metric": "temporal consistency", "value": -drop, "interval": (-drop - 0.003, -drop + 0.003)}
    temporal = {
        "sequence": "drive", "sequence_sha256": digest("drive"), "frames": 12, "drives": 1, "pairs": 11, "block": 3,
        "flow": "given", "flow_source": "files of the sequence", "followed": 0.85, "labels": 0.99, "float": models[0],
        "artifact": models[1], "gain": gain,
    }  # fmt: skip
    nothing = (float("nan"), float("nan"))
    shift = {
        "images": 5, "pixels": (1, 8), "float": sides[0], "artifact": {**sides[1], "interval": nothing},
        "gain": {**gain, "metric": "shift consistency", "interval": nothing},
    }  # fmt: skip
    return {
        "temporal": SequenceConsistency.model_validate({**temporal, **more}),
        "shift": ShiftConsistency.model_validate(shift),
    }


def measurement(names: tuple[str, ...], factor: float = 1.0) -> Result:
    series = []
    for place, name in enumerate(names):
        turns = np.random.default_rng(place).gamma(9.0, factor * (1 + place), (10, 5))
        profile = Profile(
            runs=10,
            total_ms=5.0,
            operators=(Operator(name="Conv <2d>", calls=9, ms=3.25),),
            modules=None,
            note="a note",
        )
        series.append(
            Series(
                file=f"{name}.onnx", sha256=digest(name), model="seaformer-tiny", target="onnx", precision=name,
                size=(64, 96), emit="logits", first_ms=11.5, samples_ms=tuple(turns.ravel().tolist()),
                at_s=tuple(float(i) for i in range(10)), profile=profile if place == 0 else None,
                **statistics.summarize(list(turns))._asdict(), effective_runs=statistics.effective_runs(list(turns)), peak_kb=2048,
            )
        )  # fmt: skip
    return Result(
        created=NOW, command="mobileseg latency ...", device="host",
        properties=Properties(model=None, soc="Some <chip>", os="Linux", kernel=None, architecture="x86_64",
                              cores=(Core(number=0), Core(number=1))),
        protocol=PROTOCOLS["quick"], versions={"python": "3.11"}, input="noise.png",
        sessions=(Session(threads=2, cores_asked="all", cores=None, repeat=0, runner="onnx", versions="1",
                          before=Sensors(busy=0.25, load=1.5), after=None, course=COURSE),),
        series=tuple(series), complete=True,
    )  # fmt: skip


def pictures(folder: Path) -> tuple[WorstImages, Path]:
    """Three images, the second with the lowest agreement; the data set's record forbids sharing."""
    data = folder / "data"
    data.mkdir()
    (data / "SOURCE.txt").write_text(LICENCE)
    seen = WorstImages(2, ((128, 64, 64), (0, 128, 0), (0, 0, 255)), 255, Fit((10, 10)))
    label = np.tile(np.arange(3, dtype=np.int64).repeat(8), (12, 1))
    for name, wrong in (("a", 2), ("b", 9), ("c", 5)):
        Image.fromarray(np.full((12, 24, 3), 200, dtype=np.uint8)).save(data / f"{name}.png")
        original, file = label.astype(np.int32), label.astype(np.int32).copy()
        file[:wrong, 0] = 2
        seen.add(data / f"{name}.png", original, file, label)
    return seen, data


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file of every kind."""
    folder = tmp_path_factory.mktemp("results")
    seen, data = pictures(folder)
    worst = seen.write(folder / "small-worst", "small-worst", data)
    old, new = measurement(("big", "small")), measurement(("big", "small"), 1.5)
    (session,) = new.sessions
    other = new.model_copy(update={"sessions": (session.model_copy(update={"versions": "2"}),)})
    counts = json.loads((Path(__file__).parents[3] / "results" / "arm_cost.json").read_text())["results"][0]
    first = counts["series"][0]
    softmax = {"name": "Softmax (NC, F32)", "calls": 2, "counts": {**first["counts"], "instructions": 1234567}}
    first["counted"] = {
        "total": first["counts"]["instructions"], "operators": [softmax], "calls": [], "note": "kernels by kind",
    }  # fmt: skip
    content = {
        "big": comparison("big", 2, "float32").to_json(),
        "small": comparison("small", 0, "int8", worst=worst, **consistency(0)).to_json(),
        "bare": comparison("bare", 1, "int8", labelled=False, data="others").to_json(),
        "times": new.to_json(),
        "changed": compare(old, other).to_json(),
        "counts": json.dumps(counts),
    }
    paths = [folder / f"{name}.json" for name in content]
    for path, text in zip(paths, content.values(), strict=True):
        path.write_text(text)
    return paths


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What four weeks of a sweep leave: 3 devices, 4 models, 4 precisions; something got slower, something was refused."""
    return write_sweep(tmp_path_factory.mktemp("many"), weeks=4, threads=(1,), turns=12)
