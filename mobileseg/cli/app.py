"""The typer application: one module a verb, imported when the verb runs. The only place that prints."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="mobileseg",
    help="Segmentation networks from their authors' checkpoints to verified files on phones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Weights = Annotated[str | None, typer.Option(help="A bundled name, a path, an https URL[#sha256=...], or 'random'.")]
Size = Annotated[str | None, typer.Option(metavar="HxW", help="Input height x width in pixels.")]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        import mobileseg

        typer.echo(f"mobileseg {mobileseg.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(2)


@app.command("list")
def list_command(
    pattern: Annotated[str, typer.Argument(help="A shell pattern, such as 'seaformer-*'.")] = "*",
    json_output: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """The zoo: parameters, multiply-adds, published figures, weights."""
    from mobileseg.cli import zoo

    zoo.show_list(pattern, json_output)


@app.command()
def info(model: str, json_output: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """One model in full, with the licence of its weights."""
    from mobileseg.cli import zoo

    zoo.show_info(model, json_output)


@app.command()
def export(
    model: str,
    target: Annotated[str, typer.Option(help="executorch, onnx or coreml.")],
    int8: Annotated[bool, typer.Option("--int8", help="Static int8, calibrated.")] = False,
    fp16: Annotated[bool, typer.Option("--fp16", help="float16 (Core ML).")] = False,
    precision: Annotated[
        str | None,
        typer.Option(help="By its full name, such as int8-weights (ONNX, Core ML), int8-dynamic (ONNX) or float32."),
    ] = None,
    size: Size = None,
    emit: Annotated[
        str | None,
        typer.Option(
            help="logits (head resolution), mask (class map at input size) or panoptic; default: all the head gives."
        ),
    ] = None,
    weights: Weights = None,
    num_classes: Annotated[int | None, typer.Option(help="With random weights; else the weights say it.")] = None,
    calibration: Annotated[
        str | None, typer.Option(help="Folder of images; default: the 11 bundled street images.")
    ] = None,
    keep_float: Annotated[
        str | None, typer.Option(help="With int8: 'auto', or a list of layers as `sensitivity` writes it.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="With int8: histogram, minmax, percentile or mse ranges; +bias corrects biases, too. Default: the family's."
        ),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="A classes.json with names and palette for your own weights.")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Default: MODEL-PRECISION.SUFFIX here.")] = None,
    require_delegation: Annotated[
        float | None, typer.Option(help="Fail below this percentage of delegated operators.")
    ] = None,
    require_agreement: Annotated[float | None, typer.Option(help="Fail below this argmax agreement, 0..1.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
    seed: Annotated[int, typer.Option(help="Of random weights.")] = 0,
    resample_tables: Annotated[
        bool, typer.Option("--resample-tables", help="Stretch position tables that do not reach --size (Axial-ResNet).")
    ] = False,
) -> None:
    """Make a verified file with its manifest."""
    from mobileseg.cli import export as verb

    verb.run(
        model, target, precision=verb.precision_of(int8, fp16, precision), size=size, emit=emit, weights=weights,
        num_classes=num_classes, calibration=calibration, keep_float=keep_float, recipe=recipe, classes=classes, output=output,
        require_delegation=require_delegation, require_agreement=require_agreement, force=force, seed=seed,
        resample_tables=resample_tables,
    )  # fmt: skip


@app.command()
def finetune(
    model: str,
    data: Annotated[
        str, typer.Option(help="Folder with train/ and val/ (and test/), or one folder that is then split.")
    ],
    weights: Annotated[str | None, typer.Option(help="To begin with: path, URL, bundled name; default random.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Default: MODEL_NAME.safetensors here; its state beside it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the weights; default: the data folder's.")] = None,
    licence: Annotated[str | None, typer.Option(help="What the data's licence allows, for the record.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    batch: Annotated[int | None, typer.Option(help="Crops in a step.")] = None,
    rate: Annotated[float | None, typer.Option(help="Largest learning rate.")] = None,
    size: Size = None,
    crop: Annotated[str | None, typer.Option(help="HxW of a training crop.")] = None,
    hard_share: Annotated[float | None, typer.Option(help="Share of the pixels, the hardest, that count.")] = None,
    every: Annotated[int | None, typer.Option(help="Epochs between evaluations.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Make trained --weights used to the roundings of the int8 file of --size.")
    ] = False,
    calibration: Annotated[
        str | None, typer.Option(help="With --int8: images that fix its ranges; default: the bundled street images.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Of the processor; default all.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
) -> None:
    """Train a model, or adapt trained weights, to a folder of images with masks or instances. Killed, it goes on when repeated."""
    from mobileseg.cli import finetune as verb

    verb.run(
        model, data, output=output, weights=weights, name=name, licence=licence, force=force, threads=threads,
        epochs=epochs, batch_size=batch, lr=rate, size=size, crop=crop, ohem=hard_share, eval_interval=every, seed=seed,
        int8=int8, calibration=calibration,
    )  # fmt: skip


@app.command()
def compare(
    artifact: str,
    data: Annotated[str, typer.Option(help="Folder with images/ and masks/, or 'samples'.")],
    part: Annotated[
        str | None, typer.Option(help="train, val or test, as `finetune --data` split the folder; default all of it.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Where the artifact's weights are now, if not where they were.")
    ] = None,
    no_labels: Annotated[bool, typer.Option("--no-labels", help="Images only: agreement and SQNR, no mIoU.")] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="Where an int8 file's error arises, layer by layer.")
    ] = False,
    plot: Annotated[str | None, typer.Option(help="With --layers: a picture of it, PNG.")] = None,
    calibration: Annotated[
        str | None, typer.Option(help="With --layers: where the calibration images are now, if they were moved.")
    ] = None,
    worst: Annotated[
        int, typer.Option(help="With --json: pictures of the images that changed most, for `report`, beside it.")
    ] = 0,
    json_file: Annotated[str | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the JSON file.")] = False,
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Accept a file verified with another runtime release.")
    ] = False,
) -> None:
    """Accuracy of an artifact and of the reference model it came from."""
    from mobileseg.cli import compare as verb

    verb.run(
        artifact,
        data,
        weights=weights,
        labelled=not no_labels,
        layers=layers,
        plot=plot,
        calibration=calibration,
        json_file=json_file,
        force=force,
        any_version=any_version,
        worst=worst,
        part=part,
    )


@app.command()
def sensitivity(
    model: str,
    data: Annotated[
        str | None, typer.Option(help="Labelled folder: costs are then mIoU, too; default: the calibration images.")
    ] = None,
    weights: Weights = None,
    size: Size = None,
    calibration: Annotated[
        str | None, typer.Option(help="Folder of images; default: the 11 bundled street images.")
    ] = None,
    images: Annotated[int, typer.Option(help="To look at, at most.")] = 16,
    budget: Annotated[float, typer.Option(help="Minutes; fewer images are looked at where they do not suffice.")] = 10,
    drop: Annotated[
        float | None, typer.Option(help="Points of mIoU that int8 may cost, as the goal (with --data).")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Default: MODEL-keep-float.toml here.")] = None,
    json_file: Annotated[str | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
) -> None:
    """Which layers cost accuracy in int8; writes the list that `export --keep-float` takes."""
    from mobileseg.cli import sensitivity as verb

    verb.run(
        model, data=data, weights=weights, size=size, calibration=calibration, images=images, budget_min=budget,
        drop=drop, output=output, json_file=json_file, force=force,
    )  # fmt: skip


@app.command()
def predict(
    artifact: Annotated[str, typer.Argument(help="An exported file, or a model's name for the reference model.")],
    images: Annotated[list[str], typer.Argument(help="Images or folders of images; 'samples' is the bundled set.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder for the pictures.")] = "predictions",
    masks: Annotated[bool, typer.Option("--masks", help="Class numbers as palette PNG instead of overlays.")] = False,
    weights: Weights = None,
    size: Size = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Accept a file verified with another runtime release.")
    ] = False,
) -> None:
    """Segment images with an artifact in its own runtime, or with the reference model."""
    from mobileseg.cli import predict as verb

    verb.run(
        artifact, images, output=output, masks=masks, weights=weights, size=size, force=force, any_version=any_version
    )


@app.command()
def latency(
    artifacts: Annotated[list[str] | None, typer.Argument(help="Exported files; they are measured in turns.")] = None,
    device: Annotated[str, typer.Option(help="Where to measure; see `mobileseg devices`.")] = "host",
    protocol: Annotated[str, typer.Option(help="quick, standard, strict or sustained.")] = "quick",
    threads: Annotated[
        str, typer.Option(help="One measurement each: 1,2,4 or big, as many as there are big cores.")
    ] = "1",
    cores: Annotated[
        str, typer.Option(help="To bind to: all (no binding), big, little, or numbers such as 0,1.")
    ] = "all",
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A gate that is recorded instead of refused; with --diff a difference. Repeat."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Record operators too: table, and traces for Perfetto in this folder."),
    ] = None,
    compute_units: Annotated[str, typer.Option(help="Core ML only: ALL, CPU_ONLY, CPU_AND_GPU or CPU_AND_NE.")] = "ALL",
    diff: Annotated[
        tuple[str, str] | None, typer.Option(metavar="OLD NEW", help="Compare two results instead of measuring.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Percent that --diff takes for no change (default: the protocol's), or that may be above --budget."
        ),
    ] = None,
    json_file: Annotated[str | None, typer.Option("--json", help="Write all samples to this file.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the JSON file; otherwise one that broke off is gone on with.")
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(help="Emulated devices: fail above so many instructions (12M), or above an earlier --json."),
    ] = None,
    in_app: Annotated[
        bool, typer.Option("--in-app", help="With --device adb: by the installed app, in its own process.")
    ] = False,
) -> None:
    """Measure files against each other in one run, or say whether two results differ."""
    from mobileseg.cli import latency as verb

    if diff is not None:
        verb.check_diff(artifacts or [], margin)
        verb.run_diff(*diff, margin=margin, allow=allow or [], json_file=json_file, force=force)
        return
    verb.run(
        artifacts or [], device=device, protocol=protocol, threads=threads, cores=cores, allow=allow or [],
        profile=profile, compute_units=compute_units, json_file=json_file, force=force, budget=budget, margin=margin,
        in_app=in_app,
    )  # fmt: skip


@app.command()
def devices(json_output: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """What can be measured on from here, with state and reason."""
    from mobileseg.cli import latency as verb

    verb.show_devices(json_output)


@app.command()
def report(
    results: Annotated[
        list[str], typer.Argument(help="JSON files of `compare --json`, `latency --json`, `latency --diff --json`.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="The page.")] = "report.html",
    title: Annotated[str, typer.Option(help="Of the page.")] = "mobileseg results",
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
) -> None:
    """One HTML page from results: tables, charts, the images that changed most. It needs no network and no other file."""
    from mobileseg.cli import report as verb

    verb.run(results, output=output, title=title, force=force)
