"""Plans: what they stand for, and how their mistakes are said."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.fleet.engine.steps import order_of, steps_of
from mobileseg.fleet.plan.axes import on_worker
from mobileseg.fleet.plan.matrix import cells, matches
from mobileseg.fleet.plan.reading import parse_plan, read_plan
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.outcome import Context

SMALL: dict[str, Any] = {"models": ["seaformer-tiny"], "targets": ["onnx"]}


def plan(**fields: Any) -> dict[str, Any]:
    return {"matrix": SMALL | fields.pop("matrix", {})} | fields


def test_a_matrix_is_every_combination_in_order() -> None:
    found = cells(
        parse_plan(plan(matrix={"precisions": ["float32", "int8"], "devices": ["host"], "threads": [1, "big"]}), "p")
    )
    assert [(c.precision, c.device, c.threads) for c in found] == [
        (p, "host", t) for p in ("float32", "int8") for t in ("1", "big")
    ]
    assert str(found[1]) == "seaformer-tiny onnx float32 host big quick"


def test_rows_are_left_out_and_added() -> None:
    fields = plan(
        matrix={"models": ["seaformer-tiny", "van-b0"], "precisions": ["float32", "int8"]},
        exclude=[{"model": "van-*", "precision": ["int8", "float16"]}],
        include=[{"model": "topformer-tiny", "precision": "float16"}],
    )
    found = [(c.model, c.precision) for c in cells(parse_plan(fields, "p"))]
    assert found == [
        ("seaformer-tiny", "float32"), ("seaformer-tiny", "int8"), ("van-b0", "float32"), ("topformer-tiny", "float16"),
    ]  # fmt: skip


def test_what_has_no_meaning_makes_no_second_cell() -> None:
    fields = plan(matrix={"precisions": ["float32", "int8"], "recipes": ["minmax", "mse"], "threads": [1, 2]})
    found = [(c.precision, c.recipe, c.threads) for c in cells(parse_plan(fields, "p"))]
    assert found == [("float32", "default", ""), ("int8", "minmax", ""), ("int8", "mse", "")]


MISTAKES = (
    (plan(matrix={"model": ["a"]}), "fields that a plan has", "matrix.model", "did you mean models"),
    ({"matrix": {"targets": ["onnx"]}}, "matrix.models in p", "none", "add matrix.models"),
    (plan(matrix={"models": []}), "matrix.models", "[]", "change matrix.models"),
    (plan(matrix={"models": ["seaformer-tinny"]}), "matrix.models[0]: a model", "'seaformer-tinny'", "did you mean seaformer-tiny"),
    (plan(matrix={"sizes": ["128"]}), "matrix.sizes[0]: a size as HxW", "'128'", "height and width"),
    (plan(matrix={"threads": [1, "1,2"]}), "matrix.threads[1]: one number, or big", "'1,2'", "as a list"),
    (plan(matrix={"devices": ["hots"]}), "matrix.devices[0]: a device", "'hots'", "did you mean host"),
    (plan(matrix={"protocols": ["fast"]}), "matrix.protocols[0]: a protocol", "'fast'", "quick"),
    (plan(matrix={"recipes": ["best"]}), "matrix.recipes[0]: a recipe", "'best'", "histogram"),
    (plan(include=[{"precision": "int9"}]), "include[0].precision: a precision", "'int9'", "int8"),
    (plan(exclude=[{"modle": "van-b0"}]), "fields that a plan has", "exclude[0].modle", "did you mean model"),
    (plan(exclude=[{"model": "vann"}]), "exclude[0].model: a model", "'vann'", "did you mean van"),
    (plan(exclude=[{}]), "a plan with a cell", "none", "exclude less"),
    (plan(matrix={"targets": ["executorch"], "precisions": ["int8-weights"]}), "precisions that executorch has", "XNNPACK", "[[exclude]]"),
    (plan(options={"allow": ["cold"]}), "options.allow", "'cold'", "see"),
    (plan(options={"seed": "x"}), "options.seed", "'x'", "change options.seed"),
    (plan(alias={"adb:1": "a", "adb:2": "a"}), "alias: another name", "'a' twice", "rename"),
    (plan(name=""), "name", "''", "change name"),
)  # fmt: skip


@pytest.mark.parametrize(("fields", "expected", "found", "fix"), MISTAKES)
def test_mistakes_are_said_with_their_field(fields: dict[str, Any], expected: str, found: str, fix: str) -> None:
    with pytest.raises(RequestError) as error:
        cells(parse_plan(fields, "p"))
    assert expected in error.value.expected and found in error.value.found and fix in error.value.fix, error.value


def test_a_name_with_an_at_sign_is_the_devices_own() -> None:
    assert on_worker("ssh:tester@board:22") == "ssh:tester@board:22"
    assert (on_worker("host@farm-1"), on_worker("host"), on_worker("adb:X")) == ("host", "host", "adb:X")
    (cell,) = cells(parse_plan(plan(matrix={"devices": ["ssh:tester@board:22"]}), "p"))
    (step,) = [step for step in steps_of([cell])[0] if step.stage.name == "latency"]
    assert step.device == "ssh:tester@board:22"
    step.key = "0"
    assert (
        order_of(step, Workshop(parse_plan(plan(), "p")), Context(run="r", sweep="s"), False).device
        == "ssh:tester@board:22"
    )


def test_a_file_that_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    with pytest.raises(RequestError, match="No such file"):
        read_plan(path)
    path.write_text("[matrix\n")
    with pytest.raises(RequestError, match="a plan in TOML"):
        read_plan(path)
    path.write_text('name = "x"\n[matrix]\nmodels = ["van-b0"]\ntargets = ["onnx"]\n')
    assert read_plan(path).name == "x"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["1", "2", "4", "big"]), min_size=1, unique=True), st.sampled_from(["1", "2", "*"]))
def test_excluded_and_kept_are_the_whole(threads: list[str], out: str) -> None:
    every = cells(parse_plan(plan(matrix={"devices": ["host"], "threads": threads}), "p"))
    asked = parse_plan(plan(matrix={"devices": ["host"], "threads": threads}, exclude=[{"threads": out}]), "p")
    gone = [cell for cell in every if matches(asked.exclude[0], cell)]
    if len(gone) == len(every):
        with pytest.raises(RequestError, match="exclude less"):
            cells(asked)
    else:
        assert [cell for cell in every if cell not in gone] == cells(asked)
