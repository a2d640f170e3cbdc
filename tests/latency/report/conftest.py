"""Results of every kind: comparisons with pictures and without labels, times, counts, differences."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from required import lacking

from mobileseg.data.fit import Fit
from mobileseg.export.evaluation.accuracy import Accuracy, Chance, Gain
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.export.evaluation.consistency import SequenceConsistency
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.floors import FLOORS
from mobileseg.export.evaluation.gates import Measured, consistency_gates, gates_of, overall
from mobileseg.export.evaluation.shift import ShiftConsistency
from mobileseg.export.evaluation.side_by_side import Logits
from mobileseg.export.evaluation.worst import WorstImages
from mobileseg.latency.conditions.sensors import Core, Properties, Sensors
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results import summary as statistics
from mobileseg.latency.results.diff import compare
from mobileseg.latency.results.result import Operator, Profile, Result, Series, Session

REQUIRED = ("CI", "MOBILESEG_REQUIRE_BROWSER")
CLASSES = ("road", "tree", "car")
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
LICENCE = "Copied from elsewhere.\nCC BY-NC 4.0. NOT for redistribution."


def digest(name: str) -> str:
    return (name.encode().hex() * 64)[:64]


def comparison(name: str, seed: int, precision: str, labelled: bool = True, **more: Any) -> Comparison:
    random = np.random.default_rng(seed)
    before, drop = 0.6 + 0.1 * random.random(), 0.004 * random.random()
    sides = tuple(
        Accuracy(miou=m, interval=(m - 0.02, m + 0.02), pixel_accuracy=0.9,
                 iou={c: float("nan") if c == "car" else m + 0.01 * i for i, c in enumerate(CLASSES)})
        for m in (before, before - drop)
    )  # fmt: skip
    accuracy = sides if labelled else (None, None)
    gains = (Gain(metric="mIoU", value=-drop, interval=(-drop - 0.003, -drop + 0.003)),) if labelled else ()
    agreement = 0.97 + 0.02 * random.random()
    chance = (Chance(metric="mIoU", guess=0.2, value=0.5, interval=(0.4, 0.6)),)
    evidence = Evidence(images=40, chance=chance, constant=0.5)
    measured = Measured(precision, evidence, 1e-6, 1.0, agreement, 20.0 + seed, floor=FLOORS[precision])
    if labelled:
        figures = {"mIoU": (before, before - drop)}
        measured = replace(measured, figures=figures, gains=gains)
    gates = gates_of(measured) + consistency_gates(precision, more.get("temporal"))
    logits = Logits(max_error=0.1, mean_error=0.01, sqnr_db=25.0, agreement=agreement, band_agreement=0.9)
    fields: dict[str, Any] = {
        "created": NOW, "model": "seaformer-tiny", "target": "onnx", "precision": precision, "weights": "some",
        "artifact_file": f"{name}.onnx", "artifact_sha256": digest(name), "artifact_bytes": 1_000_000 * (seed + 1),
        "evaluated_by": "ONNX Runtime", "data": "streets/test", "images": 7, "float": accuracy[0], "artifact": accuracy[1],
        "gains": gains, "agreement": agreement, "sqnr_db": 20.0 + seed, "artifact_logits": logits, "deploy_logits": logits,
        "verdict": overall(gates), "gates": gates, "versions": {"python": "3.11"},
    }  # fmt: skip
    return Comparison(**{**fields, **more})


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
                **statistics.summarize(list(turns))._asdict(),
            )
        )  # fmt: skip
    return Result(
        created=NOW, command="mobileseg latency ...", device="host",
        properties=Properties(model=None, soc="Some <chip>", os="Linux", kernel=None, architecture="x86_64",
                              cores=(Core(number=0), Core(number=1))),
        protocol=PROTOCOLS["quick"], versions={"python": "3.11"}, input="noise.png",
        sessions=(Session(threads=2, cores_asked="all", cores=None, repeat=0, runner="onnx", versions="1",
                          before=Sensors(busy=0.25, load=1.5), after=None),),
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
    counts = json.loads((Path(__file__).parents[3] / "results" / "arm_cost.json").read_text())["results"][0]
    content = {
        "big": comparison("big", 2, "float32").to_json(),
        "small": comparison("small", 0, "int8", worst=worst, **consistency(0)).to_json(),
        "bare": comparison("bare", 1, "int8", labelled=False, data="others").to_json(),
        "times": new.to_json(),
        "changed": compare(old, new).to_json(),
        "counts": json.dumps(counts),
    }
    paths = [folder / f"{name}.json" for name in content]
    for path, text in zip(paths, content.values(), strict=True):
        path.write_text(text)
    return paths


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    program = shutil.which("chromium")
    if program is None:
        reason = "no chromium: `make test` installs it if run as root; or run apt-get install chromium"
        lacking(reason, *REQUIRED)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program)
        yield opened
        opened.close()
