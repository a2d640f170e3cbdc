"""Small scenes that a network learns in seconds."""

import json
from pathlib import Path

import numpy as np
from PIL import Image


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A blue sky over grey ground with bright discs: pixels ``(48, 64, 3)`` uint8 and disc numbers ``(48, 64)``, 0 for none."""
    random = np.random.default_rng(seed)
    pixels = np.empty((48, 64, 3), dtype=np.uint8)
    horizon = int(random.integers(16, 32))
    pixels[:horizon], pixels[horizon:] = (90, 140, 220), (110, 110, 110)
    discs = np.zeros((48, 64), dtype=np.uint16)
    down, across = np.mgrid[:48, :64]
    for number, x in enumerate((12, 44), 1):
        y = int(random.integers(10, 38))
        disc = (down - y) ** 2 + (across - x) ** 2 < 49
        pixels[disc], discs[disc] = (230, 200, 60), number
    return (pixels + random.integers(0, 12, pixels.shape)).astype(np.uint8), discs


def make_scenes(root: Path, kind: str) -> Path:
    """A data set with train/, val/, test/ in ``root``: ``masks`` (ground, sky, disc) or ``instances`` (background, disc)."""
    for part, seeds in (("train", range(8)), ("val", range(20, 23)), ("test", range(30, 33))):
        for folder in ("images", kind):
            (root / part / folder).mkdir(parents=True)
        for seed in seeds:
            pixels, discs = scene(seed)
            Image.fromarray(pixels).save(root / part / "images" / f"{seed}.png")
            sky = (pixels[:, :, 2] > 180).astype(np.uint8)
            label = discs if kind == "instances" else np.where(discs > 0, 2, sky).astype(np.uint8)
            Image.fromarray(label).save(root / part / kind / f"{seed}.png")
    content = (
        {"things": ["disc"], "stuff": ["background"]}
        if kind == "instances"
        else {"names": ["ground", "sky", "disc"], "ignore_index": 255}
    )
    (root / "classes.json").write_text(json.dumps(content))
    return root
