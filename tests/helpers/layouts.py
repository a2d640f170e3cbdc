"""Public data sets in small: the folders and files of each layout, with label values that a test can predict."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (16, 24)  # height, width
Values = Callable[[int], np.ndarray]


def picture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, palette: list[int] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette is not None:
        image.putpalette(palette)
    image.save(path)


def stripes(*values: int) -> np.ndarray:
    """A mask with a column for each value, in order."""
    return np.repeat(np.resize(np.array(values, dtype=np.uint8), SIZE[1])[None], SIZE[0], axis=0)


def classes_json(root: Path, **fields: object) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "classes.json").write_text(json.dumps(fields))


def ade20k(root: Path) -> Path:
    """0 is no class; 1..150 are the classes."""
    base = root / "ADEChallengeData2016"
    for split, word, count in (("training", "train", 3), ("validation", "val", 2)):
        for i in range(count):
            name = f"ADE_{word}_{i + 1:08}"
            save(base / "images" / split / f"{name}.jpg", picture(i))
            save(base / "annotations" / split / f"{name}.png", stripes(0, 1, 150, i + 2))
    return base


def cityscapes(root: Path, kind: str = "labelIds") -> Path:
    """Two cities in each split; masks of ``kind``, colours and polygons beside them."""
    for split, cities in (("train", ("aachen", "ulm")), ("val", ("frankfurt", "lindau")), ("test", ("berlin",))):
        for city in cities:
            name = f"{city}_000000_000019"
            save(root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png", picture(1))
            place = root / "gtFine" / split / city
            values = (
                (7, 8, 33, 0, 4) if kind == "labelIds" else (0, 1, 18, 255)
            )  # road, sidewalk, bicycle, not evaluated
            save(place / f"{name}_gtFine_{kind}.png", stripes(*values))
            save(place / f"{name}_gtFine_color.png", picture(2))
            save(place / f"{name}_gtFine_instanceIds.png", stripes(1).astype(np.uint16))
            (place / f"{name}_gtFine_polygons.json").write_text("{}")
    return root


def voc(root: Path) -> Path:
    """Palette masks with 255 along the borders, lists of names, and images without a mask."""
    base = root / "VOCdevkit" / "VOC2012"
    names = {"train": ["2007_000032", "2007_000039"], "val": ["2007_000033"], "test": ["2008_000006"]}
    for split, listed in names.items():
        (base / "ImageSets" / "Segmentation").mkdir(parents=True, exist_ok=True)
        (base / "ImageSets" / "Segmentation" / f"{split}.txt").write_text("\r\n".join(listed) + "\r\n\r\n")
        for i, name in enumerate(listed):
            save(base / "JPEGImages" / f"{name}.jpg", picture(i))
            if split != "test":
                colors = np.random.default_rng(0).integers(0, 256, 768).tolist()  # the colours mean nothing
                save(base / "SegmentationClass" / f"{name}.png", stripes(0, 1, 255, 20), colors)
    save(base / "JPEGImages" / "2012_without.jpg", picture(9))
    return root


def camvid(root: Path) -> Path:
    for split, count in (("train", 2), ("val", 1), ("test", 1)):
        lines = []
        for i in range(count):
            name = f"0001TP_{split}_{i:06}.png"
            save(root / split / name, picture(i))
            save(root / f"{split}annot" / name, stripes(0, 10, 11))
            lines.append(f"/SegNet/CamVid/{split}/{name} /SegNet/CamVid/{split}annot/{name}")
        (root / f"{split}.txt").write_text("\n".join(lines))
    return root


def coco_stuff(root: Path, labels: str = "stuffthingmaps") -> Path:
    """Pixel maps: 0..181 with gaps, 255 for no class. With ``labels`` "annotations" mmsegmentation's train ids are beside them."""
    for split in ("train2017", "val2017"):
        for i in (9, 25):
            name = f"{i:012}"
            images = root / split if labels == "stuffthingmaps" else root / "images" / split
            save(images / f"{name}.jpg", picture(i))
            save(root / labels / split / f"{name}.png", stripes(0, 12, 91, 181, 255))
            if labels == "annotations":
                save(root / labels / split / f"{name}_labelTrainIds.png", stripes(0, 11, 80, 170, 255))
    return root


