"""``export_once``, ``compare_once`` and ``measure_once``: single steps with a store, as a sweep does them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.errors import MobilesegError, RequestError
from mobileseg.progress import silent
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from pydantic import JsonValue

    from mobileseg.export.artifact import Artifact
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.fleet.engine.steps import Step
    from mobileseg.fleet.plan.matrix import Cell
    from mobileseg.fleet.stages.workshop import Workshop
    from mobileseg.fleet.store.folder import Store
    from mobileseg.fleet.store.outcome import Failure, Outcome
    from mobileseg.latency.results.result import Result

SWEEP = "single commands"


class StoredError(MobilesegError):
    """What a step of the store failed with. ``exit_code`` is that of the error itself."""


def export_once(
    model: str,
    target: str,
    *,
    store: str | Path,
    precision: str | None = None,
    size: tuple[int, int] | None = None,
    output: str | Path | None = None,
    weights: str | Path | None = None,
    calibration: str | Path | None = None,
    verify_data: str | Path | None = None,
    recipe: str | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Callable[[str], None] = silent,
) -> Artifact:
    """``export_model`` with a store: what a sweep or an earlier call made of the same is copied to ``output``; what is made now is kept.

    ``store``: the folder of ``sweep``; ``progress`` is called with what was done. As in ``export_model``, of which a plan has only these:
    ``precision``, ``size``, ``output``, ``weights``, ``calibration``, ``verify_data``, ``recipe``, ``seed``, ``force``.

    Raises ``RequestError`` for what is asked and for the store, ``StoredError`` with the exit code of the error that the export ended
    with.
    """
    with quiet():
        from mobileseg.export import open_artifact
        from mobileseg.export.manifest import manifest_path
        from mobileseg.export.request import ExportRequest
    from mobileseg.files import publish, staging
    from mobileseg.fleet.engine.layout import lay_out
    from mobileseg.fleet.store.folder import Store

    asked = ExportRequest.of(
        model, target, precision=precision, size=size, output=output, weights=weights, calibration=calibration,
        verify_data=verify_data, recipe=recipe, seed=seed, force=force,
    )  # fmt: skip
    text = {"weights": weights, "size": size and "x".join(map(str, size)), "recipe": recipe}
    given = {name: str(value) for name, value in text.items() if value is not None}
    images = {"calibration": calibration, "verify_data": verify_data}
    options = {name: None if value is None else str(value) for name, value in images.items()}
    axes = {"model": model, "target": target, "precision": str(asked.precision), **given}
    cell, workshop = _one(axes, {**options, "seed": seed})
    opened = Store(Path(store))
    done = _done("export", cell, workshop, opened, (), progress)
    _check(done)
    path = asked.output
    with staging(path) as folder:
        files = lay_out(done.files, opened, {}, folder)
        made = open_artifact(files[str(done.figures["file"])])
        named = made.manifest.artifact.model_copy(update={"file": path.name})
        manifest = folder / "manifest"
        manifest.write_text(made.manifest.model_copy(update={"artifact": named}).to_json(), encoding="utf-8")
        publish([(made.path, path), (manifest, manifest_path(path))])
    return open_artifact(path)


def compare_once(
    artifact: str | Path,
    data: str | Path,
    *,
    store: str | Path,
    labels: bool = True,
    weights: str | Path | None = None,
    progress: Callable[[str], None] = silent,
) -> Comparison:
    """``mobileseg.export.compare`` with a store: a comparison of the same file on the same data is not made again.

    ``artifact``, ``data``, ``labels``, ``weights``: as ``compare`` has them. ``store``, ``progress`` and what is raised: as
    ``export_once`` has them.
    """
    with quiet():
        from mobileseg.export import open_artifact
        from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.fleet.stages.comparing import RESULT
    from mobileseg.fleet.store.folder import Store

    opened, found = Store(Path(store)), open_artifact(artifact)
    made_with = found.manifest.weights
    if weights is None and made_with.kind not in ("bundled", "random"):
        raise RequestError(
            expected="--weights with --store, for a file of weights that are not bundled",
            found=f"none, and {made_with.source} in its manifest",
            fix="say where they are",
        )
    named = made_with.source if weights is None else str(weights)
    axes = {**_axes(found), "weights": named, "data": str(data)}
    cell, workshop = _one(axes, {"labels": labels, "seed": made_with.seed or 0})
    done = _done("compare", cell, workshop, opened, (_exported(found, cell, opened),), progress)
    _check(done)
    return Comparison.model_validate_json(opened.blob(done.files[RESULT].sha256).read_text(encoding="utf-8"))


def measure_once(
    artifact: str | Path,
    device: str = "host",
    protocol: str = "quick",
    *,
    store: str | Path,
    threads: str = "1",
    allow: Sequence[str] = (),
    alias: str | None = None,
    progress: Callable[[str], None] = silent,
) -> Result:
    """``mobileseg.latency.measure`` with a store: the same file is not measured again on the same device, as long as that stays as it is.

    ``artifact``, ``device``, ``protocol``, ``threads``, ``allow``: as ``measure`` has them; ``alias``: what a plan calls the device.
    ``store``, ``progress``: as ``export_once`` has them. A result that its protocol refuses is returned, as ``measure`` does, and is
    measured anew the next time. Raises ``DeviceError``, and errors as ``export_once`` does.
    """
    from mobileseg.export import open_artifact
    from mobileseg.fleet.stages.measuring import RESULT, identify
    from mobileseg.fleet.store.folder import Store
    from mobileseg.latency.results.result import read_result

    if "," in threads:
        raise RequestError(
            expected="one number of threads with --store, or big",
            found=repr(threads),
            fix="measure one after the other",
        )
    opened, found = Store(Path(store)), open_artifact(artifact)
    axes = {**_axes(found), "device": device, "protocol": protocol, "threads": threads}
    named = {} if alias is None else {device: alias}
    cell, workshop = _one(axes, {"allow": [*allow]}, named)
    workshop.devices[device] = identify(device)
    done = _done("latency", cell, workshop, opened, (_exported(found, cell, opened),), progress)
    if RESULT not in done.files:
        _check(done)
    return read_result(opened.blob(done.files[RESULT].sha256))


def _one(
    axes: Mapping[str, str], options: Mapping[str, Any], alias: Mapping[str, str] | None = None
) -> tuple[Cell, Workshop]:
    """The cell of a plan that has no other."""
    from mobileseg.fleet.plan.axes import AXES
    from mobileseg.fleet.plan.matrix import cells
    from mobileseg.fleet.plan.reading import parse_plan
    from mobileseg.fleet.stages.workshop import Workshop

    matrix = {AXES[name].key: [value] for name, value in axes.items()}
    plan = parse_plan(
        {"name": SWEEP, "matrix": matrix, "options": {**options}, "alias": {**(alias or {})}}, "the command"
    )
    (cell,) = cells(plan)
    return cell, Workshop(plan)


def _axes(artifact: Artifact) -> dict[str, str]:
    """Those of a cell that a file has."""
    manifest = artifact.manifest
    return {"model": manifest.model.name, "target": manifest.target, "precision": manifest.precision.name}


def _exported(artifact: Artifact, cell: Cell, store: Store) -> Step:
    """The step that made a file, as if it had been done here: by the name that a sweep gives such a file, since the name is among what
    later steps are known by."""
    from mobileseg.export.manifest import manifest_path
    from mobileseg.fleet.engine.steps import Step
    from mobileseg.fleet.stages.exporting import file_name
    from mobileseg.fleet.stages.table import STAGES
    from mobileseg.fleet.store.outcome import Context, Outcome

    name = file_name(cell.model, cell.precision, cell.target)
    files = {name: store.add(artifact.path), f"{name}.json": store.add(manifest_path(artifact.path))}
    figures: dict[str, JsonValue] = {"file": name, "sha256": artifact.manifest.artifact.sha256}
    outcome = Outcome(
        stage="export", key="", inputs={}, status="done", files=files, figures=figures, created=artifact.manifest.created,
        seconds=0.0, host="", context=Context(run="", sweep=SWEEP),
    )  # fmt: skip
    return Step(STAGES["export"], cell, (), state="done", outcome=outcome)


def _done(
    stage: str,
    cell: Cell,
    workshop: Workshop,
    store: Store,
    after: tuple[Step, ...],
    progress: Callable[[str], None],
) -> Outcome:
    """The outcome of a step: the store's, else made now and kept there. A failure of the store's is not taken: the step is done again."""
    from mobileseg.fleet.engine.steps import Step, order_of
    from mobileseg.fleet.engine.task import Place, carry_out
    from mobileseg.fleet.interface.sweeping import context_of
    from mobileseg.fleet.stages.table import STAGES
    from mobileseg.fleet.store.keys import key_of
    from mobileseg.fleet.store.outcome import Outcome
    from mobileseg.latency.devices.contract import DeviceError
    from mobileseg.registry import load

    step = Step(STAGES[stage], cell, after)
    step.inputs = load(step.stage.inputs)(cell, workshop, step.earlier())
    step.key = key_of(stage, step.inputs)
    known = store.get(stage, step.key)
    if known is not None and known.status == "done":
        progress(f"{stage}: known since {known.created:%Y-%m-%d %H:%M}, from {store.folder}")
        return known
    order = order_of(step, workshop, context_of(workshop.plan), again=True)
    report = carry_out(order, Place(str(store.folder), store.id), {})
    if report.outcome is None:
        raise DeviceError(expected=f"{stage} to be done here", found=str(report.reason), fix="see `mobileseg devices`")
    progress(f"{stage}: kept in {store.folder}")
    return Outcome.model_validate_json(report.outcome)


def _check(outcome: Outcome) -> None:
    if outcome.status != "done":
        assert outcome.failure is not None
        raise _error(outcome.failure)


def _error(failure: Failure) -> StoredError:
    error = StoredError(expected=failure.expected, found=failure.found, fix=failure.fix)
    error.exit_code = failure.exit_code
    return error
