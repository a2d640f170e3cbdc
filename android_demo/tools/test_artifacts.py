"""Exports what the app's tests run, and writes what Python makes of it: the references that the app has to meet.

    python test_artifacts.py FOLDER

By `mobileseg export`: ``FOLDER/NAME.{onnx,pte}`` with manifests. Of each street image ``street-I``:

* ``.png``, and ``.f32``, its input ``(3, H, W)``, little-endian;
* ``.yuv``: its upper left 864x1152 pixels as Y, U, V planes in 4:2:0, a byte a sample;
* ``NAME.street-I.classes``: the class map ``(H, W)`` of the picture, a byte a pixel, ``NAME.street-I.yuv.classes`` of the planes.

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
HEIGHT, WIDTH = 192, 256
FRAME = 864, 1152  # of the input's shape, so that the app's window is all of it
IMAGES = 3
OLDER = "executorch==1.4.1"  # the runtime of the release that the app's Gradle build takes, as far as there is one for Python
# name, then what `mobileseg export` is asked for
FILES = {
    "float32.onnx": ("--target", "onnx", "--precision", "float32"),
    "int8.onnx": ("--target", "onnx", "--int8"),
    "float32.pte": ("--target", "executorch", "--precision", "float32"),
    "int8.pte": ("--target", "executorch", "--int8"),
    "mask.onnx": ("--target", "onnx", "--precision", "float32", "--emit", "mask"),
    "mask.pte": ("--target", "executorch", "--precision", "float32", "--emit", "mask"),
}

Plane = NDArray[np.float32]


def _fingerprint(*more: bytes) -> str:
    """Of everything that an export is made of, and ``more``."""
    digest = hashlib.sha256(repr((HEIGHT, WIDTH, FILES)).encode())
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
    for name, arguments in FILES.items():
        asked = ["export", "seaformer-tiny", "--size", f"{HEIGHT}x{WIDTH}", *arguments, "--output", str(folder / name)]
        app(asked, standalone_mode=False)


def _yuv(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Y, U, V of an RGB picture of even size: JFIF, chroma the mean of its four pixels."""
    red, green, blue = (pixels[..., i].astype(np.float64) for i in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    height, width = luma.shape
    chroma = ((blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128)
    halves = (plane.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) for plane in chroma)
    return [np.clip(np.round(plane), 0, 255).astype(np.uint8) for plane in (luma, *halves)]


def _batch_of_yuv(planes: list[NDArray[np.uint8]]) -> Plane:
    """The input ``(1, 3, H, W)``: every plane resized as `to_batch` does, colours made at the input's size."""
    from PIL import Image

    size = (WIDTH, HEIGHT)
    y, u, v = (
        np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
        for plane in planes
    )
    u, v = u - 128, v - 128
    colours = np.stack([y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u])
    batch: Plane = colours.clip(0, 255).astype(np.float32).reshape(1, 3, HEIGHT, WIDTH)
    return batch


def _references(folder: Path) -> None:
    from mobileseg.data.dataset import samples_folder
    from mobileseg.data.images import find_images, read_image, to_batch
    from mobileseg.export import open_artifact

    artifacts = {name: open_artifact(folder / name) for name in FILES}
    for number, image in enumerate(find_images(samples_folder() / "images")[:IMAGES]):
        street, pixels = f"street-{number}", read_image(image)
        shutil.copy(image, folder / f"{street}.png")
        batch = to_batch(pixels, HEIGHT, WIDTH)
        batch.astype("<f4").tofile(folder / f"{street}.f32")
        planes = _yuv(pixels[: FRAME[0], : FRAME[1]])
        (folder / f"{street}.yuv").write_bytes(b"".join(plane.tobytes() for plane in planes))
        for name, artifact in artifacts.items():
            for kind, taken in (("", batch), (".yuv", _batch_of_yuv(planes))):
                classes = artifact.class_map(artifact.run(taken), HEIGHT, WIDTH)
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
