"""Names and numbers that no verb takes, and places where nothing can be written."""

from __future__ import annotations

from pathlib import Path

from layouts import classes_json, picture, save, stripes

from bad_inputs.artifacts import exported
from bad_inputs.case import Case, Make, both, empty_folder, file, nothing, photo
from bad_inputs.folders import FINETUNE, good
from bad_inputs.lists import images

ONNX = ("export", "seaformer-tiny", "--target", "onnx")


def export(name: str, *more: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    return Case(f"export: {name}", (*ONNX, *more), words, make)


def core_ml(name: str, *more: str, words: tuple[str, ...]) -> Case:
    return Case(f"export: {name}", ("export", "seaformer-tiny", "--target", "coreml", *more), words)


def predict(name: str, *more: str, words: tuple[str, ...], make: Make = photo) -> Case:
    return Case(f"predict: {name}", ("predict", "seaformer-tiny", *more), words, make)


def train(name: str, *more: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    """Refused before the data are looked for, unless ``make`` writes them."""
    return Case(f"finetune: {name}", (*FINETUNE, *more), words, make)


def network(name: str, *arguments: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    """A network that is not ours; none of these is imported."""
    return Case(f"network: {name}", arguments, words, make)


def number(option: str, value: str) -> Case:
    """A field of the training config beyond its range."""
    return train(f"{option} {value}", f"--{option}", value, words=(f"--{option}",))


def compare(name: str, *more: str, words: tuple[str, ...], make: Make = nothing) -> Case:
    return Case(f"compare: {name}", ("compare", "a.onnx", "--data", "samples", *more), words, both(exported(), make))


def rank(name: str, *more: str, words: tuple[str, ...]) -> Case:
    return Case(f"sensitivity: {name}", ("sensitivity", "seaformer-tiny", *more), words, photo)


def twice(folder: Path) -> None:
    photo(folder)
    save(folder / "x" / "photo.png", picture(1))


def three(folder: Path) -> None:
    """Three images with the classes of the file."""
    for i in range(3):
        save(folder / "d" / "images" / f"{i}.png", picture(i))
        save(folder / "d" / "masks" / f"{i}.png", stripes(0, 1, 2))
    classes_json(folder / "d", names=["a", "b", "c"])


def usage(*words: str) -> Case:
    return Case(f"usage: {' '.join(words) or 'nothing'}", words, (), usage=True)


BEYOND = (  # of fields of the training config
    ("epochs", "0"), ("batch-size", "1"), ("lr", "0"), ("lr", "-1"), ("lr", "nan"), ("power", "-1"), ("weight-decay", "-0.1"),
    ("warmup", "-1"), ("clip", "0"), ("ema", "1"), ("flip", "2"), ("color", "-1"), ("blur", "99"), ("gamma", "-1"), ("noise", "1000"),
    ("cutout", "1.5"), ("jpeg", "100"), ("ohem", "0"), ("eval-interval", "0"), ("seed", "-1"), ("threads", "0"), ("workers", "-1"),
)  # fmt: skip
CASES = (
    Case("export: an unknown model", ("export", "seaformer-tny", "--target", "onnx"), ("did you mean seaformer-tiny",)),
    Case("export: an unknown target", ("export", "seaformer-tiny", "--target", "onx"), ("did you mean onnx",)),
    Case("export: no weights", ("export", "seaformer-small", "--target", "onnx"), ("--weights",)),
    Case("export: two precisions", ("export", "seaformer-tiny", "--target", "coreml", "--fp16", "--precision", "int8"), ("one precision",)),
    Case("export: both for Core ML", ("export", "seaformer-tiny", "--target", "coreml", "--fp16", "--int8"), ("is this here already",)),
    Case("export: a classifier's mask", ("export", "seaformer-tiny-cls", *ONNX[2:], "--weights", "random", "--emit", "mask"), ("logits",)),
    export("a size that the strides do not divide", "--size", "100x128", words=("96 or 128",)),
    export("a size beyond all", "--size", "99999x32", words=("4096",)),
    export("a size of nothing", "--size", "0x0", words=("height",)),
    export("a size in words", "--size", "big", words=("384x512",)),
    export("a size below 0", "--size", "-32x32", words=("384x512",)),
    export("a size of one number", "--size", "512", words=("384x512",)),
    export("a size of 40 digits", "--size", "1" * 40 + "x32", words=("384x512",)),
    export("a recipe for float16", "--fp16", "--recipe", "minmax", words=("--recipe with precision int8",)),
    export("a batch of nothing", "--batch", "0", words=("dynamic",)),
    export("a batch in words", "--batch", "all", words=("dynamic",)),
    export("a batch of ranges", "--batch", "2", "--precision", "int8-dynamic", words=("one picture at a time",)),
    export("an operator set of the past", "--opset", "9", words=("17 to 25",)),
    export("a picture for ONNX", "--input", "image", words=("--input of a Core ML file",)),
    export("ONNX for iOS", "--min-ios", "17", words=("--min-ios of a Core ML file",)),
    core_ml("a batch for Core ML", "--batch", "2", words=("--batch of an ONNX file",)),
    core_ml("an input of another kind", "--input", "video", words=("tensor or image",)),
    core_ml("an iOS of the past", "--min-ios", "12", words=("16, 17 or 18",)),
    core_ml("int8 before iOS 17", "--min-ios", "16", "--int8", words=("for iOS 17 and later", "palettized")),
    core_ml("int8 weights before iOS 17", "--min-ios", "16", "--precision", "int8-weights", words=("for iOS 17 and later",)),
    export("ONNX with palettes", "--precision", "palettized", words=("only Core ML reads",)),
    export("an unknown precision", "--precision", "int4", words=("int8-weights",)),
    export("another number of classes", "--num-classes", "5", words=("11", "finetune --weights")),
    export("no classes", "--weights", "random", "--num-classes", "0", words=("1 to 4096 classes",)),
    export("too many classes", "--weights", "random", "--num-classes", "99999", words=("1 to 4096 classes",)),
    export("an unknown output", "--emit", "masks", words=("logits or mask",)),
    export("delegation beyond 100", "--require-delegation", "101", words=("0 to 100",)),
    export("agreement in percent", "--require-agreement", "95", words=("0 to 1",)),
    export("no agreement", "--require-agreement", "nan", words=("0 to 1",)),
    export("SQNR below 0", "--require-sqnr", "-3", words=("--require-sqnr",)),
    export("SQNR of a mask", "--emit", "mask", "--require-sqnr", "10", words=("--require-agreement",)),
    export("instances of a file without", "--stuff-area", "10", words=("--stuff-area of a panoptic file",)),
    export("an even window", "--nms-kernel", "4", words=("--nms-kernel",)),
    export("heat beyond 1", "--center-threshold", "7", words=("--center-threshold",)),
    export("no centres", "--top-k", "0", words=("--top-k",)),
    export("classes of nothing", "--classes", "none.json", words=("none.json",)),
    export("classes of other data", "--classes", "ade20k", words=("11 class names",)),
    export("averages of one file", "--ema", words=("averaged weights",)),
    export("a list of nothing", "--int8", "--keep-float", "", words=("a list of layers",)),
    export("nowhere to write", "-o", "none/a.onnx", words=("mkdir -p none",)),
    export("a folder that cannot be written", "-o", "/proc/a.onnx", words=("/proc",)),
    export("below a file", "-o", "x/a.onnx", words=("x",), make=file("x", b"")),
    export("another suffix", "-o", "a.pte", words=(".onnx",)),
    export("too long a name", "-o", "a" * 300 + ".onnx", words=("name",)),
    export("a file that exists", "-o", "a.onnx", words=("--force",), make=file("a.onnx", "mine")),
    export("a manifest that exists", "-o", "a.onnx", words=("--force",), make=file("a.onnx.json", "mine")),
    export("a folder that exists", "-o", "a.onnx", "--force", words=("a.onnx is a folder",), make=empty_folder("a.onnx")),
    export("JSON that exists", "--json", "x.json", words=("--force",), make=file("x.json", "mine")),
    export("JSON in place of a folder", "--json", "x", words=("x is a folder",), make=empty_folder("x")),
    export("loud and quiet", "-v", "-q", words=("--verbose or --quiet",)),
    predict("no such image", "none.png", words=("none.png",)),
    predict("no such folder", "none", words=("none",)),
    predict("a folder of texts", "texts", words=("none directly in texts",), make=file("texts/a.txt", b"x")),
    predict("an image that is none", "a.png", words=("a.png",), make=file("a.png", b"<html></html>")),
    predict("an image of another kind", "a.heic", words=("a.heic",), make=file("a.heic", b"x")),
    predict("an odd size", "photo.png", "--size", "33x64", words=("32 or 64",)),
    predict("two of one name", "photo.png", "x/photo.png", words=("photo_overlay.png",), make=twice),
    predict("a picture that exists", "photo.png", words=("--force",), make=both(photo, file("predictions/photo_overlay.png", "mine"))),
    predict("a file in place of a folder", "photo.png", "-o", "out", words=("out",), make=both(photo, file("out", "mine"))),
    predict("nowhere to write", "photo.png", "-o", "none/out", words=("none/out",)),
    predict("instances without a branch", "photo.png", "--top-k", "5", words=("--top-k with a panoptic model",)),
    predict("no heat", "photo.png", "--center-threshold", "nan", words=("--center-threshold",)),
    Case("predict: no weights", ("predict", "seaformer-tiny-cls", "photo.png"), ("--weights",), photo),
    Case("predict: no image", ("predict", "seaformer-tiny"), (), usage=True),
    *(number(option, value) for option, value in BEYOND),
    train("scales the wrong way round", "--scale", "2", "1", words=("swap",), make=good),
    train("a scale of nothing", "--scale", "0", "1", words=("--scale",)),
    train("a batch of more than there is", "--batch-size", "99", words=("--batch-size",), make=good),
    train("a crop that the strides do not divide", "--crop", "50x64", words=("32 or 64",)),
    train("int8 from nothing", "--int8", words=("--weights",)),
    train("int8 from random weights", "--int8", "--weights", "random", words=("random",)),
    train("a calibration of nothing", "--calibration", "d", words=("--int8",)),
    train("another suffix", "-o", "w.pth", words=(".safetensors",)),
    train("nowhere to write", "-o", "none/w.safetensors", words=("mkdir -p none",)),
    train("weights that are none", "--weights", "none.pth", words=("none.pth",), make=good),
    train("a record that exists", "-o", "d/classes.safetensors", words=("classes.json exists",), make=good),
    Case("finetune: a classifier", ("finetune", "seaformer-tiny-cls", *FINETUNE[2:]), ("a classifier",), good),
    Case("finetune: an unknown model", ("finetune", "seaformr", *FINETUNE[2:]), ("did you mean",), good),
    compare("an unknown split", "--split", "tset", words=("train, val, test",)),
    compare("a split without labels", "--split", "test", "--no-labels", words=("--split of labelled images",)),
    compare("groups without labels", "--groups", "x", "--no-labels", words=("--groups of labelled images",)),
    compare("classes without labels", "--classes", "voc", "--no-labels", words=("--classes of labelled images",)),
    compare("other classes", "--classes", "voc", words=("a.onnx",)),
    compare("a plot of nothing", "--plot", "a.png", words=("--plot alone",)),
    compare("a plot of another kind", "--layers", "--plot", "a.jpg", words=(".png",)),
    compare("pictures without figures", "--worst", "3", words=("--json",)),
    compare("pictures below 0", "--worst", "-3", "--json", "c.json", words=("--worst",)),
    compare("pictures that exist", "--worst", "3", "--json", "c.json", words=("c-worst",), make=file("c-worst/x", "mine")),
    Case(
        "compare: instances without a branch", ("compare", "a.onnx", "--data", "d", "--top-k", "5"), ("--top-k with a panoptic file",),
        both(exported(), three),
    ),
    compare("figures nowhere", "--json", "none/c.json", words=("mkdir -p none",)),
    compare("weights that are none", "--no-labels", "--weights", "none.pth", words=("none.pth",)),
    Case("compare: another network", ("compare", "a.onnx", "--data", "d"), ("agreement", "found"), both(exported(), three), 1),
    Case("compare: one image of it", ("compare", "a.onnx", "--data", "d", "--no-labels"), ("agreement",), both(exported(), three), 1),
    rank("goal without labels", "--drop", "0.5", words=("--data",)),
    rank("no time", "--budget", "0", words=("above 0",)),
    rank("no time at all", "--budget", "nan", words=("above 0",)),
    rank("no images", "--images", "0", words=("images",)),
    rank("another suffix", "-o", "keep.txt", words=(".toml",)),
    rank("labels of nothing", "--data", "none", words=("none",)),
    rank("a list nowhere", "-o", "none/k.toml", words=("mkdir -p none",)),
    Case(
        "sensitivity: labels of other classes",
        ("sensitivity", "seaformer-tiny", "--size", "64x64", "--data", "d", "--calibration", "c"), ("11 classes", "2 classes"),
        both(good, images(12)),
    ),
    Case("sensitivity: an unknown model", ("sensitivity", "seaformer-tny"), ("did you mean seaformer-tiny",)),
    Case("sensitivity: no weights", ("sensitivity", "seaformer-small"), ("--weights",)),
    Case("list: nothing like it", ("list", "nothing*"), ("mobileseg list",)),
    Case("info: half a name", ("info", "seaformer"), ("seaformer-",)),
    Case("info: JSON that exists", ("info", "seaformer-tiny", "--json", "x.json"), ("--force",), file("x.json", "mine")),
    usage("frobnicate"), usage("export"), usage("export", "seaformer-tiny"), usage("info"), usage("list", "--colour"), usage(),
    usage("export", "seaformer-tiny", "--target", "onnx", "--seed", "x"), usage("predict", "seaformer-tiny"),
    usage("compare", "a.onnx", "--data", "d", "--worst", "many"), usage("finetune", "seaformer-tiny"),
    usage("latency", "a.onnx", "--diff", "a.json"), usage("report"),
    network("no factory", "export", "a.b:1c", "--target", "onnx", words=("package.module:function",)),
    network("no such module", "info", "nowhere_at_all:build", words=("no module named nowhere_at_all",)),
    network("no such model.toml", "export", "model.toml", "--target", "onnx", words=("a model.toml at model.toml",)),
    network(
        "an unknown key", "info", "model.toml", words=("maen",), make=file("model.toml", 'factory = "a:b"\nmaen = [0, 0, 0]\n')
    ),
    network("its code has a mistake", "info", "wrong_net:build", words=("NameError", "wrong_net.py:1"),
            make=file("wrong_net.py", "x = y\n")),
    compare("--model of the zoo", "--model", "a.b:c", "--no-labels", words=("leave it out",)),
)  # fmt: skip
