"""Options that messages name exist: of the verb that is named with them, else of some verb, and in training of ``finetune``."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import mobileseg
from mobileseg.cli.app import app
from mobileseg.training.config import TrainingConfig, option_of

ROOT = Path(mobileseg.__file__).parent.parent
FOLDERS = ("mobileseg", "export", "latency")
SAID = ("expected", "found", "fix")  # what every error of ours has
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
OF_OTHERS = {"--force-reinstall": "pip's", "--help": "every verb's; not among click's parameters"}


def options_of_verbs() -> dict[str, set[str]]:
    command = typer.main.get_command(app)
    return {
        verb: {word for parameter in one.params for word in (*parameter.opts, *parameter.secondary_opts)}
        for verb, one in command.commands.items()  # type: ignore[attr-defined]  # it is a group
    }


OPTIONS = options_of_verbs()
OF_VERB = re.compile(rf"\bmobileseg ({'|'.join(OPTIONS)})\b[^,;:]*?({OPTION.pattern})")


def messages() -> Iterator[tuple[Path, int, str]]:
    """Every text in an error: file, line, and the text with ``{}`` for what is filled in."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for value in said(node):
                    yield from ((path, line, text) for line, text in texts(value))


def said(node: ast.AST) -> Iterator[ast.expr]:
    """What a call or an assignment gives to one of ``SAID``."""
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg in SAID)
    if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id in SAID for to in node.targets):
        yield node.value


def texts(node: ast.expr) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.JoinedStr):
        yield node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(node, ast.JoinedStr):
            yield from texts(child)
        elif isinstance(child, ast.FormattedValue):
            yield from texts(child.value)


MESSAGES = list(messages())


def test_messages_are_found() -> None:
    assert len(MESSAGES) > 500
    assert {option for _, _, text in MESSAGES for option in OPTION.findall(text)} >= {
        "--lr",
        "--warmup",
        "--scale",
        "--int8",
    }


def test_every_option_in_a_message_exists() -> None:
    known = set().union(*OPTIONS.values()) | set(OF_OTHERS)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {option}"
        for path, line, text in MESSAGES
        for option in OPTION.findall(text)
        if option not in (OPTIONS["finetune"] if "training" in path.relative_to(ROOT).parts[:2] else known)
    ]
    assert wrong == []


def test_an_option_that_is_named_with_a_verb_is_one_of_that_verb() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: mobileseg {verb} {option}"
        for path, line, text in MESSAGES
        for verb, option in OF_VERB.findall(text)
        if option not in OPTIONS[verb] | set(OF_OTHERS)
    ]
    assert wrong == []


@pytest.mark.parametrize("field", TrainingConfig.model_fields)
def test_every_field_of_the_training_config_has_its_option(field: str) -> None:
    assert option_of(field) in OPTIONS["finetune"]
