"""The plan of a sweep: one pydantic schema, which a TOML file fills."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mobileseg.document import Part
from mobileseg.fleet.plan.axes import DEFAULT


def _texts(value: Any) -> Any:
    """One value or several, each as text: threads may be numbers."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in values)


Values = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Some = Annotated[Values, Field(min_length=1)]


class Matrix(Part):
    """Every combination is a cell. ``data`` may be empty, then nothing is compared; so may ``devices``: then nothing is measured.

    ``data``: folders as ``compare --data`` takes them. ``devices``: as ``latency --device`` takes them, ``host@NAME`` for a machine of the
    fleet. ``weights``, ``sizes``, ``recipes``: ``default`` is what ``export`` takes without the option.
    """

    models: Some
    targets: Some
    weights: Some = (DEFAULT,)
    sizes: Some = (DEFAULT,)
    precisions: Some = ("float32",)
    recipes: Some = (DEFAULT,)
    data: Values = ()
    devices: Values = ()
    threads: Some = ("1",)
    protocols: Some = ("quick",)


class Rows(Part):
    """A line of ``[[include]]`` or ``[[exclude]]``: one value or several for an axis, all of the matrix for an axis that it leaves out."""

    model: Some | None = None
    weights: Some | None = None
    size: Some | None = None
    target: Some | None = None
    precision: Some | None = None
    recipe: Some | None = None
    data: Some | None = None
    device: Some | None = None
    threads: Some | None = None
    protocol: Some | None = None


class Options(Part):
    """What is the same in every cell. ``calibration``, ``verify_data``: as ``export`` has them; ``seed``: of random weights; ``labels``: as
    ``compare`` has it; ``allow``: gates of ``latency`` that are recorded and do not refuse."""

    calibration: str | None = None
    verify_data: str | None = None
    seed: int = 0
    labels: bool = True
    allow: tuple[str, ...] = ()


class Plan(Part):
    """A sweep. ``round``: part of what a measurement is known by; with another one everything is measured again, such as every week.

    ``alias``: what a device is called in results, by its name; default: its kind and a hash of the rest, so that no serial number
    is written anywhere. ``tags``: kept with every result. ``include``: cells beside the matrix; ``exclude``: cells of the matrix to
    leave out, where a value may be a pattern such as ``van-*``.
    """

    name: str = Field(default="sweep", min_length=1)
    round: str = ""
    tags: tuple[str, ...] = ()
    matrix: Matrix
    include: tuple[Rows, ...] = ()
    exclude: tuple[Rows, ...] = ()
    options: Options = Options()
    alias: dict[str, str] = Field(default={})
