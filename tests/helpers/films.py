"""Small films with exact labels and exact flow: textured rectangles that move over a textured ground, whole pixels a frame."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

UNIT = 16  # a file's units of a pixel
COLORS = np.array([[110, 110, 110], [200, 60, 40], [60, 180, 70], [50, 80, 210], [210, 200, 60]])
NAMES = ("ground", "red", "green", "blue", "yellow")


@dataclass(frozen=True)
class Thing:
    """``place``, ``extent``: rows, columns, in the first frame; ``speed``: down, right in pixels a frame; None is the ground."""

    number: int
    place: tuple[int, int]
    extent: tuple[int, int]
    speed: tuple[int, int]


THINGS = (
    Thing(1, (8, 4), (20, 24), (0, 3)),
    Thing(2, (30, 60), (16, 18), (1, -2)),
    Thing(3, (20, 30), (24, 12), (-1, 1)),  # the nearest: it covers others
    Thing(4, (2, 70), (14, 14), (2, 0)),
)


@dataclass(frozen=True)
class Frame:
    """``image`` uint8 ``(h, w, 3)``, ``mask`` uint8 ``(h, w)``; ``motion`` in pixels ``(h, w, 2)`` right, down, and ``seen``."""

    image: np.ndarray
    mask: np.ndarray
    motion: np.ndarray
    seen: np.ndarray


def film(frames: int = 10, size: tuple[int, int] = (64, 96), pan: int = 1, seed: int = 0) -> list[Frame]:
    """The camera turns by ``pan`` pixels a frame: the ground moves to the left. The last frame's motion is to one that is not shown."""
    random = np.random.default_rng(seed)
    height, width = size
    ground = _texture(random, (height, width + pan * (frames + 1)))
    textures = {thing.number: _texture(random, thing.extent) for thing in THINGS}
    made = []
    for number in range(frames):
        now, later = (_depths(size, number + later) for later in (0, 1))
        image = COLORS[0] + ground[:, pan * number : pan * number + width, None]
        motion = np.zeros((height, width, 2), dtype=np.int64)
        motion[..., 0] = -pan
        for thing in THINGS:
            top, left = _place(thing, number)
            rows, columns = (np.arange(length) for length in thing.extent)
            inside = (
                (rows[:, None] + top >= 0)
                & (rows[:, None] + top < height)
                & (columns + left >= 0)
                & (columns + left < width)
            )
            y, x = (part[inside] for part in np.broadcast_arrays(rows[:, None] + top, columns + left))
            mine = now[y, x] == thing.number
            image[y[mine], x[mine]] = (COLORS[thing.number] + textures[thing.number][..., None])[inside][mine]
            motion[y[mine], x[mine]] = thing.speed[1], thing.speed[0]
        down, across = np.mgrid[:height, :width]
        y, x = down + motion[..., 1], across + motion[..., 0]
        there = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        seen = there & (later[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] == now)
        made.append(Frame(np.clip(image, 0, 255).astype(np.uint8), now.astype(np.uint8), motion, seen))
    return made


def write_film(
    folder: Path, frames: list[Frame], *, flow: bool = True, masks: bool = True, step: int = 1, suffix: str = ".png"
) -> Path:
    """The film as tools/render writes a drive."""
    for kind in ("images", *(["masks"] if masks else []), *(["flow"] if flow else [])):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame.image).save(folder / "images" / f"{number:04d}{suffix}")
        if masks:
            Image.fromarray(frame.mask).save(folder / "masks" / f"{number:04d}.png")
        if flow and number + 1 < len(frames):
            kept = frame.seen[::step, ::step]
            motion = np.where(kept[..., None], frame.motion[::step, ::step] * UNIT, 0).astype(np.int16)
            np.savez_compressed(folder / "flow" / f"{number:04d}.npz", motion=motion, seen=kept)
    if masks:
        content = {"names": NAMES, "palette": COLORS.tolist(), "ignore_index": 255}
        (folder / "classes.json").write_text(json.dumps(content))
    return folder


def by_color(pixels: np.ndarray) -> np.ndarray:
    """The class map of pixels ``(h, w, 3)``: the number of the nearest colour. On a film it is the mask."""
    distance = ((pixels[..., None, :].astype(float) - COLORS) ** 2).sum(-1)
    return distance.argmin(-1).astype(np.int32)


def _texture(random: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    coarse = random.integers(-30, 31, (-(-size[0] // 3), -(-size[1] // 3)))
    return np.kron(coarse, np.ones((3, 3), dtype=np.int64))[: size[0], : size[1]]


def _place(thing: Thing, number: int) -> tuple[int, int]:
    return thing.place[0] + thing.speed[0] * number, thing.place[1] + thing.speed[1] * number


def _depths(size: tuple[int, int], number: int) -> np.ndarray:
    """The number of the thing in front, 0 for the ground."""
    front = np.zeros(size, dtype=np.int64)
    for thing in (THINGS[3], THINGS[0], THINGS[1], THINGS[2]):
        top, left = _place(thing, number)
        bottom, right = top + thing.extent[0], left + thing.extent[1]
        front[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = thing.number
    return front
