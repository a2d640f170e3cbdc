"""A network that does what it should not is refused, with the line of its code where there is one."""

from pathlib import Path

import foreign_nets
import pytest
import torch

from mobileseg.errors import RequestError
from mobileseg.models.card import ModelCard, card_of, read_card
from mobileseg.models.factory import build, deploy
from mobileseg.models.foreign.importing import build_module
from mobileseg.models.foreign.network import build as build_network
from mobileseg.models.foreign.refusals import NetworkError
from mobileseg.models.foreign.trial import try_out
from mobileseg.models.lookup import find_model

SOURCE = Path(foreign_nets.__file__).read_text(encoding="utf-8").splitlines()


def line(of: str) -> str:
    """Number and text of the line that contains ``of``."""
    number = next(number for number, text in enumerate(SOURCE, 1) if of in text)
    return f"foreign_nets.py:{number}: {SOURCE[number - 1].strip()}"


@pytest.mark.parametrize(
    ("name", "word", "where"),
    [
        ("WritesInput", "the picture that it is given written into", "x.mul_(0.5)"),
        ("Counts", "its tensor calls written into", "self.calls += 1"),
        ("Custom", "a custom autograd function, _Double", "_Double.apply"),
        ("Divides", "NaN or infinity from div", "out / (x.amax()"),
        ("Forgetful", "another one: bernoulli_", "F.dropout(self.body(x), 0.5)"),
        ("WantsVideo", "not enough values to unpack", "_channels, _time"),
        ("raises", "ValueError: no such backbone", 'raise ValueError("no'),
    ],
)
def test_the_line_is_named(name: str, word: str, where: str) -> None:
    with pytest.raises(NetworkError) as caught:
        find_model(f"foreign_nets:{name}")
    assert word in caught.value.found
    assert caught.value.found.endswith(line(where))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Named", "2 outputs ('out': (1, 3, 64, 64), 'aux': (1, 3, 64, 64))"),
        ("Video", "5 dimensions, (1, 3, 1, 64, 64)"),
        ("Renews", "last replaced"),
        ("Half", "in float16"),
        ("not_a_module", "a str"),
        ("CONSTANT", "a int"),
        ("Absent", "no Absent there"),
    ],
)
def test_what_is_no_line_is_said_in_words(name: str, word: str) -> None:
    with pytest.raises(NetworkError) as caught:
        find_model(f"foreign_nets:{name}")
    assert word in caught.value.found


def test_a_decision_by_values_is_refused_when_it_is_exported() -> None:
    spec = find_model("foreign_nets:Decides")
    with pytest.raises(NetworkError) as caught:
        deploy(build(spec, spec.num_classes), 64, 64)
    assert "a decision by the values of a tensor" in caught.value.found
    assert caught.value.found.endswith(line("if out.mean() > 0"))


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(NetworkError, match="no module named nowhere_at_all"):
        find_model("nowhere_at_all:build")


def test_a_module_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_net.py").write_text("import torch\nx = 1 / 0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetworkError, match=r"ZeroDivisionError: division by zero, at .*broken_net.py:2: x = 1 / 0"):
        find_model("broken_net:build")


@pytest.mark.parametrize("text", ["a:b:c", ":b", "a:", "a.b:1c", "a..b:c"])
def test_what_is_no_factory(text: str) -> None:
    with pytest.raises(RequestError, match=r"package\.module:function"):
        card_of(text)


def test_an_output_that_is_not_there() -> None:
    card = ModelCard(name="named", factory="foreign_nets:Named", output="mask")
    with pytest.raises(NetworkError, match="an output 'mask'"):
        try_out(build_network(card), card)


def test_classes_that_are_others() -> None:
    card = ModelCard(name="tiny", factory="foreign_nets:Tiny", classes=19)
    with pytest.raises(NetworkError, match=r"19 classes, as the model\.toml says"):
        try_out(build_network(card), card)


def test_arguments_that_the_factory_does_not_take() -> None:
    with pytest.raises(NetworkError, match="TypeError"):
        build_module(ModelCard(name="tiny", factory="foreign_nets:Tiny", arguments={"depth": 3}))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("factory = 3\n", "factory"),
        ('factory = "a:b"\nmaen = [0, 0, 0]\n', "maen"),
        ("", "none"),
        ("factory = ", "Invalid value"),
        ('factory = "a:b"\nstd = [0, 1, 1]\n', "above 0"),
        ('factory = "a:b"\nrange = [1, 0]\n', "range"),
        ('factory = "a:b"\nsize = [0, 32]\n', "size"),
        ('factory = "a:b"\nname = "A b"\n', "name"),
    ],
)
def test_a_toml_that_makes_no_sense(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        read_card(path)
    assert word in str(caught.value)


def test_other_classes_than_the_network_gives() -> None:
    spec = find_model("foreign_nets:Tiny")
    with pytest.raises(RequestError, match="expected 3 classes, as tiny gives; found 5"):
        build(spec, 5)


def test_float64_weights_are_refused() -> None:
    from mobileseg.models.foreign.importing import as_module

    with pytest.raises(NetworkError, match="in float64"):
        as_module(torch.nn.Conv2d(3, 2, 1).double(), "x")
