"""``mobileseg.export.export_module``: a network that a program holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from mobileseg.models.card import NOT_STATED, ModelCard, Triple, checked, plain_name
from mobileseg.progress import silent
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from mobileseg.export.artifact import Artifact
    from mobileseg.export.backends.contract import Timer


def export_module(
    module: nn.Module,
    target: str,
    *,
    size: tuple[int, int],
    precision: str | None = None,
    output: str | Path | None = None,
    name: str | None = None,
    mean: Triple | None = None,
    std: Triple | None = None,
    range: tuple[float, float] = (0.0, 1.0),
    channels: Literal["RGB", "BGR"] = "RGB",
    logits: str | int | None = None,
    align_corners: bool = False,
    licence: str = NOT_STATED,
    weights: str | Path | None = None,
    ema: bool | None = None,
    emit: str | None = None,
    calibration: str | Path | None = None,
    verify_data: str | Path | None = None,
    keep_float: str | Path | None = None,
    recipe: str | None = None,
    classes: str | Path | None = None,
    require_delegation: float | None = None,
    require_agreement: float | None = None,
    require_sqnr: float | None = None,
    force: bool = False,
    resize: str = "squash",
    batch: int | str | None = None,
    opset: int | None = None,
    symmetric: bool = False,
    input: str | None = None,
    min_ios: int | None = None,
    progress: Callable[[str], None] = silent,
    timer: Timer | None = None,
) -> Artifact:
    """Export any segmentation network to a verified file, as ``export_model`` does one of the zoo.

    ``module``: takes normalised pictures ``(1, 3, H, W)`` and gives class logits ``(1, classes, h, w)``; it is put into evaluation mode
    and otherwise left as it is. ``size``: height, width of the file's input in pixels. ``name``: of the model, default the module's class.
    ``mean``, ``std``: of pixels in ``range`` (what black and white are), in the order of ``channels``; default: ImageNet's. ``logits``: key
    or number of the output that holds them, where there are several. ``align_corners``: how they are resized to the picture. ``licence``:
    of the weights, for the manifest. ``weights``: default those that it has.

    As in ``export_model``: ``precision``, ``output``, ``ema``, ``emit``, ``calibration``, ``verify_data``, ``keep_float``, ``recipe``,
    ``classes``, ``require_delegation``, ``require_agreement``, ``require_sqnr``, ``force``, ``resize``, ``batch``, ``opset``,
    ``symmetric``, ``input``, ``min_ios``, ``progress``, ``timer``.

    Classes, output stride and what must divide the sides are found by trying. The file takes RGB in 0..255 like all others. ``compare``
    takes the artifact that this gives; of a file that is opened later it wants the module again: ``compare(..., model=module)``.

    Raises ``NetworkError``, a ``RequestError``, for a network that cannot be exported, with the line of its code where there is one, and
    all that ``export_model`` raises.
    """
    with quiet():
        from mobileseg.export.request import ExportRequest, Held
        from mobileseg.models.foreign.importing import as_module
        from mobileseg.models.foreign.network import ForeignNetwork
        from mobileseg.models.foreign.opening import row_in_memory

    title = plain_name(name or type(module).__name__)
    card = checked(
        ModelCard(
            name=title, mean=mean, std=std, range=range, channels=channels, output=logits, size=size,
            align_corners=align_corners, licence=licence,
        )
    )  # fmt: skip
    network = ForeignNetwork(as_module(module, title), card).eval()
    held = Held(row_in_memory(network, card), network)
    request = ExportRequest.of(
        held, target, precision, size, output, weights, ema=ema, emit=emit, calibration=calibration, verify_data=verify_data,
        keep_float=keep_float, recipe=recipe, classes=classes, require_delegation=require_delegation,
        require_agreement=require_agreement, require_sqnr=require_sqnr, force=force, resize=resize, batch=batch, opset=opset,
        symmetric=symmetric, input=input, min_ios=min_ios, progress=progress, timer=timer,
    )  # fmt: skip
    with quiet():
        from mobileseg.export.pipeline import export

    return export(request)