def as_colors(numbers: np.ndarray) -> np.ndarray:
    """Segment numbers as COCO writes them: red + 256 * green + 65536 * blue."""
    return np.stack([numbers % 256, numbers // 256 % 256, numbers // 65536], axis=2).astype(np.uint8)


CATEGORIES = [
    {"id": 3, "name": "car", "isthing": 1, "color": [0, 0, 142], "supercategory": "vehicle"},
    {"id": 1, "name": "person", "isthing": 1, "color": [220, 20, 60], "supercategory": "person"},
    {"id": 187, "name": "sky", "isthing": 0, "color": [70, 130, 180], "supercategory": "sky"},
]
SEGMENTS = (  # number in the pixels, category, crowd
    (1, 1, 0), (70000, 1, 0), (300, 3, 1), (16777215, 187, 0),
)  # fmt: skip


def segment_numbers() -> np.ndarray:
    """Six columns of equal width: two persons, a crowd of cars, the sky, nothing, and the first person again."""
    numbers = np.array([1, 70000, 300, 16777215, 0, 1])
    return np.repeat(np.repeat(numbers, SIZE[1] // 6)[None], SIZE[0], axis=0)


def coco_panoptic(root: Path) -> Path:
    for split, ids in (("train2017", (9, 25)), ("val2017", (139,))):
        folder = root / "annotations" / f"panoptic_{split}"
        images, annotations = [], []
        for i in ids:
            name = f"{i:012}"
            save(root / split / f"{name}.jpg", picture(i))
            save(folder / f"{name}.png", as_colors(segment_numbers()))
            images.append({"id": i, "file_name": f"{name}.jpg", "height": SIZE[0], "width": SIZE[1]})
            infos = [
                {"id": n, "category_id": c, "iscrowd": crowd, "area": 1, "bbox": [0, 0, 1, 1]}
                for n, c, crowd in SEGMENTS
            ]
            annotations.append({"image_id": i, "file_name": f"{name}.png", "segments_info": infos})
        content = {
            "info": {"year": 2017},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": CATEGORIES,
        }
        (root / "annotations" / f"panoptic_{split}.json").write_text(json.dumps(content))
    return root


def cityscapes_panoptic(root: Path) -> Path:
    """As cityscapesscripts' createPanopticImgs writes it: category ids are label ids, and a group of things is a crowd."""
    cityscapes(root, "labelIds")
    categories = [
        {"id": 7, "name": "road", "isthing": 0}, {"id": 26, "name": "car", "isthing": 1}, {"id": 23, "name": "sky", "isthing": 0}
    ]  # fmt: skip
    for split, cities in (("train", ("aachen", "ulm")), ("val", ("frankfurt", "lindau"))):
        annotations, images = [], []
        for city in cities:
            name = f"{city}_000000_000019"
            numbers = np.repeat(np.repeat(np.array([7, 26001, 26, 23, 0, 26002]), SIZE[1] // 6)[None], SIZE[0], axis=0)
            save(root / "gtFine" / f"cityscapes_panoptic_{split}" / f"{name}_gtFine_panoptic.png", as_colors(numbers))
            images.append(
                {"id": name, "file_name": f"{name}_gtFine_leftImg8bit.png", "width": SIZE[1], "height": SIZE[0]}
            )
            infos = [(7, 7, 0), (26001, 26, 0), (26, 26, 1), (23, 23, 0), (26002, 26, 0)]
            annotations.append({
                "image_id": name, "file_name": f"{name}_gtFine_panoptic.png",
                "segments_info": [{"id": n, "category_id": c, "iscrowd": crowd} for n, c, crowd in infos],
            })  # fmt: skip
        content = {"images": images, "annotations": annotations, "categories": categories}
        (root / "gtFine" / f"cityscapes_panoptic_{split}.json").write_text(
            json.dumps(content, indent=4, sort_keys=True)
        )
    return root


def mmseg(root: Path, splits: bool = True) -> Path:
    for split in ("train", "val") if splits else ("",):
        for i in range(2):
            save(root / "img_dir" / split / f"{i}.jpg", picture(i))
            save(root / "ann_dir" / split / f"{i}.png", stripes(0, 1, 2, 255))
    classes_json(root, names=["a", "b", "c"], ignore_index=255)
    return root


def nested(root: Path) -> Path:
    """``images/train`` and ``masks/train`` instead of ``train/images`` and ``train/masks``."""
    for split in ("train", "val"):
        for i in range(2):
            save(root / "images" / split / f"{i}.png", picture(i))
            save(root / "masks" / split / f"{i}.png", stripes(0, 1, 2))
    classes_json(root, names=["a", "b", "c"])
    return root
