"""What each augmentation does to accuracy: the same short training without any, with each alone, and with all.

    python benchmarks/augmentations.py ../data/camvid11

Writes results/augmentations.json and the table in docs/guides/training.md. An interrupted run resumes when its command is repeated:
trained weights are kept in build/augmentations.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from augmentations_results import AugmentationRow, Augmentations
from augmentations_table import write_table

import mobileseg
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.fit import Fit
from mobileseg.data.split import open_one
from mobileseg.export.evaluation.accuracy import AccuracyMeter
from mobileseg.export.evaluation.reference_accuracy import measured
from mobileseg.export.versions import installed
from mobileseg.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
RESULTS, KEPT = ROOT / "results" / "augmentations.json", ROOT / "build" / "augmentations"
MODEL, START = "seaformer-tiny", "street-v1"
CONFIG: dict[str, Any] = {
    "epochs": 8, "batch_size": 8, "lr": 0.001, "size": (384, 512), "crop": (192, 256), "eval_interval": 8,
}  # fmt: skip
NONE: dict[str, Any] = {"scale": (1.0, 1.0), "color": 0.0}  # those that are on by default
ALONE: Mapping[str, dict[str, Any]] = {
    "none": {},
    "scale": {"scale": (0.5, 2.0)},
    "colour": {"color": 0.4},
    "gamma": {"gamma": 0.3},
    "blur": {"blur": 1.0},
    "noise": {"noise": 6.0},
    "cutout": {"cutout": 0.15},
    "JPEG": {"jpeg": 60},
}
ROWS = {**ALONE, "all": {key: value for options in ALONE.values() for key, value in options.items()}}


def train(name: str, data: Path, threads: int) -> Path:
    """The weights of one training, which are kept: for these options and this data set."""
    options = {**CONFIG, **NONE, **ROWS[name]}
    digest = hashlib.sha256(json.dumps([MODEL, START, data.name, options]).encode()).hexdigest()[:12]
    path = KEPT / f"{name}-{digest}.safetensors"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        mobileseg.finetune(
            MODEL, data, output=path, weights=START, name=f"augmentation-{name}", threads=threads, progress=print,
            on_epoch=lambda report: print(name, report, flush=True), **options,
        )  # fmt: skip
    return path


def tested(weights: Path, images: LabelledFolder) -> AccuracyMeter:
    """The trained network on the test images."""
    model = mobileseg.create_model(MODEL, weights=weights)
    meter, _, _ = measured(model, images, Fit(CONFIG["size"]), None)
    return meter


def row(name: str, weights: Path, meter: AccuracyMeter, plain: AccuracyMeter) -> AugmentationRow:
    """What came of it, beside the training without augmentation."""
    record = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    gains: dict[str, Any] = {}
    if name != "none":
        (gain,) = meter.gains(plain)
        gains = {"gain": gain.value, "interval": gain.interval}
    scores = {"val_miou": record["measured"]["val_miou"], "test_miou": meter.accuracy().miou}
    return AugmentationRow(name=name, options=ROWS[name], **scores, **gains)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="with the splits train, val and test")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    weights = {name: train(name, asked.data, asked.threads) for name in ROWS}
    images = open_one(asked.data, "test")
    meters = {name: tested(path, images) for name, path in weights.items()}
    found = Augmentations(
        created=datetime.now(UTC).replace(microsecond=0),
        model=MODEL,
        start=START,
        data=asked.data.name,
        images=len(open_one(asked.data, "train").items),
        tested=len(images.items),
        config=CONFIG,
        versions={name: version for name, version in installed().items() if name in ("torch", "torchvision")},
        rows=tuple(row(name, weights[name], meter, meters["none"]) for name, meter in meters.items()),
    )
    write_whole(RESULTS, found.to_json().encode())
    write_table(found)


if __name__ == "__main__":
    main()
