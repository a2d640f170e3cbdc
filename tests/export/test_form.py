"""Options of one target: what each takes, and what it says of others."""

from typing import Any

import pytest

from mobileseg.errors import RequestError
from mobileseg.export.form import OPSETS, Form
from mobileseg.export.targets import TARGETS


@pytest.mark.parametrize(
    ("target", "precision", "options", "expected"),
    [
        ("executorch", "int8", {"batch": 2}, "--batch of an ONNX file"),
        ("coreml", "int8", {"opset": 18}, "--opset of an ONNX file"),
        ("onnx", "int8", {"input": "image"}, "--input of a Core ML file"),
        ("executorch", "int8", {"min_ios": 17}, "--min-ios of a Core ML file"),
        *(("onnx", "int8", {"batch": wrong}, "from 1 to 256, or dynamic") for wrong in ("0", 0, "-1", "many", "2.0", 257, "9" * 30, "٣")),
        *(("onnx", "int8", {"opset": wrong}, "from 17 to 25") for wrong in (16, 26, 0, -18)),
        ("onnx", "float32", {"symmetric": True}, "--symmetric with precision int8"),
        ("executorch", "int8", {"symmetric": True}, "--symmetric of an ONNX file"),
        ("coreml", "int8", {"input": "picture"}, "tensor or image"),
        *(("coreml", "float16", {"min_ios": wrong}, "16, 17 or 18") for wrong in (15, 19, 0)),
        ("coreml", "int8", {"min_ios": 16}, "17 or 18 with precision int8"),
        ("coreml", "int8-weights", {"min_ios": 16}, "17 or 18 with precision int8-weights"),
        ("onnx", "int8-dynamic", {"batch": "dynamic"}, "one picture at a time"),
    ],
)  # fmt: skip
def test_what_a_target_does_not_take(target: str, precision: str, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(RequestError, match="expected") as caught:
        Form.of(TARGETS[target], precision, **options)
    assert expected in caught.value.expected


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("executorch", {}, ""),
        ("onnx", {}, "opset 18"),
        ("onnx", {"batch": "4", "opset": 17}, "opset 17, 4 pictures at once"),
        ("onnx", {"batch": "dynamic"}, "opset 18, any number of pictures at once"),
        ("onnx", {"batch": 1}, "opset 18"),
        ("onnx", {"symmetric": False}, "opset 18"),
        ("coreml", {}, "iOS 17 and later"),
        ("coreml", {"min_ios": 18, "input": "image"}, "iOS 18 and later, takes a picture (ImageType)"),
    ],
)
def test_words(target: str, options: dict[str, Any], words: str) -> None:
    assert Form.of(TARGETS[target], "float32", **options).words(TARGETS[target]) == words


def test_every_option_of_a_target_is_a_field() -> None:
    fields = set(Form.__dataclass_fields__)
    assert {name for target in TARGETS.values() for name in target.options} == fields
    assert Form().opset in OPSETS
