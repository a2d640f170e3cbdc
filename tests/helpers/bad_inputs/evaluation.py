"""Data and protocols that an evaluation, or a comparison by a protocol, cannot use."""

from __future__ import annotations

from pathlib import Path

from layouts import classes_json, picture, save

from bad_inputs.artifacts import exported
from bad_inputs.case import Case, Make, both, empty_folder, file, nothing
from bad_inputs.folders import good

EVALUATE = ("evaluate", "seaformer-tiny", "--data", "d")
CLASSIFY = ("evaluate", "seaformer-tiny-cls", "--weights", "random", "--size", "64x64", "--data", "d")


def evaluate(name: str, *more: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    return Case(f"evaluate: {name}", (*EVALUATE, *more), words, make)


def classified(name: str, make: Make, *words: str, more: tuple[str, ...] = ()) -> Case:
    return Case(f"classifier: {name}", (*CLASSIFY, *more), words, make)


def folders(*names: str) -> Make:
    """A folder with an image for each class."""

    def make(folder: Path) -> None:
        for number, name in enumerate(names):
            save(folder / "d" / name / "1.png", picture(number))

    return make


def named(folder: Path) -> None:
    folders("3")(folder)
    classes_json(folder, names=["a", "b"])


CASES = (
    evaluate("no data", words=("no folder at d",)),
    evaluate("an unknown protocol", "--protocol", "auhtors", words=("did you mean authors",)),
    evaluate("a protocol of other data", "--protocol", "imagenet", words=("11 classes",), make=good),
    evaluate("a size by a protocol", "--protocol", "authors", "--size", "64x64", words=("--size with --protocol deploy",)),
    evaluate("a resize by a protocol", "--protocol", "ade20k", "--resize", "crop", words=("--resize with --protocol deploy",)),
    evaluate("an unknown resize", "--resize", "stretch", words=("squash, letterbox, crop",)),
    evaluate("other classes", "--size", "64x64", words=("11", "2"), make=good),
    evaluate("an unknown split", "--split", "tset", words=("train, val, test",), make=good),
    evaluate("instances without a branch", "--top-k", "3", words=("--top-k with a panoptic model",)),
    evaluate("figures nowhere", "--json", "none/e.json", words=("mkdir -p none",)),
    Case("evaluate: an unknown model", ("evaluate", "seaformer-tny", "--data", "d"), ("did you mean seaformer-tiny",)),
    Case("evaluate: no weights", ("evaluate", "seaformer-small", "--data", "d"), ("--weights",)),
    classified("no data", nothing, "none at d"),
    classified("a file", file("d", b"x"), "none at d"),
    classified("images without folders", lambda folder: save(folder / "d" / "1.png", picture(1)), "no folders in d"),
    classified("an empty folder", empty_folder("d/3"), "images in the folders of d"),
    classified("folders of other names", folders("whale", "shark"), "1000", "whale"),
    classified("a number too large", folders("7", "1000"), "1000"),
    classified("splits", folders("train", "val"), "the splits train, val"),
    classified("no such split", folders("3"), "val/ in d", more=("--split", "val")),
    classified("a text in place of an image", both(folders("3"), file("d/3/2.png", b"x")), "2.png"),
    classified("HEIC alone", file("d/3/1.heic", b"x"), "left out 1 .heic"),
    classified("classes of others", named, "1000 classes", more=("--classes", "classes.json")),
    classified("groups", folders("3"), "--groups of data for segmentation", more=("--groups", "x")),
    Case("export: an unknown resize", ("export", "seaformer-tiny", "--target", "onnx", "--resize", "fit"), ("squash, letterbox, crop",)),
    Case("compare: an unknown protocol", ("compare", "a.onnx", "--data", "d", "--protocol", "x"), ("a protocol",), both(exported(), good)),
    Case(
        "compare: a protocol without labels", ("compare", "a.onnx", "--data", "d", "--protocol", "authors", "--no-labels"),
        ("labelled images for --protocol",), both(exported(), good),
    ),
)  # fmt: skip
