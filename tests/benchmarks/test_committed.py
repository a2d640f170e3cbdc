"""What is committed under results/ is used, and says nothing of the machine that made it but its hardware and system."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

RESULTS = sorted((Path(__file__).resolve().parents[2] / "results").glob("*"))
ABSOLUTE = re.compile(r"(?:^|[\s\"'=:(])(?:/[\w.-]+/|[A-Za-z]:\\|~/|file://)")

ELSEWHERE = {
    "app_frames.json",
    "augmentations.json",
    "foreign.json",
    "rewrites.json",
}  # tables of android_demo/README.md, docs/guides/training.md and docs/guides/network.md


def strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | dict):
        for inner in content.values() if isinstance(content, dict) else content:
            yield from strings(inner)


def test_every_file_is_read_by_the_generated_page() -> None:
    known = {"accuracy.json", "arm_cost.json", "class_map.json", "fleet.json", "mask.json", "recipes.json", "zoo.json"}
    found = {path.name for path in RESULTS} - ELSEWHERE
    assert (
        known - {"class_map.json", "fleet.json", "mask.json"} <= found <= known
    )  # the page says what was not measured


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_no_path_of_a_machine_is_in_it(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [text for text in strings(content) if ABSOLUTE.search(text)] == []


@pytest.mark.parametrize("text", ["/tmp/w/a.pte", "found /root/x/y: no", "C:\\data", "--data ~/x", "--out=/srv/x/"])
def test_the_search_finds_paths(text: str) -> None:
    assert ABSOLUTE.search(text)


@pytest.mark.parametrize("text", ["python benchmarks/zoo.py", "weights/a.safetensors", "n / m", "float32 / int8"])
def test_the_search_leaves_names_alone(text: str) -> None:
    assert not ABSOLUTE.search(text)
