"""The training config: every number that decides the result, stored in the record of the trained weights."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mobileseg.errors import RequestError

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# Weights that only have to adapt to int8 need few and small steps.
INT8_DEFAULTS: dict[str, Any] = {
    "epochs": 10, "lr": 2e-4, "scale": (0.75, 1.5), "warmup": 0.5, "ema": 0.99, "eval_interval": 1
}  # fmt: skip


class TrainingConfig(BaseModel):
    """AdamW with a linear warm-up and a polynomial decay of the learning rate, on random crops.

    ``size``: height, width in pixels of the images in evaluation. ``crop``: of the training images, which are first scaled to
    ``scale`` times ``size`` with their aspect ratio kept. ``weight_decay``: not applied to biases, norms and position tables.
    ``warmup``: in epochs, rounded to whole steps. ``clip``: largest norm of the gradient. ``ema``: decay of the averaged weights, which
    are the ones evaluated and kept. ``flip``: probability of a horizontal flip. ``color``: strength of the colour jitter.
    Each of the following is drawn anew for every crop between no effect and the value, where 0 is off: ``blur``, standard deviation of
    a Gaussian in pixels; ``gamma``: values 0..1 are raised to a power between ``1 / (1 + gamma)`` and ``1 + gamma``; ``noise``, standard
    deviation in grey levels of 255; ``cutout``, share of the crop hidden by a rectangle (DeVries and Taylor 2017), whose labels stay;
    ``jpeg``, points that the quality is below 100.
    ``balanced``: classes weighted by ``1 / ln(1.02 + share)``. ``ohem``: share of the labelled pixels, those of largest loss, that
    count in the class loss (online hard example mining; 1 counts all). ``eval_interval``: epochs between two evaluations.
    ``int8``: quantization-aware training for the int8 file of ``size``; ``crop`` then equals ``size``. ``amp``: mixed precision where
    the device has it (``mobileseg.training.device``); None: on accelerators, and not with ``int8``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: Annotated[int, Field(ge=1)] = 100
    batch_size: Annotated[int, Field(ge=2)] = 8
    lr: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    power: Annotated[float, Field(ge=0)] = 0.9
    warmup: Annotated[float, Field(ge=0)] = 1.0
    clip: Positive = 5.0
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    size: tuple[int, int] = (384, 512)
    crop: tuple[int, int] = (192, 256)
    scale: tuple[Positive, Positive] = (0.5, 1.5)
    flip: Share = 0.5
    color: Share = 0.4
    blur: Annotated[float, Field(ge=0, le=16)] = 0.0
    gamma: Annotated[float, Field(ge=0, le=4)] = 0.0
    noise: Annotated[float, Field(ge=0, le=128)] = 0.0
    cutout: Share = 0.0
    jpeg: Annotated[int, Field(ge=0, le=95)] = 0
    balanced: bool = True
    ohem: Annotated[float, Field(gt=0, le=1)] = 1.0
    eval_interval: Annotated[int, Field(ge=1)] = 5
    seed: Annotated[int, Field(ge=0)] = 0
    int8: bool = False
    amp: bool | None = None

    @classmethod
    def of(cls, fields: dict[str, Any]) -> TrainingConfig:
        """``fields`` over the defaults, which are others for ``int8``. Raises ``RequestError`` for an unknown field, a bad value, and where
        fields contradict each other."""
        if fields.get("int8"):
            fields = {**INT8_DEFAULTS, "crop": fields.get("size", cls.model_fields["size"].default), **fields}
        unknown = [name for name in fields if name not in cls.model_fields]
        if unknown:
            raise unknown_fields(unknown)
        try:
            found = cls(**fields)
        except ValidationError as error:
            field, message, value = first_mistake(error)
            option = option_of(field)
            raise RequestError(expected=f"{option}: {message}", found=value, fix=f"change {option}") from error
        found.check_fields()
        return found

    def check(self, images: int) -> None:
        """Raise ``RequestError`` where ``images`` training images are too few."""
        if images < self.batch_size:
            raise RequestError(
                expected=f"at least {self.batch_size} training images (one batch)",
                found=str(images),
                fix="add images or lower --batch-size",
            )

    def check_fields(self) -> None:
        """Raise ``RequestError`` where fields contradict each other."""
        if self.int8 and self.crop != self.size:
            raise RequestError(
                expected="--crop equal to --size with --int8: the quantized graph has one input size",
                found=f"--crop {self.crop[0]}x{self.crop[1]}, --size {self.size[0]}x{self.size[1]}",
                fix=f"--crop {self.size[0]}x{self.size[1]}",
            )
        if self.int8 and self.amp:
            raise RequestError(
                expected="--no-amp with --int8: the steps of int8 are computed in float32",
                found="--amp",
                fix="leave --amp out",
            )
        if self.scale[0] > self.scale[1]:
            raise RequestError(
                expected="--scale MIN MAX with MIN at most MAX",
                found=f"{self.scale[0]:g} {self.scale[1]:g}",
                fix="swap the two values of --scale",
            )


def option_of(field: str) -> str:
    """The command line's option for a field."""
    return f"--{field.replace('_', '-')}"


def unknown_fields(names: list[str], source: str = "") -> RequestError:
    """The error for fields that do not exist, with the nearest that do; ``source``: where they were found, such as `` in a.toml``."""
    fields = list(TrainingConfig.model_fields)
    near = difflib.get_close_matches(names[0].lower().replace("-", "_"), fields, n=2)
    return RequestError(
        expected=f"fields of the training config: {', '.join(fields)}",
        found=f"{', '.join(names)}{source}",
        fix=f"did you mean {' or '.join(near)}?" if near else "correct the name, or leave it out",
    )


def first_mistake(error: ValidationError) -> tuple[str, str, str]:
    """Field, message and value of the first thing that is wrong."""
    first = error.errors()[0]
    return str(first["loc"][0]), first["msg"].lower(), str(first["input"])
