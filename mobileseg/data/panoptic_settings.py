"""How panoptic outputs become instances, as far as it depends on the data set: the size of its images and of what is in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mobileseg.errors import RequestError


def _odd(side: int) -> int:
    if side % 2 == 0:
        raise ValueError(f"the window has a centre: an odd number of pixels, not {side}")
    return side


class PanopticSettings(BaseModel):
    """``panoptic`` in classes.json and in the manifest; None is the default of ``mobileseg.postprocess.panoptic.PanopticRules``, which is
    Axial-DeepLab's on Cityscapes.

    ``center_threshold``: heat that a centre must exceed, 0..1. ``nms_kernel``: side in pixels of the image, odd, of the window in which
    a centre must be the maximum. ``top_k``: at most so many centres. ``stuff_area``: smallest area of a class without instances, in
    pixels of the image; what is smaller becomes void.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    center_threshold: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    nms_kernel: Annotated[int, Field(ge=1), AfterValidator(_odd)] | None = None
    top_k: Annotated[int, Field(ge=1)] | None = None
    stuff_area: Annotated[int, Field(ge=0)] | None = None

    @property
    def options(self) -> str:
        """The options that set what is set."""
        return ", ".join(f"--{name.replace('_', '-')}" for name in self.model_dump(exclude_none=True))

    @classmethod
    def of(
        cls,
        center_threshold: float | None = None,
        nms_kernel: int | None = None,
        top_k: int | None = None,
        stuff_area: int | None = None,
    ) -> PanopticSettings | None:
        """What a user asks for; None where that is nothing. Raises ``RequestError``, which names the option."""
        asked = {
            "center_threshold": center_threshold, "nms_kernel": nms_kernel, "top_k": top_k, "stuff_area": stuff_area
        }  # fmt: skip
        if all(value is None for value in asked.values()):
            return None
        try:
            return cls.model_validate(asked)
        except ValidationError as error:
            first = error.errors()[0]
            option = f"--{str(first['loc'][0]).replace('_', '-')}"
            raise RequestError(
                expected=f"{option}: {first['msg'].lower()}", found=str(first["input"]), fix=f"change {option}"
            ) from error
