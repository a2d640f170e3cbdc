"""The results of a sweep over weeks, made from numbers: phones that differ in speed, files that differ in accuracy, one that gets slower,
and one that its protocol refuses."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from made_comparisons import NOW, comparison, digest

from mobileseg.latency.conditions.gates import Deviation
from mobileseg.latency.conditions.sensors import Battery, Core, Properties, Sensors, Zone
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Result, Series, Session

DEVICES = {
    "adb:pixel-8-a": (1.0, "Pixel 8", "Tensor G3"),
    "adb:galaxy-s24": (0.62, "Galaxy S24", "Snapdragon 8 Gen 3"),
    "ssh:raspberry-pi-5": (2.4, "Raspberry Pi 5", "BCM2712"),
}
MODELS = {
    "seaformer-tiny": (8.3, 6.7e6),
    "topformer-tiny": (9.0, 5.6e6),
    "van-b0-fpn": (175.0, 45e6),
    "axial-resnet26-s": (34.0, 26e6),
}
PRECISIONS = {"float32": (1.0, 1.0), "float16": (0.61, 0.5), "int8": (0.55, 0.28), "int8-float16": (0.49, 0.26)}
LOST = {"float32": 0.0, "float16": 0.0004, "int8": 0.0061, "int8-float16": 0.0072}  # of the mIoU
SLOWER = ("adb:pixel-8-a", "van-b0-fpn", "int8")
REFUSED = ("adb:galaxy-s24", "seaformer-tiny", "float32")


def write_sweep(folder: Path, weeks: int = 6, threads: Sequence[int] = (1, 4), turns: int = 40) -> list[Path]:
    """One file for each comparison and each measurement."""
    paths = []
    for model, precision in itertools.product(MODELS, PRECISIONS):
        name = f"{model}-{precision}"
        size = int(MODELS[model][1] * PRECISIONS[precision][1])
        made = comparison(
            name,
            list(MODELS).index(model),
            precision,
            lost=LOST[precision],
            model=model,
            artifact_bytes=size,
            artifact_file=f"{name}.pte",
            target="executorch",
        )
        paths.append(folder / f"compare-{name}.json")
        paths[-1].write_text(made.to_json())
    for name, result in measurements(weeks, threads, turns):
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(result.to_json())
    return paths


def measurements(weeks: int, threads: Sequence[int], turns: int) -> Iterator[tuple[str, Result]]:
    """Each file on each device with each number of threads, each week, with a name for it."""
    random = np.random.default_rng(7)
    for week, device, model, precision, count in itertools.product(range(weeks), DEVICES, MODELS, PRECISIONS, threads):
        cell = (device, model, precision)
        median = DEVICES[device][0] * MODELS[model][0] * PRECISIONS[precision][0] / count**0.6 * random.normal(1, 0.006)
        if cell == SLOWER and week >= weeks // 2:
            median *= 1.2
        times = (
            median
            * (1 + 0.01 * random.gamma(2.0, 1.0, (turns, 10)))
            * np.linspace(1, 1 + 0.03 * random.random(), turns)[:, None]
        )
        refused = cell == REFUSED and week == weeks - 1
        yield (
            f"{device.replace(':', '-')}-{model}-{precision}-{count}-{week}",
            _result(cell, NOW + timedelta(weeks=week), times, count, refused),
        )


def _result(cell: tuple[str, str, str], created: datetime, times: np.ndarray, threads: int, refused: bool) -> Result:
    device, model, precision = cell
    _, name, soc = DEVICES[device]
    hot = Deviation(
        gate="hot", when="after", session=0, verdict="refused", expected="skin below 39 °C", found="41.2 °C"
    )
    seen = Sensors(
        zones=(Zone(name="skin", celsius=31.0),),
        battery=Battery(level=80, charging=False, saver=False),
        load=0.5,
        busy=0.02,
    )
    file = f"{model}-{precision}"
    series = Series(
        file=f"{file}.pte", sha256=digest(file), model=model, target="executorch", precision=precision, size=(512, 512), emit="logits",
        size_bytes=int(MODELS[model][1] * PRECISIONS[precision][1]), load_ms=40.0, first_ms=float(1.4 * times[0, 0]), peak_kb=30000,
        samples_ms=tuple(times.ravel().tolist()), at_s=tuple(float(v) for v in np.arange(len(times)) * times.mean() / 100),
        **summary.summarize(list(times))._asdict(),
    )  # fmt: skip
    return Result(
        created=created, command="mobileseg sweep", device=device,
        properties=Properties(model=name, soc=soc, os="Android 16", kernel=None, architecture="aarch64", cores=(Core(number=0),)),
        protocol=PROTOCOLS["standard"], deviations=(hot,) if refused else (), versions={"executorch": "1.5.1"}, input="noise.png",
        sessions=(Session(threads=threads, cores_asked="all", cores=None, repeat=0, runner="cpp", versions="executorch 1.5.1",
                          before=seen, after=seen),),
        series=(series,), complete=True,
    )  # fmt: skip
