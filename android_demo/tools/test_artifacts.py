"""Exports the files for the app's tests and writes Python's results for them, as references.

    python test_artifacts.py FOLDER

From `mobileseg export`: ``FOLDER/NAME.{onnx,pte}`` with manifests. For the first STREETS bundled images, ``street-I``:

* ``.png``, and ``.f32``: its input ``(3, H, W)`` at SIZE, little-endian;
* ``.yuv``: its upper left 360x480 pixels as Y, U, V planes in 4:2:0, one byte per sample;
* ``NAME.street-I.classes``: the class map ``(H, W)`` of the picture, one byte per pixel; if NAME is of SIZE, also
  ``NAME.street-I.yuv.classes`` of the planes, on a sensor rotated by I quarters.

``placements.csv``: where pictures of many sizes are in inputs of many sizes. ``FOLDER/executorch`` is the Python package of the release
OLDER, ``FOLDER/assets`` an asset folder with the two ExecuTorch files. Everything is cached until something changes that an export depends
on.
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
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SIZE = 192, 256
FRAME = 360, 480  # of the same aspect ratio, so that the app's window is the whole frame
STREETS = 11  # one file on one engine takes about a second each
OLDER = "executorch==1.4.1"  # the runtime release of the app's Gradle build that also exists for Python
_TINY = ("seaformer-tiny", "--size", f"{SIZE[0]}x{SIZE[1]}")
# name: arguments of `mobileseg export`
FILES = {
    "float32.onnx": (*_TINY, "--target", "onnx", "--precision", "float32"),
    "int8.onnx": (*_TINY, "--target", "onnx", "--int8"),
    "float32.pte": (*_TINY, "--target", "executorch", "--precision", "float32"),
    "int8.pte": (*_TINY, "--target", "executorch", "--int8"),
    "mask.onnx": (*_TINY, "--target", "onnx", "--precision", "float32", "--emit", "mask"),
    "mask.pte": (*_TINY, "--target", "executorch", "--precision", "float32", "--emit", "mask"),
}
# Other families, sizes, ways to resize, strides, numbers of classes, aligned corners, several outputs, untrained weights.
OTHERS = {
    "portrait-weights8.onnx": ("seaformer-tiny", "--size", "128x64", "--target", "onnx", "--precision", "int8-weights"),
    "letterbox.onnx": ("seaformer-tiny", "--size", "128x64", "--target", "onnx", "--resize", "letterbox"),
    "crop.onnx": ("seaformer-tiny", "--size", "128x64", "--target", "onnx", "--resize", "crop"),
    "topformer.onnx": ("topformer-tiny", "--weights", "random", "--size", "64x64", "--target", "onnx"),
    "van.pte": ("van-b0-light", "--weights", "random", "--size", "64x96", "--target", "executorch"),
    "panoptic.onnx": ("axial-deeplab-s", "--weights", "random", "--size", "65x65", "--target", "onnx"),
}

Plane = NDArray[np.float32]


def _fingerprint(*more: bytes) -> str:
    """Hash of everything that an export depends on, and of ``more``."""
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
    """Y, U, V planes of an RGB picture of even size: JFIF, chroma is the mean of its four pixels."""
    red, green, blue = (pixels[..., i].astype(np.float64) for i in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    height, width = luma.shape
    chroma = ((blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128)
    halves = (plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) for plane in chroma)
    return [np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (luma, *halves)]


def _batch_of_yuv(planes: list[NDArray[np.uint8]], height: int, width: int, quarters: int) -> Plane:
    """The input ``(1, 3, H, W)``: each plane is resized as in `to_batch`, on a sensor rotated by ``quarters`` counter-clockwise, and
    converted to RGB at the input's size."""
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
    for number, image in enumerate(find_images(samples_folder() / "images")[:STREETS]):
        street, pixels = f"street-{number}", read_image(image)
        Image.fromarray(pixels).save(folder / f"{street}.png")
        to_batch(pixels, *SIZE).astype("<f4").tofile(folder / f"{street}.f32")
        planes = _yuv(pixels[: FRAME[0], : FRAME[1]])
        (folder / f"{street}.yuv").write_bytes(b"".join(plane.tobytes() for plane in planes))
        for name, artifact in artifacts.items():
            inputs = {"": artifact.fit.batch(pixels)}
            if name in FILES:
                inputs[".yuv"] = _batch_of_yuv(planes, *SIZE, quarters=number)
            for kind, taken in inputs.items():
                output = artifact.run(taken)
                logits = output[artifact.manifest.output.name] if isinstance(output, dict) else output
                classes = artifact.class_map(logits, *artifact.size)
                classes.astype(np.uint8).tofile(folder / f"{name}.{street}{kind}.classes")


def _placements(folder: Path) -> None:
    from mobileseg.data.fit import RESIZE_MODES, Fit

    draw = np.random.default_rng(0)
    lines = []
    for number in range(900):
        mode = RESIZE_MODES[number % len(RESIZE_MODES)]
        height, width, rows, columns = draw.integers(1, 5000, 4).tolist()
        place = Fit((rows, columns), mode).place((height, width))
        lines.append(",".join(map(str, (mode, height, width, rows, columns, *place.seen, *place.filled))))
    (folder / "placements.csv").write_text("\n".join(lines) + "\n")


def _assets(folder: Path) -> None:
    assets = folder / "assets" / "artifacts"
    assets.mkdir(parents=True, exist_ok=True)
    for name in ("float32.pte", "int8.pte"):
        shutil.copy(folder / name, assets / name)
        shutil.copy(folder / f"{name}.json", assets / f"{name}.json")


def _older_runtime(folder: Path) -> None:
    """Unpack only the package itself; its dependencies are the installed ones."""
    wheels = folder / "wheels"
    asked = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(wheels), OLDER]
    subprocess.run([sys.executable, "-m", "pip", "download", *asked], check=True)
    (wheel,) = wheels.glob("*.whl")
    shutil.rmtree(folder / "executorch", ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "executorch")
    shutil.rmtree(wheels)


def main(folder: Path) -> None:
    """Update whatever is out of date."""
    exported, referred = folder / "exported", folder / "referred"
    wanted = _fingerprint()
    if not exported.is_file() or exported.read_text() != wanted:
        _export(folder)
        exported.write_text(wanted)
    wanted = _fingerprint(Path(__file__).read_bytes())
    if not referred.is_file() or referred.read_text() != wanted:
        _references(folder)
        _placements(folder)
        _assets(folder)
        _older_runtime(folder)
        referred.write_text(wanted)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
