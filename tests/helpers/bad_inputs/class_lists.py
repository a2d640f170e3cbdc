"""classes.json that cannot be read, or that contradict themselves."""

from __future__ import annotations

import json
from typing import Any

from bad_inputs.case import Case, both, file
from bad_inputs.folders import FINETUNE, good

NAMES = ["a", "b"]


def classes(name: str, content: Any, *words: str) -> Case:
    """The data set with this in place of its classes.json."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Case(f"classes: {name}", FINETUNE, words, both(good, file("d/classes.json", text)))


def fields(name: str, *words: str, **more: Any) -> Case:
    return classes(name, {"names": NAMES, **more}, *words)


def asked(name: str, value: str, *words: str) -> Case:
    return Case(f"classes: {name}", (*FINETUNE, "--classes", value), words, good)


CASES = (
    Case("classes: none", FINETUNE, ("classes.json",), both(good, lambda folder: (folder / "d/classes.json").unlink())),
    classes("empty", b"", "no JSON"),
    classes("cut off", b'{"names": ["a", ', "no JSON"),
    classes("no text", b'{"names": ["\xff\xfe"]}', "no JSON"),
    classes("half of UTF-16", '{"names": ["a"]}'.encode("utf-16")[:-3], "no JSON"),
    classes("too deep", b'{"names": ' + b"[" * 100_000, "no JSON"),
    classes("a number of 5000 digits", b'{"names": ["a", "b"], "ignore_index": ' + b"9" * 5000 + b"}", "no JSON"),
    classes("a list", ["a", "b"], "classes.json"),
    classes("nothing", {}, "names"),
    classes("no names", {"names": []}, "names"),
    classes("a text as names", {"names": "road"}, "names"),
    classes("a number as name", {"names": ["a", 7]}, "names.1"),
    classes("half a letter", b'{"names": ["a", "\\ud800"]}', "names.1"),
    classes("a name twice", {"names": ["a", "a"]}, "occurs twice"),
    classes("a single name", {"names": ["a"]}, "classes"),
    classes("things that are a number", {"things": 5}, "things"),
    classes("things that are nothing", {"things": None}, "things"),
    classes("stuff that is a number", {"things": ["a"], "stuff": 7}, "stuff"),
    fields("too few colours", "1 colours for 2 names", palette=[[1, 2, 3]]),
    fields("a colour of two", "palette.0", palette=[[1, 2], [3, 4]]),
    fields("a colour beyond 255", "palette.0.2", palette=[[1, 2, 256], [3, 4, 5]]),
    fields("a colour of fractions", "palette.0.0", palette=[[0.5, 0.1, 0.1], [0.1, 0.2, 0.3]]),
    fields("a palette of names", "palette", palette="viridis"),
    fields("ignore below 0", "ignore_index", ignore_index=-1),
    fields("ignore beyond 16 bits", "ignore_index", ignore_index=1 << 20),
    fields("ignore a name", "ignore_index", ignore_index="void"),
    fields("ignore a list", "ignore_index", ignore_index=[255]),
    fields("unknown things", "things c are not among the names", things=["c"]),
    fields("two ways to shift", "exclude each other", reduce_zero_label=True, label_map={"1": "a"}),
    fields("an odd value", "label_map", label_map={"x": "a"}),
    fields("an odd colour", "label_map", label_map={"1,2,300": "a"}),
    fields("an unknown name", "'c' is neither among the names", label_map={"1": "c"}),
    fields("a number too large", "no class number", label_map={"1": 2}),
    fields("values and colours", "both values and colours", label_map={"1": "a", "1,2,3": "b"}),
    fields("a value twice", "written in two ways", label_map={"1": "a", "01": "b"}),
    fields("a palette that is none", "there is no palette", label_map="palette"),
    fields("a palette with a colour twice", "a colour twice", label_map="palette", palette=[[1, 2, 3], [1, 2, 3]]),
    fields("a palette of numbers as map", "palette", label_map="palette", palette=[1, 2]),
    fields("a map of lists", "label_map", label_map={"1": ["a"]}),
    fields("a list as map", "label_map", label_map=["a", "b"]),
    fields("values that the map lacks", "label_map in classes.json", label_map={"5": "a", "6": "b"}),
    fields("colours that are not there", "colours of label_map", label_map={"1,2,3": "a", "#040506": "b"}),
    fields("an even window", "panoptic.nms_kernel", panoptic={"nms_kernel": 4}),
    fields("a setting that is none", "panoptic.window", panoptic={"window": 4}),
    fields("groups of a number", "groups", groups=7),
    fields("groups of no expression", "a regular expression", groups="("),
    fields("groups that lack images", "a group for every image", groups={"one": ["0", "1"]}),
    fields("an image in two groups", "one group for each image", groups={"one": ["0"], "two": ["0"]}),
    asked("a list that is none", "ade2k", "did you mean ade20k"),
    asked("a file that is none", "none.json", "none.json"),
    asked("a folder", "d/", "d"),
    asked("another file", "d/images/1.png", "no JSON"),
)
