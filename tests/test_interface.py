"""The Python interface: real signatures, documented, and everything that the command line can."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import mobileseg
import mobileseg.export
import mobileseg.fleet
import mobileseg.latency
from mobileseg.cli.app import VERBS as REGISTERED
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.errors import ImageError, OutputError, RequestError, UnknownNameError

MODULES = (mobileseg, mobileseg.export, mobileseg.latency, mobileseg.fleet)
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if callable(getattr(module, name)) and not inspect.isclass(getattr(module, name))
}
# Options that are the command line's own: where JSON goes, what is printed, how a precision may be written.
SCREEN = {"json_file", "int8", "fp16", "no_labels", "dry_run", "action", "arguments", "csv", "junit", "fail_on"}
RENAMED = {"budget": "budget_s", "no_labels": "labels", "model": "name", "precision": "precisions"}
VERBS: dict[str, tuple[Callable[..., Any], ...]] = {
    "export": (mobileseg.export.export_model, mobileseg.fleet.export_once),
    "compare": (mobileseg.export.compare, mobileseg.fleet.compare_once),
    "evaluate": (mobileseg.evaluate,),
    "predict": (mobileseg.predict,),
    "latency": (
        mobileseg.latency.measure,
        mobileseg.latency.diff,
        mobileseg.latency.check_budget,
        mobileseg.latency.check_times,
        mobileseg.fleet.measure_once,
    ),
    "devices": (mobileseg.latency.devices,),
    "advise": (mobileseg.latency.advise,),
    "sweep": (mobileseg.fleet.sweep,),
    "worker": (mobileseg.fleet.worker,),
    "sensitivity": (mobileseg.export.sensitivity,),
    "finetune": (mobileseg.finetune,),
    "report": (mobileseg.fleet.report, mobileseg.latency.report),
    "results": (mobileseg.fleet.index, mobileseg.fleet.query, mobileseg.fleet.trend),
    "list": (mobileseg.list_models,),
    "info": (mobileseg.model_info,),
    "doctor": (mobileseg.doctor,),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_name_every_argument(name: str) -> None:
    signature = inspect.signature(PUBLIC[name])
    assert signature.return_annotation not in (inspect.Signature.empty, "Any")
    for parameter in signature.parameters.values():
        assert parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        assert parameter.annotation not in (parameter.empty, "Any", Any)


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_name_every_argument(name: str) -> None:
    text = inspect.getdoc(inspect.unwrap(PUBLIC[name])) or ""
    if PUBLIC[name] is mobileseg.export.plan_export:
        assert "of ``export_model`` with the same arguments" in text
        return
    said = set(re.findall(r"\w+", text))
    plain = {
        "name",
        "target",
        "model",
        "artifact",
        "artifacts",
        "module",
        "weights",
        "height",
        "width",
        "force",
        "path",
    }
    undocumented = set(inspect.signature(PUBLIC[name]).parameters) - said - plain
    assert len(text) > 60
    assert undocumented == set()


def test_every_verb_has_its_functions() -> None:
    assert list(VERBS) == list(REGISTERED)


@pytest.mark.parametrize("verb", VERBS)
def test_python_can_what_the_command_line_can(verb: str) -> None:
    options = set(inspect.signature(REGISTERED[verb]).parameters)
    known = {name for function in VERBS[verb] for name in inspect.signature(function).parameters}
    if not {"output", "force"} & known:
        options -= {"force"}  # there it is about the JSON file alone
    options -= SCREEN | ({"diff"} if mobileseg.latency.diff in VERBS[verb] else set())
    assert {name for name in options if not {name, RENAMED.get(name, name)} & known} == set()


def test_a_plan_is_asked_for_like_an_export() -> None:
    made, planned = (inspect.signature(f) for f in (mobileseg.export.export_model, mobileseg.export.plan_export))
    assert [p for name, p in made.parameters.items() if name != "timer"] == list(planned.parameters.values())


def test_every_training_field_is_an_argument() -> None:
    pytest.importorskip("torch")
    from mobileseg.training.config import TrainingConfig

    fields = set(TrainingConfig.model_fields)
    assert fields <= set(inspect.signature(mobileseg.finetune).parameters)
    assert fields <= set(inspect.signature(REGISTERED["finetune"]).parameters)


def test_two_packages_are_functions_too() -> None:
    from mobileseg.latency.devices.table import DEVICES  # the package holds modules as before

    found = mobileseg.latency.devices()
    assert {line.name.partition(":")[0] for line in found} <= set(DEVICES)
    with pytest.raises(RequestError, match="results to show"):
        mobileseg.latency.report([])


def test_imports_are_cheap() -> None:
    script = "import sys, mobileseg, mobileseg.export, mobileseg.latency, mobileseg.fleet; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "pydantic", "rich", "typer", "PIL", "dask", "distributed", "duckdb"} & set(
        done.stdout.split()
    )


def test_model_info_knows_the_registry() -> None:
    found = mobileseg.model_info("seaformer-tiny")
    assert (found.family, found.task, found.size) == ("SeaFormer", "segmentation", (512, 512))
    assert found.parameters is not None and list(found.bundled_weights) == ["street-v1", "camvid11-v1"]
    with pytest.raises(UnknownNameError, match="seaformer-tiny"):
        mobileseg.model_info("seaformer-tinny")


def test_predict_gives_maps_in_memory() -> None:
    found = mobileseg.predict("seaformer-tiny", "samples", size=(64, 96))
    assert len(found.images) == len(find_images(samples_folder() / "images"))
    one = found.images[0]
    assert one.files == () and one.instances is None
    assert one.classes is not None and one.classes.dtype.name == "int32" and one.classes.ndim == 2
    assert sum(one.shares.values()) == pytest.approx(1)
    assert set(one.shares) <= set(found.names)
    with pytest.raises(RequestError, match="no output"):
        mobileseg.predict("seaformer-tiny", "samples", masks=True)
    with pytest.raises(ImageError, match=r"none\.png"):
        mobileseg.predict("seaformer-tiny", ["none.png"])


def test_diff_and_report_refuse(tmp_path: Any) -> None:
    with pytest.raises(RequestError, match="margin"):
        mobileseg.latency.diff("a.json", "b.json", margin=-0.1)
    with pytest.raises(OutputError, match="is a folder"):
        mobileseg.latency.report("a.json", tmp_path)
    with pytest.raises(RequestError, match="in-app"):
        mobileseg.latency.measure("a.pte", "adb", in_app=True, cores="big")
