"""Bars in a terminal, plain lines elsewhere."""

import io
import re

import pytest

from mobileseg.cli import voice
from mobileseg.cli.progress import Stages


@pytest.fixture
def normal() -> None:
    voice.set_level(voice.Level.NORMAL)


@pytest.mark.usefixtures("normal")
def test_elsewhere_a_line_a_stage_and_no_control_characters() -> None:
    stream = io.StringIO()
    stages = Stages(stream, terminal=False)
    stages("lower to ONNX")
    for done in range(101):
        stages.count("compare", done, 100, "images")
    stages.count("download weights.pth", 1_000_000, 26_000_000, "B")
    stages.count("read", 1, None, "lines")
    stages.close()
    lines = stream.getvalue().splitlines()
    assert [re.sub(r"^\[ *\d+\.\d s\] ", "", line) for line in lines] == [
        "lower to ONNX",
        "compare: 100 images",
        "download weights.pth: 26.0 MB",
        "read",
    ]
    assert stream.getvalue().isprintable() or set(stream.getvalue()) - set("\n") <= set(map(chr, range(32, 127)))


@pytest.mark.usefixtures("normal")
def test_in_a_terminal_a_bar_with_the_time_left() -> None:
    stream = io.StringIO()
    stages = Stages(stream, terminal=True)
    for done in range(4):
        stages.count("compare", done, 8, "images")
    stages("between")
    stages.count("compare", 8, 8, "images")
    text = stream.getvalue()
    assert "0 of 8 images" in text and "left" in text
    assert "between" in text
    assert "\x1b[" in text
    assert stages._bars is None  # nothing is left on the screen when all is done


def test_quiet_says_nothing() -> None:
    voice.set_level(voice.Level.QUIET)
    try:
        stream = io.StringIO()
        stages = Stages(stream, terminal=True)
        stages("lower")
        stages.count("compare", 1, 2, "images")
        assert stream.getvalue() == ""
    finally:
        voice.set_level(voice.Level.NORMAL)
