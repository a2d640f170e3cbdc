"""Exports what the app's tests run, and writes what Python makes of it: the references that the app has to meet.

    python test_artifacts.py FOLDER

By `mobileseg export`: ``FOLDER/NAME.{onnx,pte}`` with manifests. Of every bundled street image ``street-I``:

* ``.png``, and ``.f32``, its input ``(3, H, W)`` at SIZE, little-endian;
* ``.yuv``: its upper left 864x1152 pixels as Y, U, V planes in 4:2:0, a byte a sample;
* ``NAME.street-I.classes``: the class map ``(H, W)`` of the picture, a byte a pixel, and where NAME is of SIZE
  ``NAME.street-I.yuv.classes`` of the planes, on a sensor that is turned by I quarters.

``FOLDER/executorch`` is the Python package of the release that OLDER names, ``FOLDER/assets`` an asset folder with the two
ExecuTorch files. All is kept until something changes that an export depends on.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
SIZE = 192, 256
FRAME = 864, 1152  # of that shape, so that the app's window is all of it
OLDER = "executorch==1.4.1"  # the runtime of the release that the app's Gradle build takes, as far as there is one for Python
_TINY = ("seaformer-tiny", "--size", f"{SIZE[0]}x{SIZE[1]}")
# name, then what `mobileseg export` is asked for
FILES = {
    "float32.onnx": (*_TINY, "--target", "onnx", "--precision", "float32"),
    "int8.onnx": (*_TINY, "--target", "onnx", "--int8"),
    "float32.pte": (*_TINY, "--target", "executorch", "--precision", "float32"),
    "int8.pte": (*_TINY, "--target", "executorch", "--int8"),
    "mask.onnx": (*_TINY, "--target", "onnx", "--precision", "float32", "--emit", "mask"),
    "mask.pte": (*_TINY, "--target", "executorch", "--precision", "float32", "--emit", "mask"),
}
# The same for other families, sizes, strides, numbers of classes, with corners aligned, with several outputs, without training.
OTHERS = {
    "portrait-weights8.onnx": ("seaformer-tiny", "--size", "128x64", "--target", "onnx", "--precision", "int8-weights"),
    "topformer.onnx": ("topformer-tiny", "--weights", "random", "--size", "64x64", "--target", "onnx"),
    "van.pte": ("van-b0-light", "--weights", "random", "--size", "64x96", "--target", "executorch"),
    "panoptic.onnx": ("axial-deeplab-s", "--weights", "random", "--size", "65x65", "--target", "onnx"),
}

Plane = NDArray[np.float32]


def _fingerprint(*more: bytes) -> str:
    """Of everything that an export is made of, and ``more``."""
    digest = hashlib.sha256(repr((FILES, OTHERS)).encode())
    parts = [p for name in ("mobileseg", "export") for p in (ROOT / name).rglob("*")]
    for path in [ROOT / "constraints.txt", *sorted(p for p in parts if p.suffix in (".py", ".safetensors"))]:
        digest.update(path.read_bytes())
    for content in more:
        digest.update(content)
    return digest.hexdigest()


def _export(folder: Path) -> None:
    from mobileseg.cli.app import app

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, arguments in (FILES | OTHERS).items():
        app(["export", *arguments, "--output", str(folder / name)], standalone_mode=False)


def _yuv(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Y, U, V of an RGB picture of even size: JFIF, chroma the mean of its four pixels."""
    red, green, blue = (pixels[..., i].astype(np.float64) for i in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    height, width = luma.shape
    chroma = ((blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128)
    halves = (plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) for plane in chroma)
    return [np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (luma, *halves)]


def _batch_of_yuv(planes: list[NDArray[np.uint8]], height: int, width: int, quarters: int) -> Plane:
    """The input ``(1, 3, H, W)``: every plane resized as `to_batch` does, as it lies on a sensor that is turned by ``quarters``
    counter-clockwise; colours made at the input's size."""
    from PIL import Image

    size = (width, height) if quarters % 2 == 0 else (height, width)
    turned = (Image.fromarray(np.rot90(plane, quarters).astype(np.float32)) for plane in planes)
    y, u, v = (np.rot90(np.asarray(plane.resize(size, Image.Resampling.BILINEAR)), -quarters) for plane in turned)
    u, v = u - 128, v - 128
    colours = np.stack([y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u])
    batch: Plane = colours.clip(0, 255).astype(np.float32).reshape(1, 3, height, width)
    return batch


def _references(folder: Path) -> None:
    from mobileseg.data.dataset import samples_folder
    from mobileseg.data.images import find_images, read_image, to_batch
    from mobileseg.export import open_artifact

    artifacts = {name: open_artifact(folder / name) for name in FILES | OTHERS}
    for number, image in enumerate(find_images(samples_folder() / "images")):
        street, pixels = f"street-{number}", read_image(image)
        shutil.copy(image, folder / f"{street}.png")
        to_batch(pixels, *SIZE).astype("<f4").tofile(folder / f"{street}.f32")
        planes = _yuv(pixels[: FRAME[0], : FRAME[1]])
        (folder / f"{street}.yuv").write_bytes(b"".join(plane.tobytes() for plane in planes))
        for name, artifact in artifacts.items():
            inputs = {"": to_batch(pixels, *artifact.size)}
            if name in FILES:
                inputs[".yuv"] = _batch_of_yuv(planes, *SIZE, quarters=number)
            for kind, taken in inputs.items():
                output = artifact.run(taken)
                logits = output[artifact.manifest.output.name] if isinstance(output, dict) else output
                classes = artifact.class_map(logits, *artifact.size)
                classes.astype(np.uint8).tofile(folder / f"{name}.{street}{kind}.classes")


def _assets(folder: Path) -> None:
    assets = folder / "assets" / "artifacts"
    assets.mkdir(parents=True, exist_ok=True)
    for name in ("float32.pte", "int8.pte"):
        shutil.copy(folder / name, assets / name)
        shutil.copy(folder / f"{name}.json", assets / f"{name}.json")


def _older_runtime(folder: Path) -> None:
    """Its own files alone, unpacked: the packages that it needs are those that are installed."""
    wheels = folder / "wheels"
    asked = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(wheels), OLDER]
    subprocess.run([sys.executable, "-m", "pip", "download", *asked], check=True)
    (wheel,) = wheels.glob("*.whl")
    shutil.rmtree(folder / "executorch", ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "executorch")
    shutil.rmtree(wheels)


def main(folder: Path) -> None:
    """Make what is not up to date."""
    exported, referred = folder / "exported", folder / "referred"
    wanted = _fingerprint()
    if not exported.is_file() or exported.read_text() != wanted:
        _export(folder)
        exported.write_text(wanted)
    wanted = _fingerprint(Path(__file__).read_bytes())
    if not referred.is_file() or referred.read_text() != wanted:
        _references(folder)
        _assets(folder)
        _older_runtime(folder)
        referred.write_text(wanted)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
