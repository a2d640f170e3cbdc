"""What every verb has: -v, -q, --json, exit codes, completion."""

import json
from pathlib import Path

import pytest
from commands import Run

from mobileseg.cli.app import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_help_says_what_every_verb_has(mobileseg: Run, verb: str) -> None:
    said = mobileseg(verb, "--help").stdout
    for words in ("-v, --verbose", "-q, --quiet", "--json FILE", "--force", "Exit codes: 0 good; 1 a gate failed"):
        assert words in said


def test_json_is_a_file_or_standard_output(mobileseg: Run, tmp_path: Path) -> None:
    done = mobileseg("list", "seaformer-tiny*", "--json", "-")
    assert [model["name"] for model in json.loads(done.stdout)] == ["seaformer-tiny", "seaformer-tiny-cls"]
    assert "multiply-adds" in done.stderr
    done = mobileseg("info", "seaformer-tiny", "--json", "info.json")
    assert json.loads((tmp_path / "info.json").read_text())["name"] == "seaformer-tiny"
    assert "bundled weights" in done.stdout
    done = mobileseg("info", "seaformer-tiny", "--json", "info.json")
    assert done.returncode == 2 and "--force" in done.stderr
    assert mobileseg("info", "seaformer-tiny", "--json", "info.json", "--force").returncode == 0
    done = mobileseg("list", "--json", tmp_path)
    assert done.returncode == 2 and "is a folder" in done.stderr


def test_verbose_and_quiet_before_and_after(mobileseg: Run) -> None:
    for words in (("-q", "list"), ("list", "-q"), ("list", "-v"), ("list", "--verbose", "van-b0")):
        assert mobileseg(*words).returncode == 0, words
    done = mobileseg("list", "-v", "-q")
    assert done.returncode == 2 and "--verbose or --quiet" in done.stderr


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mobileseg exp", "export"),
        ("mobileseg export seaformer-ti", "seaformer-tiny"),
        ("mobileseg export seaformer-tiny --target on", "onnx"),
        ("mobileseg latency --device emu", "emulated:"),
        ("mobileseg latency --protocol st", "strict"),
    ],
)
def test_shells_complete(mobileseg: Run, words: str, found: str) -> None:
    count = len(words.split()) - 1
    done = mobileseg(_MOBILESEG_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(count))
    assert found in done.stdout.split(), done


def test_completion_can_be_installed(mobileseg: Run) -> None:
    done = mobileseg("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0, done.stderr
    assert "_MOBILESEG_COMPLETE=complete_bash" in done.stdout


FAILING = """
import sys
sys.argv = ['mobileseg', *sys.argv[1:]]
from mobileseg.interface import info
from mobileseg.quiet import quiet
def broken(name):
    with quiet():
        print('converter: unknown operator')
        raise ValueError('no luck')
import mobileseg
mobileseg.model_info = broken
from mobileseg.cli import main
main()
"""


@pytest.mark.parametrize("more", [(), ("-v",)])
def test_an_unexpected_error_is_a_message(mobileseg_script: Run, more: tuple[str, ...]) -> None:
    done = mobileseg_script(FAILING, "info", "seaformer-tiny", *more)
    assert done.returncode == 70
    assert ("Traceback" in done.stderr) == bool(more)
    assert "ValueError: no luck" in done.stderr
    assert "converter: unknown operator" in done.stderr
