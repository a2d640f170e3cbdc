"""How a model is trained: every number that decides the result, in one record that goes into the weights' provenance."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mobileseg.errors import RequestError

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
AWARE: dict[str, Any] = {"epochs": 10, "rate": 2e-4, "scale": (0.75, 1.5), "warmup": 0.5, "ema": 0.99, "every": 1}


class Recipe(BaseModel):
    """AdamW with a polynomial schedule after a linear warm-up, on random crops.

    ``size``: height, width in pixels that images are evaluated at. ``crop``: of the training images, which are first scaled to
    ``scale`` times ``size``, their aspect kept. ``decay``: of the weights, not of biases, norms and position tables.
    ``ema``: of the averaged weights, which are what is evaluated and kept. ``clip``: of the gradient's norm.
    ``hard_share``: of the pixels, the hardest, that count in the class loss. ``int8``: trained through the roundings of the int8 file
    of this ``size``, which is then the crop's, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: Annotated[int, Field(ge=1)] = 100
    batch: Annotated[int, Field(ge=2)] = 8
    rate: Positive = 2e-3
    decay: Annotated[float, Field(ge=0)] = 0.02
    power: Annotated[float, Field(ge=0)] = 0.9
    warmup: Annotated[float, Field(ge=0)] = 1.0  # epochs
    clip: Positive = 5.0
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    size: tuple[int, int] = (384, 512)
    crop: tuple[int, int] = (192, 256)
    scale: tuple[Positive, Positive] = (0.5, 1.5)
    flip: Share = 0.5
    color: Share = 0.4
    balanced: bool = True  # classes weighted by 1 / ln(1.02 + share)
    hard_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    every: Annotated[int, Field(ge=1)] = 5  # epochs between evaluations
    seed: Annotated[int, Field(ge=0)] = 0
    int8: bool = False

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Recipe:
        """With the defaults for what the fields say: weights that are only to get used to int8 take few and small steps."""
        if fields.get("int8"):
            fields = {**AWARE, "crop": fields.get("size", cls.model_fields["size"].default), **fields}
        return cls(**fields)

    def rate_at(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of a step, counted from 0: ``rate (1 - step / steps) ** power`` after the warm-up."""
        ramp = self.warmup * steps_per_epoch
        if step < ramp:
            return self.rate * (step + 1) / max(ramp, 1)
        return float(self.rate * (1 - step / (self.epochs * steps_per_epoch)) ** self.power)

    def check(self, images: int) -> None:
        """Raise ``RequestError`` for a recipe that cannot be carried out on so many images."""
        if images < self.batch:
            raise RequestError(
                expected=f"at least {self.batch} training images, one batch",
                found=str(images),
                fix="give more images or a smaller --batch",
            )
        if self.int8 and self.crop != self.size:
            raise RequestError(
                expected="a crop of the file's size with --int8: the rounded graph is that of one size",
                found=f"--crop {self.crop[0]}x{self.crop[1]}, --size {self.size[0]}x{self.size[1]}",
                fix="leave --crop out",
            )
        if self.scale[0] > self.scale[1]:
            raise RequestError(
                expected="--scale LOW HIGH", found=f"{self.scale[0]:g} {self.scale[1]:g}", fix="swap them"
            )
