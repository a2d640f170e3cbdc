"""Records name files and addresses without saying whose machine they were on."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.provenance import command, public_command, public_name, public_text

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = sorted(
    path
    for folder in ("results", "weights", "mobileseg", "android_demo/app/src/main/assets")
    for path in (ROOT / folder).rglob("*.json")
)
DIGEST = "0123456789abcdef" * 4
PICTURES = {
    "mobileseg/data/samples/": "mobileseg/data/samples/render.json",  # rendered: generator, seed, versions
    "mobileseg/weights/bundled/": None,  # curves: each beside the record of its weights
    "weights/": None,
    "docs/assets/street.webp": "tools/demo_pictures.py",  # a bundled sample through the bundled weights, by `make demo`
    "docs/assets/pipeline.svg": "docs/how-it-works.md",  # drawn by hand
    "android_demo/screen.png": "android_demo/README.md",  # the app's own tests draw it
}
PRIVATE = {
    "a path of a machine": re.compile(
        r"(?<![\w.:/-])(?:/(?:tmp|home|root|Users|work|mnt|var|opt|data|usr|private)/|~/|[A-Za-z]:[\\/])"
    ),
    "a file URL": re.compile(r"file:/"),
    "a user in a URL": re.compile(r"\w://[^/\s\"']*@"),
    "a query of a URL": re.compile(r"\w://[^\s\"']*\?"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "public"),
    [
        ("/home/alice/weights/tiny.pth", "tiny.pth"),
        (Path("/home/alice/weights/tiny.pth"), "tiny.pth"),
        ("../alice/tiny.pth", "tiny.pth"),
        ("weights/tiny.pth", "tiny.pth"),
        ("/data/camvid/", "camvid"),
        (r"C:\Users\alice\tiny.pth", "tiny.pth"),
        (r"\\server\alice\tiny.pth", "tiny.pth"),
        ("C:/Users/alice/tiny.pth", "tiny.pth"),
        ("~/tiny.pth", "tiny.pth"),
        ("/", "/"),
        (".", "."),
        ("", ""),
        ("camvid11", "camvid11"),
        ("https://host.org/a/tiny.pth", "https://host.org/a/tiny.pth"),
        ("https://host.org:8443/tiny.pth", "https://host.org:8443/tiny.pth"),
        ("https://[::1]:8443/tiny.pth", "https://[::1]:8443/tiny.pth"),
        ("https://alice:secret@host.org/tiny.pth?token=secret", "https://host.org/tiny.pth"),
        (f"https://host.org/tiny.pth?token=secret#sha256={DIGEST}", f"https://host.org/tiny.pth#sha256={DIGEST}"),
        ("https://host.org/tiny.pth#token=secret", "https://host.org/tiny.pth"),
        ("https://host.org/tiny.pth#sha256=secret", "https://host.org/tiny.pth"),
        ("file:///home/alice/tiny.pth", "tiny.pth"),
        ("file://alice@server/home/tiny.pth?secret", "tiny.pth"),
        ("https://alice:secret@[::1/tiny.pth?token=secret", "tiny.pth"),
        ("https://alice:secret@host:port/tiny.pth", "tiny.pth"),
        ("https://alice:secret@", ""),
    ],
)  # fmt: skip
def test_the_public_name(place: str | Path, public: str) -> None:
    assert public_name(place) == public


def test_the_public_command() -> None:
    words = [
        "mobileseg", "export", "seaformer-tiny", "--size", "64x96", "--weights=https://alice:pw@host.org/x.pth?token=pw",
        "-o/home/alice/x.pte", "--calibration", "/home/alice/my images", "camvid11=/home/alice/camvid", "--device", "adb:0A1B",
    ]  # fmt: skip
    assert shlex.split(public_command(words)) == [
        "mobileseg", "export", "seaformer-tiny", "--size", "64x96", "--weights=https://host.org/x.pth",
        "-ox.pte", "--calibration", "my images", "camvid11=camvid", "--device", "adb:0A1B",
    ]  # fmt: skip


def test_the_command_is_ours_or_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/alice/.venv/bin/mobileseg", "compare", "/home/alice/x.pte"])
    assert command("mobileseg.export.compare") == "mobileseg compare x.pte"
    monkeypatch.setattr(sys, "argv", ["/home/alice/train.py", "--token", "secret"])
    assert command("mobileseg.export.compare") == "mobileseg.export.compare"


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("sensitivity on 16 images of /home/alice/probes", "sensitivity on 16 images of probes"),
        ("found '/home/alice/x.pte': no such file", "found 'x.pte': no such file"),
        (r"no C:\Users\alice\x.pte, or ~/alice/y", "no x.pte, or y"),
        ("at https://alice:pw@host.org/a/b?token=pw or not", "at https://host.org/a/b or not"),
        ("by hand: mean and/or 1/2, 10/100 dB, a:b", "by hand: mean and/or 1/2, 10/100 dB, a:b"),
    ],
)
def test_the_public_text(text: str, public: str) -> None:
    assert public_text(text) == public


WORDS = st.lists(
    st.sampled_from(["alice", "--o=", "o=", "-o", "/", "\\", "://", "https", "?", "#", "@", ":", "="])
).map("".join)


@given(WORDS, st.sampled_from(["/alice/", "\\alice\\", "~/alice/"]))
def test_no_folder_survives(word: str, folder: str) -> None:
    word = word.replace("://", ":").replace("alice", "x")
    assert "alice" not in public_command([word + folder + "tiny.pth"])


@given(WORDS)
def test_no_user_or_query_survives(word: str) -> None:
    url = f"https://alice@host/x?alice&{word}"
    assert "alice@" not in public_name(url)
    assert "?" not in public_name(url)


@given(WORDS)
def test_a_public_name_is_its_own(word: str) -> None:
    assert public_name(public_name(word)) == public_name(word)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
@pytest.mark.parametrize("what", PRIVATE)
def test_what_is_committed_says_nothing_of_a_machine(path: Path, what: str) -> None:
    found = PRIVATE[what].findall(path.read_text(encoding="utf-8"))
    assert not found, f"{path.relative_to(ROOT)} holds {what}: write it with mobileseg.provenance.public_name"


def pictures() -> list[str]:
    """Every image of the tree, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    kinds = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".heic", ".avif", ".svg")
    return [name for name in listed if name.lower().endswith(kinds)]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a source archive has no list of its files")
def test_every_picture_is_ours_and_has_a_record() -> None:
    found = pictures()
    assert len([name for name in found if name.startswith("mobileseg/data/samples/")]) >= 48
    for name in found:
        place = next((place for place in PICTURES if name.startswith(place)), None)
        assert place is not None, f"{name}: where it comes from is not recorded"
        record = PICTURES[place] or Path(name).with_suffix(".json")
        assert (ROOT / record).is_file(), f"{name} has no {record}"


def test_the_record_of_the_samples_names_each_picture() -> None:
    samples = ROOT / "mobileseg" / "data" / "samples"
    record = json.loads((samples / "render.json").read_text(encoding="utf-8"))
    assert (record["generator"], record["licence"]) == ("mobileseg tools/render", "Apache-2.0")
    held = {
        str(path.relative_to(samples).with_suffix("")).replace("images/", "") for path in samples.rglob("images/*.jpg")
    }
    assert held == set(record["scenes"])
