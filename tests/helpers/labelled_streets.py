"""A labelled data set on which ``street-net`` is good: crops of the bundled pictures, labelled by the reference model itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from street_net import NAME

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images, read_batch, read_image

CROP = (96, 144)  # height, width: of pictures with sky, road and what stands beside it
SIZE = (64, 96)  # at which the reference model labels them


def make_streets(folder: Path, count: int, seed: int = 0) -> Path:
    """``count`` different crops, ``street-0000.png`` and so on, with the classes of the samples."""
    from mobileseg.models.reference import reference_outputs
    from mobileseg.postprocess.class_map import classes_of_output

    model = mobileseg.create_model(NAME)
    random = np.random.default_rng(seed)
    pictures = [read_image(path) for path in find_images(samples_folder() / "images")]
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for number in range(count):
        picture = pictures[number % len(pictures)]
        scale = random.uniform(1.0, 3.0)
        height, width = (min(round(side * scale), whole) for side, whole in zip(CROP, picture.shape, strict=False))
        top, left = (
            int(random.integers(0, whole - side + 1))
            for side, whole in zip((height, width), picture.shape, strict=False)
        )
        pixels = np.asarray(Image.fromarray(picture[top : top + height, left : left + width]).resize(CROP[::-1]))
        image = folder / "images" / f"street-{number:04}.png"
        Image.fromarray(pixels).save(image)
        outputs = reference_outputs(model, read_batch(image, *SIZE))
        label = classes_of_output(outputs[0], *CROP).astype(np.uint8)
        Image.fromarray(label).save(folder / "masks" / image.name)
    shutil.copy(samples_folder() / "classes.json", folder)
    return folder
